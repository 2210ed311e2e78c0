#![allow(clippy::unwrap_used)]

use super::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    let screen = Screen { is_terminal: true, width: 80 };
    Environment {
        variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        folder: PathBuf::from("/"),
        program: PathBuf::from("modelgate"),
        clock: clock(),
        output: screen,
        errors: screen,
    }
}

#[test]
fn a_github_job_is_known_by_its_variables() {
    let context = environment(&[
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_HEAD_REF", "wider-forest"),
        ("GITHUB_REF_NAME", "7/merge"),
        ("GITHUB_SERVER_URL", "https://github.example"),
        ("GITHUB_REPOSITORY", "team/churn"),
        ("GITHUB_RUN_ID", "42"),
    ])
    .context(None);
    assert_eq!(context.forge, Forge::Github);
    assert_eq!(context.event, "pull_request");
    assert_eq!(context.branch.as_deref(), Some("wider-forest"));
    assert_eq!(context.url.as_deref(), Some("https://github.example/team/churn/actions/runs/42"));
}

#[test]
fn a_gitlab_job_is_known_by_its_variables() {
    let job = |more: &[(&str, &str)]| {
        let all =
            [&[("GITLAB_CI", "true"), ("CI_JOB_ID", "9"), ("CI_COMMIT_REF_NAME", "main")], more].concat();
        environment(&all).context(None)
    };
    let push = job(&[("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "main")]);
    assert_eq!(
        (push.forge, push.event.as_str(), push.branch.as_deref()),
        (Forge::Gitlab, "push", Some("main"))
    );
    assert_eq!(push.job.as_deref(), Some("gitlab/9"));
    let head = "0123456789abcdef0123456789abcdef01234567";
    let request = [
        ("CI_MERGE_REQUEST_IID", "7"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "topic"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", head),
    ];
    for source in ["merge_request_event", "parent_pipeline"] {
        let context = job(&[&request[..], &[("CI_PIPELINE_SOURCE", source)]].concat());
        assert_eq!(
            (context.event.as_str(), context.branch.as_deref()),
            ("merge_request_event", Some("topic"))
        );
        assert_eq!(context.head.unwrap().as_str(), head);
    }
    let tag = job(&[("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_TAG", "main")]);
    assert_eq!(tag.branch, None, "a tag may be called as a branch is");
}

#[test]
fn the_page_of_a_run_names_no_user() {
    let github = environment(&[
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://user:p@w@github.example:8443"),
        ("GITHUB_REPOSITORY", "team/churn"),
        ("GITHUB_RUN_ID", "42"),
    ]);
    let url = github.context(None).url;
    assert_eq!(url.as_deref(), Some("https://github.example:8443/team/churn/actions/runs/42"));
    let gitlab = [("GITLAB_CI", "true"), ("CI_JOB_URL", "https://token@gitlab.example/a/@b/-/jobs/7")];
    let url = environment(&gitlab).context(None).url;
    assert_eq!(url.as_deref(), Some("https://gitlab.example/a/@b/-/jobs/7"));
}

#[test]
fn a_laptop_is_what_nothing_says_otherwise() {
    let context = environment(&[("GITHUB_ACTIONS", ""), ("CI", "true")]).context(None);
    assert_eq!((context.forge, context.event.as_str()), (Forge::Local, "manual"));
}

#[test]
fn moments_are_for_a_person_at_a_terminal() {
    assert!(environment(&[]).shows_moments());
    for (name, value) in [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITLAB_CI", "true"), ("TERM", "dumb")]
    {
        assert!(!environment(&[(name, value)]).shows_moments(), "{name}");
    }
    let mut file = environment(&[]);
    file.errors.is_terminal = false;
    assert!(!file.shows_moments());
}

#[test]
fn colours_follow_the_conventions() {
    let terminal = Screen { is_terminal: true, width: 80 };
    let file = Screen { is_terminal: false, width: 80 };
    assert!(environment(&[]).likes_color(terminal));
    assert!(!environment(&[]).likes_color(file));
    assert!(!environment(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]).likes_color(terminal));
    assert!(!environment(&[("TERM", "dumb")]).likes_color(terminal));
    assert!(environment(&[("CLICOLOR_FORCE", "1")]).likes_color(file));
    assert!(environment(&[("GITLAB_CI", "true")]).likes_color(file));
}
