//! Several metrics files as one.

use std::collections::BTreeMap;

use super::scalar::shown;
use super::sheet::Sheet;
use super::{MOST_METRICS, Metrics};
use crate::finding::Finding;
use crate::name::MetricName;

/// Merges what the files say. The same metric twice is an error, or a warning where the values are equal.
#[must_use]
pub fn merge(mut sheets: Vec<Sheet>) -> Metrics {
    let mut metrics = Metrics::default();
    let duplicates = duplicates(&sheets);
    for (first, second) in duplicates {
        report(&mut sheets, first, second);
    }
    let files = sheets.len();
    for mut sheet in sheets {
        for entry in std::mem::take(&mut sheet.entries) {
            metrics.values.entry(entry.name).or_insert(entry.value);
        }
        metrics.findings.extend(sheet.into_findings());
    }
    if metrics.values.len() > MOST_METRICS {
        let message = format!("there are more than {MOST_METRICS} metrics in {files} files");
        metrics.findings.push(Finding::error("metrics-too-many", message));
    }
    metrics
}

/// A file and an entry in it.
type Index = (usize, usize);

/// Every entry whose name came before, with the first of that name.
fn duplicates(sheets: &[Sheet]) -> Vec<(Index, Index)> {
    let mut first: BTreeMap<&MetricName, Index> = BTreeMap::new();
    let mut duplicates = Vec::new();
    for (file, sheet) in sheets.iter().enumerate() {
        for (entry, named) in sheet.entries.iter().enumerate() {
            match first.get(&named.name) {
                Some(earlier) => duplicates.push((*earlier, (file, entry))),
                None => {
                    first.insert(&named.name, (file, entry));
                }
            }
        }
    }
    duplicates
}

fn report(sheets: &mut [Sheet], first: Index, second: Index) {
    let earlier = {
        let sheet = &mut sheets[first.0];
        let spot = sheet.entries[first.1].spot.clone();
        let place = sheet.place(&spot);
        let value = sheet.entries[first.1].value.clone();
        (sheet.path.clone(), place, value)
    };
    let (path, place, value) = earlier;
    let mut elsewhere = Finding::notice("", "").at_path(path);
    if let Some((line, column)) = place {
        elsewhere = elsewhere.at_line(line, column);
    }
    let sheet = &mut sheets[second.0];
    let entry = &sheet.entries[second.1];
    let (name, spot, same) = (shown(entry.name.as_str()), entry.spot.clone(), entry.value == value);
    let elsewhere = elsewhere.place();
    let finding = if same {
        let message = format!("{name} is in {elsewhere} already, with the same value");
        Finding::warning("metric-duplicate", message)
    } else {
        Finding::error("metric-duplicate", format!("{name} is in {elsewhere} already, with another value"))
            .help("let only one file say it")
    };
    sheet.find(finding, &spot);
}
