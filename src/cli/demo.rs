//! `modelgate demo`: a real project, a good model and a bad one.

use std::path::PathBuf;

use clap::Args;

use super::Call;
use crate::exit::End;

/// `modelgate demo`
#[derive(Debug, Args)]
#[command(after_help = "\
It needs Python 3.10 to 3.13, git and the package index, and takes a minute or two.

Example:
  modelgate demo /tmp/demo")]
pub struct Demo {
    /// Where the project goes: a folder that is empty, or that an earlier demo made
    #[arg(default_value = "modelgate-demo")]
    folder: PathBuf,
}

/// Shows a candidate that is approved, and one that is rejected.
pub fn execute(args: &Demo, call: &Call) -> anyhow::Result<End> {
    crate::demo::Demo {
        folder: call.environment.absolute(&args.folder),
        program: call.environment.program.clone(),
        variables: &call.environment.variables,
        out: &mut std::io::stdout(),
    }
    .show()?;
    Ok(End::Done)
}
