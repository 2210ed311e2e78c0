//! `modelgate lint`, `test`, `train`, `evaluate`: one step over the record of the run.

use clap::Args;

use super::{CacheFlags, Call, refuse_unavailable, show, stopped};
use crate::context::Context;
use crate::exit::End;
use crate::record::{Outcome, Record};
use crate::step::Step;
use crate::wire::{self, House};

/// The flags of a step that makes something.
#[derive(Debug, Args)]
pub struct Flags {
    #[command(flatten)]
    pub(super) cache: CacheFlags,
}

/// The flags of a step that makes nothing.
#[derive(Debug, Args)]
pub struct NoFlags {}

/// Does the step, and puts it into the record.
pub fn execute(step: Step, cache: CacheFlags, call: Call) -> anyhow::Result<End> {
    let call = call.with_cache(cache);
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path)?;
    wire::block_on(|interrupt| async move {
        let house = House::open(&call.settings, call.environment.clone(), &path, config, interrupt);
        refuse_unavailable(&house, path, |unavailable| unavailable == step)?;
        let Some(_turn) = house.turn().await? else { return Ok(stopped(&house)) };
        let mut record = record(&house, step)?;
        house.pipeline().alone(step, &mut record).await?;
        show::step(&call, step, &record)?;
        Ok(match house.stopped() {
            Some(signal) => End::Stopped(signal),
            None => End::Step(record.step(step).map_or(Outcome::Faulted, |done| done.outcome)),
        })
    })?
}

/// The record of the run that is under way. Evidence of another commit or another model is never mixed
/// with evidence of this one, so then a new record begins, and so it does with the first step.
fn record(house: &House, step: Step) -> anyhow::Result<Record> {
    let new = house.new_record()?;
    let goes_on = |old: &Record| {
        let same = old.model == new.model && old.context.commit == new.context.commit;
        same && old.steps.iter().any(|done| done.step < step)
    };
    Ok(match house.folder.load_sound()? {
        Some(old) if goes_on(&old) => {
            let dirty = old.context.dirty;
            let mut record = Record { context: Context { dirty, ..new.context }, ..old };
            house.mark(&mut record);
            record
        }
        _ => new,
    })
}
