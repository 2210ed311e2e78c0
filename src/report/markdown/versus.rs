//! Two records side by side, to be pasted into a pull request.

use super::escape::{code, sentence};
use super::section::{Section, assemble};
use super::{ends, list, shown};
use crate::record::MetricValue;
use crate::report::versus::{Metric, Outcome, Rule, Side, SliceChange, Versus};
use crate::report::{change, number};

/// How many slices are shown.
const SLICES: usize = 10;
/// How many rules and metrics are shown.
const LINES: usize = 200;

/// The whole comparison.
#[must_use]
pub fn render(versus: &Versus) -> String {
    let sections = [
        sides(versus),
        rules(&versus.rules),
        metrics(&versus.metrics),
        slices(&versus.slices),
        list("Notes", &versus.notes),
    ];
    assemble(&sections, usize::MAX, "")
}

fn sides(versus: &Versus) -> Section {
    let row = |name: &str, side: &Side| {
        let mark = match side.conclusion {
            Some("approved") => "✅",
            Some("rejected" | "failed" | "faulted") => "❌",
            Some("inconclusive") => "❔",
            _ => "⚠️",
        };
        vec![
            format!("**{name}**"),
            format!("{mark} {}", side.conclusion.unwrap_or("not concluded")),
            code(&side.model, 128),
            side.commit.as_ref().map(|commit| code(commit.short(), 7)).unwrap_or_default(),
            side.branch.as_deref().map(|branch| code(branch, 100)).unwrap_or_default(),
            code(&side.run, 100),
            side.rows.map(crate::report::thousands).unwrap_or_default(),
        ]
    };
    let rows = vec![row("A", &versus.a), row("B", &versus.b)];
    Section::table(&["", "", "model", "commit", "branch", "run", "rows"], "::::::r", rows)
}

fn metrics(metrics: &[Metric]) -> Section {
    let value = |it: &Option<MetricValue>| it.as_ref().map_or_else(|| "–".to_owned(), shown);
    let rows = metrics.iter().take(LINES).map(|it| {
        vec![
            code(it.metric.as_str(), 256),
            value(&it.a),
            value(&it.b),
            it.change.map(change).unwrap_or_default() + &ends(it.interval),
            it.method.map(|method| method.word().to_owned()).unwrap_or_default(),
        ]
    });
    let mut rows: Vec<Vec<String>> = rows.collect();
    rows.extend(left_out(metrics.len(), LINES, 5));
    Section::table(&["metric", "A", "B", "B − A", "by"], ":rrr:", rows).titled("Metrics")
}

fn rules(rules: &[Rule]) -> Section {
    if rules.is_empty() {
        return Section::text(vec!["No rule has another outcome.".into()]);
    }
    let told = |it: &Option<Outcome>| match it {
        None => "–".to_owned(),
        Some(it) => {
            let mark = match it.outcome {
                "pass" => "✅",
                "fail" if it.counts => "❌",
                "inconclusive" if it.counts => "❔",
                _ => "⚠️",
            };
            format!("{mark} {} ({})", it.outcome, sentence(&it.bound, 100))
        }
    };
    let rows = rules.iter().take(LINES).map(|rule| {
        let slice = rule.slice.as_deref().map(|slice| format!(" in {}", code(slice, 100)));
        let why = rule.b.as_ref().or(rule.a.as_ref()).map_or("", |it| it.because.as_str());
        vec![
            format!("{}{}", code(rule.metric.as_str(), 256), slice.unwrap_or_default()),
            told(&rule.a),
            told(&rule.b),
            sentence(why, 500),
        ]
    });
    let mut lines: Vec<Vec<String>> = rows.collect();
    lines.extend(left_out(rules.len(), LINES, 4));
    Section::table(&["rule", "A", "B", "why"], "::::", lines).titled("Rules whose outcome differs")
}

fn slices(slices: &[SliceChange]) -> Section {
    let rows = slices.iter().take(SLICES).map(|it| {
        let small = if it.small { " ⚠️ small" } else { "" };
        vec![
            code(it.metric.as_str(), 256),
            format!("{}{small}", code(&it.slice, 200)),
            number(it.a),
            number(it.b),
            change(it.change) + &ends(it.interval),
        ]
    });
    let mut rows: Vec<Vec<String>> = rows.collect();
    rows.extend(left_out(slices.len(), SLICES, 5));
    let titles = ["metric", "slice", "A", "B", "B − A"];
    Section::table(&titles, "::rrr", rows).titled("The slices that changed most")
}

/// A last row that says how many there are besides.
fn left_out(all: usize, shown: usize, columns: usize) -> Option<Vec<String>> {
    let more = all.checked_sub(shown).filter(|more| *more > 0)?;
    let mut row = vec![String::new(); columns];
    row[0] = format!("{more} more with `--format json`");
    Some(row)
}
