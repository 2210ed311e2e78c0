//! `modelgate verify`: is this what was judged?

use std::path::PathBuf;

use clap::Args;

use super::{Call, print, show};
use crate::bundle;
use crate::exit::End;
use crate::fault::Fault;
use crate::record::Conclusion;
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
    let (what, record, findings) = match &args.bundle {
        Some(bundle) => {
            let path = call.environment.absolute(bundle);
            let findings = bundle::verify_bundle(&path)?;
            let record = if findings.is_empty() { bundle::record_in(&path)? } else { None };
            (bundle.display().to_string(), record, findings)
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
            let findings = bundle::verify_outputs(&root, &record)?;
            (what, Some(record), findings)
        }
    };
    if findings.is_empty() {
        // That it is what was judged does not say how it was judged.
        let conclusion =
            record.and_then(|record| record.conclusion).map_or("not concluded", Conclusion::word);
        print(&format!("verified: {what}, of a run that was {conclusion}\n"))?;
        return Ok(End::Done);
    }
    print(&show::findings(&format!("not verified: {what}"), &findings))?;
    Ok(End::Wrong)
}
