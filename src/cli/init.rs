//! `modelgate init`: from a project to a modelgate.yml.

use std::path::Path;

use clap::Args;

use super::{Call, print, show};
use crate::exit::End;
use crate::fault::Fault;
use crate::init::{self, Project, gitlab};
use crate::wire;

/// `modelgate init`
#[derive(Debug, Args)]
#[command(after_help = "\
It finds what trains and what evaluates (scripts, dvc.yaml, a Makefile), what they read and make, the
tests, the linters and the latest metrics. It runs nothing and changes no other file. The bounds of the
rules are a proposal: read them before you commit the file.

With --gitlab it also writes the .gitlab-ci.yml that includes modelgate's jobs. One that is there is left as it
is, and the lines to add are printed.

Example:
  modelgate init --stdout
  modelgate init && modelgate run
  modelgate init --gitlab")]
pub struct Init {
    /// Replace the modelgate.yml that is there
    #[arg(long, conflicts_with = "stdout")]
    force: bool,
    /// Write to standard output instead of the file
    #[arg(long)]
    stdout: bool,
    /// Write .gitlab-ci.yml as well, and modelgate.yml only where there is none
    #[arg(long)]
    gitlab: bool,
}

/// Writes the file, and says what was found and what is next.
pub fn execute(args: &Init, call: &Call) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let root = path.parent().unwrap_or(Path::new("."));
    let mut project = init::look(root, &call.environment.variables)?;
    if args.stdout {
        print(&if args.gitlab { lines(&project, &path) } else { init::write(&project) })?;
        return Ok(End::Done);
    }
    let included = if args.gitlab { include(&project, &path, call)? } else { String::new() };
    // Who has just been told need not be told of it.
    project.on_gitlab &= !args.gitlab;
    let file = show::near(&path, &call.environment.folder);
    if args.gitlab && path.exists() && !args.force {
        print(&included)?;
        return Ok(End::Done);
    }
    init::save(&path, &init::write(&project), args.force)?;
    print(&format!("{included}wrote {file}\n\n{}", init::tell(&project, &file)))?;
    Ok(End::Done)
}

/// The lines of .gitlab-ci.yml for a configuration at `path`.
fn lines(project: &Project, path: &Path) -> String {
    let top = gitlab::top(path.parent().unwrap_or(path));
    gitlab::include(project, path.strip_prefix(top).unwrap_or(path))
}

/// Writes .gitlab-ci.yml, where there is none; says what was done or is to be done.
fn include(project: &Project, path: &Path, call: &Call) -> anyhow::Result<String> {
    let file = gitlab::top(path.parent().unwrap_or(path)).join(gitlab::FILE);
    let lines = lines(project, path);
    let shown = show::near(&file, &call.environment.folder);
    if !file.exists() {
        init::save(&file, &lines, false)?;
        return Ok(format!("wrote {shown}\n"));
    }
    let text = std::fs::read_to_string(&file).map_err(|error| Fault::file("read", &file, error))?;
    Ok(if gitlab::includes(&text) {
        format!("{shown} includes modelgate already\n")
    } else {
        format!("{shown} is there already, and is left as it is; add to it:\n\n{lines}\n")
    })
}
