//! What went wrong on GitLab, with what to do about it.

use super::given;
use super::pipeline::{Pipeline, spec};
use super::seen::Seen;
use crate::config::Given;
use crate::deploy::told::{FAILED, failed};
use crate::finding::Finding;
use crate::forge::rest::Trouble;

/// An environment that says only what is started on GitHub.
pub(super) fn stranger(environment: &str) -> Finding {
    let message =
        format!("deploy.{environment} has a `dispatch`, which only GitHub knows, and this is GitLab");
    let help =
        format!("say what is started here: `trigger: {{}}`, or a job to `play`, in `deploy.{environment}`");
    Finding::error(FAILED, message).help(help)
}

/// A pipeline that was started by a delivery, and would start another like itself.
pub(super) fn without_end(environment: &str) -> Finding {
    let message = format!(
        "failed to deliver to {environment}: this pipeline was started by a delivery, and would start another of the same project"
    );
    let help = "let the jobs that run modelgate stay out of it, first of all their rules: `- { if: $MODELGATE_APPROVAL, when: never }`";
    Finding::error(FAILED, message).help(help)
}

/// Something without which nothing can be started.
pub(super) fn missing(environment: &str, what: &str) -> Finding {
    let message = format!("failed to deliver to {environment}: {what}");
    Finding::error(FAILED, message)
        .help("set it as a masked variable in the project's settings, CI/CD, Variables")
}

/// A pipeline that could not be started.
pub(super) fn pipeline(trouble: &Trouble, environment: &str, pipeline: &Pipeline<'_>) -> Finding {
    let doing = format!("start {} for {environment}", pipeline.what());
    failed(trouble, &doing, pipeline_help(trouble, pipeline, &format!("deploy.{environment}.trigger")))
}

/// What makes a pipeline start that does not; `key` is where modelgate.yml speaks of it.
pub(super) fn pipeline_help(trouble: &Trouble, pipeline: &Pipeline<'_>, key: &str) -> Option<String> {
    match trouble {
        Trouble::NotFound(_) | Trouble::Unauthorized(_) | Trouble::Forbidden(..) => {
            Some(match pipeline.trigger.project {
                Some(_) => format!(
                    "check `{key}.project` and its token: with the job's own, that project must list this one in its settings, CI/CD, Job \
                 token permissions, and whoever started the job must be allowed to run pipelines there"
                ),
                None => {
                    "check the token, and that whoever started the job may run pipelines of the branch".into()
                }
            })
        }
        Trouble::Refused(_, why) => {
            let why = why.to_lowercase();
            let says = |words: &[&str]| words.iter().any(|word| why.contains(word));
            if says(&["reference not found"]) {
                Some(format!("correct `{key}.ref` in modelgate.yml"))
            } else if says(&["pipeline variables"]) {
                Some(format!(
                    "lower the role that it takes to use pipeline variables in that project's settings, CI/CD, Variables; or hand \
                     over inputs: `inputs: {{}}` in `{key}`"
                ))
            } else if says(&["input"]) {
                let (_, inputs) = given::maps(&pipeline.ours, &Given::Inputs(more(pipeline)));
                Some(format!("let the pipeline's .gitlab-ci.yml take what it gets: {}", spec(&inputs)))
            } else if says(&["no stages", "filtered out", "workflow rules", "will not run", "rules"]) {
                let source = pipeline.source();
                Some(format!("let the rules of .gitlab-ci.yml take `$CI_PIPELINE_SOURCE == \"{source}\"`"))
            } else {
                None
            }
        }
        _ => None,
    }
}

fn more(pipeline: &Pipeline<'_>) -> std::collections::BTreeMap<String, String> {
    match &pipeline.trigger.given {
        Given::Inputs(more) => more.clone(),
        Given::Variables(_) => std::collections::BTreeMap::new(),
    }
}

/// A job that could not be played.
pub(super) fn job(trouble: &Trouble, environment: &str, job: &str) -> Finding {
    let help = match trouble {
        Trouble::NotFound(_) | Trouble::Unauthorized(_) | Trouble::Forbidden(..) => Some(
            "give MODELGATE_GITLAB_TOKEN the scope `api` and the role Developer, or what the branch and a protected environment ask for"
                .to_owned(),
        ),
        Trouble::Refused(..) => Some(format!("look at the job {job} in the pipeline: it may wait for an approval")),
        _ => None,
    };
    failed(trouble, &format!("play {job} for {environment}"), help)
}

/// A pipeline without the job.
pub(super) fn no_job(environment: &str, job: &str) -> Finding {
    let message = format!("failed to deliver to {environment}: this pipeline has no job {job}");
    let help =
        format!("correct `deploy.{environment}.play.job`, or let the job's rules take it into this pipeline");
    Finding::error(FAILED, message).help(help)
}

/// A job that cannot be played yet.
pub(super) fn not_yet(environment: &str, job: &str, status: &str) -> Finding {
    let message =
        format!("failed to deliver to {environment}: the job {job} cannot be played yet: it is «{status}»");
    let help =
        format!("let it wait for a person and for no other job: `{job}: {{ when: manual, needs: [] }}`");
    Finding::error(FAILED, message).help(help)
}

/// A job that somebody else has played.
pub(super) fn strange(environment: &str, job: &str, seen: &Seen) -> Finding {
    let message = format!(
        "failed to deliver to {environment}: the job {job} was played already, is «{}», and nobody can say for which approval",
        seen.status
    );
    let help = format!("look at {}; a new pipeline has a job that can be played", seen.place());
    Finding::error(FAILED, message).help(help)
}

/// A deployment that could not be made.
pub(super) fn deployment(trouble: &Trouble, environment: &str) -> Finding {
    let help = match trouble {
        Trouble::Refused(..) => {
            Some("check that the commit and its branch are on GitLab, and that the environment is not stopped".into())
        }
        Trouble::NotFound(_) | Trouble::Unauthorized(_) | Trouble::Forbidden(..) => Some(
            "whoever started the job must have the role Developer, and be allowed to deploy where the environment is protected"
                .to_owned(),
        ),
        _ => None,
    };
    failed(trouble, &format!("make the deployment to {environment}"), help)
}
