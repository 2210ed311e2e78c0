//! Servers on this machine that stand for those far away.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request: its first line and its headers, in lower case but for the path.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    pub headers: BTreeMap<String, String>,
}

/// A web server of our own, which lives as long as the test.
pub struct Far {
    /// `127.0.0.1:port`
    pub host: String,
    got: Arc<Mutex<Vec<Request>>>,
}

impl Far {
    /// A server that answers as it is told; an answer is head and body as they go over the wire.
    pub fn new(answer: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let (got, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let to = got.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (to, answer) = (to.clone(), answer.clone());
                std::thread::spawn(move || serve(stream.expect("a connection"), &to, &*answer));
            }
        });
        Self { host, got }
    }

    /// A server of these files, by path.
    pub fn files(files: &[(&str, String)]) -> Self {
        let files: BTreeMap<String, String> =
            files.iter().map(|(path, text)| ((*path).to_owned(), text.clone())).collect();
        Self::new(move |request, stream| {
            let path = request.path.split('?').next().unwrap_or_default();
            match files.get(path) {
                Some(text) => write(stream, "200 OK", "ETag: \"1\"\r\n", text.as_bytes()),
                None => write(stream, "404 Not Found", "", b""),
            }
        })
    }

    /// `http://127.0.0.1:port` and the path.
    pub fn at(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// What was asked for so far.
    pub fn got(&self) -> Vec<Request> {
        self.got.lock().expect("no test has failed").clone()
    }
}

fn serve(mut stream: TcpStream, got: &Mutex<Vec<Request>>, answer: &dyn Fn(&Request, &mut TcpStream)) {
    let mut lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
    let Some(Ok(first)) = lines.next() else { return };
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().expect("a method"), words.next().expect("a path"));
    let headers = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
    let headers = headers.filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_lowercase(), value.to_owned()))
    });
    let request = Request { method, path, headers: headers.collect() };
    got.lock().expect("no test has failed").push(request.clone());
    answer(&request, &mut stream);
}

/// Answers with a body that is as long as is said. Who has gone away is let go.
pub fn write(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head =
        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}
