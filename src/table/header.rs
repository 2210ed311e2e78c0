//! The wanted columns among those that are there.

use crate::finding::Finding;

use super::Wanted;
use super::trouble::clipped;

/// The places of the wanted columns, or what is wrong for each that has none, without path and line.
pub fn places(names: &[String], wanted: &[Wanted]) -> Result<Vec<usize>, Vec<Finding>> {
    let mut places = Vec::new();
    let mut findings: Vec<Finding> = Vec::new();
    for wanted in wanted {
        match place(names, &wanted.column) {
            Ok(place) => places.push(place),
            // A column may be wanted for several things, and is missing once.
            Err(finding) if findings.contains(&finding) => {}
            Err(finding) => findings.push(*finding),
        }
    }
    if findings.is_empty() { Ok(places) } else { Err(findings) }
}

/// How many of the wanted columns are there.
pub fn found(names: &[String], wanted: &[Wanted]) -> usize {
    wanted.iter().filter(|wanted| !places_of(names, &wanted.column).is_empty()).count()
}

fn place(names: &[String], column: &str) -> Result<usize, Box<Finding>> {
    match places_of(names, column)[..] {
        [place] => Ok(place),
        [] => Err(Box::new(missing(names, column))),
        [..] => {
            let message = format!("there is more than one column «{}»", clipped(column));
            Err(Box::new(Finding::error("table-column-twice", message).help("give each column its own name")))
        }
    }
}

/// Spaces around a name count only where one column is told from another by them.
fn places_of(names: &[String], column: &str) -> Vec<usize> {
    let with = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
        names.iter().enumerate().filter(|(_, name)| same(name)).map(|(at, _)| at).collect()
    };
    let exact = with(&|name| name == column);
    if exact.is_empty() { with(&|name| name.trim() == column.trim()) } else { exact }
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

fn list(names: &[String]) -> String {
    const MOST: usize = 20;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("«{}»", clipped(name))).collect();
    let more = names.len().saturating_sub(MOST);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
