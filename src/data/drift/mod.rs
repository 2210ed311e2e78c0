//! How far the data has moved: by column, and for the data set.
//!
//! `values` brings both sides into a form, `score` measures a column, `decide` looks at all columns together, and
//! `picture` shows them. All of it is pure.

mod decide;
mod picture;
mod score;
#[cfg(test)]
mod tests;
mod values;
mod words;

pub use decide::{Compared, drift};
pub use values::{Ascending, MOST_CATEGORIES, Side, Values};
