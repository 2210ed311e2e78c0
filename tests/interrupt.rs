//! Whoever stops modelgate, and wherever: nothing is left running, the record is whole, and what was done is
//! not done twice.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Project, Running, until};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

/// The steps whose commands tell beside the project that they have begun, and then wait for `go`.
const STEPS: [&str; 4] = ["lint", "test", "train", "evaluate"];

/// A project in which one step, `blocked`, goes on only when there is a file `go` beside the project. How
/// often a step was begun can be counted there too.
fn project(blocked: &str) -> Project {
    let project = Project::shell();
    let mut text = "version: 1\nmodel: churn\n".to_owned();
    let work = ["true", "true", "cat params.txt data.csv > model.bin", "cp scores.json metrics.json"];
    let keys = [
        "  python: []\n",
        "",
        "  inputs: [params.txt, data.csv]\n  outputs: [model.bin]\n",
        "  inputs: [scores.json]\n  metrics: metrics.json\n",
    ];
    for ((step, work), keys) in STEPS.iter().zip(work).zip(keys) {
        let block = if *step == blocked {
            "test -e ../go || { sleep 1000 & echo $$ $! > ../pids; mv ../pids ../blocked; read x < ../fifo; };"
        } else {
            ""
        };
        text += &format!("{step}:\n  run: |\n    echo x >> ../{step}; {block} {work}\n{keys}");
    }
    project.file("modelgate.yml", text + "gate:\n  rules:\n    accuracy: { min: 0.85 }\n");
    assert!(project.command("mkfifo").arg("../fifo").status().expect("mkfifo").success());
    project.commit("Wait");
    project
}

/// The processes of the blocked step, its shell first.
fn blocked(project: &Project) -> Vec<i32> {
    until("a step has begun", || project.exists("../blocked"));
    project.read("../blocked").split_whitespace().map(|pid| pid.parse().expect("a process id")).collect()
}

fn is_gone(pid: i32) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with(['Z', 'X'])),
        Err(_) => true,
    }
}

fn times(project: &Project, step: &str) -> usize {
    if project.exists(&format!("../{step}")) {
        project.read(&format!("../{step}")).lines().count()
    } else {
        0
    }
}

/// Says whether run.json was ever something else than a whole record while `act` was at work.
fn watched<T>(project: &Project, act: impl FnOnce() -> T) -> T {
    let path = project.path().join(".modelgate/run.json");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                if let Ok(text) = fs::read_to_string(&path) {
                    let record: Value =
                        serde_json::from_str(&text).expect("run.json is whole at every moment");
                    assert_eq!(record["schema"], "modelgate/run/v1");
                }
                std::thread::yield_now();
            }
        });
        let result = act();
        done.store(true, Ordering::Relaxed);
        watch.join().expect("run.json is whole at every moment");
        result
    })
}

fn stopped_by(signal: Signal, code: i32) {
    let project = project("train");
    let (pids, said) = watched(&project, || {
        let running = project.start(&["run"]);
        let pids = blocked(&project);
        running.signal(signal);
        (pids, running.end())
    });
    assert_eq!(said.code, code, "{}{}", said.out, said.err);
    for pid in pids {
        assert!(is_gone(pid), "{pid} is gone before modelgate is");
    }
    let record = project.record();
    assert_eq!(record["conclusion"], "cancelled");
    assert_eq!(
        project.outcomes(),
        "lint passed, test passed, train failed, evaluate skipped, gate skipped, report passed"
    );
    for report in ["report.md", "report.html"] {
        assert!(project.read(&format!(".modelgate/{report}")).contains("cancelled"), "{report}");
    }
    if signal == Signal::INT {
        insta::assert_snapshot!("stopped", said.shown(&project));
    }
    project.file("../go", "");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    assert_eq!(times(&project, "train"), 2);
}

#[test]
fn ctrl_c_ends_the_command_and_closes_the_record() {
    stopped_by(Signal::INT, 130);
}

#[test]
fn a_runner_that_cancels_ends_the_command_and_closes_the_record() {
    stopped_by(Signal::TERM, 143);
}

#[test]
fn a_step_alone_is_stopped_too() {
    let project = project("evaluate");
    assert_eq!(project.modelgate(&["train"]).code, 0);
    let running = project.start(&["evaluate"]);
    blocked(&project);
    running.signal(Signal::TERM);
    assert_eq!(running.end().code, 143);
    assert_eq!(project.outcomes(), "train passed, evaluate failed");
}

#[test]
fn impatience_ends_what_does_not_want_to_end() {
    let project = Project::shell();
    project.replace(
        "modelgate.yml",
        "run: cat params.txt data.csv > model.bin",
        "run: \"trap 'echo > ../heard' INT TERM; echo $$ > ../pids; mv ../pids ../blocked; while :; do sleep 0.05 || true; done\"",
    );
    let running = project.start(&["run"]);
    let pids = blocked(&project);
    running.signal(Signal::INT);
    until("the command has heard of it", || project.exists("../heard"));
    assert!(!is_gone(pids[0]), "it goes on all the same");
    running.signal(Signal::INT);
    let said = running.end();
    assert_eq!(said.code, 130, "{}", said.err);
    assert!(is_gone(pids[0]));
    let record = project.record();
    assert_eq!(record["conclusion"], "cancelled");
    assert!(record["steps"][2]["seconds"].as_f64().unwrap() < 10.0, "the grace of ten seconds was cut short");
}

/// Kills modelgate, and what it can no longer end itself.
fn kill(project: &Project, running: Running) {
    let pids = blocked(project);
    running.signal(Signal::KILL);
    assert_eq!(running.end().code, -1);
    let group = Pid::from_raw(pids[0]).expect("a process id");
    kill_process_group(group, Signal::KILL).expect("the command was left behind");
    until("the command is gone", || pids.iter().all(|pid| is_gone(*pid)));
}

#[test]
fn killed_in_any_step_the_next_run_goes_on_from_there() {
    for (at, step) in STEPS.iter().enumerate() {
        let project = project(step);
        for report in ["report.md", "report.html", "bundle.zip"] {
            project.file(&format!(".modelgate/{report}"), "of an earlier run");
        }
        watched(&project, || {
            kill(&project, project.start(&["run"]));
            let record = project.record();
            assert_eq!(record["conclusion"], Value::Null, "{step}: it says that it was not finished");
            assert_eq!(record["steps"].as_array().expect("steps").len(), at, "{step}: and how far it came");
            for report in ["report.md", "report.html", "bundle.zip"] {
                assert!(
                    !project.exists(&format!(".modelgate/{report}")),
                    "{step}: {report} of an earlier run"
                );
            }
            project.file("../go", "");
            let said = project.modelgate(&["run"]);
            assert_eq!(said.code, 0, "{step}: {}{}", said.out, said.err);
        });
        let trained = if *step == "evaluate" { "restored" } else { "passed" };
        assert_eq!(
            project.outcomes(),
            format!("lint passed, test passed, train {trained}, evaluate passed, gate passed, report passed")
        );
        assert_eq!(times(&project, "train"), if *step == "train" { 2 } else { 1 }, "{step}");
        assert_eq!(times(&project, "evaluate"), if *step == "evaluate" { 2 } else { 1 }, "{step}");
    }
}

#[test]
fn killed_between_any_two_steps_the_next_run_goes_on_from_there() {
    for steps in 0..=6 {
        let project = project("none");
        let running = project.start(&["run"]);
        let path = project.path().join(".modelgate/run.json");
        until("it has come so far", || {
            let Ok(text) = fs::read_to_string(&path) else { return false };
            let record: Value = serde_json::from_str(&text).expect("run.json is whole");
            record["steps"].as_array().expect("steps").len() >= steps
        });
        // It may have ended by itself by now.
        running.signal(Signal::KILL);
        running.end();
        let had_trained = project.record()["steps"].as_array().expect("steps").len() >= 3;
        let said = project.modelgate(&["run"]);
        assert_eq!(said.code, 0, "{steps}: {}{}", said.out, said.err);
        assert_eq!(project.record()["conclusion"], "approved");
        if had_trained {
            assert_eq!(times(&project, "train"), 1, "{steps}");
        }
        assert_eq!(project.modelgate(&["verify"]).code, 0);
        assert_eq!(project.modelgate(&["verify", ".modelgate/bundle.zip"]).code, 0);
    }
}

#[test]
fn who_waits_for_another_modelgate_can_be_stopped() {
    let project = project("train");
    let first = project.start(&["run"]);
    blocked(&project);
    for word in ["run", "train", "report"] {
        for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
            let second = project.start(&[word]);
            until("it says that it waits", || second.err().contains("waiting for another modelgate"));
            second.signal(signal);
            let said = second.end();
            assert_eq!(said.code, code, "{word}: {}", said.err);
        }
    }
    first.signal(Signal::TERM);
    assert_eq!(first.end().code, 143);
}
