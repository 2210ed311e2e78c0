//! `modelgate data`: the step, and what can be asked of data without a modelgate.yml.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use serde::Serialize;
use tempfile::TempDir;

use super::replay::misused;
use super::{CacheFlags, Call, Format, print, show, step};
use crate::config::{self, DriftMethod};
use crate::console::Verbosity;
use crate::data::profile::Profile;
use crate::data::{self, Moved, Place, Profiled};
use crate::document::shown;
use crate::exit::End;
use crate::fault::{Fault, Result};
use crate::files::{self, Expanded, ProjectFile};
use crate::finding::{Finding, Severity, any_error};
use crate::interrupt::Signal;
use crate::number::{counted, thousands};
use crate::record::{Outcome, data as record};
use crate::report::terminal;
use crate::step::Step;
use crate::store::{self, Fetched, Way};
use crate::wire;

/// `modelgate data`
#[derive(Debug, Args)]
#[command(after_help = "\
Without a command it is the step `data` of modelgate.yml. The commands need no modelgate.yml.

Example:
  modelgate data
  modelgate data infer data/train.csv --out data.schema.yml
  modelgate data drift data/train.csv data/last-week.parquet")]
pub struct Data {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say what files of data hold, and write it down as a profile
    Profile(ProfileArgs),
    /// Make one profile of several
    Merge(Merge),
    /// Guess a data.schema.yml from data
    Infer(Infer),
    /// Say how far data has moved from other data
    Drift(Drift),
}

/// Columns that nobody looks at.
#[derive(Debug, Args)]
struct Ignored {
    /// Columns that nobody looks at, with commas between them or by several flags
    #[arg(long = "ignore", value_name = "COLUMN", value_delimiter = ',')]
    columns: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  modelgate data profile 'shards/*.parquet' --out profile.json")]
struct ProfileArgs {
    /// Files, globs, folders and addresses: CSV, TSV, JSON lines, Parquet or Arrow
    #[arg(required = true)]
    files: Vec<String>,
    #[command(flatten)]
    ignored: Ignored,
    /// Write the profile there, and how large it is to the screen [default: the profile to standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  modelgate data merge shard-*.json --out profile.json")]
struct Merge {
    /// Profiles that `modelgate data profile` wrote: files, globs and folders; each file counts once
    #[arg(required = true)]
    profiles: Vec<String>,
    /// Write the profile there [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  modelgate data infer data/train.csv --out data.schema.yml")]
struct Infer {
    /// Files, globs, folders and addresses, or one profile
    #[arg(required = true)]
    files: Vec<String>,
    #[command(flatten)]
    ignored: Ignored,
    /// Write the schema there [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace the schema that is there
    #[arg(long, requires = "out")]
    force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
It ends with 11 where the data has drifted, as the step does.

Example:
  modelgate data drift data/train.csv data/last-week.parquet --label churned
  modelgate data drift profile.json data/last-week.parquet")]
struct Drift {
    /// What the model knows: a file, a glob, a folder or an address, or a profile
    reference: String,
    /// What is held against it: a file, a glob or a folder
    current: String,
    /// How drift is measured
    #[arg(long, default_value = "auto", value_name = "METHOD", value_parser = method())]
    method: DriftMethod,
    /// From which share of drifted columns on the data has drifted; with 0 one column is enough
    #[arg(long, default_value_t = config::Drift::SHARE, value_name = "SHARE", value_parser = share)]
    share: f64,
    /// How probable a false alarm may be
    #[arg(long, default_value_t = config::Drift::ALPHA, value_name = "ALPHA", value_parser = alpha)]
    alpha: f64,
    /// From which score on a column has drifted; of a p-value, below which
    #[arg(long, value_name = "NUMBER", value_parser = threshold)]
    threshold: Option<f64>,
    /// The column that is to be predicted
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// The column of what a model predicted
    #[arg(long, value_name = "COLUMN")]
    prediction: Option<String>,
    #[command(flatten)]
    ignored: Ignored,
    /// How much memory the values of columns may take, at least 16MB
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    memory: Option<u64>,
}

/// The words of `data.drift.method`.
fn method() -> impl TypedValueParser<Value = DriftMethod> {
    let known = |word: String| DriftMethod::ALL.into_iter().find(|method| method.word() == word);
    // What is none of the words does not come so far.
    PossibleValuesParser::new(DriftMethod::ALL.map(DriftMethod::word))
        .map(move |word| known(word).unwrap_or_default())
}

/// As `data.drift.share`.
fn share(text: &str) -> std::result::Result<f64, String> {
    within(text, |number| (0.0..=1.0).contains(&number), "write a share from 0 to 1, such as 0.5")
}

/// As `data.drift.alpha`.
fn alpha(text: &str) -> std::result::Result<f64, String> {
    within(text, |number| number > 0.0 && number < 1.0, "write a probability between 0 and 1, such as 0.05")
}

/// As `data.drift.threshold`.
fn threshold(text: &str) -> std::result::Result<f64, String> {
    within(text, |number| number >= 0.0 && number.is_finite(), "write a number from 0 on")
}

/// As `data.memory`.
fn memory(text: &str) -> std::result::Result<u64, String> {
    let bytes = crate::number::size(text)?;
    if bytes < config::Data::LEAST_MEMORY {
        return Err("this is no memory to work with: write at least 16MB".into());
    }
    Ok(bytes)
}

fn within(text: &str, fits: impl Fn(f64) -> bool, help: &str) -> std::result::Result<f64, String> {
    text.parse().ok().filter(|number| fits(*number)).ok_or_else(|| help.to_owned())
}

/// Does the step, or answers what is asked.
pub fn execute(args: Data, call: Call) -> anyhow::Result<End> {
    let end = match args.command {
        None => step::execute(Step::Data, CacheFlags::default(), call),
        Some(Command::Profile(args)) => profile(args, &call),
        Some(Command::Merge(args)) => merge(&args, &call),
        Some(Command::Infer(args)) => infer(args, &call),
        Some(Command::Drift(args)) => drift(args, &call),
    };
    match end {
        Err(error) => error.downcast().map(|Stopped(signal)| End::Stopped(signal)),
        end => end,
    }
}

/// Somebody stopped the work.
#[derive(Debug)]
struct Stopped(Signal);

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the work was interrupted")
    }
}

impl std::error::Error for Stopped {}

fn profile(args: ProfileArgs, call: &Call) -> anyhow::Result<End> {
    let Some(profile) = profiled(args.files, args.ignored.columns, call)? else { return Ok(End::Wrong) };
    write(args.out.as_deref(), &profile.to_json()?, call)?;
    if let Some(out) = args.out.as_ref().filter(|_| !is_quiet(call)) {
        let columns = counted(profile.columns().len(), "column", "columns");
        print(&format!("{}: {} rows, {columns}\n", out.display(), thousands(profile.rows())))?;
    }
    Ok(End::Done)
}

fn infer(args: Infer, call: &Call) -> anyhow::Result<End> {
    let is_profile = |file: &String| data::is_profile(&call.environment.absolute(Path::new(file)));
    if args.files.len() > 1 && args.files.iter().any(is_profile) {
        misused(
            "a schema is guessed of files, or of one profile: `modelgate data merge` makes one of several"
                .into(),
        );
    }
    let profile = match args.files.as_slice() {
        [one] if is_profile(one) => Some(without(read_profile(one, call)?, &args.ignored.columns)),
        _ => profiled(args.files, args.ignored.columns, call)?,
    };
    let Some(profile) = profile else { return Ok(End::Wrong) };
    let schema = data::inferred(&profile);
    if let Some(out) = args.out.as_deref().filter(|_| !args.force) {
        spare(out, &schema, call)?;
    }
    write(args.out.as_deref(), &schema, call)?;
    Ok(End::Done)
}

/// Refuses to write over another schema: somebody may have edited it.
fn spare(out: &Path, schema: &str, call: &Call) -> Result<()> {
    let on_disk = call.environment.absolute(out);
    if !on_disk.is_file() || files::read(&on_disk)? == schema.as_bytes() {
        return Ok(());
    }
    let help = "`modelgate data infer` without `--out` shows what would be written, with `--force` it replaces the file";
    Err(Fault::new(format!("write {}", out.display()), "it is there already").help(help))
}

/// A profile without the columns that nobody looks at.
fn without(mut profile: Profile, ignored: &[String]) -> Profile {
    show::found(&data::ignored_in_vain(ignored, |name| profile.column(name).is_some()));
    profile.leave_out(ignored);
    profile
}

fn merge(args: &Merge, call: &Call) -> anyhow::Result<End> {
    let mut files = profiles(&args.profiles, call)?;
    if let Some(out) = args.out.as_deref() {
        // What was merged before is not merged once more, unless somebody names it.
        let out = call.environment.absolute(out);
        let is_named = args.profiles.iter().any(|path| call.environment.absolute(Path::new(path)) == out);
        files.retain(|file| is_named || file.on_disk != out);
    }
    let mut profiles = files.iter().map(data::read_profile);
    let Some(first) = profiles.next() else { bail!("there is no profile to merge") };
    let mut all = first?;
    let mut findings = Vec::new();
    for profile in profiles {
        findings.extend(all.merge(&profile?));
    }
    show_found(&findings, call);
    if any_error(&findings) {
        return Ok(End::Wrong);
    }
    write(args.out.as_deref(), &all.to_json()?, call)?;
    Ok(End::Done)
}

/// The files of profiles that paths, globs and folders come to.
fn profiles(patterns: &[String], call: &Call) -> Result<Vec<ProjectFile>> {
    let Expanded { mut files, dangling, unmatched } = files::expand(&call.environment.folder, patterns)?;
    // What is there and is no file, such as a pipe, is told by who reads it.
    let (others, missing): (Vec<_>, Vec<_>) = (unmatched.into_iter())
        .map(|path| ProjectFile { on_disk: call.environment.absolute(Path::new(&path)), path })
        .partition(|file| file.on_disk.exists() && !file.on_disk.is_dir());
    files.extend(others);
    let missing = missing.first().map(|file| format!("no file matches «{}»", shown(&file.path)));
    let broken = || dangling.first().map(|link| format!("«{}» is a link to nothing", shown(&link.path)));
    match missing.or_else(broken) {
        None => Ok(files),
        Some(why) => Err(Fault::new("find the profiles", why)
            .help("correct the name; `modelgate data profile FILES --out profile.json` writes one")),
    }
}

fn drift(args: Drift, call: &Call) -> anyhow::Result<End> {
    if args.threshold.is_some() && args.method.is_many() {
        let word = args.method.word();
        misused(format!(
            "`--threshold` is that of one method, and `{word}` is several: choose one with `--method`, such as psi"
        ));
    }
    if data::is_profile(&call.environment.absolute(Path::new(&args.current))) {
        misused("a profile can only be the reference, before what is held against it".into());
    }
    let set = |name: &str, files: String| config::Set { name: name.into(), files: vec![files] };
    // The names are in the report, and an address may hold a secret.
    let names = [store::shown(&args.reference), store::shown(&args.current)];
    let is_profile = data::is_profile(&call.environment.absolute(Path::new(&args.reference)));
    let mut sets = vec![set(&names[0], args.reference), set(&names[1], args.current)];
    let [reference, current] = names;
    let reference = if is_profile {
        sets.remove(0);
        config::Reference::Profile(reference)
    } else {
        config::Reference::Set(reference)
    };
    let data = config::Data {
        sets,
        label: args.label,
        prediction: args.prediction,
        ignore: args.ignored.columns,
        schema: None,
        schema_sets: Vec::new(),
        memory: args.memory.unwrap_or(config::Data::MEMORY),
        leakage: None,
        drift: None,
    };
    let asked = config::Drift {
        reference,
        baseline_set: "train".into(),
        current,
        measure: config::Measured { method: args.method, threshold: args.threshold, holds: None },
        alpha: args.alpha,
        correction: None,
        share: args.share,
        columns: Vec::new(),
        from: None,
    };
    let sets = data.sets.clone();
    let moved = over(sets, call, move |place, spilled| data::compare(&data, &asked, place, spilled))?;
    let moved = match moved {
        Ok(moved) => moved,
        Err(findings) => {
            if call.format == Format::Json {
                print(&Told { drift: None, findings: &findings }.text()?)?;
            }
            show_found(&findings, call);
            return Ok(End::Wrong);
        }
    };
    let look = terminal::Look { width: call.environment.output.width, color: call.color };
    match call.format {
        Format::Json => print(&Told { drift: Some(&moved.evidence), findings: &moved.findings }.text()?)?,
        // Who wants to see only what is wrong.
        Format::Human if is_quiet(call) && is_well(&moved) => {}
        Format::Human => print(&terminal::drift(&moved.evidence, !any_error(&moved.findings), look))?,
    }
    show_found(&moved.findings, call);
    Ok(End::Step(if moved.evidence.drifted || any_error(&moved.findings) {
        Outcome::Failed
    } else {
        Outcome::Passed
    }))
}

/// Whether nothing has drifted, and everything could be compared.
fn is_well(moved: &Moved) -> bool {
    !moved.evidence.drifted && moved.evidence.moved() == 0 && !any_error(&moved.findings)
}

/// Whether only what is wrong is to be shown.
fn is_quiet(call: &Call) -> bool {
    call.settings.verbosity == Some(Verbosity::Quiet)
}

/// Shows findings; notices only where more than what is wrong is to be shown.
fn show_found(findings: &[Finding], call: &Call) {
    let is_shown = |finding: &&Finding| !is_quiet(call) || finding.severity != Severity::Notice;
    show::found(&findings.iter().filter(is_shown).cloned().collect::<Vec<_>>());
}

/// What a program gets to read: how far the data has moved, where that could be told, and what is wrong.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    drift: Option<&'a record::Drift>,
    findings: &'a [Finding],
}

impl Told<'_> {
    fn text(&self) -> serde_json::Result<String> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }
}

/// The profile of files; none where they are no good, which was said.
fn profiled(patterns: Vec<String>, ignored: Vec<String>, call: &Call) -> anyhow::Result<Option<Profile>> {
    let set = config::Set { name: "data".into(), files: patterns };
    let answer = over(vec![set.clone()], call, move |place, _| match data::locate(&set, place)? {
        Ok(located) => {
            let notes = place.fetched.notes.iter().cloned();
            let answer = data::profiled(&located, &ignored, place.interrupt)?;
            Ok(answer.map(|Profiled { profile, findings }| Profiled {
                profile,
                findings: notes.chain(findings).collect(),
            }))
        }
        Err(finding) => Ok(Err(vec![finding])),
    })?;
    let (profile, findings) = match answer {
        Ok(Profiled { profile, findings }) => (Some(profile), findings),
        Err(findings) => (None, findings),
    };
    show_found(&findings, call);
    Ok(profile.filter(|_| !any_error(&findings)))
}

fn read_profile(path: &str, call: &Call) -> Result<Profile> {
    let on_disk = call.environment.absolute(Path::new(path));
    data::read_profile(&ProjectFile { path: path.to_owned(), on_disk })
}

/// Writes a text to a file, and makes the folders above it; or to standard output.
fn write(out: Option<&Path>, text: &str, call: &Call) -> anyhow::Result<()> {
    let Some(path) = out else { return print(text) };
    let on_disk = call.environment.absolute(path);
    if let Some(folder) = on_disk.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Fault::file("make the folder", folder, error))?;
    }
    Ok(files::write_whole(&on_disk, text.as_bytes())?)
}

/// Works over sets, those from elsewhere fetched, with a folder that is deleted in the end. The error is [`Stopped`] where
/// somebody did that.
fn over<T: Send + 'static>(
    sets: Vec<config::Set>,
    call: &Call,
    work: impl FnOnce(Place<'_>, &Path) -> Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let root = call.environment.folder.clone();
    // Nobody needs it but for data from elsewhere: what has no room in memory goes to files without a name.
    let downloads = match data::asked(&sets).is_empty() {
        true => None,
        false => Some(downloads()?),
    };
    wire::block_on(|interrupt| async move {
        let console = wire::console(&call.settings, &call.environment);
        let _drawing = wire::Drawing::begin(&call.settings, &call.environment, &interrupt, console);
        let variables = &call.environment.variables;
        let fetched = match &downloads {
            Some(folder) => {
                let way = Way { variables, folder: folder.path(), interrupt: &interrupt };
                store::fetch(&data::asked(&sets), way).await
            }
            None => Ok(Fetched::default()),
        };
        let heeded = interrupt.clone();
        // On a thread of its own, so that a signal is still heard.
        let worked = tokio::task::spawn_blocking(move || {
            let fetched = fetched?;
            let place = Place { root: &root, folders: &[], fetched: &fetched, interrupt: &heeded };
            work(place, &std::env::temp_dir())
        });
        let worked = worked.await.map_err(|error| Fault::new("look at the data", error))?;
        worked.map_err(|fault| match interrupt.raised() {
            Some(raised) => Stopped(raised.signal).into(),
            None => fault.into(),
        })
    })?
}

/// A folder for data from elsewhere, which is deleted in the end.
fn downloads() -> Result<TempDir> {
    let made = tempfile::Builder::new().prefix("modelgate-").tempdir();
    let folder = std::env::temp_dir();
    made.map_err(|error| {
        Fault::file("make a folder for downloads in", &folder, error)
            .help("see that it can be written, or name another one by `TMPDIR`")
    })
}
