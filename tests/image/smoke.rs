//! The image's server, tried.

use std::time::{Duration, Instant};

use modelgate::config::{Command, Smoke};
use modelgate::docker::ImageId;
use modelgate::fault::Fault;
use modelgate::finding::Finding;
use modelgate::image::smoke::{Smoked, smoke};
use modelgate::interrupt::Signal;
use modelgate::name::Digest;
use modelgate::record::MetricValue;

use crate::workshop::Workshop;

/// A server that can do everything wrong.
const SERVER: &str = r#"
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    count = 0
    ports = set()
    def answer(self, status, text, kind="application/json"):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        path = self.path
        if path == "/echo":
            self.answer(200, json.dumps({"method": self.command, "body": body, "type": self.headers["content-type"],
                                         "trace": self.headers["x-trace"]}))
        elif path == "/connections":
            Handler.ports.add(self.client_address[1])
            self.answer(200, json.dumps({"n": len(Handler.ports)}))
        elif path == "/predict":
            self.answer(200, json.dumps({"labels": ["a", "b"], "scores": [0.25, 0.1 + 0.2], "model": "churn"}))
        elif path == "/slow":
            time.sleep(0.3)
            self.answer(200, "{}")
        elif path == "/wrong":
            self.answer(500, "Traceback: no such column")
        elif path == "/moved":
            self.send_response(302); self.send_header("location", "/predict")
            self.send_header("content-length", "0"); self.end_headers()
        elif path == "/html":
            self.answer(200, "<html>ok</html>", "text/html")
        elif path == "/second":
            Handler.count += 1
            self.answer(200, json.dumps({"n": 1 if Handler.count % 2 else 2}))
        elif path == "/cut":
            self.send_response(200); self.send_header("content-length", "100"); self.end_headers()
            self.wfile.write(b"{\"a\":"); self.close_connection = True
        elif path == "/endless":
            self.send_response(200); self.send_header("transfer-encoding", "chunked"); self.end_headers()
            piece = b"x" * 65536
            for _ in range(1024):
                self.wfile.write(b"10000\r\n" + piece + b"\r\n")
        elif path == "/die":
            print("dying of " + os.environ["SECRET"], flush=True); os._exit(3)
        elif path == "/eat":
            print("eating"); eaten = []
            while True: eaten.append(bytearray(1 << 20))
        elif path == "/forever":
            print("asked"); time.sleep(600)
        elif path == "/healthz":
            self.answer(200, "{}")
        else:
            self.answer(404, "{}")
    do_GET = do_PUT = do_POST
    def log_message(self, *args): pass

print("up with " + os.environ["SECRET"])
ThreadingHTTPServer((os.environ.get("HOST", "0.0.0.0"), 8080), Handler).serve_forever()
"#;

fn settings() -> Smoke {
    Smoke {
        run: Some(Command::Arguments(["python3", "-c", SERVER].map(str::to_owned).to_vec())),
        port: Some(8080),
        ready: "/healthz".into(),
        requests: Vec::new(),
        repeat: 5,
        timeout: Duration::from_secs(60),
        env: [("SECRET".into(), "t0ps3cret".into())].into(),
        memory: None,
        nano_cpus: None,
    }
}

fn shell(command: &str) -> Smoke {
    let run = Some(Command::Shell(command.into()));
    Smoke { run, timeout: Duration::from_millis(1500), ..settings() }
}

/// Tries the Python image with these requests.
async fn attempt(shop: &Workshop, settings: &Smoke, requests: &[(&str, &str)]) -> Result<Smoked, Fault> {
    for (name, request) in requests {
        std::fs::write(shop.path(name), request).unwrap();
    }
    let requests = requests.iter().map(|(name, _)| (*name).to_owned()).collect();
    let docker = shop.another();
    let image = docker.connect().await.unwrap().api.inspect_image("modelgate-test/python:3");
    let id = image.await.expect("the image is there").id.unwrap();
    let tried =
        smoke(&shop.engine, ImageId(Digest::parse(&id).unwrap()), &Smoke { requests, ..settings.clone() })
            .await;
    shop.nothing_is_left().await;
    tried
}

/// What is wrong with the answer to one request.
async fn one(shop: &Workshop, request: &str) -> Smoked {
    attempt(shop, &settings(), &[("a.json", request)]).await.unwrap()
}

fn told(finding: &Finding) -> String {
    format!("{} {}: {}", finding.place(), finding.code, finding.message)
}

#[tokio::test]
async fn a_good_server_passes_and_is_measured() {
    let Some(shop) = Workshop::new("a_good_server_passes_and_is_measured") else { return };
    let predict = r#"{ "path": "/predict", "body": { "rows": [[1]] }, "expect": {
        "json": { "labels": ["a", "b"], "scores": [0.25, 0.3] }, "text": "churn", "latency-ms": 20000,
        "schema": { "required": ["model"], "properties": { "scores": { "items": { "maximum": 1 } } } } } }"#;
    let echo = r#"{ "method": "PUT", "path": "/echo", "headers": { "X-Trace": "t", "content-type": "text/csv" },
        "body": "a,b\n1,2", "expect": { "json": { "method": "PUT", "body": "a,b\n1,2", "type": "text/csv", "trace": "t" } } }"#;
    let missing = r#"{ "path": "/nothing", "expect": { "status": 404 } }"#;
    let requests = [("a.json", predict), ("b.json", echo), ("c.json", missing)];
    let smoked = attempt(&shop, &settings(), &requests).await.unwrap();
    assert_eq!(smoked.findings, [], "{}", shop.log("logs/smoke.log"));
    let evidence = &smoked.evidence;
    assert_eq!((evidence.requests, evidence.failed, evidence.tail.len()), (18, 0, 0));
    assert!(evidence.ready_seconds.is_some_and(|seconds| seconds > 0.0));
    assert_eq!(shop.log(&evidence.log), "up with ***\n");
    let metrics: Vec<&str> = smoked.metrics.keys().map(|name| name.as_str()).collect();
    let expected =
        ["latency_max_ms", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms", "ready_seconds", "requests"];
    assert_eq!(metrics, expected.map(|name| format!("smoke.{name}")));
    assert_eq!(smoked.metrics.values().last(), Some(&MetricValue::Number(15.0)));
}

#[tokio::test]
async fn one_connection_serves_all_requests() {
    let Some(shop) = Workshop::new("one_connection_serves_all_requests") else { return };
    let smoked = one(&shop, r#"{ "path": "/connections", "expect": { "json": { "n": 1 } } }"#).await;
    assert_eq!(smoked.findings, []);
}

#[tokio::test]
async fn a_server_that_answers_wrong_is_found_out() {
    let Some(shop) = Workshop::new("a_server_that_answers_wrong_is_found_out") else { return };
    let cases = [
        (
            "{\"path\": \"/wrong\"}",
            "a.json:1:1 smoke-status: GET /wrong answers 500 and not 200: «Traceback: no such column»",
        ),
        (
            "{\"path\": \"/moved\", \"expect\": {\"status\": 200}}",
            "b.json:1:41 smoke-status: GET /moved answers 302 and not 200",
        ),
        (
            "{\"path\": \"/html\", \"expect\": {\"json\": {}}}",
            "c.json:1:38 smoke-answer: GET /html: the answer is no JSON (expected value at line 1 column 1): it is «<html>ok</html>»",
        ),
        (
            "{\"path\": \"/predict\",\n \"expect\": {\"json\": {\"scores\": [0.25,\n 0.4]}}}",
            "d.json:3:2 smoke-answer: GET /predict: the answer differs at /scores/1: expected 0.4, found 0.30000000000000004",
        ),
        (
            "{\"path\": \"/predict\", \"expect\": {\"schema\": {\"required\": [\"version\"]}}}",
            "e.json:1:43 smoke-answer: GET /predict: the answer does not keep to the schema at its root: ",
        ),
        (
            "{\"path\": \"/html\", \"expect\": {\"text\": \"good\"}}",
            "f.json:1:38 smoke-answer: GET /html: «good» does not stand in the answer, which is «<html>ok</html>»",
        ),
        ("{\"path\": \"/cut\"}", "g.json smoke-no-answer: GET /cut got no answer: its body breaks off: "),
        (
            "{\"path\": \"/endless\"}",
            "h.json smoke-no-answer: GET /endless got no answer: its body is larger than 16 MiB",
        ),
        (
            "{\"path\": \"/slow\", \"expect\": {\"latency-ms\": 100}}",
            "i.json:1:44 smoke-slow: GET /slow: the slowest answer took ",
        ),
    ];
    let files: Vec<String> = ('a'..='z').map(|name| format!("{name}.json")).collect();
    let requests = files.iter().zip(&cases).map(|(file, (request, _))| (file.as_str(), *request));
    let smoked = attempt(&shop, &settings(), &requests.collect::<Vec<_>>()).await.unwrap();
    let told: Vec<String> = smoked.findings.iter().map(told).collect();
    assert_eq!(told.len(), cases.len(), "{told:#?}");
    for (told, (_, expected)) in told.iter().zip(&cases) {
        assert!(told.starts_with(expected), "{told} is not {expected}");
    }
    assert!(shop.log("logs/smoke.log").starts_with("up with ***\n"));
    assert!(!smoked.evidence.tail.is_empty());
}

#[tokio::test]
async fn an_answer_that_is_wrong_only_sometimes_is_found_and_counted() {
    let test = "an_answer_that_is_wrong_only_sometimes_is_found_and_counted";
    let Some(shop) = Workshop::new(test) else { return };
    let smoked = one(&shop, r#"{ "path": "/second", "expect": { "json": { "n": 1 } } }"#).await;
    assert!(smoked.findings[0].message.ends_with("(3 of 5 answers are wrong)"), "{:?}", smoked.findings);
    assert_eq!((smoked.evidence.requests, smoked.evidence.failed), (6, 3));
}

#[tokio::test]
async fn a_server_that_ends_is_told_with_its_last_words() {
    let Some(shop) = Workshop::new("a_server_that_ends_is_told_with_its_last_words") else { return };
    let smoked = attempt(&shop, &shell("exec >&2; echo starting; echo no model; exit 3"), &[]).await.unwrap();
    assert_eq!(
        told(&smoked.findings[0]),
        " smoke-exited: the server ended before it was ready, with exit code 3"
    );
    assert_eq!(smoked.evidence.tail, ["starting", "no model"]);
    assert_eq!((smoked.evidence.ready_seconds, smoked.metrics.len()), (None, 0));

    let smoked = one(&shop, r#"{ "path": "/die" }"#).await;
    assert_eq!(
        told(&smoked.findings[0]),
        "a.json smoke-exited: the server ended while it was asked GET /die, with exit code 3"
    );
    assert_eq!(smoked.evidence.tail, ["up with ***", "dying of ***"]);

    let small = Smoke { memory: Some(48 << 20), ..settings() };
    let smoked = attempt(&shop, &small, &[("a.json", r#"{ "path": "/eat" }"#)]).await.unwrap();
    let expected = "a.json smoke-exited: the server ended while it was asked GET /eat, with exit code 137, killed because it wanted \
                    more memory than the 48 MiB of image.smoke.memory";
    assert_eq!(told(&smoked.findings[0]), expected, "{:?}", smoked.findings);

    let smoked = attempt(&shop, &Smoke { memory: Some(1), ..settings() }, &[]).await.unwrap();
    assert_eq!(smoked.findings[0].code, "smoke-not-started");
}

#[tokio::test]
async fn a_server_that_is_never_ready_is_told_what_was_heard_of_it() {
    let test = "a_server_that_is_never_ready_is_told_what_was_heard_of_it";
    let Some(shop) = Workshop::new(test) else { return };
    let nobody =
        "the server was not ready within 1s 500ms: GET /healthz: nobody takes connections on port 8080";
    let smoked = attempt(&shop, &shell("echo busy; sleep 300"), &[]).await.unwrap();
    assert_eq!(told(&smoked.findings[0]), format!(" smoke-not-ready: {nobody}"));
    assert_eq!(smoked.evidence.tail, ["busy"]);

    let mut inside = settings();
    inside.env.insert("HOST".into(), "127.0.0.1".into());
    inside.timeout = Duration::from_millis(1500);
    let smoked = attempt(&shop, &inside, &[]).await.unwrap();
    assert_eq!(told(&smoked.findings[0]), format!(" smoke-not-ready: {nobody}"));
    assert!(smoked.findings[0].help.as_ref().is_some_and(|help| help.contains("listen on 0.0.0.0")));

    let elsewhere = Smoke { ready: "/nothing".into(), timeout: Duration::from_millis(1500), ..settings() };
    let smoked = attempt(&shop, &elsewhere, &[]).await.unwrap();
    assert!(
        smoked.findings[0].message.ends_with("GET /nothing: the last answer was 404"),
        "{:?}",
        smoked.findings
    );
}

#[tokio::test]
async fn nothing_starts_when_the_port_or_a_request_is_wrong() {
    let Some(shop) = Workshop::new("nothing_starts_when_the_port_or_a_request_is_wrong") else { return };
    let smoked = attempt(&shop, &Smoke { port: None, ..settings() }, &[]).await.unwrap();
    assert_eq!(
        told(&smoked.findings[0]),
        " smoke-port: the image exposes no port, and image.smoke.port names none"
    );
    let smoked =
        attempt(&shop, &settings(), &[("a.json", "{\"pth\": \"/\"}"), ("b.json", "")]).await.unwrap();
    let all: Vec<String> = smoked.findings.iter().map(told).collect();
    assert_eq!(
        all,
        [
            "a.json:1:2 smoke-request: there is no key «pth»",
            "a.json smoke-request: nothing says what is asked for",
            "b.json smoke-request: it is empty",
        ]
    );
    let image = ImageId(Digest::from_bytes([7; 32]));
    let nothing = Smoke { requests: vec!["no/*.json".into()], ..settings() };
    let smoked = smoke(&shop.engine, image, &nothing).await.unwrap();
    assert_eq!(
        told(&smoked.findings[0]),
        " smoke-request: image.smoke.requests names «no/*.json», and there is no such file"
    );
}

#[tokio::test]
async fn an_interrupt_at_any_moment_leaves_no_container() {
    for delay in [0, 40, 120, 250, 400, 700, 1500] {
        let Some(shop) = Workshop::new("an_interrupt_at_any_moment_leaves_no_container") else { return };
        let (start, settings) = (Instant::now(), settings());
        let (tried, ()) =
            tokio::join!(attempt(&shop, &settings, &[("a.json", r#"{ "path": "/forever" }"#)]), async {
                tokio::time::sleep(Duration::from_millis(delay)).await;
                shop.hand.raise(Signal::Interrupt);
            });
        let fault = tried.expect_err("it was interrupted").to_string();
        assert_eq!(fault, "failed to try the image: the run was interrupted", "after {delay} ms");
        assert!(start.elapsed() < Duration::from_secs(20), "after {delay} ms: {:?}", start.elapsed());
    }
}
