//! What the action tells GitHub, here a fake one, when its workflow has a token.

use std::path::Path;

use regex::Regex;
use serde_json::{Value, json};

use crate::common::pages::{blocks, read};
use crate::common::{MODELGATE, Project, node_modules, skip};
use crate::fake::Fake;
use crate::runner::{Runner, payload};
use crate::verdict;

/// A runner whose jobs speak with a GitHub.
fn connected(runner: Option<Runner>) -> Option<(Runner, Fake)> {
    let mut runner = runner?;
    let github = Fake::start();
    runner.variables.push(("GITHUB_API_URL".into(), github.base.clone()));
    runner.token = Some("the-token".into());
    runner.project.git(&["remote", "add", "origin", "https://github.com/acme/churn.git"]);
    Some((runner, github))
}

fn head(project: &Project) -> String {
    project.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

/// GitHub's example of an event, of our repository.
fn of_ours(mut payload: Value) -> Value {
    payload["repository"]["full_name"] = "acme/churn".into();
    payload["repository"]["default_branch"] = "main".into();
    payload
}

/// A push of a commit.
fn push_of(modules: &Path, commit: &str) -> Value {
    let mut payload = of_ours(payload(modules, "push"));
    payload["after"] = commit.into();
    payload["head_commit"]["id"] = commit.into();
    payload
}

/// The one check that there is.
fn check(github: &Fake) -> Value {
    let state = github.state();
    assert_eq!(state.checks.len(), 1, "{:?}", state.kinds());
    state.checks[0].clone()
}

#[test]
fn the_check_is_on_the_commit_of_the_event() {
    let test = "the_check_is_on_the_commit_of_the_event";
    let Some(modules) = node_modules() else { return skip(test, "tests/node is not installed") };
    for (event, file, text, code, conclusion, told) in [
        ("push", "scores.json", "{\"accuracy\": 0.9}", 0, "success", "✅ **approved"),
        ("push", "scores.json", "{\"accuracy\": 0.8}", 10, "failure", "❌ **rejected"),
        ("push", "bad.py", "x = = 1\n", 11, "failure", "❌ **failed"),
        ("schedule", "scores.json", "{\"accuracy\": 0.9}", 0, "success", "✅ **approved"),
        ("workflow_dispatch", "scores.json", "{\"accuracy\": 0.8}", 10, "failure", "❌ **rejected"),
        ("pull_request", "scores.json", "{\"accuracy\": 0.9}", 0, "success", "✅ **approved"),
        ("pull_request", "scores.json", "{\"accuracy\": 0.8}", 10, "failure", "❌ **rejected"),
        ("pull_request", "bad.py", "x = = 1\n", 11, "failure", "❌ **failed"),
    ] {
        let project = Project::shell();
        project.replace("modelgate.yml", "lint:\n  python: []\n", "");
        let runner = Runner::new(project, "token: ${{ github.token }}");
        let Some((runner, github)) = connected(runner) else { return skip(test, "act is not installed") };
        runner.project.file(file, text);
        runner.project.commit("Change it");
        let mut payload = match event {
            "schedule" => of_ours(json!({ "schedule": "17 3 * * 1", "repository": {} })),
            event => of_ours(payload(&modules, event)),
        };
        let commit = head(&runner.project);
        if event == "pull_request" {
            payload["pull_request"]["head"]["sha"] = commit.as_str().into();
            payload["pull_request"]["head"]["repo"]["full_name"] = "acme/churn".into();
            runner.project.commit("The merge commit");
            assert_ne!(head(&runner.project), commit);
        }
        github.state().commits.push(commit.clone());
        let said = runner.act(event, &payload);
        let about = format!("{event} {conclusion}: {}{}", said.out, said.err);
        assert_eq!(said.code, i32::from(code != 0), "{about}");
        assert_eq!(said.out.contains(&format!("] exit status {code}")), code != 0, "{about}");
        assert!(verdict(&said.out).starts_with(told), "{about}");
        let check = check(&github);
        assert_eq!(check["name"], "model-metrics");
        assert_eq!(
            (&check["status"], &check["conclusion"]),
            (&json!("completed"), &json!(conclusion)),
            "{about}"
        );
        assert_eq!(check["head_sha"], commit.as_str(), "{about}");
        assert!(check["output"]["summary"].as_str().unwrap().starts_with(told), "{check}");
        assert_eq!(runner.outputs()["check-run-id"], "1000");
        let annotations = check["output"]["annotations"].as_array().unwrap();
        assert_eq!(annotations.iter().any(|it| it["path"] == "bad.py"), code == 11, "{check}");
        assert!(!about.contains("the-token"), "{about}");
    }
}

#[test]
fn the_first_screen_of_the_readme_judges_and_ships() {
    let test = "the_first_screen_of_the_readme_judges_and_ships";
    let readme = blocks(&read("README.md"));
    let [config, workflow] = &readme[..2] else { panic!("two files") };
    let action = "      - uses: modelgate/modelgate@v0.1.0\n";
    assert!(workflow.contains(action), "{workflow}");
    let here = format!("      - uses: ./\n        with: {{ binary-path: {MODELGATE} }}\n");
    let workflow = workflow.replace(action, &here);
    let project = Project::of_readme(config);
    let runner = Runner::with_workflows(project, &[("model.yml", &workflow)]);
    let (Some((mut runner, github)), Some(modules)) = (connected(runner), node_modules()) else {
        return skip(test, "act or tests/node is not installed");
    };
    for (name, value) in [("PIP_NO_INDEX", "1"), ("PIP_DISABLE_PIP_VERSION_CHECK", "1")] {
        runner.variables.push((name.into(), value.into()));
    }
    let commit = head(&runner.project);
    github.state().commits.push(commit.clone());
    let said = runner.act("push", &push_of(&modules, &commit));
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(verdict(&said.out).starts_with("✅ **approved"), "{}", said.out);
    let check = check(&github);
    assert_eq!((&check["conclusion"], &check["head_sha"]), (&json!("success"), &json!(commit)));
    assert!(check["output"]["summary"].as_str().unwrap().contains("production"), "{check}");

    let state = github.state();
    let [(deployment, _)] = &state.deployments[..] else { panic!("{:?}", state.kinds()) };
    assert_eq!((&deployment["environment"], &deployment["ref"]), (&json!("production"), &json!(commit)));
    let digest = deployment["payload"]["modelgate"]["outputs"]["model.joblib"].as_str().unwrap();
    assert!(Regex::new("^sha256:[0-9a-f]{64}$").unwrap().is_match(digest), "{deployment}");
    let states: Vec<&Value> = state.statuses.iter().map(|(_, status)| &status["state"]).collect();
    assert_eq!((states.first(), states.last()), (Some(&&json!("in_progress")), Some(&&json!("success"))));
    let [(name, dispatch)] = &state.runs[..] else { panic!("{:?}", state.kinds()) };
    assert_eq!((name.as_str(), &dispatch["ref"]), ("deploy.yml", &json!("main")));
    assert_eq!(dispatch["inputs"]["commit"], commit.as_str());
    assert_eq!(dispatch["inputs"]["environment"], "production");
    assert!(dispatch["inputs"]["outputs"].as_str().unwrap().contains(digest), "{dispatch}");
    drop(state);

    // The job runs again, and then with a model that is worse.
    runner.variables.push(("GITHUB_RUN_ATTEMPT".into(), "2".into()));
    let said = runner.act("push", &push_of(&modules, &commit));
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    runner.project.replace("evaluate.py", "0.9", "0.8");
    runner.project.commit("Worse");
    let worse = head(&runner.project);
    github.state().commits.insert(0, worse.clone());
    let said = runner.act("push", &push_of(&modules, &worse));
    assert_eq!(said.code, 1, "{}{}", said.out, said.err);
    assert!(verdict(&said.out).starts_with("❌ **rejected"), "{}", said.out);
    let state = github.state();
    let ends: Vec<(&Value, &Value)> =
        state.checks.iter().map(|check| (&check["head_sha"], &check["conclusion"])).collect();
    let [first, second] = [(json!(commit), json!("success")), (json!(worse), json!("failure"))];
    assert_eq!(ends, [(&first.0, &first.1), (&second.0, &second.1)]);
    assert_eq!(
        (state.deployments.len(), state.runs.len()),
        (1, 1),
        "nothing is shipped twice, and nothing bad"
    );
}
