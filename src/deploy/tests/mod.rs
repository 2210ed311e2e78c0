#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fake;

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use fake::{Fake, Wrong};

use super::*;
use crate::config::{Deployment, Dispatch, Dispatched};
use crate::console::Verbosity;
use crate::context;
use crate::finding::Severity;
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

/// A job that ships.
struct Job {
    github: Fake,
    remote: Remote,
    approval: Approval,
    console: Console,
    hand: Hand,
    interrupt: Interrupt,
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
        let remote = Remote {
            api,
            event,
            attempt: 1,
            run: Some(42),
            workflow: "ship".into(),
            check: None,
            comment: false,
        };
        let out = Box::new(std::io::sink());
        let console = Console::new(out, context::Forge::Github, Verbosity::Normal, false, CLOCK);
        let (deliveries, saved) = (Vec::new(), Vec::new());
        Self { github, remote, approval: approval(), console, hand, interrupt, deliveries, saved }
    }

    async fn ship(&mut self, environments: &[Environment]) -> Vec<Finding> {
        let shipment = Shipment {
            remote: &self.remote,
            approval: &self.approval,
            console: &self.console,
            interrupt: self.interrupt.clone(),
            clock: CLOCK,
            job_url: Some(JOB),
            check: Some(1000),
        };
        let saved = &mut self.saved;
        let mut save = |deliveries: &[Delivery]| {
            saved.push(deliveries.to_vec());
            Ok(())
        };
        let environments: Vec<&Environment> = environments.iter().collect();
        let findings = perform(&shipment, &environments, &mut self.deliveries, &mut save).await.unwrap();
        if let Some(last) = self.saved.last() {
            assert_eq!(*last, self.deliveries, "all that is known is saved");
        }
        findings
    }

    fn foresee(&self, environments: &[Environment]) -> String {
        let shipment = Shipment {
            remote: &self.remote,
            approval: &self.approval,
            console: &self.console,
            interrupt: self.interrupt.clone(),
            clock: CLOCK,
            job_url: Some(JOB),
            check: Some(1000),
        };
        let environments: Vec<&Environment> = environments.iter().collect();
        foresee(&shipment, &environments, &self.deliveries)
    }

    /// `staging delivered`.
    fn outcomes(&self) -> Vec<String> {
        self.deliveries.iter().map(|it| format!("{} {}", it.target, it.outcome.word())).collect()
    }

    fn dispatches(&self) -> usize {
        self.github.state().writes().iter().filter(|kind| kind.ends_with("/dispatches")).count()
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

#[tokio::test]
async fn each_environment_gets_it_in_its_order() {
    let mut job = Job::new();
    job.github.state().looks = 2;
    let findings = job.ship(&both()).await;
    assert_eq!(told(&findings), "");
    assert_eq!(job.outcomes(), ["staging delivered", "production delivered"]);
    insta::assert_json_snapshot!("deliveries", job.deliveries);
    insta::assert_snapshot!("requests", job.github.state().kinds().join("\n"));
    assert_eq!(job.github.state().states(100), ["in_progress", "in_progress", "success"]);

    // Neither this job nor one that knows nothing does it again.
    let writes = job.github.state().writes().len();
    job.ship(&both()).await;
    let mut other = Job::on(job.github.clone());
    assert_eq!(told(&other.ship(&both()).await), "");
    assert_eq!(other.outcomes(), ["staging delivered", "production delivered"]);
    assert_eq!(job.github.state().writes().len(), writes);
}

#[tokio::test]
async fn what_is_foreseen_is_what_is_sent() {
    let mut job = Job::new();
    let mut environments = both();
    environments.push(environment("edge", None, Some(Dispatched::Event("ship".into())), false));
    environments.push(environment("page", None, None, true));
    environments[1].deployment = Some(Deployment { url: Some("https://churn.example".into()) });
    environments[1].dispatch.as_mut().unwrap().inputs =
        BTreeMap::from([("region".into(), "eu".into()), ("approval".into(), "forged".into())]);
    let foreseen = job.foresee(&environments);
    assert!(job.github.state().requests.is_empty() && !foreseen.contains("t0k3n"));
    insta::assert_snapshot!("foreseen", foreseen);

    assert_eq!(told(&job.ship(&environments).await), "");
    let (mut ids, mut runs) = ((100_u64..).map(|id| id.to_string()), 7000..);
    let mut expected = String::new();
    for part in foreseen.split("\n\n").filter(|part| !part.is_empty()) {
        expected += part;
        expected += "\n";
    }
    let mut sent = String::new();
    let (mut id, mut run) = (String::new(), String::new());
    let state = job.github.state();
    let mut targets = environments.iter().map(|environment| &environment.name);
    for (kind, body) in state.requests.iter().filter(|(kind, _)| kind.starts_with("POST")) {
        let is_first = kind == "POST deployments" || kind == "POST dispatches";
        if is_first {
            sent += &format!("# {}\n", targets.next().unwrap());
        }
        if kind == "POST deployments" {
            id = ids.next().unwrap();
        }
        if kind.ends_with("deploy.yml/dispatches") {
            run = format!("https://github.com/acme/churn/actions/runs/{}", runs.next().unwrap());
        }
        let (method, path) = kind.split_once(' ').unwrap();
        sent += &format!("{method} /repos/acme/churn/{}\n", path.replace(&id, "{deployment}"));
        let text = format!("{body:#}\n");
        sent += &if run.is_empty() { text } else { text.replace(&run, "{page of the run}") };
    }
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn the_first_that_fails_ends_it_and_another_attempt_tries_it_again() {
    let mut job = Job::new();
    job.github.state().endings.push_back("failure");
    let mut environments = both();
    environments.push(environment("edge", None, workflow(), false));
    let findings = job.ship(&environments).await;
    assert_eq!(job.outcomes(), ["staging failed", "production skipped", "edge skipped"]);
    assert_eq!(job.github.state().states(100), ["in_progress", "in_progress", "failure"]);
    insta::assert_snapshot!("failed", told(&findings));
    insta::assert_json_snapshot!("failed_deliveries", job.deliveries);

    assert_eq!(told(&job.ship(&environments).await), "");
    assert_eq!(job.outcomes(), ["staging delivered", "production delivered", "edge delivered"]);
    assert_eq!(job.dispatches(), 4);
}

#[tokio::test]
async fn what_comes_after_something_that_nobody_waits_for_is_skipped_and_nothing_else() {
    let mut job = Job::new();
    let environments = [
        unwaited("staging"),
        environment("production", Some("staging"), workflow(), false),
        environment("europe", Some("production"), workflow(), false),
        environment("edge", None, Some(Dispatched::Event("ship".into())), false),
    ];
    let skips = job.foresee(&environments[1..]);
    assert_eq!(skips.matches("nothing is sent: it comes after").count(), 2, "{skips}");
    let foreseen = job.foresee(&environments);
    assert_eq!((foreseen.matches("nothing is sent").count(), foreseen.matches("POST").count()), (2, 2));
    let findings = job.ship(&environments).await;
    assert_eq!(job.outcomes(), ["staging started", "production skipped", "europe skipped", "edge started"]);
    insta::assert_snapshot!("not_waited_for", told(&findings));
    insta::assert_json_snapshot!("not_waited_for_deliveries", job.deliveries);
    job.ship(&environments).await;
    assert_eq!(job.dispatches(), 1);
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning));
}

#[tokio::test]
async fn an_environment_alone_still_comes_after_the_one_before_it() {
    let mut job = Job::new();
    let environments = both();
    job.ship(&environments[1..]).await;
    assert_eq!(job.outcomes(), ["production skipped"]);
    assert_eq!(job.deliveries[0].because, "it comes after staging, which does not have it");
    assert!(job.github.state().requests.is_empty());
    job.ship(&environments[..1]).await;
    job.ship(&environments[1..]).await;
    assert_eq!(job.outcomes(), ["production delivered", "staging delivered"]);
}

#[tokio::test]
async fn another_model_is_another_delivery() {
    let mut job = Job::new();
    let environments = [environment("staging", None, workflow(), true)];
    job.ship(&environments).await;
    let outputs = BTreeMap::from([("model.joblib".to_owned(), Digest::from_bytes([0xcd; 32]))]);
    job.approval = Approval::of_test("churn", Commit::new(COMMIT).unwrap(), outputs);
    job.ship(&environments).await;
    assert_eq!((job.dispatches(), job.github.state().deployments.len()), (2, 2));
    assert_eq!(job.deliveries.len(), 1);
    assert_eq!(job.deliveries[0].approval, Some(job.approval.key()));
}

#[tokio::test]
async fn a_run_that_may_have_begun_is_looked_for_and_never_started_twice() {
    let cause = regex::Regex::new("was started: .*; no run").unwrap();
    for (wrong, outcome, started) in [(Wrong::Silence, "delivered", 1), (Wrong::Lost, "failed", 0)] {
        let mut job = Job::new();
        job.github.fail("POST actions", wrong);
        let findings = job.ship(&[environment("staging", None, workflow(), true)]).await;
        assert_eq!(job.outcomes(), [format!("staging {outcome}")]);
        assert_eq!((job.dispatches(), job.github.state().runs.len()), (1, started));
        if started == 0 {
            let told = told(&findings);
            insta::assert_snapshot!("unknown", cause.replace(&told, "was started: CAUSE; no run"));
            assert_eq!(job.github.state().states(100), ["in_progress", "error"]);
        }
    }
    // Of two runs neither is taken, and one that is known is another.
    let mut job = Job::new();
    job.github.fail("POST actions", Wrong::Silence);
    job.github.state().begin("deploy");
    let findings = job.ship(&[environment("staging", None, workflow(), false)]).await;
    assert!(findings[0].message.ends_with("2 runs have begun since, and any may be it"), "{findings:?}");
    let mut job = Job::new();
    let environments = both();
    job.ship(&environments[..1]).await;
    job.github.fail("POST actions", Wrong::Silence);
    job.ship(&environments[1..]).await;
    assert_eq!(job.deliveries.iter().map(|it| it.run).collect::<Vec<_>>(), [Some(7000), Some(7001)]);
}

#[tokio::test]
async fn a_deployment_that_may_have_been_made_is_looked_for() {
    for wrong in [Wrong::Silence, Wrong::Lost, Wrong::Refuse(502, "bad gateway")] {
        let mut job = Job::new();
        job.github.fail("POST deployments", wrong.clone());
        job.github.fail("POST deployments/100/statuses", wrong);
        let findings = job.ship(&[environment("page", None, None, true)]).await;
        assert_eq!(told(&findings), "");
        assert_eq!(job.outcomes(), ["page delivered"]);
        let state = job.github.state();
        assert_eq!((state.deployments.len(), state.states(100)), (1, vec!["in_progress", "success"]));
    }
}

#[tokio::test]
async fn a_run_is_known_by_the_approval_in_its_name() {
    let environments = [environment("staging", None, workflow(), false)];
    // Two have begun, and one is ours.
    let mut job = Job::new();
    job.github.state().is_named = true;
    job.github.state().begin("deploy");
    job.github.fail("POST actions", Wrong::Silence);
    assert_eq!(told(&job.ship(&environments).await), "");
    assert_eq!(job.deliveries[0].run, Some(7001));
    // One has begun, and it is another model's.
    let mut job = Job::new();
    job.github.state().begin(&format!("deploy sha256:{}", "0".repeat(64)));
    job.github.fail("POST actions", Wrong::Lost);
    job.ship(&environments).await;
    assert_eq!((job.outcomes(), job.deliveries[0].run), (vec!["staging failed".into()], None));
}

/// A job that is killed after any of its requests, and one that does it again and knows nothing of it.
#[tokio::test]
async fn whatever_a_killed_job_has_done_is_not_done_twice() {
    let environments = [environment("staging", None, workflow(), true)];
    let mut whole = Job::new();
    whole.ship(&environments).await;
    let all = whole.github.state().writes().len();
    assert_eq!(all, 5);
    for kept in 0..=all {
        let github = Fake::start();
        {
            let (from, mut to) = (whole.github.state(), github.state());
            let writes = from.requests.iter().filter(|(kind, _)| kind.starts_with("POST"));
            for (kind, body) in writes.take(kept) {
                to.take(kind.strip_prefix("POST ").map_or("", |_| "POST"), &kind[5..], body);
            }
        }
        let mut job = Job::on(github);
        assert_eq!(told(&job.ship(&environments).await), "", "after {kept}");
        let state = job.github.state();
        assert_eq!((state.deployments.len(), state.runs.len()), (1, 1), "after {kept}");
        assert_eq!(state.states(100).last(), Some(&"success"));
        drop(state);
        assert_eq!(job.outcomes(), ["staging delivered"]);
    }
}

/// The same with what the first job has saved, and without a deployment that knows it.
#[tokio::test]
async fn whatever_was_saved_is_taken_up() {
    let environments = [environment("staging", None, workflow(), false)];
    let mut whole = Job::new();
    whole.ship(&environments).await;
    let because: Vec<&str> = whole.saved.iter().map(|saved| saved[0].because.as_str()).collect();
    assert_eq!(
        because,
        ["it was about to be started", "deploy.yml was started", "deploy.yml ended with success"]
    );
    for (at, outcome) in ["failed", "delivered", "delivered"].iter().enumerate() {
        let mut job = Job::on(whole.github.clone());
        job.deliveries = whole.saved[at].clone();
        job.ship(&environments).await;
        assert_eq!(job.outcomes(), [format!("staging {outcome}")]);
        assert_eq!(job.dispatches(), 1, "nothing is started again");
    }
    // Who was told looks, and tries again.
    let mut job = Job::on(whole.github.clone());
    job.deliveries = whole.saved[0].clone();
    job.ship(&environments).await;
    job.ship(&environments).await;
    assert_eq!((job.outcomes(), job.dispatches()), (vec!["staging delivered".into()], 2));
}

#[tokio::test]
async fn who_is_stopped_or_out_of_time_leaves_the_run_to_the_next_attempt() {
    let mut job = Job::new();
    job.github.state().looks = u32::MAX;
    let mut environments = both();
    environments[0].dispatch.as_mut().unwrap().timeout = Duration::ZERO;
    let findings = job.ship(&environments).await;
    assert_eq!(job.outcomes(), ["staging failed", "production skipped"]);
    insta::assert_snapshot!("timed_out", told(&findings));
    assert_eq!(job.github.state().states(100), ["in_progress", "in_progress"]);

    environments[0].dispatch.as_mut().unwrap().timeout = Duration::from_secs(600);
    let hand = job.hand.clone();
    let github = job.github.clone();
    let seen = github.state().kinds().len();
    let (findings, ()) = tokio::join!(job.ship(&environments), async {
        while github.state().kinds().len() < seen + 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        hand.raise(Signal::Terminate);
    });
    assert_eq!(job.outcomes(), ["staging started", "production skipped"]);
    insta::assert_snapshot!("stopped", told(&findings));

    let mut again = Job::on(github);
    again.deliveries = job.deliveries.clone();
    again.github.state().looks = 0;
    assert_eq!(told(&again.ship(&environments).await), "");
    assert_eq!(again.outcomes(), ["staging delivered", "production delivered"]);
    assert_eq!(again.dispatches(), 2);
    assert_eq!(again.github.state().deployments.len(), 2);
}

#[tokio::test]
async fn who_was_stopped_before_sends_nothing() {
    let mut job = Job::new();
    job.hand.raise(Signal::Interrupt);
    job.ship(&both()).await;
    assert_eq!(job.outcomes(), ["staging skipped", "production skipped"]);
    assert!(job.github.state().requests.is_empty());
}

#[tokio::test]
async fn an_old_server_starts_it_and_does_not_tell_which_run_it_is() {
    let mut job = Job::new();
    job.github.state().is_old = true;
    let findings = job.ship(&[environment("staging", None, workflow(), false)]).await;
    assert_eq!(told(&findings), "");
    assert_eq!((job.outcomes(), job.github.state().runs.len()), (vec!["staging started".into()], 1));
    insta::assert_json_snapshot!("old", job.deliveries);
    job.ship(&[environment("staging", None, workflow(), false)]).await;
    assert_eq!(job.github.state().runs.len(), 1);
}

#[tokio::test]
async fn a_refusal_brings_the_words_to_paste() {
    let cases = [
        ("POST actions", 403, "Resource not accessible by integration"),
        ("POST actions", 404, "Not Found"),
        ("POST actions", 422, "Unexpected inputs provided: [\"model\", \"commit\"]"),
        ("POST actions", 422, "No ref found for: gone"),
        ("POST actions", 422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow"),
        ("POST actions", 422, "inputs are too large."),
        ("POST actions", 422, "Something else"),
        ("POST deployments", 403, "Resource not accessible by integration"),
        ("POST deployments", 409, "Conflict: commit status checks failed"),
        ("GET actions/runs", 403, "Resource not accessible by integration"),
    ];
    let mut all = String::new();
    for (request, status, message) in cases {
        let mut job = Job::new();
        job.github.fail(request, Wrong::Refuse(status, message));
        let findings = job.ship(&[environment("staging", None, workflow(), true)]).await;
        assert_eq!(job.outcomes(), ["staging failed"]);
        all += &format!("{request} {status}\n{}\n", told(&findings));
    }
    let mut job = Job::new();
    job.github.fail("POST dispatches", Wrong::Refuse(403, "Resource not accessible by integration"));
    let edge = environment("edge", None, Some(Dispatched::Event("ship".into())), false);
    all += &format!("POST dispatches 403\n{}\n", told(&job.ship(&[edge]).await));
    insta::assert_snapshot!("refusals", all);
}

#[tokio::test]
async fn a_delivery_is_not_undone_by_a_deployment_that_cannot_tell_of_it() {
    let mut job = Job::new();
    job.github.state().looks = 1;
    job.github.fail("GET actions/runs", Wrong::Refuse(502, "bad gateway"));
    job.github.fail("POST deployments/100/statuses", Wrong::Refuse(403, "no"));
    let findings = job.ship(&[environment("staging", None, workflow(), true)]).await;
    assert_eq!(job.outcomes(), ["staging delivered"]);
    insta::assert_snapshot!("not_told", told(&findings));
}

#[tokio::test]
async fn a_deployment_that_nobody_dispatches_is_delivered_by_its_status() {
    let mut job = Job::new();
    job.github.fail("POST deployments/100/statuses", Wrong::Refuse(403, "no"));
    let findings = job.ship(&[environment("page", None, None, true)]).await;
    assert_eq!(job.outcomes(), ["page failed"]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].severity, Severity::Error);
}

#[tokio::test]
async fn a_training_is_started_by_hand() {
    let job = Job::new();
    let inputs = BTreeMap::from([("reason".to_owned(), "drift".to_owned())]);
    let start =
        |branch: Option<&'static str>| retrain(&job.remote, CLOCK, Some(JOB), "retrain.yml", branch, &inputs);
    insta::assert_snapshot!(
        "foreseen_retrain",
        foresee_retrain(&job.remote, "retrain.yml", Some("dev"), &inputs)
    );
    let started = start(None).await.unwrap();
    let url = "https://github.com/acme/churn/actions/runs/7000";
    assert_eq!(started, Started { url: Some(url.into()), run: Some(7000) });
    let (kind, body) = job.github.state().requests.last().unwrap().clone();
    assert_eq!(kind, "POST actions/workflows/retrain.yml/dispatches");
    assert_eq!(body["ref"], "main");
    assert_eq!(body["inputs"]["reason"], "drift");
    job.github.fail("POST actions", Wrong::Refuse(422, "Unexpected inputs provided: [\"reason\"]"));
    let fault = start(Some("dev")).await.unwrap_err();
    insta::assert_snapshot!("retrain", format!("{fault}\nhelp: {}", fault.remedy().unwrap()));
    job.github.state().is_old = true;
    let started = start(None).await.unwrap();
    let page = "https://github.com/acme/churn/actions/workflows/retrain.yml";
    assert_eq!(started, Started { url: Some(page.into()), run: None });
}

#[tokio::test]
async fn the_default_branch_is_asked_for_where_the_event_does_not_tell() {
    let mut job = Job::new();
    job.remote.event.default_branch = None;
    job.ship(&[environment("staging", None, workflow(), false)]).await;
    let state = job.github.state();
    let sent = state.requests.iter().find(|(kind, _)| kind.starts_with("POST actions")).unwrap();
    assert_eq!(sent.1["ref"], "trunk");
}

#[test]
fn what_an_earlier_job_delivered_is_known_by_its_key() {
    let key = approval().key();
    let delivery = |target: &str, outcome| ledger::blank(target, key, outcome);
    let other = Delivery {
        approval: Some(Digest::from_bytes([1; 32])),
        ..delivery("edge", DeliveryOutcome::Delivered)
    };
    let earlier = vec![
        delivery("staging", DeliveryOutcome::Delivered),
        delivery("production", DeliveryOutcome::Skipped),
        delivery("europe", DeliveryOutcome::Delivered),
        delivery("staging", DeliveryOutcome::Failed),
        delivery("production", DeliveryOutcome::Started),
        other,
    ];
    let mut deliveries =
        vec![delivery("production", DeliveryOutcome::Skipped), delivery("europe", DeliveryOutcome::Failed)];
    recall(&mut deliveries, earlier, &key);
    let words: Vec<_> = deliveries.iter().map(|it| format!("{} {}", it.target, it.outcome.word())).collect();
    assert_eq!(words, ["europe failed", "staging delivered", "production started"]);
}
