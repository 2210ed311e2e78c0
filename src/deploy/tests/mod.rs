#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod again;
mod fake;
mod github;
mod gitlab;
mod gitlab_again;
mod gitlab_order;
mod order;

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use fake::{Kept, Wrong};

use super::*;
use crate::config::{Deployment, Dispatch, Dispatched, Launch, Launched, Trigger};
use crate::console::Verbosity;
use crate::context;
use crate::finding::Severity;
use crate::forge;
use crate::forge::github::Event;
use crate::forge::github::api::Api;
use crate::interrupt::{Hand, Signal};
use crate::name::{Commit, Digest};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const JOB: &str = "https://github.com/acme/churn/actions/runs/42";
const CLOCK: Clock = Clock { wall: SystemTime::now, steady: Instant::now };

fn approval() -> Approval {
    let outputs = BTreeMap::from([("model.joblib".to_owned(), Digest::from_bytes([0xab; 32]))]);
    Approval::of_test("churn", Commit::new(COMMIT).unwrap(), outputs)
}

fn environment(name: &str, after: Option<&str>, what: Option<Dispatched>, deployment: bool) -> Environment {
    let wait = !matches!(what, Some(Dispatched::Event(_)));
    let dispatch =
        what.map(|what| Dispatch { what, inputs: BTreeMap::new(), wait, timeout: Duration::from_secs(60) });
    let deployment = deployment.then(Deployment::default);
    Environment {
        name: name.into(),
        after: after.map(str::to_owned),
        from_any_branch: false,
        dispatch,
        launch: None,
        deployment,
    }
}

fn workflow() -> Option<Dispatched> {
    Some(Dispatched::Workflow { workflow: "deploy.yml".into(), branch: None })
}

fn unwaited(name: &str) -> Environment {
    let mut environment = environment(name, None, workflow(), false);
    environment.dispatch.as_mut().unwrap().wait = false;
    environment
}

/// Staging and production, both with a deployment and a workflow.
fn both() -> Vec<Environment> {
    vec![
        environment("staging", None, workflow(), true),
        environment("production", Some("staging"), workflow(), true),
    ]
}

type Fake = fake::Fake<github::State>;

/// A job that ships.
struct Job<K = github::State> {
    forge: fake::Fake<K>,
    remote: Remote,
    approval: Approval,
    console: Console,
    hand: Hand,
    interrupt: Interrupt,
    job_url: &'static str,
    variables: Variables,
    deliveries: Vec<Delivery>,
    /// The deliveries as they were saved.
    saved: Vec<Vec<Delivery>>,
}

impl Job {
    fn new() -> Self {
        Self::on(Fake::start())
    }

    /// Another job that knows nothing of the first.
    fn on(github: Fake) -> Self {
        let (hand, interrupt) = Interrupt::channel();
        let api = Api::new(&github.base, "acme/churn", "t0k3n").unwrap().heeding(interrupt.clone(), CLOCK);
        let event = Event { default_branch: Some("main".into()), ..Event::default() };
        let remote = forge::github::Remote {
            api,
            event,
            attempt: 1,
            run: Some(42),
            workflow: "ship".into(),
            check: None,
            comment: false,
        };
        Self::by(github, Remote::Github(remote), hand, interrupt)
    }

    fn github_remote(&self) -> &forge::github::Remote {
        self.remote.github().unwrap()
    }

    fn dispatches(&self) -> usize {
        self.forge.state().writes().iter().filter(|kind| kind.ends_with("/dispatches")).count()
    }
}

impl<K: Kept> Job<K> {
    fn by(forge: fake::Fake<K>, remote: Remote, hand: Hand, interrupt: Interrupt) -> Self {
        let out = Box::new(std::io::sink());
        let console = Console::new(out, context::Forge::Github, Verbosity::Normal, false, CLOCK);
        let (deliveries, saved, variables) = (Vec::new(), Vec::new(), Variables::new());
        let (approval, job_url) = (approval(), JOB);
        Self { forge, remote, approval, console, hand, interrupt, job_url, variables, deliveries, saved }
    }

    fn shipment(&self) -> Shipment<'_> {
        Shipment {
            remote: &self.remote,
            approval: &self.approval,
            console: &self.console,
            interrupt: self.interrupt.clone(),
            clock: CLOCK,
            job_url: Some(self.job_url),
            reference: Some("main"),
            variables: &self.variables,
            check: Some(1000),
            image: None,
        }
    }

    async fn ship(&mut self, environments: &[Environment]) -> Vec<Finding> {
        let mut deliveries = std::mem::take(&mut self.deliveries);
        let mut saved = std::mem::take(&mut self.saved);
        let mut save = |deliveries: &[Delivery]| {
            saved.push(deliveries.to_vec());
            Ok(())
        };
        let environments: Vec<&Environment> = environments.iter().collect();
        let shipped = perform(&self.shipment(), &environments, None, &mut deliveries, &mut save).await;
        let findings = shipped.unwrap();
        (self.deliveries, self.saved) = (deliveries, saved);
        if let Some(last) = self.saved.last() {
            assert_eq!(*last, self.deliveries, "all that is known is saved");
        }
        findings
    }

    fn foresee(&self, environments: &[Environment]) -> String {
        let shipment = self.shipment();
        let environments: Vec<&Environment> = environments.iter().collect();
        foresee(&shipment, &environments, &self.deliveries)
    }

    /// `staging delivered`.
    fn outcomes(&self) -> Vec<String> {
        self.deliveries.iter().map(|it| format!("{} {}", it.target, it.outcome.word())).collect()
    }
}

/// Findings as people read them.
fn told(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let Finding { code, severity, message, help, .. } = finding;
        format!("{}[{code}] {message}\nhelp: {}\n", severity.word(), help.as_deref().unwrap_or("none"))
    });
    lines.collect()
}
