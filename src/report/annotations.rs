//! Links beside the log of a job, as GitLab's annotations report.

use serde_json::{Value, json};

use super::text::clipped;
use super::{Folders, Report};

/// The whole report, and where what was delivered can be seen. Only what has a page on the web is linked.
#[must_use]
pub fn render(report: &Report, folders: &Folders) -> String {
    let title = format!("report of {}: {}", report.record.model, report.headline);
    let whole = page(report, folders).map(|url| link(&title, &url));
    let deliveries = report.record.deliveries.iter().filter_map(|delivery| {
        let url = delivery.url.as_deref().filter(|url| is_web(url))?;
        Some(link(&format!("{} {}", delivery.target, delivery.outcome.word()), url))
    });
    let links: Vec<Value> = whole.into_iter().chain(deliveries).take(MOST).collect();
    let sections = if links.is_empty() { json!({}) } else { json!({ "modelgate": links }) };
    format!("{sections:#}\n")
}

/// The most annotations that GitLab takes in a section.
const MOST: usize = 1000;

fn link(label: &str, url: &str) -> Value {
    json!({ "external_link": { "label": clipped(label, 200), "url": url } })
}

/// The page of report.html among the artifacts of the job, where the job keeps the folder of the run; none where
/// either is not known.
pub(super) fn page(report: &Report, folders: &Folders) -> Option<String> {
    let job = report.record.context.url.as_deref().filter(|url| is_web(url))?;
    let path: String = folders.of_run("report.html")?.bytes().map(encoded).collect();
    Some(format!("{}/artifacts/file/{path}", job.trim_end_matches('/')))
}

/// Whether it is an address that a person may follow: no script, and nothing hidden.
fn is_web(url: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme))
        && url.chars().all(|c| c.is_ascii_graphic())
}

/// A byte of a path as an address has it.
fn encoded(byte: u8) -> String {
    match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::record::{Delivery, DeliveryOutcome, Record};
    use crate::report::{compose, fixtures};

    fn folders(run: &str) -> Folders {
        Folders { run: Some(run.into()), ..Folders::default() }
    }

    fn in_job(mut record: Record) -> Record {
        record.context.url = Some("https://gitlab.example/team/churn/-/jobs/7".into());
        record
    }

    /// By GitLab's schemas: sections of links, each with a label and an address and nothing else.
    fn assert_is_annotations(text: &str) -> Value {
        let sections: Value = serde_json::from_str(text).unwrap();
        for links in sections.as_object().unwrap().values() {
            for annotation in links.as_array().unwrap() {
                assert_eq!(annotation.as_object().unwrap().len(), 1);
                let link = annotation["external_link"].as_object().unwrap();
                assert_eq!(link.keys().collect::<Vec<_>>(), ["label", "url"]);
                assert!(is_web(link["url"].as_str().unwrap()) && link["label"].is_string(), "{text}");
            }
        }
        sections
    }

    #[test]
    fn the_report_and_the_deliveries_are_linked() {
        let mut record = in_job(fixtures::rejected());
        let pipeline = "https://gitlab.example/team/serving/-/pipelines/8";
        for (target, url) in [("staging", pipeline), ("production", "javascript:alert(1)")] {
            let delivery = fixtures::delivery(target, DeliveryOutcome::Delivered);
            record.deliveries.push(Delivery { url: Some(url.into()), ..delivery });
        }
        let text = render(&compose(&record, &[]), &folders("models/a b/.modelgate"));
        assert_is_annotations(&text);
        insta::assert_snapshot!("rejected", text);
    }

    #[test]
    fn where_there_is_no_page_there_is_no_link() {
        let report = in_job(fixtures::approved());
        assert_eq!(render(&compose(&report, &[]), &Folders::default()), "{}\n");
        for url in [None, Some("javascript:alert(1)"), Some("https://a b/")] {
            let mut record = fixtures::approved();
            record.context.url = url.map(str::to_owned);
            assert_eq!(render(&compose(&record, &[]), &folders(".modelgate")), "{}\n", "{url:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_annotations(record in fixtures::arbitrary(), run in ".{0,40}") {
            assert_is_annotations(&render(&compose(&in_job(record), &[]), &folders(&run)));
        }
    }
}
