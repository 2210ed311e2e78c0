//! An Enterprise server whose certificate is of an authority of one's own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use super::Job;
use super::common::Project;

/// A server that knows no request, behind TLS.
const SERVER: &str = r#"
import http.server, ssl
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("certificate.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_authority_of_ones_own_is_named_by_the_usual_variable() {
    let project = Project::shell();
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
    let mut server = Server(server.spawn().expect("python3 is installed"));
    let mut port = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut port).unwrap();

    let job = Job::new(project);
    let base = format!("https://localhost:{}/api/v3", port.trim());
    let authority = job.project.path().join("authority.pem").display().to_string();
    let told = |more: &[(&str, &str)]| {
        let mut variables = job.variables();
        variables.retain(|(name, _)| *name != "GITHUB_API_URL");
        let mut variables: Vec<(&str, &str)> =
            variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        variables.push(("GITHUB_API_URL", &base));
        variables.extend(more);
        job.project.modelgate_with(&["doctor"], &variables).out
    };
    let stranger = told(&[]);
    assert!(stranger.contains("certificate"), "an unknown authority is not trusted: {stranger}");
    let known = told(&[("SSL_CERT_FILE", &authority)]);
    assert!(known.contains("status 501"), "the server was reached: {known}");
}
