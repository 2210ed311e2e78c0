//! A reference of which only the profile is there: a file that somebody committed, or what the baseline's run has kept.
//!
//! While a profile counts every value of a column, that is as good as the data, and the same is measured. Past that numbers
//! have a sketch, and values that are to be counted are lost.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::compared::{Sorted, Subject};
use super::drift::{Ascending, Compared, MOST_CATEGORIES, Side, Sketch, Values};
use super::profile::{Column, Numbers, Profile, Seen, Words, shortened};
use super::schema::written;
use crate::fault::Result;
use crate::files;
use crate::finding::Finding;
use crate::name::Digest;
use crate::number::thousands;
use crate::record::data as record;
use crate::statistics::{Ranked, order};
use crate::table::{self, Found, Type};

/// A profile that stands for data.
#[derive(Debug, Clone)]
pub struct Recalled {
    /// The profile.
    pub profile: Profile,
    /// What the record says of it.
    pub evidence: record::Recalled,
}

const CODE: &str = "data-profile";
const HELP: &str =
    "`modelgate data profile FILES --out profile.json` writes one; data itself is named under `data.sets`";

/// No profile of ours comes near it: a column has at most some hundred kilobytes.
const LARGEST: u64 = 1 << 30;

/// More rows than these are not walked through one by one: their sketch does, whose buckets are as good for so many.
const WALKED: u64 = 1_000_000_000;

/// Reads a profile; `path` is what it is called. The inner error is what is wrong with the file.
///
/// # Errors
/// A file that is there and cannot be read.
pub fn read(on_disk: &Path, path: &str) -> Result<std::result::Result<Recalled, Finding>> {
    let wrong = |why: String| Ok(Err(Finding::error(CODE, why).at_path(path).help(HELP)));
    let Ok(metadata) = std::fs::metadata(on_disk) else { return wrong("there is no such profile".into()) };
    if !metadata.is_file() {
        return wrong("this is no file, and so no profile".into());
    }
    if metadata.len() > LARGEST {
        return wrong(format!("this has {} bytes, and no profile has so many", thousands(metadata.len())));
    }
    let bytes = files::read(on_disk)?;
    let text = String::from_utf8_lossy(&bytes);
    if !Profile::is_meant(text.as_bytes()) {
        return wrong("this is no profile".into());
    }
    match Profile::parse(&text, path) {
        Ok(profile) if profile.columns().is_empty() => wrong("this is the profile of no column".into()),
        Ok(profile) => {
            let digest = Digest::from_bytes(Sha256::digest(&bytes).into());
            let evidence = record::Recalled { digest, rows: profile.rows(), run: None };
            Ok(Ok(Recalled { profile, evidence }))
        }
        Err(fault) => Ok(Err(Finding::error(CODE, fault.to_string()).at_path(path).with_remedy(&fault))),
    }
}

/// Whether a file is meant as a profile, by what is in it: JSON lines are data.
#[must_use]
pub fn is_profile(on_disk: &Path) -> bool {
    // A pipe would be waited for without end.
    let is_file = std::fs::metadata(on_disk).is_ok_and(|metadata| metadata.is_file());
    is_file && std::fs::File::open(on_disk).is_ok_and(Profile::is_meant)
}

/// The columns of a profile.
pub fn columns(profile: &Profile) -> Vec<Found> {
    let found = |column: &Column| Found { name: column.name.clone(), holds: column.holds };
    profile.columns().iter().map(found).collect()
}

/// The columns of a profile, and those of what is held against it, by what is said of them as far as the profile can follow: of
/// texts it knows which are numbers, and of numbers or truth values no longer how they or others were spelled.
pub fn said(
    profile: &Profile,
    current: &[Found],
    says: impl Fn(&[Found]) -> Vec<Found>,
) -> (Vec<Found>, Vec<Found>) {
    let follows = |known: Type, said: Type| {
        known == said || (said.is_number() && (known.is_number() || known == Type::Text))
    };
    let known: HashMap<&str, Type> =
        profile.columns().iter().map(|column| (column.name.as_str(), column.holds)).collect();
    let of = |found: &[Found]| -> Vec<Found> {
        let takes =
            |said: &Found| known.get(said.name.as_str()).is_none_or(|known| follows(*known, said.holds));
        let both = says(found).into_iter().zip(found);
        both.map(|(said, own)| if takes(&said) { said } else { own.clone() }).collect()
    };
    (of(&columns(profile)), of(current))
}

/// How a column is read and compared of which a profile is known.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// What is read.
    pub subject: Subject,
    /// What the profile has of it.
    column: &'a Column,
    /// What the numbers are that are counted by value, as texts would be.
    counted: Option<Type>,
}

impl<'a> Plan<'a> {
    /// The plans for subjects. A profile of numbers no longer knows how they were spelled: where their texts would be counted,
    /// numbers are read now, too, and counted by value.
    pub fn of(subjects: Vec<Subject>, profile: &'a Profile, current: &[Found]) -> Vec<Self> {
        let now: BTreeMap<&str, Type> =
            current.iter().map(|found| (found.name.as_str(), found.holds)).collect();
        let known: BTreeMap<&str, &Column> =
            profile.columns().iter().map(|column| (column.name.as_str(), column)).collect();
        let plan = |mut subject: Subject| {
            let column = *known.get(subject.column.as_str())?;
            let is_counted = subject.holds == Type::Text && column.holds != Type::Text;
            let counted = is_counted.then(|| {
                let now = now.get(subject.column.as_str());
                column.holds.widened(now.copied().unwrap_or(column.holds))
            });
            // Truth values are counted as texts are, and read as data is that is compared with data.
            if let Some(holds) = counted.filter(|holds| *holds != Type::Boolean) {
                (subject.holds, subject.read_as) = (holds, holds);
            }
            Some(Self { subject, column, counted })
        };
        subjects.into_iter().filter_map(plan).collect()
    }

    /// What the profile has.
    fn reference(&self) -> Side<Counted> {
        let Column { missing, strange, .. } = *self.column;
        let (values, unread) = match &self.column.seen {
            Seen::Numbers(seen) => (self.numbers(seen), 0),
            Seen::Texts(seen) => self.texts(seen),
        };
        Side { missing, strange: strange + unread, values }
    }

    fn numbers(&self, seen: &Numbers) -> Values<Counted> {
        let exact = seen.frequent.error() == 0;
        let known = || seen.frequent.by_value().into_iter().map(|(key, count)| (order::number(*key), count));
        match self.counted {
            Some(holds) if exact => Values::Categories(counts(known(), holds)),
            Some(_) => Values::Uncounted(self.column.count()),
            None if exact && self.column.count() <= WALKED => Values::Numbers(Counted(known().collect())),
            None => {
                let error = seen.frequent.error();
                Values::Sketched(Box::new(Sketch::new(seen.quantiles.clone(), known(), error)))
            }
        }
    }

    /// The texts, and how many of them are none of the numbers that are asked for.
    fn texts(&self, seen: &Words) -> (Values<Counted>, u64) {
        if seen.frequent.error() > 0 {
            let many = seen.distinct().value > MOST_CATEGORIES as u64;
            return (if many { Values::Prose(seen.count) } else { Values::Uncounted(seen.count) }, 0);
        }
        let texts = seen.frequent.by_value().into_iter();
        if self.subject.holds == Type::Text {
            let texts = texts.map(|(text, count)| (text.as_str().into(), count));
            return (Values::Categories(texts.collect()), 0);
        }
        let mut unread = 0;
        let mut numbers: Vec<(u64, u64)> = Vec::new();
        for (text, count) in texts {
            match table::number_of(text.as_bytes()) {
                Ok(number) => numbers.push((order::key(number + 0.0), count)),
                Err(_) => unread += count,
            }
        }
        numbers.sort_unstable();
        let numbers = numbers.into_iter().map(|(key, count)| (order::number(key), count));
        (Values::Numbers(Counted(numbers.collect())), unread)
    }

    /// The profile's column beside what was read now.
    ///
    /// # Errors
    /// A temporary file that can no longer be read.
    pub fn compared(&self, current: Side<Sorted>) -> Result<Compared<Counted, Sorted>> {
        let Subject { column, role, now, measured, .. } = self.subject.clone();
        let (reference, current) = (self.reference(), self.current(current)?);
        Ok(Compared { column, role, holds: now, measured, reference, current })
    }

    /// What was read now, in the form of the reference.
    fn current(&self, side: Side<Sorted>) -> Result<Side<Sorted>> {
        let Side { missing, strange, values } = side;
        let values = match (values, self.counted) {
            (Values::Numbers(sorted), Some(holds)) => {
                let values = by_value(&sorted, holds);
                sorted.end()?;
                values
            }
            (Values::Categories(counts), _) => Values::Categories(shorten(counts)),
            (values, _) => values,
        };
        Ok(Side { missing, strange, values })
    }
}

/// Numbers as a profile counts them, ascending.
#[derive(Debug, Clone, PartialEq)]
pub struct Counted(Vec<(f64, u64)>);

impl Counted {
    /// How many come first.
    fn count(&self, is_first: impl Fn(f64) -> bool) -> u64 {
        self.0.iter().take_while(|(value, _)| is_first(*value)).map(|(_, count)| count).sum()
    }
}

impl Ranked for Counted {
    fn rows(&self) -> u64 {
        self.count(|_| true)
    }

    fn at(&self, rank: u64) -> Option<f64> {
        let mut until = 0;
        let reaches = |(_, count): &&(f64, u64)| {
            until += count;
            until > rank
        };
        self.0.iter().find(reaches).map(|(value, _)| *value)
    }

    fn up_to(&self, value: f64) -> u64 {
        self.count(|known| known <= value)
    }

    fn below(&self, value: f64) -> u64 {
        self.count(|known| known < value)
    }

    fn within(&self, low: f64, high: f64, into: &mut Vec<f64>) {
        let is_within = |value: f64| value > low && value <= high;
        for (value, count) in self.0.iter().filter(|(value, _)| is_within(*value)) {
            into.extend(std::iter::repeat_n(*value, usize::try_from(*count).unwrap_or(usize::MAX)));
        }
    }
}

impl Ascending for Counted {
    fn walk(&self) -> impl Iterator<Item = f64> {
        let times = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        self.0.iter().flat_map(move |(value, count)| std::iter::repeat_n(*value, times(*count)))
    }
}

/// Numbers by value; more than are categories are none.
fn by_value(sorted: &Sorted, holds: Type) -> Values<Sorted> {
    let mut values: Vec<(f64, u64)> = Vec::new();
    for value in sorted.walk() {
        if let Some((_, count)) = values.last_mut().filter(|(last, _)| *last == value) {
            *count += 1;
        } else if values.len() > MOST_CATEGORIES {
            return Values::Prose(sorted.rows());
        } else {
            values.push((value, 1));
        }
    }
    Values::Categories(counts(values.into_iter(), holds))
}

fn counts(values: impl Iterator<Item = (f64, u64)>, holds: Type) -> BTreeMap<Box<str>, u64> {
    let mut counts = BTreeMap::new();
    for (value, count) in values {
        *counts.entry(spelled(value, holds)).or_insert(0) += count;
    }
    counts
}

/// A number as a category, as files spell it.
fn spelled(value: f64, holds: Type) -> Box<str> {
    table::spelled(&written(value, holds)).as_ref().into()
}

/// Texts as a profile has them: of a long one its beginning and its hash.
fn shorten(counts: BTreeMap<Box<str>, u64>) -> BTreeMap<Box<str>, u64> {
    if counts.keys().all(|text| text.len() <= super::profile::LONGEST) {
        return counts;
    }
    let mut shorter = BTreeMap::new();
    for (text, count) in counts {
        *shorter.entry(shortened(&text).as_ref().into()).or_insert(0) += count;
    }
    shorter
}

#[cfg(test)]
mod tests;
