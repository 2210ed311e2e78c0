//! GitHub: a workflow or whatever listens to an event delivers, and a Deployment tells of it.

mod deployment;
mod dispatch;
mod foresee;
mod inputs;
mod told;

use async_trait::async_trait;
use serde::Deserialize;

use super::Shipment;
use super::target::{
    Attempt, Course, Follow, Missed, Opened, Past, Refusal, Run, SoFar, Started, Target, Told, Unopened,
    Words,
};
use crate::config::{Dispatch, Dispatched, Environment};
use crate::finding::Finding;
use crate::forge::github::Remote;
use crate::forge::github::api::Trouble;
use dispatch::Start;
pub use dispatch::retrain;
pub use foresee::foresee_retrain;

/// What people read.
const WORDS: Words = Words {
    runs: "the page Actions of the repository",
    looking: "`actions: read`",
    states: deployment::word,
};

/// GitHub, for one environment.
pub(super) struct Github<'a> {
    pub(super) shipment: &'a Shipment<'a>,
    pub(super) remote: &'a Remote,
    pub(super) environment: &'a Environment,
}

impl<'a> Github<'a> {
    /// What delivers to an environment, or why nothing can from here.
    pub(super) fn new(
        shipment: &'a Shipment<'a>,
        remote: &'a Remote,
        environment: &'a Environment,
    ) -> Result<Self, Finding> {
        if environment.dispatch.is_none() && environment.launch.is_some() {
            return Err(told::stranger(&environment.name));
        }
        Ok(Self { shipment, remote, environment })
    }
}

#[async_trait(?Send)]
impl Target for Github<'_> {
    fn follow(&self) -> Option<Follow> {
        let Dispatch { wait, timeout, .. } = self.environment.dispatch.as_ref()?;
        Some(Follow { wait: *wait, timeout: *timeout })
    }

    fn what(&self) -> String {
        match self.dispatched() {
            Some(Dispatched::Workflow { workflow, .. }) => workflow.clone(),
            Some(Dispatched::Event(event)) => format!("the event «{event}»"),
            None => String::new(),
        }
    }

    fn begun(&self) -> String {
        let what = self.what();
        match self.dispatched() {
            Some(Dispatched::Event(_)) => format!("{what} was sent"),
            _ => format!("{what} was started"),
        }
    }

    fn how_to_wait(&self) -> String {
        let name = &self.environment.name;
        format!("set `wait: true` in `deploy.{name}.dispatch`, which needs a workflow")
    }

    fn words(&self) -> Words {
        WORDS
    }

    fn page(&self) -> Option<String> {
        dispatch::page(self.shipment.job_url, self.workflow())
    }

    async fn open(&self, _: Option<u64>) -> Result<Opened, Unopened> {
        let unopened = |id, trouble: &Trouble| Unopened {
            id,
            finding: told::deployment(trouble, &self.environment.name),
        };
        let opened = deployment::open(self).await.map_err(|trouble| unopened(None, &trouble))?;
        if let (SoFar::New, Some(page)) = (&opened.so_far, &self.environment.deployment) {
            let begun = deployment::begun(self.shipment, page);
            let told = deployment::tell(self, opened.id, &begun).await;
            told.map_err(|trouble| unopened(Some(opened.id), &trouble))?;
        }
        Ok(opened)
    }

    async fn tell(&self, id: u64, told: &Told<'_>) -> Result<(), String> {
        let Some(page) = &self.environment.deployment else { return Ok(()) };
        let body = deployment::told(told, page);
        deployment::tell(self, id, &body).await.map_err(|trouble| trouble.to_string())
    }

    async fn earlier(&self, attempt: Attempt, past: &Past) -> Result<Option<Started>, String> {
        match (self.dispatched(), attempt.since) {
            (Some(Dispatched::Event(_)), _) => {
                Err("an earlier attempt was stopped while it sent the event".into())
            }
            (_, None) => Err("an earlier attempt was stopped while it started it".into()),
            (_, Some(since)) => match self.workflow_start(past) {
                Some(start) => start.earlier(since).await,
                None => Ok(None),
            },
        }
    }

    async fn start(&self, past: &Past) -> Result<Started, Refusal> {
        let (Some(dispatch), name) = (&self.environment.dispatch, &self.environment.name) else {
            return Ok(Started::default());
        };
        let inputs = inputs::inputs(self, dispatch);
        match (&dispatch.what, self.workflow_start(past)) {
            (Dispatched::Event(event), _) => {
                let sent = dispatch::event(self.remote, event, &inputs).await;
                sent.map_err(|unstarted| unstarted.refusal(|trouble| told::event(trouble, name, event)))
            }
            (Dispatched::Workflow { workflow, .. }, Some(start)) => {
                let told = |trouble: &Trouble| told::workflow(trouble, name, workflow, &inputs);
                start.workflow().await.map_err(|unstarted| unstarted.refusal(told))
            }
            (Dispatched::Workflow { .. }, None) => Ok(Started::default()),
        }
    }

    async fn look(&self, run: u64) -> Result<Run, Missed> {
        let api = &self.remote.api;
        let seen: Seen = api.get(&api.path(&format!("actions/runs/{run}"))).await.map_err(missed)?;
        Ok(seen.run())
    }

    fn requests(&self) -> String {
        foresee::requests(self)
    }
}

impl<'a> Github<'a> {
    fn dispatched(&self) -> Option<&'a Dispatched> {
        self.environment.dispatch.as_ref().map(|dispatch| &dispatch.what)
    }

    fn workflow(&self) -> Option<&'a str> {
        match self.dispatched() {
            Some(Dispatched::Workflow { workflow, .. }) => Some(workflow),
            _ => None,
        }
    }

    fn workflow_start(&self, past: &Past) -> Option<Start<'a>> {
        let dispatch = self.environment.dispatch.as_ref()?;
        let Dispatched::Workflow { workflow, branch } = &dispatch.what else { return None };
        Some(Start {
            remote: self.remote,
            workflow,
            branch: branch.as_deref(),
            inputs: inputs::inputs(self, dispatch),
            key: Some(self.shipment.approval.key()),
            known: past.runs.clone(),
            clock: self.shipment.clock,
        })
    }
}

/// A run, as GitHub tells of it.
#[derive(Debug, Clone, Deserialize)]
struct Seen {
    status: Option<String>,
    conclusion: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
}

impl Seen {
    fn run(self) -> Run {
        let course = match (self.status.as_deref(), self.conclusion) {
            (Some("completed"), Some(conclusion)) if conclusion == "success" => Course::Good,
            (Some("completed"), conclusion) => Course::Bad(conclusion.unwrap_or_else(|| "nothing".into())),
            _ => Course::UnderWay,
        };
        Run { course, url: self.html_url }
    }
}

fn missed(trouble: Trouble) -> Missed {
    let why = trouble.to_string();
    match trouble {
        Trouble::NotFound(_) => Missed::Gone(why),
        trouble if trouble.may_pass() => Missed::Passing(why),
        _ => Missed::Lost(why),
    }
}
