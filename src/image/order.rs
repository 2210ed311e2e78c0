//! From the configuration to the order of a build: paths, secrets and agents, looked at before anything is built.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::build::Order;
use crate::config::{BuildSecret, Image};
use crate::document::shown;
use crate::engine::Engine;
use crate::fault::Result;
use crate::files;
use crate::finding::Finding;
use crate::step::Step;

/// The largest secret that a build can read, as BuildKit has it.
const LARGEST_SECRET: usize = 500 * 1024;

/// The order, or what is missing for it.
///
/// # Errors
/// A file that is there and cannot be read.
pub(super) fn order(
    engine: &Engine,
    image: &Image,
    step: Step,
    target: Option<&str>,
    labels: BTreeMap<String, String>,
    ours: &[PathBuf],
) -> Result<std::result::Result<Order, Vec<Finding>>> {
    let mut findings = Vec::new();
    let context = engine.root.join(&image.context);
    let shown_path = dockerfile_path(image);
    let dockerfile = engine.root.join(&shown_path);
    if !context.is_dir() {
        let what = if context.exists() { "is no folder" } else { "is not there" };
        let message = format!("image.context names «{}», which {what}", shown(&image.context));
        let help = "name the folder that the Dockerfile copies from";
        findings.push(Finding::error("image-context", message).help(help));
    } else if dockerfile.symlink_metadata().is_err() {
        findings.push(no_dockerfile(engine, &shown_path, ours));
    } else if let Some(finding) = outside(engine, &context, &dockerfile, &shown_path)? {
        findings.push(finding);
    } else if !dockerfile.is_file() {
        let message = "the Dockerfile is no file: a folder, a pipe, or a link that leads nowhere";
        let help = "put a file in its place, or name another one as image.dockerfile";
        findings.push(Finding::error("image-dockerfile", message).at_path(&shown_path).help(help));
    }
    let mut secrets = BTreeMap::new();
    for (id, secret) in &image.secrets {
        match content(engine, id, secret)? {
            Ok(content) => drop(secrets.insert(id.clone(), content)),
            Err(finding) => findings.push(finding),
        }
    }
    let mut ssh = BTreeMap::new();
    for agent in &image.ssh {
        match socket(engine, agent) {
            Ok((id, socket)) => drop(ssh.insert(id, socket)),
            Err(finding) => findings.push(finding),
        }
    }
    if !findings.is_empty() {
        return Ok(Err(findings));
    }
    let log = match step {
        Step::Image => "logs/image.log".to_owned(),
        step => format!("logs/{step}-image.log"),
    };
    Ok(Ok(Order {
        step,
        project: engine.root.clone(),
        log: engine.run_dir.join(log),
        context,
        dockerfile,
        shown: shown_path,
        target: target.or(image.target.as_deref()).map(str::to_owned),
        args: image.args.clone(),
        labels,
        platform: image.platform.clone(),
        network: image.network.clone(),
        secrets,
        ssh,
        cache_from: image.cache_from.clone(),
        cache: image.cache,
        pull: image.pull,
        timeout: image.timeout,
        ours: ours.to_vec(),
        hidden: engine.secrets.clone(),
    }))
}

/// The context's path in the project; empty for the project itself.
pub(super) fn context_path(image: &Image) -> &str {
    match image.context.trim_start_matches("./").trim_end_matches('/') {
        "." => "",
        folder => folder,
    }
}

/// The Dockerfile's path in the project.
pub(super) fn dockerfile_path(image: &Image) -> String {
    match (&image.dockerfile, context_path(image)) {
        (Some(path), _) => path.clone(),
        (None, "") => "Dockerfile".to_owned(),
        (None, folder) => format!("{folder}/Dockerfile"),
    }
}

/// What of a build leads out of the project by a link: what a command has put there must not send the machine's own
/// files into an image.
fn outside(engine: &Engine, context: &Path, dockerfile: &Path, shown_path: &str) -> Result<Option<Finding>> {
    let root = files::canonical(&engine.root)?;
    let ignored =
        [context.join(".dockerignore"), PathBuf::from(format!("{}.dockerignore", dockerfile.display()))];
    for path in [context, dockerfile].into_iter().chain(ignored.iter().map(PathBuf::as_path)) {
        if path.exists() && !files::canonical(path)?.starts_with(&root) {
            let message = format!("{} leads out of the project", path.display());
            let help = "put it into the project; nothing of a build is taken from elsewhere";
            return Ok(Some(Finding::error("image-outside", message).at_path(shown_path).help(help)));
        }
    }
    Ok(None)
}

fn no_dockerfile(engine: &Engine, path: &str, ours: &[PathBuf]) -> Finding {
    let ours: Vec<&std::path::Path> = ours.iter().map(PathBuf::as_path).collect();
    let help = match files::nearest(&engine.root, &ours, path) {
        Some(near) => format!("write `dockerfile: {}` under image, if that is meant", near.escape_debug()),
        None => "add it, or name another one as image.dockerfile".into(),
    };
    Finding::error("image-dockerfile", "there is no such Dockerfile").at_path(path).help(help)
}

/// What a build reads as the secret `id`. None is silently empty: a step that is built without it would be taken from
/// the cache for ever.
fn content(
    engine: &Engine,
    id: &str,
    secret: &BuildSecret,
) -> Result<std::result::Result<OsString, Finding>> {
    let missing = |what: String, help: &str| {
        Finding::error("image-secret-missing", format!("the secret «{}» {what}", shown(id))).help(help)
    };
    let content = match secret {
        BuildSecret::Variable(name) => {
            match engine.variables.get(OsStr::new(name)).filter(|value| !value.is_empty()) {
                Some(value) => value.clone(),
                None => {
                    let help = "set it, such as by `export`; in a workflow, under `env` of the step: `${{ secrets.… }}`";
                    return Ok(Err(missing(format!("comes from {name}, which is not set, or empty"), help)));
                }
            }
        }
        BuildSecret::File(path) => {
            let is_own = !Path::new(path).is_absolute();
            let path = engine.root.join(path);
            if is_own
                && path.exists()
                && !files::canonical(&path)?.starts_with(files::canonical(&engine.root)?)
            {
                let what = format!("comes from {}, which leads out of the project", path.display());
                return Ok(Err(missing(what, "name the file itself, with its whole path")));
            }
            if !path.is_file() {
                let kind = if path.symlink_metadata().is_ok() { "is no file" } else { "is not there" };
                let what = format!("comes from {}, which {kind}", path.display());
                return Ok(Err(missing(what, "write the file before the run, or correct image.secrets")));
            }
            OsString::from_vec(files::read(&path)?)
        }
    };
    if content.len() > LARGEST_SECRET {
        return Ok(Err(missing(
            "is larger than 500 KiB, the most that a build can read".into(),
            "use a smaller one",
        )));
    }
    Ok(Ok(content))
}

/// The id of an agent, and its socket.
fn socket(engine: &Engine, agent: &str) -> std::result::Result<(String, PathBuf), Finding> {
    let (id, path) = match agent.split_once('=') {
        Some((id, path)) => (id.to_owned(), Some(PathBuf::from(path))),
        None => {
            let variable =
                engine.variables.get(OsStr::new("SSH_AUTH_SOCK")).filter(|value| !value.is_empty());
            (agent.to_owned(), variable.map(PathBuf::from))
        }
    };
    match path {
        Some(path) if path.exists() => Ok((id, engine.root.join(path))),
        Some(path) => {
            let message = format!("the agent «{}» has no socket at {}", shown(&id), path.display());
            Err(Finding::error("image-ssh-agent-missing", message)
                .help("start ssh-agent, or correct image.ssh"))
        }
        None => {
            let message = format!("there is no agent for «{}»: SSH_AUTH_SOCK is not set", shown(&id));
            Err(Finding::error("image-ssh-agent-missing", message)
                .help("start ssh-agent, or name a socket: `ssh: default=/path`"))
        }
    }
}
