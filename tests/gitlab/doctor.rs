//! What `modelgate doctor` says of the tokens of a job.

use super::job::Job;
use crate::common::Project;

fn told(job: &Job) -> String {
    let said = job.modelgate(&["doctor"]);
    let lines = said.out.lines().skip_while(|line| !line.contains("permissions"));
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn asking() -> Job {
    let project = Project::shell();
    let text = project.read("modelgate.yml").replace("{ min: 0.85 }", "{ min: 0.85, max-drop: 0.1 }");
    project.file("modelgate.yml", text + "report:\n  comment: true\n");
    project.commit("Ask for much");
    Job::new(project).merging("7")
}

#[test]
fn a_token_that_may_everything() {
    insta::assert_snapshot!("doctor_fine", told(&asking()));
}

#[test]
fn no_token_of_our_own() {
    let mut job = asking();
    job.own = None;
    insta::assert_snapshot!("doctor_without", told(&job));
    let mut fork = asking();
    fork.merge("8");
    fork.own = None;
    insta::assert_snapshot!("doctor_fork", told(&fork));
}

#[test]
fn no_token_at_all() {
    let mut job = asking();
    (job.own, job.token) = (None, None);
    assert!(told(&job).contains("neither CI_JOB_TOKEN nor MODELGATE_GITLAB_TOKEN"), "{}", told(&job));
    let mut job = asking();
    job.more.push(("MODELGATE_GITLAB_TOKEN", "glpat-\u{1}".into()));
    assert!(told(&job).contains("can be used"), "{}", told(&job));
}

#[test]
fn a_token_that_lacks_a_scope_or_a_role() {
    let job = asking();
    {
        let mut state = job.gitlab.state();
        (state.scopes, state.role) = (vec!["read_api"], 10);
    }
    insta::assert_snapshot!("doctor_lacking", told(&job));
    let mut job = asking();
    job.own = Some("glpat-expired");
    insta::assert_snapshot!("doctor_expired", told(&job));
}
