//! `modelgate run`: the main job.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::{CacheFlags, Call, end, print, refuse_unavailable, show, stopped};
use crate::exit::End;
use crate::plan;
use crate::wire::{self, House, Invalid};

/// `modelgate run`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  modelgate run --format json > run.json")]
pub struct Run {
    #[command(flatten)]
    cache: CacheFlags,
    /// Do nothing for a pull request that changes no file in the folder of modelgate.yml, and no workflow
    #[arg(long, env = "MODELGATE_IF_CHANGED", hide_env_values = true, value_parser = FalseyValueParser::new())]
    if_changed: bool,
}

/// Does everything that the configuration asks for.
pub fn execute(args: Run, call: Call) -> anyhow::Result<End> {
    let call = call.with_cache(args.cache);
    work(&call, args.if_changed).inspect_err(|error| {
        if let Some(invalid) = error.downcast_ref::<Invalid>() {
            wire::show_invalid(&call.settings, &call.environment, invalid);
        }
    })
}

fn work(call: &Call, if_changed: bool) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path)?;
    wire::block_on(|interrupt| async move {
        let house = House::open(&call.settings, call.environment.clone(), &path, config, interrupt);
        refuse_unavailable(&house, path, |_| true)?;
        if if_changed && let Some(why) = house.untouched().await? {
            print(&format!("nothing to do: {why}\n"))?;
            return Ok(End::Done);
        }
        let Some(_turn) = house.turn().await? else { return Ok(stopped(&house)) };
        let mut record = house.new_record()?;
        house.pipeline().run(&plan::plan(&house.config), &mut record).await?;
        show::run(call, &house, &record)?;
        Ok(end(&house, &record))
    })?
}
