//! `modelgate cache prune`: make room.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::{CacheFolder, Call, print};
use crate::cache::{Freed, Prune};
use crate::exit::End;
use crate::interrupt::Interrupt;
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
    #[arg(long, value_name = "SIZE", value_parser = size, conflicts_with = "unused_for")]
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

/// A size as people write it: `500MB`, `2 GB`, `1.5GiB`, `1048576`.
fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        "tib" => 1_099_511_627_776.0,
        _ => return Err("write a size such as 500MB, 2GB or 1.5GiB".into()),
    };
    let number: f64 = number.parse().map_err(|_| "write a size such as 500MB, 2GB or 1.5GiB".to_owned())?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
    Ok((number * unit) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        assert_eq!(size("2GB"), Ok(2_000_000_000));
        assert_eq!(size("1.5 GiB"), Ok(1_610_612_736));
        assert_eq!(size("1048576"), Ok(1_048_576));
        for wrong in ["", "GB", "2 apples", "-1GB", "1.2.3MB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
