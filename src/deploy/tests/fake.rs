//! A forge on loopback, whichever it is: it hears requests, and fails on request.

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

/// What was heard, and what goes wrong.
#[derive(Default)]
pub(super) struct Log {
    /// Every request, and its body.
    pub(super) requests: Vec<(String, Value)>,
    /// What goes wrong next, with the requests that begin with a text.
    pub(super) wrong: VecDeque<(&'static str, Wrong)>,
}

impl Log {
    /// The requests that write, without their bodies.
    pub(super) fn writes(&self) -> Vec<&str> {
        self.kinds().into_iter().filter(|kind| !kind.starts_with("GET")).collect()
    }

    pub(super) fn kinds(&self) -> Vec<&str> {
        self.requests.iter().map(|(kind, _)| kind.as_str()).collect()
    }
}

/// What a forge keeps and does.
pub(super) trait Kept: Default + Send + 'static {
    /// Where its project is.
    const PREFIX: &str;

    fn log(&mut self) -> &mut Log;

    /// What it does, and answers. The path is one within the project.
    fn take(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value);
}

pub(super) struct Fake<K> {
    pub(super) base: String,
    state: Arc<Mutex<K>>,
}

impl<K> Clone for Fake<K> {
    fn clone(&self) -> Self {
        Self { base: self.base.clone(), state: Arc::clone(&self.state) }
    }
}

impl<K: Kept> Fake<K> {
    /// Listens until the test's process ends.
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(K::default()));
        let kept = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(&stream, &kept);
            }
        });
        Self { base, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, K> {
        self.state.lock().unwrap()
    }

    pub(super) fn fail(&self, requests: &'static str, wrong: Wrong) {
        self.state().log().wrong.push_back((requests, wrong));
    }
}

fn serve<K: Kept>(stream: &TcpStream, state: &Mutex<K>) {
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
    let path = target.strip_prefix(K::PREFIX).map_or(target, |path| path.trim_start_matches('/'));
    let kind = format!("{method} {path}");
    let mut state = state.lock().unwrap();
    let log = state.log();
    log.requests.push((kind.clone(), body.clone()));
    let wrong = match log.wrong.front() {
        Some((requests, _)) if kind.starts_with(requests) => log.wrong.pop_front().map(|(_, wrong)| wrong),
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

/// The time, as forges write it.
pub(super) fn now() -> String {
    humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string()
}
