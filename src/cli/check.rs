//! `modelgate check`: is the configuration valid?

use clap::Args;

use super::{Call, print, show};
use crate::config;
use crate::exit::End;
use crate::wire;

/// `modelgate check`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  modelgate check --config models/churn/modelgate.yml")]
pub struct Check {}

/// Says that the file is valid, or everything that is wrong with it.
pub fn execute(call: &Call) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path)?;
    let shown = show::near(&path, &call.environment.folder);
    let mut text = format!("{shown} is valid\n");
    for unavailable in &config.unavailable {
        text += &format!("  «{}» is not yet available in this version\n", unavailable.key);
    }
    for doubt in config::doubts(&config) {
        text += &format!("  warning: {doubt}\n");
    }
    print(&text)?;
    Ok(End::Done)
}
