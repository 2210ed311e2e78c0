//! The only file that names concrete adapters: it puts the house together.

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::cache::Cache;
use crate::config::{self, Config, Problem};
use crate::console::{Console, Verbosity};
use crate::context;
use crate::docker::Docker;
use crate::engine::{Engine, child_variables, secret_values};
use crate::environment::Environment;
use crate::fault::{Fault, Result};
use crate::forge::github::{self, Github};
use crate::forge::gitlab::{self, Gitlab};
use crate::forge::local::Local;
use crate::forge::{Forge, Remote};
use crate::git::{self, Absence, Repository};
use crate::image::Workplaces;
use crate::interrupt::{Hand, Interrupt, Signal};
use crate::pipeline::Pipeline;
use crate::random;
use crate::record::Record;
use crate::record::store::{RunFolder, Turn};
use crate::table;

/// What the flags say.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The configuration; none looks for modelgate.yml.
    pub config: Option<PathBuf>,
    /// The folder of the run; none is `.modelgate` beside the configuration.
    pub run: Option<PathBuf>,
    /// The folder of the cache; none is `cache` in the folder of the run.
    pub cache: Option<PathBuf>,
    /// Whether outputs may be restored.
    pub restore: bool,
    /// How much is shown; none is normal.
    pub verbosity: Option<Verbosity>,
    /// Whether progress is coloured.
    pub color: bool,
    /// Whether it is shown how far reading has come.
    pub moments: bool,
}

/// The names of a configuration that nobody named, in the order in which they are looked for.
const CONFIG_FILES: [&str; 2] = ["modelgate.yml", "modelgate.yaml"];

/// A configuration that is invalid, with all that is needed to show why.
#[derive(Debug)]
pub struct Invalid {
    /// The file, as the user would name it.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

impl std::fmt::Display for Invalid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is invalid", self.path.display())
    }
}

impl std::error::Error for Invalid {}

/// The configuration that the settings name.
#[must_use]
pub fn config_path(settings: &Settings, environment: &Environment) -> PathBuf {
    let named = settings.config.as_ref().filter(|path| !path.as_os_str().is_empty());
    if let Some(path) = named {
        return environment.absolute(path);
    }
    let found = CONFIG_FILES.iter().map(|name| environment.folder.join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| environment.folder.join(CONFIG_FILES[0]))
}

/// Reads the configuration.
///
/// # Errors
/// [`Invalid`], with every problem.
pub fn read_config(path: &Path) -> std::result::Result<Config, Invalid> {
    config::read(path).map_err(|problems| Invalid { path: path.to_owned(), problems })
}

/// The folder of the run that the settings name, for a configuration at `config`.
#[must_use]
pub fn run_folder(settings: &Settings, environment: &Environment, config: &Path) -> RunFolder {
    let named = settings.run.as_ref().filter(|path| !path.as_os_str().is_empty());
    RunFolder::new(match named {
        // The record itself may be named too.
        Some(path) if path.file_name().is_some_and(|name| name == crate::record::store::FILE) => {
            environment.absolute(path.parent().unwrap_or(Path::new("")))
        }
        Some(path) => environment.absolute(path),
        None => project(config).join(".modelgate"),
    })
}

/// The cache that the settings name.
#[must_use]
pub fn cache(
    settings: &Settings,
    environment: &Environment,
    folder: &RunFolder,
    interrupt: &Interrupt,
) -> Cache {
    let named = settings.cache.as_ref().filter(|path| !path.as_os_str().is_empty());
    let path = named.map_or_else(|| folder.path().join("cache"), |path| environment.absolute(path));
    Cache::new(path, interrupt.clone())
}

fn project(config: &Path) -> PathBuf {
    config.parent().unwrap_or(Path::new(".")).to_owned()
}

/// Everything that a command over a project needs.
pub struct House {
    /// What is asked for.
    pub config: Config,
    /// Where the record is.
    pub folder: RunFolder,
    forge: Box<dyn Forge>,
    remote: Option<Remote>,
    repository: std::result::Result<Repository, Absence>,
    engine: Engine,
    cache: Cache,
    workplaces: Workplaces,
    restore: bool,
    is_foreign: bool,
    environment: Environment,
    _drawing: Drawing,
}

impl House {
    /// Puts it together.
    #[must_use]
    pub fn open(
        settings: &Settings,
        environment: Environment,
        config_path: &Path,
        config: Config,
        interrupt: Interrupt,
    ) -> Self {
        git::withhold(secret_names(&environment, &config));
        let root = project(config_path);
        let folder = run_folder(settings, &environment, config_path);
        let cache = cache(settings, &environment, &folder, &interrupt);
        let console = console(settings, &environment);
        let drawing = Drawing::begin(settings, &environment, &interrupt, console.clone());
        let engine = Engine {
            root: root.clone(),
            run_dir: folder.path().to_owned(),
            variables: environment.variables.clone(),
            secrets: secrets(&environment, &config),
            forge: environment.forge(),
            console: console.clone(),
            interrupt: interrupt.clone(),
            clock: environment.clock,
            docker: Docker::new(environment.variables.clone(), console, interrupt, environment.clock),
            image: None,
        };
        let repository = Repository::around(&root);
        let local = Local { repository: repository.clone(), root, run_dir: folder.path().to_owned() };
        let remote = remote(&environment, &config.report, &engine.console, &engine.interrupt)
            .map(|remote| keeping(remote, &environment, folder.path()));
        let forge = forge(local, &environment, &engine.console, remote.clone());
        Self {
            config,
            folder,
            forge,
            remote,
            repository,
            engine,
            cache,
            workplaces: Workplaces::default(),
            restore: settings.restore,
            is_foreign: environment.is_foreign(),
            environment,
            _drawing: drawing,
        }
    }

    /// The conductor.
    #[must_use]
    pub const fn pipeline(&self) -> Pipeline<'_> {
        Pipeline {
            config: &self.config,
            engine: &self.engine,
            cache: &self.cache,
            workplaces: &self.workplaces,
            restore: self.restore,
            forge: &*self.forge,
            remote: self.remote.as_ref(),
            is_foreign: self.is_foreign,
            folder: &self.folder,
        }
    }

    /// A record of a run that begins now.
    ///
    /// # Errors
    /// A machine without a source of random numbers.
    pub fn new_record(&self) -> Result<Record> {
        let started = self.environment.clock.timestamp();
        let context = self.environment.context(self.repository.as_ref().ok());
        Ok(Record::new(run_id(&started)?, self.config.model.clone(), started, context))
    }

    /// Marks a record that is about to be gone on with: what is done now on changed files, or with the files of
    /// another commit, says nothing about the commit of the record. Where the project is in no repository, there
    /// is nothing to compare with.
    ///
    /// In a job that follows one of a fork, the record is what the fork wrote. It tells neither which job shows it
    /// nor, where the event does not name the same commit, on which commit.
    pub fn mark(&self, record: &mut Record) {
        let event = self.environment.event();
        if self.is_foreign {
            let now = self.environment.context(None);
            let context = &mut record.context;
            (context.forge, context.job, context.url) = (now.forge, now.job, now.url);
            // A job of GitLab is started for the commit that it is about, whoever made that.
            if event.head.is_none() && now.forge == context::Forge::Github {
                (context.commit, context.head) = (None, None);
            }
            record.deliveries.clear();
        }
        let Ok(repository) = &self.repository else { return };
        let elsewhere = repository.commit() != record.context.commit.as_ref();
        record.context.dirty |= repository.is_dirty() || elsewhere;
    }

    /// Makes the run's folder and waits until no other process writes there. None when somebody stopped us
    /// before that.
    ///
    /// # Errors
    /// A folder that cannot be made or locked, and one that is another's.
    pub async fn turn(&self) -> Result<Option<Turn>> {
        self.cache.check()?;
        self.folder.prepare(&self.engine.root)?;
        if let Some(turn) = self.folder.try_turn()? {
            return Ok(Some(turn));
        }
        let shown = self.folder.path().display();
        self.engine.console.note(&format!("waiting for another modelgate that works in {shown}"));
        let folder = self.folder.clone();
        let waiting = tokio::task::spawn_blocking(move || folder.wait_for_turn());
        let mut interrupt = self.engine.interrupt.clone();
        tokio::select! {
            turn = waiting => {
                turn.map_err(|error| Fault::new("wait for another modelgate", error))?.map(Some)
            }
            _ = interrupt.wait(1) => Ok(None),
        }
    }

    /// Why there is nothing to do, where a pull or merge request leaves the project as it is; it is shown on the commit.
    /// None where it does not, and where that cannot be known: inputs outside of the project may be anything.
    ///
    /// # Errors
    /// The forge does not tell what the request changes.
    pub async fn untouched(&self) -> Result<Option<String>> {
        let Some(folder) = self.repository.as_ref().ok().and_then(|repository| repository.place().ok())
        else {
            return Ok(None);
        };
        let folder = folder.trim_matches('/');
        let is_wide = self.config.inputs().any(|input| input.starts_with('/') || input.contains(".."));
        if is_wide || folder.is_empty() {
            return Ok(None);
        }
        let context = self.environment.context(self.repository.as_ref().ok());
        let (why, told) = match &self.remote {
            Some(Remote::Github(remote)) => {
                let Some(number) = remote.event.pull_request else { return Ok(None) };
                let untouched = github::is_untouched(remote, number, folder).await;
                if !untouched.map_err(|trouble| {
                    trouble
                        .fault("find what the pull request changes")
                        .help("give the job `pull-requests: read`")
                })? {
                    return Ok(None);
                }
                let why = format!("the pull request changes nothing in {folder}");
                let told = github::nothing_to_do(remote, &context, &why).await;
                (why, told)
            }
            Some(Remote::Gitlab(remote)) => {
                let Some(number) = remote.job.own_merge_request() else { return Ok(None) };
                let untouched = gitlab::is_untouched(remote, number, folder).await;
                if !untouched.map_err(|trouble| {
                    trouble
                        .fault("find what the merge request changes")
                        .help("set MODELGATE_GITLAB_TOKEN: CI_JOB_TOKEN may not read it")
                })? {
                    return Ok(None);
                }
                let why = format!("the merge request changes nothing in {folder}");
                let told = gitlab::nothing_to_do(remote, &context, &why).await;
                (why, told)
            }
            None => return Ok(None),
        };
        if let Some(finding) = told {
            self.engine.console.note(&finding.message);
        }
        Ok(Some(why))
    }

    /// What stopped us, if anything did.
    #[must_use]
    pub fn stopped(&self) -> Option<Signal> {
        self.engine.interrupt.raised().map(|raised| raised.signal)
    }
}

/// Where people look.
fn forge(
    local: Local,
    environment: &Environment,
    console: &Console,
    remote: Option<Remote>,
) -> Box<dyn Forge> {
    match environment.forge() {
        context::Forge::Github => Box::new(Github {
            local,
            summary: environment.path("GITHUB_STEP_SUMMARY"),
            outputs: environment.path("GITHUB_OUTPUT"),
            workspace: environment.path("GITHUB_WORKSPACE"),
            console: console.clone(),
            remote: remote.as_ref().and_then(Remote::github).cloned(),
            shown: RefCell::default(),
        }),
        context::Forge::Gitlab => Box::new(Gitlab {
            local,
            console: console.clone(),
            is_mute: remote.is_none() && GITLAB_TOKENS.iter().any(|name| environment.get(name).is_some()),
            remote: remote.as_ref().and_then(Remote::gitlab).cloned(),
            shown: Cell::default(),
        }),
        context::Forge::Local => Box::new(local),
    }
}

/// The variables that hold a token for GitHub's API, in the order in which they are looked for.
const GITHUB_TOKENS: [&str; 2] = ["GITHUB_TOKEN", "GH_TOKEN"];
/// Those that hold one for GitLab's.
const GITLAB_TOKENS: [&str; 2] = ["MODELGATE_GITLAB_TOKEN", "CI_JOB_TOKEN"];

/// A forge's API, where there is a token for it: of the forge whose job this is; on a laptop, of the one that the variables
/// name. Must be called within the runtime.
#[must_use]
pub fn remote(
    environment: &Environment,
    report: &config::Report,
    console: &Console,
    interrupt: &Interrupt,
) -> Option<Remote> {
    let github = || github_remote(environment, report, console, interrupt).map(Remote::Github);
    let gitlab = || gitlab_remote(environment, report, console, interrupt).map(Remote::Gitlab);
    match environment.forge() {
        context::Forge::Github => github(),
        context::Forge::Gitlab => gitlab(),
        context::Forge::Local => github().or_else(gitlab),
    }
}

fn github_remote(
    environment: &Environment,
    report: &config::Report,
    console: &Console,
    interrupt: &Interrupt,
) -> Option<github::Remote> {
    let repository = environment.get("GITHUB_REPOSITORY")?;
    let Some(token) = GITHUB_TOKENS.into_iter().find_map(|name| environment.get(name)) else {
        if environment.forge() == context::Forge::Github {
            console.note("GITHUB_TOKEN is not set, so there is no check on the commit");
        }
        return None;
    };
    let base = environment.get("GITHUB_API_URL").unwrap_or("https://api.github.com");
    let api = usable(github::api::Api::new(base, repository, token), console)?;
    let number = |name| environment.get(name).and_then(|text| text.parse().ok());
    Some(github::Remote {
        api: api.heeding(interrupt.clone(), environment.clock),
        event: environment.event(),
        attempt: number("GITHUB_RUN_ATTEMPT").and_then(|attempt| u32::try_from(attempt).ok()).unwrap_or(1),
        run: number("GITHUB_RUN_ID"),
        workflow: environment.get("GITHUB_WORKFLOW").unwrap_or_default().to_owned(),
        check: report.check.clone(),
        comment: report.comment,
    })
}

fn gitlab_remote(
    environment: &Environment,
    report: &config::Report,
    console: &Console,
    interrupt: &Interrupt,
) -> Option<gitlab::Remote> {
    let project = environment.get("CI_PROJECT_ID").or_else(|| environment.get("CI_PROJECT_PATH"))?;
    let [own, job] = GITLAB_TOKENS.map(|name| environment.get(name).map(str::to_owned));
    if own.is_none() && job.is_none() {
        return None;
    }
    let base = environment.get("CI_API_V4_URL").unwrap_or("https://gitlab.com/api/v4");
    let authority = environment.path("CI_SERVER_TLS_CA_FILE").and_then(|path| {
        let read = std::fs::read(&path).map_err(|error| Fault::file("read", &path, error));
        usable(read, console)
    });
    let tokens = gitlab::api::Tokens { own, job };
    let api = usable(gitlab::api::Api::new(base, project, &tokens, authority.as_deref()), console)?;
    Some(gitlab::Remote {
        api: api.heeding(interrupt.clone(), environment.clock),
        job: environment.gitlab_job(),
        check: report.check.clone(),
        comment: report.comment,
        run_dir: ".modelgate".into(),
    })
}

/// What could be made; why not is noted.
fn usable<T>(made: Result<T>, console: &Console) -> Option<T> {
    made.inspect_err(|fault| console.note(&fault.to_string())).ok()
}

/// The same, that knows where among the artifacts of a job the folder of the run is.
fn keeping(remote: Remote, environment: &Environment, folder: &Path) -> Remote {
    let below = environment.path("CI_PROJECT_DIR").and_then(|top| {
        let below = folder.strip_prefix(&top).ok()?;
        Some(below.to_str()?.replace('\\', "/"))
    });
    match (remote, below) {
        (Remote::Gitlab(remote), Some(run_dir)) => Remote::Gitlab(gitlab::Remote { run_dir, ..remote }),
        (remote, _) => remote,
    }
}

/// Shows on the commit that the configuration is invalid, in a job with a token. Whoever asked has the problems in the
/// log in any case.
pub fn show_invalid(settings: &Settings, environment: &Environment, invalid: &Invalid) {
    if environment.forge() == context::Forge::Local {
        return;
    }
    let console = console(settings, environment);
    let repository = Repository::around(&project(&invalid.path)).ok();
    let context = environment.context(repository.as_ref());
    let name = invalid.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let place = repository.as_ref().and_then(|repository| repository.place().ok());
    let path = place.map(|place| match place.trim_matches('/') {
        "" => name.clone(),
        folder => format!("{folder}/{name}"),
    });
    let (console, context) = (&console, &context);
    let (name, path) = (name.as_str(), path.as_deref());
    let told = block_on(|interrupt| async move {
        // The name that the file gives to the check is as unknown as the rest of it.
        match remote(environment, &config::Report::default(), console, &interrupt)? {
            Remote::Github(remote) => github::refuse(&remote, context, &invalid.problems, name, path).await,
            Remote::Gitlab(remote) => gitlab::refuse(&remote, context, &invalid.problems, name).await,
        }
    });
    if let Ok(Some(finding)) = told {
        console.note(&finding.message);
    }
}

/// The names of the variables that could hold a secret, and of those that the configuration names as one. Git's own
/// stay: a checkout sets its configuration by them.
fn secret_names(environment: &Environment, config: &Config) -> Vec<OsString> {
    let looks = child_variables(&environment.variables, &config::Script::default()).1;
    let named = config.scripts().into_iter().flat_map(|script| script.secrets.clone());
    let of_image = config.image.iter().flat_map(config::Image::secret_variables).cloned();
    let of_triggers = config.trigger_tokens().map(str::to_owned);
    let all = looks.into_iter().chain(named).chain(of_image).chain(of_triggers);
    all.filter(|name| !name.starts_with("GIT_")).map(OsString::from).collect()
}

/// The values of the secrets that any step names, and our own tokens: a command can find them in git's settings.
fn secrets(environment: &Environment, config: &Config) -> Vec<OsString> {
    let named = config.scripts().into_iter().flat_map(|script| secret_values(&environment.variables, script));
    let of_image = config.image.iter().flat_map(config::Image::secret_variables).map(String::as_str);
    let ours = of_image
        .chain(config.trigger_tokens())
        .chain(GITHUB_TOKENS)
        .chain(GITLAB_TOKENS)
        .filter_map(|name| environment.get(name).map(OsString::from));
    named.chain(ours).collect()
}

/// A console on standard error.
#[must_use]
pub fn console(settings: &Settings, environment: &Environment) -> Console {
    let verbosity = settings.verbosity.unwrap_or(Verbosity::Normal);
    Console::new(
        Box::new(std::io::stderr()),
        environment.forge(),
        verbosity,
        settings.color,
        environment.clock,
    )
}

/// A thread that shows how far something has come, until this is dropped.
pub struct Drawing(Option<(mpsc::Sender<()>, JoinHandle<()>)>);

impl Drawing {
    /// Begins where there is somebody to see it.
    #[must_use]
    pub fn begin(
        settings: &Settings,
        environment: &Environment,
        interrupt: &Interrupt,
        console: Console,
    ) -> Self {
        const AGAIN: Duration = Duration::from_millis(100);
        if !settings.moments {
            return Self(None);
        }
        let (end, ended) = mpsc::channel();
        let (progress, clock, columns) =
            (interrupt.progress().clone(), environment.clock, environment.errors.width);
        let drawing = std::thread::spawn(move || {
            let mut begun = (0, (clock.steady)());
            while ended.recv_timeout(AGAIN) == Err(RecvTimeoutError::Timeout) {
                let look = || {
                    let seen = progress.seen()?;
                    if seen.number != begun.0 {
                        begun = (seen.number, (clock.steady)());
                    }
                    Some((seen, (clock.steady)().saturating_duration_since(begun.1)))
                };
                console.moment(look, columns);
            }
            console.moment(|| None, columns);
        });
        Self(Some((end, drawing)))
    }
}

impl Drop for Drawing {
    fn drop(&mut self) {
        if let Some((end, drawing)) = self.0.take() {
            // A thread that has ended needs to be told nothing.
            let _ = end.send(());
            let _ = drawing.join();
        }
    }
}

/// What tells a run from every other, and sorts by time: `20260102t030405z-1f2e3d4c`.
fn run_id(started: &str) -> Result<String> {
    let time: String = started.chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(format!("{}-{}", time.to_lowercase(), random::hex(4)?))
}

/// Closes this process to others of the same user: what is kept from a command must not be had from
/// `/proc/<us>/environ`, from our memory or from a core dump. It stops nobody who is root.
pub fn shield() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // A kernel that knows no such thing has nothing else to offer.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// Keeps quiet about the panics that become findings, for the whole process.
pub fn hush() {
    table::hush_guarded_panics();
}

/// Runs `work` to its end, with signals turned into a raised hand.
///
/// # Errors
/// A machine that gives us no threads or no signals.
pub fn block_on<F: Future>(work: impl FnOnce(Interrupt) -> F) -> Result<F::Output> {
    let start = |error| Fault::new("start the runtime", error);
    // One thread besides ours, so that a signal is heard while ours is hashing.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(start)?;
    let (hand, interrupt) = Interrupt::channel();
    let output = runtime.block_on(async {
        listen(hand).map_err(start)?;
        Ok(work(interrupt).await)
    });
    // A thread that still waits for a left-over pipe must not keep the process.
    runtime.shutdown_background();
    output
}

#[cfg(unix)]
fn listen(hand: Hand) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::terminate(), Signal::Terminate),
        (SignalKind::hangup(), Signal::Terminate),
    ];
    for (kind, meaning) in signals {
        let mut stream = signal(kind)?;
        let hand = hand.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                hand.raise(meaning);
            }
        });
    }
    Ok(())
}

#[cfg(not(unix))]
fn listen(hand: Hand) -> std::io::Result<()> {
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            hand.raise(Signal::Interrupt);
        }
    });
    Ok(())
}
