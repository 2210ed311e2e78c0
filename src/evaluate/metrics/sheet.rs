//! One metrics file, read: its metrics with their places, and its findings.

use super::MOST_METRICS;
use super::scalar::Scalar;
use crate::document::{At, Place, Segment, locate};
use crate::finding::{Finding, Severity};
use crate::name::{Digest, MetricName};
use crate::record::MetricValue;

/// Finding a place again means reading the text again, so only so many findings of a file get one.
const MOST_PLACES: usize = 50;

/// And only so many bytes are read for it.
const MOST_REREADING: usize = 32 * 1024 * 1024;

/// Of each severity, a file brings at most so many findings.
const MOST_FINDINGS: usize = 100;

/// One metrics file, read.
#[derive(Debug)]
pub struct Sheet {
    pub(super) path: String,
    /// Of the bytes that were read; none when they could not be.
    pub(super) digest: Option<Digest>,
    text: String,
    pub(super) entries: Vec<Entry>,
    findings: Vec<Finding>,
    left_out: usize,
    places: usize,
    overflown: bool,
}

/// A metric, and where it stands.
#[derive(Debug)]
pub(super) struct Entry {
    pub name: MetricName,
    pub value: MetricValue,
    pub spot: Spot,
}

/// Where something stands in a file: known, or to be found when somebody asks.
#[derive(Debug, Clone)]
pub(super) enum Spot {
    /// The file as a whole.
    Whole,
    /// A line of it.
    Line(u32),
    /// A node of its tree.
    Node(Vec<Segment>, At),
}

impl Sheet {
    /// The file, relative to the project.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The SHA-256 of the bytes that were read; none when they could not be.
    #[must_use]
    pub const fn digest(&self) -> Option<Digest> {
        self.digest
    }

    pub(super) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            digest: None,
            text: text.to_owned(),
            entries: Vec::new(),
            findings: Vec::new(),
            left_out: 0,
            places: 0,
            overflown: false,
        }
    }

    /// A file that could not be read at all.
    pub(super) fn refused(path: &str, finding: Finding) -> Self {
        let mut sheet = Self::new(path, "");
        sheet.findings.push(finding.at_path(path));
        sheet
    }

    /// Takes a value in; false when there are too many and reading on is of no use.
    pub(super) fn add(&mut self, name: String, scalar: Scalar, spot: Spot) -> bool {
        if self.entries.len() >= MOST_METRICS {
            self.overflow();
            return false;
        }
        if let Some(finding) = scalar.finding {
            self.find(finding, &spot);
        }
        let Some(value) = scalar.value else { return true };
        match MetricName::new(name) {
            Ok(name) => self.entries.push(Entry { name, value, spot }),
            Err(invalid) => {
                let help = "give every metric a name of one line (pandas: to_csv(…, index=False))";
                self.find(Finding::error("metric-name", invalid.to_string()).help(help), &spot);
            }
        }
        true
    }

    fn overflow(&mut self) {
        if !self.overflown {
            self.overflown = true;
            let message = format!("there are more than {MOST_METRICS} metrics");
            let help = "evaluate.metrics wants metrics, not predictions or logs";
            self.find(Finding::error("metrics-too-many", message).help(help), &Spot::Whole);
        }
    }

    /// Takes a finding in, with its place.
    pub(super) fn find(&mut self, finding: Finding, spot: &Spot) {
        let alike = self.findings.iter().filter(|other| other.severity == finding.severity).count();
        if alike >= MOST_FINDINGS {
            self.left_out += 1;
            return;
        }
        let finding = finding.at_path(&self.path);
        let finding = match self.place(spot) {
            Some((line, column)) => finding.at_line(line, column),
            None => finding,
        };
        self.findings.push(finding);
    }

    /// The line and column of a spot, as long as there is patience left for it.
    pub(super) fn place(&mut self, spot: &Spot) -> Option<(u32, Option<u32>)> {
        match spot {
            Spot::Whole => None,
            Spot::Line(line) => Some((*line, None)),
            Spot::Node(path, at) => {
                self.places += 1;
                let wanted = self.places <= MOST_PLACES && self.places * self.text.len() <= MOST_REREADING;
                let Place { line, column } = wanted.then(|| locate(&self.text, path, *at)).flatten()?;
                Some((line, Some(column)))
            }
        }
    }

    /// Ends the reading: a file without any metric is wrong, whatever else it holds.
    pub(super) fn close(mut self) -> Self {
        let failed = self.findings.iter().any(|finding| finding.severity == Severity::Error);
        if self.entries.is_empty() && !failed {
            let finding = Finding::error("metrics-empty", "there is no metric in the file")
                .help("write names and numbers, such as {\"accuracy\": 0.93}");
            self.find(finding, &Spot::Whole);
        }
        self
    }

    /// Its findings; where some were left out, a last one says how many.
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let mut findings = self.findings;
        if self.left_out > 0 {
            let message = format!("{} more findings about this file are not shown", self.left_out);
            findings.push(Finding::notice("metrics-findings-cut", message).at_path(&self.path));
        }
        findings
    }
}
