//! What goes where on GitLab, in which order, and what is said when it does not.

use super::gitlab::{BOTH, JOB, played, triggered};
use super::*;
use crate::config::Given;

fn both() -> Vec<Environment> {
    vec![
        triggered("staging", None, Trigger::default(), true),
        triggered("production", Some("staging"), Trigger::default(), true),
    ]
}

#[tokio::test]
async fn each_environment_gets_it_in_its_order() {
    let mut job = Job::gitlab(&JOB());
    job.forge.state().looks = 2;
    let findings = job.ship(&both()).await;
    assert_eq!(told(&findings), "");
    assert_eq!(job.outcomes(), ["staging delivered", "production delivered"]);
    insta::assert_json_snapshot!("gitlab_deliveries", job.deliveries);
    insta::assert_snapshot!("gitlab_requests", job.forge.state().kinds().join("\n"));
    assert_eq!(job.forge.state().states(), ["success", "success"]);

    let writes = job.forge.state().writes().len();
    job.ship(&both()).await;
    assert_eq!(job.forge.state().writes().len(), writes, "what is there is not sent again");
}

#[tokio::test]
async fn what_is_foreseen_is_what_is_sent_and_holds_no_token() {
    let mut job = Job::gitlab(&BOTH());
    job.variables.insert("DEPLOY_TRIGGER".into(), "glptt-s3cret\n".into());
    let elsewhere = Trigger {
        reference: Some("main".into()),
        project: Some("ops/deploy".into()),
        token: Some("DEPLOY_TRIGGER".into()),
        given: Given::Inputs(BTreeMap::from([
            ("region".into(), "eu".into()),
            ("approval".into(), "forged".into()),
        ])),
    };
    let mut environments = both();
    environments.push(triggered("edge", None, elsewhere, false));
    environments.push(played("canary", "ship"));
    environments.push(environment("page", None, None, true));
    let foreseen = job.foresee(&environments);
    assert!(job.forge.state().requests.is_empty());
    insta::assert_snapshot!("gitlab_foreseen", foreseen);

    assert_eq!(told(&job.ship(&environments).await), "");
    let state = job.forge.state();
    let mut sent = String::new();
    let deployment = regex::Regex::new("deployments/1..").unwrap();
    for (kind, body) in state.requests.iter().filter(|(kind, _)| !kind.starts_with("GET")) {
        let (method, path) = kind.split_once(' ').unwrap();
        let path = path.replace("jobs/50/", "jobs/{job}/");
        let path = deployment.replace(&path, "deployments/{deployment}");
        let whole = if path.starts_with('/') { path.to_string() } else { format!("/projects/7/{path}") };
        let body = format!("{body:#}").replace("glcbt-job", "***").replace("glptt-s3cret", "***");
        sent += &format!("{method} {whole}\n{body}\n\n");
    }
    let expected: Vec<&str> =
        foreseen.split("\n\n").filter(|part| !part.is_empty() && !part.starts_with('#')).collect();
    let sent: Vec<&str> = sent.split("\n\n").filter(|part| !part.is_empty()).collect();
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn every_way_to_end_is_told_as_it_is() {
    let mut all = String::new();
    for ending in ["failed", "canceled", "skipped", "manual"] {
        let mut job = Job::gitlab(&BOTH());
        job.forge.state().endings.push_back(ending);
        let findings = job.ship(&both()).await;
        all += &format!("{ending}: {}\n{}\n", job.outcomes().join(", "), told(&findings));
        let is_blocked = ending == "manual";
        assert_eq!(job.forge.state().states(), [if is_blocked { "running" } else { "failed" }]);
        // The next attempt goes on with the one that is blocked, and starts again what has failed.
        for pipeline in &mut job.forge.state().pipelines {
            pipeline["ending"] = if is_blocked { "success".into() } else { ending.into() };
        }
        assert_eq!(told(&job.ship(&both()).await), "");
        assert_eq!(job.outcomes(), ["staging delivered", "production delivered"]);
        assert_eq!(job.triggers(), if is_blocked { 2 } else { 3 }, "{ending}");
    }
    insta::assert_snapshot!("gitlab_endings", all);
}

#[tokio::test]
async fn the_token_of_a_job_follows_a_pipeline_by_its_jobs() {
    let mut job = Job::gitlab(&JOB());
    job.forge.state().is_hidden = true;
    job.forge.state().looks = 1;
    job.forge.state().endings.push_back("failed");
    let findings = job.ship(&both()[..1]).await;
    assert_eq!(findings[0].message, "the pipeline for staging ended with failed");
    job.ship(&both()[..1]).await;
    assert_eq!((job.outcomes(), job.triggers()), (vec!["staging delivered".into()], 2));
}

#[tokio::test]
async fn a_pipeline_that_is_gone_is_not_said_to_be_well() {
    let mut job = Job::gitlab(&BOTH());
    job.forge.state().is_hidden = true;
    let findings = job.ship(&both()).await;
    assert_eq!(job.outcomes(), ["staging failed", "production skipped"]);
    insta::assert_snapshot!("gitlab_gone", told(&findings));
}

#[tokio::test]
async fn a_file_for_the_other_forge_is_refused_before_anything_is_sent() {
    let mut of_both = both();
    of_both[0].dispatch = environment("staging", None, workflow(), false).dispatch;
    let mut gitlab = Job::gitlab(&JOB());
    let environments = [of_both[0].clone(), environment("production", None, workflow(), true)];
    let mut all = told(&gitlab.ship(&environments).await);
    assert_eq!(gitlab.outcomes(), ["production skipped", "staging skipped"]);
    assert!(gitlab.forge.state().requests.is_empty());
    assert!(gitlab.foresee(&environments).contains("nothing is sent: deploy.production has a `dispatch`"));

    let mut github = Job::new();
    all += &told(&github.ship(&both()[1..]).await);
    assert!(github.forge.state().requests.is_empty());
    insta::assert_snapshot!("strangers", all);

    // Where a file speaks of both, each takes its own.
    assert_eq!(told(&gitlab.ship(&of_both[..1]).await), "");
    assert_eq!(told(&github.ship(&of_both[..1]).await), "");
    assert_eq!((gitlab.triggers(), github.dispatches()), (1, 1));
}

#[tokio::test]
async fn what_is_lacking_is_said_before_anything_is_sent() {
    let token = Trigger { token: Some("DEPLOY_TRIGGER".into()), ..Trigger::default() };
    let mut job = Job::gitlab(&JOB());
    let mut all = told(&job.ship(&[triggered("staging", None, token, true)]).await);
    all += &told(&job.ship(&[played("canary", "ship")]).await);
    assert!(job.forge.state().requests.is_empty());
    job.variables.insert("MODELGATE_APPROVAL".into(), "sha256:ab".into());
    all += &told(&job.ship(&both()[..1]).await);
    assert!(job.forge.state().requests.is_empty());
    let elsewhere =
        Trigger { project: Some("ops/deploy".into()), reference: Some("main".into()), ..Trigger::default() };
    assert!(!job.foresee(&[triggered("edge", None, elsewhere, false)]).contains("nothing is sent"));
    insta::assert_snapshot!("gitlab_lacking", all);
}

#[tokio::test]
async fn a_refusal_brings_what_to_do() {
    let cases = [
        ("POST trigger", 404, "404 Not Found"),
        ("POST trigger", 400, "{\"base\":[\"Reference not found\"]}"),
        ("POST trigger", 400, "{\"base\":[\"Insufficient permissions to set pipeline variables\"]}"),
        (
            "POST trigger",
            400,
            "{\"base\":[\"Pipeline will not run for the selected trigger. The rules configuration prevented any jobs from being added to the pipeline.\"]}",
        ),
        (
            "POST trigger",
            400,
            "{\"base\":[\"Given inputs not defined in the `spec` section of the included configuration file: `model`\"]}",
        ),
        ("POST deployments", 403, "403 Forbidden"),
        ("POST deployments", 400, "{\"ref\":[\"The branch or tag does not exist\"]}"),
        ("GET deployments", 403, "403 Forbidden"),
    ];
    let mut all = String::new();
    for (request, status, message) in cases {
        let mut job = Job::gitlab(&JOB());
        job.forge.fail(request, Wrong::Refuse(status, message));
        let findings = job.ship(&both()[..1]).await;
        assert_eq!(job.outcomes(), ["staging failed"]);
        all += &format!("{request} {status}\n{}\n", told(&findings));
    }
    insta::assert_snapshot!("gitlab_refusals", all);
}

#[tokio::test]
async fn a_job_is_played_once_and_gets_what_was_judged() {
    let mut job = Job::gitlab(&BOTH());
    job.forge.state().looks = 1;
    assert_eq!(told(&job.ship(&[played("canary", "ship")]).await), "");
    assert_eq!((job.outcomes(), job.deliveries[0].run), (vec!["canary delivered".into()], Some(50)));
    let given = job.forge.state().jobs[1]["given"].clone();
    let names: Vec<&str> = given.as_array().unwrap().iter().map(|it| it["key"].as_str().unwrap()).collect();
    let all = ["ENVIRONMENT", "MODEL", "COMMIT", "PROJECT", "JOB", "APPROVAL", "OUTPUTS"];
    assert_eq!(names, all.map(|name| format!("MODELGATE_{name}")));
    assert_eq!(given[4]["value"], "42", "the job that was judged, not the one that ships");
    let writes = job.forge.state().writes().len();
    job.ship(&[played("canary", "ship")]).await;
    assert_eq!(job.forge.state().writes().len(), writes);
}

#[tokio::test]
async fn a_job_that_cannot_be_played_says_why() {
    let mut all = String::new();
    for (name, status) in [("gone", ""), ("later", "created"), ("ship", "success"), ("ship", "running")] {
        let mut job = Job::gitlab(&BOTH());
        if name == "ship" {
            job.forge.state().jobs[1]["status"] = status.into();
        }
        let findings = job.ship(&[played("canary", name)]).await;
        all += &format!("{name} {status}\n{}\n", told(&findings));
        assert!(job.forge.state().writes().is_empty());
    }
    let mut job = Job::gitlab(&BOTH());
    // Neither our own token may, nor the job's.
    for _ in 0..2 {
        job.forge.fail("POST jobs", Wrong::Refuse(403, "insufficient_scope"));
    }
    all += &told(&job.ship(&[played("canary", "ship")]).await);
    insta::assert_snapshot!("gitlab_unplayable", all);
}

#[tokio::test]
async fn a_job_that_failed_is_retried_with_what_it_was_given() {
    let mut job = Job::gitlab(&BOTH());
    job.forge.state().endings.push_back("failed");
    let findings = job.ship(&[played("canary", "ship")]).await;
    assert_eq!(findings[0].message, "the job ship for canary ended with failed");
    assert_eq!(told(&job.ship(&[played("canary", "ship")]).await), "");
    assert_eq!((job.outcomes(), job.deliveries[0].run), (vec!["canary delivered".into()], Some(53)));
    let writes: Vec<String> = job.forge.state().writes().iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(writes, ["POST jobs/50/play", "POST jobs/50/retry"]);
}

#[tokio::test]
async fn an_environment_points_to_its_page() {
    let mut job = Job::gitlab(&JOB());
    let url = Some("https://churn.example".to_owned());
    let page = Environment { deployment: Some(Deployment { url }), ..environment("page", None, None, true) };
    assert_eq!(told(&job.ship(&[page]).await), "");
    let state = job.forge.state();
    let sent = state.requests.iter().find(|(kind, _)| kind == "PUT environments/9").unwrap();
    assert_eq!(sent.1["external_url"], "https://churn.example");
    assert_eq!(state.states(), ["success"]);
}

#[tokio::test]
async fn a_training_is_started_by_hand() {
    let job = Job::gitlab(&BOTH());
    let remote = job.remote.gitlab().unwrap();
    let trigger = Trigger {
        given: Given::Variables(BTreeMap::from([("EPOCHS".into(), "20".into())])),
        ..Trigger::default()
    };
    let training = |trigger: Trigger| Retraining {
        remote,
        trigger,
        reason: "drift".into(),
        variables: &job.variables,
        job_url: Some(job.job_url),
    };
    let more = BTreeMap::from([("EPOCHS".to_owned(), "30".to_owned())]);
    let retraining = training(trigger).with(more);
    insta::assert_snapshot!("gitlab_foreseen_retrain", retraining.request().unwrap());
    assert!(job.forge.state().requests.is_empty());
    let started = retraining.start(CLOCK).await.unwrap();
    let url = "https://gitlab.com/acme/churn/-/pipelines/7000";
    assert_eq!(started, Started { url: Some(url.into()), run: Some(7000) });
    job.forge.fail("POST trigger", Wrong::Refuse(400, "{\"base\":[\"Reference not found\"]}"));
    let fault = training(Trigger::default()).start(CLOCK).await.unwrap_err();
    insta::assert_snapshot!("gitlab_retrain", format!("{fault}\nhelp: {}", fault.remedy().unwrap()));
    let absent = Trigger { token: Some("TRAIN_TRIGGER".into()), ..Trigger::default() };
    assert!(training(absent).request().unwrap_err().to_string().contains("TRAIN_TRIGGER is not set"));
}

#[tokio::test]
async fn a_laptop_starts_a_pipeline_with_its_own_token_on_the_branch_that_gitlab_names() {
    let tokens = crate::forge::gitlab::api::Tokens { job: None, ..BOTH() };
    let mut job = Job::gitlab(&tokens);
    let Remote::Gitlab(remote) = &mut job.remote else { panic!("{:?}", job.remote) };
    remote.job.default_branch = None;
    assert!(job.foresee(&both()[..1]).contains("\"ref\": \"{default branch}\""));
    assert_eq!(told(&job.ship(&both()[..1]).await), "");
    let state = job.forge.state();
    let (kind, body) = state.requests.iter().find(|(kind, _)| kind == "POST pipeline").unwrap();
    assert_eq!((kind.as_str(), &body["ref"]), ("POST pipeline", &serde_json::json!("trunk")));
    assert_eq!(body["variables"][0]["key"], "MODELGATE_ENVIRONMENT");
    assert!(body.get("token").is_none());
}
