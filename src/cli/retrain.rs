//! `modelgate retrain`: start the training by hand.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use clap::Args;
use clap::builder::FalseyValueParser;

use super::{Call, print};
use crate::config;
use crate::context::Forge;
use crate::deploy::{self, Retraining};
use crate::environment::Environment;
use crate::exit::End;
use crate::fault::Fault;
use crate::forge::{Remote, github, gitlab};
use crate::wire;

/// `modelgate retrain`
#[derive(Debug, Args)]
#[command(after_help = "\
On GitHub it starts a workflow, and needs GITHUB_TOKEN (with `actions: write`) and GITHUB_REPOSITORY. On GitLab it starts a
pipeline; a job has what it needs, a laptop needs MODELGATE_GITLAB_TOKEN (with the scope `api`) and --project. What is
started trains and is judged like any other run: no rule can be given here.

Example:
  modelgate retrain --reason 'the labels of March were corrected'
  modelgate retrain --project group/churn --reason drift --dry-run")]
pub struct Retrain {
    /// Why, for whoever reads the run
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// The file of the workflow, on GitHub [default: retrain.dispatch.workflow, or retrain.yml]
    #[arg(long, value_name = "FILE")]
    workflow: Option<String>,
    /// The project whose pipeline is started, on GitLab: its path or number [default: retrain.trigger.project, or the
    /// project of the job]
    #[arg(long, value_name = "PROJECT", conflicts_with = "workflow")]
    project: Option<String>,
    /// The branch that the workflow is taken from, or that the pipeline is of [default: the default branch]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// One more input of the workflow, or variable of the pipeline; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = input)]
    input: Vec<(String, String)>,
    /// Print the request, and send none
    #[arg(long, env = "MODELGATE_DRY_RUN", hide_env_values = true, value_parser = FalseyValueParser::new())]
    dry_run: bool,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("say why".into()) } else { Ok(text.to_owned()) }
}

fn input(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && name != "reason" => {
            Ok((name.to_owned(), value.to_owned()))
        }
        Some(("reason", _)) => Err("`--reason` gives it".into()),
        _ => Err("write NAME=VALUE".into()),
    }
}

/// Starts the workflow, or the pipeline.
pub fn execute(args: Retrain, call: &Call) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path)?;
    let environment = for_project(&call.environment, args.project.as_deref());
    wire::block_on(|interrupt| async move {
        let console = wire::console(&call.settings, &environment);
        let remote = wire::remote(&environment, &config.report, &console, &interrupt);
        let page = environment.context(None).url;
        let started = match &remote {
            Some(Remote::Github(remote)) if args.project.is_none() => {
                github(args, &config.retrain, remote, &environment, page.as_deref()).await?
            }
            Some(Remote::Gitlab(remote)) if args.workflow.is_none() => {
                gitlab(args, &config.retrain, remote, &environment, page.as_deref()).await?
            }
            Some(_) => {
                let cause = "`--workflow` is for GitHub, and `--project` for GitLab";
                return Err(Fault::new("start the retraining", cause).help("leave it out").into());
            }
            None => return Err(no_forge(&environment).into()),
        };
        print(&started)?;
        Ok(End::Done)
    })?
}

/// Starts the workflow. The answer is what is told of it.
async fn github(
    args: Retrain,
    retrain: &config::Retrain,
    remote: &github::Remote,
    environment: &Environment,
    page: Option<&str>,
) -> Result<String, Fault> {
    let workflow = args.workflow.unwrap_or_else(|| retrain.workflow.clone());
    let branch = args.branch.or_else(|| retrain.branch.clone());
    let mut inputs: BTreeMap<String, String> = args.input.into_iter().collect();
    inputs.insert("reason".into(), args.reason);
    if args.dry_run {
        return Ok(deploy::foresee_retrain(remote, &workflow, branch.as_deref(), &inputs));
    }
    let clock = environment.clock;
    let started = deploy::retrain(remote, clock, page, &workflow, branch.as_deref(), &inputs).await?;
    Ok(format!("started {}\n", started.url.unwrap_or(workflow)))
}

/// Starts the pipeline. The answer is what is told of it.
async fn gitlab(
    args: Retrain,
    retrain: &config::Retrain,
    remote: &gitlab::Remote,
    environment: &Environment,
    job_url: Option<&str>,
) -> Result<String, Fault> {
    let mut trigger = retrain.trigger.clone();
    if args.project.is_some() {
        // The branch of modelgate.yml is one of the project there.
        (trigger.project, trigger.reference) = (args.project, None);
    }
    trigger.reference = args.branch.or(trigger.reference);
    let (reason, variables) = (args.reason, &environment.variables);
    let retraining = Retraining { remote, trigger, reason, variables, job_url };
    let retraining = retraining.with(args.input.into_iter().collect());
    if args.dry_run {
        return retraining.request();
    }
    let started = retraining.start(environment.clock).await?;
    Ok(format!("started {}\n", started.url.unwrap_or_else(|| "the pipeline".into())))
}

/// The environment of who asks for a project of GitLab.
fn for_project(environment: &Environment, project: Option<&str>) -> Environment {
    let mut environment = environment.clone();
    let Some(project) = project.filter(|_| environment.forge() == Forge::Local) else { return environment };
    environment.variables.remove(OsStr::new("GITHUB_REPOSITORY"));
    environment.variables.remove(OsStr::new("CI_PROJECT_ID"));
    environment.variables.insert("CI_PROJECT_PATH".into(), project.into());
    environment
}

fn no_forge(environment: &Environment) -> Fault {
    let fault = |cause: &str, help: &str| Fault::new("start the retraining", cause).help(help);
    match environment.forge() {
        Forge::Gitlab => {
            fault("there is no token", "let the job have CI_JOB_TOKEN, or MODELGATE_GITLAB_TOKEN")
        }
        _ if environment.get("CI_PROJECT_PATH").is_some() => fault(
            "MODELGATE_GITLAB_TOKEN is not set",
            "set it to a token with the scope `api`; CI_API_V4_URL names a server that is not gitlab.com",
        ),
        _ => fault(
            "GITHUB_TOKEN or GITHUB_REPOSITORY is not set",
            "set GITHUB_REPOSITORY=owner/name, and GITHUB_TOKEN to a token with `actions: write`; for GitLab give `--project`",
        ),
    }
}
