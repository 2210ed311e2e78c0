//! What was done is not done twice, wherever a job ends.

use super::*;

#[tokio::test]
async fn a_run_that_may_have_begun_is_looked_for_and_never_started_twice() {
    let cause = regex::Regex::new("was started: .*; no run").unwrap();
    for (wrong, outcome, started) in [(Wrong::Silence, "delivered", 1), (Wrong::Lost, "failed", 0)] {
        let mut job = Job::new();
        job.forge.fail("POST actions", wrong);
        let findings = job.ship(&[environment("staging", None, workflow(), true)]).await;
        assert_eq!(job.outcomes(), [format!("staging {outcome}")]);
        assert_eq!((job.dispatches(), job.forge.state().runs.len()), (1, started));
        if started == 0 {
            let told = told(&findings);
            insta::assert_snapshot!("unknown", cause.replace(&told, "was started: CAUSE; no run"));
            assert_eq!(job.forge.state().states(100), ["in_progress", "error"]);
        }
    }
    // Of two runs neither is taken, and one that is known is another.
    let mut job = Job::new();
    job.forge.fail("POST actions", Wrong::Silence);
    job.forge.state().begin("deploy");
    let findings = job.ship(&[environment("staging", None, workflow(), false)]).await;
    assert!(findings[0].message.ends_with("2 runs have begun since, and any may be it"), "{findings:?}");
    let mut job = Job::new();
    let environments = both();
    job.ship(&environments[..1]).await;
    job.forge.fail("POST actions", Wrong::Silence);
    job.ship(&environments[1..]).await;
    assert_eq!(job.deliveries.iter().map(|it| it.run).collect::<Vec<_>>(), [Some(7000), Some(7001)]);
}

#[tokio::test]
async fn a_deployment_that_may_have_been_made_is_looked_for() {
    for wrong in [Wrong::Silence, Wrong::Lost, Wrong::Refuse(502, "bad gateway")] {
        let mut job = Job::new();
        job.forge.fail("POST deployments", wrong.clone());
        job.forge.fail("POST deployments/100/statuses", wrong);
        let findings = job.ship(&[environment("page", None, None, true)]).await;
        assert_eq!(told(&findings), "");
        assert_eq!(job.outcomes(), ["page delivered"]);
        let state = job.forge.state();
        assert_eq!((state.deployments.len(), state.states(100)), (1, vec!["in_progress", "success"]));
    }
}

#[tokio::test]
async fn a_run_is_known_by_the_approval_in_its_name() {
    let environments = [environment("staging", None, workflow(), false)];
    // Two have begun, and one is ours.
    let mut job = Job::new();
    job.forge.state().is_named = true;
    job.forge.state().begin("deploy");
    job.forge.fail("POST actions", Wrong::Silence);
    assert_eq!(told(&job.ship(&environments).await), "");
    assert_eq!(job.deliveries[0].run, Some(7001));
    // One has begun, and it is another model's.
    let mut job = Job::new();
    job.forge.state().begin(&format!("deploy sha256:{}", "0".repeat(64)));
    job.forge.fail("POST actions", Wrong::Lost);
    job.ship(&environments).await;
    assert_eq!((job.outcomes(), job.deliveries[0].run), (vec!["staging failed".into()], None));
}

/// A job that is killed after any of its requests, and one that does it again and knows nothing of it.
#[tokio::test]
async fn whatever_a_killed_job_has_done_is_not_done_twice() {
    let environments = [environment("staging", None, workflow(), true)];
    let mut whole = Job::new();
    whole.ship(&environments).await;
    let all = whole.forge.state().writes().len();
    assert_eq!(all, 5);
    for kept in 0..=all {
        let github = Fake::start();
        {
            let (from, mut to) = (whole.forge.state(), github.state());
            let writes = from.requests.iter().filter(|(kind, _)| kind.starts_with("POST"));
            for (kind, body) in writes.take(kept) {
                to.take(kind.strip_prefix("POST ").map_or("", |_| "POST"), &kind[5..], body);
            }
        }
        let mut job = Job::on(github);
        assert_eq!(told(&job.ship(&environments).await), "", "after {kept}");
        let state = job.forge.state();
        assert_eq!((state.deployments.len(), state.runs.len()), (1, 1), "after {kept}");
        assert_eq!(state.states(100).last(), Some(&"success"));
        drop(state);
        assert_eq!(job.outcomes(), ["staging delivered"]);
    }
}

/// The same with what the first job has saved, and without a deployment that knows it.
#[tokio::test]
async fn whatever_was_saved_is_taken_up() {
    let environments = [environment("staging", None, workflow(), false)];
    let mut whole = Job::new();
    whole.ship(&environments).await;
    let because: Vec<&str> = whole.saved.iter().map(|saved| saved[0].because.as_str()).collect();
    assert_eq!(
        because,
        ["it was about to be started", "deploy.yml was started", "deploy.yml ended with success"]
    );
    for (at, outcome) in ["failed", "delivered", "delivered"].iter().enumerate() {
        let mut job = Job::on(whole.forge.clone());
        job.deliveries = whole.saved[at].clone();
        job.ship(&environments).await;
        assert_eq!(job.outcomes(), [format!("staging {outcome}")]);
        assert_eq!(job.dispatches(), 1, "nothing is started again");
    }
    // Who was told looks, and tries again.
    let mut job = Job::on(whole.forge.clone());
    job.deliveries = whole.saved[0].clone();
    job.ship(&environments).await;
    job.ship(&environments).await;
    assert_eq!((job.outcomes(), job.dispatches()), (vec!["staging delivered".into()], 2));
}

#[tokio::test]
async fn who_is_stopped_or_out_of_time_leaves_the_run_to_the_next_attempt() {
    let mut job = Job::new();
    job.forge.state().looks = u32::MAX;
    let mut environments = both();
    environments[0].dispatch.as_mut().unwrap().timeout = Duration::ZERO;
    let findings = job.ship(&environments).await;
    assert_eq!(job.outcomes(), ["staging failed", "production skipped"]);
    insta::assert_snapshot!("timed_out", told(&findings));
    assert_eq!(job.forge.state().states(100), ["in_progress", "in_progress"]);

    environments[0].dispatch.as_mut().unwrap().timeout = Duration::from_secs(600);
    let hand = job.hand.clone();
    let github = job.forge.clone();
    let seen = github.state().kinds().len();
    let (findings, ()) = tokio::join!(job.ship(&environments), async {
        while github.state().kinds().len() < seen + 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        hand.raise(Signal::Terminate);
    });
    assert_eq!(job.outcomes(), ["staging started", "production skipped"]);
    insta::assert_snapshot!("stopped", told(&findings));

    let mut again = Job::on(github);
    again.deliveries = job.deliveries.clone();
    again.forge.state().looks = 0;
    assert_eq!(told(&again.ship(&environments).await), "");
    assert_eq!(again.outcomes(), ["staging delivered", "production delivered"]);
    assert_eq!(again.dispatches(), 2);
    assert_eq!(again.forge.state().deployments.len(), 2);
}

#[test]
fn what_an_earlier_job_delivered_is_known_by_its_key() {
    let key = approval().key();
    let delivery = |target: &str, outcome| ledger::blank(target, key, outcome);
    let other = Delivery {
        approval: Some(Digest::from_bytes([1; 32])),
        ..delivery("edge", DeliveryOutcome::Delivered)
    };
    let earlier = vec![
        delivery("staging", DeliveryOutcome::Delivered),
        delivery("production", DeliveryOutcome::Skipped),
        delivery("europe", DeliveryOutcome::Delivered),
        delivery("staging", DeliveryOutcome::Failed),
        delivery("production", DeliveryOutcome::Started),
        other,
    ];
    let mut deliveries =
        vec![delivery("production", DeliveryOutcome::Skipped), delivery("europe", DeliveryOutcome::Failed)];
    recall(&mut deliveries, earlier, &key);
    let words: Vec<_> = deliveries.iter().map(|it| format!("{} {}", it.target, it.outcome.word())).collect();
    assert_eq!(words, ["europe failed", "staging delivered", "production started"]);
}
