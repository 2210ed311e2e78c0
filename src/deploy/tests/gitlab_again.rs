//! What was done on GitLab is not done twice, wherever a job ends, and what cannot be known is said.

use super::gitlab::{BOTH, Fake, JOB, played, triggered};
use super::*;

fn staging(deployment: bool) -> Vec<Environment> {
    vec![triggered("staging", None, Trigger::default(), deployment)]
}

#[tokio::test]
async fn a_pipeline_that_may_have_begun_is_looked_for_and_never_started_twice() {
    let cause = regex::Regex::new("was started: .*; no pipeline").unwrap();
    for (wrong, outcome, started) in [(Wrong::Silence, "delivered", 1), (Wrong::Lost, "failed", 0)] {
        let mut job = Job::gitlab(&JOB());
        job.forge.fail("POST trigger", wrong);
        let findings = job.ship(&staging(true)).await;
        assert_eq!(job.outcomes(), [format!("staging {outcome}")]);
        assert_eq!((job.triggers(), job.forge.state().pipelines.len()), (1, started));
        if started == 0 {
            let told = told(&findings);
            insta::assert_snapshot!(
                "gitlab_unknown",
                cause.replace(&told, "was started: CAUSE; no pipeline")
            );
            assert_eq!(job.forge.state().states(), ["failed"]);
        }
    }
}

#[tokio::test]
async fn of_two_pipelines_ours_is_known_by_its_name_or_its_variables_or_neither_is_taken() {
    let other = serde_json::json!({ "ref": "main", "variables": {} });
    for (tokens, is_named, run) in [(JOB, false, None), (JOB, true, Some(7001)), (BOTH, false, Some(7001))] {
        let mut job = Job::gitlab(&tokens());
        job.forge.state().begin(&other, "pipeline");
        job.forge.state().is_named = is_named;
        job.forge.fail("POST trigger", Wrong::Silence);
        let findings = job.ship(&staging(false)).await;
        assert_eq!((job.deliveries[0].run, job.triggers()), (run, 1), "{is_named}");
        if run.is_none() {
            assert!(
                findings[0].message.ends_with("2 pipelines have begun since, and any may be it"),
                "{findings:?}"
            );
        }
    }
}

#[tokio::test]
async fn who_may_not_see_pipelines_says_so_and_starts_nothing_twice() {
    let mut job = Job::gitlab(&JOB());
    job.forge.state().is_hidden = true;
    job.forge.fail("POST trigger", Wrong::Refuse(502, "bad gateway"));
    let findings = job.ship(&staging(false)).await;
    assert_eq!((job.outcomes(), job.triggers()), (vec!["staging failed".into()], 1));
    insta::assert_snapshot!("gitlab_unseen", told(&findings));
}

/// A job that is killed after any of its requests, and one that does it again and knows nothing of it.
#[tokio::test]
async fn whatever_a_killed_job_has_done_is_not_done_twice() {
    let mut whole = Job::gitlab(&JOB());
    whole.ship(&staging(true)).await;
    let all = whole.forge.state().writes().len();
    assert_eq!(all, 3);
    for (tokens, is_named) in [(JOB, false), (JOB, true), (BOTH, false)] {
        for kept in 0..=all {
            let fake = Fake::start();
            fake.state().is_named = is_named;
            {
                let (from, mut to) = (whole.forge.state(), fake.state());
                let writes = from.requests.iter().filter(|(kind, _)| !kind.starts_with("GET"));
                for (kind, body) in writes.take(kept) {
                    let (method, path) = kind.split_once(' ').unwrap();
                    to.take(method, path, body);
                }
            }
            let mut job = Job::gitlab_on(fake, &tokens());
            let told = told(&job.ship(&staging(true)).await);
            let is_ended = kept == all;
            // Of a deployment that is under way only a name or a variable tells for which approval it is.
            if kept == 2 && !is_named && !job.remote.gitlab().unwrap().api.has_own_token() {
                assert!(told.contains("nobody can say for which approval"), "{told}");
                assert_eq!((job.outcomes(), job.triggers()), (vec!["staging failed".into()], 0));
                continue;
            }
            assert_eq!(told, "", "after {kept}");
            assert_eq!(job.outcomes(), ["staging delivered"]);
            let state = job.forge.state();
            // One that has ended tells nothing: that it was a success is known by the pipeline's name alone.
            let started = if is_ended && !is_named { 2 } else { 1 };
            assert_eq!(state.pipelines.len(), started, "after {kept}, {is_named}");
            assert_eq!(state.deployments.len(), if is_ended { 2 } else { 1 }, "after {kept}");
            assert_eq!(state.states().last(), Some(&"success"));
        }
    }
}

/// The same with what the first job has saved, and without a deployment that knows it.
#[tokio::test]
async fn whatever_was_saved_is_taken_up() {
    for environments in [staging(false), vec![played("staging", "ship")]] {
        let mut whole = Job::gitlab(&BOTH());
        whole.ship(&environments).await;
        let starts = whole.forge.state().writes().len();
        for at in 0..whole.saved.len() {
            let mut job = Job::gitlab_on(whole.forge.clone(), &BOTH());
            job.deliveries = whole.saved[at].clone();
            assert_eq!(told(&job.ship(&environments).await), "", "after {at}");
            assert_eq!(job.outcomes(), ["staging delivered"]);
            assert_eq!(job.forge.state().writes().len(), starts, "nothing is started again");
        }
    }
    // Without a token that sees variables, and without a name, nobody can say.
    let mut whole = Job::gitlab(&JOB());
    whole.ship(&staging(false)).await;
    let mut job = Job::gitlab_on(whole.forge.clone(), &JOB());
    job.deliveries = whole.saved[0].clone();
    let findings = job.ship(&staging(false)).await;
    assert_eq!((job.outcomes(), job.triggers()), (vec!["staging failed".into()], 1));
    assert!(
        findings[0].message.contains("an earlier attempt was stopped while it started it"),
        "{findings:?}"
    );
}

#[tokio::test]
async fn a_deployment_that_may_have_been_made_or_told_is_looked_for() {
    for wrong in [Wrong::Silence, Wrong::Lost, Wrong::Refuse(502, "bad gateway")] {
        let mut job = Job::gitlab(&JOB());
        job.forge.fail("POST deployments", wrong.clone());
        job.forge.fail("PUT deployments/100", wrong);
        let findings = job.ship(&[environment("page", None, None, true)]).await;
        assert_eq!((told(&findings), job.outcomes()), (String::new(), vec!["page delivered".into()]));
        assert_eq!(job.forge.state().states(), ["success"]);
    }
}

#[tokio::test]
async fn a_deployment_alone_is_not_made_again_where_the_environment_has_it() {
    let mut job = Job::gitlab(&JOB());
    let page = [environment("page", None, None, true)];
    job.ship(&page).await;
    let mut other = Job::gitlab_on(job.forge.clone(), &JOB());
    assert_eq!(told(&other.ship(&page).await), "");
    assert_eq!((other.outcomes(), job.forge.state().deployments.len()), (vec!["page delivered".into()], 1));
}

#[tokio::test]
async fn a_job_that_may_have_been_played_is_looked_at() {
    for wrong in [Wrong::Silence, Wrong::Lost] {
        let mut job = Job::gitlab(&BOTH());
        job.forge.fail("POST jobs", wrong);
        assert_eq!(told(&job.ship(&[played("canary", "ship")]).await), "");
        assert_eq!(job.outcomes(), ["canary delivered"]);
    }
}

#[tokio::test]
async fn who_is_stopped_or_out_of_time_leaves_the_pipeline_to_the_next_attempt() {
    let mut job = Job::gitlab(&BOTH());
    job.forge.state().looks = u64::MAX;
    let mut environments = staging(true);
    environments[0].launch.as_mut().unwrap().timeout = Duration::ZERO;
    let findings = job.ship(&environments).await;
    insta::assert_snapshot!("gitlab_timed_out", told(&findings));
    environments[0].launch.as_mut().unwrap().timeout = Duration::from_secs(600);
    let (hand, fake) = (job.hand.clone(), job.forge.clone());
    let seen = fake.state().kinds().len();
    let (findings, ()) = tokio::join!(job.ship(&environments), async {
        while fake.state().kinds().len() < seen + 4 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        hand.raise(Signal::Terminate);
    });
    assert_eq!(job.outcomes(), ["staging started"]);
    insta::assert_snapshot!("gitlab_stopped", told(&findings));
    let mut again = Job::gitlab_on(fake, &BOTH());
    again.deliveries = job.deliveries.clone();
    again.forge.state().looks = 0;
    assert_eq!(told(&again.ship(&environments).await), "");
    assert_eq!((again.outcomes(), again.triggers()), (vec!["staging delivered".into()], 1));
    assert_eq!(again.forge.state().states(), ["success"]);
}
