//! The built-in check: reads every file once, on all cores, and says what is wrong with it.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;
use ruff_python_parser::Mode;

use super::version::{self, Target};
use super::{STACK, notebook, python, source, walk};
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::interrupt::Interrupt;

/// Larger sources than anybody writes; the parser needs thirty times as much memory.
const MAX_SOURCE: u64 = 64 * 1024 * 1024;
/// Notebooks keep their pictures.
const MAX_NOTEBOOK: u64 = 512 * 1024 * 1024;

/// What the check came to.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// How many files were read.
    pub(super) files: usize,
    /// By path, then in the order of the file.
    pub(super) findings: Vec<Finding>,
}

/// Checks the files that the globs name.
///
/// # Errors
/// No threads could be started, or an interrupt.
pub(super) fn check(root: &Path, run_dir: &Path, globs: &[String], interrupt: &Interrupt) -> Result<Checked> {
    if globs.is_empty() {
        return Ok(Checked::default());
    }
    let walk::Found { files, mut findings } = walk::find(root, run_dir, globs);
    let (target, unreadable) = version::target(root);
    findings.extend(unreadable);
    if files.is_empty() {
        return Ok(Checked { files: 0, findings });
    }
    let threads = rayon::ThreadPoolBuilder::new()
        .stack_size(STACK)
        .build()
        .map_err(|error| Fault::new("start the threads that check the Python files", error))?;
    let per_file: Vec<Vec<Finding>> = threads.install(|| {
        files
            .par_iter()
            .map(|path| match interrupt.raised() {
                Some(_) => Vec::new(),
                None => check_file(root, path, &target),
            })
            .collect()
    });
    if interrupt.raised().is_some() {
        return Err(Fault::new("check the Python files", "interrupted"));
    }
    findings.extend(per_file.into_iter().flatten());
    Ok(Checked { files: files.len(), findings })
}

fn check_file(root: &Path, path: &str, target: &Target) -> Vec<Finding> {
    thread_local! {
        // Kept by each thread, so that a file costs no allocation of its own.
        static CONTENT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    let is_notebook = path.ends_with(".ipynb");
    let findings = CONTENT.with_borrow_mut(|content| {
        let limit = if is_notebook { MAX_NOTEBOOK } else { MAX_SOURCE };
        if let Err(finding) = read(&root.join(path), limit, content) {
            return vec![finding];
        }
        if is_notebook { notebook::check(content, target) } else { check_python(content, target) }
    });
    findings.into_iter().map(|finding| finding.at_path(path)).collect()
}

fn check_python(content: &[u8], target: &Target) -> Vec<Finding> {
    match source::decode(content) {
        Ok(text) => python::check(&text, Mode::Module, target),
        Err(finding) => vec![finding],
    }
}

fn read(path: &Path, limit: u64, content: &mut Vec<u8>) -> std::result::Result<(), Finding> {
    content.clear();
    let unreadable = |error: std::io::Error| {
        Finding::error("lint-unreadable", format!("cannot be read: {error}"))
            .help("check that it is there and who may read it, or leave it out of lint.python")
    };
    // Asked before it is opened: a link may lead to a pipe, which would be waited for.
    let about = std::fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        return Err(Finding::error("lint-unreadable", "is not a file").help("leave it out of lint.python"));
    }
    if about.len() > limit {
        let message = format!("not checked: larger than {} MiB", limit / (1024 * 1024));
        return Err(Finding::error("lint-too-large", message).help("leave it out of lint.python"));
    }
    let file = File::open(path).map_err(unreadable)?;
    content.reserve(usize::try_from(about.len()).unwrap_or(0));
    file.take(limit).read_to_end(content).map(|_| ()).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn checked(root: &Path, globs: &[&str]) -> Result<Checked> {
        let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        check(root, &root.join(".modelgate"), &globs, &Interrupt::channel().1)
    }

    // Windows needs a privilege to make links.
    #[cfg(unix)]
    #[test]
    fn a_project_is_checked_file_by_file_in_order() {
        let root = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| std::fs::write(root.path().join(name), content).unwrap();
        write("pyproject.toml", b"[project]\nrequires-python = '>=3.9'\n");
        write("good.py", b"x = 1\r\n");
        write("empty.py", b"");
        write("bom.py", b"\xEF\xBB\xBFx = 1\n");
        write("bad.py", b"x = (\n");
        write("new.py", b"match x:\n    case 1: pass\n");
        write("latin.py", b"# -*- coding: latin-1 -*-\nx = '\xE9' = 1\n");
        write("broken.py", b"x = '\xE9'\n");
        write("odd.py", b"# coding: koi8-r\n");
        write("nul.py", b"x\0");
        write("merge.py", b"<<<<<<< a\nx = 1\n=======\nx = 2\n>>>>>>> b\n");
        write("a.ipynb", b"{");
        write("loop.py", "x = 1\nbreak\n".as_bytes());
        for (to, from) in [("gone.py", "dangling.py"), ("/dev/zero", "endless.py")] {
            std::os::unix::fs::symlink(to, root.path().join(from)).unwrap();
        }
        let checked = checked(root.path(), &["**/*.py", "**/*.ipynb"]).unwrap();
        let lines: Vec<String> = checked
            .findings
            .iter()
            .map(|finding| {
                format!(
                    "{} {} {}: {}",
                    finding.severity.word(),
                    finding.place(),
                    finding.code,
                    finding.message
                )
            })
            .collect();
        insta::assert_snapshot!(format!("{} files\n{}", checked.files, lines.join("\n")));
    }

    #[test]
    fn an_interrupt_ends_it() {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a.py"), "x").unwrap();
        let (hand, interrupt) = Interrupt::channel();
        hand.raise(crate::interrupt::Signal::Interrupt);
        assert!(check(root.path(), root.path(), &["*.py".into()], &interrupt).is_err());
    }

    #[test]
    fn an_empty_list_switches_it_off() {
        assert_eq!(checked(Path::new("/nowhere"), &[]).unwrap().findings, []);
    }

    mod fuzz {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(400))]

            #[test]
            fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
                check_python(&bytes, &Target::newest());
                notebook::check(&bytes, &Target::newest());
            }

            #[test]
            fn no_likely_source_makes_it_panic(
                source in "(def |class |f'\\{|\\}|\\(|\\)|\\[|lambda|:|\n|    |\t|x|=|<<<<<<< a\n|=======\n|>>>>>>> b\n|é|'''|\"|# coding: latin-1\n|%%time\n|!ls|async |await |match x:\n|case |\\\\|,){0,40}"
            ) {
                let findings = check_python(source.as_bytes(), &Target::newest());
                prop_assert!(findings.iter().all(|finding| finding.code != "python-unchecked"), "{source:?}");
                let cell = serde_json::json!({"cells": [{"cell_type": "code", "source": source}]});
                notebook::check(cell.to_string().as_bytes(), &Target::newest());
            }
        }
    }
}
