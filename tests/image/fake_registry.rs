//! As much of a registry as a push needs: it keeps what it is given, and fails on request.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

/// How an answer goes wrong.
#[derive(Clone)]
pub enum Wrong {
    /// A status, a header, a body.
    Answer(u16, &'static str, String),
    /// Some of the request is read, and the connection ends.
    Cut,
    /// The request is taken, and the connection ends before the answer.
    Taken,
    /// The answer never ends.
    Endless,
    /// There is no answer; whoever waits hears that it was asked.
    Silence(mpsc::UnboundedSender<()>),
}

/// Who may come in.
#[derive(Clone, Default)]
pub enum Door {
    #[default]
    Open,
    /// `user:password`
    Basic(&'static str),
    /// `user:password`, for a token.
    Token(&'static str),
}

#[derive(Default)]
pub struct State {
    door: Door,
    /// By their digest, and by their tag.
    manifests: BTreeMap<String, Vec<u8>>,
    /// The digests of the layers.
    blobs: BTreeSet<String>,
    /// `PUT manifests` and the header that says who asks.
    pub requests: Vec<(String, Option<String>)>,
    /// The scopes for which tokens were given.
    pub scopes: Vec<String>,
    /// What goes wrong next, with the requests of a kind.
    wrong: VecDeque<(&'static str, Wrong)>,
    /// What goes wrong always.
    broken: Vec<(&'static str, Wrong)>,
}

#[derive(Clone)]
pub struct FakeRegistry {
    /// `127.0.0.1:port`
    pub address: String,
    state: Arc<Mutex<State>>,
}

const TOKEN: &str = "a-token-of-the-fake";

impl FakeRegistry {
    /// Listens until the test's process ends.
    pub fn start(door: Door) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket for tokio");
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::new(Mutex::new(State { door, ..State::default() }));
        let fake = Self { address, state };
        let server = fake.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                let router = Router::new().fallback(move |request| {
                    let server = server.clone();
                    async move { server.answer(request).await }
                });
                axum::serve(listener, router).await.expect("it serves");
            });
        });
        fake
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    /// The next request of this kind goes wrong, such as `PUT manifests`.
    pub fn fail(&self, kind: &'static str, wrong: Wrong) {
        self.state().wrong.push_back((kind, wrong));
    }

    /// Every request of this kind goes wrong.
    pub fn break_down(&self, kind: &'static str, wrong: Wrong) {
        self.state().broken.push((kind, wrong));
    }

    /// How many requests of this kind there were.
    pub fn count(&self, kind: &str) -> usize {
        self.state().requests.iter().filter(|(asked, _)| asked == kind).count()
    }

    /// What is under a tag or digest.
    pub fn manifest(&self, name: &str) -> Option<Vec<u8>> {
        self.state().manifests.get(name).cloned()
    }

    /// Puts something under a tag, and under its digest.
    pub fn put(&self, tag: &str, manifest: &[u8]) {
        let mut state = self.state();
        state.manifests.insert(tag.to_owned(), manifest.to_owned());
        state.manifests.insert(digest(manifest), manifest.to_owned());
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path().to_owned();
        let kind = format!("{} {}", parts.method, kind(&path));
        let who = parts.headers.get("authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let wrong = {
            let mut state = self.state();
            state.requests.push((kind.clone(), who.clone()));
            let next = state.wrong.iter().position(|(wrong, _)| *wrong == kind);
            let once = next.and_then(|at| state.wrong.remove(at));
            once.or_else(|| state.broken.iter().find(|(wrong, _)| *wrong == kind).cloned())
        };
        if kind != "GET token" && !self.lets_in(who.as_deref()) {
            return self.challenge();
        }
        match wrong.map(|(_, wrong)| wrong) {
            None => {
                self.serve(&kind, &path, parts.uri.query().unwrap_or_default(), &parts.headers, body).await
            }
            Some(Wrong::Answer(status, header, text)) => {
                let _ = to_bytes(body, usize::MAX).await;
                answer(status, &[header], text.into_bytes())
            }
            Some(Wrong::Cut) => {
                let _ = body.into_data_stream().next().await;
                // Without the words that a panic prints; the server drops the connection.
                std::panic::resume_unwind(Box::new(()))
            }
            Some(Wrong::Taken) => {
                self.serve(&kind, &path, parts.uri.query().unwrap_or_default(), &parts.headers, body).await;
                std::panic::resume_unwind(Box::new(()))
            }
            Some(Wrong::Endless) => {
                let chunk = || Ok::<_, std::convert::Infallible>(Bytes::from(vec![b' '; 1 << 16]));
                Response::new(Body::from_stream(futures_util::stream::repeat_with(chunk)))
            }
            Some(Wrong::Silence(asked)) => {
                asked.send(()).expect("somebody waits for it");
                std::future::pending().await
            }
        }
    }

    fn lets_in(&self, who: Option<&str>) -> bool {
        match self.state().door {
            Door::Open => true,
            Door::Basic(pair) => who == Some(&format!("Basic {}", STANDARD.encode(pair))),
            Door::Token(_) => who == Some(&format!("Bearer {TOKEN}")),
        }
    }

    fn challenge(&self) -> Response {
        let header = match self.state().door {
            Door::Token(_) => format!(
                "www-authenticate: Bearer realm=\"http://{0}/token\",service=\"fake\",scope=\"repository:x:pull,push\"",
                self.address
            ),
            _ => "www-authenticate: Basic realm=\"fake\"".to_owned(),
        };
        answer(401, &[&header], error("UNAUTHORIZED", "authentication required"))
    }

    async fn serve(&self, kind: &str, path: &str, query: &str, headers: &HeaderMap, body: Body) -> Response {
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        match kind {
            "GET ping" => answer(200, &[], Vec::new()),
            "GET token" => self.give_token(query, headers),
            "POST uploads" => answer(202, &[&format!("location: {path}1"), "range: 0-0"], Vec::new()),
            "PATCH uploads" => {
                let range = format!("range: 0-{}", body.len().saturating_sub(1));
                answer(202, &[&format!("location: {path}"), &range], Vec::new())
            }
            "PUT uploads" => {
                let digest = parameter(query, "digest");
                let headers = [&*format!("docker-content-digest: {digest}"), &*format!("location: {path}")];
                let answer = answer(201, &headers, Vec::new());
                self.state().blobs.insert(digest);
                answer
            }
            "HEAD blobs" if self.state().blobs.contains(name) => {
                answer(200, &[&format!("docker-content-digest: {name}"), "content-length: 1"], Vec::new())
            }
            "PUT manifests" => {
                self.put(name, &body);
                answer(201, &[&format!("docker-content-digest: {}", digest(&body))], Vec::new())
            }
            "GET manifests" | "HEAD manifests" => match self.manifest(name) {
                Some(manifest) => {
                    answer(200, &[&format!("docker-content-digest: {}", digest(&manifest))], manifest)
                }
                None => answer(404, &[], error("MANIFEST_UNKNOWN", "manifest unknown")),
            },
            _ => answer(404, &[], error("BLOB_UNKNOWN", "blob unknown")),
        }
    }

    fn give_token(&self, query: &str, headers: &HeaderMap) -> Response {
        let mut state = self.state();
        let Door::Token(pair) = state.door else { return answer(404, &[], Vec::new()) };
        let who = headers.get("authorization").and_then(|value| value.to_str().ok());
        if who != Some(&format!("Basic {}", STANDARD.encode(pair))) {
            return answer(401, &[], error("UNAUTHORIZED", "authentication required"));
        }
        state.scopes.push(parameter(query, "scope"));
        answer(200, &[], format!("{{\"token\":\"{TOKEN}\"}}").into_bytes())
    }
}

/// The part of the API that a path is of.
fn kind(path: &str) -> &'static str {
    let found = ["/blobs/uploads/", "/blobs/", "/manifests/", "/token"];
    match found.iter().position(|part| path.contains(part)) {
        Some(0) => "uploads",
        Some(1) => "blobs",
        Some(2) => "manifests",
        Some(_) => "token",
        None => "ping",
    }
}

/// A parameter of an address.
fn parameter(query: &str, name: &str) -> String {
    let of_name = |part: &str| Some(part.strip_prefix(name)?.strip_prefix('=')?.to_owned());
    let value = query.split('&').find_map(of_name).unwrap_or_default();
    value.replace("%3A", ":").replace("%2C", ",").replace("%2F", "/")
}

/// What a registry says when it refuses.
pub fn error(code: &str, message: &str) -> Vec<u8> {
    serde_json::json!({ "errors": [{ "code": code, "message": message }] }).to_string().into_bytes()
}

pub fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    format!("sha256:{}", hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn answer(status: u16, headers: &[&str], body: Vec<u8>) -> Response {
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = StatusCode::from_u16(status).expect("a status");
    let all = headers
        .iter()
        .chain(&["docker-distribution-api-version: registry/2.0", "content-type: application/json"]);
    for header in all {
        let Some((name, value)) = header.split_once(": ") else { continue };
        let name = axum::http::HeaderName::from_bytes(name.as_bytes()).expect("a header");
        answer.headers_mut().entry(name).or_insert_with(|| value.parse().expect("a value"));
    }
    answer
}
