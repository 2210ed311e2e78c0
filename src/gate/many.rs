//! Many rules, and none that fails by chance.
//!
//! Each rule that is a test is wrong once in a while, so that of many one nearly always is. Holm's procedure keeps the
//! chance that any sound one of them fails at that of a single test. Passing needs no correction: all have to pass, and
//! that is no likelier than that any one of them does (the intersection-union principle of Berger 1982). So it takes
//! failures back to inconclusive, and never lets more through.

use super::draft::Draft;
use super::words;
use crate::config::{Correction, Gate};
use crate::record::RowOutcome;
use crate::statistics::holm;

/// Takes back the failures that do not stand the correction. The number of tests that there are.
pub fn correct(policy: &Gate, drafts: &mut [&mut Draft]) -> usize {
    let Some(confidence) = policy.confidence else { return 0 };
    let is_test = |draft: &&mut &mut Draft| draft.row.aside.is_none() && draft.p.is_some();
    let mut tests: Vec<&mut &mut Draft> = drafts.iter_mut().filter(is_test).collect();
    let count = tests.len();
    // One test is what it is, to the last digit.
    if policy.correction == Correction::None || count < 2 {
        return count;
    }
    let p: Vec<f64> = tests.iter().map(|draft| draft.p.unwrap_or(1.0)).collect();
    // A failure is on one side of the bound, where the interval leaves half of what it leaves.
    let stands = holm(&p, (1.0 - confidence) / 2.0);
    for (draft, stands) in tests.iter_mut().zip(stands) {
        if draft.row.outcome == RowOutcome::Fail && !stands {
            draft.row.outcome = RowOutcome::Inconclusive;
            draft.row.because = format!(
                "{}; it fails at its own {}, not after Holm's correction for {count} tests",
                draft.plain,
                words::percent(confidence),
            );
        }
    }
    count
}
