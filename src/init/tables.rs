//! The sets of data that are there.

use super::folder::Folder;
use super::measure;

/// Sets of data, and what is most likely to be predicted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// A column of the first set.
    pub label: String,
    /// The files of the sets by name, the training set first.
    pub sets: Vec<(&'static str, String)>,
}

/// How columns are often called that are predicted.
const LABELS: [&str; 9] =
    ["label", "target", "y", "class", "labels", "outcome", "churn", "churned", "species"];

/// How files are often called that no model learns from.
const OTHERS: [&str; 10] =
    ["test", "valid", "eval", "holdout", "live", "new", "current", "last", "prod", "sample"];

/// So many files are looked into.
const MOST: usize = 5;

/// The sets that are there; none where no file has a column that could be the label.
pub(super) fn find(folder: &Folder) -> Option<Data> {
    let tables = folder.files.iter().filter(|path| path.ends_with(".csv") && !measure::is_metrics(path));
    let labelled: Vec<(&String, String)> =
        tables.take(MOST).filter_map(|file| Some((file, label(&folder.text(file)?)?))).collect();
    let is = |file: &str, set: &str| file.to_lowercase().contains(set);
    // What is named after another set, or is new data, is not what the model learns from.
    let is_other = |file: &str| OTHERS.iter().any(|other| is(file, other));
    let is_usual = |file: &str| is(name(file), "train") || !is_other(file);
    let (train, label) =
        labelled.iter().rev().filter(|(file, _)| is_usual(file)).max_by_key(|(file, _)| is(file, "train"))?;
    let is_test = |file: &str| is(name(file), "test");
    let test = labelled.iter().find(|(file, of)| file != train && is_test(file) && of == label);
    let sets = [Some(("train", *train)), test.map(|(file, _)| ("test", *file))];
    let sets = sets.into_iter().flatten().map(|(set, file)| (set, file.clone())).collect();
    Some(Data { label: label.clone(), sets })
}

fn name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// The column of a table that is most likely the label.
fn label(text: &str) -> Option<String> {
    let columns = || text.lines().next().unwrap_or_default().split([',', ';', '\t']);
    let columns = || columns().map(|column| column.trim().trim_matches('"'));
    let known = LABELS.iter().find_map(|label| columns().find(|column| column.eq_ignore_ascii_case(label)));
    known.map(str::to_owned)
}
