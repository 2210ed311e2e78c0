//! The JUnit files on disk: which are there, which are new, and their text.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use crate::engine::Engine;
use crate::fault::Result;
use crate::files::{self, Expanded, ProjectFile, Stamp};
use crate::finding::Finding;

/// A report larger than this would fill the memory of a small runner.
const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// A report that was read.
pub struct Report {
    pub path: String,
    pub text: String,
}

/// What became of the reports that were asked for.
#[derive(Default)]
pub struct Reports {
    pub read: Vec<Report>,
    /// About those that are missing, old or cannot be read.
    pub wrong: Vec<Finding>,
}

/// The reports that are there before the tests run.
pub fn stamps(engine: &Engine, patterns: &[String]) -> Result<BTreeMap<String, Stamp>> {
    Ok(stamps_of(&expand(engine, patterns)?.files))
}

/// The run's folder holds reports of our own, which a broad glob would find.
fn expand(engine: &Engine, patterns: &[String]) -> Result<Expanded> {
    files::expand_beside(&engine.root, &[&engine.run_dir], patterns)
}

fn stamps_of(files: &[ProjectFile]) -> BTreeMap<String, Stamp> {
    files.iter().filter_map(|file| Some((file.path.clone(), Stamp::of(&file.on_disk)?))).collect()
}

/// Reads the reports after the tests have run; one that is as it was `before` is stale.
pub fn collect(engine: &Engine, patterns: &[String], before: &BTreeMap<String, Stamp>) -> Result<Reports> {
    let expanded = expand(engine, patterns)?;
    let mut reports = read_all(&expanded.files, before);
    reports.wrong.extend(expanded.unmatched.iter().map(|pattern| missing(pattern)));
    if !patterns.is_empty() && reports.read.is_empty() && reports.wrong.is_empty() {
        reports.wrong.push(missing(&patterns.join(", ")));
    }
    Ok(reports)
}

fn read_all(files: &[ProjectFile], before: &BTreeMap<String, Stamp>) -> Reports {
    let mut reports = Reports::default();
    for file in files {
        match read(file, before.get(&file.path)) {
            Ok(text) => reports.read.push(Report { path: file.path.clone(), text }),
            Err(finding) => reports.wrong.push(finding.at_path(&file.path)),
        }
    }
    reports
}

fn missing(pattern: &str) -> Finding {
    Finding::error("junit-missing", format!("the tests have not written «{}»", pattern.escape_debug()))
        .help("correct test.junit, which is relative to modelgate.yml and not to working-directory")
}

fn read(file: &ProjectFile, before: Option<&Stamp>) -> std::result::Result<String, Finding> {
    let unreadable = |message: String| Finding::error("junit-unreadable", message);
    let failed = |error: std::io::Error| unreadable(format!("the report cannot be read: {error}"));
    let metadata = std::fs::metadata(&file.on_disk).map_err(failed)?;
    if !metadata.is_file() {
        return Err(unreadable("this is no regular file".into()));
    }
    if before.is_some() && before == Stamp::from(&metadata).as_ref() {
        let message = "the tests have not written this report: it is as it was before they ran";
        return Err(Finding::error("junit-stale", message)
            .help("make the test runner write its report there, and do not commit it"));
    }
    let mut bytes = Vec::new();
    let opened = File::open(&file.on_disk).map_err(failed)?;
    opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(unreadable("the report is larger than 128 MiB".into()));
    }
    String::from_utf8(bytes).map_err(not_utf8)
}

fn not_utf8(error: std::string::FromUtf8Error) -> Finding {
    let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    Finding::error("junit-syntax", "the report is not UTF-8")
        .at_line(u32::try_from(line).unwrap_or(u32::MAX), None)
        .help("make the test runner write UTF-8")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

    fn project(reports: &[(&str, &[u8])]) -> (tempfile::TempDir, Vec<ProjectFile>) {
        let folder = tempfile::tempdir().unwrap();
        let file = |(path, bytes): &(&str, &[u8])| {
            let on_disk = folder.path().join(path);
            fs::write(&on_disk, bytes).unwrap();
            ProjectFile { path: (*path).to_owned(), on_disk }
        };
        let files = reports.iter().map(file).collect();
        (folder, files)
    }

    fn codes(reports: &Reports) -> Vec<&str> {
        reports.wrong.iter().map(|finding| finding.code.as_str()).collect()
    }

    #[test]
    fn a_report_that_nobody_wrote_again_is_stale() {
        let (_folder, files) = project(&[("old.xml", b"<a/>"), ("new.xml", b"<a/>"), ("same.xml", b"<a/>")]);
        let before = stamps_of(&files);
        fs::write(&files[1].on_disk, b"<b/>  ").unwrap();
        fs::remove_file(&files[2].on_disk).unwrap();
        fs::write(files[2].on_disk.with_extension("tmp"), b"<a/>").unwrap();
        fs::rename(files[2].on_disk.with_extension("tmp"), &files[2].on_disk).unwrap();
        let reports = read_all(&files, &before);
        assert_eq!(codes(&reports), ["junit-stale"]);
        assert_eq!(reports.wrong[0].place(), "old.xml");
        assert_eq!(reports.read.len(), 2);
        assert_eq!(codes(&read_all(&files, &BTreeMap::new())), Vec::<&str>::new());
    }

    #[test]
    fn what_cannot_be_read_is_a_finding() {
        let (folder, mut files) = project(&[("latin.xml", b"<a>\n\xe4</a>"), ("gone.xml", b"")]);
        fs::remove_file(&files[1].on_disk).unwrap();
        files.push(ProjectFile { path: "folder.xml".into(), on_disk: folder.path().to_owned() });
        let reports = read_all(&files, &BTreeMap::new());
        assert_eq!(codes(&reports), ["junit-syntax", "junit-unreadable", "junit-unreadable"]);
        assert_eq!(reports.wrong[0].place(), "latin.xml:2");
    }
}
