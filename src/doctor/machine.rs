//! The disk that a run writes to.

use std::path::Path;

use super::Check;

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

    #[test]
    fn sizes_are_in_units_that_people_read() {
        assert_eq!((size(5 << 30), size(300 << 20)), ("5 GiB".into(), "300 MiB".into()));
    }
}
