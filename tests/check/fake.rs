//! As much of GitHub as checks, comments, baselines and deliveries need: it keeps what it is told, and fails on
//! request. Its answers have all that GitHub's description of them asks for, which tests/prism.rs sees to.

use std::collections::VecDeque;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

pub use crate::common::http::Wrong;
use crate::common::http::{self, Request, asked};

#[path = "answers.rs"]
mod answers;

/// An artifact of a run of a workflow.
#[derive(Clone)]
pub struct Artifact {
    pub run: u64,
    pub name: &'static str,
    pub expired: bool,
    pub zip: Vec<u8>,
}

/// A server that is reached only through a proxy.
pub const ELSEWHERE: &str = "http://github.invalid";

#[derive(Default)]
pub struct State {
    pub checks: Vec<Value>,
    pub comments: Vec<Value>,
    /// Every request: `POST check-runs`, and its body.
    pub requests: Vec<(String, Value)>,
    /// To each request the status and the body.
    pub answers: Vec<(u16, Value)>,
    /// What is answered, whatever is asked.
    pub canned: Option<(u16, Value)>,
    /// What goes wrong next, with the requests that begin with a text.
    pub wrong: VecDeque<(&'static str, Wrong)>,
    /// The token that is no longer taken.
    pub expired: Option<String>,
    /// The files that the pull request changes.
    pub changed: Vec<String>,
    /// The commits of the default branch, newest first.
    pub commits: Vec<String>,
    /// Each with its state; the number of one is its place, from 1.
    pub deployments: Vec<(Value, &'static str)>,
    /// How the runs end, in their order, where it is not with success; none has not ended.
    pub endings: VecDeque<Option<&'static str>>,
    /// The number of one is its place, from 1.
    pub artifacts: Vec<Artifact>,
    /// Of each status that was told the deployment, and what was told.
    pub statuses: Vec<(usize, Value)>,
    /// The runs that were started by a dispatch: the workflow, and what was sent.
    pub runs: Vec<(String, Value)>,
    /// The requests for artifacts where they are stored: their lines.
    pub fetched: Vec<Vec<String>>,
}

impl State {
    /// The requests without their bodies.
    pub fn kinds(&self) -> Vec<&str> {
        self.requests.iter().map(|(kind, _)| kind.as_str()).collect()
    }
}

#[derive(Clone)]
pub struct Fake {
    pub base: String,
    state: Arc<Mutex<State>>,
}

impl Fake {
    /// Listens until the test's process ends.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let base = format!("http://{}/api/v3", http::listen(&state, serve));
        Self { base, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    pub fn fail(&self, requests: &'static str, wrong: Wrong) {
        self.state().wrong.push_back((requests, wrong));
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let Some(request) = Request::read(&stream) else { return };
    let method = request.method.as_str();
    // Who asks a proxy names the server.
    let target = request.target.strip_prefix(ELSEWHERE).unwrap_or(&request.target);
    if let Some(id) = target.strip_prefix("/storage/") {
        let mut state = state.lock().expect("the state");
        state.fetched.push(request.head.clone());
        let id: usize = id.parse().expect("a number");
        return http::send(&stream, 200, "content-type: application/zip", &state.artifacts[id - 1].zip);
    }
    let path = target
        .strip_prefix("/api/v3/repos/acme/churn")
        .unwrap_or_else(|| panic!("«{target}» is not of our repository"))
        .trim_start_matches('/');
    let body = request.json();
    let mut state = state.lock().expect("the state");
    let kind = format!("{method} {path}");
    state.requests.push((kind.clone(), body.clone()));
    let wrong = match state.wrong.front() {
        Some((requests, _)) if kind.starts_with(requests) => state.wrong.pop_front().map(|(_, wrong)| wrong),
        _ => None,
    };
    let expired = state
        .expired
        .as_ref()
        .is_some_and(|token| request.header("authorization") == format!("Bearer {token}"));
    let mut more = String::from("x-a: b");
    let (status, said) = if let Some(canned) = &state.canned {
        canned.clone()
    } else if expired {
        (401, json!({ "message": "Bad credentials" }))
    } else if let Some(Wrong::Refuse(status, header, body)) = &wrong {
        (*header).clone_into(&mut more);
        (*status, body.clone())
    } else if let Some(id) =
        path.strip_prefix("actions/artifacts/").and_then(|rest| rest.strip_suffix("/zip"))
    {
        more = format!("location: http://{}/storage/{id}", request.header("host"));
        (302, Value::Null)
    } else {
        let (status, mut said) = state.take(method, path, body);
        answers::complete(path, &mut said);
        (status, said)
    };
    state.answers.push((status, said.clone()));
    http::answer(&stream, status, &more, &said, wrong.as_ref());
}

impl State {
    /// A run as it is now.
    fn run(&self, id: usize) -> Value {
        let page = format!("https://github.example/acme/churn/actions/runs/{id}");
        let ending = self.endings.get(id - 7000).copied().unwrap_or(Some("success"));
        let status = if ending.is_some() { "completed" } else { "in_progress" };
        // It began after whatever has started it, on any day that the test runs.
        let began = "2999-01-02T03:04:05Z";
        json!({ "id": id, "html_url": page, "status": status, "conclusion": ending, "created_at": began })
    }

    fn take(&mut self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').collect();
        match (method, &parts[..]) {
            ("POST", ["check-runs"]) => {
                if let Err(refusal) = judged(&body) {
                    return refusal;
                }
                let id = 1000 + self.checks.len() as u64;
                let mut check = json!({ "id": id, "app": { "id": 15368, "slug": "github-actions" }, "conclusion": null,
                    "output": { "annotations_count": 0, "annotations": [] } });
                merge(&mut check, body);
                self.checks.push(check.clone());
                (201, check)
            }
            ("PATCH", ["check-runs", id]) => {
                if let Err(refusal) = judged(&body) {
                    return refusal;
                }
                let found = self.checks.iter_mut().find(|check| is(check, id));
                let Some(check) = found else { return (404, json!({ "message": "Not Found" })) };
                merge(check, body);
                (200, check.clone())
            }
            ("GET", ["check-runs", id]) => {
                let found = self.checks.iter().find(|check| is(check, id));
                found.map_or((404, json!({ "message": "Not Found" })), |check| (200, check.clone()))
            }
            ("GET", ["check-runs", id, "annotations"]) => {
                let found = self.checks.iter().find(|check| is(check, id)).expect("a check");
                let all = found["output"]["annotations"].as_array().expect("annotations");
                (200, all[page(query, all.len())].to_vec().into())
            }
            ("GET", ["commits", sha, "check-runs"]) => {
                let name = asked(query, "check_name").expect("a name");
                let is_it = |check: &&Value| check["head_sha"] == *sha && check["name"] == name;
                let runs: Vec<&Value> = self.checks.iter().filter(is_it).collect();
                (200, json!({ "total_count": runs.len(), "check_runs": runs }))
            }
            ("GET", ["commits"]) => {
                let all: Vec<Value> = self.commits.iter().map(|sha| json!({ "sha": sha })).collect();
                (200, all[page(query, all.len())].to_vec().into())
            }
            ("GET", [""]) => (200, json!({ "default_branch": "main" })),
            ("GET", ["deployments"]) => {
                let all = self.deployments.iter().enumerate().rev();
                let all = all.map(|(at, (deployment, _))| numbered(deployment, at + 1));
                let is_it = |it: &Value| {
                    let is = |name: &str| asked(query, name).is_none_or(|value| it[name] == value);
                    is("environment") && is("sha")
                };
                (200, all.filter(is_it).collect())
            }
            ("POST", ["deployments"]) => {
                let mut deployment = body;
                deployment["created_at"] = "2026-01-02T03:04:05Z".into();
                deployment["sha"] = deployment["ref"].clone();
                self.deployments.push((deployment.clone(), ""));
                deployment["id"] = json!(self.deployments.len());
                (201, deployment)
            }
            ("GET", ["deployments", id, "statuses"]) => {
                let id: usize = id.parse().expect("a number");
                let told = self.statuses.iter().enumerate().rev().filter(|(_, (of, _))| *of == id);
                let mut all: Vec<Value> = told.map(|(at, (_, status))| numbered(status, 1000 + at)).collect();
                let first = self.deployments[id - 1].1;
                all.extend((!first.is_empty()).then(|| json!({ "state": first })));
                (200, all.into())
            }
            ("POST", ["deployments", id, "statuses"]) => {
                self.statuses.push((id.parse().expect("a number"), body.clone()));
                (201, numbered(&body, 999 + self.statuses.len()))
            }
            ("POST", ["dispatches"]) => (204, Value::Null),
            ("POST", ["actions", "workflows", workflow, "dispatches"]) => {
                self.runs.push(((*workflow).to_owned(), body));
                let id = 6999 + self.runs.len();
                let page = format!("https://github.example/acme/churn/actions/runs/{id}");
                let api = format!("https://github.example/api/v3/repos/acme/churn/actions/runs/{id}");
                (200, json!({ "workflow_run_id": id, "run_url": api, "html_url": page }))
            }
            ("GET", ["actions", "workflows", workflow, "runs"]) => {
                let of_workflow =
                    self.runs.iter().enumerate().rev().filter(|(_, (name, _))| name == workflow);
                let all: Vec<Value> = of_workflow.map(|(at, _)| self.run(7000 + at)).collect();
                (200, json!({ "total_count": all.len(), "workflow_runs": all }))
            }
            ("GET", ["actions", "runs", id]) => (200, self.run(id.parse().expect("a number"))),
            ("GET", ["actions", "runs", run, "artifacts"]) => {
                let run: u64 = run.parse().expect("a number");
                let of_run = self.artifacts.iter().zip(1..).filter(|(artifact, _)| artifact.run == run);
                let all: Vec<Value> = of_run
                    .map(|(it, id)| {
                        json!({ "id": id, "name": it.name, "expired": it.expired, "size_in_bytes": it.zip.len() })
                    })
                    .collect();
                (200, json!({ "total_count": all.len(), "artifacts": all }))
            }
            ("GET", ["pulls", _, "files"]) => {
                let all: Vec<Value> = self.changed.iter().map(|name| json!({ "filename": name })).collect();
                (200, all[page(query, all.len())].to_vec().into())
            }
            ("GET", ["issues", _, "comments"]) => {
                (200, self.comments[page(query, self.comments.len())].to_vec().into())
            }
            ("POST", ["issues", _, "comments"]) => {
                let id = 500 + self.comments.len() as u64;
                let mut comment =
                    json!({ "id": id, "user": { "login": "github-actions[bot]", "type": "Bot" } });
                comment["body"] = body["body"].clone();
                self.comments.push(comment.clone());
                (201, comment)
            }
            ("PATCH", ["issues", "comments", id]) => {
                let found = self.comments.iter_mut().find(|comment| is(comment, id));
                let comment = found.expect("a comment");
                comment["body"] = body["body"].clone();
                (200, comment.clone())
            }
            _ => (404, json!({ "message": "Not Found" })),
        }
    }
}

/// Whether it is the one with the number in a path.
fn is(it: &Value, id: &str) -> bool {
    it["id"].as_u64() == id.parse().ok()
}

fn numbered(it: &Value, id: usize) -> Value {
    let mut it = it.clone();
    it["id"] = id.into();
    it
}

fn page(query: &str, all: usize) -> std::ops::Range<usize> {
    let number = |name: &str| asked(query, name).and_then(|value| value.parse().ok());
    let (size, page): (usize, usize) = (number("per_page").unwrap_or(30), number("page").unwrap_or(1));
    (size * (page - 1)).min(all)..(size * page).min(all)
}

/// What GitHub refuses.
fn judged(body: &Value) -> Result<(), (u16, Value)> {
    let output = &body["output"];
    let long = |name: &str| output[name].as_str().is_some_and(|text| text.chars().count() > 65_535);
    let annotations = output["annotations"].as_array().map_or(0, Vec::len);
    if long("summary") || long("text") || annotations > 50 {
        return Err((422, json!({ "message": "Invalid request.", "errors": ["too much"] })));
    }
    Ok(())
}

/// Annotations are added; all else takes the place of what was there.
fn merge(check: &mut Value, body: Value) {
    let mut all = check["output"]["annotations"].as_array().cloned().unwrap_or_default();
    for (name, value) in body.as_object().expect("an object") {
        check[name] = value.clone();
    }
    all.extend(check["output"]["annotations"].as_array().cloned().unwrap_or_default());
    check["output"]["annotations_count"] = all.len().into();
    check["output"]["annotations"] = all.into();
    if body["status"] == "in_progress" {
        check["conclusion"] = Value::Null;
    }
}
