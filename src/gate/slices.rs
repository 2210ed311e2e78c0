//! A rule over slices: a row for each, or for the worst of them.

use super::draft::{Draft, draft};
use super::known::{Known, Library};
use super::rule::Reference;
use super::words;
use crate::config::{Rule, RuleSlices};
use crate::record::{RowOutcome, Slice};

/// The rows of one rule about the slices that it names, in the order of the record; all of them, also where only the
/// worst will be shown.
pub fn drafts(library: Library<'_>, rule: &Rule, wanted: &RuleSlices) -> Vec<Draft> {
    let names = if wanted.by.is_empty() { every(library) } else { wanted.by.clone() };
    if names.is_empty() {
        let because = "there are no slices: evaluate divided the rows by nothing".to_owned();
        return vec![Draft::plain(rule, "*", RowOutcome::Inconclusive, because)];
    }
    names.iter().flat_map(|by| of_slicing(library, rule, wanted, by)).collect()
}

/// The names of all slicings of the candidate's predictions.
fn every(library: Library<'_>) -> Vec<String> {
    let slices = library.record.predictions().map(|predictions| predictions.slices.as_slice());
    let mut names: Vec<String> = Vec::new();
    for slice in slices.unwrap_or_default() {
        if !names.contains(&slice.by) {
            names.push(slice.by.clone());
        }
    }
    names
}

fn of_slicing(library: Library<'_>, rule: &Rule, wanted: &RuleSlices, by: &str) -> Vec<Draft> {
    let slices = library.record.predictions().map(|predictions| predictions.slices.as_slice());
    let slices: Vec<&Slice> = slices.unwrap_or_default().iter().filter(|slice| slice.by == by).collect();
    let mut drafts: Vec<Draft> = slices.iter().map(|slice| of_slice(library, rule, wanted, slice)).collect();
    drafts.extend(missing(library, rule, wanted, by, &slices));
    if !drafts.is_empty() && drafts.iter().all(Draft::is_small) {
        drafts.push(all_small(rule, by, &slices));
    }
    if drafts.is_empty() {
        let because = format!("there are no slices by {}", words::quoted(by));
        drafts.push(Draft::plain(rule, by, RowOutcome::Inconclusive, because));
    }
    drafts
}

fn of_slice(library: Library<'_>, rule: &Rule, wanted: &RuleSlices, slice: &Slice) -> Draft {
    let known = library.slice(&rule.metric, slice);
    let unmeasured = || "it could not be measured on this slice".to_owned();
    let mut draft = draft(library, rule, &known, unmeasured);
    draft.row.slice = Some(slice.name.clone());
    let is_cut = library.policy.cut.contains(&slice.by);
    if draft.row.outcome == RowOutcome::Pass && is_cut && is_cut_elsewhere(library, rule, &known, &slice.by) {
        draft.row.outcome = RowOutcome::Inconclusive;
        draft.row.because = CUT_ELSEWHERE.to_owned();
    }
    if !slice.small || wanted.small {
        return draft;
    }
    if let Some(before) = library.baseline().and_then(|baseline| baseline.same_slice(slice))
        && !before.small
    {
        return shrunk(draft, slice, before);
    }
    let few = match slice.rows {
        1 => "1 row is".to_owned(),
        rows => format!("{} rows are", words::thousands(rows)),
    };
    draft.row.because += &format!("; its {few} too few to decide");
    draft.small()
}

const CUT_ELSEWHERE: &str = "the baseline's slices are cut elsewhere, and its predictions on these rows are not known; \
                             `evaluate.baseline-model: true` measures its model on them";

/// Whether the baseline has slices of this slicing, and none of which this one is the same.
fn is_cut_elsewhere(library: Library<'_>, rule: &Rule, known: &Known, by: &str) -> bool {
    let has_some =
        || library.baseline().is_some_and(|baseline| baseline.slices.iter().any(|slice| slice.by == by));
    rule.kind.compares() && matches!(known.reference, Reference::LacksSlice(_)) && has_some()
}

/// A slice that is small and was not: who takes its rows away does not set it aside by that.
fn shrunk(mut draft: Draft, slice: &Slice, before: &Slice) -> Draft {
    let (now, rows_before, before) = (slice.rows, before.rows, words::thousands(before.rows));
    let (is, now) = (if now == 1 { "is" } else { "are" }, words::thousands(now));
    draft.row.because += &if slice.rows < rows_before {
        format!("; but the baseline has {before} rows of it, and only {now} {is} left")
    } else {
        format!("; but it was not small for the baseline, which has {before} rows of it")
    };
    if draft.row.outcome == RowOutcome::Pass {
        draft.row.outcome = RowOutcome::Inconclusive;
    }
    draft
}

/// A slice that the baseline was measured on and the candidate was not: what nobody looked at does not pass.
fn missing(
    library: Library<'_>,
    rule: &Rule,
    wanted: &RuleSlices,
    by: &str,
    slices: &[&Slice],
) -> Vec<Draft> {
    if library.policy.cut.iter().any(|cut| cut == by) {
        return Vec::new();
    }
    let theirs = library.baseline().into_iter().flat_map(|predictions| &predictions.slices);
    let lost = theirs.filter(|slice| slice.by == by && slices.iter().all(|ours| ours.name != slice.name));
    let draft = |slice: &Slice| {
        let rows = words::thousands(slice.rows);
        let because = format!("the slice is missing; the baseline was measured on {rows} rows of it");
        let draft = Draft::plain(rule, &slice.name, RowOutcome::Fail, because);
        if slice.small && !wanted.small { draft.small() } else { draft }
    };
    lost.map(draft).collect()
}

/// Small slices decide nothing; where there are no others, nothing decides.
fn all_small(rule: &Rule, by: &str, slices: &[&Slice]) -> Draft {
    let largest = slices.iter().map(|slice| slice.rows).max().unwrap_or(0);
    let because = format!(
        "every slice by {} is small, so that none decides: the largest has {} rows; `small: true` lets them decide",
        words::quoted(by),
        words::thousands(largest),
    );
    Draft::plain(rule, by, RowOutcome::Inconclusive, because)
}

/// The worst of the slices that decide: by what it came to, then by its margin. Without any, none.
pub fn worst(drafts: Vec<Draft>) -> Option<Draft> {
    let rank = |draft: &Draft| match draft.row.outcome {
        RowOutcome::Fail => 0,
        RowOutcome::Inconclusive => 1,
        RowOutcome::Pass => 2,
    };
    let margin = |draft: &Draft| match (draft.row.margin, draft.row.outcome) {
        (Some(margin), _) => margin,
        // Not compared: nothing is closer to the bound than what was.
        (None, RowOutcome::Pass) => f64::INFINITY,
        (None, _) => f64::NEG_INFINITY,
    };
    let deciding: Vec<Draft> = drafts.into_iter().filter(|draft| !draft.is_small()).collect();
    let others = others(&deciding);
    let worst =
        deciding.into_iter().min_by(|a, b| rank(a).cmp(&rank(b)).then(margin(a).total_cmp(&margin(b))));
    worst.map(|mut draft| {
        draft.row.because += &others;
        draft
    })
}

/// How many slices do not pass besides the worst, as the end of its sentence: `; and 3 more slices fail`.
fn others(deciding: &[Draft]) -> String {
    let of = |outcome| deciding.iter().filter(|draft| draft.row.outcome == outcome).count();
    // The worst is one of those that fail, and only where none does one of the open ones.
    let (failing, open) = match (of(RowOutcome::Fail), of(RowOutcome::Inconclusive)) {
        (0, open) => (0, open.saturating_sub(1)),
        (failing, open) => (failing - 1, open),
    };
    let many = |count: usize| words::thousands(count as u64);
    let noun = |count| if count == 1 { "more slice" } else { "more slices" };
    let fail = if failing == 1 { "fails" } else { "fail" };
    let are = if open == 1 { "is" } else { "are" };
    match (failing, open) {
        (0, 0) => String::new(),
        (0, _) => format!("; and {} {} {are} inconclusive", many(open), noun(open)),
        (_, 0) => format!("; and {} {} {fail}", many(failing), noun(failing)),
        _ => {
            format!("; and {} {} {fail}, and {} {are} inconclusive", many(failing), noun(failing), many(open))
        }
    }
}
