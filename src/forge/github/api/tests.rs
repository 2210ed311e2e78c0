#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::{Duration, Instant, SystemTime};

use http::HeaderValue;

use super::*;

const BACKOFF: Duration = Duration::from_millis(250);
/// 2026-01-02T03:04:05Z.
const NOW: u64 = 1_767_323_045;

fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
    Answer { status, headers: headers.collect(), bytes: body.into() }
}

fn refused(status: u16, headers: &[(&'static str, &str)], message: &str) -> Trouble {
    let body = serde_json::json!({ "message": message }).to_string();
    Trouble::refused(&answer(status, headers, &body), Some(NOW))
}

#[test]
fn what_may_have_been_taken_is_not_sent_again_unless_that_is_safe() {
    for status in [500, 502, 503, 504] {
        let trouble = refused(status, &[], "oops");
        assert!(matches!(trouble, Trouble::Unsure(_)), "{trouble:?}");
        assert_eq!(trouble.pause(false, BACKOFF), None);
        assert_eq!(trouble.pause(true, BACKOFF), Some(BACKOFF));
    }
    let unsent = Trouble::Unsent("connection refused".into());
    assert_eq!(unsent.pause(false, BACKOFF), Some(BACKOFF));
    for status in [400, 401, 403, 404, 409, 410, 422] {
        assert_eq!(refused(status, &[], "no").pause(true, BACKOFF), None, "{status}");
    }
}

#[test]
fn a_limit_is_waited_for_as_long_as_the_server_says() {
    let wait = |status, headers: &[(&'static str, &str)], message| {
        let trouble = refused(status, headers, message);
        assert!(matches!(trouble, Trouble::Limited(..)), "{trouble:?}");
        (trouble.pause(false, BACKOFF).unwrap().as_secs(), trouble.to_string())
    };
    assert_eq!(wait(429, &[("retry-after", "7")], "slow down").0, 7);
    let secondary = "You have exceeded a secondary rate limit.";
    assert_eq!(wait(403, &[("retry-after", "60")], secondary).0, 60);
    assert_eq!(wait(403, &[], secondary).0, 60, "a minute where nothing is said");
    let reset = (NOW + 1800).to_string();
    let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
    let (seconds, said) = wait(403, &spent, "API rate limit exceeded");
    assert_eq!(seconds, 1801);
    assert!(said.ends_with("it takes requests again at 2026-01-02T03:34:06Z"), "{said}");
    let past = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "5")];
    assert_eq!(wait(403, &past, "API rate limit exceeded").0, 1);
    for odd in ["", "-1", "1e9", "soon", "99999999999999999999"] {
        assert_eq!(wait(429, &[("retry-after", odd)], "x").0, 60, "{odd}");
    }
    let most = u64::MAX.to_string();
    let (seconds, said) = wait(429, &[("retry-after", &most)], "x");
    assert_eq!(seconds, u64::MAX, "{said}");
}

#[test]
fn a_refusal_names_the_permission_and_is_one_clean_line() {
    let headers = [("x-accepted-github-permissions", "checks=write")];
    let trouble = refused(403, &headers, "Resource not accessible by integration");
    assert_eq!(
        trouble,
        Trouble::Forbidden("Resource not accessible by integration".into(), Some("checks=write".into()))
    );
    let hostile = refused(422, &[], "a\n::error::b\u{1b}[2J");
    assert_eq!(hostile.to_string(), "GitHub refused it with status 422: a ::error::b [2J");
    let body = "<html>".repeat(1000);
    let page = Trouble::refused(&answer(404, &[], &body), None);
    assert_eq!(page.to_string(), "there is no such thing, or the token may not see it: status 404");
    let long = refused(422, &[], &"x".repeat(100_000)).to_string();
    assert!(long.len() < 1100, "{}", long.len());
}

#[test]
fn an_answer_that_is_not_as_expected_is_garbled() {
    for body in ["", "{", "[]", "{\"id\": \"7\"}", "\u{feff}{}"] {
        let decoded = answer(200, &[], body).decode::<std::collections::BTreeMap<String, u64>>();
        assert!(matches!(decoded, Err(Trouble::Garbled(_))), "{body}: {decoded:?}");
    }
    let moved = answer(301, &[], "{}").decode::<Value>();
    assert!(matches!(moved, Err(Trouble::Refused(301, _))), "{moved:?}");
}

#[test]
fn the_pauses_double_and_are_never_the_same_for_all() {
    for tries in 1..=TRIES {
        let full = PAUSE * 2_u32.pow(tries - 1);
        for _ in 0..50 {
            let pause = backoff(tries);
            assert!(pause >= full / 2 && pause <= full, "{tries}: {pause:?}");
        }
    }
}

#[test]
fn nothing_in_a_text_leaves_its_place_in_an_address() {
    assert_eq!(encoded("model-metrics"), "model-metrics");
    assert_eq!(encoded("a b&c=d/../e?#%"), "a%20b%26c%3Dd%2F..%2Fe%3F%23%25");
    assert_eq!(encoded("ü\n"), "%C3%BC%0A");
}

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
        "failed to look for the check: GitHub limits the requests: status 429; it takes requests again in 3600 s\n\
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
