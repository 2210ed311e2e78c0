//! What goes where, in which order, and what is said when it does not.

use super::*;

#[tokio::test]
async fn each_environment_gets_it_in_its_order() {
    let mut job = Job::new();
    job.forge.state().looks = 2;
    let findings = job.ship(&both()).await;
    assert_eq!(told(&findings), "");
    assert_eq!(job.outcomes(), ["staging delivered", "production delivered"]);
    insta::assert_json_snapshot!("deliveries", job.deliveries);
    insta::assert_snapshot!("requests", job.forge.state().kinds().join("\n"));
    assert_eq!(job.forge.state().states(100), ["in_progress", "in_progress", "success"]);

    // Neither this job nor one that knows nothing does it again.
    let writes = job.forge.state().writes().len();
    job.ship(&both()).await;
    let mut other = Job::on(job.forge.clone());
    assert_eq!(told(&other.ship(&both()).await), "");
    assert_eq!(other.outcomes(), ["staging delivered", "production delivered"]);
    assert_eq!(job.forge.state().writes().len(), writes);
}

#[tokio::test]
async fn what_is_foreseen_is_what_is_sent() {
    let mut job = Job::new();
    let mut environments = both();
    environments.push(environment("edge", None, Some(Dispatched::Event("ship".into())), false));
    environments.push(environment("page", None, None, true));
    environments[1].deployment = Some(Deployment { url: Some("https://churn.example".into()) });
    environments[1].dispatch.as_mut().unwrap().inputs =
        BTreeMap::from([("region".into(), "eu".into()), ("approval".into(), "forged".into())]);
    let foreseen = job.foresee(&environments);
    assert!(job.forge.state().requests.is_empty() && !foreseen.contains("t0k3n"));
    insta::assert_snapshot!("foreseen", foreseen);

    assert_eq!(told(&job.ship(&environments).await), "");
    let (mut ids, mut runs) = ((100_u64..).map(|id| id.to_string()), 7000..);
    let mut expected = String::new();
    for part in foreseen.split("\n\n").filter(|part| !part.is_empty()) {
        expected += part;
        expected += "\n";
    }
    let mut sent = String::new();
    let (mut id, mut run) = (String::new(), String::new());
    let state = job.forge.state();
    let mut targets = environments.iter().map(|environment| &environment.name);
    for (kind, body) in state.requests.iter().filter(|(kind, _)| kind.starts_with("POST")) {
        let is_first = kind == "POST deployments" || kind == "POST dispatches";
        if is_first {
            sent += &format!("# {}\n", targets.next().unwrap());
        }
        if kind == "POST deployments" {
            id = ids.next().unwrap();
        }
        if kind.ends_with("deploy.yml/dispatches") {
            run = format!("https://github.com/acme/churn/actions/runs/{}", runs.next().unwrap());
        }
        let (method, path) = kind.split_once(' ').unwrap();
        sent += &format!("{method} /repos/acme/churn/{}\n", path.replace(&id, "{deployment}"));
        let text = format!("{body:#}\n");
        sent += &if run.is_empty() { text } else { text.replace(&run, "{page of the run}") };
    }
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn the_first_that_fails_ends_it_and_another_attempt_tries_it_again() {
    let mut job = Job::new();
    job.forge.state().endings.push_back("failure");
    let mut environments = both();
    environments.push(environment("edge", None, workflow(), false));
    let findings = job.ship(&environments).await;
    assert_eq!(job.outcomes(), ["staging failed", "production skipped", "edge skipped"]);
    assert_eq!(job.forge.state().states(100), ["in_progress", "in_progress", "failure"]);
    insta::assert_snapshot!("failed", told(&findings));
    insta::assert_json_snapshot!("failed_deliveries", job.deliveries);

    assert_eq!(told(&job.ship(&environments).await), "");
    assert_eq!(job.outcomes(), ["staging delivered", "production delivered", "edge delivered"]);
    assert_eq!(job.dispatches(), 4);
}

#[tokio::test]
async fn what_comes_after_something_that_nobody_waits_for_is_skipped_and_nothing_else() {
    let mut job = Job::new();
    let environments = [
        unwaited("staging"),
        environment("production", Some("staging"), workflow(), false),
        environment("europe", Some("production"), workflow(), false),
        environment("edge", None, Some(Dispatched::Event("ship".into())), false),
    ];
    let skips = job.foresee(&environments[1..]);
    assert_eq!(skips.matches("nothing is sent: it comes after").count(), 2, "{skips}");
    let foreseen = job.foresee(&environments);
    assert_eq!((foreseen.matches("nothing is sent").count(), foreseen.matches("POST").count()), (2, 2));
    let findings = job.ship(&environments).await;
    assert_eq!(job.outcomes(), ["staging started", "production skipped", "europe skipped", "edge started"]);
    insta::assert_snapshot!("not_waited_for", told(&findings));
    insta::assert_json_snapshot!("not_waited_for_deliveries", job.deliveries);
    job.ship(&environments).await;
    assert_eq!(job.dispatches(), 1);
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning));
}

#[tokio::test]
async fn an_environment_alone_still_comes_after_the_one_before_it() {
    let mut job = Job::new();
    let environments = both();
    job.ship(&environments[1..]).await;
    assert_eq!(job.outcomes(), ["production skipped"]);
    assert_eq!(job.deliveries[0].because, "it comes after staging, which does not have it");
    assert!(job.forge.state().requests.is_empty());
    job.ship(&environments[..1]).await;
    job.ship(&environments[1..]).await;
    assert_eq!(job.outcomes(), ["production delivered", "staging delivered"]);
}

#[tokio::test]
async fn another_model_is_another_delivery() {
    let mut job = Job::new();
    let environments = [environment("staging", None, workflow(), true)];
    job.ship(&environments).await;
    let outputs = BTreeMap::from([("model.joblib".to_owned(), Digest::from_bytes([0xcd; 32]))]);
    job.approval = Approval::of_test("churn", Commit::new(COMMIT).unwrap(), outputs);
    job.ship(&environments).await;
    assert_eq!((job.dispatches(), job.forge.state().deployments.len()), (2, 2));
    assert_eq!(job.deliveries.len(), 1);
    assert_eq!(job.deliveries[0].approval, Some(job.approval.key()));
}

#[tokio::test]
async fn who_was_stopped_before_sends_nothing() {
    let mut job = Job::new();
    job.hand.raise(Signal::Interrupt);
    job.ship(&both()).await;
    assert_eq!(job.outcomes(), ["staging skipped", "production skipped"]);
    assert!(job.forge.state().requests.is_empty());
}

#[tokio::test]
async fn an_old_server_starts_it_and_does_not_tell_which_run_it_is() {
    let mut job = Job::new();
    job.forge.state().is_old = true;
    let findings = job.ship(&[environment("staging", None, workflow(), false)]).await;
    assert_eq!(told(&findings), "");
    assert_eq!((job.outcomes(), job.forge.state().runs.len()), (vec!["staging started".into()], 1));
    insta::assert_json_snapshot!("old", job.deliveries);
    job.ship(&[environment("staging", None, workflow(), false)]).await;
    assert_eq!(job.forge.state().runs.len(), 1);
}

#[tokio::test]
async fn a_refusal_brings_the_words_to_paste() {
    let cases = [
        ("POST actions", 403, "Resource not accessible by integration"),
        ("POST actions", 404, "Not Found"),
        ("POST actions", 422, "Unexpected inputs provided: [\"model\", \"commit\"]"),
        ("POST actions", 422, "No ref found for: gone"),
        ("POST actions", 422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow"),
        ("POST actions", 422, "inputs are too large."),
        ("POST actions", 422, "Something else"),
        ("POST deployments", 403, "Resource not accessible by integration"),
        ("POST deployments", 409, "Conflict: commit status checks failed"),
        ("GET actions/runs", 403, "Resource not accessible by integration"),
    ];
    let mut all = String::new();
    for (request, status, message) in cases {
        let mut job = Job::new();
        job.forge.fail(request, Wrong::Refuse(status, message));
        let findings = job.ship(&[environment("staging", None, workflow(), true)]).await;
        assert_eq!(job.outcomes(), ["staging failed"]);
        all += &format!("{request} {status}\n{}\n", told(&findings));
    }
    let mut job = Job::new();
    job.forge.fail("POST dispatches", Wrong::Refuse(403, "Resource not accessible by integration"));
    let edge = environment("edge", None, Some(Dispatched::Event("ship".into())), false);
    all += &format!("POST dispatches 403\n{}\n", told(&job.ship(&[edge]).await));
    insta::assert_snapshot!("refusals", all);
}

#[tokio::test]
async fn a_delivery_is_not_undone_by_a_deployment_that_cannot_tell_of_it() {
    let mut job = Job::new();
    job.forge.state().looks = 1;
    job.forge.fail("GET actions/runs", Wrong::Refuse(502, "bad gateway"));
    job.forge.fail("POST deployments/100/statuses", Wrong::Refuse(403, "no"));
    let findings = job.ship(&[environment("staging", None, workflow(), true)]).await;
    assert_eq!(job.outcomes(), ["staging delivered"]);
    insta::assert_snapshot!("not_told", told(&findings));
}

#[tokio::test]
async fn a_deployment_that_nobody_dispatches_is_delivered_by_its_status() {
    let mut job = Job::new();
    job.forge.fail("POST deployments/100/statuses", Wrong::Refuse(403, "no"));
    let findings = job.ship(&[environment("page", None, None, true)]).await;
    assert_eq!(job.outcomes(), ["page failed"]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].severity, Severity::Error);
}

#[tokio::test]
async fn a_training_is_started_by_hand() {
    let job = Job::new();
    let inputs = BTreeMap::from([("reason".to_owned(), "drift".to_owned())]);
    let start = |branch: Option<&'static str>| {
        retrain(job.github_remote(), CLOCK, Some(JOB), "retrain.yml", branch, &inputs)
    };
    insta::assert_snapshot!(
        "foreseen_retrain",
        foresee_retrain(job.github_remote(), "retrain.yml", Some("dev"), &inputs)
    );
    let started = start(None).await.unwrap();
    let url = "https://github.com/acme/churn/actions/runs/7000";
    assert_eq!(started, Started { url: Some(url.into()), run: Some(7000) });
    let (kind, body) = job.forge.state().requests.last().unwrap().clone();
    assert_eq!(kind, "POST actions/workflows/retrain.yml/dispatches");
    assert_eq!(body["ref"], "main");
    assert_eq!(body["inputs"]["reason"], "drift");
    job.forge.fail("POST actions", Wrong::Refuse(422, "Unexpected inputs provided: [\"reason\"]"));
    let fault = start(Some("dev")).await.unwrap_err();
    insta::assert_snapshot!("retrain", format!("{fault}\nhelp: {}", fault.remedy().unwrap()));
    job.forge.state().is_old = true;
    let started = start(None).await.unwrap();
    let page = "https://github.com/acme/churn/actions/workflows/retrain.yml";
    assert_eq!(started, Started { url: Some(page.into()), run: None });
}

#[tokio::test]
async fn the_default_branch_is_asked_for_where_the_event_does_not_tell() {
    let mut job = Job::new();
    let Remote::Github(remote) = &mut job.remote else { panic!("a job of GitHub") };
    remote.event.default_branch = None;
    job.ship(&[environment("staging", None, workflow(), false)]).await;
    let state = job.forge.state();
    let sent = state.requests.iter().find(|(kind, _)| kind.starts_with("POST actions")).unwrap();
    assert_eq!(sent.1["ref"], "trunk");
}
