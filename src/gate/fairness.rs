//! A difference between slices that leaves out one which the baseline knows.

use super::known::{Library, MEASURE_AGAIN};
use super::words;
use crate::config::{Fairness, Rule};
use crate::record::Slice;

/// Why such a difference is not to be relied on, as the end of a sentence: who gives a group another name, or many that
/// are small, takes it out of the difference by that.
pub fn lost(library: Library<'_>, rule: &Rule) -> Option<String> {
    let (_, by) = Fairness::named(rule.metric.as_str())?;
    if library.policy.cut.iter().any(|cut| cut == by) {
        return None;
    }
    let ours = library.record.predictions()?;
    let theirs = library.baseline()?.slices.iter().filter(|slice| slice.by == by && !slice.small);
    let mut lost = theirs.filter_map(|before| {
        let now = ours.same_slice(before);
        now.is_none_or(|now| now.small).then_some((before, now))
    });
    let (before, now) = lost.next()?;
    Some(format!("{}; {MEASURE_AGAIN}", left_out(before, now, lost.count())))
}

/// `more` is how many others are left out too.
fn left_out(before: &Slice, now: Option<&Slice>, more: usize) -> String {
    let (name, rows) = (words::quoted(&before.name), words::thousands(before.rows));
    let left = now.map_or_else(|| "none".to_owned(), |now| words::thousands(now.rows));
    let what = match more {
        0 => name,
        more => format!("{} slices of the baseline's, such as {name}", words::thousands(more as u64 + 1)),
    };
    format!("the difference leaves out {what}: the baseline has {rows} rows of it, the candidate {left}")
}
