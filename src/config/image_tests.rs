#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::{parse, render};
use crate::config::Engine;

const BASE: &str = "version: 1\nmodel: churn\ntrain: { run: python train.py, outputs: [model.joblib] }\n\
                    evaluate: { run: python evaluate.py, metrics: metrics.json }\n\
                    gate: { rules: { accuracy: { min: 0.8 } } }\n";

#[test]
fn every_mistake_about_the_image_is_shown_at_once() {
    let image = "\
image:
  context: ../elsewhere
  dockerfile: /Dockerfile
  target: two words
  secrets: { a: {}, b: { variable: X, file: y }, c: { variable: a-b }, d: { path: z } }
  tags: [\"{comit}\", \"a b\", \"x:{\", \"https://x/y\", \"\"]
  push: sometimes
  smoke: { run: [], port: 0, ready: healthz, requests: [/abs/*.json], repeat: 0, timeout: soon, memory: much, cpus: 0 }
  prune-cache: 0
";
    let problems = parse(&format!("{BASE}{image}")).expect_err("problems");
    insta::assert_snapshot!(render(&problems, "modelgate.yml", false));
}

#[test]
fn a_container_needs_an_image_and_an_engine() {
    let train = |docker: &str| BASE.replace("train.py, outputs", &format!("train.py, {docker}, outputs"));
    let wrong = [
        train("engine: docker"),
        train("docker: { image: \"python:3\" }"),
        train("engine: docker, docker: { image: a, target: b }"),
        train("engine: docker, docker: { image: a, gpus: 0 }"),
        train("engine: docker, docker: { image: a, gpus: [] }"),
    ];
    let shown: Vec<String> = wrong
        .iter()
        .map(|text| render(&parse(text).expect_err("a problem"), "modelgate.yml", false))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_measures_has_no_network_and_what_trains_has() {
    let text = format!("{BASE}image: {{}}\n")
        .replace("train.py,", "train.py, engine: docker,")
        .replace("evaluate.py,", "evaluate.py, engine: docker,");
    let config = parse(&text).unwrap();
    let network = |engine: &Engine| match engine {
        Engine::Docker(container) => container.network.clone(),
        Engine::Local => "none of a container".into(),
    };
    assert_eq!(network(&config.train.unwrap().script.engine), "bridge");
    assert_eq!(network(&config.evaluate.script.engine), "none");
}
