//! As much of GitHub as a delivery needs: it keeps what it is told, and fails on request.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

/// How an answer goes wrong.
#[derive(Clone)]
pub(super) enum Wrong {
    /// The request is not taken.
    Refuse(u16, &'static str),
    /// The request is taken, and the connection ends.
    Silence,
    /// The request is not taken, and the connection ends.
    Lost,
}

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
    /// Every request, and its body.
    pub(super) requests: Vec<(String, Value)>,
    /// What goes wrong next, with the requests that begin with a text.
    pub(super) wrong: VecDeque<(&'static str, Wrong)>,
}

impl State {
    /// The requests that write, without their bodies.
    pub(super) fn writes(&self) -> Vec<&str> {
        self.kinds().into_iter().filter(|kind| !kind.starts_with("GET")).collect()
    }

    pub(super) fn kinds(&self) -> Vec<&str> {
        self.requests.iter().map(|(kind, _)| kind.as_str()).collect()
    }

    /// The states that a deployment went through.
    pub(super) fn states(&self, id: u64) -> Vec<&str> {
        let own = self.statuses.iter().filter(|(of, _)| *of == id);
        own.map(|(_, status)| status["state"].as_str().unwrap()).collect()
    }
}

#[derive(Clone)]
pub(super) struct Fake {
    pub(super) base: String,
    state: Arc<Mutex<State>>,
}

impl Fake {
    /// Listens until the test's process ends.
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let kept = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(&stream, &kept);
            }
        });
        Self { base, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(super) fn fail(&self, requests: &'static str, wrong: Wrong) {
        self.state().wrong.push_back((requests, wrong));
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if first.is_empty() {
            first = line.to_owned();
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let path = target.strip_prefix("/repos/acme/churn").unwrap().trim_start_matches('/');
    let kind = format!("{method} {path}");
    let mut state = state.lock().unwrap();
    state.requests.push((kind.clone(), body.clone()));
    let wrong = match state.wrong.front() {
        Some((requests, _)) if kind.starts_with(requests) => state.wrong.pop_front().map(|(_, wrong)| wrong),
        _ => None,
    };
    match wrong {
        Some(Wrong::Refuse(status, message)) => answer(stream, status, &json!({ "message": message })),
        Some(Wrong::Lost) => {}
        Some(Wrong::Silence) => drop(state.take(method, path, &body)),
        None => {
            let (status, said) = state.take(method, path, &body);
            answer(stream, status, &said);
        }
    }
}

fn answer(mut stream: &TcpStream, status: u16, body: &Value) {
    let body = if status == 204 { String::new() } else { body.to_string() };
    let length = body.len();
    let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    let _ = stream.write_all((head + &body).as_bytes());
}

impl State {
    pub(super) fn take(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
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

fn now() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}
