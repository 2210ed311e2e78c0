//! Folders that name columns: `year=2026/month=11/part-0.parquet` has a column `year` that is 2026 in every row, as for
//! Hive, Spark, Arrow and pandas.

use crate::finding::Finding;

use super::Kind;
use super::cell::{self, Filling};
use super::spelling::says_nothing;
use super::trouble::{PLAIN_NUMBER, Wrong, clipped};

/// What Hive writes for a missing value.
const NOTHING: &str = "__HIVE_DEFAULT_PARTITION__";

/// A column that a folder names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The name.
    pub name: String,
    /// What it is in all rows of the file; none where it is missing.
    pub value: Option<String>,
}

/// A wanted column that is the same in all rows of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    slot: usize,
    value: Option<String>,
}

/// The keys of the folders on the way to a file, the outermost first.
pub fn keys(path: &str) -> Vec<Key> {
    let Some((folders, _)) = path.rsplit_once('/') else { return Vec::new() };
    let split = |folder: &str| {
        let (name, value) = folder.split_once('=').filter(|(name, _)| !name.is_empty())?;
        let value = (value != NOTHING).then(|| decoded(value)).filter(|value| !value.is_empty());
        Some(Key { name: decoded(name), value })
    };
    folders.split('/').filter_map(split).collect()
}

/// A text in which `%3D` stands for `=`. What is not so written stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped = after.split_first_chunk::<2>().filter(|_| *byte == b'%');
        match escaped.and_then(|(digits, after)| Some((hexadecimal(*digits)?, after))) {
            Some((decoded, after)) => {
                bytes.push(decoded);
                rest = after;
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hexadecimal([high, low]: [u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

impl Key {
    /// The column that is wanted as number `slot`, or why it cannot be.
    pub fn constant(&self, slot: usize, kind: Kind) -> Result<Constant, Box<Finding>> {
        let text = self.value.as_deref().unwrap_or("");
        let name = clipped(&self.name);
        if !kind.may_miss() && says_nothing(text) {
            let message = format!("the folder of this file says no value of «{name}»");
            let finding = Finding::error("table-value-missing", message);
            return Err(finding.help("leave the file out, or write a value that stands for it").into());
        }
        if kind == Kind::Number && cell::number(text.as_bytes()).is_err() {
            let message = format!("the folder of this file says that «{name}» is «{}»", clipped(text));
            let finding = Finding::error("table-number", format!("{message}, which is no number"));
            return Err(finding.help(PLAIN_NUMBER).into());
        }
        Ok(Constant { slot, value: self.value.clone() })
    }
}

impl Constant {
    /// Adds so many rows. A value that does not suit has been refused before.
    pub fn fill(&self, filling: &mut [Filling<'_>], rows: u64) {
        let Some(column) = filling.get_mut(self.slot) else { return };
        for _ in 0..rows {
            let _refused_before = match &self.value {
                Some(value) => column.push(value.as_bytes()),
                None => column.push_wrong(Wrong::Missing, ""),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_with_keys_are_columns() {
        let found = |path| -> Vec<(String, Option<String>)> {
            keys(path).into_iter().map(|key| (key.name, key.value)).collect()
        };
        let key = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(
            found("data/year=2026/month=11/part-0.parquet"),
            [key("year", "2026"), key("month", "11")]
        );
        assert_eq!(found("a=1.csv"), []);
        assert_eq!(found("=1/x/a.csv"), []);
        assert_eq!(found("a=b=c/p.csv"), [key("a", "b=c")]);
        assert_eq!(found("a%20b=%C3%BC%2F%/p.csv"), [key("a b", "ü/%")]);
        assert_eq!(found("a=%ff/p.csv"), [key("a", "%ff")]);
        let none = |name: &str| (name.to_owned(), None);
        assert_eq!(found("a=__HIVE_DEFAULT_PARTITION__/b=/p.csv"), [none("a"), none("b")]);
    }
}
