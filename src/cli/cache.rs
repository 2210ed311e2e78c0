//! `modelgate cache prune`: make room.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{CacheFolder, Call, print};
use crate::cache::{Freed, Prune};
use crate::exit::End;
use crate::interrupt::Interrupt;
use crate::number;
use crate::report::bytes;
use crate::wire;

/// `modelgate cache`
#[derive(Debug, Args)]
pub struct Cache {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Remove what has not been used for long
    Prune(PruneFlags),
}

/// `modelgate cache prune`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  modelgate cache prune --unused-for 7d\n  modelgate cache prune --max-size 2GB"
)]
struct PruneFlags {
    /// Remove what no run has used for this long
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = humantime::parse_duration)]
    unused_for: Duration,
    /// Remove what was not used for longest, until the rest is no larger
    #[arg(long, value_name = "SIZE", value_parser = number::size, conflicts_with = "unused_for")]
    max_size: Option<u64>,
    /// Remove everything
    #[arg(long, conflicts_with_all = ["unused_for", "max_size"])]
    all: bool,
    #[command(flatten)]
    folder: CacheFolder,
}

/// Looks after the cache.
pub fn execute(args: Cache, mut call: Call) -> anyhow::Result<End> {
    let What::Prune(flags) = args.what;
    call.settings.cache = flags.folder.cache;
    let what = match (flags.all, flags.max_size) {
        (true, _) => Prune::All,
        (_, Some(size)) => Prune::DownTo(size),
        _ => Prune::UnusedFor(flags.unused_for, (call.environment.clock.wall)()),
    };
    let config = wire::config_path(&call.settings, &call.environment);
    let folder = wire::run_folder(&call.settings, &call.environment, &config);
    let (_, interrupt) = Interrupt::channel();
    let freed = wire::cache(&call.settings, &call.environment, &folder, &interrupt).prune(what)?;
    print(&sentence(freed))?;
    Ok(End::Done)
}

fn sentence(freed: Freed) -> String {
    let entries =
        if freed.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", freed.entries) };
    format!("removed {entries} and freed {}; {} are left\n", bytes(freed.bytes), bytes(freed.left))
}
