//! What a user gets who made a mistake, or whose machine did: what was wrong, where, and what to do.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
#![cfg(unix)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;

use common::{Project, SHELL_PROJECT, Said, skip};
use serde_json::Value;

/// modelgate.yml with this content and nothing else, checked.
fn check(content: impl AsRef<[u8]>) -> String {
    let project = Project::empty();
    project.file("modelgate.yml", content);
    let said = project.modelgate(&["check"]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert_eq!(said.out, "", "nothing is wrong with what standard output is for");
    said.shown(&project)
}

/// A run of the shell project, changed first.
fn run(change: impl FnOnce(&Project)) -> (Project, Said) {
    let project = Project::shell();
    change(&project);
    let said = project.modelgate(&["run"]);
    (project, said)
}

fn snapshot(name: &str, (project, said): &(Project, Said)) {
    assert_ne!(said.code, 0, "{}", said.out);
    project.record();
    insta::assert_snapshot!(name, said.shown(project));
}

#[test]
fn no_configuration() {
    let project = Project::empty();
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 3);
    assert!(!project.exists(".modelgate"), "nothing is left behind");
    insta::assert_snapshot!(said.shown(&project));
}

#[test]
fn a_configuration_that_is_named_and_not_there() {
    let project = Project::shell();
    let said = project.modelgate(&["run", "--config", "models/churn.yml"]);
    assert_eq!(said.code, 3);
    insta::assert_snapshot!(said.shown(&project));
}

#[test]
fn an_empty_configuration() {
    insta::assert_snapshot!(check(""));
}

#[test]
fn a_tab_in_the_configuration() {
    insta::assert_snapshot!(check("version: 1\nmodel: churn\ntrain:\n\trun: make\n"));
}

#[test]
fn an_unknown_key() {
    insta::assert_snapshot!(check(SHELL_PROJECT.replace("metrics:", "metric:").replace("inputs:", "input:")));
}

#[test]
fn a_key_twice() {
    insta::assert_snapshot!(check(format!("{SHELL_PROJECT}    accuracy: {{ min: 0.1 }}\n")));
}

#[test]
fn an_anchor_bomb() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{below}]\n");
    }
    insta::assert_snapshot!(check(bomb));
}

#[test]
fn a_folder_in_place_of_the_configuration() {
    let project = Project::empty();
    project.file("modelgate.yml/file", "");
    let said = project.modelgate(&["check"]);
    assert_eq!(said.code, 3);
    insta::assert_snapshot!(said.shown(&project));
}

#[test]
fn a_configuration_that_is_no_text() {
    insta::assert_snapshot!(check(b"version: 1\nmodel: ch\xfcrn\n"));
}

#[test]
fn everything_of_the_design_is_refused_by_name_and_planned() {
    let project = Project::shell();
    project.file("modelgate.yml", EVERYTHING);
    project.file("train.py", "");
    project.file("data/train.csv", "");
    let run = project.modelgate(&["run"]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(!project.exists(".modelgate"), "nothing has begun");
    insta::assert_snapshot!("everything_run", run.shown(&project));
    let plan = project.modelgate(&["plan"]);
    assert_eq!(plan.code, 0, "{}", plan.err);
    insta::assert_snapshot!("everything_plan", plan.shown(&project));
    let check = project.modelgate(&["check"]);
    assert_eq!(check.code, 0, "{}", check.err);
    insta::assert_snapshot!("everything_check", check.shown(&project));
}

const EVERYTHING: &str = r#"version: 1
model: churn
lint:
  python: ["*.py", "src/**/*.py"]
  run: ["ruff check --output-format=sarif ."]
test:
  run: pytest -q --junitxml=junit.xml
  junit: junit.xml
data:
  sets: { train: data/train.csv, test: data/test.csv, live: data/last-week.parquet }
  label: churned
  schema: data.schema.yml
  leakage: { train: train, test: test, max: 0 }
  drift: { reference: train, current: live, share: 0.5 }
image:
  context: .
  tags: ["registry.example.com/churn:{commit}"]
  push: default-branch
  smoke: { port: 8080, ready: /healthz, requests: smoke/*.json }
train:
  run: python train.py
  inputs: [train.py, data/train.csv]
  outputs: [model.joblib]
  engine: docker
  timeout: 2h
evaluate:
  run: python evaluate.py
  metrics: metrics.json
  predictions: { path: predictions.csv, task: classification, truth: y, predicted: y_hat, score: p, slices: [region] }
gate:
  confidence: 0.95
  baseline: production
  rules:
    accuracy: { min: 0.85, max-drop: 0.01 }
    latency_p95_ms: { max: 50, max-rise: 10% }
    f1: { min: 0.80, slices: [region] }
deploy:
  staging: { dispatch: { workflow: deploy.yml } }
  production: { after: staging, dispatch: { workflow: deploy.yml } }
retrain:
  prometheus: { url: "https://prometheus.example.com", query: "avg_over_time(model_accuracy[1d])", below: 0.85 }
"#;

#[test]
fn metrics_that_are_no_numbers_of_this_world() {
    snapshot("metric_overflows", &run(|project| project.file("scores.json", "{\"accuracy\": 1e999}\n")));
    snapshot("metric_is_nan", &run(|project| project.file("scores.json", "{\"accuracy\": NaN}\n")));
    snapshot("metric_is_text", &run(|project| project.file("scores.json", "{\"accuracy\": \"0.9\"}\n")));
    snapshot("metric_is_absent", &run(|project| project.file("scores.json", "{\"acuracy\": 0.9}\n")));
    snapshot("metrics_are_empty", &run(|project| project.file("scores.json", "")));
    snapshot("metrics_are_no_text", &run(|project| project.file("scores.json", b"{\"accuracy\": \xff}\n")));
}

#[test]
fn metrics_that_are_no_file() {
    let mkdir = run(|project| project.replace("modelgate.yml", "run: cp", "run: mkdir metrics.json; true"));
    snapshot("metrics_are_a_folder", &mkdir);
    let none = run(|project| project.replace("modelgate.yml", "run: cp", "run: echo"));
    snapshot("metrics_are_missing", &none);
}

#[test]
fn metrics_of_an_earlier_run() {
    let stale = run(|project| {
        project.file("metrics.json", "{\"accuracy\": 0.99}\n");
        project.replace("modelgate.yml", "run: cp", "run: echo");
    });
    snapshot("metrics_are_stale", &stale);
}

#[test]
fn commands_that_do_not_start() {
    let unknown = run(|project| project.replace("modelgate.yml", "run: cat", "run: pyhton"));
    snapshot("command_unknown", &unknown);
    let listed = run(|project| {
        project.replace(
            "modelgate.yml",
            "run: cat params.txt data.csv > model.bin",
            "run: [[pyhton, train.py]]",
        )
    });
    snapshot("program_unknown", &listed);
    let folder =
        run(|project| project.replace("modelgate.yml", "train:\n", "train:\n  working-directory: modle\n"));
    snapshot("working_directory_missing", &folder);
    let input = run(|project| project.replace("modelgate.yml", "params.txt, data", "parms.txt, data"));
    snapshot("input_missing", &input);
    let secret = run(|project| project.replace("modelgate.yml", "train:\n", "train:\n  secrets: HF_TOKEN\n"));
    snapshot("secret_missing", &secret);
}

#[test]
fn outputs_that_are_not_where_they_must_be() {
    insta::assert_snapshot!(
        "output_declared_outside",
        check(SHELL_PROJECT.replace("[model.bin]", "[../model.bin, /tmp/model.bin]"))
    );
    let nothing = run(|project| project.replace("modelgate.yml", "> model.bin", "> /dev/null"));
    snapshot("output_missing", &nothing);
    let link = run(|project| {
        fs::write(project.path().parent().unwrap().join("elsewhere.bin"), "model").expect("a file outside");
        project.replace("modelgate.yml", "run: cat params.txt data.csv >", "run: ln -s ../elsewhere.bin");
    });
    snapshot("output_links_outside", &link);
    let folder = run(|project| {
        fs::create_dir(project.path().parent().unwrap().join("elsewhere")).expect("a folder outside");
        symlink("../elsewhere", project.path().join("out")).expect("a link");
        project.replace("modelgate.yml", "> model.bin", "> out/model.bin");
        project.replace("modelgate.yml", "outputs: [model.bin]", "outputs: [out/model.bin]");
    });
    snapshot("output_in_a_linked_folder", &folder);
}

#[test]
fn a_project_without_python_has_nothing_to_lint() {
    let project = Project::shell();
    project.replace("modelgate.yml", "lint:\n  python: []\n", "");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    let lint = &project.record()["steps"][0];
    assert_eq!(lint["because"], "there was nothing to check");
    assert_eq!(lint["findings"], serde_json::json!([]), "nobody asked for Python");
    project.replace("modelgate.yml", "train:\n", "lint:\n  python: [src/**/*.py]\ntrain:\n");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    assert_eq!(project.record()["steps"][0]["findings"][0]["code"], "lint-no-files");
}

#[test]
fn names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let touch = |project: &Project, name: &[u8]| {
        fs::write(project.path().join(std::ffi::OsStr::from_bytes(name)), "x = 1\n").expect("a file");
    };
    let python = run(|project| {
        project.replace("modelgate.yml", "python: []", "python: ['**/*.py']");
        touch(project, b"caf\xe9.py");
    });
    snapshot("name_of_python_is_no_text", &python);
    let input = run(|project| {
        project.replace("modelgate.yml", "inputs: [params.txt, data.csv]", "inputs: ['*.txt', data.csv]");
        touch(project, b"caf\xe9.txt");
    });
    snapshot("name_of_input_is_no_text", &input);
}

/// A run that could not even begin leaves what was there.
fn faulted(change: impl FnOnce(&Project)) -> (Project, Said) {
    let (project, said) = run(change);
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    (project, said)
}

#[test]
fn a_run_folder_that_is_a_file() {
    let (project, said) = faulted(|project| project.file(".modelgate", "not a folder\n"));
    assert_eq!(project.read(".modelgate"), "not a folder\n");
    insta::assert_snapshot!(said.shown(&project));
}

#[test]
fn a_record_that_is_a_folder() {
    let (project, said) = faulted(|project| project.file(".modelgate/run.json/file", ""));
    insta::assert_snapshot!(said.shown(&project));
}

#[test]
fn a_log_folder_that_is_a_file() {
    let (project, said) = faulted(|project| project.file(".modelgate/logs", ""));
    assert_eq!(project.record()["conclusion"], "faulted");
    insta::assert_snapshot!(said.shown(&project));
}

#[test]
fn a_run_folder_that_cannot_be_written() {
    let project = Project::shell();
    fs::create_dir(project.path().join(".modelgate")).unwrap();
    let Some(said) = project.modelgate_in_namespace("mount -t tmpfs -o ro tmpfs .modelgate", "run", "")
    else {
        return skip("a_run_folder_that_cannot_be_written", "needs the right to mount");
    };
    assert_eq!(said.code, 1, "{}", said.err);
    insta::assert_snapshot!(said.shown(&project));
}

/// A run whose folder has one megabyte; its record is copied out of it.
fn on_a_small_disk(test: &str, change: impl FnOnce(&Project)) -> Option<(Project, Said, Value)> {
    let project = Project::shell();
    change(&project);
    fs::create_dir(project.path().join(".modelgate")).unwrap();
    let mount = "mount -t tmpfs -o size=1m tmpfs .modelgate";
    let Some(said) = project.modelgate_in_namespace(mount, "run", "cp .modelgate/run.json ..") else {
        skip(test, "needs the right to mount");
        return None;
    };
    let record = fs::read_to_string(project.path().join("../run.json")).expect("a record");
    Some((project, said, serde_json::from_str(&record).expect("the record is whole")))
}

#[test]
fn a_disk_that_a_log_fills() {
    let change =
        |project: &Project| project.replace("modelgate.yml", "run: cat", "run: yes | head -c 3000000; cat");
    let Some((project, said, record)) = on_a_small_disk("a_disk_that_a_log_fills", change) else { return };
    assert_eq!(said.code, 1, "{}", said.out);
    assert_eq!(record["conclusion"], "faulted", "there was room left to say so");
    let shown = said.shown(&project).replace("y\n", "");
    insta::assert_snapshot!(shown);
}

#[test]
fn a_disk_that_is_too_small_for_the_cache_and_the_bundle() {
    let change = |project: &Project| {
        // Bytes that cannot be compressed, and that are the same in every run.
        let mut state = 1_u64;
        let next = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        project.file("random", (0..3_000_000).map(next).collect::<Vec<u8>>());
        project.replace("modelgate.yml", "run: cat params.txt data.csv", "run: cat random");
    };
    let test = "a_disk_that_is_too_small_for_the_cache_and_the_bundle";
    let Some((project, said, record)) = on_a_small_disk(test, change) else { return };
    assert_eq!(said.code, 1, "{}", said.out);
    assert_eq!(record["steps"][2]["outcome"], "passed", "the model itself is good");
    assert_eq!(record["conclusion"], "faulted");
    insta::assert_snapshot!(said.shown(&project));
}

#[test]
fn on_a_disk_of_any_size_nothing_says_approved_that_is_not() {
    let project = Project::shell();
    fs::create_dir(project.path().join(".modelgate")).unwrap();
    let sizes = (20..200).step_by(12).map(|size| format!("size={size}k"));
    let files = (1..40).step_by(3).map(|files| format!("nr_inodes={files}"));
    let mut codes = std::collections::BTreeSet::new();
    for room in sizes.chain(files) {
        let mount = format!("rm -rf ../left\nmount -t tmpfs -o {room} tmpfs .modelgate");
        let Some(said) = project.modelgate_in_namespace(&mount, "run", "cp -r .modelgate ../left") else {
            return skip(
                "on_a_disk_of_any_size_nothing_says_approved_that_is_not",
                "needs the right to mount",
            );
        };
        codes.insert(said.code);
        if said.code == 0 {
            continue;
        }
        assert_eq!(said.code, 1, "{room}: {}{}", said.out, said.err);
        assert!(
            said.out.contains("free some space") || said.err.contains("free some space"),
            "{room}: {}",
            said.err
        );
        if project.exists("../left/run.json") {
            let record: Value =
                serde_json::from_str(&project.read("../left/run.json")).expect("a whole record");
            assert_ne!(record["conclusion"], "approved", "{room}: {}", said.err);
        }
        assert!(!project.exists("../left/bundle.zip"), "{room}");
        for (report, sign) in [("report.md", "approved: "), ("report.html", "<h1>approved")] {
            let report = format!("../left/{report}");
            assert!(!project.exists(&report) || !project.read(&report).contains(sign), "{room}: {report}");
        }
    }
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), [0, 1], "some were too small, and some were not");
}

#[test]
fn a_cache_in_a_folder_of_another() {
    let project = Project::shell();
    project.file("objects/ab/notes", "mine");
    project.file("index", "mine");
    project.file("steps/plan.json", "mine");
    let index = fs::read(project.path().join(".git/index")).expect("the index of git");
    let run = project.modelgate(&["run", "--cache", ".git"]);
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(!project.exists(".modelgate"), "nothing has begun");
    insta::assert_snapshot!("a_cache_that_is_another_s", run.shown(&project));
    for words in [
        &["run", "--cache", "."][..],
        &["plan", "--cache", "."],
        &["train", "--cache", "."],
        &["cache", "prune", "--all", "--cache", "."],
        &["cache", "prune", "--all", "--cache", ".git"],
    ] {
        let said = project.modelgate(words);
        assert_eq!(said.code, 1, "{words:?}: {}", said.out);
        assert_eq!(said.err.matches("no cache that modelgate made").count(), 1, "{words:?}: {}", said.err);
    }
    assert_eq!(fs::read(project.path().join(".git/index")).expect("the index of git"), index);
    for name in ["objects/ab/notes", "index", "steps/plan.json"] {
        assert_eq!(project.read(name), "mine");
    }
    assert!(!project.exists("lock") && !project.exists(".git/lock"));
}

#[test]
fn a_run_in_a_folder_of_another() {
    let project = Project::shell();
    let mine = ["metrics.txt", "junit.xml", "bundle.zip", "logs/train.log"];
    for folder in ["", "results/"] {
        for name in mine {
            project.file(&format!("{folder}{name}"), "mine");
        }
    }
    let here = project.modelgate(&["run", "--run", "."]);
    assert_eq!(here.code, 1, "{}", here.out);
    let results = project.modelgate(&["run", "--run", "results"]);
    assert_eq!(results.code, 1, "{}", results.out);
    insta::assert_snapshot!("a_run_in_the_project", here.shown(&project));
    insta::assert_snapshot!("a_run_in_a_folder_in_use", results.shown(&project));
    for words in [["lint", "--run", "results"], ["run", "--run", ".."], ["run", "--run", ".git/run"]] {
        assert_eq!(project.modelgate(&words).code, 1, "{words:?}");
    }
    for folder in ["", "results/"] {
        for name in mine {
            assert_eq!(project.read(&format!("{folder}{name}")), "mine");
        }
        assert!(!project.exists(&format!("{folder}run.json")) && !project.exists(&format!("{folder}lock")));
    }
    assert!(!project.exists(".git/run"));
    // As CI begins: with the cache of an earlier run and nothing else.
    assert_eq!(project.modelgate(&["run", "--run", "new"]).code, 0);
    fs::create_dir(project.path().join("next")).expect("the folder");
    fs::rename(project.path().join("new/cache"), project.path().join("next/cache")).expect("moved");
    let said = project.modelgate(&["run", "--run", "next"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(project.read("next/run.json").contains("restored"));
}

#[test]
fn a_record_that_is_not_ours() {
    let project = Project::shell();
    assert_eq!(project.modelgate(&["run"]).code, 0);
    let text = project.read(".modelgate/run.json");
    project.file(".modelgate/run.json", text.replace("modelgate/run/v1", "modelgate/run/v9"));
    let later = project.modelgate(&["gate"]);
    assert_eq!(later.code, 1);
    insta::assert_snapshot!("record_of_a_later_version", later.shown(&project));
    let middle = text.find("\"steps\"").expect("steps");
    project.file(".modelgate/run.json", &text[..middle + 4]);
    let half = project.modelgate(&["report"]);
    assert_eq!(half.code, 1);
    insta::assert_snapshot!("record_is_half", half.shown(&project));
    for word in ["train", "verify"] {
        assert_eq!(project.modelgate(&[word]).code, 1, "{word}");
    }
    // A new run needs none of it.
    assert_eq!(project.modelgate(&["run"]).code, 0);
    assert_eq!(project.record()["conclusion"], "approved");
}

#[test]
fn a_repository_without_a_commit() {
    let project = Project::empty();
    project.file("modelgate.yml", SHELL_PROJECT.replace("min: 0.85", "min: 0.85, max-drop: 0.1"));
    for (name, content) in [("params.txt", "a"), ("data.csv", "b"), ("scores.json", "{\"accuracy\": 0.9}")] {
        project.file(name, content);
    }
    let without = project.modelgate(&["run"]);
    assert_eq!(without.code, 0, "{}", without.err);
    insta::assert_snapshot!("no_repository", project.stable(&without.out));
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    let empty = project.modelgate(&["run"]);
    assert_eq!(empty.code, 0, "{}", empty.err);
    assert_eq!(project.record()["context"]["commit"], Value::Null);
    insta::assert_snapshot!("no_commit", project.stable(&empty.out));
}

#[test]
fn a_machine_without_git_and_bash() {
    let project = Project::shell();
    project.replace("modelgate.yml", "min: 0.85", "min: 0.85, max-drop: 0.1");
    project.replace("modelgate.yml", "run: cat", "run: test -z \"$BASH_VERSION\"; cat");
    let path = project.programs(&["sh", "cat", "cp"]);
    let said = project.modelgate_with(&["run"], &[("PATH", &path)]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    insta::assert_snapshot!(said.shown(&project));
}

#[test]
fn a_machine_without_any_program() {
    let project = Project::shell();
    let said = project.modelgate_with(&["run"], &[("PATH", &project.programs(&[]))]);
    assert_eq!(said.code, 11, "{}{}", said.out, said.err);
    insta::assert_snapshot!(said.shown(&project));
}

/// A project with one approved record, whose candidate is worse by now.
fn regressed() -> Project {
    let project = Project::shell();
    project.replace("modelgate.yml", "{ min: 0.85 }", "{ min: 0.85, max-drop: 0.01 }");
    project.commit("Compare");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    project.file("scores.json", "{\"accuracy\": 0.88}\n");
    project.commit("Be worse");
    project
}

#[test]
fn a_lost_or_damaged_history_approves_nothing() {
    let history = ".git/refs/modelgate/churn";
    let lose = |project: &Project, object: &str| {
        let name = project.git(&["rev-parse", object]);
        let (folder, file) = name.trim().split_at(2);
        fs::remove_file(project.path().join(".git/objects").join(folder).join(file)).expect("the object");
    };
    type Damage<'a> = &'a dyn Fn(&Project);
    let damages: [(&str, Damage<'_>); 4] = [
        ("lost_record", &|project| lose(project, "refs/modelgate/churn:run.json")),
        ("lost_commit", &|project| lose(project, "refs/modelgate/churn")),
        ("garbage_ref", &|project| project.file(history, "garbage\n")),
        ("blob_ref", &|project| {
            let blob = project.git(&["rev-parse", "HEAD:params.txt"]);
            project.file(history, blob);
        }),
    ];
    for (name, damage) in damages {
        let project = regressed();
        damage(&project);
        let said = project.modelgate(&["run"]);
        assert_eq!(said.code, 1, "{name}: {}{}", said.out, said.err);
        let record = project.record();
        let gate = record["steps"].as_array().unwrap().iter().find(|step| step["step"] == "gate").unwrap();
        assert_eq!(gate["outcome"], "faulted", "{name}");
        assert!(gate["help"].as_str().unwrap().contains("git fsck"), "{name}: {gate}");
    }
}

#[test]
fn a_record_is_not_kept_in_a_damaged_history_and_it_says_so() {
    let project = Project::shell();
    project.file(".git/refs/modelgate/churn", "garbage\n");
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 0, "only a bound was asked for: {}", said.err);
    let record = project.record();
    let report = record["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(report["findings"][0]["code"], "record-not-kept");
    assert_eq!(project.read(".git/refs/modelgate/churn"), "garbage\n");
}

#[test]
fn a_pipe_in_place_of_a_file_is_not_waited_for() {
    let project = Project::shell();
    let pipe = |name: &str| {
        let made = project.command("mkfifo").arg(name).status().expect("mkfifo is installed");
        assert!(made.success());
    };
    // Reading from a pipe that nobody writes to would never end: `timeout` ends it with 124.
    let modelgate = |words: &[&str]| {
        let mut command = project.command("timeout");
        command.args(["--signal=KILL", "20", common::MODELGATE]).args(words);
        let output = command.output().expect("timeout is installed");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    pipe("fifo");
    let (code, said) = modelgate(&["check", "--config", "fifo"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("this is a pipe"), "{said}");
    fs::create_dir(project.path().join("r")).unwrap();
    pipe("r/run.json");
    let (code, said) = modelgate(&["gate", "--run", "r"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("run.json: it is a pipe"), "{said}");
}

#[test]
fn a_record_that_contradicts_itself() {
    let project = Project::shell();
    project.file("scores.json", "{\"accuracy\": 0.8}\n");
    assert_eq!(project.modelgate(&["run"]).code, 10);
    let text = project.read(".modelgate/run.json");
    let record = project.record();
    let edited = |change: &dyn Fn(&mut Value)| {
        let mut edited = record.clone();
        change(&mut edited);
        project.file(".modelgate/run.json", edited.to_string());
        for word in ["gate", "report", "verify", "evaluate"] {
            let said = project.modelgate(&[word]);
            assert_eq!(said.code, 1, "{word}: {}{}", said.out, said.err);
            assert!(said.err.contains("contradicts itself"), "{word}: {}", said.err);
        }
        assert_eq!(project.read(".modelgate/run.json"), edited.to_string(), "it is left as it is");
        project.modelgate(&["report"]).shown(&project)
    };
    let shown = edited(&|record| record["conclusion"] = "approved".into());
    insta::assert_snapshot!("record_contradicts_itself", shown);
    edited(&|record| record["verdict"]["conclusion"] = "approved".into());
    edited(&|record| record["steps"][2]["evidence"]["commands"][0]["ended"] = "exit 1".into());
    edited(&|record| {
        let twice = record["steps"][3].clone();
        record["steps"].as_array_mut().expect("steps").insert(3, twice);
    });
    edited(&|record| {
        let finding = serde_json::json!({ "code": "x", "severity": "error", "message": "no" });
        record["steps"][2]["findings"] = Value::Array(vec![finding]);
    });
    // Nothing of that was wrong with the record itself.
    project.file(".modelgate/run.json", text);
    assert_eq!(project.modelgate(&["report"]).code, 10);
    assert_eq!(project.modelgate(&["lint"]).code, 0);
}
