//! gate: judge the measurements.
//!
//! [`judge()`] is pure and total, so that a recorded run can be judged again anywhere. Only
//! [`baseline`] and [`Approval::of`] read files.

mod approval;
pub mod baseline;
mod draft;
mod fairness;
mod judge;
mod known;
mod limit;
mod many;
mod notes;
mod rule;
mod slices;
mod unproven;
mod weigh;
pub mod what_if;
mod words;

pub use approval::{Approval, ApprovedImage};
pub use judge::{judge, judge_unread};
pub use unproven::{incomplete, unproven};
pub use what_if::WhatIf;
