//! How far the data has moved: by column, and for the data set.
//!
//! `values` brings both sides into a form, `score` measures a column, `decide` looks at all columns together, and
//! `picture` shows them. Of numbers a profile may have a `sketch` alone. All of it is pure.

mod decide;
mod picture;
mod score;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod simulation;
mod sketch;
#[cfg(test)]
mod tests;
mod values;
mod words;

pub use decide::{Compared, Lack, drift};
pub use sketch::Sketch;
pub use values::{Ascending, MOST_CATEGORIES, Side, Values};
pub use words::lacking;
