//! Which reports there are, and where their names lead.

use super::{Report, annotations, codequality, dotenv, html, junit, markdown, openmetrics, sarif};
use crate::context::Forge;

/// Where the project and the run are in the repository, as far as reports name files from there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folders {
    /// The folder of modelgate.yml from the top of the repository; empty where it is the top, or nobody asks.
    pub project: String,
    /// The folder of the run from there; none where it is elsewhere, or nobody asks.
    pub run: Option<String>,
}

impl Folders {
    /// A file of the run, from the top of the repository.
    pub(super) fn of_run(&self, name: &str) -> Option<String> {
        self.run.as_deref().map(|run| joined(run, name))
    }
}

/// A path below a folder, which may be none.
pub(super) fn joined(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The names of the reports' files; the last two are only written in a job of GitLab CI.
pub const FILES: [&str; 8] = [
    "report.md",
    "report.html",
    "metrics.txt",
    "junit.xml",
    "lint.sarif",
    "codequality.json",
    "gitlab.env",
    "gitlab-annotations.json",
];

/// The file of each report and what it holds, for those who publish them. `run.json` is the record itself.
#[must_use]
pub fn files(report: &Report, folders: &Folders) -> Vec<(&'static str, String)> {
    let mut texts = vec![
        markdown::render(report, markdown::Charts::None),
        html::render(report),
        openmetrics::render(report),
        junit::render(report),
        sarif::render(report),
        codequality::render(report, folders),
    ];
    if report.record.context.forge == Forge::Gitlab {
        texts.extend([dotenv::render(report, folders), annotations::render(report, folders)]);
    }
    FILES.into_iter().zip(texts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{compose, fixtures};

    #[test]
    fn every_report_has_its_own_file() {
        let mut record = fixtures::hostile();
        for (forge, count) in [(Forge::Github, FILES.len() - 2), (Forge::Gitlab, FILES.len())] {
            record.context.forge = forge;
            let files = files(&compose(&record, &[]), &Folders::default());
            let names: std::collections::BTreeSet<&str> = files.iter().map(|(name, _)| *name).collect();
            assert_eq!((files.len(), names.len()), (count, count), "{forge:?}");
            assert!(files.iter().all(|(name, text)| text.ends_with('\n') || *name == "report.html"));
        }
    }
}
