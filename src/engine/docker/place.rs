//! Where commands run: which container, and whether it sees our files.

use std::path::{Path, PathBuf};

use super::Bench;
use crate::config::Command;
use crate::docker::{Address, Connection, Container, Mount, Spec, Trouble};
use crate::fault::{Fault, Result};
use crate::random;

/// How large `/dev/shm` may grow: PyTorch's loaders hand their batches over in it, and the usual 64 MB kill them.
const SHARED_MEMORY: u64 = 2 << 30;

/// A container that commands can run in.
pub struct Place {
    pub connection: Connection,
    /// All but the command.
    pub spec: Spec,
    /// Whether there is a bash.
    pub has_bash: bool,
}

/// Looks whether the engine sees our files, and whether the image has a bash. No place when somebody wants us to stop
/// meanwhile, and why there is none where that is the project's to mend.
pub(super) async fn look(
    bench: &Bench<'_>,
    connection: &Connection,
    image: String,
) -> Result<std::result::Result<Option<Place>, String>> {
    let spec = match spec(bench, connection, image) {
        Ok(spec) => spec,
        Err(why) => return Ok(Err(why)),
    };
    let Some(marker) = Marker::new(bench)? else { return Ok(Ok(None)) };
    // The folder of the run is hidden from commands; here it must be seen.
    let probe = Spec {
        command: Some(["sh", "-c", "command -v bash"].map(str::to_owned).to_vec()),
        hidden: Vec::new(),
        ..spec.clone()
    };
    let container = match Container::create(connection, &probe).await {
        Ok(container) => container,
        Err(Trouble::Refused(why)) if why.contains("bind source path does not exist") => {
            return Err(not_shared(&connection.address));
        }
        Err(Trouble::Refused(why)) => return Ok(Err(settings(bench, &why))),
        Err(Trouble::Fault(fault)) => return Err(fault),
    };
    let seen = see(bench, &container, &marker).await;
    let closed = container.close().await;
    let seen = seen?;
    closed?;
    match seen {
        Seen::Interrupted => Ok(Ok(None)),
        Seen::Refused(why) => Ok(Err(settings(bench, &why))),
        Seen::NothingOfOurs => Err(not_shared(&connection.address)),
        Seen::Files { has_bash } => Ok(Ok(Some(Place { connection: connection.clone(), spec, has_bash }))),
    }
}

/// What the engine refuses is what modelgate.yml asks of the container.
fn settings(bench: &Bench<'_>, why: &str) -> String {
    format!("the engine makes no such container: {why}; see `{}.docker` in modelgate.yml", bench.step)
}

enum Seen {
    Files { has_bash: bool },
    NothingOfOurs,
    Refused(String),
    Interrupted,
}

async fn see(bench: &Bench<'_>, container: &Container, marker: &Marker) -> Result<Seen> {
    let read = match container.read(&marker.path.to_string_lossy(), 1024).await {
        // What is a folder here is something else there.
        Err(fault) if fault.to_string().contains("mount") => None,
        read => read?,
    };
    if read.as_deref() != Some(marker.content.as_bytes()) {
        return Ok(Seen::NothingOfOurs);
    }
    if !bench.script.commands.iter().any(|command| matches!(command, Command::Shell(_))) {
        return Ok(Seen::Files { has_bash: false });
    }
    match container.start().await {
        Ok(()) => {}
        Err(Trouble::Refused(why)) => return Ok(Seen::Refused(why)),
        Err(Trouble::Fault(fault)) => return Err(fault),
    }
    let mut interrupt = bench.engine.interrupt.clone();
    tokio::select! {
        exit = container.exited() => Ok(Seen::Files { has_bash: exit?.code == 0 }),
        _ = interrupt.wait(1) => Ok(Seen::Interrupted),
    }
}

/// The project, with git's own folder read-only: what is written there can make git run a program, outside.
fn mounts(engine: &crate::engine::Engine, root: String) -> std::result::Result<Vec<Mount>, String> {
    let git = engine.root.join(".git");
    let mut mounts = vec![Mount { source: engine.root.clone(), target: root, is_read_only: false }];
    if git.exists() {
        let target = text(&git)?;
        mounts.push(Mount { source: git, target, is_read_only: true });
    }
    Ok(mounts)
}

/// The container of every command of the script.
fn spec(bench: &Bench<'_>, connection: &Connection, image: String) -> std::result::Result<Spec, String> {
    let (engine, container) = (bench.engine, bench.container);
    let root = text(&engine.root)?;
    let folder = text(&engine.root.join(&bench.script.working_directory))?;
    let user = container.user.clone().or_else(|| ourselves(connection.about.is_rootless));
    let hidden = engine.run_dir.starts_with(&engine.root) && engine.run_dir != engine.root;
    Ok(Spec {
        image,
        command: None,
        env: variables(bench, user.as_deref())?,
        user,
        folder: Some(folder),
        mounts: mounts(engine, root)?,
        hidden: if hidden { vec![text(&engine.run_dir)?] } else { Vec::new() },
        memory: container.memory,
        shared_memory: Some(SHARED_MEMORY),
        nano_cpus: container.nano_cpus,
        gpus: container.gpus.clone(),
        network: container.network.clone(),
        port: None,
        owner: engine.run_dir.clone(),
    })
}

fn text(path: &Path) -> std::result::Result<String, String> {
    let text = path.to_str().map(|text| text.trim_end_matches("/.").to_owned());
    text.ok_or_else(|| format!("the path {} is no text, which a container's paths must be", path.display()))
}

/// Whoever runs modelgate, so that the outputs are theirs. On an engine without root, its root is who started it.
#[cfg(unix)]
fn ourselves(is_rootless: bool) -> Option<String> {
    use rustix::process::{getgid, getuid};
    if is_rootless {
        return Some("0:0".into());
    }
    Some(format!("{}:{}", getuid().as_raw(), getgid().as_raw()))
}

#[cfg(not(unix))]
fn ourselves(_: bool) -> Option<String> {
    None
}

/// What a command sees of variables, besides those of the image: nothing of ours.
fn variables(bench: &Bench<'_>, user: Option<&str>) -> std::result::Result<Vec<(String, String)>, String> {
    let mut seen: Vec<(String, String)> = vec![
        // Python keeps its output back when nobody watches on a terminal; then nothing would stream.
        ("PYTHONUNBUFFERED".into(), "1".into()),
        // The container's first process passes a signal on to all that a command has started, as we do here.
        ("TINI_KILL_PROCESS_GROUP".into(), "1".into()),
    ];
    if user.is_some_and(has_no_home) {
        seen.push(("HOME".into(), "/tmp".into()));
    }
    for name in &bench.script.secrets {
        let Some(value) = bench.engine.variables.get(std::ffi::OsStr::new(name)) else { continue };
        let value = value
            .to_str()
            .ok_or_else(|| format!("{name} is no text, which a container's variables must be"))?;
        seen.push((name.clone(), value.to_owned()));
    }
    seen.extend(bench.script.env.iter().map(|(name, value)| (name.clone(), value.clone())));
    seen.push(("MODELGATE_STEP".into(), bench.step.word().into()));
    // The last of a name counts.
    let mut at = 0;
    while at < seen.len() {
        if seen[at + 1..].iter().any(|(name, _)| *name == seen[at].0) {
            seen.remove(at);
        } else {
            at += 1;
        }
    }
    Ok(seen)
}

/// Whether a user is a number that the image hardly knows: its home would be `/`, which it cannot write.
fn has_no_home(user: &str) -> bool {
    let user = user.split(':').next().unwrap_or(user);
    user.parse::<u32>().is_ok_and(|id| id != 0)
}

/// A file that nobody else can have.
struct Marker {
    path: PathBuf,
    content: String,
    _file: tempfile::NamedTempFile,
}

impl Marker {
    /// In the folder of the run where that is in the project; none when somebody wants us to stop.
    fn new(bench: &Bench<'_>) -> Result<Option<Self>> {
        if bench.engine.interrupt.raised().is_some() {
            return Ok(None);
        }
        let (root, run_dir) = (&bench.engine.root, &bench.engine.run_dir);
        let folder = if run_dir.starts_with(root) { run_dir } else { root };
        let write = |error| Fault::file("write into", folder, error);
        let file = crate::files::unfinished(folder, false).map_err(write)?;
        let content = random::hex(16)?;
        std::fs::write(file.path(), &content).map_err(write)?;
        Ok(Some(Self { path: file.path().to_owned(), content, _file: file }))
    }
}

fn not_shared(address: &Address) -> Fault {
    Fault::new(
        "run a command in a container",
        format!("the engine at {address} does not see the files of this machine"),
    )
    .help(
        "use an engine of this machine, or `engine: local`; where modelgate itself runs in a container, mount the \
         project into it at the path that it has on the machine of the engine",
    )
}

/// The arguments of a command, as a container runs it.
pub fn arguments(command: &Command, has_bash: bool) -> std::result::Result<Vec<String>, String> {
    let shell: &[&str] = if has_bash { &["bash", "-eo", "pipefail", "-c"] } else { &["sh", "-ec"] };
    match command {
        Command::Shell(text) => {
            // The container ends with its shell. One that was asked to end waits for the command that it runs, which
            // heard of it too, and so gets its grace.
            let text = format!("trap 'exit 143' TERM; {text}");
            Ok(shell.iter().map(|word| (*word).to_owned()).chain([text]).collect())
        }
        Command::Arguments(arguments) if arguments.is_empty() => Err("the command is empty".into()),
        Command::Arguments(arguments) => Ok(arguments.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_no_home_and_a_name_has_one() {
        for (user, expected) in [("1000:1000", true), ("1000", true), ("0:0", false), ("trainer", false)] {
            assert_eq!(has_no_home(user), expected, "{user}");
        }
    }

    #[test]
    fn a_text_runs_in_the_shell_that_there_is() {
        let shell = Command::Shell("a | b".into());
        let words = |has_bash| arguments(&shell, has_bash).unwrap_or_default().join(" ");
        assert_eq!(words(true), "bash -eo pipefail -c trap 'exit 143' TERM; a | b");
        assert_eq!(words(false), "sh -ec trap 'exit 143' TERM; a | b");
        let list = Command::Arguments(vec!["a".into(), "$b".into()]);
        assert_eq!(arguments(&list, true), Ok(vec!["a".into(), "$b".into()]));
        assert!(arguments(&Command::Arguments(Vec::new()), true).is_err());
    }
}
