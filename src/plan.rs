//! The plan: the ordered steps, and for each the reason why it runs or is skipped.

use crate::config::Config;
use crate::record::Record;
use crate::step::Step;

/// What is to be done with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// It runs.
    Run,
    /// Its outputs are restored; only a forecast says so.
    Restore,
    /// It is not asked for.
    Skip,
    /// It is asked for and this version cannot do it.
    Unavailable,
}

/// A step, what is to be done with it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Which one.
    pub step: Step,
    /// What is to be done.
    pub intent: Intent,
    /// Why, in one sentence.
    pub because: String,
}

/// The ordered steps. Deploy and retrain are planned only when they are configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In the order of the work.
    pub steps: Vec<Planned>,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next<'a> {
    /// This step is to be done.
    Do(&'a Planned),
    /// This step is to be recorded as skipped, for this reason.
    Skip(Step, String),
    /// Nothing is left.
    Nothing,
}

/// Plans what the configuration asks for.
#[must_use]
pub fn plan(config: &Config) -> Plan {
    let _ = config;
    todo!()
}

impl Plan {
    /// The first step that the record does not have yet: to be done, or to be skipped because an earlier
    /// one failed, faulted or was not asked for. Gate is skipped when a step before it was not good;
    /// report is always done.
    #[must_use]
    pub fn next(&self, record: &Record) -> Next<'_> {
        let _ = record;
        todo!()
    }
}
