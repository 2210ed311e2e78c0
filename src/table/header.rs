//! The wanted columns among those that are there.

use std::collections::{HashMap, HashSet};

use crate::finding::Finding;

use super::Wanted;
use super::folders::{Constant, Key};
use super::trouble::clipped;

/// Where the wanted columns are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// Those in the file, in its order: where, and which of the wanted.
    pub columns: Vec<(usize, usize)>,
    /// Those that the folders say.
    pub constants: Vec<Constant>,
}

/// So many missing columns are told one by one: looking for what was meant takes time, and nobody reads a thousand.
const TOLD: usize = 10;

/// The places of the wanted columns, or what is wrong for each that has none, without path and line. A key of the
/// folders is a column where the file has none of that name.
pub fn places(names: &[String], keys: &[Key], wanted: &[Wanted]) -> Result<Places, Vec<Finding>> {
    let index = Index::new(names);
    let keys: Vec<&Key> = keys.iter().filter(|key| !index.has_exactly(&key.name)).collect();
    let all: Vec<String> = names.iter().chain(keys.iter().map(|key| &key.name)).cloned().collect();
    let index = Index::new(&all);
    let mut places = Places::default();
    let mut wrong = Vec::new();
    let mut seen = HashSet::new();
    for (slot, wanted) in wanted.iter().enumerate() {
        match index.find(&wanted.column) {
            Place::At(place) => match place.checked_sub(names.len()).and_then(|key| keys.get(key)) {
                None => places.columns.push((place, slot)),
                Some(key) => match key.constant(slot, wanted.kind) {
                    Ok(constant) => places.constants.push(constant),
                    Err(finding) => wrong.push(Bad::Key(finding)),
                },
            },
            // A column may be wanted for several things, and is missing once.
            _ if !seen.insert(&wanted.column) => {}
            Place::Twice => wrong.push(Bad::Twice(&wanted.column)),
            Place::None => wrong.push(Bad::Missing(&wanted.column)),
        }
    }
    places.columns.sort_unstable();
    if wrong.is_empty() { Ok(places) } else { Err(findings(wrong, &all)) }
}

/// How many of the wanted columns are there.
pub fn found(names: &[String], wanted: &[Wanted]) -> usize {
    let index = Index::new(names);
    wanted.iter().filter(|wanted| index.find(&wanted.column) != Place::None).count()
}

/// What is wrong with a wanted column.
enum Bad<'a> {
    Missing(&'a str),
    Twice(&'a str),
    Key(Box<Finding>),
}

fn findings(wrong: Vec<Bad<'_>>, names: &[String]) -> Vec<Finding> {
    let more = wrong.len().saturating_sub(TOLD);
    let mut findings: Vec<Finding> = wrong
        .into_iter()
        .take(TOLD)
        .map(|wrong| match wrong {
            Bad::Missing(column) => missing(names, column),
            Bad::Twice(column) => twice(column),
            Bad::Key(finding) => *finding,
        })
        .collect();
    if more > 0 {
        let columns = crate::number::counted(more, "more column is", "more columns are");
        let message = format!("{columns} missing, or there more than once");
        findings.push(Finding::error("table-column-missing", message));
    }
    findings
}

/// There are several columns of this name.
pub fn twice(column: &str) -> Finding {
    let message = match column.trim() {
        "" => "more than one column has no name".to_owned(),
        _ => format!("there is more than one column «{}»", clipped(column)),
    };
    Finding::error("table-column-twice", message).help("give each column its own name")
}

/// Finds names: all of a table with ten thousand columns may be wanted.
#[derive(Debug)]
pub struct Index<'a> {
    exact: HashMap<&'a str, Place>,
    trimmed: HashMap<&'a str, Place>,
}

/// Where a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// Nowhere.
    None,
    /// There.
    At(usize),
    /// In more than one place.
    Twice,
}

impl<'a> Index<'a> {
    /// The index of these names.
    pub fn new(names: &'a [String]) -> Self {
        let by = |name: fn(&'a str) -> &'a str| {
            let mut places = HashMap::with_capacity(names.len());
            for (at, full) in names.iter().enumerate() {
                places.entry(name(full)).and_modify(|place| *place = Place::Twice).or_insert(Place::At(at));
            }
            places
        };
        Self { exact: by(|name| name), trimmed: by(str::trim) }
    }

    /// Where a column is. Spaces around a name count only where one column is told from another by them.
    pub fn find(&self, column: &str) -> Place {
        let place = self.exact.get(column).or_else(|| self.trimmed.get(column.trim()));
        place.copied().unwrap_or(Place::None)
    }

    fn has_exactly(&self, column: &str) -> bool {
        self.exact.contains_key(column)
    }
}

fn missing(names: &[String], column: &str) -> Finding {
    let finding = Finding::error("table-column-missing", format!("there is no column «{}»", clipped(column)));
    let nearest = nearest(names, column);
    finding.help(match nearest {
        Some(near) => format!("did you mean «{}»? The columns are {}", clipped(near), list(names)),
        None => format!("the columns are {}", list(names)),
    })
}

/// The name that was probably meant. Comparing takes the product of the lengths, and nobody means a thousand letters.
fn nearest<'a>(names: &'a [String], column: &str) -> Option<&'a str> {
    const LONGEST: usize = 100;
    const MOST: usize = 10_000;
    let column = column.to_lowercase();
    let candidates = names.iter().take(MOST).filter(|name| name.len() <= LONGEST && column.len() <= LONGEST);
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &column);
    candidates
        .map(|name| (likeness(name), name.as_str()))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|one, other| one.0.total_cmp(&other.0).then_with(|| other.1.cmp(one.1)))
        .map(|(_, name)| name)
}

/// The names, as many as a sentence holds.
pub fn list(names: &[String]) -> String {
    const MOST: usize = 20;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("«{}»", clipped(name))).collect();
    let more = names.len().saturating_sub(MOST);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
