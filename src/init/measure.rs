//! Metrics files, and what the latest run left in them.

use std::path::Path;

use super::Project;
use super::folder::Folder;
use crate::evaluate::metrics;
use crate::files::ProjectFile;
use crate::name::MetricName;

/// Where metrics are where no script tells.
const USUAL: [&str; 13] = [
    "metrics.json",
    "metrics.yaml",
    "metrics.yml",
    "dvclive/metrics.json",
    "reports/metrics.json",
    "results/metrics.json",
    "outputs/metrics.json",
    "metrics/metrics.json",
    "metrics.csv",
    "reports/metrics.csv",
    "results/metrics.csv",
    "outputs/metrics.csv",
    "metrics/metrics.csv",
];

/// Words in the name of a file that holds metrics.
const WORDS: [&str; 4] = ["metric", "score", "result", "evaluation"];

/// More than these nobody reads in a file that is to be short.
const MOST: usize = 200;

/// Whether a path is named like a metrics file.
pub(super) fn is_metrics(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let named = name.rsplit_once('.').filter(|(_, end)| ["json", "yaml", "yml", "csv"].contains(end));
    named.is_some_and(|(stem, _)| WORDS.iter().any(|word| stem.contains(word)))
}

/// A metrics file that is there.
pub(super) fn existing(folder: &Folder) -> Option<String> {
    let usual = USUAL.iter().find(|file| folder.has_file(file)).map(|file| (*file).to_owned());
    usual
        .or_else(|| folder.files.iter().find(|file| file.rsplit('/').next() == Some("metrics.json")).cloned())
}

/// What the metrics files say; else the names that the scripts write.
pub(super) fn values(folder: &Folder, root: &Path, named: Vec<String>, project: &mut Project) {
    let sheets = project
        .metrics
        .iter()
        .filter(|file| folder.has_file(file))
        .map(|file| metrics::read(&ProjectFile { path: file.clone(), on_disk: root.join(file) }));
    let values = metrics::merge(sheets.collect()).values;
    let finite = values.into_iter().filter_map(|(name, value)| {
        let number = value.number().filter(|number| number.is_finite())?;
        Some((name, Some(number)))
    });
    project.measured = finite.take(MOST).collect();
    if project.measured.is_empty() {
        let names = named.into_iter().filter_map(|name| MetricName::new(name).ok());
        for name in names.take(MOST) {
            if !project.measured.iter().any(|(known, _)| *known == name) {
                project.measured.push((name, None));
            }
        }
    }
}
