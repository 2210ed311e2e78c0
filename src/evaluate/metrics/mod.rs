//! Metrics files: JSON, YAML, CSV and TSV, in the layouts that people have.
//!
//! [`parse`] and [`merge`] are pure; [`read`] fetches the bytes.
//!
//! | layout | names |
//! | --- | --- |
//! | nested JSON or YAML (DVC, dvclive, scikit-learn's `classification_report`) | keys joined by dots |
//! | a list of `{name, unit, value}` (github-action-benchmark) | `name` |
//! | a table with the columns `metric` or `name`, and `value` | the first of the two |
//! | any other table: a header of names, and rows (an epoch log) | the header; the last value of each column |
//! | `…/plots/metrics/train/acc.tsv` (dvclive) | `train.acc`; the last row |

mod merge;
mod scalar;
mod sheet;
mod table;
mod tree;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use sha2::{Digest as _, Sha256};

use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::name::{Digest, MetricName};
use crate::record::MetricValue;

pub use merge::merge;
pub use sheet::Sheet;

/// More metrics than this are a mistake, such as a file of predictions in the place of metrics.
pub const MOST_METRICS: usize = 10_000;

/// A metrics file larger than this is a mistake too.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// What metrics files say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    /// The metrics of all files.
    pub values: BTreeMap<MetricName, MetricValue>,
    /// What is wrong with them. With an error among them the values are not to be trusted.
    pub findings: Vec<Finding>,
}

/// Reads one metrics file. What cannot be read is a finding.
#[must_use]
pub fn read(file: &ProjectFile) -> Sheet {
    match bytes(file) {
        Ok(bytes) => parse(&file.path, &bytes),
        Err(message) => Sheet::refused(&file.path, Finding::error("metrics-unreadable", message)),
    }
}

fn bytes(file: &ProjectFile) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("the file cannot be read: {error}");
    let kind = std::fs::metadata(&file.on_disk).map_err(failed)?;
    if kind.is_dir() {
        return Err("this is a folder, not a metrics file".into());
    }
    // A pipe or a device would be waited for without end.
    if !kind.is_file() {
        return Err("this is no regular file".into());
    }
    let mut bytes = Vec::new();
    let opened = File::open(&file.on_disk).map_err(failed)?;
    opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("the file is larger than 16 MiB, too large for a metrics file".into());
    }
    Ok(bytes)
}

/// Parses the bytes of one metrics file. `path` is relative to the project; its extension names the
/// format, and without one of ours the content does.
#[must_use]
pub fn parse(path: &str, bytes: &[u8]) -> Sheet {
    let mut sheet = parse_bytes(path, bytes);
    sheet.digest = Some(Digest::from_bytes(Sha256::digest(bytes).into()));
    sheet
}

fn parse_bytes(path: &str, bytes: &[u8]) -> Sheet {
    let text = match text(bytes) {
        Ok(text) => text,
        Err(finding) => return Sheet::refused(path, *finding),
    };
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Sheet::refused(path, Finding::error("metrics-empty", "the file is empty"));
    }
    match Format::of(path, text) {
        Format::Json => tree::read(path, text, crate::document::json(text)),
        Format::Yaml => tree::read(path, text, crate::document::yaml(text)),
        Format::Table(delimiter) => table::read(path, text, delimiter),
    }
}

/// Decodes, or says which byte is in the way.
fn text(bytes: &[u8]) -> Result<&str, Box<Finding>> {
    let code = "metrics-encoding";
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let finding = Finding::error(code, "the file is UTF-16, not UTF-8").at_line(1, Some(1));
        return Err(Box::new(finding.help("write it with encoding=\"utf-8\"")));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let place = crate::document::Place::new(before.matches('\n').count() + 1, column);
        let byte = bytes[error.valid_up_to()];
        let message = format!("the file is not UTF-8: the byte 0x{byte:02x} does not belong here");
        let finding = Finding::error(code, message).at_line(place.line, Some(place.column));
        Box::new(finding.help("write it with encoding=\"utf-8\""))
    })
}

enum Format {
    Json,
    Yaml,
    Table(u8),
}

impl Format {
    fn of(path: &str, text: &str) -> Self {
        let extension = path.rsplit(['/', '.']).next().unwrap_or_default().to_ascii_lowercase();
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let header = text.lines().next().unwrap_or_default();
        match extension.as_str() {
            "json" => Self::Json,
            "yaml" | "yml" => Self::Yaml,
            "tsv" => Self::Table(b'\t'),
            "csv" => Self::Table(delimiter(header)),
            _ if text.starts_with(['{', '[']) => Self::Json,
            _ if header.contains(": ") || header.ends_with(':') => Self::Yaml,
            _ if header.contains([',', '\t', ';']) => Self::Table(delimiter(header)),
            _ => Self::Yaml,
        }
    }
}

fn delimiter(header: &str) -> u8 {
    [b',', b'\t', b';'].into_iter().find(|mark| header.contains(char::from(*mark))).unwrap_or(b',')
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
