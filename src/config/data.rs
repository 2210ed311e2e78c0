//! The data's part of the file: where it is, and what must be true of it.

use super::image::size;
use super::paths::{Reach, check_path, check_pattern};
use super::source::{KeyPath, Source};
use super::{BaselineSource, Gate, raw, suggest};
use crate::document::shown;
use crate::store::{self, Address, without_secrets};

pub use raw::{DriftCorrection, DriftMethod, Holds};

/// Validate the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// The sets by name, in the order of the file. Not empty; nor is any of them.
    pub sets: Vec<Set>,
    /// The column that is to be predicted.
    pub label: Option<String>,
    /// The column of what a model predicted.
    pub prediction: Option<String>,
    /// The columns that nobody looks at.
    pub ignore: Vec<String>,
    /// The file that says what must be true of the columns.
    pub schema: Option<String>,
    /// The sets that it is about: all, where none is named.
    pub schema_sets: Vec<String>,
    /// The bytes that values of columns may take.
    pub memory: u64,
    /// What must not be in both sets.
    pub leakage: Option<Leakage>,
    /// How far the data may have moved.
    pub drift: Option<Drift>,
}

impl Data {
    /// The memory when the file does not say, in bytes.
    pub const MEMORY: u64 = 512_000_000;

    /// The memory that it takes at least, in bytes.
    pub const LEAST_MEMORY: u64 = 16_000_000;

    /// A set by its name.
    #[must_use]
    pub fn set(&self, name: &str) -> Option<&Set> {
        self.sets.iter().find(|set| set.name == name)
    }

    /// The set whose profile is kept for later runs; none where they do not ask for it.
    #[must_use]
    pub fn kept_set(&self) -> Option<&String> {
        let drift = self.drift.as_ref().filter(|drift| drift.from.is_none())?;
        (drift.reference == Reference::Baseline).then_some(&drift.baseline_set)
    }
}

/// A set of data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Its name.
    pub name: String,
    /// Paths, globs and folders, relative to the project or absolute, and addresses.
    pub files: Vec<String>,
}

/// What must not be in both sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Leakage {
    /// The name of the set that the model learns from.
    pub train: String,
    /// The name of the set that judges it.
    pub test: String,
    /// How many rows may be in both.
    pub max: raw::Bound,
    /// The columns by which rows are the same; none is all but the label.
    pub columns: Option<Vec<String>>,
    /// Whether texts are compared without case, spaces and punctuation.
    pub near_texts: bool,
    /// The significant digits of numbers that are compared; none is all.
    pub digits: Option<u8>,
    /// The columns none of whose values may be in both.
    pub groups: Vec<String>,
    /// The column of time.
    pub time: Option<String>,
    /// From which area under the curve on a single column tells the label; none for no look at it.
    pub predicts: Option<f64>,
}

impl Leakage {
    /// The area when the file does not say.
    pub const PREDICTS: f64 = 0.99;
}

/// How far the data may have moved.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// What the model knows.
    pub reference: Reference,
    /// The name of the set that the model learns from, whose profile a run keeps for later ones: where the reference is the
    /// baseline.
    pub baseline_set: String,
    /// The name of the set that is compared with it.
    pub current: String,
    /// How columns are measured.
    pub measure: Measured,
    /// How probable a false alarm may be.
    pub alpha: f64,
    /// What is done about many columns; none is what the method does.
    pub correction: Option<DriftCorrection>,
    /// From which share of drifted columns on the data has drifted.
    pub share: f64,
    /// What is different for a column.
    pub columns: Vec<(String, Measured)>,
    /// The prediction of a detector that is taken over.
    pub from: Option<String>,
}

impl Drift {
    /// The share when the file does not say.
    pub const SHARE: f64 = 0.5;
    /// The probability of a false alarm when the file does not say.
    pub const ALPHA: f64 = 0.05;

    /// How a column is measured.
    #[must_use]
    pub fn measured(&self, column: &str) -> Measured {
        let own = self.columns.iter().find(|(name, _)| name == column);
        own.map_or(self.measure, |(_, measured)| *measured)
    }
}

/// How the drift of a column is measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measured {
    /// The method.
    pub method: DriftMethod,
    /// The threshold; none is the method's.
    pub threshold: Option<f64>,
    /// What the column holds; none is what it looks like.
    pub holds: Option<Holds>,
}

/// What the current data is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// A set, by its name.
    Set(String),
    /// A file with a profile.
    Profile(String),
    /// The data of the baseline's run.
    Baseline,
}

/// Validates the section. None only when there is a problem.
pub(super) fn data(source: &mut Source<'_>, raw: raw::Data) -> Option<Data> {
    let path = KeyPath::of(&["data"]);
    let sets = sets(source, &path, raw.sets);
    let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    if let Some(schema) = &raw.schema {
        check_path(source, &path.key("schema"), schema, Reach::Project);
    }
    let schema_sets = raw.schema_sets.map(|sets| sets.0).unwrap_or_default();
    for (at, name) in source.texts(&path.key("schema-sets")) {
        known_set(source, &at, name, &names);
    }
    if raw.schema.is_none() && source.has(&path.key("schema-sets")) {
        let help = "name the file with `schema`, or remove it";
        source.key(&path.key("schema-sets"), "there is no schema to be held to", help);
    }
    let memory = memory(source, &path.key("memory"), raw.memory.as_deref());
    let leakage = raw.leakage.map(|raw| leakage(source, &path.key("leakage"), raw, &names));
    if let Some(Leakage { predicts: Some(_), .. }) = &leakage
        && raw.label.is_none()
        && source.has(&path.key("leakage").key("predicts"))
    {
        let help = "name the label with `data.label`, or write `predicts: false`";
        source.key(&path.key("leakage").key("predicts"), "there is no label to be told", help);
    }
    let drift = raw.drift.map(|raw| drift(source, &path.key("drift"), raw, &names));
    Some(Data {
        sets,
        label: raw.label,
        prediction: raw.prediction,
        ignore: raw.ignore.map(|ignore| ignore.0).unwrap_or_default(),
        schema: raw.schema,
        schema_sets,
        memory: memory.unwrap_or(Data::MEMORY),
        leakage,
        drift: drift.flatten(),
    })
}

/// Data that is compared with the baseline's asks for one, as a rule that compares does.
pub(super) fn ask_for_baseline(source: &mut Source<'_>, data: &Data, gate: &mut Gate) {
    if data.kept_set().is_none() || gate.baseline != BaselineSource::None {
        return;
    }
    if source.has(&KeyPath::of(&["gate", "baseline"])) {
        let path = KeyPath::of(&["data", "drift", "reference"]);
        let help = "remove `gate.baseline`, or name a set or a profile here";
        source.value(&path, "there is no baseline whose data this could be compared with", help);
    }
    gate.baseline = BaselineSource::DefaultBranch;
}

fn sets(source: &mut Source<'_>, path: &KeyPath, raw: Option<raw::Ordered<raw::OneOrMany>>) -> Vec<Set> {
    const HELP: &str = "name one, such as `sets: { train: data/train.csv }`";
    let key = path.key("sets");
    let Some(raw::Ordered(sets)) = raw else {
        if !source.has(&key) {
            source.key(path, "`data.sets` is missing", HELP);
        }
        return Vec::new();
    };
    if sets.is_empty() {
        source.value(&key, "there is no set of data", HELP);
    }
    for (name, files) in &sets {
        let at = key.key(name);
        set_name(source, &at, name);
        if files.0.is_empty() {
            source.value(&at, "no file is named", "name the files of the set, or remove it");
        }
        for (at, text) in source.texts(&at) {
            check_file(source, &at, text);
        }
    }
    sets.into_iter().map(|(name, files)| Set { name, files: files.0 }).collect()
}

/// A path, a glob, or an address.
fn check_file(source: &mut Source<'_>, at: &KeyPath, text: &str) {
    if !store::is_address(text) {
        check_pattern(source, at, text, Reach::Anywhere);
    } else if let Err(no) = Address::parse(text) {
        source.value(at, no.message, no.help);
    }
}

/// A name that can be part of a metric's, and is none of the words that stand for something else.
fn set_name(source: &mut Source<'_>, path: &KeyPath, name: &str) {
    const HELP: &str = "use letters, digits, `_` and `-`";
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        source.key(path, format!("«{}» is not the name of a set", shown(&without_secrets(name))), HELP);
    } else if name == BASELINE {
        source.key(
            path,
            "a set cannot be called `baseline`",
            "it is the data of the baseline's run: use another name",
        );
    }
}

const BASELINE: &str = "baseline";

fn known_set(source: &mut Source<'_>, path: &KeyPath, name: &str, names: &[&str]) {
    // Sets that are missing were reported already.
    if !names.is_empty() && !names.contains(&name) {
        let message = format!("there is no set «{}» in `data.sets`", shown(name));
        let help = suggest::help(name, names, "sets");
        if source.has(path) { source.value(path, message, help) } else { source.key(path, message, help) }
    }
}

fn memory(source: &mut Source<'_>, path: &KeyPath, text: Option<&str>) -> Option<u64> {
    let bytes = size(source, path, text)?;
    if bytes < Data::LEAST_MEMORY {
        source.value(
            path,
            "less than 16 MB is no memory to work with",
            "write at least `16MB`, or remove it",
        );
        return None;
    }
    Some(bytes)
}

fn leakage(source: &mut Source<'_>, path: &KeyPath, raw: raw::Leakage, names: &[&str]) -> Leakage {
    let named = |name: Option<String>, default: &str| name.unwrap_or_else(|| default.to_owned());
    let (train, test) = (named(raw.train, "train"), named(raw.test, "test"));
    known_set(source, &path.key("train"), &train, names);
    known_set(source, &path.key("test"), &test, names);
    if train == test {
        source.key(path, "the training set and the test set are the same", "name two sets");
    }
    let max = raw.max.unwrap_or(raw::Bound::Absolute(0.0));
    let (raw::Bound::Absolute(most) | raw::Bound::Relative(most)) = max;
    let whole = matches!(max, raw::Bound::Relative(_)) || most.fract() == 0.0;
    if most < 0.0 || !whole {
        let help = "write a number of rows, or a share such as `0.1%`";
        source.value(&path.key("max"), "this is no number of rows", help);
    } else if matches!(max, raw::Bound::Relative(_)) && most > 1.0 {
        let help = "write a share from 0 % to 100 %, such as `0.1%`";
        source.value(&path.key("max"), "this is a share of more than all rows", help);
    }
    if raw.columns.as_ref().is_some_and(|columns| columns.0.is_empty()) {
        source.value(&path.key("columns"), "no column is named", "name some, or remove it for all");
    }
    Leakage {
        train,
        test,
        max,
        columns: raw.columns.map(|columns| columns.0),
        near_texts: raw.near_texts.unwrap_or(false),
        digits: raw.digits.and_then(|digits| self::digits(source, &path.key("digits"), digits)),
        groups: raw.groups.map(|groups| groups.0).unwrap_or_default(),
        time: raw.time,
        predicts: predicts(source, &path.key("predicts"), raw.predicts),
    }
}

fn digits(source: &mut Source<'_>, path: &KeyPath, digits: u64) -> Option<u8> {
    let known = u8::try_from(digits).ok().filter(|digits| (1..=15).contains(digits));
    if known.is_none() {
        let help = "write a number from 1 to 15, or remove it to compare all digits";
        source.value(path, format!("{digits} is no number of digits"), help);
    }
    known
}

fn predicts(source: &mut Source<'_>, path: &KeyPath, raw: Option<raw::Scalar>) -> Option<f64> {
    let bound = match raw {
        None => return Some(Leakage::PREDICTS),
        Some(raw::Scalar::Bool(false)) => return None,
        Some(raw::Scalar::Integer(number)) => number as f64,
        Some(raw::Scalar::Number(number)) => number,
        Some(raw::Scalar::Bool(true) | raw::Scalar::Text(_)) => f64::NAN,
    };
    if !(0.5..=1.0).contains(&bound) {
        let help = "write an area between 0.5 and 1 such as 0.99, or `false` for no look at it";
        source.value(path, "this is no area under a ROC curve", help);
    }
    Some(bound)
}

fn drift(source: &mut Source<'_>, path: &KeyPath, raw: raw::Drift, names: &[&str]) -> Option<Drift> {
    if let Some(from) = &raw.from {
        check_path(source, &path.key("from"), from, Reach::Project);
    }
    let reference = reference(source, path, raw.reference, raw.from.is_some(), names);
    let baseline_set = baseline_set(source, &path.key("baseline-set"), raw.baseline_set, &reference, names);
    let current = raw.current.unwrap_or_else(|| "live".to_owned());
    if raw.from.is_none() || source.has(&path.key("current")) {
        known_set(source, &path.key("current"), &current, names);
    }
    if reference == Reference::Set(current.clone()) {
        source.key(path, "the data is compared with itself", "name two sets, or another reference");
    }
    let within =
        |source: &mut Source<'_>, key: &str, number: Option<raw::Number>, default: f64, open: bool| {
            let number = number.map_or(default, |number| number.0);
            let fits = if open { number > 0.0 && number < 1.0 } else { (0.0..=1.0).contains(&number) };
            if !fits {
                source.value(
                    &path.key(key),
                    format!("{number} is not between 0 and 1"),
                    format!("write one such as {default}"),
                );
            }
            number
        };
    let alpha = within(source, "alpha", raw.alpha, Drift::ALPHA, true);
    let share = within(source, "share", raw.share, Drift::SHARE, false);
    let measure = Measured {
        method: raw.method.unwrap_or_default(),
        threshold: threshold(source, &path.key("threshold"), raw.threshold),
        holds: None,
    };
    if measure.threshold.is_some() && measure.method.is_many() {
        let help = "write it for a column under `columns`, or choose one method such as `psi`";
        source.key(&path.key("threshold"), "several methods have no threshold in common", help);
    }
    let columns = raw.columns.map(|columns| columns.0).unwrap_or_default();
    let columns = columns.into_iter().map(|(name, raw)| {
        let at = path.key("columns").key(&name);
        (name, column(source, &at, &raw, measure))
    });
    Some(Drift {
        reference,
        baseline_set,
        current,
        measure,
        alpha,
        correction: raw.correction,
        share,
        columns: columns.collect(),
        from: raw.from,
    })
}

fn reference(
    source: &mut Source<'_>,
    path: &KeyPath,
    raw: Option<String>,
    detected: bool,
    names: &[&str],
) -> Reference {
    let at = path.key("reference");
    let name = raw.unwrap_or_else(|| "train".to_owned());
    if name == BASELINE {
        return Reference::Baseline;
    }
    if names.contains(&name.as_str()) || !name.contains(['/', '.']) {
        if !detected || source.has(&at) {
            known_set(source, &at, &name, names);
        }
        return Reference::Set(name);
    }
    check_path(source, &at, &name, Reach::Anywhere);
    Reference::Profile(name)
}

/// The set whose profile is kept. Without one later runs would have no reference.
fn baseline_set(
    source: &mut Source<'_>,
    path: &KeyPath,
    raw: Option<String>,
    reference: &Reference,
    names: &[&str],
) -> String {
    let matters = raw.is_some() || *reference == Reference::Baseline;
    let name = raw.unwrap_or_else(|| "train".to_owned());
    if matters {
        known_set(source, path, &name, names);
    }
    name
}

fn threshold(source: &mut Source<'_>, path: &KeyPath, raw: Option<raw::Number>) -> Option<f64> {
    let threshold = raw?.0;
    if threshold < 0.0 {
        source.value(path, "a threshold below 0 is always reached", "write a number above 0, or remove it");
    }
    Some(threshold)
}

fn column(source: &mut Source<'_>, path: &KeyPath, raw: &raw::DriftColumn, all: Measured) -> Measured {
    let own = Measured {
        method: raw.method.unwrap_or(all.method),
        threshold: threshold(source, &path.key("threshold"), raw.threshold).or(all.threshold),
        holds: raw.holds,
    };
    if own.method.is_of_numbers() && own.holds == Some(Holds::Categories) {
        source.key(path, "this method is one of numbers", "choose another `method`, or write `as: numbers`");
    }
    if own.method == DriftMethod::ChiSquare && own.holds == Some(Holds::Numbers) {
        source.key(
            path,
            "chi-square is a test of categories",
            "choose another `method`, or write `as: categories`",
        );
    }
    own
}

impl DriftMethod {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Auto,
        Self::Evidently,
        Self::Alibi,
        Self::Ks,
        Self::Wasserstein,
        Self::Psi,
        Self::JensenShannon,
        Self::ChiSquare,
    ];

    /// Whether it chooses among several.
    #[must_use]
    pub const fn is_many(self) -> bool {
        matches!(self, Self::Auto | Self::Evidently | Self::Alibi)
    }

    /// Whether it measures nothing but numbers.
    #[must_use]
    pub const fn is_of_numbers(self) -> bool {
        matches!(self, Self::Ks | Self::Wasserstein)
    }

    /// Whether it looks at all values of numbers in their order, and not at a few ranks.
    #[must_use]
    pub const fn is_of_all_values(self) -> bool {
        !matches!(self, Self::Auto | Self::Psi)
    }

    /// The word, as the file and the record spell it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Evidently => "evidently",
            Self::Alibi => "alibi",
            Self::Ks => "ks",
            Self::Wasserstein => "wasserstein",
            Self::Psi => "psi",
            Self::JensenShannon => "jensen-shannon",
            Self::ChiSquare => "chi-square",
        }
    }
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
