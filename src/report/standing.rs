//! Where a row stands: what failed first, and what only warns never as what failed.

use crate::number::number;
use crate::record::{Aside, Row, RowOutcome};

use super::limit::reaches_beyond;
use super::number::count;

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

/// Why a row does not count, where it does not.
#[must_use]
pub const fn aside(row: &Row) -> Option<&'static str> {
    match row.aside {
        Some(Aside::Warn) => Some("warning only"),
        Some(Aside::Small) => Some("small slice: decides nothing"),
        None => None,
    }
}

/// How many more rows would decide it, where the reason does not say so itself.
#[must_use]
pub fn wants(row: &Row) -> Option<String> {
    let more = row.more_rows.filter(|_| !row.because.contains("more row"))?;
    let (rows, would) = (count(more), if more == 1 { "row" } else { "rows" });
    Some(format!("about {rows} more {would} would decide it"))
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
    format!("{} {}", count(rows), if rows == 1 { "row" } else { "rows" })
}

/// Whether the numbers of a row do not tell all that there is to say.
#[must_use]
pub fn speaks(row: &Row) -> bool {
    row.outcome != RowOutcome::Pass || row.margin.is_none() || reaches_beyond(row)
}

/// A confidence as people say it: `95 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
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
        assert_eq!(wants(&Row { because: "1,200 more rows would tell".into(), ..row }), None);
    }

    #[test]
    fn a_method_and_its_rows_are_told_as_far_as_they_are_known() {
        let with = |method, rows| measured(&Row { method, rows, ..row() });
        assert_eq!(with(Some(Method::Wilson), Some(1843)).as_deref(), Some("Wilson, 1,843 rows"));
        assert_eq!(with(None, Some(1)).as_deref(), Some("1 row"));
        assert_eq!(with(None, None), None);
        assert_eq!(percent(0.95), "95 %");
    }
}
