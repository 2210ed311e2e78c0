//! The documents of the project, as tests read them.

use std::collections::BTreeMap;
use std::fs;

use regex::Regex;

/// A file of the project.
pub fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The rows of the table below a heading: what is in code marks in the first column, and the second column.
pub fn table(document: &str, heading: &str) -> BTreeMap<String, String> {
    let (_, section) = document.split_once(&format!("\n## {heading}\n")).expect("the section");
    let section = section.split("\n## ").next().expect("the section");
    let row = Regex::new(r"(?m)^\| `([^`]+)` \|(.*?)\|").expect("a pattern");
    row.captures_iter(section).map(|found| (found[1].to_owned(), found[2].trim().to_owned())).collect()
}

/// What is YAML in a document.
pub fn blocks(text: &str) -> Vec<String> {
    let fence = Regex::new(r"(?ms)^```yaml\n(.*?)^```$").expect("a pattern");
    fence.captures_iter(text).map(|found| found[1].to_owned()).collect()
}
