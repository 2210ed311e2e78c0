#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::TcpListener;

use super::*;

fn tokens(own: Option<&str>, job: Option<&str>) -> Tokens {
    Tokens { own: own.map(str::to_owned), job: job.map(str::to_owned) }
}

fn client(base: &str) -> Api {
    Api::new(base, "acme/churn", &tokens(Some("s3cr3t\n"), Some("j0b")), None).unwrap()
}

/// A server that answers requests with what is said, in this order, and the requests that it got.
fn server(said: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/gitlab/api/v4", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let answer = |said: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut got = Vec::new();
            let mut buffer = [0; 1024];
            while !got.windows(4).any(|end| end == b"\r\n\r\n") {
                let count = stream.read(&mut buffer).unwrap();
                got.extend_from_slice(&buffer[..count]);
            }
            stream.write_all(said.as_bytes()).unwrap();
            String::from_utf8(got).unwrap().to_lowercase()
        };
        said.into_iter().map(answer).collect()
    });
    (base, served)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

#[test]
fn the_next_page_is_read_out_of_the_header() {
    let header = "<https://a.example/x?page=1>; rel=\"first\", <https://a.example/x?page=3>; rel=\"next\", \
                  <https://a.example/x?page=9>; rel=\"last\"";
    assert_eq!(next(header), Some("https://a.example/x?page=3"));
    assert_eq!(
        next("<https://a.example/x?cursor=ab%3D>; rel=\"next\""),
        Some("https://a.example/x?cursor=ab%3D")
    );
    for none in ["", "<x>", "<x>; rel=\"prev\"", "<x; rel=\"next\"", "rel=\"next\""] {
        assert_eq!(next(none), None, "{none}");
    }
}

#[tokio::test]
async fn a_next_page_is_followed_only_below_the_same_base() {
    let api = client("https://gitlab.example/gitlab/api/v4/");
    let at = |address: &str| api.within_base(address);
    let good = "https://gitlab.example/gitlab/api/v4/projects/1/jobs?cursor=x%2F";
    assert_eq!(at(good), Ok("/projects/1/jobs?cursor=x%2F".into()));
    for other in [
        "http://gitlab.example/gitlab/api/v4/projects/1/jobs",
        "https://gitlab.example:8443/gitlab/api/v4/projects/1/jobs",
        "https://gitlab.example.evil/gitlab/api/v4/projects/1/jobs",
        "https://gitlab.example@evil.example/gitlab/api/v4/projects/1/jobs",
        "https://gitlab.example/other/api/v4/projects/1/jobs",
        "https://gitlab.example/gitlab/api/v4x/jobs",
        "https://gitlab.example/gitlab/api/v4/../../evil",
        "//evil.example/gitlab/api/v4/x",
    ] {
        assert!(matches!(at(other), Err(Trouble::Garbled(_))), "{other}: {:?}", at(other));
    }
}

#[tokio::test]
async fn the_base_may_have_a_prefix_and_our_own_token_comes_first() {
    let (base, served) = server(vec![answer("200 OK", "", "{}"), answer("200 OK", "", "{}")]);
    let api = client(&format!("{base}/"));
    assert!(!format!("{api:?}").contains("s3cr3t"));
    api.get::<Value>(&api.path("statuses/7?x=a%2Fb")).await.unwrap();
    let api = Api::new(&base, "7", &tokens(None, Some("j0b")), None).unwrap();
    assert!(!api.has_own_token() && api.job_token() == Some("j0b"));
    let body = serde_json::json!({});
    api.write::<Value>(&Method::POST, &api.path_of("a/b", "trigger/pipeline"), &body).await.unwrap();
    let got = served.join().unwrap();
    assert!(
        got[0].starts_with("get /gitlab/api/v4/projects/acme%2fchurn/statuses/7?x=a%2fb http/1.1\r\n"),
        "{}",
        got[0]
    );
    assert!(got[0].contains("\r\nprivate-token: s3cr3t\r\n") && !got[0].contains("j0b"), "{}", got[0]);
    assert!(got[0].contains("\r\nuser-agent: modelgate/"), "{}", got[0]);
    assert!(
        got[1].starts_with("post /gitlab/api/v4/projects/a%2fb/trigger/pipeline http/1.1\r\n"),
        "{}",
        got[1]
    );
    assert!(got[1].contains("\r\njob-token: j0b\r\n"), "{}", got[1]);
}

#[tokio::test]
async fn what_our_own_token_may_not_do_the_one_of_the_job_may() {
    let refused = || answer("403 Forbidden", "", "{\"message\": \"no\"}");
    let (base, served) =
        server(vec![refused(), answer("201 Created", "", "{\"id\": 7}"), refused(), refused()]);
    let api = client(&base);
    let made: Value =
        api.write(&Method::POST, &api.path("deployments"), &serde_json::json!({})).await.unwrap();
    assert_eq!(made["id"], 7);
    let still = api.get::<Value>(&api.path("statuses/7")).await;
    assert!(matches!(still, Err(Trouble::Forbidden(..))), "{still:?}");
    let got = served.join().unwrap();
    for (request, token) in got.iter().zip(["private-token: s3cr3t", "job-token: j0b"].iter().cycle()) {
        assert!(request.contains(token) && request.matches("-token: ").count() == 1, "{request}");
    }
}

#[tokio::test]
async fn no_answer_brings_a_token_back() {
    let body = "{\"message\": \"bad s3cr3t, j0b, tr1gger and s3cr3t\"}";
    let (base, served) = server(vec![answer("400 Bad Request", "", body)]);
    let api = client(&base);
    let sent = serde_json::json!({ "token": "tr1gger" });
    let trouble = api.write::<Value>(&Method::POST, &api.path("trigger/pipeline"), &sent).await.unwrap_err();
    assert!(trouble.to_string().contains("bad ***, ***, *** and ***"), "{trouble}");
    served.join().unwrap();
}

#[tokio::test]
async fn all_pages_are_one_list() {
    let (base, served) = server(vec![
        answer("200 OK", "link: </gitlab/api/v4/projects/7/jobs?cursor=b>; rel=\"next\"\r\n", "[1, 2]"),
        answer("200 OK", "", "[3]"),
    ]);
    let api = Api::new(&base, "7", &tokens(None, Some("j0b")), None).unwrap();
    let all: Vec<u8> = api.list(&api.path("jobs"), 5).await.unwrap();
    assert_eq!(all, [1, 2, 3]);
    assert!(served.join().unwrap()[1].starts_with("get /gitlab/api/v4/projects/7/jobs?cursor=b http/1.1"));
}

#[tokio::test]
async fn the_token_does_not_follow_an_artifact_to_where_it_is_stored() {
    let (storage, stored) = server(vec![answer("200 OK", "", "zip")]);
    let moved = format!("location: {storage}/signed?key=1\r\n");
    let (base, served) = server(vec![answer("302 Found", &moved, "")]);
    let api = client(&base);
    let mut file = tempfile::tempfile().unwrap();
    api.bring(&api.path("jobs/7/artifacts"), &mut file, 100).await.unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "zip");
    assert!(served.join().unwrap()[0].contains("\r\nprivate-token: s3cr3t\r\n"));
    let stored = stored.join().unwrap();
    assert!(!stored[0].contains("token"), "{}", stored[0]);
}

#[tokio::test]
async fn an_artifact_that_is_refused_or_too_large_is_told_as_such() {
    let body = "{\"message\":\"404 Not Found\"}";
    let (base, served) = server(vec![answer("404 Not Found", "", body), answer("200 OK", "", "0123456789")]);
    let api = client(&base);
    let mut file = tempfile::tempfile().unwrap();
    let gone = api.bring(&api.path("jobs/7/artifacts"), &mut file, 5).await;
    assert_eq!(gone, Err(Trouble::NotFound("404 Not Found".into())));
    let large = api.bring(&api.path("jobs/7/artifacts"), &mut file, 5).await;
    assert_eq!(large, Err(Trouble::Refused(0, "has more than 5 bytes".into())));
    served.join().unwrap();
}

#[tokio::test]
async fn what_cannot_be_used_is_a_fault_that_does_not_show_the_token() {
    let told = |base: &str, token: &str, authority: Option<&[u8]>| {
        Api::new(base, "7", &tokens(Some(token), None), authority).unwrap_err().to_string()
    };
    let base = "https://gitlab.example/api/v4";
    for told in [
        told("not an address", "s3cr3t", None),
        told("file:///etc", "s3cr3t", None),
        told(base, "s3c\nr3t", None),
        told(base, "s3cr3t", Some(b"-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n")),
    ] {
        assert!(told.contains("prepare for GitLab's API") && !told.contains("s3c"), "{told}");
    }
}
