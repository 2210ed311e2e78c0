//! Google Cloud Storage: a server of our own that speaks as much of its XML API as is read.

use std::collections::BTreeMap;
use std::net::TcpStream;

use super::far::{Far, Request, write};
use super::{assert_clean, assert_same_as_local, files, findings, project, sets};

/// A bucket `churn` with these objects. What is read has the tag that `tag` makes of the one that is listed.
fn bucket(objects: &[(&str, String)], tag: fn(&str) -> String) -> Far {
    let objects: BTreeMap<String, String> =
        objects.iter().map(|(key, text)| ((*key).to_owned(), text.clone())).collect();
    Far::new(move |request, stream| answer(&objects, tag, request, stream))
}

fn answer(
    objects: &BTreeMap<String, String>,
    tag: fn(&str) -> String,
    request: &Request,
    stream: &mut TcpStream,
) {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let Some(below) = path.strip_prefix("/churn") else {
        return write(stream, "404 Not Found", "", b"<Error><Code>NoSuchBucket</Code></Error>");
    };
    let key = decoded(below.trim_start_matches('/'));
    if key.is_empty() {
        let prefix = query.split('&').find_map(|part| part.strip_prefix("prefix=")).unwrap_or_default();
        let prefix = decoded(prefix);
        let listed = objects.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(key, text)| {
            format!(
                "<Contents><Key>{key}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified>\
                 <ETag>\"1\"</ETag><Size>{}</Size></Contents>",
                text.len()
            )
        });
        let body = format!("<ListBucketResult>{}</ListBucketResult>", listed.collect::<String>());
        return write(stream, "200 OK", "", body.as_bytes());
    }
    let Some(text) = objects.get(&key) else {
        return write(stream, "404 Not Found", "", b"<Error><Code>NoSuchKey</Code></Error>");
    };
    let headers = |tag: &str| format!("ETag: {tag}\r\nLast-Modified: Fri, 02 Jan 2026 03:04:05 GMT\r\n");
    if request.method == "HEAD" {
        // A body that is said and not sent is what a HEAD is.
        let head = format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n",
            text.len(),
            headers("\"1\"")
        );
        let _ = std::io::Write::write_all(stream, head.as_bytes());
        return;
    }
    write(stream, "200 OK", &headers(&tag("\"1\"")), text.as_bytes());
}

/// A text in which `%2E` stands for a dot.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (code, rest) = part.split_at(2);
        text + &char::from(u8::from_str_radix(code, 16).unwrap()).to_string() + rest
    })
}

#[test]
fn sets_are_objects_and_globs_of_google() {
    let [train, test, live] = sets();
    let objects = [("data/train.csv", train), ("data/test/a.csv", test), ("data/live/day=1/a.csv", live)];
    let far = bucket(&objects, str::to_owned);
    let project =
        project("gs://churn/data/train.csv", "gs://churn/data/test/", "gs://churn/data/live/**/*.csv");
    // The folder's column is new, and no more than that.
    project.replace("modelgate.yml", "ignore: [id]", "ignore: [id, day]");
    let said = project.modelgate_with(&["data"], &[("STORAGE_EMULATOR_HOST", &far.host)]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_clean(&project, &said);
    assert_same_as_local(&project);
    assert_eq!(files(&project, "live"), ["gs://churn/data/live/day=1/a.csv"]);
    assert!(far.got().iter().all(|request| !request.headers.contains_key("authorization")));
}

#[test]
fn an_object_that_is_written_anew_is_told() {
    let [train, ..] = sets();
    let far = bucket(&[("live.csv", train)], |_| "\"2\"".to_owned());
    let project = project("data/train.csv", "data/test.csv", "gs://churn/live.csv");
    let said = project.modelgate_with(&["data"], &[("STORAGE_EMULATOR_HOST", &far.host)]);
    assert_eq!(said.code, 11, "{}", said.err);
    let found = findings(&project);
    assert_eq!(found[0]["code"], "data-changed", "{found:?}");
    let read = far.got().into_iter().find(|request| request.method == "GET").unwrap();
    assert_eq!(read.headers["if-match"], "\"1\"");
}
