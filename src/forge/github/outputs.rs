//! The step's outputs, which later steps and jobs of the workflow can read.

use std::path::Path;

use super::inbox::Inbox;
use super::warning;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::random;
use crate::record::Conclusion;
use crate::report::Report;

/// The most that GitHub takes, of all outputs of a job together: 1 MB.
const LIMIT: u64 = 1_000_000;

/// How many bytes GitHub counts for each unit of UTF-16.
const UNIT: u64 = 2;

/// Appends the outputs; says what is not among them. `html` is where the report is, when there is one, and `check`
/// the number of the check.
pub(super) fn append(path: &Path, report: &Report<'_>, html: &Path, check: Option<u64>) -> Option<Finding> {
    let appended = Inbox::open(path).and_then(|inbox| {
        let start = if inbox.line_is_open() { "\n" } else { "" };
        let (text, finding) = render(report, html, check, inbox.bytes(), || random::hex(16))?;
        inbox.append(&format!("{start}{text}"))?;
        Ok(finding)
    });
    appended.unwrap_or_else(|fault| Some(warning("job-outputs-not-written", &fault)))
}

/// The outputs in GitHub's form, with a delimiter for each that no value can know.
fn render(
    report: &Report<'_>,
    html: &Path,
    check: Option<u64>,
    bytes: u64,
    mut delimiter: impl FnMut() -> Result<String>,
) -> Result<(String, Option<Finding>)> {
    let mut text = String::new();
    let mut put = |name: &str, value: &str| -> Result<String> {
        let end = delimiter()?;
        Ok(format!("{name}<<{end}\n{value}\n{end}\n"))
    };
    text += &put("passed", if report.conclusion == Conclusion::Approved { "true" } else { "false" })?;
    text += &put("conclusion", report.conclusion.word())?;
    text += &put("run", &report.record.id)?;
    text += &put("version", env!("CARGO_PKG_VERSION"))?;
    if let Some(check) = check {
        text += &put("check-run-id", &check.to_string())?;
    }
    if let Some(deployment) = report.record.deliveries.iter().rev().find_map(|it| it.deployment) {
        text += &put("deployment-id", &deployment.to_string())?;
    }
    if let Some(image) = report.record.image_digest() {
        text += &put("image-digest", image)?;
    }
    if let Some(html) = html.to_str().filter(|_| html.is_file()) {
        text += &put("report-path", html)?;
    }
    let metrics = serde_json::to_string(&report.record.metrics())
        .map_err(|error| Fault::new("write the metrics as JSON", error))?;
    let metrics = put("metrics-json", &metrics)?;
    if UNIT * (bytes.min(LIMIT) + units(&text) + units(&metrics)) > LIMIT {
        let message = "the metrics are too many for the output metrics-json: GitHub takes 1 MB a job";
        let finding = Finding::notice("job-outputs-cut", message).help("read them from run.json");
        return Ok((text, Some(finding)));
    }
    Ok((text + &metrics, None))
}

fn units(text: &str) -> u64 {
    text.encode_utf16().count() as u64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::name::MetricName;
    use crate::record::{MetricValue, Record};
    use crate::report::{compose, fixtures};
    use crate::step::Step;

    fn rendered(record: &Record, html: &Path, bytes: u64) -> (String, Option<Finding>) {
        let mut count = 0;
        let delimiter = || {
            count += 1;
            Ok(format!("DELIMITER-{count}"))
        };
        render(&compose(record, &[]), html, Some(7), bytes, delimiter).unwrap()
    }

    /// As GitHub's runner reads them: a name and a delimiter, then lines until the delimiter.
    fn read(text: &str) -> BTreeMap<String, String> {
        let mut outputs = BTreeMap::new();
        let mut lines = text.split('\n');
        while let Some(line) = lines.next().filter(|line| !line.is_empty()) {
            let (name, end) = line.split_once("<<").unwrap_or_else(|| panic!("{line:?}"));
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            assert_eq!(outputs.insert(name.to_owned(), value.join("\n")), None);
        }
        outputs
    }

    #[test]
    fn the_outputs_say_how_the_run_ended() {
        let folder = tempfile::tempdir().unwrap();
        let html = folder.path().join("report.html");
        std::fs::write(&html, "").unwrap();
        let (text, finding) = rendered(&fixtures::rejected(), &html, 0);
        assert_eq!(finding, None);
        insta::assert_snapshot!("outputs", text.replace(html.to_str().unwrap(), "[report.html]"));
        assert_eq!(read(&text)["passed"], "false");
        assert_eq!(read(&rendered(&fixtures::approved(), &html, 0).0)["passed"], "true");
    }

    #[test]
    fn only_what_is_approved_has_passed() {
        for (name, record) in fixtures::all() {
            let passed = &read(&rendered(&record, Path::new("none"), 0).0)["passed"];
            assert_eq!(passed == "true", record.conclusion == Some(Conclusion::Approved), "{name}");
        }
    }

    #[test]
    fn a_report_that_is_not_there_has_no_path() {
        let outputs = read(&rendered(&fixtures::faulted(), Path::new("/none/report.html"), 0).0);
        assert!(!outputs.contains_key("report-path"), "{outputs:?}");
    }

    #[test]
    fn a_path_cannot_give_an_output() {
        let folder = tempfile::tempdir().unwrap();
        let html = folder.path().join("a\npassed=true\npassed<<X\ntrue\nX");
        std::fs::write(&html, "").unwrap();
        let outputs = read(&rendered(&fixtures::rejected(), &html, 0).0);
        assert_eq!(outputs["report-path"], html.to_str().unwrap());
        assert_eq!(outputs["passed"], "false");
    }

    #[test]
    fn metrics_that_are_too_many_are_left_out_and_told() {
        let mut record = fixtures::approved();
        let many = |count: usize| -> BTreeMap<MetricName, MetricValue> {
            (0..count)
                .map(|n| (MetricName::new(format!("ü{n:0>99}")).unwrap(), MetricValue::Number(1.5)))
                .collect()
        };
        let with = |count, record: &mut Record| {
            let step = record.steps.iter_mut().find(|done| done.step == Step::Evaluate).unwrap();
            step.evidence.metrics = many(count);
        };
        with(4000, &mut record);
        let (text, finding) = rendered(&record, Path::new("none"), 0);
        assert!(read(&text).contains_key("metrics-json") && units(&text) * 2 <= LIMIT);
        assert_eq!(finding, None);
        for (count, bytes) in [(5000, 0), (4000, 300_000), (1, u64::MAX)] {
            with(count, &mut record);
            let (text, finding) = rendered(&record, Path::new("none"), bytes);
            assert!(!read(&text).contains_key("metrics-json"));
            assert_eq!(read(&text)["passed"], "true");
            assert_eq!(finding.unwrap().code, "job-outputs-cut");
        }
    }

    #[test]
    fn without_random_numbers_nothing_is_written() {
        let record = fixtures::approved();
        let none = || Err(Fault::new("draw a random number", "there is none"));
        assert!(render(&compose(&record, &[]), Path::new("none"), None, 0, none).is_err());
    }

    proptest! {
        #[test]
        fn no_value_gives_an_output(record in fixtures::arbitrary()) {
            let outputs = read(&rendered(&record, Path::new("none"), 0).0);
            let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
            prop_assert_eq!(names, ["check-run-id", "conclusion", "metrics-json", "passed", "run", "version"]);
            prop_assert_eq!(&outputs["run"], &record.id);
            let metrics: BTreeMap<MetricName, MetricValue> =
                serde_json::from_str(&outputs["metrics-json"]).unwrap();
            prop_assert_eq!(metrics, record.metrics());
        }
    }
}
