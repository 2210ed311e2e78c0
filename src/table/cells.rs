//! Cells as they are: a value, nothing, or something that should not be there. For what looks at all columns of data.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Whole numbers, written with or without a fraction of noughts.
    Integer,
    /// Numbers.
    Number,
    /// Truth values.
    Boolean,
    /// Days, `2026-11-28`.
    Date,
    /// Points in time, as RFC 3339 and as pandas write them; without a zone they are UTC.
    Time,
    /// Anything.
    Text,
}

impl Type {
    /// The word, as schemas and profiles spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time => "time",
            Self::Text => "text",
        }
    }
}

impl Type {
    /// Whether it is of numbers, whole or not.
    #[must_use]
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }

    /// What a column holds that holds the one and the other: whole numbers and numbers are numbers, days and times are times.
    /// None where that cannot be one column.
    #[must_use]
    pub fn joined(self, other: Self) -> Option<Self> {
        match (self, other) {
            (one, other) if one == other => Some(one),
            (Self::Integer | Self::Number, Self::Integer | Self::Number) => Some(Self::Number),
            (Self::Date | Self::Time, Self::Date | Self::Time) => Some(Self::Time),
            _ => None,
        }
    }

    /// What a column is read as that holds this, and the other elsewhere: both where the other is only wider. Where they do
    /// not go together it is this, and the cells of the other are strange.
    #[must_use]
    pub const fn widened(self, other: Self) -> Self {
        match (self, other) {
            (Self::Integer, Self::Number) | (Self::Date, Self::Time) => other,
            _ => self,
        }
    }
}

/// The cells of some consecutive rows of a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// The values.
    pub values: Values,
    /// How many rows have none: the cell is empty, null, or NaN; in a column that is not of texts also `NA`, `None` and what
    /// else pandas and pyarrow take for a missing value.
    pub missing: u64,
    /// How many rows hold something of another type; they count as rows without a value, and not as missing.
    pub strange: u64,
    /// The first of those: the row within the batch from 0, and how its text begins, at most [`SHOWN`].
    pub shown: Vec<(u32, String)>,
}

impl Cells {
    /// The first of the strange cells: its row over all files, where that of the batch's first row is `first`, and its text.
    #[must_use]
    pub fn first_strange(&self, first: u64) -> Option<(u64, String)> {
        self.shown.first().map(|(row, text)| (first + u64::from(*row), text.clone()))
    }
}

/// So many strange cells of a batch are shown.
pub const SHOWN: usize = 5;

/// The values of some rows. Every list has a place a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Of integers, numbers and truth values (0 and 1) as they are; of days and times as seconds since 1970. NaN where
    /// there is none. An infinity is a value.
    Numbers(Vec<f64>),
    /// Of texts.
    Texts(Texts),
}

/// Texts, each once for all rows of a batch that have it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    /// The place of each row's text in `texts`; [`NONE`] where there is none.
    pub codes: Vec<u32>,
    /// The texts, in the spelling of labels: `1.0` is `1`, and `True` is `true`.
    pub texts: Vec<Box<str>>,
}

impl Values {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Texts(texts) => texts.codes.len(),
        }
    }
}

/// The code of a row without a text.
pub const NONE: u32 = u32::MAX;

/// A column that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// What it holds: as the file says, or of text what its first rows look like.
    pub holds: Type,
}
