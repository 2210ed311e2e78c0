//! From a project without a configuration to its first verdict.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

use common::Project;
use serde_json::Value;

/// A project that trains and evaluates with shell scripts.
fn scripts() -> Project {
    let project = Project::empty();
    project.file("train.sh", "echo model > model.bin\n");
    project.file("evaluate.sh", "test -f model.bin && echo '{\"accuracy\": 0.9}' > metrics.json\n");
    project
}

#[test]
fn what_init_writes_runs() {
    let project = scripts();
    let said = project.modelgate(&["init"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.starts_with("wrote modelgate.yml\n"), "{}", said.out);
    let said = project.modelgate(&["doctor"]);
    assert!(said.code == 0 && said.out.contains("TODOs are left in modelgate.yml"), "{}", said.out);
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    // The bound follows the first measurement.
    assert_eq!(project.modelgate(&["init", "--force"]).code, 0);
    assert!(project.read("modelgate.yml").contains("accuracy: { min: 0.88 }"));
}

#[test]
fn init_replaces_nothing_unasked() {
    let project = scripts();
    project.file("modelgate.yaml", "mine");
    let said = project.modelgate(&["init"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("modelgate.yaml: it is there already\n  help: "), "{}", said.err);
    let said = project.modelgate(&["init", "--stdout"]);
    assert!(said.code == 0 && said.out.contains("run: bash train.sh"), "{}", said.out);
    assert_eq!(project.read("modelgate.yaml"), "mine");
    assert!(!project.exists("modelgate.yml"));
}

#[test]
fn doctor_ends_with_eleven_when_a_run_could_not_succeed() {
    let project = scripts();
    assert_eq!(project.modelgate(&["init"]).code, 0);
    project.replace("modelgate.yml", "bash train.sh", "no-such-program train.sh");
    let said = project.modelgate(&["doctor", "--format", "json"]);
    assert_eq!(said.code, 11, "{}{}", said.out, said.err);
    let checks: Value = serde_json::from_str(&said.out).expect("it is JSON");
    let broken: Vec<&Value> =
        checks.as_array().unwrap().iter().filter(|check| check["health"] == "broken").collect();
    assert_eq!(broken.len(), 1, "{checks:#}");
    assert_eq!(broken[0]["name"], "programs");
    let said = project.modelgate(&["doctor"]);
    assert!(said.out.contains("✗ programs       «no-such-program» was not found"), "{}", said.out);
}

#[test]
fn init_writes_the_include_for_gitlab_and_changes_no_file_that_is_there() {
    let project = scripts();
    project.file("requirements.txt", "# nothing\n");
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.git(&["remote", "add", "origin", "git@gitlab.example:team/churn.git"]);
    let said = project.modelgate(&["init"]);
    assert!(said.code == 0 && said.out.contains("modelgate init --gitlab"), "{}", said.out);
    let configured = project.read("modelgate.yml");

    let said = project.modelgate(&["init", "--gitlab"]);
    assert_eq!((said.code, &*said.out), (0, "wrote .gitlab-ci.yml\n"), "{}", said.err);
    assert_eq!(project.read("modelgate.yml"), configured);
    let written = project.read(".gitlab-ci.yml");
    assert_eq!(written, project.modelgate(&["init", "--gitlab", "--stdout"]).out);
    assert!(written.contains("- pip install --requirement requirements.txt\n"), "{written}");

    let said = project.modelgate(&["init", "--gitlab"]);
    assert_eq!((said.code, &*said.out), (0, ".gitlab-ci.yml includes modelgate already\n"));
    project.file(".gitlab-ci.yml", "stages: [test]\n");
    let said = project.modelgate(&["init", "--gitlab", "--force"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert_eq!(project.read(".gitlab-ci.yml"), "stages: [test]\n");
    insta::assert_snapshot!(said.shown(&project));
}

#[test]
fn init_in_a_folder_writes_the_include_at_the_top() {
    let project = Project::shell();
    project.file("models/churn/train.py", "open('model.bin', 'w')\n");
    project.file("models/churn/pyproject.toml", "[project]\nname = \"churn\"\n");
    let said = project.modelgate(&["init", "--gitlab", "--config", "models/churn/modelgate.yml"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(said.out.starts_with("wrote .gitlab-ci.yml\nwrote models/churn/modelgate.yml\n"), "{}", said.out);
    let written = project.read(".gitlab-ci.yml");
    assert!(written.contains("      config: models/churn/modelgate.yml\n"), "{written}");
    assert!(written.contains("(cd models/churn && pip install .)"), "{written}");
}
