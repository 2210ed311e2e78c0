//! The job summary: the report as Markdown, after whatever the step has put there before.

use std::path::Path;

use super::inbox::Inbox;
use super::warning;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::report::Report;
use crate::report::markdown::{self, Charts};

/// The most bytes of a step's summary. GitHub takes none of one that is larger.
const LIMIT: u64 = 1024 * 1024;

/// Appends the report; says so when it cannot.
pub(super) fn append(path: &Path, report: &Report<'_>) -> Option<Finding> {
    let appended = Inbox::open(path).and_then(|inbox| {
        let text = addition(report, inbox.bytes(), inbox.line_is_open())?;
        inbox.append(&text)
    });
    appended.err().map(|fault| warning("job-summary-not-written", &fault))
}

/// What is put after `bytes` bytes that are there already.
fn addition(report: &Report<'_>, bytes: u64, line_is_open: bool) -> Result<String> {
    // Else the heading would belong to the paragraph before it.
    let gap = match (bytes, line_is_open) {
        (0, _) => "",
        (_, false) => "\n",
        (_, true) => "\n\n",
    };
    let room = usize::try_from(LIMIT.saturating_sub(bytes)).unwrap_or(0).saturating_sub(gap.len());
    let page = markdown::within(report, Charts::Mermaid, room);
    // A notice alone tells nobody how the run ended.
    if !page.starts_with(&first_line(report)) {
        return Err(Fault::new(
            "write the job summary",
            format!("the step's summary holds {bytes} bytes already, and GitHub takes at most {LIMIT}"),
        )
        .help("write less to GITHUB_STEP_SUMMARY in this step, or run modelgate in a step of its own"));
    }
    Ok(format!("{gap}{page}"))
}

fn first_line(report: &Report<'_>) -> String {
    let page = markdown::render(report, Charts::None);
    page.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::report::{compose, fixtures};

    #[test]
    fn the_summary_is_the_report_with_its_trend() {
        let record = fixtures::rejected();
        let trend = fixtures::trend(&record);
        insta::assert_snapshot!(addition(&compose(&record, &trend), 0, false).unwrap());
    }

    #[test]
    fn it_begins_a_paragraph_of_its_own() {
        let record = fixtures::approved();
        let report = compose(&record, &[]);
        let alone = addition(&report, 0, false).unwrap();
        assert_eq!(addition(&report, 5, false).unwrap(), format!("\n{alone}"));
        assert_eq!(addition(&report, 5, true).unwrap(), format!("\n\n{alone}"));
    }

    #[test]
    fn what_does_not_fit_is_cut_between_rows_and_says_so() {
        let mut record = fixtures::rejected();
        record.steps[0].findings = vec![Finding::warning("x", "long ".repeat(90)); 4000];
        let text = addition(&compose(&record, &[]), 0, false).unwrap();
        assert!(text.len() <= 1024 * 1024 && text.len() > 1_000_000, "{}", text.len());
        assert!(text.ends_with("actions/runs/42)\n") && text.contains("cut to fit here"), "{text:.200}");
        let rows: Vec<&str> = text.lines().filter(|line| line.contains("long long")).collect();
        assert!(rows.iter().all(|row| row.starts_with("| ") && row.ends_with(" |")));
    }

    #[test]
    fn a_full_summary_is_left_alone() {
        let record = fixtures::rejected();
        for bytes in [LIMIT - 100, LIMIT, LIMIT + 1, u64::MAX] {
            let fault = addition(&compose(&record, &[]), bytes, true).unwrap_err();
            assert!(fault.to_string().contains(&bytes.to_string()), "{fault}");
            assert!(fault.remedy().is_some());
        }
    }

    proptest! {
        #[test]
        fn no_more_is_added_than_there_is_room_for(
            record in fixtures::arbitrary(), left in 0_u64..3000, open: bool
        ) {
            let bytes = LIMIT - left;
            if let Ok(text) = addition(&compose(&record, &[]), bytes, open) {
                prop_assert!(bytes + text.len() as u64 <= LIMIT);
            }
        }
    }
}
