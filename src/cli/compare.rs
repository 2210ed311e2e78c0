//! `modelgate compare`: two records side by side.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Call, Format, print};
use crate::bundle;
use crate::exit::End;
use crate::fault::{Fault, Result};
use crate::files;
use crate::record::Record;
use crate::record::store::{self, LARGEST, RunFolder};
use crate::report::{markdown, terminal, versus};

/// The help of every fault about what was named.
const HELP: &str = "name a run.json, the folder of a run (.modelgate), or a bundle.zip";

/// `modelgate compare`
#[derive(Debug, Args)]
#[command(after_help = "\
Changes are B minus A. Needs no modelgate.yml, and ends with 0 whatever the comparison says.

Example:
  modelgate compare production/bundle.zip .modelgate
  modelgate compare main/run.json .modelgate/run.json --markdown")]
pub struct Compare {
    /// What is compared with: a run.json, the folder of a run, or a bundle.zip
    a: PathBuf,
    /// What is compared: the same
    b: PathBuf,
    /// Write Markdown, for a pull request
    #[arg(long)]
    markdown: bool,
}

/// Shows both, and what changed from A to B.
pub fn execute(args: &Compare, call: &Call) -> anyhow::Result<End> {
    let a = read(&call.environment.absolute(&args.a))?;
    let b = read(&call.environment.absolute(&args.b))?;
    let from = [&args.a, &args.b].map(|path| path.display().to_string());
    let versus = versus::compose([&from[0], &from[1]], &a, &b);
    let look = terminal::Look { width: call.environment.output.width, color: call.color };
    print(&match call.format {
        _ if args.markdown => markdown::versus(&versus),
        Format::Json => versus::to_json(&versus)?,
        Format::Human => terminal::versus(&versus, look),
    })?;
    Ok(End::Done)
}

/// The record at a path: the text of one, a folder with one, or a bundle around one.
fn read(path: &Path) -> Result<Record> {
    if path.is_dir() {
        let record = RunFolder::new(path.to_owned()).load()?;
        return record.ok_or_else(|| {
            let doing = format!("compare {}", path.display());
            Fault::new(doing, format!("there is no {} in it", store::FILE)).help(HELP)
        });
    }
    let file = files::open(path).map_err(|fault| fault.help(HELP))?;
    if bundle::is_zip(path) {
        let record = bundle::record_in(path).map_err(|fault| fault.help(HELP))?;
        return record.ok_or_else(|| {
            let doing = format!("read the record in {}", path.display());
            Fault::new(doing, "there is none that this version of modelgate reads").help(HELP)
        });
    }
    let mut text = String::new();
    let read = file.take(LARGEST + 1).read_to_string(&mut text);
    read.map_err(|error| Fault::file("read", path, error).help(HELP))?;
    if text.len() as u64 > LARGEST {
        let doing = format!("read the record {}", path.display());
        return Err(Fault::new(doing, format!("it has more than {LARGEST} bytes")).help(HELP));
    }
    store::parse(&text).map_err(|unreadable| unreadable.about(path).help(HELP))
}
