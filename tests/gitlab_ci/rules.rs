//! Which pipelines have which jobs.

use crate::common::Project;
use crate::runner::Runner;

/// What a pipeline of a merge request has and what it lacks.
const MERGE_REQUEST: [(&str, &str); 3] =
    [("CI_COMMIT_BRANCH", ""), ("CI_MERGE_REQUEST_IID", "7"), ("CI_COMMIT_REF_SLUG", "wider")];

const BRANCH: [(&str, &str); 1] = [("CI_COMMIT_BRANCH", "wider")];

const TAG: [(&str, &str); 2] = [("CI_COMMIT_BRANCH", ""), ("CI_COMMIT_TAG", "v1")];

const ASKED: [(&str, &str); 1] = [("MODELGATE_RETRAIN", "true")];

/// What a pipeline is given that is to ship something.
const SHIPPING: [(&str, &str); 1] = [("MODELGATE_APPROVAL", "sha256:ab")];

/// The jobs of a pipeline, as one word each; what is begun by hand in brackets.
fn jobs(runner: &Runner, source: &str, variables: &[(&str, &str)]) -> String {
    let word = |(name, when): (String, String)| {
        let name = name.trim_start_matches("model-").to_owned();
        if when == "manual" { format!("({name})") } else { name }
    };
    runner.jobs(source, variables).into_iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_source_of_pipelines_has_its_jobs() {
    let test = "each_source_of_pipelines_has_its_jobs";
    let Some(runner) = Runner::new(test, Project::shell(), "deploy-environment: production") else { return };
    for (source, variables, expected) in [
        ("merge_request_event", &MERGE_REQUEST[..], "gate"),
        ("push", &[], "gate deploy (retrain)"),
        // Its merge request judges it; both would be twice.
        ("push", &BRANCH, ""),
        ("push", &TAG, ""),
        ("schedule", &[], "gate deploy (retrain)"),
        ("web", &[], "gate deploy (retrain)"),
        ("web", &BRANCH, "gate"),
        ("trigger", &[], "gate deploy (retrain)"),
        ("pipeline", &[], "gate deploy (retrain)"),
        ("api", &[], "gate deploy (retrain)"),
        // What was asked for needs no button.
        ("web", &ASKED, "gate deploy"),
        ("trigger", &ASKED, "gate deploy"),
        ("pipeline", &SHIPPING, ""),
        ("trigger", &SHIPPING, ""),
        ("external_pull_request_event", &[], ""),
        ("chat", &[], ""),
        ("parent_pipeline", &[], ""),
    ] {
        assert_eq!(jobs(&runner, source, variables), expected, "{source} {variables:?}");
    }
}

#[test]
fn no_environment_and_no_retraining_are_no_jobs() {
    let test = "no_environment_and_no_retraining_are_no_jobs";
    let Some(runner) = Runner::new(test, Project::shell(), "retrain: never") else { return };
    for variables in [&[][..], &ASKED] {
        assert_eq!(jobs(&runner, "web", variables), "gate", "{variables:?}");
    }
    let Some(runner) = Runner::new(test, Project::shell(), "") else { return };
    assert_eq!(jobs(&runner, "push", &[]), "gate (retrain)");
}

#[test]
fn only_what_is_asked_for_trains_anew() {
    let test = "only_what_is_asked_for_trains_anew";
    for (retrain, pipelines) in [
        // Nobody trains anew by what a merge request or a push brings.
        (
            "asked",
            &[
                ("schedule", false, false),
                ("schedule", true, true),
                ("push", true, false),
                ("merge_request_event", true, false),
            ][..],
        ),
        ("scheduled", &[("schedule", false, true), ("web", false, false)]),
        ("never", &[("schedule", true, false)]),
    ] {
        let Some(mut runner) = Runner::new(test, Project::shell(), &format!("retrain: {retrain}")) else {
            return;
        };
        // What is made here is restored, unless it is to be made anew.
        assert_eq!(runner.pipeline("push").said.code, 0);
        for &(source, is_asked, is_anew) in pipelines {
            runner = runner.variable("MODELGATE_RETRAIN", if is_asked { ASKED[0].1 } else { "" });
            let pipeline = runner.pipeline(source);
            assert_eq!(pipeline.said.code, 0, "{}", pipeline.log());
            let expected = if is_anew { "passed" } else { "restored" };
            assert_eq!(runner.record()["steps"][2]["outcome"], expected, "{retrain} {source} {is_asked}");
        }
    }
}
