//! `modelgate doctor`: is everything there that a run needs?

use std::path::Path;

use clap::Args;

use super::{Call, Format, print, show};
use crate::context::Forge;
use crate::docker::Docker;
use crate::doctor::{self, Health, Patient};
use crate::exit::End;
use crate::forge::Remote;
use crate::git::Repository;
use crate::wire;

/// `modelgate doctor`
#[derive(Debug, Args)]
#[command(after_help = "\
It looks at the configuration, the git repository, the programs that the commands start, the inputs, the
secrets, the disk and, where one is needed, Docker's engine, and runs no command of the configuration. In a
job of GitHub Actions it also asks what the token may do. It ends with exit code 11 when a run could
not succeed; a warning does not count.

Example:
  modelgate doctor
  modelgate doctor --format json")]
pub struct Doctor {}

/// Examines the machine and the project.
pub fn execute(call: &Call) -> anyhow::Result<End> {
    let path = wire::config_path(&call.settings, &call.environment);
    let config = wire::read_config(&path);
    let root = path.parent().unwrap_or(Path::new("."));
    // A file that is no good has been read as far as it can be.
    let text = config.as_ref().ok().and_then(|_| std::fs::read(&path).ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let folder = wire::run_folder(&call.settings, &call.environment, &path);
    let mut checks = doctor::examine(&Patient {
        config: config.as_ref().map_err(|invalid| invalid.problems.as_slice()),
        file: &show::near(&path, &call.environment.folder),
        text: &text,
        root,
        run_dir: folder.path(),
        variables: &call.environment.variables,
        forge: call.environment.forge(),
        repository: &Repository::around(root),
    });
    if let Ok(config) = &config {
        let (console, variables) =
            (wire::console(&call.settings, &call.environment), &call.environment.variables);
        checks.extend(wire::block_on(|interrupt| async move {
            let docker = Docker::new(variables.clone(), console, interrupt, call.environment.clock);
            doctor::engine(config, &docker).await
        })?);
    }
    if let (Ok(config), Forge::Github | Forge::Gitlab) = (&config, call.environment.forge()) {
        let console = wire::console(&call.settings, &call.environment);
        checks.extend(wire::block_on(|interrupt| async move {
            match wire::remote(&call.environment, &config.report, &console, &interrupt) {
                Some(Remote::Github(remote)) => doctor::permissions::examine(config, &remote).await,
                Some(Remote::Gitlab(remote)) => doctor::tokens::examine(config, &remote).await,
                None if call.environment.forge() == Forge::Gitlab => doctor::tokens::missing(),
                None => Vec::new(),
            }
        })?);
    }
    match call.format {
        Format::Json => print(&(serde_json::to_string_pretty(&checks)? + "\n"))?,
        Format::Human => print(&doctor::show(&checks, call.color))?,
    }
    let broken = checks.iter().any(|check| check.health == Health::Broken);
    Ok(if broken { End::Wrong } else { End::Done })
}
