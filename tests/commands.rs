//! Every command as it is typed: what it says, what it leaves, how it exits.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
#![cfg(unix)]

mod common;

use std::fs;

use common::{Project, outcomes};
use serde_json::Value;

const COMMANDS: [&[&str]; 25] = [
    &["init"],
    &["doctor"],
    &["demo"],
    &["run"],
    &["lint"],
    &["test"],
    &["train"],
    &["evaluate"],
    &["image"],
    &["gate"],
    &["report"],
    &["deploy"],
    &["retrain"],
    &["check"],
    &["plan"],
    &["schema"],
    &["verify"],
    &["compare"],
    &["data"],
    &["data", "profile"],
    &["data", "merge"],
    &["data", "infer"],
    &["data", "drift"],
    &["cache"],
    &["cache", "prune"],
];

/// The shell project, taken to its verdict.
fn approved() -> Project {
    let project = Project::shell();
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    project
}

fn copy(project: &Project, to: &str) {
    let status = project.command("cp").args(["-r", ".modelgate", to]).status().expect("cp");
    assert!(status.success());
}

#[test]
fn help_is_there_for_everybody_with_an_example() {
    let project = Project::empty();
    let help = project.modelgate(&["--help"]);
    assert_eq!(help.code, 0);
    assert!(help.out.contains("Example:"), "{}", help.out);
    let (_, listed) = help.out.split_once("Commands:\n").expect("the commands");
    let listed = listed.lines().take_while(|line| !line.is_empty()).count();
    let names: std::collections::BTreeSet<_> = COMMANDS.iter().map(|words| words[0]).collect();
    assert_eq!(listed, names.len(), "this test knows every command");
    for command in COMMANDS {
        assert!(help.out.contains(&format!("\n  {} ", command[0])), "{command:?} is listed");
        let help = project.modelgate(&[command, &["--help"]].concat());
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{command:?}");
        let (_, example) =
            help.out.split_once("\nExample:\n").unwrap_or_else(|| panic!("{command:?} has an example"));
        assert!(
            example.trim_start().starts_with(&format!("modelgate {}", command[0])),
            "{command:?}: {example}"
        );
    }
    insta::assert_snapshot!("help", help.out);
    assert_eq!(project.modelgate(&["-h"]).code, 0);
}

#[test]
fn the_version_is_that_of_the_package() {
    let said = Project::empty().modelgate(&["--version"]);
    assert_eq!((said.code, said.out), (0, format!("modelgate {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn wrong_usage_is_two_and_says_what_would_be_right() {
    let project = Project::shell();
    let cases: [&[&str]; 6] = [
        &["evalute"],
        &[],
        &["run", "--no-cahce"],
        &["run", "--format", "yaml"],
        &["run", "--quiet", "--verbose"],
        &["cache", "prune", "--max-size", "big"],
    ];
    let mut shown = String::new();
    for words in cases {
        let said = project.modelgate(words);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{words:?}");
        shown += &format!("$ modelgate {}\n{}\n", words.join(" "), said.err);
    }
    assert!(!project.exists(".modelgate"));
    insta::assert_snapshot!("usage", shown);
}

#[test]
fn every_flag_has_a_variable() {
    let project = Project::shell();
    fs::rename(project.path().join("modelgate.yml"), project.path().join("other.yml")).expect("renamed");
    let variables = [
        ("MODELGATE_CONFIG", "other.yml"),
        ("MODELGATE_RUN", "elsewhere"),
        ("MODELGATE_FORMAT", "json"),
        ("MODELGATE_COLOR", "always"),
        ("MODELGATE_CACHE", "../cache"),
    ];
    let said = project.modelgate_with(&["run"], &variables);
    assert_eq!(said.code, 0, "{}", said.err);
    let record: Value = serde_json::from_str(&said.out).expect("the record");
    assert_eq!(record["conclusion"], "approved");
    assert!(said.err.contains('\u{1b}'), "{}", said.err);
    assert!(project.exists("elsewhere/run.json") && !project.exists(".modelgate"));
    assert!(project.exists("../cache") && !project.exists("elsewhere/cache"));

    let said = project.modelgate_with(&["run", "--format", "human"], &variables);
    assert!(said.out.contains("✓"), "a flag goes over its variable: {}", said.out);
    assert!(project.read("elsewhere/run.json").contains("restored"));
    let fresh = [&variables[..], &[("MODELGATE_NO_CACHE", "true"), ("MODELGATE_QUIET", "1")]].concat();
    assert_eq!(project.modelgate_with(&["run"], &fresh).err, "");
    assert!(!project.read("elsewhere/run.json").contains("restored"));
    // An empty variable is none, and what is no choice is refused.
    let mut empty = variables.map(|(name, _)| (name, ""));
    empty[0].1 = "other.yml";
    let said = project.modelgate_with(&["run"], &empty);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(project.exists(".modelgate/run.json"));
    assert_eq!(project.modelgate_with(&["run"], &[("MODELGATE_FORMAT", "xml")]).code, 2);
}

#[test]
fn quiet_says_what_is_wrong_and_verbose_says_more() {
    let project = Project::shell();
    let quiet = project.modelgate(&["run", "--quiet"]);
    assert_eq!((quiet.code, quiet.err.as_str()), (0, ""));
    assert!(quiet.out.contains("approved"));
    project.replace("modelgate.yml", "run: cat", "run: echo progress; exit 9; cat");
    let quiet = project.modelgate(&["run", "-q"]);
    assert_eq!(quiet.code, 11);
    insta::assert_snapshot!("quiet", project.stable(&quiet.err));
    let verbose = project.modelgate_with(&["run", "-v"], &[("GITHUB_TOKEN", "ghs")]);
    assert!(verbose.err.contains("GITHUB_TOKEN"), "{}", verbose.err);
    assert!(!verbose.err.contains("ghs"));
}

#[test]
fn colour_is_asked_for() {
    let project = approved();
    for (words, variables, colored) in [
        (vec!["run"], vec![], false),
        (vec!["run", "--color", "always"], vec![], true),
        (vec!["run"], vec![("GITHUB_ACTIONS", "true")], true),
        (vec!["run"], vec![("GITHUB_ACTIONS", "true"), ("NO_COLOR", "1")], false),
        (vec!["run", "--color", "never"], vec![("CLICOLOR_FORCE", "1")], false),
    ] {
        let said = project.modelgate_with(&words, &variables);
        assert_eq!(said.out.contains('\u{1b}'), colored, "{words:?} {variables:?}");
        assert_eq!(said.err.contains('\u{1b}'), colored, "{words:?} {variables:?}");
    }
}

#[test]
fn a_step_alone_shows_what_it_found() {
    let project = Project::shell();
    project.replace("modelgate.yml", "python: []", "python: ['*.py']");
    project.file("train.py", "x = = 1\n");
    let human = project.modelgate(&["lint"]);
    assert_eq!(human.code, 11);
    insta::assert_snapshot!("lint", human.shown(&project));
    let json = project.modelgate(&["lint", "--format", "json"]);
    assert_eq!(json.code, 11);
    assert_eq!(serde_json::from_str::<Value>(&json.out).expect("the record"), project.record());
    let test = project.modelgate(&["test"]);
    assert_eq!(test.code, 0);
    insta::assert_snapshot!("test_not_configured", test.shown(&project));
}

#[test]
fn check_says_that_a_file_is_valid_and_writes_nothing() {
    let project = Project::shell();
    let said = project.modelgate(&["check"]);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "modelgate.yml is valid\n", ""));
    assert!(!project.exists(".modelgate"));
}

#[test]
fn the_plan_foresees_what_the_run_will_do() {
    let project = Project::shell();
    let mut shown = String::new();
    let mut look = |title: &str| {
        let said = project.modelgate(&["plan"]);
        assert_eq!((said.code, said.err.as_str()), (0, ""));
        shown += &format!("{title}\n{}\n", project.stable(&said.out));
        let json = project.modelgate(&["plan", "--format", "json"]);
        let plan: Value = serde_json::from_str(&json.out).expect("the plan is JSON");
        let intents = plan["steps"].as_array().expect("steps").iter();
        intents.map(|step| step["intent"].as_str().expect("a word").to_owned()).collect::<Vec<_>>().join(" ")
    };
    let acts = |expected: &str| {
        assert_eq!(project.modelgate(&["run"]).code, 0);
        assert!(project.outcomes().contains(expected), "{}", project.outcomes());
    };
    assert_eq!(look("at first"), "skip skip run run run run");
    assert!(!project.exists(".modelgate/run.json"), "a plan is only a plan");
    acts("train passed, evaluate passed");
    assert_eq!(look("nothing has changed"), "skip skip restore restore run run");
    acts("train restored, evaluate restored");
    project.file("scores.json", "{\"accuracy\": 0.91}\n");
    assert_eq!(look("what evaluate reads has changed"), "skip skip restore run run run");
    acts("train restored, evaluate passed");
    project.file("params.txt", "depth 9\n");
    assert_eq!(look("what train reads has changed"), "skip skip run run run run");
    acts("train passed, evaluate passed");
    project.file("model.bin", "spoilt");
    assert_eq!(look("an output was spoilt"), "skip skip restore restore run run");
    acts("train restored, evaluate restored");
    fs::remove_file(project.path().join("data.csv")).expect("removed");
    assert_eq!(look("an input is gone"), "skip skip run run run run");
    insta::assert_snapshot!("plan", shown);
}

#[test]
fn the_schema_is_json_and_knows_every_section() {
    let said = Project::empty().modelgate(&["schema"]);
    assert_eq!(said.code, 0);
    let schema: Value = serde_json::from_str(&said.out).expect("JSON");
    for section in ["lint", "test", "train", "evaluate", "gate"] {
        assert!(schema["properties"][section].is_object(), "{section}");
    }
}

#[test]
fn a_bundle_is_verified_to_its_last_byte() {
    let project = approved();
    let whole = project.modelgate(&["verify", ".modelgate/bundle.zip"]);
    assert_eq!(
        (whole.code, whole.out.as_str()),
        (0, "verified: .modelgate/bundle.zip, of a run that was approved\n")
    );
    let bytes = fs::read(project.path().join(".modelgate/bundle.zip")).expect("the bundle");
    let last = bytes.len() - 1;
    for at in (0..last).step_by(bytes.len() / 60).chain([last]) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        project.file("flipped.zip", &flipped);
        let said = project.modelgate(&["verify", "flipped.zip"]);
        assert_eq!(said.code, 11, "byte {at}: {}{}", said.out, said.err);
    }
    let mut shown = String::new();
    for (name, content) in [("cut.zip", &bytes[..bytes.len() / 2]), ("empty.zip", &[][..])] {
        project.file(name, content);
        let said = project.modelgate(&["verify", name]);
        assert_eq!(said.code, 11, "{}", said.err);
        shown += &said.shown(&project);
    }
    let none = project.modelgate(&["verify", "none.zip"]);
    assert_eq!(none.code, 1);
    insta::assert_snapshot!("verify_bundle", shown + &none.shown(&project));
}

#[test]
fn outputs_are_verified_against_the_record() {
    let project = Project::shell();
    let none = project.modelgate(&["verify"]);
    assert_eq!(none.code, 1);
    let mut shown = none.shown(&project);
    assert!(!project.exists(".modelgate"), "to look leaves nothing");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    assert_eq!(project.modelgate(&["verify"]).code, 0);
    project.file("model.bin", "another model");
    let changed = project.modelgate(&["verify"]);
    assert_eq!(changed.code, 11);
    shown += &changed.shown(&project);
    fs::remove_file(project.path().join("model.bin")).expect("removed");
    let gone = project.modelgate(&["verify"]);
    assert_eq!(gone.code, 11);
    shown += &gone.shown(&project);
    insta::assert_snapshot!("verify_outputs", shown);
}

#[test]
fn the_cache_is_pruned_as_asked() {
    let project = Project::shell();
    let prune = |words: &[&str]| {
        let said = project.modelgate(&[&["cache", "prune"], words].concat());
        assert_eq!(said.code, 0, "{}", said.err);
        said.out
    };
    let restores = || {
        let plan = project.modelgate(&["plan"]).out;
        plan.matches("restore ").count()
    };
    assert_eq!(prune(&[]), "removed 0 entries and freed 0 B; 0 B are left\n");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    prune(&[]);
    prune(&["--unused-for", "1h"]);
    prune(&["--max-size", "1GB"]);
    assert_eq!(restores(), 2, "what was used just now stays");
    assert!(prune(&["--max-size", "0"]).starts_with("removed 2 entries"));
    assert_eq!(restores(), 0);
    assert_eq!(project.modelgate(&["run"]).code, 0);
    assert!(prune(&["--unused-for", "0s"]).starts_with("removed 2 entries"));
    assert_eq!(project.modelgate(&["run"]).code, 0);
    assert!(prune(&["--all"]).starts_with("removed 2 entries"));
    assert_eq!(project.modelgate(&["cache", "prune", "--all", "--max-size", "1GB"]).code, 2);
    assert_eq!(project.modelgate(&["verify"]).code, 0, "the outputs themselves are left alone");
}

#[test]
fn a_record_is_replayed_where_it_was_brought() {
    let project = approved();
    copy(&project, "../artifacts");
    fs::remove_dir_all(project.path().join(".modelgate")).expect("removed");
    project.replace("modelgate.yml", "run: cat", "run: exit 1; cat");
    for named in ["../artifacts", "../artifacts/run.json"] {
        for word in ["gate", "report"] {
            let said = project.modelgate(&[word, "--run", named]);
            assert_eq!(said.code, 0, "{word} {named}: {}{}", said.out, said.err);
        }
    }
    assert!(!project.exists(".modelgate"), "what was named is what is used");
    project.replace("modelgate.yml", "min: 0.85", "min: 0.99");
    let said = project.modelgate(&["gate", "--run", "../artifacts/run.json"]);
    assert_eq!(said.code, 10);
    insta::assert_snapshot!(
        "gate_replayed",
        project.stable(&said.out).replace("../artifacts", "[artifacts]")
    );
    let said = project.modelgate(&["report", "--run", "../artifacts"]);
    assert_eq!(said.code, 10, "a report ends as the run would have: {}", said.out);
    assert!(project.read("../artifacts/report.md").contains("rejected"));
}

#[test]
fn a_record_is_replayed_where_the_outputs_are_not() {
    let project = approved();
    fs::remove_file(project.path().join("model.bin")).expect("removed");
    let gate = project.modelgate(&["gate"]);
    assert_eq!(gate.code, 0, "the evidence is in the record: {}", gate.out);
    let report = project.modelgate(&["report"]);
    insta::assert_snapshot!("report_without_outputs", report.shown(&project));
    assert_eq!(project.record()["conclusion"], "approved");
    let markdown = project.read(".modelgate/report.md");
    assert!(markdown.contains("bundle-not-packed"), "the report says so too: {markdown}");
    assert!(!project.exists(".modelgate/bundle.zip"));

    project.file("model.bin", "another model");
    let report = project.modelgate(&["report"]);
    assert_eq!(report.code, 1, "what is there must be what was judged: {}", report.out);
    assert_eq!(project.record()["conclusion"], "faulted");
    let markdown = project.read(".modelgate/report.md");
    assert!(markdown.contains("faulted: report: "), "the report says so too: {markdown}");
}

#[test]
fn what_was_not_judged_is_not_approved() {
    let project = Project::shell();
    for word in ["gate", "report"] {
        let said = project.modelgate(&[word]);
        assert_eq!(said.code, 1, "{word} without a record");
        insta::assert_snapshot!(format!("{word}_without_record"), said.shown(&project));
    }
    assert!(!project.exists(".modelgate"));
    assert_eq!(project.modelgate(&["train"]).code, 0);
    let report = project.modelgate(&["report"]);
    assert_eq!(report.code, 10, "{}", report.out);
    insta::assert_snapshot!("report_without_gate", report.shown(&project));
    let gate = project.modelgate(&["gate", "--format", "json"]);
    assert_eq!(gate.code, 10);
    let record: Value = serde_json::from_str(&gate.out).expect("the record");
    assert_eq!(record["verdict"], Value::Null);
    assert!(outcomes(&record).contains("gate failed"), "{}", outcomes(&record));
}

#[test]
fn who_cannot_read_what_is_said_still_has_the_exit_code() {
    let project = Project::shell();
    let run = |redirection: &str, words: &str| {
        let script = format!("'{}' {words} {redirection}", common::MODELGATE);
        project.command("sh").args(["-c", &script]).status().expect("sh").code()
    };
    for redirection in ["2> /dev/full", "2>&-"] {
        assert_eq!(run(redirection, "run"), Some(0), "{redirection}");
        assert_eq!(run(redirection, "check --config none.yml"), Some(3), "{redirection}");
        assert_eq!(run(redirection, "gate --run none"), Some(1), "{redirection}");
    }
    assert_eq!(run("> /dev/full 2> err", "check"), Some(1), "what was asked for was not delivered");
    assert!(project.read("err").contains("failed to write to standard output"));
    assert_eq!(run("| true", "schema"), Some(0));
}

#[test]
fn another_model_is_not_judged_by_the_evidence_of_the_first() {
    let project = approved();
    assert_eq!(project.modelgate(&["gate"]).code, 0);
    project.file("model.bin", "another model");
    let swapped = project.modelgate(&["gate"]);
    assert_eq!(swapped.code, 10, "{}", swapped.out);
    assert_eq!(project.record()["verdict"], Value::Null);
    assert_eq!(project.record()["steps"][4]["findings"][0]["code"], "unproven");
    insta::assert_snapshot!("gate_of_another_model", swapped.shown(&project));
    fs::remove_file(project.path().join("model.bin")).expect("removed");
    assert_eq!(project.modelgate(&["gate"]).code, 0, "the evidence is in the record");
    fs::create_dir(project.path().join("model.bin")).expect("a folder");
    assert_eq!(project.modelgate(&["gate"]).code, 10);
}
