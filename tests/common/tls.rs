//! A server whose certificate is of an authority of one's own.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::Project;

/// A server that knows no request, behind TLS, with the certificate beside it. It prints its port.
pub const SERVER: &str = r#"
import http.server, ssl
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

pub struct Server {
    child: Child,
    /// Where it is: `https://localhost:4711`.
    pub base: String,
    /// The certificate of its authority.
    pub authority: PathBuf,
}

impl Server {
    /// Its keys are in the project.
    pub fn start(project: &Project) -> Self {
        project.file("names", "subjectAltName=DNS:localhost\n");
        for words in [
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout authority.key -out authority.pem",
            "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out request.pem",
            "x509 -req -in request.pem -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile names \
             -out certificate.pem",
        ] {
            let made = project.command("openssl").args(words.split_whitespace()).output();
            assert!(made.expect("openssl is installed").status.success(), "{words}");
        }
        let mut server = project.command("python3");
        server.args(["-c", SERVER]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = server.spawn().expect("python3 is installed");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut port).expect("a port");
        let base = format!("https://localhost:{}", port.trim());
        Self { child, base, authority: project.path().join("authority.pem") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
