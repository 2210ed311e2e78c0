//! gate: judge the measurements.
//!
//! [`judge()`] is pure and total, so that a recorded run can be judged again anywhere. Only
//! [`baseline`] and [`swapped()`] read files.

mod approval;
pub mod baseline;
mod judge;
mod limit;
mod notes;
mod rule;
mod swapped;
mod unproven;
mod words;

pub use approval::Approval;
pub use judge::{judge, judge_unread};
pub use swapped::swapped;
pub use unproven::unproven;
