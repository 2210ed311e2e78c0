//! How often each class was taken for each: a heat table, or the worst of it where there are many classes.

use super::clip;
use super::markup::{Markup, tag};
use crate::record::Confusion;
use crate::report::number;
use crate::report::text::cut_middle;

/// A table of more classes cannot be read.
const CLASSES: usize = 20;
/// As many pairs of classes as are listed where there is no table.
const PAIRS: usize = 20;

/// Writes the matrix.
pub(super) fn matrix(m: &mut Markup, confusion: &Confusion) {
    if confusion.labels.is_empty() {
        return;
    }
    m.element("h3", |m| {
        m.text("Confusion");
        m.leaf("span.count", format!("{} classes", confusion.labels.len()));
    });
    if confusion.labels.len() <= CLASSES { heat(m, confusion) } else { pairs(m, confusion) }
}

fn heat(m: &mut Markup, confusion: &Confusion) {
    let all = confusion.labels.len();
    let region = tag("div.scroll").set("tabindex", 0).set("role", "region");
    m.element(region.set("aria-label", "confusion matrix"), |m| {
        m.element("table.heat", |m| {
            m.leaf("caption", "a row is a true class, and says in per cent what it was taken for");
            m.element("thead", |m| {
                m.element("tr", |m| {
                    m.leaf(tag("th").set("scope", "col"), "is ↓ taken for →");
                    for label in &confusion.labels {
                        let th = tag("th").set("scope", "col").set("title", clip(label, 200));
                        m.leaf(th, cut_middle(&clip(label, 200), 12));
                    }
                    m.leaf(tag("th.n").set("scope", "col"), "rows");
                });
            });
            m.element("tbody", |m| {
                for (at, label) in confusion.labels.iter().enumerate() {
                    let total = total(confusion, at);
                    m.element("tr", |m| {
                        let th = tag("th").set("scope", "row").set("title", clip(label, 200));
                        m.leaf(th, cut_middle(&clip(label, 200), 24));
                        (0..all).for_each(|to| heat_cell(m, confusion, at, to, total));
                        m.leaf("td.n", number(total));
                    });
                }
            });
        });
    });
}

/// A cell whose colour is the share of its row: a good one where it is right, a bad one where it is not.
fn heat_cell(m: &mut Markup, confusion: &Confusion, at: usize, to: usize, total: f64) {
    let count = count(confusion, at, to);
    let share = share(count, total);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10")]
    let shade = (share * 10.0).ceil() as u8;
    let side = if at == to { "right" } else { "wrong" };
    let told = format!(
        "{} taken for {}: {} of {}",
        clip(&confusion.labels[at], 60),
        clip(&confusion.labels[to], 60),
        number(count),
        number(total)
    );
    let td = tag("td").set("class", format!("{side} heat-{shade}")).set("title", told);
    m.leaf(td, if count == 0.0 { "·".to_owned() } else { per_cent(share) });
}

/// The pairs of classes that are confused most often.
fn pairs(m: &mut Markup, confusion: &Confusion) {
    let all = confusion.labels.len();
    let mut pairs: Vec<(usize, usize, f64)> = (0..all)
        .flat_map(|at| (0..all).map(move |to| (at, to)))
        .filter(|(at, to)| at != to)
        .map(|(at, to)| (at, to, count(confusion, at, to)))
        .filter(|(.., count)| *count > 0.0)
        .collect();
    pairs.sort_by(|one, other| other.2.total_cmp(&one.2));
    if pairs.is_empty() {
        return m.leaf("p.quiet", "No class was taken for another.");
    }
    m.element("table.plain", |m| {
        m.leaf("caption", "the classes that are taken for another most often");
        m.columns(&["is", "taken for", "how often", "of the class"]);
        m.element("tbody", |m| {
            for (at, to, count) in pairs.iter().take(PAIRS) {
                m.element("tr", |m| {
                    m.leaf(tag("th").set("scope", "row"), clip(&confusion.labels[*at], 100));
                    m.leaf("td", clip(&confusion.labels[*to], 100));
                    m.leaf("td.n", number(*count));
                    let share = share(*count, total(confusion, *at));
                    m.leaf("td.n", format!("{} %", per_cent(share)));
                });
            }
        });
    });
    if let Some(more @ 1..) = pairs.len().checked_sub(PAIRS) {
        m.leaf("p.quiet", format!("{more} more pairs stand in run.json."));
    }
}

/// A record may come from anywhere, so a count may be missing.
fn count(confusion: &Confusion, at: usize, to: usize) -> f64 {
    let count = confusion.counts.get(at).and_then(|row| row.get(to)).copied().unwrap_or(0.0);
    if count.is_finite() { count.max(0.0) } else { 0.0 }
}

fn total(confusion: &Confusion, at: usize) -> f64 {
    (0..confusion.labels.len()).map(|to| count(confusion, at, to)).fold(0.0, std::ops::Add::add)
}

fn share(count: f64, total: f64) -> f64 {
    if total > 0.0 { (count / total).clamp(0.0, 1.0) } else { 0.0 }
}

/// A share in per cent: whole, but never 0 of something that was, and never 100 of what was not all.
fn per_cent(share: f64) -> String {
    let whole = (share * 100.0).round();
    match whole {
        _ if share > 0.0 && whole < 1.0 => "<1".into(),
        _ if share < 1.0 && whole > 99.0 => ">99".into(),
        _ => number(whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        assert_eq!([0.0, 0.001, 0.5, 0.999, 1.0].map(per_cent), ["0", "<1", "50", ">99", "100"]);
    }

    #[test]
    fn counts_that_are_missing_are_none() {
        let confusion = Confusion { labels: vec!["a".into(), "b".into()], counts: vec![vec![f64::NAN]] };
        assert!((total(&confusion, 0), total(&confusion, 1)) == (0.0, 0.0));
        assert!(share(0.0, 0.0) == 0.0);
    }
}
