//! `modelgate init`: from a project to a modelgate.yml.

use std::path::Path;

use clap::Args;

use super::{Call, print, show};
use crate::exit::End;
use crate::{init, wire};

/// `modelgate init`
#[derive(Debug, Args)]
#[command(after_help = "\
It finds what trains and what evaluates (scripts, dvc.yaml, a Makefile), what they read and make, the
tests, the linters and the latest metrics. It runs nothing and changes no other file. The bounds of the
rules are a proposal: read them before you commit the file.

Example:
  modelgate init --stdout
  modelgate init && modelgate run")]
pub struct Init {
    /// Replace the file that is there
    #[arg(long, conflicts_with = "stdout")]
    force: bool,
    /// Write to standard output instead of the file
    #[arg(long)]
    stdout: bool,
}

/// Writes the file, and says what was found and what is next.
pub fn execute(args: &Init, call: &Call) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let root = path.parent().unwrap_or(Path::new("."));
    let project = init::look(root, &call.environment.variables)?;
    let text = init::write(&project);
    if args.stdout {
        print(&text)?;
        return Ok(End::Done);
    }
    init::save(&path, &text, args.force)?;
    let file = show::near(&path, &call.environment.folder);
    print(&format!("wrote {file}\n\n{}", init::tell(&project, &file)))?;
    Ok(End::Done)
}
