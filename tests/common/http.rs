//! As much of HTTP as the fakes of the forges speak: one request a connection, and answers that go wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// How an answer goes wrong.
#[derive(Clone)]
pub enum Wrong {
    /// The request is not taken: a status, a header, a body.
    Refuse(u16, &'static str, Value),
    /// The request is taken, and half of the answer comes.
    Half,
    /// The request is taken, and the connection ends.
    Silence,
}

/// A request, as it came.
pub struct Request {
    /// The lines of its head.
    pub head: Vec<String>,
    pub method: String,
    /// What it asks for: the path, and what is asked behind it.
    pub target: String,
    body: Vec<u8>,
}

impl Request {
    /// None where the other side has closed without one.
    pub fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).expect("a request") == 0 {
                return None;
            }
            match line.trim_end() {
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let mut words = head[0].split(' ').map(str::to_owned);
        let (method, target) = (words.next().expect("a method"), words.next().expect("a path"));
        let mut request = Self { head, method, target, body: Vec::new() };
        request.body = vec![0; request.header("content-length").parse().unwrap_or(0)];
        reader.read_exact(&mut request.body).expect("a body");
        Some(request)
    }

    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> String {
        let name = format!("{name}: ");
        let found = self.head.iter().find(|line| line.to_lowercase().starts_with(&name));
        found.map(|line| line[name.len()..].to_owned()).unwrap_or_default()
    }

    /// The body; null where there is none.
    pub fn json(&self) -> Value {
        if self.body.is_empty() { Value::Null } else { serde_json::from_slice(&self.body).expect("JSON") }
    }
}

/// Serves on loopback until the test's process ends.
pub fn listen<S: Send + 'static>(state: &Arc<Mutex<S>>, serve: fn(TcpStream, &Mutex<S>)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let kept = Arc::clone(state);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            serve(stream, &kept);
        }
    });
    address
}

/// Answers with JSON, or with nothing where that is null, as it goes wrong. `more` are headers.
pub fn answer(stream: &TcpStream, status: u16, more: &str, said: &Value, wrong: Option<&Wrong>) {
    let (text, header) = if said.is_null() {
        (String::new(), more.to_owned())
    } else {
        (said.to_string(), format!("content-type: application/json; charset=utf-8\r\n{more}"))
    };
    match wrong {
        Some(Wrong::Silence) => {}
        Some(Wrong::Half) => {
            write(stream, status, &header, text.len(), &text.as_bytes()[..text.len() / 2]);
        }
        _ => send(stream, status, &header, text.as_bytes()),
    }
}

pub fn send(stream: &TcpStream, status: u16, header: &str, body: &[u8]) {
    write(stream, status, header, body.len(), body);
}

fn write(mut stream: &TcpStream, status: u16, header: &str, length: usize, sent: &[u8]) {
    let head =
        format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close\r\n{header}\r\n\r\n");
    let _ = stream.write_all(&[head.as_bytes(), sent].concat());
}

/// What a query says.
pub fn asked<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}
