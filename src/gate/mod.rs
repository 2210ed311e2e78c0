//! gate: judge the measurements.
//!
//! [`judge()`] is pure and total, so that a recorded run can be judged again anywhere. Only
//! [`baseline`] reads a file.

pub mod baseline;
mod judge;
mod limit;
mod notes;
mod rule;
mod unproven;
mod words;

pub use judge::judge;
pub use unproven::unproven;
