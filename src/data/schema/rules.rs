//! A schema that is valid: what must hold of the columns, and of the rows as a whole.

use std::collections::BTreeSet;
use std::time::Duration;

use super::compare::Comparison;
use crate::table::Type;

/// What data must be like.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// The columns, in the order of the file. A name is there once.
    pub columns: Vec<ColumnRules>,
    /// The fewest rows, and the most; both inclusive.
    pub rows: (Option<u64>, Option<u64>),
    /// Columns that together tell a row from every other. None of the lists is empty.
    pub unique: Vec<Vec<String>>,
    /// How new the newest row must be.
    pub fresh: Option<Fresh>,
    /// What must hold between two columns of a row.
    pub compare: Vec<Rule<Comparison>>,
    /// What becomes of columns that the schema does not name.
    pub extra: Extra,
    /// Whether the columns must come in the order of the schema.
    pub ordered: bool,
}

impl Schema {
    /// Which of these columns it names, be it in a key or a comparison.
    #[must_use]
    pub fn named<'a>(&self, columns: &'a [String]) -> Vec<&'a str> {
        let of_columns = self.columns.iter().map(|column| &column.name);
        let of_rows = self.unique.iter().flatten().chain(self.fresh.iter().map(|fresh| &fresh.column));
        let of_pairs = self.compare.iter().flat_map(|rule| [&rule.of.left, &rule.of.right]);
        let named: BTreeSet<&String> = of_columns.chain(of_rows).chain(of_pairs).collect();
        columns.iter().filter(|column| named.contains(column)).map(String::as_str).collect()
    }

    /// What it says of other columns than these, and of what they have nothing to do with.
    #[must_use]
    pub fn without(&self, ignored: &[String]) -> Self {
        let is_kept = |name: &String| !ignored.contains(name);
        let mut schema = self.clone();
        schema.columns.retain(|column| is_kept(&column.name));
        schema.unique.retain(|columns| columns.iter().all(is_kept));
        schema.fresh = schema.fresh.filter(|fresh| is_kept(&fresh.column));
        schema.compare.retain(|rule| is_kept(&rule.of.left) && is_kept(&rule.of.right));
        schema
    }
}

/// What becomes of columns that the schema does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extra {
    /// Nothing.
    Allow,
    /// A warning.
    #[default]
    Warn,
    /// An error.
    Fail,
}

/// How new the newest row must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// The column of the time.
    pub column: String,
    /// How long ago the newest may be.
    pub within: Duration,
}

/// What must hold of a value, and how many may break it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule<T> {
    /// What must hold.
    pub of: T,
    /// The share of the rows with a value that may break it, from 0 to 1.
    pub tolerated: f64,
}

/// What must hold of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnRules {
    /// Its name.
    pub name: String,
    /// What it holds; none where nothing says so.
    pub holds: Option<Type>,
    /// Whether `holds` is what somebody wrote, or only what the other rules take it for.
    pub declared: bool,
    /// The share of the rows with a value that may be of another type.
    pub strange: f64,
    /// Whether it must be there.
    pub required: bool,
    /// The share of the rows that may have no value, from 0 to 1.
    pub nulls: f64,
    /// Between what its numbers, days or times are.
    pub range: Option<Rule<Range>>,
    /// Its only values.
    pub values: Option<Rule<Allowed>>,
    /// What its texts look like.
    pub pattern: Option<Rule<Pattern>>,
    /// How long its texts are.
    pub length: Option<Rule<Length>>,
    /// Whether its values all differ; rows without one are left aside.
    pub unique: Option<Rule<()>>,
}

impl ColumnRules {
    /// A column that must be there, and no more.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            holds: None,
            declared: false,
            strange: 0.0,
            required: true,
            nulls: 1.0,
            range: None,
            values: None,
            pattern: None,
            length: None,
            unique: None,
        }
    }
}

/// Between what numbers are; days and times as seconds since 1970. At least one end is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// The lowest.
    pub min: Option<Bound>,
    /// The highest.
    pub max: Option<Bound>,
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// Where it is. Not NaN.
    pub at: f64,
    /// Whether the bound itself is outside.
    pub strict: bool,
}

impl Range {
    /// The lowest and the highest number that are inside.
    #[must_use]
    pub fn ends(&self) -> (f64, f64) {
        let low = self
            .min
            .map_or(f64::NEG_INFINITY, |bound| if bound.strict { bound.at.next_up() } else { bound.at });
        let high = self
            .max
            .map_or(f64::INFINITY, |bound| if bound.strict { bound.at.next_down() } else { bound.at });
        (low, high)
    }

    /// Whether no number can be inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let (low, high) = self.ends();
        low > high
    }
}

/// The only values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Allowed {
    /// Ascending, each once.
    Numbers(Vec<f64>),
    /// In the spelling of labels.
    Texts(BTreeSet<Box<str>>),
}

/// What texts look like.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As it was written.
    pub written: String,
    /// It is searched for in the text.
    pub regex: regex::Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

/// How long texts are, in characters; both inclusive, and at least one is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    /// The fewest.
    pub min: Option<u64>,
    /// The most.
    pub max: Option<u64>,
}

impl Length {
    /// Whether a text of so many characters is.
    #[must_use]
    pub fn holds(&self, length: u64) -> bool {
        self.min.is_none_or(|min| length >= min) && self.max.is_none_or(|max| length <= max)
    }
}
