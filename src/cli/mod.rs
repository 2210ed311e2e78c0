//! The command line: what clap parses, and one command a file.

mod cache;
mod check;
mod compare;
mod data;
mod demo;
mod deploy;
mod doctor;
mod init;
mod plan;
mod replay;
mod retrain;
mod run;
mod schema;
mod show;
mod step;
mod verify;

use std::io::Write;
use std::path::PathBuf;

use clap::builder::{FalseyValueParser, OsStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::console::Verbosity;
use crate::environment::Environment;
use crate::exit::End;
use crate::fault::Fault;
use crate::record::{Conclusion, Record};
use crate::step::Step;
use crate::wire::{self, Invalid, Settings};

/// Takes a machine-learning model from a commit to production: lint, test, train, evaluate, image, gate, report, deploy.
#[derive(Debug, Parser)]
#[command(
    name = "modelgate",
    version,
    disable_help_subcommand = true,
    after_help = "\
Example:
  modelgate init          look at the project and write a modelgate.yml
  modelgate run           take the model to a verdict
  modelgate run && ./ship.sh

Exit codes:
  0 approved · 1 a fault · 2 usage · 3 invalid configuration · 10 rejected or inconclusive
  11 a step failed · 12 approved, and a delivery failed · 130 interrupted · 143 terminated"
)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// The flags that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Globals {
    /// The configuration [default: modelgate.yml]
    #[arg(long, global = true, value_name = "FILE", env = "MODELGATE_CONFIG", hide_env_values = true, value_parser = path())]
    config: Option<PathBuf>,
    /// The folder of the run [default: .modelgate beside the configuration]
    #[arg(long, global = true, value_name = "DIR", env = "MODELGATE_RUN", hide_env_values = true, value_parser = path())]
    run: Option<PathBuf>,
    /// What standard output holds: a report for people, or the record (run.json)
    #[arg(long, global = true, env = "MODELGATE_FORMAT", default_value = "human", hide_env_values = true)]
    format: Format,
    /// Whether to colour the output
    #[arg(long, global = true, env = "MODELGATE_COLOR", default_value = "auto", hide_env_values = true)]
    color: Color,
    /// Show only what is wrong
    #[arg(
        short, long, global = true, env = "MODELGATE_QUIET", hide_env_values = true,
        value_parser = FalseyValueParser::new()
    )]
    quiet: bool,
    /// Show more
    #[arg(
        short, long, global = true, env = "MODELGATE_VERBOSE", hide_env_values = true,
        value_parser = FalseyValueParser::new(), conflicts_with = "quiet"
    )]
    verbose: bool,
}

/// A path, or nothing: a variable that a workflow leaves empty says no more than one that is not set.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// What standard output holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A report for people
    #[value(alias = "")]
    Human,
    /// The record, as run.json holds it
    Json,
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, and in the logs of GitHub and GitLab
    #[value(alias = "")]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Where outputs of earlier runs are kept.
#[derive(Debug, Clone, Default, Args)]
struct CacheFlags {
    /// Run every step, also one whose inputs are unchanged
    #[arg(long, env = "MODELGATE_NO_CACHE", hide_env_values = true, value_parser = FalseyValueParser::new())]
    no_cache: bool,
    #[command(flatten)]
    folder: CacheFolder,
}

/// Where the cache is.
#[derive(Debug, Clone, Default, Args)]
struct CacheFolder {
    /// The folder of the cache [default: cache in the folder of the run]
    #[arg(long = "cache", value_name = "DIR", env = "MODELGATE_CACHE", hide_env_values = true, value_parser = path())]
    cache: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do everything: from the commit to the verdict and its reports
    Run(run::Run),
    /// Read the source code for what is plainly wrong
    #[command(after_help = "Example:\n  modelgate lint")]
    Lint(step::NoFlags),
    /// Run the project's own tests
    #[command(after_help = "Example:\n  modelgate test")]
    Test(step::NoFlags),
    /// Look at the data: its schema, leaks between the sets, drift
    Data(data::Data),
    /// Make the model
    #[command(after_help = "Example:\n  modelgate train --no-cache")]
    Train(step::Flags),
    /// Measure the model
    #[command(after_help = "Example:\n  modelgate evaluate")]
    Evaluate(step::Flags),
    /// Build the image that holds the model, and try its server
    #[command(after_help = "\
Nothing is pushed: `modelgate deploy` pushes what the gate has approved.

Example:
  modelgate image")]
    Image(step::NoFlags),
    /// Judge the measurements in the record
    Gate(replay::Gate),
    /// Write the reports of the record
    Report(replay::Report),
    /// Ship what the record approves
    Deploy(deploy::Deploy),
    /// Start the training by hand
    Retrain(retrain::Retrain),
    /// Look at the project and write a modelgate.yml
    Init(init::Init),
    /// Check the configuration
    Check(check::Check),
    /// Say what a run would miss on this machine, and what mends it
    Doctor(doctor::Doctor),
    /// Show what would run, and why
    Plan(plan::Plan),
    /// Print the JSON Schema of modelgate.yml
    Schema(schema::Schema),
    /// Check that a bundle, or the project's outputs, are what was judged
    Verify(verify::Verify),
    /// Show two records side by side, and what changed
    Compare(compare::Compare),
    /// Show it on a real project: a model that is approved, and one that is rejected
    Demo(demo::Demo),
    /// Look after the cache of steps
    #[command(after_help = "Example:\n  modelgate cache prune --max-size 2GB")]
    Cache(cache::Cache),
}

/// What every command works with.
struct Call {
    settings: Settings,
    environment: Environment,
    format: Format,
    color: bool,
}

/// Parses the command line, does what it says, and shows what went wrong.
#[must_use]
pub fn main() -> End {
    let cli = Cli::parse();
    wire::shield();
    wire::hush();
    let environment = match Environment::read() {
        Ok(environment) => environment,
        Err(fault) => return show::fault(&fault, false),
    };
    let color = |screen| match cli.globals.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => environment.likes_color(screen),
    };
    let (color, color_errors) = (color(environment.output), color(environment.errors));
    let settings = Settings {
        config: cli.globals.config,
        run: cli.globals.run,
        cache: None,
        restore: true,
        verbosity: Some(match (cli.globals.quiet, cli.globals.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }),
        color: color_errors,
        moments: !cli.globals.quiet && cli.globals.format == Format::Human && environment.shows_moments(),
    };
    let folder = environment.folder.clone();
    let call = Call { settings, environment, format: cli.globals.format, color };
    match dispatch(cli.command, call) {
        Ok(end) => end,
        Err(error) => show::error(&error, &folder, color_errors),
    }
}

fn dispatch(command: Command, call: Call) -> anyhow::Result<End> {
    match command {
        Command::Run(args) => run::execute(args, call),
        Command::Lint(_) => step::execute(Step::Lint, CacheFlags::default(), call),
        Command::Test(_) => step::execute(Step::Test, CacheFlags::default(), call),
        Command::Data(args) => data::execute(args, call),
        Command::Train(args) => step::execute(Step::Train, args.cache, call),
        Command::Evaluate(args) => step::execute(Step::Evaluate, args.cache, call),
        Command::Image(_) => step::execute(Step::Image, CacheFlags::default(), call),
        Command::Gate(args) => replay::gate(&args, call),
        Command::Report(_) => replay::execute(Step::Report, call),
        Command::Deploy(args) => deploy::execute(args, call),
        Command::Retrain(args) => retrain::execute(args, &call),
        Command::Init(args) => init::execute(&args, &call),
        Command::Check(_) => check::execute(&call),
        Command::Doctor(_) => doctor::execute(&call),
        Command::Plan(args) => plan::execute(args, call),
        Command::Schema(_) => schema::execute(),
        Command::Verify(args) => verify::execute(&args, &call),
        Command::Compare(args) => compare::execute(&args, &call),
        Command::Demo(args) => demo::execute(&args, &call),
        Command::Cache(args) => cache::execute(args, call),
    }
}

impl Call {
    fn with_cache(mut self, flags: CacheFlags) -> Self {
        self.settings.cache = flags.folder.cache;
        self.settings.restore = !flags.no_cache;
        self
    }
}

/// Writes to standard output. Who closes it early, as `head` does, has seen enough.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Fault::new("write to standard output", error).into())
        }
        _ => Ok(()),
    }
}

/// How a run ended, or one that was gone on with.
fn end(house: &wire::House, record: &Record) -> End {
    match (house.stopped(), record.conclusion) {
        (Some(signal), _) => End::Stopped(signal),
        (None, _) if record.is_undelivered() => End::Undelivered,
        (None, conclusion) => End::Concluded(conclusion.unwrap_or(Conclusion::Faulted)),
    }
}

/// How a command ended that was stopped before it had begun.
fn stopped(house: &wire::House) -> End {
    house.stopped().map_or(End::Faulted, End::Stopped)
}

/// Refuses what this version cannot do, with a problem for each.
fn refuse_unavailable(
    house: &wire::House,
    path: PathBuf,
    matters: impl Fn(Step) -> bool,
) -> Result<(), Invalid> {
    let problems: Vec<_> = house
        .config
        .unavailable
        .iter()
        .filter(|unavailable| matters(unavailable.step))
        .map(|unavailable| crate::config::Problem {
            key: unavailable.key.clone(),
            place: unavailable.place,
            message: format!("«{}» is not yet available in this version", unavailable.key),
            help: Some(
                "take it out of the file for now; modelgate does not pass over what it is asked to do".into(),
            ),
            line: None,
        })
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Invalid { path, problems }) }
}
