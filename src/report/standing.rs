//! Where a row stands: what failed first, and what only warns never as what failed.

use crate::number::thousands;
use crate::record::{Aside, Conclusion, Outcome, Record, Row, RowOutcome, StepRecord};
use crate::step::Step;

use super::limit::reaches_beyond;

/// What a row means to a reader, in the order in which rows are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The rule does not hold, and that counts.
    Fails,
    /// The rule is not decided, and that counts.
    Open,
    /// The rule does not hold or is not decided, which changes nothing.
    Warns,
    /// The rule holds.
    Holds,
}

/// Where a row stands.
#[must_use]
pub const fn standing(row: &Row) -> Standing {
    match (row.outcome, row.aside) {
        (RowOutcome::Pass, _) => Standing::Holds,
        (_, Some(_)) => Standing::Warns,
        (RowOutcome::Fail, None) => Standing::Fails,
        (RowOutcome::Inconclusive, None) => Standing::Open,
    }
}

/// Where a row comes among the others: a row that fails before one that is open.
pub(super) const fn place(row: &Row) -> (Standing, bool) {
    (standing(row), matches!(row.outcome, RowOutcome::Inconclusive))
}

/// Whether a step is a gate that could not decide: it did not pass, and nothing is wrong with the model either.
#[must_use]
pub fn is_undecided(record: &Record, step: &StepRecord) -> bool {
    step.step == Step::Gate
        && step.outcome == Outcome::Failed
        && record.verdict.as_ref().is_some_and(|verdict| verdict.conclusion == Conclusion::Inconclusive)
}

/// Why a row does not count, where it does not.
#[must_use]
pub const fn aside(row: &Row) -> Option<&'static str> {
    match row.aside {
        Some(Aside::Warn) => Some("warning only"),
        Some(Aside::Small) => Some("small slice: decides nothing"),
        None => None,
    }
}

/// How many more rows would decide it, where the reason does not say so itself; and of a slice that they must be its own.
#[must_use]
pub fn wants(row: &Row) -> Option<String> {
    let rows = row.more_rows?;
    if row.because.contains("more row") {
        return row.slice.as_ref().map(|_| "rows of this slice, that is".to_owned());
    }
    let (count, noun) = (thousands(rows), if rows == 1 { "row" } else { "rows" });
    let of = if row.slice.is_some() { " of this slice" } else { "" };
    Some(format!("about {count} more {noun}{of} would decide it"))
}

/// That the change is none of the two values that stand there: those are of all rows of each side, and it is of the rows
/// that both have.
#[must_use]
pub fn of_both(row: &Row) -> Option<&'static str> {
    let (value, baseline) = (row.value.as_ref()?.number()?, row.baseline.as_ref()?.number()?);
    let change = row.change?;
    // The sum is rounded; what is within that is no other change.
    let rounding = 1e-9 * value.abs().max(baseline.abs());
    let differs = ((value - baseline) - change).abs() > rounding;
    differs.then_some("the change is over the rows of both")
}

/// How the interval that decides came about, and on how many rows: `Wilson, 1,843 rows`.
#[must_use]
pub fn measured(row: &Row) -> Option<String> {
    let method = row.method.map(|method| method.word().to_owned());
    let rows = row.rows.map(rows);
    match (method, rows) {
        (Some(method), Some(rows)) => Some(format!("{method}, {rows}")),
        (one, other) => one.or(other),
    }
}

/// So many rows: `1 row`, `1,843 rows`.
#[must_use]
pub fn rows(rows: u64) -> String {
    format!("{} {}", thousands(rows), if rows == 1 { "row" } else { "rows" })
}

/// Whether the numbers of a row do not tell all that there is to say.
#[must_use]
pub fn speaks(row: &Row) -> bool {
    row.outcome != RowOutcome::Pass || row.margin.is_none() || reaches_beyond(row)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::name::MetricName;
    use crate::record::{Method, MetricValue, RuleKind};

    fn row() -> Row {
        Row::new(MetricName::new("accuracy").unwrap(), RuleKind::Min, MetricValue::Number(0.5))
    }

    #[test]
    fn an_aside_never_stands_among_what_fails() {
        for outcome in [RowOutcome::Fail, RowOutcome::Inconclusive] {
            for aside in [Aside::Warn, Aside::Small] {
                assert_eq!(standing(&Row { outcome, aside: Some(aside), ..row() }), Standing::Warns);
            }
        }
        let holds = Row { outcome: RowOutcome::Pass, aside: Some(Aside::Warn), ..row() };
        assert_eq!(standing(&holds), Standing::Holds);
    }

    #[test]
    fn what_would_decide_is_said_once() {
        let row = Row { more_rows: Some(1200), ..row() };
        assert_eq!(wants(&row).as_deref(), Some("about 1,200 more rows would decide it"));
        let sliced = Row { slice: Some("region=sea".into()), ..row.clone() };
        assert_eq!(wants(&sliced).as_deref(), Some("about 1,200 more rows of this slice would decide it"));
        let said = |row: Row| wants(&Row { because: "1,200 more rows would tell".into(), ..row });
        assert_eq!(said(row), None);
        assert_eq!(said(sliced).as_deref(), Some("rows of this slice, that is"));
    }

    #[test]
    fn a_change_of_the_common_rows_is_told_from_that_of_the_values() {
        let number = |it| Some(MetricValue::Number(it));
        let row = |change| of_both(&Row { value: number(0.9), baseline: number(0.88), change, ..row() });
        assert_eq!(row(Some(0.9 - 0.88)), None);
        assert_eq!(row(Some(0.02)), None, "but for rounding");
        assert_eq!(row(Some(0.021)), Some("the change is over the rows of both"));
        assert_eq!(row(None), None);
    }

    #[test]
    fn a_method_and_its_rows_are_told_as_far_as_they_are_known() {
        let with = |method, rows| measured(&Row { method, rows, ..row() });
        assert_eq!(with(Some(Method::Wilson), Some(1843)).as_deref(), Some("Wilson, 1,843 rows"));
        assert_eq!(with(None, Some(1)).as_deref(), Some("1 row"));
        assert_eq!(with(None, None), None);
    }
}
