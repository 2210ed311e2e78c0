//! What all rows come to: a table of what breaks the schema.

use serde::{Deserialize, Serialize};

use super::super::rules::{Extra, Schema};
use super::super::told::{self, CHECKS};
use super::super::values::written;
use super::plan::{Asked, Wanted};
use super::tally::Tally;
use super::{Checker, Plan};
use crate::data::keyed::Keyed;
use crate::data::spool::Spool;
use crate::fault::Result;
use crate::table::Type;

/// Rows that break a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// The code of the finding: `data-range`.
    pub check: String,
    /// The column; of a key its columns, of a comparison what is compared, and none of the rows as a whole.
    pub column: Option<String>,
    /// How many rows break it.
    pub rows: u64,
    /// Of how many: of a rule about values the rows that have one.
    pub of: u64,
    /// `rows` / `of`; 0 of none.
    pub share: f64,
    /// The share that is tolerated.
    pub tolerated: f64,
    /// What is allowed, for a sentence.
    pub allowed: String,
    /// The first rows, from 1 over all files, and their values: untrusted text, clipped and made harmless. A long text
    /// that is there twice is told by the row that had it first. At most five.
    pub first: Vec<(u64, String)>,
}

impl Violation {
    /// Whether more rows break it than is tolerated.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.share > self.tolerated
    }

    fn of_table(check: usize, column: Option<String>, rows: u64, allowed: impl Into<String>) -> Self {
        let allowed = allowed.into();
        Self {
            check: CHECKS[check].into(),
            column,
            rows,
            of: rows,
            share: 1.0,
            tolerated: 0.0,
            allowed,
            first: Vec::new(),
        }
    }

    fn of_tally(check: usize, column: &str, tally: Tally, tolerated: f64, allowed: String) -> Option<Self> {
        (tally.rows > 0).then(|| Self {
            check: CHECKS[check].into(),
            column: Some(column.to_owned()),
            rows: tally.rows,
            of: tally.of,
            #[expect(clippy::cast_precision_loss, reason = "a share needs no more digits")]
            share: tally.rows as f64 / tally.of.max(1) as f64,
            tolerated,
            allowed,
            first: tally.first.into_iter().map(|(row, value)| (row + 1, value)).collect(),
        })
    }
}

/// What all rows came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// How many rows were looked at.
    pub rows: u64,
    /// What breaks the schema, within what is tolerated too: first of the rows as a whole, then by column in the order
    /// of the schema.
    pub violations: Vec<Violation>,
    /// Whether a column that the schema does not name is an error.
    pub(in super::super) extra_fails: bool,
    /// Columns that the schema does not name, among which a missing one may be.
    pub(in super::super) extra: Vec<String>,
}

impl Checker<'_> {
    /// Sums up, with the keys of what was merged. `late` are fields that came too late to be columns. `now` is the time in seconds since 1970, by which
    /// [`super::super::Fresh`] judges.
    ///
    /// # Errors
    /// Keys that were written and cannot be read again.
    pub fn finish(self, mut keys: Spool<Keyed>, now: u64, late: &[String]) -> Result<Checked> {
        let Self { plan, rows, columns, keys: own, pairs, newest } = self;
        super::spool(own, &mut keys)?;
        let plan = &plan.with_late(late);
        let mut violations = of_columns_as_such(plan, rows);
        violations.splice(0..0, of_count(&plan.schema, rows));
        violations.extend(stale(plan, rows, newest, now));
        for (wanted, tally) in plan.wanted.iter().zip(columns) {
            violations.extend(of_column(wanted, tally));
        }
        for (key, keys) in plan.keys.iter().zip(keys.finish()) {
            let names: Vec<&str> = key.columns.iter().map(|at| plan.wanted[*at].name.as_str()).collect();
            let tally = super::keys::repeated(keys, plan.wanted[key.columns[0]].holds)?;
            let allowed = once(&tally).to_owned();
            violations.extend(Violation::of_tally(
                told::UNIQUE,
                &names.join(", "),
                tally,
                key.tolerated,
                allowed,
            ));
        }
        for (pair, tally) in plan.pairs.iter().zip(pairs) {
            let compared = pair.rule.of.to_string();
            let allowed = compared.clone();
            violations.extend(Violation::of_tally(
                told::COMPARE,
                &compared,
                tally,
                pair.rule.tolerated,
                allowed,
            ));
        }
        let extra_fails = plan.schema.extra == Extra::Fail;
        Ok(Checked { rows, violations, extra_fails, extra: plan.extra.clone() })
    }
}

/// What is allowed of a key. Whole numbers are floats here, which beyond 2^53 are alike where the numbers are not.
fn once(tally: &Tally) -> &'static str {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let is_beyond = |value: &str| value.parse().is_ok_and(|number: f64| number.abs() >= EXACT);
    match tally.first.iter().any(|(_, value)| is_beyond(value)) {
        true => "each may be there once; whole numbers beyond 2^53 are told apart as `type: text`",
        false => "each may be there once",
    }
}

/// Too few rows or too many.
fn of_count(schema: &Schema, rows: u64) -> Option<Violation> {
    let (min, max) = schema.rows;
    let is_off = min.is_some_and(|min| rows < min) || max.is_some_and(|max| rows > max);
    is_off.then(|| Violation::of_table(told::ROWS, None, rows, told::counts(min, max, "rows")))
}

/// Columns that are missing, not known, or not in their place; comparisons that cannot be made.
fn of_columns_as_such(plan: &Plan, rows: u64) -> Vec<Violation> {
    let mut found = Vec::new();
    for (name, asked) in &plan.missing {
        let why = match asked {
            Asked::Column => "the schema names it",
            Asked::Key => "a key is made of it",
            Asked::Comparison => "it is compared with another",
            Asked::Fresh => "it says how new the data is",
        };
        found.push(Violation::of_table(told::MISSING, Some(name.clone()), rows, why));
    }
    for name in &plan.extra {
        found.push(Violation::of_table(told::EXTRA, Some(name.clone()), rows, "only those of the schema"));
    }
    if let Some((early, late)) = &plan.disorder {
        found.push(Violation::of_table(told::ORDER, Some(early.clone()), rows, late.clone()));
    }
    for (comparison, left, right) in &plan.incomparable {
        let allowed = format!("{} and {}", left.word(), right.word());
        found.push(Violation::of_table(told::COMPARE, Some(comparison.to_string()), rows, allowed));
    }
    found
}

/// The newest row is too old, or there is none.
fn stale(plan: &Plan, rows: u64, newest: Option<f64>, now: u64) -> Option<Violation> {
    let fresh = plan.schema.fresh.as_ref()?;
    let violation = |first: Vec<(u64, String)>| {
        let allowed = format!("at most {}", told::length_of_time(fresh.within));
        let whole = Violation::of_table(told::STALE, Some(fresh.column.clone()), rows, allowed);
        Some(Violation { first, ..whole })
    };
    if plan.no_time.is_some() {
        return violation(Vec::new());
    }
    let holds = plan.fresh.map(|at| plan.wanted[at].holds)?;
    let Some(newest) = newest else { return violation(Vec::new()) };
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
    let age = now as f64 - newest;
    // No row is meant: the newest value, and how old it is.
    let told = || format!("{}, {} ago", written(newest, holds), told::age(age));
    if age > fresh.within.as_secs_f64() { violation(vec![(0, told())]) } else { None }
}

fn of_column(wanted: &Wanted, tally: super::column::ColumnTally) -> Vec<Violation> {
    let Some(rules) = &wanted.rules else { return Vec::new() };
    let name = wanted.name.as_str();
    let holds: Type = wanted.holds;
    let article = if holds == Type::Integer { "an" } else { "a" };
    let mut found = vec![
        Violation::of_tally(
            told::TYPE,
            name,
            tally.strange,
            rules.strange,
            format!("{article} {}", holds.word()),
        ),
        (rules.nulls < 1.0)
            .then(|| {
                Violation::of_tally(told::NULLS, name, tally.missing, rules.nulls, told::percent(rules.nulls))
            })
            .flatten(),
    ];
    if let Some(rule) = &rules.range {
        let allowed = told::range(&rule.of, holds);
        found.push(Violation::of_tally(told::RANGE, name, tally.range, rule.tolerated, allowed));
    }
    if let Some(rule) = &rules.values {
        let allowed = told::values(&rule.of, holds);
        found.push(Violation::of_tally(told::VALUE, name, tally.values, rule.tolerated, allowed));
    }
    if let Some(rule) = &rules.pattern {
        let allowed = crate::document::shown(&rule.of.written);
        found.push(Violation::of_tally(told::PATTERN, name, tally.pattern, rule.tolerated, allowed));
    }
    if let Some(rule) = &rules.length {
        let allowed = told::counts(rule.of.min, rule.of.max, "characters");
        found.push(Violation::of_tally(told::LENGTH, name, tally.length, rule.tolerated, allowed));
    }
    found.into_iter().flatten().collect()
}
