#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use bollard_buildkit_proto::moby::buildkit::v1::{StatusResponse, Vertex, VertexLog};
use tempfile::TempDir;

use super::*;
use crate::image::context::Place;
use crate::interrupt::Interrupt;
use crate::step::Step;

const DOCKERFILE: &str = "\
ARG VERSION=3
FROM registry.example.com/python:${VERSION} AS build
WORKDIR /app
COPY requirements.txt .
RUN pip install \\
    -r requirements.txt
RUN pip install \\
    -r other.txt
FROM alpine
COPY --from=build /app /app
COPY data/$VERSION.csv /
RUN true
RUN true
";

/// What is said of an error, in a step that has said something.
fn judged(step: &str, said: &str, error: &str) -> String {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    std::fs::write(root.join("Dockerfile"), DOCKERFILE).unwrap();
    std::fs::write(root.join(".dockerignore"), "data").unwrap();
    std::fs::create_dir(root.join("data")).unwrap();
    std::fs::write(root.join("data/3.csv"), "x").unwrap();
    let dockerfile = root.join("Dockerfile");
    let place = Place { project: root, context: root, dockerfile: &dockerfile, ours: &[] };
    let context = Context::open(place, None, &Interrupt::channel().1).unwrap();
    let order = Order {
        step: Step::Image,
        project: root.to_owned(),
        context: root.to_owned(),
        dockerfile: dockerfile.clone(),
        shown: "docker/Dockerfile".into(),
        target: Some("biuld".into()),
        args: BTreeMap::new(),
        labels: BTreeMap::new(),
        platform: None,
        network: "default".into(),
        secrets: BTreeMap::new(),
        ssh: BTreeMap::new(),
        cache_from: vec![],
        cache: true,
        pull: false,
        timeout: None,
        ours: vec![],
        hidden: vec![],
        log: root.join("logs/image.log"),
    };
    let mut progress = Progress::default();
    let vertex = Vertex { digest: "a".into(), name: step.into(), error: error.into(), ..Vertex::default() };
    let log = VertexLog { vertex: "a".into(), msg: said.into(), ..VertexLog::default() };
    let vertexes = if step.is_empty() { vec![] } else { vec![vertex] };
    progress.status(&StatusResponse { vertexes, logs: vec![log], ..StatusResponse::default() });
    let file = Dockerfile::parse(DOCKERFILE);
    let scene =
        Scene { order: &order, file: &file, context: &context, progress: &progress, is_classic: false };
    let mut redaction = Redaction::new(&["hunter2".into()]);
    match scene.judge(Error::DockerStreamError { error: error.into() }, &mut redaction) {
        Trouble::Findings(findings) => {
            let finding = &findings[0];
            let help = finding.help.as_deref().unwrap_or_default();
            format!("{} {}\n{}\nhelp: {help}", finding.code, finding.place(), finding.message)
        }
        Trouble::Fault(fault) => format!("{fault}\nhelp: {}", fault.remedy().unwrap_or_default()),
    }
}

#[test]
fn what_engines_say_is_understood() {
    let cases = [
        (
            "[build 5/5] RUN pip install -r other.txt",
            "ERROR: hunter2\nNo matching distribution\n",
            "failed to solve: process \"/bin/sh -c pip install     -r other.txt\" did not complete successfully: exit code: 1",
        ),
        (
            "[stage-1 5/5] RUN true",
            "exec /bin/true: exec format error\n",
            "failed to solve: process \"/bin/sh -c true\" did not complete successfully: exit code: 255",
        ),
        (
            "[stage-1 4/5] RUN true",
            "cp: write error: No space left on device\n",
            "executor failed running [/bin/sh -c true]: exit code: 1",
        ),
        (
            "[stage-1 3/5] COPY data/3.csv /",
            "",
            "failed to solve: failed to compute cache key: failed to calculate checksum of ref a::b: \"/data/3.csv\": not found",
        ),
        (
            "",
            "",
            "failed to solve: dockerfile parse error on line 7: unknown instruction: pip (did you mean run?)",
        ),
        ("", "", "failed to solve: target stage \"biuld\" could not be found"),
        (
            "[internal] load metadata for registry.example.com/python:3",
            "",
            "failed to solve: registry.example.com/python:3: failed to resolve source metadata for registry.example.com/python:3: registry.example.com/python:3: not found",
        ),
        (
            "[internal] load metadata for docker.io/library/alpine:latest",
            "",
            "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
        ),
        (
            "[internal] load metadata for docker.io/library/alpine:latest",
            "",
            "failed to solve: alpine: failed to do request: Head \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host",
        ),
        (
            "exporting to image",
            "",
            "failed to solve: write /var/lib/docker/overlay2/x: no space left on device",
        ),
        (
            "[internal] load build context",
            "",
            "failed to solve: no active session for abc: context deadline exceeded",
        ),
        ("[stage-1 4/5] RUN true", "", "something that nobody knows: hunter2"),
        ("", "", "something else"),
    ];
    let all = cases.map(|(step, said, error)| format!("── {step}: {error}\n{}\n", judged(step, said, error)));
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_connection_that_breaks_is_the_engines_end() {
    let text = gone(std::io::Error::from(std::io::ErrorKind::ConnectionReset)).to_string();
    assert_eq!(text, "failed to build the image: connection reset");
}
