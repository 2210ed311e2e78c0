//! What docs/action.md says, and what the files of the action say of each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use regex::Regex;
use serde_json::{Value, json};

use crate::common::pages::{blocks, read, table};
use crate::common::{MODELGATE, Project, node_modules, said, skip, tool};
use crate::runner::{Runner, payload};

fn action() -> Value {
    serde_yaml::from_str(&read("action.yml")).unwrap()
}

/// The workflows in a document.
fn workflows(text: &str) -> Vec<String> {
    blocks(text).into_iter().filter(|block| block.contains("\njobs:\n")).collect()
}

#[test]
fn the_inputs_are_those_of_the_document() {
    let action = action();
    let inputs = action["inputs"].as_object().unwrap().iter();
    let inputs: BTreeMap<String, String> = inputs
        .map(|(name, input)| {
            let default = input["default"].as_str().expect("a default, because none is required");
            (name.clone(), if default.is_empty() { String::new() } else { format!("`{default}`") })
        })
        .collect();
    assert_eq!(table(&read("docs/action.md"), "Inputs"), inputs);
}

#[test]
fn the_outputs_are_those_of_the_document() {
    let action = action();
    let outputs: BTreeSet<String> = action["outputs"].as_object().unwrap().keys().cloned().collect();
    let told: BTreeSet<String> = table(&read("docs/action.md"), "Outputs").into_keys().collect();
    assert_eq!(told, outputs);
    let written: BTreeSet<String> = table(&read("docs/github.md"), "Outputs").into_keys().collect();
    assert!(
        written.len() >= 5 && written.is_subset(&outputs),
        "what modelgate writes is handed on: {written:?}"
    );
    for (name, output) in action["outputs"].as_object().unwrap() {
        let step = if name == "version" { "install" } else { "run" };
        assert_eq!(output["value"], json!(format!("${{{{ steps.{step}.outputs.{name} }}}}")));
    }
}

#[test]
fn the_version_is_that_of_the_program_and_the_table_is_whole() {
    assert_eq!(read(".github/action/version.txt").trim(), env!("CARGO_PKG_VERSION"));
    let row = Regex::new(r"^\d+\.\d+\.\d+\S* [a-z0-9_-]+ [0-9a-f]{64}$").unwrap();
    for line in read(".github/action/versions.txt").lines().filter(|line| !line.starts_with('#')) {
        assert!(row.is_match(line), "{line}");
    }
}

#[test]
fn every_action_is_pinned_and_everywhere_to_the_same_commit() {
    let uses = Regex::new(r"(?m)^\s*(?:- )?uses: (.+)$").unwrap();
    let pinned = Regex::new(r"^([\w-]+/[\w-]+)\S*@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$").unwrap();
    let mut ours = vec![String::from("action.yml"), String::from("docs/action.md")];
    for entry in fs::read_dir(format!("{}/.github/workflows", env!("CARGO_MANIFEST_DIR"))).unwrap() {
        ours.push(format!(".github/workflows/{}", entry.unwrap().file_name().to_string_lossy()));
    }
    let mut commits = BTreeMap::new();
    for path in ours {
        for found in uses.captures_iter(&read(&path)) {
            let value = &found[1];
            if value.starts_with("$/") || (path.starts_with("docs/") && value.starts_with("modelgate/")) {
                continue;
            }
            let pin = pinned.captures(value).unwrap_or_else(|| panic!("{path}: {value}"));
            let pin_of_action = (pin[2].to_owned(), pin[3].to_owned());
            let known = commits.entry(pin[1].to_owned()).or_insert_with(|| pin_of_action.clone());
            assert_eq!(*known, pin_of_action, "{path}: {value}");
        }
    }
    assert!(commits.len() >= 6, "{commits:?}");
}

#[test]
fn the_workflows_in_the_documents_are_workflows() {
    let (Some(schema), Some(actionlint)) = (tool("check-jsonschema"), tool("actionlint")) else {
        return skip("the_workflows_in_the_documents_are_workflows", "check-jsonschema is not installed");
    };
    let project = Project::empty();
    let mut names = Vec::new();
    for path in ["README.md", "docs/action.md", "docs/github.md", "docs/image.md", "docs/deploy.md"] {
        for (index, workflow) in workflows(&read(path)).into_iter().enumerate() {
            let name = format!("{}-{index}.yml", path.replace('/', "-"));
            project.file(&name, workflow);
            names.push(name);
        }
    }
    assert!(names.len() >= 6, "{names:?}");
    let mut command = project.command(schema);
    command.args(["--builtin-schema", "vendor.github-workflows"]).args(&names);
    let valid = said(command.output().unwrap());
    assert_eq!(valid.code, 0, "{}{}", valid.out, valid.err);
    let linted =
        said(project.command(actionlint).args(["-no-color", "-shellcheck="]).args(&names).output().unwrap());
    assert_eq!(linted.code, 0, "{}{}", linted.out, linted.err);
}

#[test]
fn the_recipe_for_forks_reports_what_the_fork_found_and_runs_nothing_of_it() {
    let test = "the_recipe_for_forks_reports_what_the_fork_found_and_runs_nothing_of_it";
    let recipe = workflows(&read("docs/action.md"));
    let of = |name: &str| {
        let workflow = recipe.iter().find(|text| text.starts_with(&format!("name: {name}\n"))).expect(name);
        let local = format!("uses: ./\n        with:\n          binary-path: {MODELGATE}\n");
        workflow.replace("uses: modelgate/modelgate@v0.1.0\n        with:\n", &local)
    };
    let workflows = [("judge.yml", of("model-of-pull-request")), ("report.yml", of("check-of-pull-request"))];
    let workflows = workflows.each_ref().map(|(name, text)| (*name, &**text));
    let (Some(runner), Some(modules)) =
        (Runner::with_workflows(Project::shell(), &workflows), node_modules())
    else {
        return skip(test, "act or tests/node is not installed");
    };
    runner.project.file("scores.json", "{\"accuracy\": 0.8}");
    runner.project.commit("From a fork");
    let judged = runner.act("pull_request", &payload(&modules, "pull_request"));
    assert_eq!(judged.code, 1, "{}", judged.out);
    let record = runner.record("modelgate");
    assert_eq!(record["conclusion"], "rejected");

    // The default branch has better scores, and a training that would be seen.
    runner.project.file("scores.json", "{\"accuracy\": 0.9}");
    runner.project.replace("modelgate.yml", "run: cat", "run: touch \"$KEPT/trained\"; cat");
    runner.project.commit("The default branch");
    let reported = runner.act("workflow_run", &payload(&modules, "workflow_run"));
    assert_eq!(reported.code, 1, "{}", reported.out);
    assert!(reported.out.contains("Summary - ❌ **rejected"), "{}", reported.out);
    assert!(reported.out.contains(record["id"].as_str().unwrap()), "{}", reported.out);
    assert!(!runner.kept("trained").exists());
}

#[test]
fn the_workflows_to_call_are_called_and_tell_their_outputs() {
    // act knows neither other repositories nor `$/`.
    let here = |text: &str| {
        let text = text.replace("uses: $/.github", "uses: ./.github").replace("uses: $/.\n", "uses: ./\n");
        text.replace(
            "modelgate/modelgate/.github/workflows/train.yml@v0.1.0",
            "./.github/workflows/train.yml",
        )
    };
    let inputs = |text: &str| {
        let requirements = "      requirements: requirements.txt\n";
        assert!(text.contains(requirements));
        text.replace(requirements, &format!("      binary-path: {MODELGATE}\n"))
    };
    let document = read("docs/action.md");
    let caller = workflows(&document).into_iter().find(|text| text.starts_with("name: train\n")).unwrap();
    let (train, retrain) = (read(".github/workflows/train.yml"), read(".github/workflows/retrain.yml"));
    let retrain =
        retrain.replace("      command: run", &format!("      binary-path: {MODELGATE}\n      command: run"));
    let retrain = retrain
        .replace("|| 'requirements.txt'", "|| ''")
        .replace("'examples/breast-cancer'", "'models/churn'");
    let files =
        [("main.yml", here(&inputs(&caller))), ("train.yml", here(&train)), ("retrain.yml", here(&retrain))];
    let project = Project::shell();
    for name in ["modelgate.yml", "params.txt", "data.csv", "scores.json"] {
        project.file(&format!("models/churn/{name}"), project.read(name));
    }
    let files = files.each_ref().map(|(name, text)| (*name, &**text));
    let Some(runner) = Runner::with_workflows(project, &files) else {
        return skip("the_workflows_to_call_are_called_and_tell_their_outputs", "act is not installed");
    };
    let said = runner.act("push", &json!({}));
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("| shipping {\"accuracy\":0.9}"), "{}", said.out);
    let train = |runner: &Runner| runner.record("modelgate")["steps"][2]["because"].clone();
    assert_eq!(train(&runner), "the cache holds no earlier run of it");
    assert_eq!(fs::read_to_string(runner.kept("python")).unwrap(), "3.12\n");

    for (event, payload) in [
        ("workflow_dispatch", json!({ "inputs": { "reason": "drift", "engine": "as configured" } })),
        ("schedule", json!({ "schedule": "17 3 * * 1" })),
        ("repository_dispatch", json!({ "action": "retrain", "client_payload": { "reason": "drift" } })),
    ] {
        let said = runner.act(event, &payload);
        assert_eq!(said.code, 0, "{event}: {}{}", said.out, said.err);
        assert_eq!(train(&runner), "--no-cache asks to make it anew", "{event}");
        assert_eq!(runner.record("modelgate")["context"]["event"], event);
    }
    runner.project.file("models/churn/scores.json", "{\"accuracy\": 0.8}");
    runner.project.commit("Worse");
    let said = runner.act("push", &json!({}));
    assert_eq!((said.code, said.out.contains("shipping")), (1, false), "{}", said.out);
}

#[test]
fn npm_and_pip_are_told_no_registry() {
    for path in ["tests/node/package-lock.json", "tests/node/package.json", "tests/requirements-tools.txt"] {
        let text = read(path);
        assert!(!text.contains("\"resolved\"") && !text.contains("--index"), "{path}");
    }
    let listed =
        Command::new("git").args(["ls-files", "tests/node"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    assert!(!said(listed.unwrap()).out.contains("node_modules"));
}
