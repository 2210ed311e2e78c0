#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::{Duration, Instant, SystemTime};

use super::*;
use crate::clock::Clock;
use crate::interrupt::Interrupt;

/// 2026-01-02T03:04:05Z.
const NOW: u64 = 1_767_323_045;

/// A server that answers one request with `said`, and the request that it got.
async fn server(said: &'static str) -> (String, tokio::task::JoinHandle<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut got = Vec::new();
        let mut buffer = [0; 1024];
        while !got.windows(4).any(|end| end == b"\r\n\r\n") {
            let count = stream.read(&mut buffer).unwrap();
            got.extend_from_slice(&buffer[..count]);
        }
        stream.write_all(said.as_bytes()).unwrap();
        if said.is_empty() {
            // Silence, until the other side gives up.
            let _ = stream.read(&mut buffer);
        }
        String::from_utf8(got).unwrap()
    });
    (format!("http://{address}"), served)
}

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";

#[tokio::test]
async fn the_base_may_have_a_prefix_and_the_token_goes_nowhere_else() {
    let (base, served) = server(GOOD).await;
    let api = Api::new(&format!("{base}/api/v3/"), "acme/churn", "s3cr3t\n").unwrap();
    assert!(!format!("{api:?}").contains("s3cr3t"));
    api.get::<Value>(&api.path("check-runs/7?x=a%2Fb")).await.unwrap();
    let got = served.await.unwrap().to_lowercase();
    assert!(got.starts_with("get /api/v3/repos/acme/churn/check-runs/7?x=a%2fb http/1.1\r\n"), "{got}");
    assert!(got.contains("\r\nauthorization: bearer s3cr3t\r\n"), "{got}");
    assert!(got.contains("\r\nuser-agent: modelgate/"), "{got}");
}

#[tokio::test]
async fn what_no_header_can_hold_is_a_fault_that_does_not_show_the_token() {
    for (base, token) in
        [("https://api.github.com", "s3c\nr3t"), ("not an address", "s3cr3t"), ("", "s3cr3t")]
    {
        let told = match Api::new(base, "acme/churn", token) {
            Err(fault) => fault.to_string(),
            Ok(api) => api.get::<Value>(&api.path("x")).await.unwrap_err().to_string(),
        };
        assert!(!told.contains("s3c") && !told.contains("r3t"), "{told}");
    }
}

#[tokio::test]
async fn who_was_stopped_does_not_wait_for_a_server_that_says_nothing() {
    let (base, served) = server("").await;
    let (hand, interrupt) = Interrupt::channel();
    let clock = Clock { wall: || SystemTime::UNIX_EPOCH, steady: Instant::now };
    let api = Api::new(&base, "acme/churn", "t").unwrap().heeding(interrupt, clock);
    hand.raise(crate::interrupt::Signal::Interrupt);
    assert!(api.is_hurried());
    let trouble = api.rewrite::<Value>(&Method::PATCH, &api.path("x"), &Value::Null).await.unwrap_err();
    assert_eq!(trouble, Trouble::Unsure("the run was stopped before GitHub answered".into()));
    drop(api);
    served.await.unwrap();
}

#[tokio::test]
async fn a_limit_beyond_our_patience_is_told_at_once() {
    let said =
        "HTTP/1.1 429 Too Many\r\nretry-after: 3600\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let (base, served) = server(said).await;
    let api = Api::new(&base, "acme/churn", "t").unwrap();
    let trouble = api.get::<Value>(&api.path("x")).await.unwrap_err();
    let fault = trouble.fault("look for the check");
    let told = format!("{fault}\nhelp: {}", fault.remedy().unwrap_or_default());
    assert_eq!(
        told,
        "failed to look for the check: the server limits the requests: status 429; it takes requests again in 3600 s\n\
         help: wait until then; `modelgate report` shows the run afterwards"
    );
    served.await.unwrap();
}

#[tokio::test]
async fn who_was_stopped_does_not_wait_for_a_limit() {
    let said = "HTTP/1.1 429 Too Many\r\nretry-after: 60\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let (base, served) = server(said).await;
    let (hand, interrupt) = Interrupt::channel();
    let clock = Clock { wall: || SystemTime::UNIX_EPOCH + Duration::from_secs(NOW), steady: Instant::now };
    let api = Api::new(&base, "acme/churn", "t").unwrap().heeding(interrupt, clock);
    hand.raise(crate::interrupt::Signal::Terminate);
    let trouble = api.rewrite::<Value>(&Method::PATCH, &api.path("x"), &Value::Null).await.unwrap_err();
    let wait = Some(Duration::from_secs(60));
    assert_eq!(
        trouble,
        Trouble::Limited(wait, "status 429; it takes requests again at 2026-01-02T03:05:05Z".into())
    );
    served.await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_and_nothing_was_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let api = Api::new(&base, "acme/churn", "t").unwrap();
    let body = Value::Null;
    let trouble = api.write::<Value>(&Method::POST, &api.path("check-runs"), &body).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Unsent(_)) && trouble.may_pass(), "{trouble:?}");
    assert!(trouble.to_string().contains("refused"), "{trouble}");
}
