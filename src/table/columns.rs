//! Which columns files have, and what they hold: by the schema, or by how the first rows of text look.

use std::collections::{BTreeMap, HashSet};

use crate::fault::Result;
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::number::thousands;

use super::blocks::Sizes;
use super::cells::{Found, Type};
use super::folders;
use super::further::Reach;
use super::header::{self, Index, Place};
use super::lenient::impression::{Impression, Mixture};
use super::lenient::value::{Guess, together};
use super::trouble::{Stop, clipped, heed};
use super::{Kind, Wanted, open};

/// The head of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The columns of the first file, in its order, then the keys of its folders.
    pub columns: Vec<Found>,
    /// What is worth knowing: columns without a name, and columns that only later files have, which are not read.
    pub notices: Vec<Finding>,
    /// Columns that look like text, though nearly all of their values are numbers, and what is to be said of them.
    pub mixed: Vec<(String, Finding)>,
    /// Columns of which a file says itself that they are text, as Parquet and Arrow do, each with the first such file.
    pub texts: BTreeMap<String, String>,
    /// The columns that only later files have.
    pub others: Vec<String>,
}

impl Head {
    /// What should be known of it, to who has settled already what some columns hold.
    pub fn told(&self, is_settled: impl Fn(&str) -> bool) -> Vec<Finding> {
        let mixed = self.mixed.iter().filter(|(column, _)| !is_settled(column));
        self.notices.iter().chain(mixed.map(|(_, finding)| finding)).cloned().collect()
    }

    /// The names of all columns that are known: those that are there, whether they are read or not, and those that nobody looks
    /// at, be they there or not.
    #[must_use]
    pub fn known(&self, ignored: &[String]) -> HashSet<String> {
        let names = self.columns.iter().map(|found| &found.name);
        names.chain(&self.others).chain(ignored).cloned().collect()
    }
}

/// What the beginning of a file says of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sight {
    /// The names, and what they hold; none where no cell has been seen.
    pub columns: Vec<(String, Option<Type>)>,
    /// The line with the names, from 1.
    pub line: Option<u32>,
    /// Whether there are more rows, in which a column may have the values that it does not have here.
    pub goes_on: bool,
    /// Columns of which nearly all values are numbers, and not all.
    pub mixed: Vec<Mixture>,
    /// The columns that the file itself says are text.
    pub texts: Vec<String>,
}

impl Sight {
    /// Of a file of text, whose columns hold what they look like.
    pub fn of_text(names: Vec<String>, impressions: Vec<Impression>) -> Self {
        let holds: Vec<Option<Type>> = impressions.iter().map(Impression::holds).collect();
        let both = names.iter().zip(impressions);
        let mixed = both.filter_map(|(name, impression)| impression.mixture(name)).collect();
        Self { columns: names.into_iter().zip(holds).collect(), mixed, ..Self::default() }
    }
}

/// As much is looked at for the types of the first file, and of each later one, of which there may be thousands.
const REACH: [Reach; 2] = [Reach { rows: 10_000, blocks: 64 }, Reach { rows: 1_000, blocks: 1 }];

/// The columns of the first file, with types that suit all files: where they do not go together, the first file's.
///
/// The inner error is what is wrong with the files: one that cannot be read, one that lacks a column of the first, two
/// columns of one name.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn columns(
    files: &[ProjectFile],
    interrupt: &Interrupt,
) -> Result<std::result::Result<Head, Vec<Finding>>> {
    columns_sized(Sizes::USUAL, files, interrupt)
}

/// [`columns`] out of blocks of another size.
pub fn columns_sized(
    sizes: Sizes,
    files: &[ProjectFile],
    interrupt: &Interrupt,
) -> Result<std::result::Result<Head, Vec<Finding>>> {
    let mut reading = Reading::default();
    for (number, file) in files.iter().enumerate() {
        heed(interrupt, &file.path)?;
        match open::look(file, sizes, REACH[number.min(1)]) {
            Ok(sight) => reading.add(file, sight),
            Err(Stop::Findings(findings)) => reading.findings.extend(findings),
            Err(Stop::Fault(fault)) => return Err(fault),
            Err(Stop::Ahead(troubles)) => reading.findings.extend(troubles.findings(&file.path, &[], 0, 0)),
        }
    }
    Ok(reading.finish())
}

/// What is known after some files.
#[derive(Default)]
struct Reading {
    /// The path of the first file.
    first: Option<String>,
    names: Vec<String>,
    holds: Vec<Option<Type>>,
    goes_on: bool,
    notices: Vec<Finding>,
    mixed: Vec<(String, Finding)>,
    texts: BTreeMap<String, String>,
    others: Vec<String>,
    findings: Vec<Finding>,
}

impl Reading {
    fn add(&mut self, file: &ProjectFile, sight: Sight) {
        let (names, holds) = with_folders(&file.path, &sight);
        self.goes_on |= sight.goes_on;
        self.mixed(&file.path, sight.mixed);
        for column in sight.texts {
            self.texts.entry(column).or_insert_with(|| file.path.clone());
        }
        let at = |finding: Finding| match sight.line {
            Some(line) => finding.at_path(&file.path).at_line(line, None),
            None => finding.at_path(&file.path),
        };
        match &self.first {
            None => {
                self.findings.extend(repeated(&names).into_iter().map(at));
                self.notices.extend(unnamed(&names).map(at));
                (self.first, self.names, self.holds) = (Some(file.path.clone()), names, holds);
            }
            Some(first) => {
                let index = Index::new(&names);
                let places: Vec<Place> = self.names.iter().map(|name| index.find(name)).collect();
                if places.iter().any(|place| !matches!(place, Place::At(_))) {
                    self.findings.extend(lacking(&names, &self.names, first).into_iter().map(at));
                    return;
                }
                let more = additional(&names, &places);
                self.notices.extend(added(&more, first).map(at));
                self.others.extend(more);
                for (known, place) in self.holds.iter_mut().zip(places) {
                    let Place::At(place) = place else { continue };
                    *known = together(*known, holds.get(place).copied().flatten());
                }
            }
        }
    }

    /// Takes in the mixtures of a file that decide how their columns are read: those of the first file in which they have
    /// values.
    fn mixed(&mut self, path: &str, mixtures: Vec<Mixture>) {
        for mixture in mixtures {
            let known = self.names.iter().position(|name| *name == mixture.column);
            let decides = match known {
                Some(place) => self.holds.get(place).is_some_and(Option::is_none),
                None => self.first.is_none(),
            };
            if decides {
                self.mixed.push((mixture.column.clone(), mixed(&mixture).at_path(path)));
            }
        }
    }

    fn finish(mut self) -> std::result::Result<Head, Vec<Finding>> {
        if !self.findings.is_empty() {
            return Err(self.findings);
        }
        let unknown = self.names.iter().zip(&self.holds).filter(|(_, holds)| holds.is_none());
        let unknown: Vec<String> = unknown.map(|(name, _)| name.clone()).collect();
        let path = self.first.as_deref().unwrap_or_default();
        self.notices.extend(empty(&unknown, path).filter(|_| self.goes_on));
        let found =
            |(name, holds): (String, Option<Type>)| Found { name, holds: holds.unwrap_or(Type::Text) };
        let Self { names, holds, notices, mixed, texts, others, .. } = self;
        let columns = names.into_iter().zip(holds).map(found).collect();
        Ok(Head { columns, notices, mixed, texts, others })
    }
}

/// The columns of a file and those of its folders that it does not have itself.
fn with_folders(path: &str, sight: &Sight) -> (Vec<String>, Vec<Option<Type>>) {
    let own: HashSet<&str> = sight.columns.iter().map(|(name, _)| name.as_str()).collect();
    let keys = folders::keys(path).into_iter().filter(|key| !own.contains(key.name.as_str())).map(|key| {
        let mut guess = Guess::default();
        guess.see(key.value.as_deref().unwrap_or("").as_bytes());
        (key.name, guess.holds())
    });
    sight.columns.iter().cloned().chain(keys).unzip()
}

/// What is wrong with names that are there more than once.
fn repeated(names: &[String]) -> Vec<Finding> {
    const TOLD: usize = 20;
    let mut seen = HashSet::new();
    let mut repeated: Vec<&String> = names.iter().filter(|name| !seen.insert(name.as_str())).collect();
    repeated.sort();
    repeated.dedup();
    let more = repeated.len().saturating_sub(TOLD);
    let mut findings: Vec<Finding> =
        repeated.into_iter().take(TOLD).map(|name| header::twice(name)).collect();
    if more > 0 {
        let message = format!(
            "{} there more than once",
            crate::number::counted(more, "more name is", "more names are")
        );
        findings.push(Finding::error("table-column-twice", message).help("give each column its own name"));
    }
    findings
}

fn unnamed(names: &[String]) -> Option<Finding> {
    let at = names.iter().position(|name| name.trim().is_empty())?;
    let finding = Finding::notice("table-column-unnamed", format!("column {} has no name", at + 1));
    Some(finding.help("give it one; pandas writes row numbers so, and leaves them out with index=False"))
}

/// Columns of which nobody knows what they hold.
fn empty(names: &[String], path: &str) -> Option<Finding> {
    let message = match names {
        [] => return None,
        [only] => format!(
            "the column «{}» has no value in the part that was looked at for its type: it is read as text",
            clipped(only)
        ),
        all => format!(
            "{} columns have no value in the part that was looked at for their types, and are read as text: {}",
            all.len(),
            header::list(all)
        ),
    };
    let help = "if numbers come later, write `type: number` in data.schema.yml, and for drift `as: numbers`";
    Some(Finding::notice("table-column-empty", message).at_path(path).help(help))
}

/// A column that looks like text because of a few values.
fn mixed(Mixture { column, numbers, first: (row, text) }: &Mixture) -> Finding {
    let [numbers, all] = numbers.map(thousands);
    let message = format!(
        "the column «{}» looks like text, though {numbers} of the {all} values that were looked at are numbers: the first \
         that is none is «{}» in row {}",
        clipped(column),
        clipped(text),
        thousands(*row)
    );
    let help = "mend it; or say what the column holds: `type: number` or `type: text` in data.schema.yml, and for drift \
                `as: numbers` or `as: categories`";
    Finding::warning("table-column-mixed", message).help(help)
}

/// What a file lacks of the columns of the first one; it may be that one which is no data.
fn lacking(names: &[String], wanted: &[String], first: &str) -> Vec<Finding> {
    let wanted: Vec<Wanted> = wanted
        .iter()
        .map(|column| Wanted { column: column.clone(), kind: Kind::Cells(Type::Text) })
        .collect();
    let wrong = header::places(names, &[], &wanted).err().unwrap_or_default();
    let told = wrong.into_iter().map(|finding| {
        let message = format!("{}, other than in {}", finding.message, clipped(first));
        Finding { message, ..finding }
    });
    told.collect()
}

/// Columns that the first file does not have.
fn additional(names: &[String], places: &[Place]) -> Vec<String> {
    let known: HashSet<&Place> = places.iter().collect();
    let is_more = |at: usize| !known.contains(&Place::At(at));
    names.iter().enumerate().filter(|(at, _)| is_more(*at)).map(|(_, name)| name.clone()).collect()
}

fn added(more: &[String], first: &str) -> Option<Finding> {
    let there = if more.len() == 1 { "there is a column" } else { "there are columns" };
    let message = format!("{there} here that {} does not have: {}", clipped(first), header::list(more));
    let finding = Finding::notice("table-column-extra", message);
    (!more.is_empty()).then(|| {
        finding.help("what only later files have is not read; write the same columns into all files")
    })
}
