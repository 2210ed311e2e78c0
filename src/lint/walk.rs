//! Which files are to be checked.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::config::Lint;
use crate::files::below;
use crate::finding::Finding;

/// What the globs came to.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Paths relative to the project with forward slashes, sorted, each once.
    pub(super) files: Vec<String>,
    /// What was wrong on the way: globs that match nothing, folders that cannot be read.
    pub(super) findings: Vec<Finding>,
}

/// The globs, compiled, and what they say besides.
struct Globs<'a> {
    written: Vec<&'a str>,
    set: GlobSet,
    matched: Vec<AtomicBool>,
    /// Hidden folders that a glob names.
    hidden: BTreeSet<&'a str>,
}

/// Walks the project. Left out are git-ignored files, hidden folders, `node_modules`, `__pycache__`,
/// virtual environments and the folder of the run, but never a file that is named in so many words.
pub(super) fn find(root: &Path, run_dir: &Path, patterns: &[String]) -> Found {
    let mut findings = Vec::new();
    let globs = Globs::compile(patterns, &mut findings);
    let mut files = named(root, &globs);
    if !globs.written.is_empty() {
        walk(root, run_dir, &globs, &mut files, &mut findings);
    }
    files.sort_unstable();
    files.dedup();
    // Nobody wrote the defaults, so nobody is told that there is nothing for them.
    if patterns != Lint::PYTHON {
        findings.extend(globs.unmatched(files.is_empty()));
    }
    Found { files, findings }
}

impl<'a> Globs<'a> {
    fn compile(patterns: &'a [String], findings: &mut Vec<Finding>) -> Self {
        let mut builder = GlobSetBuilder::new();
        let mut written = Vec::new();
        for pattern in patterns {
            let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
            match GlobBuilder::new(pattern).literal_separator(true).build() {
                Ok(glob) => {
                    builder.add(glob);
                    written.push(pattern);
                }
                Err(error) => findings.push(
                    Finding::error("lint-glob-invalid", format!("lint.python: {error}"))
                        .help("globs may use *, **, ?, [a-z] and {a,b}"),
                ),
            }
        }
        let set = builder.build().unwrap_or_else(|error| {
            findings.push(Finding::error("lint-glob-invalid", format!("lint.python: {error}")));
            GlobSet::empty()
        });
        let matched = written.iter().map(|_| AtomicBool::new(false)).collect();
        let hidden =
            written.iter().flat_map(|glob| glob.split('/')).filter(|part| part.starts_with('.')).collect();
        Self { written, set, matched, hidden }
    }

    /// Whether a path is wanted; notes which globs want it.
    fn want(&self, path: &str) -> bool {
        let wanting = self.set.matches(path);
        for index in &wanting {
            if let Some(matched) = self.matched.get(*index) {
                matched.store(true, Ordering::Relaxed);
            }
        }
        !wanting.is_empty()
    }

    /// A glob that begins with `**/` asks for whatever there is, and that may be none of its kind.
    fn unmatched(&self, nothing_at_all: bool) -> Vec<Finding> {
        let unmatched =
            self.written.iter().zip(&self.matched).filter(|(_, hit)| !hit.load(Ordering::Relaxed));
        let telling = unmatched.filter(|(glob, _)| nothing_at_all || !glob.starts_with("**/"));
        telling
            .map(|(glob, _)| {
                Finding::warning("lint-no-files", format!("lint.python: «{glob}» matches no file")).help(
                    "globs are relative to modelgate.yml, and git-ignored files are left out; \
                     for all files of a folder write folder/**/*.py",
                )
            })
            .collect()
    }
}

/// The files that are named without a wildcard; they are read even where git ignores them.
fn named(root: &Path, globs: &Globs<'_>) -> Vec<String> {
    let literal = globs.written.iter().zip(&globs.matched);
    let literal = literal.filter(|(glob, _)| !glob.contains(['*', '?', '[', '{', '\\']));
    literal
        .filter(|(glob, _)| root.join(glob).is_file())
        .map(|(glob, matched)| {
            matched.store(true, Ordering::Relaxed);
            (*glob).to_owned()
        })
        .collect()
}

fn walk(
    root: &Path,
    run_dir: &Path,
    globs: &Globs<'_>,
    files: &mut Vec<String>,
    findings: &mut Vec<Finding>,
) {
    let hidden: BTreeSet<String> = globs.hidden.iter().map(|part| (*part).to_owned()).collect();
    let run_dir = run_dir.to_owned();
    // A person's own ignore files are left aside: the result is the same on every machine.
    let walker = WalkBuilder::new(root)
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .require_git(false)
        // Outside of a repository a .gitignore above the project is none of its business.
        .parents(root.ancestors().any(|folder| folder.join(".git").exists()))
        .follow_links(false)
        .filter_entry(move |entry| {
            !is_folder(entry) || entry.depth() == 0 || enters(entry, &run_dir, &hidden)
        })
        .build_parallel();
    let found = Mutex::new((files, findings));
    walker.run(|| {
        Box::new(|entry| {
            let (path, finding) = match entry {
                Ok(entry) => take(root, &entry, globs),
                Err(error) => (None, Some(unreadable(root, &error))),
            };
            if (path.is_some() || finding.is_some())
                && let Ok(mut found) = found.lock()
            {
                found.0.extend(path);
                found.1.extend(finding);
            }
            WalkState::Continue
        })
    });
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

fn enters(entry: &DirEntry, run_dir: &Path, hidden: &BTreeSet<String>) -> bool {
    let name = entry.file_name().to_string_lossy();
    let left_out = matches!(&*name, "node_modules" | "__pycache__" | ".git" | ".modelgate")
        || (name.starts_with('.') && !hidden.contains(&*name));
    !left_out && entry.path() != run_dir && !entry.path().join("pyvenv.cfg").exists()
}

fn take(root: &Path, entry: &DirEntry, globs: &Globs<'_>) -> (Option<String>, Option<Finding>) {
    let kind = entry.file_type();
    if !kind.is_some_and(|kind| kind.is_file() || kind.is_symlink()) {
        return (None, None);
    }
    let Some(relative) = below(root, entry.path()) else { return (None, None) };
    let Some(path) = forward_slashes(relative) else {
        let name = relative.to_string_lossy();
        let wanted = globs.want(&name);
        let finding =
            Finding::error("lint-unreadable", format!("the name of the file «{name}» is not UTF-8"));
        return (None, wanted.then(|| finding.help("rename the file")));
    };
    if !globs.want(&path) {
        return (None, None);
    }
    // Git keeps links to files; where one leads nowhere, reading it says so.
    let folder = kind.is_some_and(|kind| kind.is_symlink()) && entry.path().is_dir();
    ((!folder).then_some(path), None)
}

fn forward_slashes(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    Some(if std::path::MAIN_SEPARATOR == '/' { text.to_owned() } else { text.replace('\\', "/") })
}

fn unreadable(root: &Path, error: &ignore::Error) -> Finding {
    let path = path_of(error).and_then(|path| path.strip_prefix(root).ok().and_then(forward_slashes));
    let finding = Finding::warning("lint-unreadable", format!("cannot look into a folder: {error}"))
        .help("check who owns it, or leave it out in .gitignore");
    match path {
        Some(path) if !path.is_empty() => finding.at_path(path),
        _ => finding,
    }
}

fn path_of(error: &ignore::Error) -> Option<PathBuf> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path.clone()),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn project(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        root
    }

    fn found(root: &Path, globs: &[&str]) -> (Vec<String>, Vec<String>) {
        let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        let found = find(root, &root.join("out"), &globs);
        (
            found.files,
            found
                .findings
                .into_iter()
                .map(|finding| format!("{} {}", finding.code, finding.message))
                .collect(),
        )
    }

    #[test]
    fn the_project_is_walked_and_nothing_else() {
        let root = project(&[
            "a.py",
            "b.txt",
            "src/c.py",
            "src/deep/d.ipynb",
            ".venv/e.py",
            "node_modules/f.py",
            "out/g.py",
            ".modelgate/h.py",
            "__pycache__/i.py",
            "env/pyvenv.cfg",
            "env/j.py",
            "made/k.py",
            ".hidden.py",
            "folder.py/l.py",
        ]);
        std::fs::write(root.path().join(".gitignore"), "made/\n").unwrap();
        let (files, findings) = found(root.path(), &["**/*.py", "**/*.ipynb"]);
        assert_eq!(files, [".hidden.py", "a.py", "folder.py/l.py", "src/c.py", "src/deep/d.ipynb"]);
        assert_eq!(findings, Vec::<String>::new());
        assert_eq!(found(root.path(), &["*.py"]).0, [".hidden.py", "a.py"]);
        assert_eq!(
            found(root.path(), &["./a.py", "made/k.py"]).0,
            ["a.py", "made/k.py"],
            "named in so many words"
        );
        assert_eq!(found(root.path(), &[".venv/*.py"]).0, [".venv/e.py"]);
    }

    #[test]
    fn a_glob_that_matches_nothing_is_said() {
        let root = project(&["a.py"]);
        assert_eq!(
            found(root.path(), &["a.py", "src/**/*.py", "x.py"]).1,
            [
                "lint-no-files lint.python: «src/**/*.py» matches no file",
                "lint-no-files lint.python: «x.py» matches no file"
            ]
        );
        assert_eq!(found(root.path(), &["**/*.py", "**/*.ipynb"]).1, Vec::<String>::new());
        assert_eq!(found(root.path(), &["**/*.ipynb"]).1.len(), 1, "nothing at all");
        assert_eq!(found(project(&[]).path(), &Lint::PYTHON).1, Vec::<String>::new(), "the defaults");
        assert!(found(root.path(), &["a[.py"]).1[0].starts_with("lint-glob-invalid"));
        assert_eq!(found(root.path(), &[]), (vec![], vec![]));
    }

    #[cfg(unix)]
    #[test]
    fn links_to_files_are_files_and_links_to_folders_are_not_followed() {
        let root = project(&["src/a.py", "z.py"]);
        std::os::unix::fs::symlink(root.path().join("src"), root.path().join("loop.py")).unwrap();
        std::os::unix::fs::symlink(root.path().join("z.py"), root.path().join("y.py")).unwrap();
        std::os::unix::fs::symlink(root.path().join("gone"), root.path().join("x.py")).unwrap();
        assert_eq!(found(root.path(), &["**/*.py"]).0, ["src/a.py", "x.py", "y.py", "z.py"]);
    }
}
