#![allow(clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

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
    let spent = [("ratelimit-remaining", "0"), ("ratelimit-reset", reset.as_str())];
    assert_eq!(wait(429, &spent, "Retry later").0, 1801, "GitLab's words");
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
    assert_eq!(hostile.to_string(), "it was refused with status 422: a ::error::b [2J");
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

#[test]
fn what_gitlab_says_is_told_in_whatever_form_it_says_it() {
    let told = |status, body: Value| Trouble::refused(&answer(status, &[], &body.to_string()), None);
    let json = serde_json::json!({ "message": { "name": ["is too long"] } });
    assert_eq!(told(400, json).to_string(), "it was refused with status 400: {\"name\":[\"is too long\"]}");
    let scope = serde_json::json!({
        "error": "insufficient_scope", "error_description": "The request requires higher privileges", "scope": "api"
    });
    let said = "insufficient_scope: The request requires higher privileges".to_owned();
    assert_eq!(told(403, scope), Trouble::Forbidden(said, Some("api".into())));
    let plain = Trouble::refused(&answer(429, &[("retry-after", "5")], "Retry later\n"), None);
    assert_eq!(
        plain,
        Trouble::Limited(Some(Duration::from_secs(5)), "status 429; it takes requests again in 5 s".into())
    );
}
