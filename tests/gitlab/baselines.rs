//! What a run is compared with on GitLab: the records among the artifacts of jobs of the default branch.

use serde_json::{Value, json};

use super::fake::{JOB, Wrong};
use super::job::Job;
use crate::common::Project;

const RULES: &str = "    accuracy: { min: 0.5, max-drop: 0.02 }\n";

fn comparing() -> Project {
    let project = Project::shell();
    project.replace("modelgate.yml", "    accuracy: { min: 0.85 }\n", RULES);
    project.commit("Compare");
    project
}

/// A default branch whose newest commit is approved, and a clone without its records.
fn approved() -> Job {
    let mut job = Job::new(comparing());
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    job.end("gate");
    job
}

/// The same, and the merge request 7, whose model has this accuracy.
fn merging(mut job: Job, accuracy: &str) -> Job {
    job.project.git(&["switch", "--quiet", "--create", "topic"]);
    job.project.file("scores.json", format!("{{\"accuracy\": {accuracy}}}\n"));
    job.project.commit("A change");
    job.merge("7");
    job.gitlab.state().requests.clear();
    job
}

fn baseline(job: &Job) -> Value {
    job.project.record()["baseline"].clone()
}

/// What the gate found, as `code: message`.
fn found(job: &Job) -> String {
    let record = job.project.record();
    let steps = record["steps"].as_array().unwrap();
    let gate = steps.iter().find(|step| step["step"] == "gate").unwrap();
    let told = |it: &Value| format!("{}: {}", it["code"].as_str().unwrap(), it["message"].as_str().unwrap());
    job.project.stable(&gate["findings"].as_array().unwrap().iter().map(told).collect::<Vec<_>>().join("\n"))
}

fn reads(job: &Job) -> Vec<String> {
    let state = job.gitlab.state();
    let reads = state.kinds().into_iter().filter(|it| it.starts_with("GET ") && !it.contains("statuses"));
    reads.map(|kind| kind.split('?').next().unwrap().to_owned()).collect()
}

#[test]
fn a_merge_request_is_compared_with_the_artifacts_of_the_default_branch() {
    let job = merging(approved(), "0.8");
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 10, "{}", said.err);
    let told = baseline(&job);
    let main = job.project.git(&["rev-parse", "main"]).trim().to_owned();
    assert_eq!(told["from"], "default-branch");
    assert_eq!(told["place"], format!("the job gate 4000 of {} on main", &main[..7]));
    assert_eq!((&told["commit"], &told["job"]), (&json!(main), &json!("gitlab/4000")));
    let record = "GET jobs/4000/artifacts/.modelgate/run.json";
    assert_eq!(reads(&job), ["GET pipelines", "GET pipelines/40/jobs", record]);
}

#[test]
fn artifacts_may_be_stored_elsewhere_and_the_token_stays_here() {
    let job = merging(approved(), "0.9");
    job.gitlab.state().is_stored = true;
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert_eq!(baseline(&job)["from"], "default-branch");
}

#[test]
fn the_first_run_of_a_project_has_no_baseline_and_is_approved() {
    let job = Job::new(comparing());
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(baseline(&job).is_null());
    insta::assert_snapshot!("none", found(&job));
}

#[test]
fn a_run_of_the_default_branch_is_compared_with_an_earlier_pipeline_and_none_of_its_own_commit() {
    let mut job = approved();
    // The same commit again, on a schedule.
    job.source = "schedule";
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert!(baseline(&job).is_null(), "{}", baseline(&job));
    job.end("gate");
    job.project.file("scores.json", "{\"accuracy\": 0.8}\n");
    job.project.commit("Worse");
    assert_eq!(job.modelgate(&["run"]).code, 10);
    assert_eq!(baseline(&job)["job"], "gitlab/4100");
    // A pipeline that began later says nothing to a job that runs again.
    let head = job.head();
    let mut state = job.gitlab.state();
    state.pipeline(99, "main", &head.replace(|c: char| c.is_ascii_digit(), "a"), "push");
    state.job(99, "gate", &[(".modelgate/run.json", b"{")]);
    drop(state);
    assert_eq!(job.modelgate(&["run"]).code, 10);
    assert_eq!(baseline(&job)["job"], "gitlab/4100");
}

#[test]
fn what_others_may_have_written_is_not_believed() {
    let mut job = approved();
    let main = job.head();
    // A better record of a merge request, of a tag that is called main, of another job, of another branch.
    let record = |job: &Job| {
        let state = job.gitlab.state();
        state.jobs[0].artifacts.as_ref().unwrap()[".modelgate/run.json"].clone()
    };
    let real = record(&job);
    let forged = String::from_utf8(real).unwrap().replace("\"accuracy\": 0.9", "\"accuracy\": 0.1");
    {
        let mut state = job.gitlab.state();
        for (id, reference, source, name) in [
            (50, "main", "merge_request_event", "gate"),
            (51, "main", "external_pull_request_event", "gate"),
            (52, "main", "push", "other"),
            (53, "topic", "push", "gate"),
        ] {
            state.pipeline(id, reference, &main, source);
            state.job(id, name, &[(".modelgate/run.json", forged.as_bytes())]);
        }
        state.pipeline(54, "main", &main, "push");
        state.job(54, "gate", &[(".modelgate/run.json", forged.as_bytes())]);
        state.jobs.last_mut().unwrap().is_tag = true;
    }
    job.pipeline = 60;
    let job = merging(job, "0.85");
    assert_eq!(job.modelgate(&["run"]).code, 10, "0.85 is compared with 0.9");
    assert_eq!(baseline(&job)["job"], "gitlab/4000");
}

#[test]
fn a_record_that_cannot_be_read_is_no_baseline_and_nothing_older_takes_its_place() {
    let sha = regex::Regex::new("of [0-9a-f]{7} on").unwrap();
    for (what, spoil) in [
        (
            "damaged",
            (|job| {
                job.gitlab.state().jobs[1]
                    .artifacts
                    .as_mut()
                    .unwrap()
                    .insert(".modelgate/run.json".into(), b"{".to_vec())
                    .map_or((), drop)
            }) as fn(&Job),
        ),
        ("expired", |job| job.gitlab.state().jobs[1].expired = true),
    ] {
        let mut job = approved();
        job.project.commit("Another");
        assert_eq!(job.modelgate(&["run"]).code, 0);
        job.end("gate");
        spoil(&job);
        let job = merging(job, "0.9");
        let said = job.modelgate(&["run"]);
        assert_eq!(said.code, 10, "{what}: {}", said.err);
        assert!(baseline(&job).is_null());
        insta::assert_snapshot!(
            format!("unreadable_{what}"),
            sha.replace_all(&found(&job), "of [commit] on")
        );
    }
}

#[test]
fn a_gitlab_that_does_not_answer_is_not_a_model_without_a_baseline() {
    for wrong in [500, 403, 401] {
        let job = merging(approved(), "0.9");
        for _ in 0..4 {
            let refusal = Wrong::Refuse(wrong, "x-a: b", json!({ "message": "no" }));
            job.gitlab.fail("GET pipelines", refusal);
        }
        let said = job.modelgate(&["run"]);
        assert_eq!(said.code, 1, "{wrong}: {}{}", said.out, said.err);
        assert!(baseline(&job).is_null());
    }
}

#[test]
fn what_is_merged_is_compared_with_what_it_is_merged_with() {
    let mut job = approved();
    let first = job.head();
    job.project.file("scores.json", "{\"accuracy\": 0.95}\n");
    job.project.commit("Better");
    assert_eq!(job.modelgate(&["run"]).code, 0);
    job.end("gate");
    let mut job = merging(job, "0.9");
    job.more.push(("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", first));
    assert_eq!(job.modelgate(&["run"]).code, 0);
    assert_eq!(baseline(&job)["job"], "gitlab/4000", "the tip when the pipeline began");
    job.more.pop();
    assert_eq!(job.modelgate(&["run"]).code, 10);
    assert_eq!(baseline(&job)["job"], "gitlab/4100");
}

#[test]
fn where_none_of_the_newest_was_approved_the_beginning_of_the_branch_counts() {
    let mut job = approved();
    let first = job.head();
    {
        let mut state = job.gitlab.state();
        for id in 41..150 {
            state.pipeline(id, "main", &format!("{id:0>40}"), "push");
        }
        state.merge_base = Some(first);
    }
    job.pipeline = 160;
    let job = merging(job, "0.8");
    assert_eq!(job.modelgate(&["run"]).code, 10);
    assert_eq!(baseline(&job)["job"], "gitlab/4000");
}

#[test]
fn after_more_rejections_than_are_looked_at_nobody_knows_the_baseline() {
    let mut job = approved();
    {
        let mut state = job.gitlab.state();
        for id in 41..150 {
            state.pipeline(id, "main", &format!("{id:0>40}"), "push");
        }
        state.job(149, "gate", &[]);
        state.jobs.last_mut().unwrap().status = "failed";
    }
    job.pipeline = 160;
    let job = merging(job, "0.8");
    let said = job.modelgate(&["run"]);
    assert!(
        said.code == 10 && said.out.contains("only the latest 100 pipelines"),
        "{}{}",
        said.out,
        said.err
    );
}

#[test]
fn a_job_that_keeps_nothing_is_told() {
    let job = approved();
    job.gitlab.state().jobs[0].artifacts.as_mut().unwrap().clear();
    job.gitlab.state().jobs[0].artifacts.as_mut().unwrap().insert("coverage.xml".into(), b"x".to_vec());
    job.project.commit("Another");
    assert_eq!(job.modelgate(&["run"]).code, 0);
    insta::assert_snapshot!("keeps_nothing", found(&job));
}

#[test]
fn the_jobs_token_gets_the_latest_successful_pipeline_and_nothing_else() {
    let mut job = merging(approved(), "0.8");
    job.own = None;
    assert_eq!(job.modelgate(&["run"]).code, 10);
    assert_eq!(baseline(&job)["place"], "the job gate of the latest successful pipeline of main");
    assert_eq!(reads(&job), ["GET jobs/artifacts/main/raw/.modelgate/run.json", "GET repository/tags"]);

    // GitLab would give what a tag of that name has kept as well.
    job.gitlab.state().tags = vec!["mainline", "main"];
    job.modelgate(&["run"]);
    assert!(baseline(&job).is_null());
    insta::assert_snapshot!("tag", found(&job));

    // Of the same commit there is no older one to be had, so nobody knows.
    let mut job = approved();
    (job.own, job.token) = (None, Some(JOB));
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 1, "{}", said.out);
    insta::assert_snapshot!(
        "same_commit",
        job.project.stable(said.out.lines().find(|it| it.contains("CI_JOB_TOKEN")).unwrap_or(&said.out))
    );
}

/// A project whose evaluation copies predictions: of 100 rows so many are right.
fn predicting() -> Project {
    let project = Project::shell();
    let text = project.read("modelgate.yml");
    let evaluate = text.find("evaluate:").unwrap();
    let more = "evaluate:\n  run: cp said.csv predictions.csv\n  inputs: [said.csv]\n  predictions: { path: \
                predictions.csv, truth: y, predicted: y_hat, id: id }\ngate:\n  rules: { accuracy: { min: 0.5, max-drop: \
                0.5 } }\n";
    project.file("modelgate.yml", text[..evaluate].to_owned() + more);
    project.file(".gitignore", ".modelgate/\nmodel.bin\npredictions.csv\n");
    predict(&project, 90);
    project
}

fn predict(project: &Project, right: u32) {
    let rows = (0..100)
        .map(|row| format!("r{row},{},{}\n", row % 2, if row < right { row % 2 } else { 1 - row % 2 }));
    project.file("said.csv", "id,y,y_hat\n".to_owned() + &rows.collect::<String>());
    project.commit("Predict");
}

#[test]
fn predictions_of_the_baseline_come_out_of_its_jobs_artifacts_by_their_digest() {
    let mut job = Job::new(predicting());
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    job.end("gate");
    job.project.git(&["switch", "--quiet", "--create", "topic"]);
    predict(&job.project, 88);
    job.merge("7");
    let pairing = |job: &Job| baseline(job)["comparison"]["pairing"].clone();
    let said = job.modelgate(&["run"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(pairing(&job)["by"], "id", "{}", baseline(&job));
    assert!(reads(&job).contains(&"GET jobs/4000/artifacts".to_owned()), "{:?}", reads(&job));

    // Where they are gone, the report says so and compares without them.
    job.forget();
    let files = job.gitlab.state().jobs[0].artifacts.as_mut().unwrap().remove(".modelgate/bundle.zip");
    assert!(files.is_some());
    job.modelgate(&["run"]);
    assert_ne!(pairing(&job)["by"], "id", "{}", baseline(&job));
    let told = job.project.read(".modelgate/report.md");
    assert!(told.contains("the archive of the job 4000"), "{told}");
}

#[test]
fn what_an_earlier_attempt_delivered_is_recalled_from_its_artifacts() {
    let project = Project::shell();
    let text = project.read("modelgate.yml");
    let deploy = "deploy:\n  production: { trigger: { ref: main, wait: false } }\n";
    project.file("modelgate.yml", text + deploy);
    project.commit("Ship");
    let mut job = Job::new(project);
    let ship = |job: &Job| {
        for words in [["run"], ["deploy"]] {
            let said = job.modelgate(&words);
            assert_eq!(said.code, 0, "{}{}", said.out, said.err);
        }
        job.gitlab.state().triggered.len()
    };
    assert_eq!(ship(&job), 1);
    let number = job.end("ship");
    // The job runs again in the same pipeline.
    job.pipeline -= 1;
    job.gitlab.state().jobs[0].is_retried = true;
    job.more.push(("CI_JOB_ID", (number + 1).to_string()));
    assert_eq!(ship(&job), 1, "nothing is started twice");
}

#[test]
fn the_record_of_a_project_in_a_folder_is_looked_for_there() {
    let project = comparing();
    for name in ["modelgate.yml", "params.txt", "data.csv", "scores.json", ".gitignore"] {
        project.file(&format!("models/churn/{name}"), project.read(name));
    }
    project.commit("Two models");
    let mut job = Job::new(project);
    job.own = None;
    let said = job.modelgate(&["run", "--config", "models/churn/modelgate.yml"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert_eq!(reads(&job), ["GET jobs/artifacts/main/raw/models/churn/.modelgate/run.json"]);
}

#[test]
fn production_is_what_was_deployed_at_last() {
    for own in [true, false] {
        let job = approved();
        let deployed = job.head();
        let mut job = merging(job, "0.8");
        job.project.replace("modelgate.yml", "gate:\n", "gate:\n  baseline: production\n");
        job.project.commit("Production");
        {
            let mut state = job.gitlab.state();
            for (id, sha, status) in [(40, deployed.as_str(), "success"), (41, &"f".repeat(40), "failed")] {
                state
                    .deployments
                    .push(json!({ "id": id, "iid": id, "sha": sha, "ref": "main", "status": status,
                    "environment": { "id": 9, "name": "production" }, "deployable": null }));
            }
        }
        if !own {
            job.own = None;
        }
        let said = job.modelgate(&["run"]);
        assert_eq!(said.code, 10, "{}", said.err);
        assert_eq!(baseline(&job)["from"], "production");
        assert_eq!(
            baseline(&job)["place"],
            format!("the deployment 40 to production, of {}", &deployed[..7])
        );

        // What is deployed and of which nothing is known is not «nothing is deployed».
        job.gitlab.state().deployments[0]["sha"] = "e".repeat(40).into();
        assert_eq!(job.modelgate(&["run"]).code, 10);
        assert!(baseline(&job).is_null());
        job.gitlab.state().deployments.clear();
        let said = job.modelgate(&["run"]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(
            found(&job).contains("nothing has been deployed to production with success"),
            "{}",
            found(&job)
        );
    }
}
