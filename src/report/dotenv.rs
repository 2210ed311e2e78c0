//! How the run ended as variables for later jobs: GitLab's dotenv report.
//!
//! GitLab fails the upload of a report that breaks one of its rules, and fills in what looks like a variable in a
//! value. So what cannot be said by them is left out.

use std::fmt::Write as _;

use super::{Folders, Report, annotations};
use crate::record::Conclusion;

/// GitLab takes files that are smaller, in bytes.
const LIMIT: usize = 5 << 10;

/// What the outputs of the GitHub action are called, as variables: a line each, the metrics last, because only they
/// may be too long.
#[must_use]
pub fn render(report: &Report, folders: &Folders) -> String {
    let record = report.record;
    let passed = if report.conclusion == Conclusion::Approved { "true" } else { "false" };
    let deployment = record.deliveries.iter().rev().find_map(|it| it.deployment);
    let metrics = serde_json::to_string(&record.metrics()).ok().map(|json| plain_json(&json));
    let variables = [
        ("MODELGATE_PASSED", Some(passed.to_owned())),
        ("MODELGATE_CONCLUSION", Some(report.conclusion.word().to_owned())),
        // MODELGATE_RUN is the variable of --run.
        ("MODELGATE_RUN_ID", Some(record.id.clone())),
        ("MODELGATE_VERSION", Some(env!("CARGO_PKG_VERSION").to_owned())),
        ("MODELGATE_DEPLOYMENT_ID", deployment.map(|id| id.to_string())),
        ("MODELGATE_IMAGE_DIGEST", record.image_digest().map(str::to_owned)),
        ("MODELGATE_REPORT_PATH", folders.of_run("report.html")),
        ("MODELGATE_REPORT_URL", annotations::page(report, folders)),
        ("MODELGATE_METRICS_JSON", metrics),
    ];
    let mut text = String::new();
    for (name, value) in variables {
        let Some(value) = value.filter(|value| can_be_said(value)) else { continue };
        if text.len() + name.len() + value.len() + 2 < LIMIT {
            let _ = writeln!(text, "{name}={value}");
        }
    }
    text
}

/// Whether a value reaches the later job as it is: one line without blanks, without quotes around it, and without what
/// GitLab takes for a variable (`$NAME`, `%NAME%`).
fn can_be_said(value: &str) -> bool {
    !value.is_empty() && !value.starts_with(['"', '\'', '`']) && value.chars().all(is_plain)
}

fn is_plain(c: char) -> bool {
    (c.is_alphanumeric() || c.is_ascii_graphic()) && !matches!(c, '$' | '%' | '#')
}

/// The same JSON in characters that can be said: outside of its texts it has no others.
fn plain_json(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for c in json.chars() {
        if is_plain(c) {
            plain.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(plain, "\\u{unit:04x}");
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::name::MetricName;
    use crate::record::{Delivery, DeliveryOutcome, MetricValue, Record};
    use crate::report::{compose, fixtures};
    use crate::step::Step;

    /// As GitLab reads it: every line is a name and a value, and the whole is small enough for the lowest tier.
    fn read(text: &str) -> BTreeMap<String, String> {
        assert!(text.len() < 5120, "{} bytes", text.len());
        let mut variables = BTreeMap::new();
        for line in text.split_terminator('\n') {
            let (name, value) = line.split_once('=').unwrap();
            assert!(
                name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.is_empty(),
                "{line}"
            );
            assert!(!value.contains(|c: char| c.is_whitespace() || c.is_control()), "{line:?}");
            assert!(!value.contains(['$', '%']), "GitLab fills in variables: {line}");
            assert_eq!(variables.insert(name.to_owned(), value.to_owned()), None);
        }
        assert!(variables.len() <= 20);
        variables
    }

    fn folders(run: &str) -> Folders {
        Folders { run: Some(run.into()), ..Folders::default() }
    }

    fn rendered(record: &Record) -> String {
        render(&compose(record, &[]), &folders(".modelgate"))
    }

    fn with_metrics(metrics: impl IntoIterator<Item = (String, MetricValue)>) -> Record {
        let mut record = fixtures::approved();
        let step = record.steps.iter_mut().find(|done| done.step == Step::Evaluate).unwrap();
        step.evidence.metrics =
            metrics.into_iter().map(|(name, value)| (MetricName::new(name).unwrap(), value)).collect();
        record
    }

    #[test]
    fn the_variables_say_how_the_run_ended() {
        let mut record = fixtures::rejected();
        record.context.url = Some("https://gitlab.example/team/churn/-/jobs/7".into());
        record.deliveries.push(Delivery {
            image: Some(format!("registry.example.com/churn@sha256:{}", "0".repeat(64))),
            deployment: Some(31),
            ..fixtures::delivery("production", DeliveryOutcome::Failed)
        });
        let text = rendered(&record);
        read(&text);
        insta::assert_snapshot!("rejected", text.replace(env!("CARGO_PKG_VERSION"), "[version]"));
    }

    #[test]
    fn only_what_is_approved_has_passed() {
        for (name, record) in fixtures::all() {
            let passed = &read(&rendered(&record))["MODELGATE_PASSED"];
            assert_eq!(passed == "true", record.conclusion == Some(Conclusion::Approved), "{name}");
        }
    }

    #[test]
    fn metrics_of_any_name_are_said_and_too_many_are_left_out() {
        let record = with_metrics([
            ("top 1 #%$HOME 🎉".to_owned(), MetricValue::Number(0.5)),
            ("note".to_owned(), MetricValue::Text("a\nMODELGATE_PASSED=true".into())),
        ]);
        let variables = read(&rendered(&record));
        let metrics: BTreeMap<MetricName, MetricValue> =
            serde_json::from_str(&variables["MODELGATE_METRICS_JSON"]).unwrap();
        assert_eq!(metrics, record.metrics());

        let many = (0..400).map(|n| (format!("metric-{n}"), MetricValue::Number(0.5)));
        let variables = read(&rendered(&with_metrics(many)));
        assert!(!variables.contains_key("MODELGATE_METRICS_JSON"));
        assert_eq!(variables["MODELGATE_CONCLUSION"], "approved");
    }

    #[test]
    fn what_cannot_be_said_is_left_out() {
        let report = fixtures::approved();
        for run in ["a b", "a\nB=1", "$HOME", "a/%PATH%", "\"a\"", "a#b", ""] {
            let variables = read(&render(&compose(&report, &[]), &folders(run)));
            assert_eq!(variables.contains_key("MODELGATE_REPORT_PATH"), run.is_empty(), "{run:?}");
        }
        let nowhere = read(&render(&compose(&report, &[]), &Folders::default()));
        assert!(!nowhere.contains_key("MODELGATE_REPORT_PATH"), "{nowhere:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_dotenv(record in fixtures::arbitrary(), run in ".{0,40}") {
            let variables = read(&render(&compose(&record, &[]), &folders(&run)));
            prop_assert_eq!(&variables["MODELGATE_CONCLUSION"], record.conclusion.unwrap_or(Conclusion::Faulted).word());
        }
    }
}
