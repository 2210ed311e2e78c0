//! `modelgate gate` and `modelgate report`: from a record, without training.

use clap::Args;

use super::{Call, end, refuse_unavailable, show, stopped};
use crate::exit::End;
use crate::fault::Fault;
use crate::record::{Record, conclude};
use crate::step::Step;
use crate::wire::{self, House};

/// `modelgate gate`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  modelgate gate --run artifacts/run.json")]
pub struct Gate {}

/// `modelgate report`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  modelgate report --run artifacts")]
pub struct Report {}

/// Judges the record again, or writes its reports again. Both end as the run would have ended.
pub fn execute(step: Step, call: Call) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path)?;
    wire::block_on(|interrupt| async move {
        let house = House::open(&call.settings, call.environment.clone(), &path, config, interrupt);
        if step == Step::Gate {
            refuse_unavailable(&house, path, |_| true)?;
        }
        // Waiting for a turn makes the folder, which a mistaken --run must not.
        record(&house, step)?;
        let Some(_turn) = house.turn().await? else { return Ok(stopped(&house)) };
        // Only now: who had the turn may have written another.
        let mut record = record(&house, step)?;
        house.mark(&mut record);
        house.pipeline().alone(step, &mut record).await?;
        if step == Step::Gate {
            record.conclusion = Some(conclude(&record, house.stopped().is_some()));
            house.folder.save(&record)?;
        }
        show::run(&call, &house, &record)?;
        Ok(end(&house, &record))
    })?
}

/// The record of the run that is gone on with.
pub(super) fn record(house: &House, step: Step) -> anyhow::Result<Record> {
    house.folder.load_sound()?.ok_or_else(|| {
        let missing = format!("there is no run.json in {}", house.folder.path().display());
        Fault::new(format!("do the {step}"), missing)
            .help("make one with `modelgate run`, or name its folder with --run")
            .into()
    })
}
