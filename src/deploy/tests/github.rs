//! As much of GitHub as a delivery needs.

use std::collections::VecDeque;
use std::ops::Deref;

use serde_json::{Value, json};

use super::fake::{Kept, Log, now};

#[derive(Default)]
pub(super) struct State {
    pub(super) deployments: Vec<Value>,
    /// Of each status its deployment.
    pub(super) statuses: Vec<(u64, Value)>,
    pub(super) runs: Vec<Value>,
    /// How runs that are started end, in their order; those after the last with success.
    pub(super) endings: VecDeque<&'static str>,
    /// How often a run is looked at before it has ended.
    pub(super) looks: u32,
    /// A server that does not tell of the run.
    pub(super) is_old: bool,
    /// Whether the workflow names its runs by the approval.
    pub(super) is_named: bool,
    log: Log,
}

impl Deref for State {
    type Target = Log;

    fn deref(&self) -> &Log {
        &self.log
    }
}

impl State {
    /// The states that a deployment went through.
    pub(super) fn states(&self, id: u64) -> Vec<&str> {
        let own = self.statuses.iter().filter(|(of, _)| *of == id);
        own.map(|(_, status)| status["state"].as_str().unwrap()).collect()
    }
}

impl Kept for State {
    const PREFIX: &str = "/repos/acme/churn";

    fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    fn take(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').collect();
        match (method, &parts[..]) {
            ("GET", [""]) => (200, json!({ "default_branch": "trunk" })),
            ("GET", ["deployments"]) => {
                let has = |made: &Value| {
                    let own = format!(
                        "environment={}&sha={}&per_page=30",
                        made["environment"].as_str().unwrap(),
                        made["ref"].as_str().unwrap()
                    );
                    own == query
                };
                let found: Vec<Value> =
                    self.deployments.iter().rev().filter(|made| has(made)).cloned().collect();
                (200, found.into())
            }
            ("POST", ["deployments"]) => {
                let mut made = body.clone();
                made["id"] = (100 + self.deployments.len()).into();
                made["created_at"] = now().into();
                self.deployments.push(made.clone());
                (201, made)
            }
            ("GET", ["deployments", id, "statuses"]) => {
                let own = self.statuses.iter().rev().filter(|(of, _)| of.to_string() == **id);
                (200, own.map(|(_, status)| status.clone()).collect())
            }
            ("POST", ["deployments", id, "statuses"]) => {
                let mut status = body.clone();
                status["id"] = self.statuses.len().into();
                self.statuses.push((id.parse().unwrap(), status.clone()));
                (201, status)
            }
            ("POST", ["actions", "workflows", _, "dispatches"]) => {
                if self.is_old && body.get("return_run_details").is_some() {
                    let message = "Invalid request.\n\n\"return_run_details\" is not a permitted key.";
                    return (422, json!({ "message": message }));
                }
                let title = body["inputs"]["approval"].as_str().unwrap_or_default();
                let run = self.begin(if self.is_named { title } else { "deploy" });
                if self.is_old { (204, Value::Null) } else { (200, run) }
            }
            ("GET", ["actions", "workflows", _, "runs"]) => {
                (200, json!({ "workflow_runs": self.runs.iter().rev().collect::<Vec<_>>() }))
            }
            ("GET", ["actions", "runs", id]) => {
                let looks = self.looks;
                let Some(run) = self.runs.iter_mut().find(|run| run["id"].as_u64() == id.parse().ok()) else {
                    return (404, json!({ "message": "Not Found" }));
                };
                let seen = run["seen"].as_u64().unwrap_or_default();
                run["seen"] = (seen + 1).into();
                if seen >= u64::from(looks) {
                    run["status"] = "completed".into();
                    run["conclusion"] = run["ending"].clone();
                }
                (200, run.clone())
            }
            ("POST", ["dispatches"]) => (204, Value::Null),
            _ => (404, json!({ "message": "Not Found" })),
        }
    }
}

impl State {
    /// A run begins.
    pub(super) fn begin(&mut self, title: &str) -> Value {
        let id = 7000 + self.runs.len();
        let url = format!("https://github.com/acme/churn/actions/runs/{id}");
        let ending = self.endings.pop_front().unwrap_or("success");
        self.runs.push(json!({ "id": id, "html_url": url, "created_at": now(), "display_title": title, "status": "queued",
            "conclusion": null, "ending": ending }));
        json!({ "workflow_run_id": id, "html_url": url })
    }
}
