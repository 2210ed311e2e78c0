//! The disk that a run writes to, and the engine that it builds with.

use std::path::Path;

use super::{Check, scripts};
use crate::config::{Config, Engine};
use crate::docker::Docker;

/// Below this, a model and its copy in the cache may not fit.
const LITTLE: u64 = 1 << 30;

pub(super) fn examine(run_dir: &Path) -> Vec<Check> {
    const NAME: &str = "disk";
    let shown = run_dir.display();
    // The run's folder may be yet to make.
    let Some(folder) = run_dir.ancestors().find(|folder| folder.exists()) else { return Vec::new() };
    if let Err(error) = tempfile::Builder::new().prefix(".modelgate-").tempfile_in(folder) {
        let says = format!("{shown} cannot be written: {}", plain(&error));
        return vec![Check::broken(NAME, says).help("check who owns it, or name another folder with --run")];
    }
    match free(folder) {
        Some(bytes) if bytes < LITTLE => {
            let says = format!("only {} free for {shown}", size(bytes));
            vec![Check::warning(NAME, says).help("free some space, or point --run at another disk")]
        }
        Some(bytes) => vec![Check::fine(NAME, format!("{shown} can be written, {} free", size(bytes)))],
        None => vec![Check::fine(NAME, format!("{shown} can be written"))],
    }
}

/// Looks for the engine, where the configuration needs one: it builds an image, or runs commands in a container.
pub async fn engine(config: &Config, docker: &Docker) -> Option<Check> {
    const NAME: &str = "engine";
    let in_container =
        || scripts(config).iter().any(|(_, script)| matches!(script.engine, Engine::Docker(_)));
    if config.image.is_none() && !in_container() {
        return None;
    }
    Some(match docker.connect().await {
        Ok(connection) => {
            let about = &connection.about;
            let kind = if about.is_podman { "Podman" } else { "Docker Engine" };
            let rootless = if about.is_rootless { ", rootless" } else { "" };
            let (version, api) = (&about.version, &about.api_version);
            Check::fine(NAME, format!("{kind} {version} (API {api}{rootless}) at {}", connection.address))
        }
        Err(fault) => {
            let check = Check::broken(NAME, fault.to_string());
            fault.remedy().map_or(check.clone(), |help| check.help(help))
        }
    })
}

/// What the system says, without the name of the file that was tried.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" at path ").next().unwrap_or(&text).to_owned()
}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

fn size(bytes: u64) -> String {
    if bytes >= LITTLE { format!("{} GiB", bytes >> 30) } else { format!("{} MiB", bytes >> 20) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::doctor::Health;

    #[test]
    fn a_folder_that_is_yet_to_make_is_tried_above_it_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let checks = examine(&folder.path().join("a/b"));
        assert!(checks.iter().all(|check| check.health < Health::Broken), "{checks:?}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_folder_cannot_be_written() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let checks = examine(&file.path().join("run"));
        assert_eq!(checks[0].health, Health::Broken);
        assert!(!checks[0].says.contains(".modelgate-"), "{checks:?}");
    }

    #[tokio::test]
    async fn an_engine_is_looked_for_only_where_one_is_needed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("modelgate.yml");
        let mut seen = Vec::new();
        for more in [
            "train: { run: ./t, inputs: [t] }",
            "train: { run: ./t, inputs: [t], engine: docker, docker: { image: a } }",
            "image: { dockerfile: Dockerfile }",
        ] {
            let text = format!(
                "version: 1\nmodel: m\n{more}\nevaluate: {{ run: ./e, metrics: m.json }}\n\
                 gate: {{ rules: {{ a: {{ min: 1 }} }} }}\n"
            );
            std::fs::write(&file, text).unwrap();
            let config = crate::config::read(&file).unwrap();
            let nowhere = crate::context::Variables::from([("DOCKER_HOST".into(), "unix:///nowhere".into())]);
            seen.push(engine(&config, &Docker::of_variables(nowhere)).await);
        }
        assert_eq!(seen[0], None);
        for check in &seen[1..] {
            let check = check.as_ref().unwrap();
            assert_eq!((check.name, check.health), ("engine", Health::Broken));
            assert!(check.says.contains("unix:///nowhere, named by DOCKER_HOST: not there"), "{check:?}");
            assert_eq!(check.help.as_deref(), Some("start Docker, or correct DOCKER_HOST"));
        }
    }

    #[test]
    fn sizes_are_in_units_that_people_read() {
        assert_eq!((size(5 << 30), size(300 << 20)), ("5 GiB".into(), "300 MiB".into()));
    }
}
