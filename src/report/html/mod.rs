//! The report as one web page that needs nothing else: no script, no font, no picture, no network.
//!
//! It is also well-formed XML, so that a test can hold it to that. Same report, same bytes.

mod bars;
mod confusion;
mod curves;
mod data;
mod drift;
mod escape;
mod evaluation;
mod findings;
mod hero;
mod markup;
mod marks;
mod picture;
mod plot;
mod provenance;
mod repeats;
mod rules;
mod scale;
mod slices;
mod suite;
mod timeline;
mod trend;

use escape::clip;
use markup::{Markup, tag};

use super::Report;
use crate::number::counted;

const STYLE: &str = include_str!("style.css");

/// A page may load nothing and run nothing; only the style within it applies.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The report as a page of HTML in UTF-8, to be saved as it is.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut m = Markup::new();
    m.element(tag("html").set("lang", "en"), |m| {
        m.element("head", |m| head(m, report));
        m.element("body", |m| body(m, report));
    });
    m.finish()
}

fn head(m: &mut Markup, report: &Report<'_>) {
    m.meta(tag("meta").set("charset", "utf-8"));
    m.meta(tag("meta").set("http-equiv", "Content-Security-Policy").set("content", POLICY));
    m.meta(tag("meta").set("name", "viewport").set("content", "width=device-width, initial-scale=1"));
    m.meta(tag("meta").set("name", "color-scheme").set("content", "light dark"));
    m.meta(tag("meta").set("name", "referrer").set("content", "no-referrer"));
    m.leaf("title", format!("{} {} · modelgate", report.record.model, report.conclusion.word()));
    m.style(STYLE);
}

fn body(m: &mut Markup, report: &Report<'_>) {
    m.leaf(tag("a.skip").set("href", "#main"), "skip to the report");
    hero::verdict(m, report);
    m.element(tag("main.page").set("id", "main"), |m| {
        hero::advice(m, report);
        // Where nothing was judged, what stopped the run is what a reader came for.
        if report.record.verdict.is_none() {
            findings::section(m, report);
            findings::output(m, report);
            data::section(m, report);
            timeline::section(m, report);
            slices::section(m, report);
            evaluation::section(m, report);
        } else {
            rules::section(m, report);
            slices::section(m, report);
            evaluation::section(m, report);
            data::section(m, report);
            trend::section(m, report);
            timeline::section(m, report);
            findings::section(m, report);
            findings::output(m, report);
        }
        suite::section(m, report);
        provenance::deliveries(m, report);
        provenance::section(m, report);
    });
    m.element("footer.page", |m| {
        m.element("p", |m| {
            m.text("Judge the same record again, without training: ");
            m.leaf("code", "modelgate gate");
        });
        m.element("p", |m| {
            m.text("Check that nothing in the bundle was changed: ");
            m.leaf("code", "modelgate verify bundle.zip");
        });
    });
}

/// A part of the page with its heading, and one remark beside it.
fn section(
    m: &mut Markup,
    id: &'static str,
    title: &'static str,
    aside: &str,
    inside: impl FnOnce(&mut Markup),
) {
    m.element(tag("section").set("aria-labelledby", id), |m| {
        m.element("h2", |m| {
            m.leaf(tag("span").set("id", id), title);
            if !aside.is_empty() {
                m.leaf("span.count", aside);
            }
        });
        inside(m);
    });
}

/// A moment for people, such as `2026-03-02 08:15 UTC`; what is no moment stays as it is.
fn moment(rfc3339: &str) -> String {
    match humantime::parse_rfc3339(rfc3339) {
        Ok(_) => format!("{} {} UTC", &rfc3339[..10], &rfc3339[11..16]),
        Err(_) => clip(rfc3339, 40),
    }
}

/// The day of a moment, such as `2026-03-02`.
fn day(rfc3339: &str) -> String {
    match humantime::parse_rfc3339(rfc3339) {
        Ok(_) => rfc3339[..10].to_owned(),
        Err(_) => clip(rfc3339, 40),
    }
}

#[cfg(test)]
mod tests;
