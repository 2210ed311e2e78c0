//! `modelgate verify`: is this what was judged?

use std::path::PathBuf;

use clap::Args;

use super::{Call, print, show};
use crate::bundle;
use crate::exit::End;
use crate::fault::Fault;
use crate::wire;

/// `modelgate verify`
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  modelgate verify .modelgate/bundle.zip\n  modelgate verify")]
pub struct Verify {
    /// A bundle; without one, the project's outputs are checked against the record of the latest run
    bundle: Option<PathBuf>,
}

/// Says that everything is what was judged, or what is not.
pub fn execute(args: &Verify, call: &Call) -> anyhow::Result<End> {
    let (what, findings) = match &args.bundle {
        Some(bundle) => {
            (bundle.display().to_string(), bundle::verify_bundle(&call.environment.absolute(bundle))?)
        }
        None => {
            let config = wire::config_path(&call.settings, &call.environment);
            let folder = wire::run_folder(&call.settings, &call.environment, &config);
            let record = folder.load_sound()?.ok_or_else(|| {
                Fault::new(
                    "verify the outputs",
                    format!("there is no run.json in {}", folder.path().display()),
                )
                .help("make one with `modelgate run`, or name its folder with --run")
            })?;
            let root = config.parent().map(PathBuf::from).unwrap_or_default();
            let what = format!("the outputs of run {}", record.id);
            (what, bundle::verify_outputs(&root, &record)?)
        }
    };
    if findings.is_empty() {
        print(&format!("verified: {what}\n"))?;
        return Ok(End::Done);
    }
    print(&show::findings(&format!("not verified: {what}"), &findings))?;
    Ok(End::Wrong)
}
