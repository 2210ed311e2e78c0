//! Prism, which stands between whoever asks and a fake, and lets only what a description has through.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::until;

pub struct Prism {
    child: Child,
    port: u16,
}

impl Prism {
    /// Before what is at `upstream`, by the description in a file, whose log is beside it.
    pub fn start(modules: &Path, description: &Path, upstream: &str) -> Self {
        let name = description.file_name().expect("a name").to_string_lossy();
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("prism-{name}.log"));
        let file = fs::File::create(&log).expect("a log");
        let child = Command::new("node")
            .arg(modules.join("@stoplight/prism-cli/dist/index.js"))
            .args(["proxy", "--errors", "--host", "127.0.0.1", "--port", "0"])
            .arg(description)
            .arg(upstream)
            .env_remove("FORCE_COLOR")
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a log"))
            .stderr(file)
            .spawn()
            .expect("node starts");
        let mut prism = Self { child, port: 0 };
        let listens = regex::Regex::new(r"listening on http://127\.0\.0\.1:(\d+)\s").expect("a pattern");
        until("Prism listens", || {
            let said = fs::read_to_string(&log).expect("a log");
            assert!(prism.child.try_wait().expect("a child").is_none(), "Prism has ended: {said}");
            prism.port = listens.captures(&said).map_or(0, |found| found[1].parse().expect("a number"));
            prism.port != 0
        });
        prism
    }

    /// The whole answer to a request.
    pub fn send(&self, method: &str, target: &str, body: &Value) -> String {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("Prism listens");
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("Prism reads");
        let mut said = String::new();
        stream.read_to_string(&mut said).expect("Prism answers");
        said
    }
}

/// Whether Prism has let an answer with this status through and has nothing against it.
pub fn is_valid(said: &str, status: u16) -> bool {
    said.starts_with(&format!("HTTP/1.1 {status} ")) && !said.to_lowercase().contains("\r\nsl-violations:")
}

impl Drop for Prism {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
