//! How far the data has moved: each column with its picture, those that have drifted first.

use super::markup::{Markup, tag};
use super::{clip, marks, picture};
use crate::number::{counted, percent};
use crate::record::data::{ColumnDrift, Drift};
use crate::report::data;

/// As many columns as are drawn at most: a drawing takes about 1.5 kB.
const DRAWN: usize = 60;
/// As many columns as stand open, if so many have drifted.
const OPEN: usize = 40;
/// Where hardly any has drifted, the nearest to it stand open too.
const NEAREST: usize = 5;
/// As many columns as the page has in all.
const LISTED: usize = 250;

/// Writes the verdict, and the columns.
pub(super) fn write(m: &mut Markup, drift: &Drift) {
    m.leaf("h3", "Drift");
    m.element("p.moved", |m| {
        marks::moved_badge(m, data::Moved::of(drift));
        m.leaf("b", data::verdict(drift, true));
        m.leaf("span.count", data::rests_on(drift));
    });
    if drift.columns.is_empty() {
        return;
    }
    legend(m, drift);
    let open = drift.moved().clamp(NEAREST, OPEN).min(drift.columns.len());
    let (open, rest) = drift.columns.split_at(open);
    table(m, open, DRAWN);
    let listed = rest.len().min(LISTED - open.len());
    if listed > 0 {
        m.element("details", |m| {
            let others = match rest.iter().filter(|column| column.drifted).count() {
                0 => counted(rest.len(), "more column, not drifted", "more columns, none of them drifted"),
                moved if moved == rest.len() => {
                    counted(moved, "more column that has drifted", "more columns that have drifted")
                }
                moved => {
                    format!("{}, {moved} of them drifted", counted(rest.len(), "more column", "more columns"))
                }
            };
            m.leaf("summary", others);
            table(m, &rest[..listed], DRAWN - open.len());
        });
    }
    if let Some(more @ 1..) = rest.len().checked_sub(listed) {
        let more = counted(more, "more column stands", "more columns stand");
        m.leaf("p.quiet", format!("{more} in run.json."));
    }
}

fn legend(m: &mut Markup, drift: &Drift) {
    let keys = [("rect.then", &drift.reference), ("rect.now", &drift.current)];
    m.element("ul.legend", |m| {
        for (shape, name) in keys {
            m.element("li", |m| {
                m.element(tag("svg.key").set("viewBox", "0 0 12 12").set("aria-hidden", "true"), |m| {
                    let rect = tag(shape).set("x", 0.5).set("y", 0.5).set("width", 11);
                    m.empty(rect.set("height", 11).set("rx", 2));
                });
                m.leaf("bdi", clip(name, 60));
            });
        }
    });
}

/// The columns in their order; the first `drawn` of them with their pictures.
fn table(m: &mut Markup, columns: &[ColumnDrift], drawn: usize) {
    m.element("table.drift", |m| {
        m.columns(&["column", "how its values lie", "score", "no value", "unseen"]);
        m.element("tbody", |m| {
            columns.iter().enumerate().for_each(|(at, column)| row(m, column, at < drawn));
        });
    });
}

fn row(m: &mut Markup, column: &ColumnDrift, is_drawn: bool) {
    m.element("tr", |m| {
        m.element(tag("th").set("scope", "row"), |m| {
            m.element("div.judged", |m| {
                m.element("b", |m| m.leaf("bdi", clip(&column.column, 120)));
                marks::column_badge(m, column);
            });
            if let Some(role) = data::role(column) {
                m.leaf("span.slice", role);
            }
            m.leaf("p.because", clip(&column.because, 400));
        });
        m.element("td.lies", |m| {
            if let Some(it) = column.picture.as_ref().filter(|_| is_drawn) {
                picture::draw(m, it);
            }
        });
        m.element(tag("td.n").set("data-label", "score"), |m| score(m, column));
        m.leaf(tag("td.n").set("data-label", "no value"), data::missing(column));
        let unseen = column.unseen.filter(|share| *share > 0.0).map_or_else(|| "–".into(), percent);
        m.leaf(tag("td.n").set("data-label", "unseen"), unseen);
    });
}

/// The score, its threshold and its p-value.
fn score(m: &mut Markup, column: &ColumnDrift) {
    let [score, threshold] = data::score(column);
    m.leaf("b", score);
    if !threshold.is_empty() {
        m.leaf("span.interval", format!("drift {threshold}"));
        m.leaf("span.interval", clip(&column.method, 40));
    }
    if let Some(p) = data::p(column) {
        m.leaf("span.interval", p);
    }
}
