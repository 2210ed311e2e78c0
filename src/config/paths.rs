//! Paths and globs, as far as the file alone tells whether they are right.

use globset::GlobBuilder;

use super::source::{KeyPath, Source};
use crate::document::shown;

/// Whether a path may lead out of the project.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Project,
    Anywhere,
}

/// Checks the paths or globs at `path`.
pub(super) fn check_patterns(source: &mut Source<'_>, path: &KeyPath, reach: Reach) {
    for (path, text) in source.texts(path) {
        check_pattern(source, &path, text, reach);
    }
}

/// Checks one path or glob.
pub(super) fn check_pattern(source: &mut Source<'_>, path: &KeyPath, text: &str, reach: Reach) {
    if check_path(source, path, text, reach) {
        check_glob(source, path, text);
    }
}

/// Checks what a step makes: within the project, and not all of it.
pub(super) fn check_outputs(source: &mut Source<'_>, path: &KeyPath) {
    check_patterns(source, path, Reach::Project);
    for (path, text) in source.texts(path) {
        let git = normal(text).split('/').next() == Some(".git");
        if !text.trim().is_empty() && (normal(text) == "." || git) {
            let what = if git { "git's own folder" } else { "the whole project" };
            let message = format!("«{}» is {what}, which no step makes", shown(text));
            source.value(&path, message, "name the files that the step makes");
        }
    }
}

/// Checks one path. False when it was found wrong.
pub(super) fn check_path(source: &mut Source<'_>, path: &KeyPath, text: &str, reach: Reach) -> bool {
    if text.trim().is_empty() {
        source.value(path, "the path is empty", "write a path relative to modelgate.yml, or remove it");
    } else if reach == Reach::Project && is_absolute(text) {
        let message = format!("the path «{}» is absolute", shown(text));
        source.value(
            path,
            message,
            "write it relative to modelgate.yml, so that it is right on every machine",
        );
    } else if reach == Reach::Project && leaves(text) {
        let message = format!("the path «{}» may leave the project", shown(text));
        source.value(path, message, "write it without `..`, relative to modelgate.yml");
    } else {
        return true;
    }
    false
}

fn check_glob(source: &mut Source<'_>, path: &KeyPath, text: &str) {
    if let Err(error) = GlobBuilder::new(text).literal_separator(true).build() {
        let message = format!("«{}» is not a glob: {}", shown(text), error.kind());
        source.value(path, message, "a glob knows `*`, `**`, `?`, `[a-z]` and `{a,b}`; `\\` goes before a mark that is meant as it is");
    }
}

/// On any system: the file is the same everywhere.
fn is_absolute(text: &str) -> bool {
    let drive = text.as_bytes().get(1) == Some(&b':') && text.starts_with(|c: char| c.is_ascii_alphabetic());
    text.starts_with(['/', '\\']) || drive
}

fn leaves(text: &str) -> bool {
    text.split(['/', '\\', '{', '}', ',']).any(|part| part == "..")
}

/// Whether `outputs` cover `wanted`: by name, as a folder above it, or as a glob.
pub(super) fn covers(outputs: &[String], wanted: &str) -> bool {
    let wanted = normal(wanted);
    outputs.iter().map(|output| normal(output)).any(|output| {
        let above = wanted.strip_prefix(output).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let glob = || GlobBuilder::new(output).literal_separator(true).build();
        above || output == "." || glob().is_ok_and(|glob| glob.compile_matcher().is_match(wanted))
    })
}

pub(super) fn normal(path: &str) -> &str {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    if path.is_empty() { "." } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_cover_by_name_by_folder_and_by_glob() {
        let covered = |output: &str, wanted| covers(&[output.to_owned()], wanted);
        assert!(covered("./metrics.json", "metrics.json"));
        assert!(covered("out/", "out/metrics.json"));
        assert!(covered("out/*.json", "out/metrics.json"));
        assert!(covered("*.json", "*.json"));
        assert!(!covered("out", "output/metrics.json"));
        assert!(!covered("*.json", "out/metrics.json"));
        assert!(!covers(&[], "metrics.json"));
    }

    #[test]
    fn every_system_s_absolute_paths_are_absolute() {
        for path in ["/a", "\\a", "C:\\a", "c:/a", "\\\\server\\a"] {
            assert!(is_absolute(path), "{path}");
        }
        for path in ["a", "./a", "a:b/c"] {
            assert_eq!(is_absolute(path), path == "a:b/c", "{path}");
        }
        assert!(leaves("a/../b") && leaves("..") && leaves("{a,..}/b") && !leaves("a..b/...c"));
    }
}
