//! What the documents say is so: their examples parse and come to what they say, and their tables are complete.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

#[path = "docs/full_record.rs"]
mod full_record;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use full_record::full_record;
use modelgate::config;
use modelgate::evaluate::metrics;
use modelgate::exit::{self, End};
use modelgate::finding::Severity;
use modelgate::gate;
use modelgate::interrupt::Signal;
use modelgate::name::MetricName;
use modelgate::record::{
    Baseline, Comparison, Conclusion, Estimate, MetricValue, Outcome, Pairing, Row, RowOutcome,
};
use modelgate::step::Step;
use regex::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every document with its path.
fn documents() -> Vec<(String, String)> {
    let mut paths: Vec<String> = fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| format!("docs/{}", entry.unwrap().file_name().to_string_lossy()))
        .filter(|path| path.ends_with(".md"))
        .collect();
    paths.extend(["README.md", "CHANGELOG.md", "DEVELOPERS.md"].map(String::from));
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), read(path))).collect()
}

/// The fenced blocks of a document: the line before the fence that is not blank, the language, the text.
fn blocks(text: &str) -> Vec<(String, String, String)> {
    let fence = Regex::new(r"(?ms)^```(\w*)\n(.*?)^```$").unwrap();
    let before = |at: usize| text[..at].trim_end().lines().last().unwrap_or_default().to_owned();
    let block = |found: regex::Captures<'_>| {
        (before(found.get(0).unwrap().start()), found[1].to_owned(), found[2].to_owned())
    };
    fence.captures_iter(text).map(block).collect()
}

/// The cells of every row of a document's tables.
fn rows(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
    text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).map(cells).collect()
}

/// What stands in code marks, outside of fenced blocks.
fn codes(text: &str) -> BTreeSet<String> {
    let prose = Regex::new(r"(?ms)^```.*?^```$").unwrap().replace_all(text, "");
    Regex::new("`([^`\n]+)`").unwrap().captures_iter(&prose).map(|found| found[1].to_owned()).collect()
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_configuration_is_valid() {
    let mut tried = 0;
    for (path, text) in documents() {
        for (_, _, block) in blocks(&text).iter().filter(|(_, _, block)| block.starts_with("version:")) {
            if let Err(problems) = config::parse(block) {
                panic!("{}", config::render(&problems, &path, false));
            }
            tried += 1;
        }
    }
    assert!(tried >= 7, "only {tried} examples were found");
}

/// The command lines of the documents, in blocks and in sentences.
fn command_lines(text: &str) -> BTreeSet<String> {
    let scripts =
        blocks(text).into_iter().filter(|(_, language, _)| ["sh", "console", "yaml"].contains(&&**language));
    let scripts = scripts.flat_map(|(_, _, block)| block.lines().map(str::to_owned).collect::<Vec<_>>());
    let part = Regex::new(r"(?:^|&&|\$|run:|- )\s*(modelgate [a-z-][^#&|>;]*)").unwrap();
    let mut lines: BTreeSet<String> = scripts
        .flat_map(|line| {
            part.captures_iter(&line).map(|found| found[1].trim().to_owned()).collect::<Vec<_>>()
        })
        .collect();
    let spans =
        codes(text).into_iter().filter(|code| code.starts_with("modelgate ") && !code.contains("COMMAND"));
    lines.extend(spans.map(|code| code.split('&').next().unwrap().trim().to_owned()));
    lines
}

#[test]
fn every_command_line_is_one_that_the_program_takes() {
    let lines: BTreeSet<String> = documents().iter().flat_map(|(_, text)| command_lines(text)).collect();
    assert!(lines.len() >= 25, "only {lines:?}");
    let mut wrong = Vec::new();
    for line in lines {
        let output = Command::new(env!("CARGO_BIN_EXE_modelgate"))
            .args(line.split_whitespace().skip(1))
            .arg("--help")
            .output()
            .unwrap();
        if !output.status.success() {
            wrong.push(format!("{line}: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    assert_none(&wrong);
}

#[test]
fn the_exit_codes_are_those_of_the_program() {
    let ends = [
        (End::Done, "done"),
        (End::Concluded(Conclusion::Approved), "approved"),
        (End::Faulted, "fault"),
        (End::Concluded(Conclusion::Faulted), "fault"),
        (End::Step(Outcome::Faulted), "fault"),
        (End::Invalid, "invalid"),
        (End::Concluded(Conclusion::Rejected), "rejected"),
        (End::Concluded(Conclusion::Inconclusive), "could not conclude"),
        (End::Concluded(Conclusion::Failed), "step failed"),
        (End::Step(Outcome::Failed), "step failed"),
        (End::Undelivered, "delivery failed"),
        (End::Wrong, "`verify`"),
        (End::Stopped(Signal::Interrupt), "interrupted"),
        (End::Stopped(Signal::Terminate), "terminated"),
    ];
    let table = rows(&read("docs/exit-codes.md"));
    let meaning = |code: u8| table.iter().find(|row| row[0] == code.to_string()).map(|row| row[1].clone());
    for (end, words) in ends {
        let code = exit::code(end);
        let meaning = meaning(code).unwrap_or_else(|| panic!("{code} is not in the table"));
        assert!(meaning.contains(words), "{code}, {end:?}: {meaning}");
    }
    let usage = Command::new(env!("CARGO_BIN_EXE_modelgate")).arg("--no-such-flag").output().unwrap();
    assert_eq!(usage.status.code(), Some(2));
    let known: BTreeSet<String> =
        ends.iter().map(|(end, _)| exit::code(*end).to_string()).chain(["2".into(), "code".into()]).collect();
    assert_eq!(table.iter().map(|row| row[0].clone()).collect::<BTreeSet<_>>(), known);
}

/// The maps whose keys are the user's.
const NAMED_BY_USERS: [&str; 6] = ["metrics", "outputs", "files", "estimates", "means", "changes"];

/// The keys of a document, but not those of maps whose keys are the user's.
fn keys(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                found.insert(key.clone());
                match value {
                    serde_json::Value::Object(map) if NAMED_BY_USERS.contains(&key.as_str()) => {
                        map.values().for_each(|value| keys(value, found));
                    }
                    // Of a comparison: slice to metric to estimate.
                    serde_json::Value::Object(map) if key == "slices" => {
                        let inner = map.values().filter_map(serde_json::Value::as_object);
                        inner.flat_map(|map| map.values()).for_each(|value| keys(value, found));
                    }
                    value => keys(value, found),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn every_field_and_every_word_of_the_record_is_explained() {
    let mut wanted = BTreeSet::new();
    keys(&serde_json::to_value(full_record()).unwrap(), &mut wanted);
    assert!(wanted.len() > 50, "{wanted:?}");
    use Conclusion::{Approved, Cancelled, Inconclusive, Rejected};
    use Outcome::{Failed, Faulted, Passed, Restored, Skipped};
    wanted.extend([Passed, Restored, Failed, Faulted, Skipped].map(|outcome| outcome.word().to_owned()));
    let conclusions = [Approved, Rejected, Inconclusive, Conclusion::Failed, Conclusion::Faulted, Cancelled];
    wanted.extend(conclusions.map(|conclusion| conclusion.word().to_owned()));
    wanted.extend([RowOutcome::Pass, RowOutcome::Fail].map(|outcome| outcome.word().to_owned()));
    wanted.extend(
        [Severity::Error, Severity::Warning, Severity::Notice].map(|weight| weight.word().to_owned()),
    );
    wanted.extend(Step::ALL.map(|step| step.word().to_owned()));
    let explained = codes(&read("docs/record.md"));
    let missing: Vec<_> = wanted.difference(&explained).cloned().collect();
    assert_none(&missing);
}

/// Every source file below `folder`, without its tests.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with("tests.rs") || ["tests", "fixtures", "fixtures.rs", "samples"].contains(&&*name) {
            continue;
        } else if path.is_dir() {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
            found.push((path, text[..end].to_owned()));
        }
    }
    found
}

#[test]
fn every_code_of_a_finding_is_explained() {
    // The ways in which the sources name a code.
    let named = [
        r#"Finding::(?:error|warning|notice)\(\s*"([a-z-]+)""#,
        r#"Finding::new\([^"]{0,60}"([a-z-]+)""#,
        r#"Trouble::new\(\s*"([a-z-]+)""#,
        r#"(?:finding|warning)\(\s*"([a-z]+(?:-[a-z]+)+)""#,
        r#"let code = "([a-z-]+)""#,
        r#"(?m)^\s*const [A-Z]+: &str = "([a-z]+(?:-[a-z]+)+)""#,
    ]
    .map(|pattern| Regex::new(pattern).unwrap());
    let mut used = BTreeSet::new();
    let mut everything = String::new();
    for (_, text) in sources(&root().join("src")) {
        for pattern in &named {
            used.extend(pattern.captures_iter(&text).map(|found| found[1].to_owned()));
        }
        everything += &text;
    }
    let document = read("docs/record.md");
    let start = document.find("## Finding codes").expect("the part about codes");
    let end = document.find("## What a run leaves").expect("the part after it");
    let explained: BTreeSet<String> = rows(&document[start..end])
        .iter()
        .filter(|row| row[0].starts_with('`'))
        .map(|row| row[0].trim_matches('`').to_owned())
        .collect();
    assert!(used.len() > 50, "only {used:?}");
    let mut wrong: Vec<String> =
        used.difference(&explained).map(|code| format!("not explained: {code}")).collect();
    let stale = explained.iter().filter(|code| !everything.contains(&format!("\"{code}\"")));
    wrong.extend(stale.map(|code| format!("no source uses it: {code}")));
    assert_none(&wrong);
}

#[test]
fn every_crate_has_its_line() {
    let manifest = read("Cargo.toml");
    let mut used = BTreeSet::new();
    let mut listed = false;
    for line in manifest.lines() {
        match line.split_once(" = ") {
            _ if line.starts_with('[') => listed = line.ends_with("dependencies]") && !line.contains("dev-"),
            Some((name, _)) if listed => drop(used.insert(name.to_owned())),
            _ => {}
        }
    }
    assert!(used.len() > 20, "{used:?}");
    let explained: BTreeSet<String> = rows(&read("docs/dependencies.md"))
        .iter()
        .skip(1)
        .flat_map(|row| row[0].split(", ").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert_eq!(explained, used);
}

/// The anchors that GitHub gives to the headings of a document.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]*)\)").unwrap();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (path, text) in documents() {
        for found in link.captures_iter(&text) {
            let (file, anchor) = found[1].split_once('#').unwrap_or((&found[1], ""));
            if file.contains("://") {
                continue;
            }
            tried += 1;
            let target = match file {
                "" => root().join(&path),
                file => root().join(&path).parent().unwrap().join(file),
            };
            let leads = target.exists()
                && (anchor.is_empty() || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor));
            if !leads {
                wrong.push(format!("{path}: {}", &found[1]));
            }
        }
    }
    assert!(tried > 30, "only {tried} links were found");
    assert_none(&wrong);
}

#[test]
fn every_metrics_file_gives_what_is_said() {
    let blocks = blocks(&read("docs/metrics.md"));
    let mut tried = 0;
    for pair in blocks.windows(2) {
        let [(name, _, content), (_, language, expected)] = pair else { continue };
        let Some(name) = name.strip_prefix("**").and_then(|name| name.strip_suffix("**")) else { continue };
        assert_eq!(language, "text", "what {name} gives");
        let read = metrics::merge(vec![metrics::parse(name, content.as_bytes())]);
        assert!(
            !read.findings.iter().any(|finding| finding.severity == Severity::Error),
            "{:?}",
            read.findings
        );
        let mut told = String::new();
        for (name, value) in &read.values {
            match value {
                MetricValue::Number(number) => writeln!(told, "{name} = {number}").unwrap(),
                MetricValue::Text(text) => writeln!(told, "{name} = {text:?}").unwrap(),
            }
        }
        assert_eq!(&told, expected, "{name}");
        tried += 1;
    }
    assert_eq!(tried, 7);
}

/// What a cell of a table says of a value; none where it says that there is none.
fn value(cell: &str) -> Option<MetricValue> {
    match (cell, cell.parse()) {
        ("none" | "missing", _) => None,
        ("NaN", _) => Some(MetricValue::Text("NaN".into())),
        (_, Ok(number)) => Some(MetricValue::Number(number)),
        (text, _) => Some(MetricValue::Text(text.trim_matches('"').into())),
    }
}

/// A cell's value, and the interval after it: `0.91 in [0.88, 0.93]`.
fn with_interval(cell: &str) -> (Option<MetricValue>, Option<[f64; 2]>) {
    let ends = |text: &str| {
        let (low, high) = text.strip_suffix(']')?.split_once(", ")?;
        Some([low.parse().ok()?, high.parse().ok()?])
    };
    match cell.split_once(" in [") {
        Some((shown, rest)) => (value(shown), Some(ends(rest).unwrap_or_else(|| panic!("{cell}")))),
        None => (value(cell), None),
    }
}

/// Judges one value; with an interval, at a confidence of 0.95: that of the change where there is a baseline.
fn judged(
    rule: &str,
    baseline: Option<MetricValue>,
    value: Option<MetricValue>,
    interval: Option<[f64; 2]>,
) -> Row {
    let confidence = if interval.is_some() { "confidence: 0.95, " } else { "" };
    let text = format!(
        "version: 1\nmodel: churn\nevaluate: {{ metrics: m.json }}\n\
         gate: {{ {confidence}rules: {{ accuracy: {rule} }} }}\n"
    );
    let config = config::parse(&text)
        .unwrap_or_else(|problems| panic!("{}", config::render(&problems, "modelgate.yml", false)));
    let named = |value: MetricValue| (MetricName::new("accuracy").unwrap(), value);
    let mut record = full_record();
    record.baseline = baseline.map(|value| Baseline {
        from: "a file".into(),
        metrics: [named(value)].into(),
        ..Baseline::default()
    });
    record.steps[0].step = Step::Evaluate;
    let evidence = &mut record.steps[0].evidence;
    (evidence.repeats, evidence.means) = Default::default();
    let mut predictions = evidence.predictions.take().expect("predictions");
    if let (Some(interval), Some(number)) = (interval, value.as_ref().and_then(MetricValue::number)) {
        let name = MetricName::new("accuracy").unwrap();
        let estimate = |value| Estimate { value, interval: Some(interval), method: None };
        predictions.rows = 1000;
        match &mut record.baseline {
            Some(baseline) => {
                let theirs = baseline.metrics[&name].number().expect("a number");
                let changes = [(name, estimate(number - theirs))].into();
                let comparison = Comparison {
                    pairing: Pairing::Row,
                    rows: 1000,
                    doubt: None,
                    confidence: 0.95,
                    changes,
                    slices: BTreeMap::new(),
                };
                baseline.comparison = Some(Box::new(comparison));
            }
            None => predictions.estimates = [(name, estimate(number))].into(),
        }
        evidence.predictions = Some(predictions);
    }
    evidence.metrics = value.map(named).into_iter().collect();
    gate::judge(&config.gate, &record).rows.remove(0)
}

#[test]
fn every_rule_comes_to_what_is_said() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for row in rows(&read("docs/gate.md")).iter().filter(|row| row[0].starts_with("`{")) {
        let rule = row[0].trim_matches('`');
        let (baseline, rest) = if row.len() == 5 { (value(&row[1]), &row[2..]) } else { (None, &row[1..]) };
        let (value, interval) = with_interval(&rest[0]);
        let judged = judged(rule, baseline, value, interval);
        if (judged.outcome.word(), judged.because.as_str()) != (&rest[1], &rest[2]) {
            wrong.push(format!("{row:?}\n  is {}: {}", judged.outcome.word(), judged.because));
        }
        tried += 1;
    }
    assert!(tried >= 24, "only {tried} examples were found");
    assert_none(&wrong);
}

#[test]
fn the_rooms_are_those_of_the_sources_in_their_order() {
    let table: Vec<String> = rows(&read("docs/architecture.md"))
        .iter()
        .skip_while(|row| row[0] != "room")
        .skip(1)
        .take_while(|row| row[0].starts_with('`'))
        .flat_map(|row| row[0].split(' ').map(|name| name.trim_matches('`').to_owned()).collect::<Vec<_>>())
        .collect();
    let modules: Vec<String> = read("src/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect();
    assert_eq!(table, modules);
}
