//! Downloads from servers that fail in all ways.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::*;
use crate::store::connect::Connector;
use crate::store::web::Page;

const SMALL: Limits = Limits { unsaid: 1000 };

/// A server that gives these answers, one a connection, and the heads of the requests that it got.
fn server(answers: Vec<String>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let (to, here) = (heads.clone(), address.clone());
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map(std::io::Result::unwrap);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            to.lock().unwrap().push(head.join("\n").to_lowercase());
            let _ = stream.write_all(answer.replace("{here}", &here).as_bytes());
        }
    });
    (address, heads)
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {}\r\nConnection: close\r\n\r\n{body}", head.replace('\n', "\r\n"))
}

/// What is downloaded of such answers: the text, or what is wrong.
async fn downloaded(answers: Vec<String>) -> (std::result::Result<String, Trouble>, Vec<String>) {
    let (address, heads) = server(answers);
    let url = reqwest::Url::parse(&format!("{address}/a.csv?sig=geheim")).unwrap();
    let source = Source::Web(Page { connector: Connector::new().unwrap(), url });
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("0");
    let progress = Progress::default();
    let fetching = progress.begin(crate::progress::Doing::Fetching, 0);
    let done = download(&source, &to, SMALL, &progress).await.unwrap();
    if let Ok(bytes) = done {
        assert_eq!(progress.seen().unwrap().done, bytes);
    }
    drop(fetching);
    if let Err(trouble) = &done {
        assert!(!format!("{trouble:?}").contains("geheim"), "{trouble:?}");
    }
    let heads = heads.lock().unwrap().clone();
    (done.map(|_| std::fs::read_to_string(&to).unwrap()), heads)
}

async fn wrong(answers: Vec<String>) -> (What, String) {
    let (done, _) = downloaded(answers).await;
    let trouble = done.unwrap_err();
    (trouble.what, trouble.said)
}

#[tokio::test]
async fn what_broke_off_goes_on_where_it_was() {
    let (done, heads) = downloaded(vec![
        answer("200 OK\nETag: \"1\"\nContent-Length: 10", "01234"),
        answer("503 Busy\nRetry-After: 0", ""),
        answer("206 Part\nETag: \"1\"\nContent-Length: 5\nContent-Range: bytes 5-9/10", "56"),
        answer("206 Part\nETag: \"1\"\nContent-Length: 3\nContent-Range: bytes 7-9/10", "789"),
    ])
    .await;
    assert_eq!(done.unwrap(), "0123456789");
    assert!(!heads[0].contains("range"), "{}", heads[0]);
    for (head, from) in [(&heads[1], 5), (&heads[2], 5), (&heads[3], 7)] {
        assert!(head.contains(&format!("range: bytes={from}-\nif-match: \"1\"")), "{head}");
    }
}

#[tokio::test]
async fn without_a_tag_it_begins_again() {
    let whole = answer("200 OK\nContent-Length: 10", "abcdefghij");
    for half in ["200 OK\nContent-Length: 10", "200 OK\nContent-Length: 10\nETag: W/\"1\""] {
        let (done, heads) = downloaded(vec![answer(half, "01234"), whole.clone()]).await;
        assert_eq!(done.unwrap(), "abcdefghij");
        assert!(!heads[1].contains("range") && !heads[1].contains("if-match"), "{}", heads[1]);
    }
    // A server that knows no parts sends all of it.
    let half = answer("200 OK\nETag: \"1\"\nContent-Length: 10", "01234");
    let whole = answer("200 OK\nETag: \"1\"\nContent-Length: 10", "0123456789");
    assert_eq!(downloaded(vec![half, whole]).await.0.unwrap(), "0123456789");
}

#[tokio::test]
async fn what_changes_on_the_way_is_not_put_together() {
    let half = answer("200 OK\nETag: \"1\"\nContent-Length: 10", "01234");
    for second in [
        answer("412 Precondition Failed", ""),
        answer("416 Range Not Satisfiable", ""),
        answer("200 OK\nETag: \"2\"\nContent-Length: 10", "abcdefghij"),
        answer("206 Part\nETag: \"2\"\nContent-Length: 5\nContent-Range: bytes 5-9/10", "fghij"),
        answer("206 Part\nETag: \"1\"\nContent-Length: 7\nContent-Range: bytes 5-11/12", "56789ab"),
    ] {
        assert_eq!(wrong(vec![half.clone(), second.clone()]).await.0, What::Changed, "{second}");
    }
    let other = answer("206 Part\nETag: \"1\"\nContent-Length: 5\nContent-Range: bytes 0-4/10", "01234");
    assert_eq!(wrong(vec![half, other]).await.0, What::Broken);
}

#[tokio::test]
async fn what_is_refused_is_said_at_once() {
    for (head, what, part) in [
        ("404 Not Found", What::Missing, "status 404"),
        ("403 Forbidden", What::Forbidden, "status 403"),
        ("401 Unauthorized", What::Forbidden, "status 401"),
        ("418 Teapot", What::Refused, "status 418"),
        ("302 Found", What::Refused, "to nowhere"),
        ("302 Found\nLocation: ftp://x/y?geheim", What::Refused, "no address of the web"),
        ("200 OK\nContent-Type: text/html; charset=utf-8\nContent-Length: 0", What::Refused, "web page"),
    ] {
        let (found, said) = wrong(vec![answer(head, "")]).await;
        assert!(found == what && said.contains(part), "{head}: {found:?} {said}");
    }
    let around = vec![answer("302 Found\nLocation: {here}/a.csv", ""); 6];
    assert!(wrong(around).await.1.contains("redirects"));
}

#[tokio::test]
async fn a_redirect_is_followed() {
    let there = answer("302 Found\nLocation: /b.csv?k=1", "");
    let (done, heads) = downloaded(vec![there, answer("200 OK\nContent-Length: 2", "ab")]).await;
    assert_eq!(done.unwrap(), "ab");
    assert!(heads[1].starts_with("get /b.csv?k=1 "), "{}", heads[1]);
    assert!(!heads[1].contains("geheim"), "{}", heads[1]);
}

#[tokio::test]
async fn a_length_that_nobody_says_has_an_end() {
    assert_eq!(downloaded(vec![answer("200 OK", "all of it")]).await.0.unwrap(), "all of it");
    let (what, said) = wrong(vec![answer("200 OK", &"x".repeat(100_000))]).await;
    assert_eq!(what, What::Broken);
    assert!(said.contains("does not end after 1000 B"), "{said}");
}

#[tokio::test]
async fn a_server_that_always_fails_is_given_up() {
    let busy = answer("500 Oops\nRetry-After: 0", "");
    assert_eq!(wrong(vec![busy; 5]).await, (What::Passing, "the server answers with status 500".into()));
    let half = answer("200 OK\nETag: \"1\"\nContent-Length: 10", "01234");
    let busy = answer("503 Busy\nRetry-After: 0", "");
    let (what, said) = wrong(vec![half, busy.clone(), busy.clone(), busy.clone(), busy]).await;
    assert_eq!(what, What::Broken);
    assert!(said.contains("after 5 of 10 bytes"), "{said}");
}

/// A server that says no more than this, and keeps its connections.
fn silent(start: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/a.csv", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(std::io::Result::ok);
            assert!(lines.take_while(|line| !line.is_empty()).count() > 0);
            let _ = stream.write_all(start);
            open.push(stream);
        }
    });
    address
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_without_end() {
    for start in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na,b\n"] {
        let connector = Connector::waiting(std::time::Duration::from_millis(20)).unwrap();
        let page = Page { connector, url: reqwest::Url::parse(&silent(start)).unwrap() };
        // On a slow machine even the beginning may come too late, which ends in the same way.
        let trouble = match page.open(0, None).await {
            Err(trouble) => trouble,
            Ok(opened) => opened.bytes.filter_map(|part| async { part.err() }).boxed().next().await.unwrap(),
        };
        assert!(trouble.is_passing() && trouble.said.contains("timed out"), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_no_server() {
    let (address, _) = server(vec![answer("200 OK", ""); 5]);
    let url = reqwest::Url::parse(&address.replace("http:", "https:")).unwrap();
    let page = Page { connector: Connector::new().unwrap(), url };
    let trouble = page.open(0, None).await.err().unwrap();
    assert!(trouble.is_passing(), "{trouble:?}");
}
