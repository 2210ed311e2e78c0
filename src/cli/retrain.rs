//! `modelgate retrain`: start the training by hand.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::{Call, print};
use crate::deploy;
use crate::exit::End;
use crate::fault::Fault;
use crate::wire;

/// `modelgate retrain`
#[derive(Debug, Args)]
#[command(after_help = "\
It needs GITHUB_TOKEN (with `actions: write`) and GITHUB_REPOSITORY. The workflow trains and is judged like any
other run: no rule can be given here.

Example:
  modelgate retrain --reason 'the labels of March were corrected'")]
pub struct Retrain {
    /// Why, for whoever reads the run
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// The file of the workflow [default: retrain.dispatch.workflow, or retrain.yml]
    #[arg(long, value_name = "FILE")]
    workflow: Option<String>,
    /// The branch that the workflow is taken from [default: the default branch]
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// One more input of the workflow; may be given several times
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

/// Starts the workflow.
pub fn execute(args: Retrain, call: &Call) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path)?;
    let workflow = args.workflow.unwrap_or_else(|| config.retrain.workflow.clone());
    let branch = args.branch.or_else(|| config.retrain.branch.clone());
    let mut inputs: std::collections::BTreeMap<String, String> = args.input.into_iter().collect();
    inputs.insert("reason".into(), args.reason);
    wire::block_on(|interrupt| async move {
        let console = wire::console(&call.settings, &call.environment);
        let remote = wire::remote(&call.environment, &config.report, &console, &interrupt)
            .and_then(|it| it.github().cloned())
            .ok_or_else(|| {
                Fault::new("start the retraining", "GITHUB_TOKEN or GITHUB_REPOSITORY is not set").help(
                    "set GITHUB_REPOSITORY=owner/name, and GITHUB_TOKEN to a token with `actions: write`",
                )
            })?;
        if args.dry_run {
            print(&deploy::foresee_retrain(&remote, &workflow, branch.as_deref(), &inputs))?;
            return Ok(End::Done);
        }
        let page = call.environment.context(None).url;
        let started = deploy::retrain(
            &remote,
            call.environment.clock,
            page.as_deref(),
            &workflow,
            branch.as_deref(),
            &inputs,
        )
        .await?;
        print(
            &started.url.map_or_else(|| format!("started {workflow}\n"), |url| format!("started {url}\n")),
        )?;
        Ok(End::Done)
    })?
}
