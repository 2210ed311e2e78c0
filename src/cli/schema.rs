//! `modelgate schema`: what editors complete from.

use clap::Args;

use super::print;
use crate::config;
use crate::exit::End;

/// `modelgate schema`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  modelgate schema > modelgate.schema.json
  and on the first line of modelgate.yml:
  # yaml-language-server: $schema=modelgate.schema.json")]
pub struct Schema {}

/// Prints the JSON Schema of modelgate.yml.
pub fn execute() -> anyhow::Result<End> {
    print(&config::schema())?;
    Ok(End::Done)
}
