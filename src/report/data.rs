//! What is said of the data, the same in every report. Names and values are untrusted: renderers clean and escape them.

use super::text::clipped;
use crate::number::{apart, chance, counted, percent, short, thousands};
use crate::record::data::{ColumnDrift, Data, Drift, Leakage, Recalled, Role, Set, Violation};

/// As many characters of a name or a value as a sentence bears.
const NAME: usize = 60;
/// So many columns and values are named in a sentence.
const NAMED: usize = 3;

/// How far a verdict on drift goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// No column has drifted.
    Nothing,
    /// No column has drifted as far as anybody can tell: not all were compared, or hardly any rows.
    Unclear,
    /// Some columns have drifted, and not enough for the data.
    Partly,
    /// The data has drifted.
    Wholly,
}

impl Moved {
    /// Of the drift of a data set.
    pub fn of(drift: &Drift) -> Self {
        match (drift.drifted, drift.moved()) {
            (true, _) => Self::Wholly,
            (false, 0) if drift.is_partial() => Self::Unclear,
            (false, 0) => Self::Nothing,
            (false, _) => Self::Partly,
        }
    }

    /// The verdict in a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Nothing => "steady",
            Self::Unclear => "unclear",
            Self::Partly => "in part",
            Self::Wholly => "drifted",
        }
    }
}

/// The verdict on drift in a sentence: `«now» has drifted from «train»: 3 of 20 columns`. `is_sound` says that nothing is wrong
/// besides, such as a column that could not be compared.
pub fn verdict(drift: &Drift, is_sound: bool) -> String {
    let moved = Moved::of(drift);
    let verdict = match moved {
        Moved::Nothing | Moved::Unclear => "has not drifted from",
        Moved::Partly => "has drifted in part from",
        Moved::Wholly => "has drifted from",
    };
    let is_whole = is_sound && (moved == Moved::Wholly || !drift.is_partial());
    let rest = if is_whole { "" } else { ", as far as it could be compared" };
    format!(
        "«{}» {verdict} «{}»: {}{rest}",
        clipped(&drift.current, NAME),
        clipped(&drift.reference, NAME),
        drift.counts("")
    )
}

/// What the verdict rests on: `15 % of the features; from 50 % on the data has drifted; method «auto»`, and a profile where
/// one stood for the reference.
pub fn rests_on(drift: &Drift) -> String {
    let share = percent(drift.share);
    format!(
        "{share} of the features; from {} on the data has drifted; method «{}»{}",
        percent(drift.bound),
        clipped(&drift.method, NAME),
        drift.profile.as_ref().map(|profile| recalled(drift, profile)).unwrap_or_default()
    )
}

fn recalled(drift: &Drift, profile: &Recalled) -> String {
    let sketches = drift.columns.iter().filter(|column| column.sketch.is_some()).count();
    let sketches = match sketches {
        0 => String::new(),
        some => format!(", with a sketch of {}", counted(some, "column", "columns")),
    };
    format!("; the reference is a profile of {} rows{sketches}", thousands(profile.rows))
}

/// The score of a column beside its threshold, as many digits as tell them apart: `0.31` and `≥ 0.1`, of a test `0.0004`
/// and `< 0.05`. What was not measured is a dash.
pub fn score(column: &ColumnDrift) -> [String; 2] {
    let Some(score) = column.score else { return ["–".to_owned(), String::new()] };
    let [shown, threshold] = apart(score, column.threshold);
    if !column.is_by_test() {
        return [shown, format!("≥ {threshold}")];
    }
    [bare(&chance(score, column.threshold)).to_owned(), format!("< {threshold}")]
}

/// The p-value of a column after the correction for all of them: `p = 0.0312`, `p < 0.001`.
pub fn p(column: &ColumnDrift) -> Option<String> {
    let level = if column.is_by_test() { column.threshold } else { 1.0 };
    column.p.map(|p| chance(p, level))
}

/// A p-value below the title that says what it is: `0.0312`, `< 0.001`.
pub fn bare(chance: &str) -> &str {
    chance.strip_prefix("p = ").or_else(|| chance.strip_prefix("p ")).unwrap_or(chance)
}

/// What a column is to the model, where it is no feature.
pub const fn role(column: &ColumnDrift) -> Option<&'static str> {
    match column.role {
        Role::Feature => None,
        Role::Label => Some("label"),
        Role::Prediction => Some("prediction"),
    }
}

/// The share of rows without a value, then and now: `0 % → 4.2 %`.
pub fn missing(column: &ColumnDrift) -> String {
    let [before, now] = column.missing.map(percent);
    if before == now { now } else { format!("{before} → {now}") }
}

/// The columns of a set with the most rows without a value, in words; empty where every row has all.
pub fn gaps(set: &Set) -> String {
    let mut gaps: Vec<(&String, u64)> =
        set.missing.iter().filter(|(_, rows)| **rows > 0).map(|(name, rows)| (name, *rows)).collect();
    gaps.sort_by(|(one, a), (other, b)| b.cmp(a).then(one.cmp(other)));
    let share = |rows: u64| percent(rows as f64 / set.rows.max(1) as f64);
    let named = gaps.iter().map(|(name, rows)| format!("{} {}", clipped(name, NAME), share(*rows)));
    listed(named.collect(), gaps.len())
}

/// What a violation is about: a column, or the table.
pub fn about(violation: &Violation) -> &str {
    violation.column.as_deref().unwrap_or("the table")
}

/// The first rows that break a check: `row 3 «-1», row 17 «240»`.
pub fn first(violation: &Violation) -> String {
    let named = violation.first.iter().map(|(row, value)| match value.as_str() {
        "" => format!("row {}", thousands(*row)),
        value => format!("row {} «{}»", thousands(*row), clipped(value, NAME)),
    });
    let more = usize::try_from(violation.rows).unwrap_or(usize::MAX).max(violation.first.len());
    listed(named.collect(), more)
}

/// What leaks, in a few sentences.
pub fn leaks(leakage: &Leakage) -> Vec<String> {
    let (train, test) = (clipped(&leakage.train, NAME), clipped(&leakage.test, NAME));
    let mut told = vec![match leakage.rows {
        0 => format!("no row of «{test}» is in «{train}»"),
        rows => {
            let rows = super::standing::rows(rows);
            let first = leakage
                .first
                .iter()
                .map(|(row, of)| format!("row {} is row {} there", thousands(*row), thousands(*of)));
            let first = first.take(NAMED).collect::<Vec<_>>().join(", ");
            let first = if first.is_empty() { first } else { format!(": {first}") };
            let are = if leakage.rows == 1 { "is" } else { "are" };
            format!("{rows} of «{test}» ({}) {are} in «{train}» too{first}", percent(leakage.share))
        }
    }];
    let shared: Vec<_> = leakage.groups.iter().filter(|(_, values)| **values > 0).collect();
    let named = shared
        .iter()
        .map(|(column, values)| format!("{} of «{}»", thousands(**values), clipped(column, NAME)));
    match (shared.len(), leakage.groups.len()) {
        (0, 0) => {}
        (0, _) => told.push(format!("no group is both in «{train}» and in «{test}»")),
        (count, _) => told.push(format!("values in both sets: {}", listed(named.collect(), count))),
    }
    if !leakage.predicts.is_empty() {
        let named = leakage
            .predicts
            .iter()
            .map(|(column, area)| format!("«{}» {}", clipped(column, NAME), short(*area)));
        told.push(format!(
            "alone these tell the label best, by the area under the ROC curve: {}",
            listed(named.collect(), leakage.predicts.len())
        ));
    }
    told
}

/// The sets in a sentence: `train has 8,000 rows of 12 columns`.
pub fn sets(data: &Data) -> Vec<String> {
    let columns =
        |set: &Set| counted(usize::try_from(set.columns).unwrap_or(usize::MAX), "column", "columns");
    let told = |(name, set): (&String, &Set)| {
        format!("«{}»: {}, {}", clipped(name, NAME), super::standing::rows(set.rows), columns(set))
    };
    data.sets.iter().map(told).collect()
}

/// The first few of `all`, and how many more there are.
fn listed(mut named: Vec<String>, all: usize) -> String {
    named.truncate(NAMED);
    let more = all.saturating_sub(named.len());
    if more > 0 && !named.is_empty() {
        named.push(format!("{} more", thousands(more as u64)));
    }
    named.join(", ")
}
