//! `modelgate plan`: what would run, and why.

use clap::Args;
use serde_json::json;

use super::{CacheFlags, Call, Format, print};
use crate::exit::End;
use crate::plan::{self, Intent, Planned};
use crate::step::Step;
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
        let mut steps = plan::plan(&house.config).steps;
        let mut restored = house.config.train.is_none();
        for planned in &mut steps {
            if planned.intent == Intent::Run {
                foresee(&house, planned, &mut restored)?;
            }
        }
        match call.format {
            Format::Json => print(&as_json(&steps)?)?,
            Format::Human => print(&as_text(&steps))?,
        }
        Ok(End::Done)
    })?
}

/// Says of a step that makes something whether it would be restored. What evaluate would do is known only
/// when the model is.
fn foresee(house: &House, planned: &mut Planned, train_is_known: &mut bool) -> anyhow::Result<()> {
    let forecast = match planned.step {
        Step::Train => house.forecast_train()?,
        Step::Evaluate if !*train_is_known => {
            planned.because = "the model is made anew".into();
            return Ok(());
        }
        Step::Evaluate => house.forecast_evaluate()?,
        _ => return Ok(()),
    };
    if let Some(forecast) = forecast {
        if planned.step == Step::Train {
            *train_is_known = forecast.restores_from.is_some();
        }
        if forecast.restores_from.is_some() {
            planned.intent = Intent::Restore;
        }
        planned.because = forecast.because;
    }
    Ok(())
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
