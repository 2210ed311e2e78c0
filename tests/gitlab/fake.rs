//! As much of GitLab as notes, statuses, baselines and deliveries need: it keeps what it is told, refuses what GitLab
//! refuses, and fails on request. It stands below a path of its own, as a GitLab behind a proxy does. Its answers have
//! what tests/gitlab/openapi.yaml asks for, which tests/gitlab_prism.rs sees to.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Cursor, Read};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};

pub use crate::common::http::Wrong;
use crate::common::http::{self, Request, asked};

#[path = "answers.rs"]
mod answers;
#[path = "pipelines.rs"]
mod pipelines;

pub use pipelines::Job;

/// The project's number.
pub const PROJECT: &str = "7";
/// The token of our own, whose user is [`BOT`].
pub const OWN: &str = "glpat-own";
/// The token that GitLab gives to a job.
pub const JOB: &str = "glcbt-job";
/// The token that starts pipelines.
pub const TRIGGER: &str = "glptt-trigger";
/// The user of our own token.
pub const BOT: u64 = 77;

/// Where the fake stands on its server.
const PREFIX: &str = "/gitlab/api/v4";

pub struct State {
    /// The notes of merge requests, the oldest first.
    pub notes: Vec<Value>,
    /// The commit statuses, the oldest first.
    pub statuses: Vec<Value>,
    pub pipelines: Vec<Value>,
    pub jobs: Vec<Job>,
    /// The deployments, the oldest first.
    pub deployments: Vec<Value>,
    /// What pipelines were started with: their number and what was sent.
    pub triggered: Vec<(u64, Value)>,
    /// How what is started or played ends, in this order, where it is not with success; none does not end.
    pub endings: VecDeque<Option<&'static str>>,
    /// The files that the merge request changes.
    pub changed: Vec<String>,
    /// How many of the changed files are told, as where they are more than GitLab looks at.
    pub told: usize,
    /// The tags of the repository.
    pub tags: Vec<&'static str>,
    /// The common ancestor of whatever is asked for.
    pub merge_base: Option<String>,
    /// The scopes of our own token, and until when it lasts.
    pub scopes: Vec<&'static str>,
    pub expires_at: Option<&'static str>,
    /// The role that our own token has in the project: 30 is a developer.
    pub role: u64,
    /// Whether artifacts are stored elsewhere.
    pub is_stored: bool,
    /// The requests for artifacts where they are stored: their lines.
    pub fetched: Vec<Vec<String>>,
    /// How many entries a page has at most.
    pub page: usize,
    /// Every request, `POST statuses/0123`, and its body. One that is not of the project begins with a slash.
    pub requests: Vec<(String, Value)>,
    /// To each request the status and the body.
    pub answers: Vec<(u16, Value)>,
    /// What is answered, whatever is asked.
    pub canned: Option<(u16, Value)>,
    /// What goes wrong next, with the requests that begin with a text.
    pub wrong: VecDeque<(&'static str, Wrong)>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            notes: Vec::new(),
            statuses: Vec::new(),
            pipelines: Vec::new(),
            jobs: Vec::new(),
            deployments: Vec::new(),
            triggered: Vec::new(),
            endings: VecDeque::new(),
            changed: Vec::new(),
            told: usize::MAX,
            tags: Vec::new(),
            merge_base: None,
            scopes: vec!["api"],
            expires_at: Some("2999-01-01"),
            role: 30,
            is_stored: false,
            fetched: Vec::new(),
            page: 100,
            requests: Vec::new(),
            answers: Vec::new(),
            canned: None,
            wrong: VecDeque::new(),
        }
    }
}

impl State {
    /// The requests without their bodies.
    pub fn kinds(&self) -> Vec<&str> {
        self.requests.iter().map(|(kind, _)| kind.as_str()).collect()
    }

    /// A note that somebody else has written.
    pub fn say(&mut self, author: u64, body: &str) {
        self.note(7, author, body);
    }

    fn note(&mut self, merge_request: u64, author: u64, body: &str) -> Value {
        let id = 500 + self.notes.len() as u64;
        let note = json!({ "id": id, "noteable_iid": merge_request, "noteable_id": 9000 + merge_request, "body": body,
            "author": answers::user(author), "system": false });
        self.notes.push(answers::complete(&note, "note"));
        self.notes[self.notes.len() - 1].clone()
    }
}

/// A GitLab on loopback.
#[derive(Clone)]
pub struct Fake {
    /// `CI_API_V4_URL`.
    pub base: String,
    state: Arc<Mutex<State>>,
}

impl Fake {
    /// Listens until the test's process ends.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let base = format!("http://{}{PREFIX}", http::listen(&state, serve));
        Self { base, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    pub fn fail(&self, requests: &'static str, wrong: Wrong) {
        self.state().wrong.push_back((requests, wrong));
    }
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Own,
    Job,
    Nobody,
}

/// What is answered.
enum Said {
    /// A status and JSON.
    Json(u16, Value),
    /// A list, of which there may be more pages.
    List(Vec<Value>),
    Zip(Vec<u8>),
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let Some(request) = Request::read(&stream) else { return };
    let mut state = state.lock().expect("the state");
    if let Some(job) = request.target.strip_prefix("/storage/") {
        state.fetched.push(request.head.clone());
        let zip = state.zip_of(job.parse().expect("a number")).expect("an artifact");
        return http::send(&stream, 200, "content-type: application/zip", &zip);
    }
    let rest = request.target.strip_prefix(PREFIX);
    let rest = rest.unwrap_or_else(|| panic!("«{}» is not below the base", request.target));
    let ours =
        rest.strip_prefix(&format!("/projects/{PROJECT}")).filter(|it| !it.starts_with(char::is_numeric));
    let path = ours.map_or(rest, |it| it.strip_prefix('/').unwrap_or(it));
    let (kind, body) = (format!("{} {path}", request.method), request.json());
    state.requests.push((kind.clone(), body.clone()));
    let wrong = match state.wrong.front() {
        Some((requests, _)) if kind.starts_with(requests) => state.wrong.pop_front().map(|(_, wrong)| wrong),
        _ => None,
    };
    let who = match (request.header("private-token").as_str(), request.header("job-token").as_str()) {
        (OWN, _) => Who::Own,
        ("", JOB) => Who::Job,
        _ => Who::Nobody,
    };
    let mut more = String::from("ratelimit-limit: 2000\r\nratelimit-remaining: 1999");
    let said = if let Some((status, body)) = state.canned.clone() {
        Said::Json(status, body)
    } else if let Some(Wrong::Refuse(status, header, body)) = &wrong {
        (*header).clone_into(&mut more);
        Said::Json(*status, body.clone())
    } else {
        // Another project has what ours has: it is not what is tested here.
        let elsewhere = path.strip_prefix("/projects/").and_then(|it| it.split_once('/'));
        state.take(who, &request.method, elsewhere.map_or(path, |(_, path)| path), &body)
    };
    let (status, said) = match said {
        Said::Json(status, said) => (status, said),
        Said::List(all) => {
            let (page, next) = state.page(path, &all);
            if let Some(next) = next {
                let host = request.header("host");
                let whole = rest.strip_suffix(path).unwrap_or_default();
                more += &format!("\r\nlink: <http://{host}{PREFIX}{whole}{next}>; rel=\"next\"");
            }
            (200, page.into())
        }
        Said::Zip(zip) => {
            state.answers.push((200, Value::Null));
            return http::send(&stream, 200, "content-type: application/octet-stream", &zip);
        }
    };
    if status == 302 {
        more +=
            &format!("\r\nlocation: http://{}{}", request.header("host"), said.as_str().unwrap_or_default());
    }
    state.answers.push((status, said.clone()));
    http::answer(&stream, status, &more, &said, wrong.as_ref());
}

impl State {
    /// A page of a list, and where the next one is: behind a key that says nothing to whoever reads it.
    fn page(&self, path: &str, all: &[Value]) -> (Vec<Value>, Option<String>) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let number = |name: &str| asked(query, name).and_then(|value| value.parse::<usize>().ok());
        let size = number("per_page").unwrap_or(20).min(self.page);
        let from =
            asked(query, "cursor").and_then(|key| key.strip_prefix("key%3D")?.parse().ok()).unwrap_or(0);
        let page: Vec<Value> = all.iter().skip(from).take(size).cloned().collect();
        let next = (from + size < all.len()).then(|| {
            let kept: Vec<&str> =
                query.split('&').filter(|it| !it.is_empty() && !it.starts_with("cursor=")).collect();
            let kept = kept.iter().map(|it| format!("{it}&")).collect::<String>();
            format!("{path}?{kept}cursor=key%3D{}", from + size)
        });
        (page, next)
    }

    /// What GitLab does. Who may not see a project is told that there is none.
    fn take(&mut self, who: Who, method: &str, path: &str, body: &Value) -> Said {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').collect();
        if let Some(said) = self.take_with_a_job_token(who, method, &parts, query, body) {
            return said;
        }
        if who != Who::Own {
            return Said::Json(401, json!({ "message": "401 Unauthorized" }));
        }
        let is_reader = self.scopes.iter().any(|scope| ["api", "read_api"].contains(scope));
        if path != "/personal_access_tokens/self"
            && (!is_reader || (method != "GET" && !self.scopes.contains(&"api")))
        {
            return Said::Json(
                403,
                json!({ "error": "insufficient_scope", "scope": "api",
                    "error_description": "The request requires higher privileges than provided by the access token." }),
            );
        }
        if method != "GET" && self.role < 20 {
            return Said::Json(403, json!({ "message": "403 Forbidden" }));
        }
        match (method, &parts[..]) {
            ("GET", ["", "personal_access_tokens", "self"]) => {
                let token =
                    json!({ "id": 1, "user_id": BOT, "scopes": self.scopes, "expires_at": self.expires_at });
                Said::Json(200, answers::complete(&token, "token"))
            }
            ("GET", [""]) => {
                let access = json!({ "access_level": self.role, "notification_level": 3 });
                let project =
                    json!({ "id": 7, "permissions": { "project_access": access, "group_access": null } });
                Said::Json(200, answers::complete(&project, "project"))
            }
            ("POST", ["merge_requests", number, "notes"]) => match body["body"].as_str() {
                Some(text) if !text.is_empty() && text.chars().count() <= 1_000_000 => {
                    let note = self.note(number.parse().expect("a number"), BOT, text);
                    Said::Json(201, note)
                }
                _ => Said::Json(400, json!({ "error": "body is missing" })),
            },
            ("PUT", ["merge_requests", _, "notes", id]) => {
                let found = self.notes.iter_mut().find(|note| is(note, id));
                match found {
                    None => not_found("Note"),
                    Some(note) if note["author"]["id"] != BOT => {
                        Said::Json(403, json!({ "message": "403 Forbidden" }))
                    }
                    Some(note) => {
                        note["body"] = body["body"].clone();
                        Said::Json(200, note.clone())
                    }
                }
            }
            ("GET", ["merge_requests", _, "diffs"]) => {
                let told = self.changed.iter().take(self.told);
                let all = told.map(|name| json!({ "new_path": name, "old_path": name }));
                Said::List(all.map(|it| answers::complete(&it, "diff")).collect())
            }
            ("POST", ["statuses", sha]) => self.post_status(sha, body),
            ("GET", ["repository", "commits", sha, "statuses"]) => self.list_statuses(sha, query),
            ("GET", ["repository", "merge_base"]) => match &self.merge_base {
                Some(sha) => Said::Json(200, answers::complete(&json!({ "id": sha }), "commit")),
                None => not_found("Merge Base"),
            },
            _ => self.take_of_pipelines(method, &parts, query, body),
        }
    }

    /// What `CI_JOB_TOKEN` may do as well.
    fn take_with_a_job_token(
        &mut self,
        who: Who,
        method: &str,
        parts: &[&str],
        query: &str,
        body: &Value,
    ) -> Option<Said> {
        if let ("POST", [.., "trigger", "pipeline"]) = (method, parts) {
            return Some(self.trigger(body));
        }
        if who == Who::Nobody || (who == Who::Own && self.scopes != ["api"] && self.scopes != ["read_api"]) {
            return None;
        }
        match (method, parts) {
            ("GET", ["merge_requests", _, "notes"]) => {
                Some(Said::List(self.notes.iter().rev().cloned().collect()))
            }
            ("GET", ["merge_requests", number]) => {
                let more = if self.told < self.changed.len() { "+" } else { "" };
                let count = format!("{}{more}", self.changed.len().min(self.told));
                let request =
                    json!({ "iid": number.parse::<u64>().expect("a number"), "changes_count": count });
                Some(Said::Json(200, answers::complete(&request, "merge_request")))
            }
            ("GET", ["repository", "tags"]) => {
                let search = decoded(asked(query, "search").unwrap_or_default());
                let search = search.trim_start_matches('^').trim_end_matches('$');
                let tags = self.tags.iter().filter(|name| name.contains(search));
                Some(Said::List(
                    tags.map(|name| answers::complete(&json!({ "name": name }), "tag")).collect(),
                ))
            }
            ("GET", ["repository", "commits", sha]) => {
                Some(Said::Json(200, answers::complete(&json!({ "id": sha }), "commit")))
            }
            ("GET", ["jobs", id, "artifacts"]) => Some(self.artifacts(id.parse().ok())),
            ("GET", ["jobs", "artifacts", reference, "download"]) => {
                let job = self.latest(reference, &decoded(asked(query, "job").expect("a job")));
                Some(self.artifacts(job))
            }
            ("GET", ["jobs", "artifacts", reference, "raw", path @ ..]) => {
                let job = self.latest(reference, &decoded(asked(query, "job").expect("a job")));
                Some(self.file(job, &decoded(&path.join("/"))))
            }
            ("GET", ["jobs", id, "artifacts", path @ ..]) => {
                Some(self.file(id.parse().ok(), &decoded(&path.join("/"))))
            }
            ("GET", ["pipelines", _, "jobs"]) => Some(self.take_of_pipelines(method, parts, query, body)),
            (_, ["deployments", ..] | ["environments", ..]) if method == "GET" || self.role >= 30 => {
                Some(self.take_of_deployments(method, parts, query, body))
            }
            _ => None,
        }
    }

    fn post_status(&mut self, sha: &str, body: &Value) -> Said {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        if text("description").chars().count() > 255 || text("name").chars().count() > 255 {
            return Said::Json(
                400,
                json!({ "message": { "description": ["is too long (maximum is 255 characters)"] } }),
            );
        }
        let named = body["pipeline_id"].as_u64();
        let fits = |it: &&Value| it["sha"] == sha && it["ref"] == body["ref"];
        let pipeline = match named {
            Some(id) if !self.pipelines.iter().filter(fits).any(|it| it["id"] == id) => {
                return not_found("Pipeline for pipeline_id, sha and ref");
            }
            Some(id) => id,
            None => {
                let found = self.pipelines.iter().filter(fits).max_by_key(|it| it["id"].as_u64());
                found.map_or(999, |it| it["id"].as_u64().unwrap_or_default())
            }
        };
        let is_it = |it: &&mut Value| {
            it["sha"] == sha
                && it["name"] == body["name"]
                && it["ref"] == body["ref"]
                && it["pipeline_id"] == pipeline
        };
        let state = text("state");
        let open = self
            .statuses
            .iter_mut()
            .filter(is_it)
            .find(|it| ["pending", "running"].contains(&word(it, "status")));
        if let Some(status) = open {
            let now = word(status, "status").to_owned();
            if let Some(event) = forbidden(&now, &state) {
                let why = format!(
                    "Cannot transition status via :{event} from :{now} (Reason(s): Status cannot transition via \"{event}\")"
                );
                return Said::Json(400, json!({ "message": why }));
            }
            status["status"] = state.into();
            for name in ["description", "target_url"].into_iter().filter(|name| !body[name].is_null()) {
                status[name] = body[name].clone();
            }
            return Said::Json(201, status.clone());
        }
        self.statuses.iter_mut().filter(is_it).for_each(|it| it["retried"] = true.into());
        let status = json!({ "id": 3000 + self.statuses.len(), "sha": sha, "ref": body["ref"], "name": body["name"],
            "status": state, "description": body["description"], "target_url": body["target_url"],
            "pipeline_id": pipeline, "author": answers::user(BOT) });
        let status = answers::complete(&status, "status");
        self.statuses.push(status.clone());
        Said::Json(201, status)
    }

    fn list_statuses(&self, sha: &str, query: &str) -> Said {
        let is = |name: &str, it: &Value| {
            asked(query, name).is_none_or(|value| it[name] == decoded(value).as_str())
        };
        let all = self.statuses.iter().filter(|it| it["sha"] == sha && is("name", it) && is("ref", it));
        let latest = all.filter(|it| it["retried"].is_null() || asked(query, "all") == Some("true"));
        Said::List(latest.cloned().collect())
    }
}

/// The event that GitLab's state machine does not take, and that it names in its refusal.
fn forbidden(now: &str, next: &str) -> Option<&'static str> {
    match (now, next) {
        (_, "pending") => Some("enqueue"),
        ("running", "running") => Some("run"),
        _ => None,
    }
}

fn word<'a>(it: &'a Value, name: &str) -> &'a str {
    it[name].as_str().unwrap_or_default()
}

/// Whether it is the one with the number in a path.
fn is(it: &Value, id: &str) -> bool {
    it["id"].as_u64() == id.parse().ok()
}

fn not_found(what: &str) -> Said {
    Said::Json(404, json!({ "message": format!("404 {what} Not Found") }))
}

/// A part of an address as the text that it stands for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped =
            after.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// A file out of a zip.
fn unzipped(zip: &[u8], path: &str) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).ok()?;
    let mut file = archive.by_name(path).ok()?;
    let mut content = Vec::new();
    file.read_to_end(&mut content).ok()?;
    Some(content)
}

/// A zip of these files.
pub fn zipped(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    use std::io::Write as _;
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("a zip");
        archive.write_all(content).expect("a zip");
    }
    archive.finish().expect("a zip").into_inner()
}
