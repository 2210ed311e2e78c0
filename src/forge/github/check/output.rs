//! What the check says: its title, its summary, its text.

use serde_json::{Value, json};

use super::marks;
use crate::record::{Conclusion, Outcome, Record};
use crate::report::Report;
use crate::report::markdown::{self, Charts};
use crate::report::text::clipped;
use crate::step::Step;

/// The most bytes of a summary, and of a text. GitHub counts characters, of which there are no more.
pub const LIMIT: usize = 65_535;
/// The most characters of a title.
const TITLE: usize = 250;

/// How GitHub names it. Only what is approved is a success.
pub const fn conclusion(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Approved => "success",
        Conclusion::Rejected | Conclusion::Inconclusive | Conclusion::Failed | Conclusion::Faulted => {
            "failure"
        }
        Conclusion::Cancelled => "cancelled",
    }
}

/// Of a run that has begun, or goes on with `next`.
pub fn under_way(record: &Record, next: Option<Step>) -> Value {
    let done = record.steps.iter().filter(|step| step.outcome != Outcome::Skipped);
    let mut parts: Vec<String> = done.map(|step| format!("{} {}", step.step, step.outcome.word())).collect();
    parts.push(next.map_or_else(|| "the run has begun".to_owned(), |next| format!("{next} is under way")));
    json!({ "title": clipped(&parts.join(", "), TITLE), "summary": markdown::under_way(record, next, LIMIT) })
}

/// Of a run that ended without a report.
pub fn abandoned(record: &Record, cause: &str) -> Value {
    json!({
        "title": clipped(&format!("ended without a report: {cause}"), TITLE),
        "summary": markdown::abandoned(record, cause, LIMIT),
    })
}

/// Of a run that has ended: `shown` of its `all` findings in files stand in the diff. `text` is for machines.
pub fn ended(report: &Report<'_>, text: &str, shown: usize, all: usize) -> Value {
    let cut = if shown < all {
        format!(
            "\n> ⚠️ **{shown} of {all} findings stand in the diff**: a check gets at most {} of them\n",
            marks::MOST
        )
    } else {
        String::new()
    };
    let summary = markdown::within(report, Charts::None, LIMIT - cut.len()) + &cut;
    let mut output = json!({ "title": clipped(&report.headline, TITLE), "summary": summary });
    if !text.is_empty() && text.len() <= LIMIT {
        output["text"] = text.into();
    }
    output
}

/// As little of an output as tells how the run ended.
pub fn in_short(output: &Value) -> Value {
    json!({
        "title": output["title"],
        "summary": "GitHub did not take the whole account. It is in the job summary, and in report.md of the run.",
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::finding::Finding;
    use crate::report::{compose, fixtures};

    fn text<'a>(output: &'a Value, name: &str) -> &'a str {
        output[name].as_str().unwrap()
    }

    #[test]
    fn every_way_to_end_has_a_title_and_only_approval_succeeds() {
        let mut told = String::new();
        for (name, record) in fixtures::all() {
            let report = compose(&record, &[]);
            let ended = ended(&report, "", 0, 0);
            let word = conclusion(report.conclusion);
            assert_eq!(word == "success", record.conclusion == Some(Conclusion::Approved), "{name}");
            told += &format!("{name}: {word}: {}\n", text(&ended, "title"));
        }
        insta::assert_snapshot!("titles", told);
    }

    #[test]
    fn a_run_under_way_shows_what_was_done() {
        let mut record = fixtures::approved();
        record.conclusion = None;
        record.steps.truncate(2);
        let output = under_way(&record, Some(Step::Train));
        insta::assert_snapshot!(
            "under_way",
            format!("{}\n\n{}", text(&output, "title"), text(&output, "summary"))
        );
        record.steps.clear();
        assert_eq!(text(&under_way(&record, None), "title"), "the run has begun");
    }

    #[test]
    fn a_run_without_a_report_shows_why() {
        let mut record = fixtures::approved();
        record.steps.truncate(1);
        let output = abandoned(&record, "failed to save <b>run.json</b>: no @space [x](http://evil.example)");
        insta::assert_snapshot!(
            "abandoned",
            format!("{}\n\n{}", text(&output, "title"), text(&output, "summary"))
        );
    }

    #[test]
    fn what_does_not_fit_is_cut_between_rows_and_says_so() {
        let mut record = fixtures::rejected();
        record.context.url = Some("https://github.example/acme/churn/actions/runs/42".into());
        record.steps[0].findings = vec![Finding::warning("x", "ünï ".repeat(90)); 2000];
        let output = ended(&compose(&record, &[]), &"x".repeat(LIMIT), 500, 2000);
        let summary = text(&output, "summary");
        assert!(summary.len() <= LIMIT && summary.len() > LIMIT - 2000, "{}", summary.len());
        let end: Vec<&str> = summary.lines().rev().take(3).collect();
        insta::assert_snapshot!("cut", end.join("\n"));
        assert!(summary.lines().filter(|line| line.contains("ünï")).all(|line| line.ends_with(" |")));
        assert_eq!(text(&output, "text").len(), LIMIT);
        assert!(ended(&compose(&record, &[]), &"x".repeat(LIMIT + 1), 0, 0).get("text").is_none());
    }

    proptest! {
        #[test]
        fn whatever_is_told_fits(record in fixtures::arbitrary(), cause in any::<String>()) {
            let next = Some(Step::Evaluate);
            for output in [
                ended(&compose(&record, &[]), "", 0, 0), under_way(&record, next), abandoned(&record, &cause),
            ] {
                prop_assert!(text(&output, "title").chars().count() <= 255);
                prop_assert!(!text(&output, "title").is_empty());
                prop_assert!(text(&output, "summary").len() <= LIMIT);
            }
        }
    }
}
