//! From how it ended to the exit code: one total match, design and docs/exit-codes.md.

use crate::interrupt::Signal;
use crate::record::{Conclusion, Outcome};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It did what it is for.
    Done,
    /// A run was concluded.
    Concluded(Conclusion),
    /// A run was approved, and a delivery failed.
    Undelivered,
    /// A single step ended.
    Step(Outcome),
    /// Something that was checked is not as it should be.
    Wrong,
    /// Somebody stopped it.
    Stopped(Signal),
    /// The configuration is invalid.
    Invalid,
    /// The world failed.
    Faulted,
}

/// The exit code. 2, wrong usage, is clap's own.
#[must_use]
pub const fn code(end: End) -> u8 {
    match end {
        End::Done
        | End::Concluded(Conclusion::Approved)
        | End::Step(Outcome::Passed | Outcome::Restored | Outcome::Skipped) => 0,
        End::Faulted
        | End::Concluded(Conclusion::Faulted | Conclusion::Cancelled)
        | End::Step(Outcome::Faulted) => 1,
        End::Invalid => 3,
        End::Concluded(Conclusion::Rejected | Conclusion::Inconclusive) => 10,
        End::Undelivered => 12,
        End::Wrong | End::Concluded(Conclusion::Failed) | End::Step(Outcome::Failed) => 11,
        End::Stopped(Signal::Interrupt) => 130,
        End::Stopped(Signal::Terminate) => 143,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_proven_exits_with_zero() {
        for conclusion in [
            Conclusion::Rejected,
            Conclusion::Inconclusive,
            Conclusion::Failed,
            Conclusion::Faulted,
            Conclusion::Cancelled,
        ] {
            assert_ne!(code(End::Concluded(conclusion)), 0);
        }
        assert_eq!(code(End::Concluded(Conclusion::Approved)), 0);
    }
}
