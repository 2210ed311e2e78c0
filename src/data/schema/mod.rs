//! What data must be like: `data.schema.yml`, how it is read, checked, and guessed from data.
//!
//! [`parse`] takes our own format, a Frictionless Table Schema or a suite of Great Expectations, and tells them apart
//! by what is in them. A [`Plan`] puts the schema beside the columns that are there, a [`Checker`] looks at batches of
//! rows, [`Checked::findings`] says what is wrong, and [`infer`] writes a schema that the data keeps.

mod check;
mod compare;
mod expectations;
mod foreign;
mod frictionless;
mod infer;
mod moment;
mod raw;
mod read;
mod rules;
mod told;
mod validate;
mod values;

#[cfg(test)]
mod tests;

pub use check::{Checked, Checker, Plan, Violation};
pub use compare::{Comparison, Operator};
pub use infer::{Summary, infer};
pub use read::{Dialect, Read, json_schema, parse};
pub(in crate::data) use values::written;

pub use rules::{Allowed, Bound, ColumnRules, Extra, Fresh, Length, Pattern, Range, Rule, Schema};
