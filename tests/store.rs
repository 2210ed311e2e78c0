//! Sets that are elsewhere: what is read of object stores and of the web, and what is said when it cannot be.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "store/azure.rs"]
mod azure;
#[path = "store/far.rs"]
mod far;
#[path = "store/google.rs"]
mod google;
#[path = "store/s3.rs"]
mod s3;
#[path = "store/web.rs"]
mod web;

use common::{Project, Said, customers};
use serde_json::Value;

/// What must not be seen anywhere.
const SECRET: &str = "geheim";

/// A project whose sets are these addresses.
fn project(train: &str, test: &str, live: &str) -> Project {
    let project = Project::data();
    let sets = format!("sets: {{ train: '{train}', test: '{test}', live: '{live}' }}");
    let local = "sets: { train: data/train.csv, test: data/test.csv, live: data/live.csv }";
    project.replace("modelgate.yml", local, &sets);
    project
}

/// The data of the record.
fn evidence(project: &Project) -> Value {
    let record = project.record();
    let step = record["steps"].as_array().unwrap().iter().find(|step| step["step"] == "data").unwrap();
    step["evidence"]["data"].clone()
}

/// The findings of the step `data`.
fn findings(project: &Project) -> Vec<Value> {
    let record = project.record();
    let step = record["steps"].as_array().unwrap().iter().find(|step| step["step"] == "data").unwrap();
    step["findings"].as_array().cloned().unwrap_or_default()
}

/// Everything that the run has left, and nothing of what it fetched.
fn assert_clean(project: &Project, said: &Said) {
    assert!(!said.out.contains(SECRET) && !said.err.contains(SECRET), "{}\n{}", said.out, said.err);
    for entry in ignore::WalkBuilder::new(project.path().join(".modelgate")).standard_filters(false).build() {
        let path = entry.unwrap().into_path();
        assert!(!path.to_string_lossy().contains("fetched-"), "{}", path.display());
        let text = std::fs::read(&path).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&text).contains(SECRET), "{}", path.display());
    }
}

/// That the project finds the same as one with the same data in files.
fn assert_same_as_local(project: &Project) {
    let local = Project::data();
    assert_eq!(local.modelgate(&["data"]).code, 0);
    let (far, near) = (evidence(project), evidence(&local));
    for key in ["leakage", "drift"] {
        assert!(far[key].is_object(), "{far}");
        assert_eq!(far[key], near[key]);
    }
    for (name, set) in near["sets"].as_object().unwrap() {
        assert_eq!(far["sets"][name]["rows"], set["rows"]);
        let digests =
            |set: &Value| -> Vec<Value> { set["files"].as_object().unwrap().values().cloned().collect() };
        assert_eq!(digests(&far["sets"][name]), digests(set));
    }
}

/// The files of a set, as the record names them.
fn files(project: &Project, set: &str) -> Vec<String> {
    evidence(project)["sets"][set]["files"].as_object().unwrap().keys().cloned().collect()
}

/// What [`Project::data`] has in its files.
fn sets() -> [String; 3] {
    [customers(1, 600), customers(2, 300), customers(3, 300)]
}

/// Puts a body to an address, and answers status and body.
fn put_to(url: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request =
        headers.iter().fold(client.put(url), |request, (name, value)| request.header(*name, *value));
    let put = async {
        let answer = request.body(body.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(put)
}
