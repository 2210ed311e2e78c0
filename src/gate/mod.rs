//! gate: judge the measurements.

use crate::config::Gate;
use crate::record::{Record, Verdict};

/// Judges the candidate's metrics against the policy and the baseline in the record.
///
/// Pure and total: the same on any machine.
#[must_use]
pub fn judge(policy: &Gate, record: &Record) -> Verdict {
    let _ = (policy, record);
    todo!()
}
