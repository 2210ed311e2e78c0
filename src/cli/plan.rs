//! `modelgate plan`: what would run, and why.

use clap::Args;
use serde_json::json;

use super::{CacheFlags, Call, Format, print};
use crate::exit::End;
use crate::plan::{Intent, Planned};
use crate::wire::{self, House};

/// `modelgate plan`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  modelgate plan")]
pub struct Plan {
    #[command(flatten)]
    cache: CacheFlags,
}

/// Shows every step with the reason why it runs, is restored or is skipped.
pub fn execute(args: Plan, call: Call) -> anyhow::Result<End> {
    let call = call.with_cache(args.cache);
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path)?;
    wire::block_on(|interrupt| async move {
        let house = House::open(&call.settings, call.environment.clone(), &path, config, interrupt);
        let steps = house.pipeline().foresee()?.steps;
        match call.format {
            Format::Json => print(&as_json(&steps)?)?,
            Format::Human => print(&as_text(&steps))?,
        }
        Ok(End::Done)
    })?
}

const fn word(intent: Intent) -> &'static str {
    match intent {
        Intent::Run => "run",
        Intent::Restore => "restore",
        Intent::Skip => "skip",
        Intent::Unavailable => "not yet available",
    }
}

fn as_text(steps: &[Planned]) -> String {
    let width = steps.iter().map(|planned| word(planned.intent).len()).max().unwrap_or(0);
    let line = |planned: &Planned| {
        format!("{:9} {:width$}  {}\n", planned.step, word(planned.intent), planned.because)
    };
    steps.iter().map(line).collect()
}

fn as_json(steps: &[Planned]) -> anyhow::Result<String> {
    let steps: Vec<_> = steps
        .iter()
        .map(|planned| {
            json!({ "step": planned.step, "intent": word(planned.intent).replace(' ', "-"), "because": planned.because })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&json!({ "steps": steps }))? + "\n")
}
