//! A project in a folder of its own, and modelgate run in it as a user would.

#![allow(dead_code, reason = "each test binary uses its part")]

pub mod http;
pub mod moto;
pub mod pages;
pub mod prism;
pub mod releases;
pub mod tls;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;

/// The binary under test.
pub const MODELGATE: &str = env!("CARGO_BIN_EXE_modelgate");

/// A project that needs nothing but a shell: train copies, evaluate copies.
pub const SHELL_PROJECT: &str = "\
version: 1
model: churn
lint:
  python: []
train:
  run: cat params.txt data.csv > model.bin
  inputs: [params.txt, data.csv]
  outputs: [model.bin]
evaluate:
  run: cp scores.json metrics.json
  inputs: [scores.json]
  metrics: metrics.json
gate:
  rules:
    accuracy: { min: 0.85 }
";

/// A project that looks at its data: a training set, a test set, and what came since; nothing is wrong with any of them.
pub const DATA_PROJECT: &str = "\
version: 1
model: churn
lint:
  python: []
data:
  sets: { train: data/train.csv, test: data/test.csv, live: data/live.csv }
  label: churned
  ignore: [id]
  leakage: {}
  drift: {}
evaluate:
  run: cp scores.json metrics.json
  inputs: [scores.json]
  metrics: metrics.json
gate:
  rules:
    accuracy: { min: 0.85 }
";

/// A project in a temporary folder, with a home of its own beside it.
pub struct Project {
    folder: TempDir,
}

/// How a command ended, and what it said.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// All of it as a person sees it, without what differs from run to run.
    pub fn shown(&self, project: &Project) -> String {
        let part = |name: &str, text: &str| {
            if text.is_empty() { String::new() } else { format!("── {name}\n{}", project.stable(text)) }
        };
        format!("exit {}\n{}{}", self.code, part("stdout", &self.out), part("stderr", &self.err))
    }
}

impl Project {
    /// An empty folder that is no repository.
    pub fn empty() -> Self {
        // Everywhere as long as here, because reports break their lines by it.
        let project = Self { folder: TempDir::new_in("/tmp").expect("a temporary folder") };
        fs::create_dir(project.path()).expect("the project's folder");
        fs::create_dir(project.home()).expect("the home folder");
        project
    }

    /// A repository with the shell project in one commit on main.
    pub fn shell() -> Self {
        let project = Self::empty();
        project.file("modelgate.yml", SHELL_PROJECT);
        project.file("params.txt", "depth 8\n");
        project.file("data.csv", "x,y\n1,0\n2,1\n");
        project.file("scores.json", "{\"accuracy\": 0.9}\n");
        project.file(".gitignore", ".modelgate/\nmodel.bin\nmetrics.json\n");
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.commit("First model");
        project
    }

    /// A repository of what the README's first file is about, without a commit.
    pub fn of_readme(config: &str) -> Self {
        let project = Self::empty();
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.file("modelgate.yml", config);
        project.file("requirements.txt", "# nothing, because a test has no way out\n");
        project.file("train.py", "open('model.joblib', 'w').write('a model')\n");
        project.file("evaluate.py", "open('metrics.json', 'w').write('{\"accuracy\": 0.9}')\n");
        project.file(".gitignore", ".modelgate/\nmodel.joblib\nmetrics.json\n");
        project
    }

    /// The project of [`DATA_PROJECT`], with 600, 300 and 300 rows: `id`, `age`, `income`, `city` and the label `churned`.
    pub fn data() -> Self {
        let project = Self::empty();
        project.file("modelgate.yml", DATA_PROJECT);
        project.file("scores.json", "{\"accuracy\": 0.9}\n");
        project.file("data/train.csv", customers(1, 600));
        project.file("data/test.csv", customers(2, 300));
        project.file("data/live.csv", customers(3, 300));
        project
    }

    /// The project's folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Writes a file, and the folders above it.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("the file's folder");
        fs::write(path, content).expect("the file");
    }

    /// The text of a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path().join(name).exists()
    }

    /// Changes the text of a file.
    pub fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "{name} holds «{old}»");
        self.file(name, text.replace(old, new));
    }

    /// A command in the project, that knows nothing of the machine but its programs.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("LANG", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(Stdio::null());
        command
    }

    pub fn git(&self, words: &[&str]) -> String {
        let mut command = self.command("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@localhost"]).args(words);
        let said = said(command.output().expect("git is installed"));
        assert_eq!(said.code, 0, "git {words:?}: {}", said.err);
        said.out
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// modelgate with these words.
    pub fn modelgate(&self, words: &[&str]) -> Said {
        self.modelgate_with(words, &[])
    }

    /// modelgate with these words and variables.
    pub fn modelgate_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Said {
        let mut command = self.command(MODELGATE);
        command.args(words).envs(variables.iter().copied());
        said(command.output().expect("modelgate starts"))
    }

    /// modelgate with these words as the root of a mount namespace of its own, in which `before` ran first.
    /// None where this machine does not allow that.
    pub fn modelgate_in_namespace(&self, before: &str, words: &str, after: &str) -> Option<Said> {
        let unshare = |script: &str| {
            let mut command = self.command("unshare");
            command.args(["--mount", "sh", "-ec", script]).output().ok()
        };
        let trial = unshare("mount -t tmpfs tmpfs /mnt")?;
        if !trial.status.success() {
            return None;
        }
        let script = format!("{before}\n'{MODELGATE}' {words} || code=$?\n{after}\nexit ${{code:-0}}");
        unshare(&script).map(said)
    }

    /// A folder with links to these programs, by name or by path, and no others, to be used as PATH.
    pub fn programs(&self, names: &[&str]) -> String {
        let folder = self.folder.path().join("programs");
        fs::create_dir(&folder).expect("the folder of programs");
        let path = std::env::var_os("PATH").unwrap_or_default();
        for name in names {
            let program =
                std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.exists());
            let program = program.unwrap_or_else(|| panic!("{name} is not installed"));
            let name = Path::new(name).file_name().expect("a name");
            std::os::unix::fs::symlink(program, folder.join(name)).expect("a link");
        }
        folder.display().to_string()
    }

    /// modelgate with these words, started and not waited for; what it says goes to files.
    pub fn start(&self, words: &[&str]) -> Running {
        self.start_with(words, &[])
    }

    /// As [`Self::start`], with these variables.
    pub fn start_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Running {
        let file = |name: &str| {
            let path = self.folder.path().join(format!("{name}-{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
            (fs::File::create(&path).expect("a file"), path)
        };
        let ((out, out_path), (err, err_path)) = (file("out"), file("err"));
        let mut command = self.command(MODELGATE);
        command.args(words).envs(variables.iter().copied()).stdout(out).stderr(err);
        Running { child: command.spawn().expect("modelgate starts"), out: out_path, err: err_path }
    }

    /// The record of the latest run.
    pub fn record(&self) -> Value {
        serde_json::from_str(&self.read(".modelgate/run.json")).expect("run.json is JSON")
    }

    /// The outcome of each step, as `lint passed, test skipped, …`.
    pub fn outcomes(&self) -> String {
        outcomes(&self.record())
    }

    /// `text` without what differs from run to run.
    pub fn stable(&self, text: &str) -> String {
        stable(&text.replace(&self.path().display().to_string(), "[project]"))
    }
}

/// Numbers that look random, from 0 to below 1.
pub fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed * 2 + 1;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A table of customers as CSV, each with an id that no other seed has.
pub fn customers(seed: u64, rows: usize) -> String {
    use std::fmt::Write;
    let mut next = uniform(seed);
    let mut text = String::from("id,age,income,city,churned\n");
    for row in 0..rows {
        let (age, income) = (18.0 + 60.0 * next(), 1000.0 * (1.0 + 4.0 * next()).powi(2));
        let city = ["Bonn", "Oslo", "Rome"][(3.0 * next()) as usize];
        let churned = u8::from(next() < 0.4);
        writeln!(text, "{},{age:.4},{income:.2},{city},{churned}", seed * 1_000_000 + row as u64)
            .expect("a text takes all");
    }
    text
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// modelgate at work.
pub struct Running {
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it can be signalled");
    }

    /// What it has said on standard error so far.
    pub fn err(&self) -> String {
        fs::read_to_string(&self.err).expect("standard error")
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_some()
    }

    /// Waits for its end.
    pub fn end(mut self) -> Said {
        until("modelgate ends", || self.has_ended());
        let status = self.child.wait().expect("it can be waited for");
        let read = |path| String::from_utf8_lossy(&fs::read(path).expect("what it said")).into_owned();
        Said { code: status.code().unwrap_or(-1), out: read(&self.out), err: read(&self.err) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for something that no event tells of.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "it never came so that {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The outcome of each step of a record.
pub fn outcomes(record: &Value) -> String {
    let steps = record["steps"].as_array().expect("steps");
    let words =
        |step: &Value| format!("{} {}", step["step"].as_str().unwrap(), step["outcome"].as_str().unwrap());
    steps.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// What a finished command said.
pub fn said(output: Output) -> Said {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Without durations, run ids, times and digests.
pub fn stable(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, name) in [
        (r"\d{8}t\d{6}z-[0-9a-f]{8}", "[run]"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[time]"),
        (r"\b[0-9a-f]{64}\b", "[sha256]"),
        (r"\b[0-9a-f]{40}\b", "[commit]"),
        (r"\bcommit [0-9a-f]{7}\b", "commit [short]"),
        // With the spaces before it, of which a shorter one has more.
        (r" +(\d+\.\d+ s|\d+ s|\d+ min \d\d s)  ", "  [duration]  "),
        (r"\.modelgate-\w{6}\b", ".modelgate-[random]"),
    ] {
        let pattern = regex::Regex::new(pattern).expect("a pattern");
        text = pattern.replace_all(&text, name).into_owned();
    }
    text
}

/// Says that a test could not run here: by name, and where `make test` prints it.
pub fn skip(test: &str, why: &str) {
    eprintln!("skipped: {test}: {why}");
    if let Some(path) = std::env::var_os("MODELGATE_SKIPPED") {
        use std::io::Write;
        let mut file =
            fs::File::options().create(true).append(true).open(path).expect("the list of skipped tests");
        writeln!(file, "{test}: {why}").expect("the list of skipped tests");
    }
}

/// The Python with the example's packages; none where `make test` did not make it.
pub fn python() -> Option<PathBuf> {
    std::env::var_os("MODELGATE_TEST_PYTHON").map(PathBuf::from).filter(|path| Path::new(path).exists())
}

/// Python for a test that asks it, which is skipped by name where there is none.
pub fn python_for(test: &str) -> Option<PathBuf> {
    let python = python();
    if python.is_none() {
        skip(test, "needs MODELGATE_TEST_PYTHON, a Python with the packages of tests/requirements.txt");
    }
    python
}

/// The judges of data for a test that asks them, which is skipped by name where there are none.
pub fn judges_for(test: &str) -> Option<PathBuf> {
    let python = std::env::var_os("MODELGATE_TEST_JUDGES").map(PathBuf::from).filter(|path| path.exists());
    if python.is_none() {
        skip(
            test,
            "needs MODELGATE_TEST_JUDGES, a Python with the packages of tests/requirements-judges.txt",
        );
    }
    python
}

/// What a script below tests/ answers to a question, both of them JSON.
pub fn ask<T: DeserializeOwned>(python: &Path, script: &str, question: &impl Serialize) -> T {
    use std::io::Write;
    let mut child = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let text = serde_json::to_vec(question).expect("JSON");
    child.stdin.take().expect("a pipe").write_all(&text).expect("Python listens");
    let output = child.wait_with_output().expect("Python ends");
    assert!(output.status.success(), "Python fails");
    serde_json::from_slice(&output.stdout).expect("Python answers in JSON")
}

/// A program of tests/requirements-tools.txt; none where `make test` did not install it.
pub fn tool(name: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("MODELGATE_TEST_TOOLS")?);
    Some(folder.join(name)).filter(|path| path.exists())
}

/// The packages of tests/node; none where `make test` did not install them.
pub fn node_modules() -> Option<PathBuf> {
    std::env::var_os("MODELGATE_TEST_NODE").map(PathBuf::from).filter(|path| path.exists())
}

/// The engine that `make test` started: `unix://…`; none where it could not.
pub fn engine() -> Option<String> {
    std::env::var("MODELGATE_TEST_DOCKER").ok().filter(|address| !address.is_empty())
}

/// The registry that `make test` started: `127.0.0.1:port`, with the user `modelgate` and the password `let+me/in`.
pub fn registry() -> Option<String> {
    std::env::var("MODELGATE_TEST_REGISTRY").ok().filter(|address| !address.is_empty())
}

/// A handle to the engine of [`engine`], with these variables besides.
pub fn docker(address: &str, variables: &[(&str, &str)]) -> modelgate::docker::Docker {
    use modelgate::clock::Clock;
    use modelgate::console::{Console, Verbosity};
    use modelgate::context::Forge;
    use modelgate::interrupt::Interrupt;
    let clock = Clock { wall: std::time::SystemTime::now, steady: std::time::Instant::now };
    let console = Console::new(Box::new(std::io::sink()), Forge::Local, Verbosity::Quiet, false, clock);
    let mut all = modelgate::context::Variables::from([("DOCKER_HOST".into(), address.into())]);
    all.extend(variables.iter().map(|(name, value)| (name.into(), value.into())));
    modelgate::docker::Docker::new(all, console, Interrupt::channel().1, clock)
}
