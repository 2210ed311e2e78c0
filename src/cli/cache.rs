//! `modelgate cache prune`: make room.

use clap::{Args, Subcommand};

use super::{CacheFolder, Call};
use crate::exit::End;

/// `modelgate cache`
#[derive(Debug, Args)]
pub struct Cache {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Remove what has not been used for long
    Prune(Prune),
}

/// `modelgate cache prune`
#[derive(Debug, Args)]
struct Prune {
    #[command(flatten)]
    folder: CacheFolder,
}

/// Looks after the cache.
pub fn execute(args: Cache, call: Call) -> anyhow::Result<End> {
    let _ = (args, call);
    todo!()
}
