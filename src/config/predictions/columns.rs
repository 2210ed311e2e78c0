//! The roles that columns play: each has a name, and none plays two that exclude each other.

use crate::config::raw;
use crate::config::source::{KeyPath, Source};
use crate::document::shown;

/// A column, the role that it plays, and where the file says so.
struct Part<'a> {
    column: &'a str,
    role: String,
    path: KeyPath,
}

/// Checks every column that `raw` names.
pub(super) fn check(source: &mut Source<'_>, path: &KeyPath, raw: &raw::Predictions) {
    let parts = parts(path, raw);
    let divides = sliced(path, raw);
    for part in parts.iter().chain(&divides) {
        if part.column.trim().is_empty() {
            let message = format!("the column of {} has no name", part.role);
            source.value(&part.path, message, "write its name as the file's header does");
        }
    }
    for (index, part) in parts.iter().enumerate() {
        let first = parts[..index].iter().find(|other| other.column == part.column);
        if let Some(first) = first.filter(|_| !part.column.trim().is_empty()) {
            let column = shown(part.column);
            let message = format!("the column «{column}» cannot be {} and {}", first.role, part.role);
            source.value(&part.path, message, "name the column that is meant");
        }
    }
    let id = raw.id.as_deref().filter(|id| !id.trim().is_empty());
    for part in divides.iter().filter(|part| Some(part.column) == id) {
        let message =
            format!("«{}» tells each row from every other, so that no slice has two", shown(part.column));
        source.value(&part.path, message, "divide the rows by another column");
    }
}

/// The columns whose roles exclude each other. Those of a map of scores are held against each other elsewhere.
fn parts<'a>(path: &KeyPath, raw: &'a raw::Predictions) -> Vec<Part<'a>> {
    let plain = [
        ("truth", "the truth", &raw.truth),
        ("predicted", "what was predicted", &raw.predicted),
        ("weight", "the weight", &raw.weight),
        ("id", "the id", &raw.id),
    ];
    let mut parts: Vec<Part<'_>> = plain
        .into_iter()
        .filter_map(|(key, role, column)| {
            Some(Part { column: column.as_deref()?, role: role.into(), path: path.key(key) })
        })
        .collect();
    let score = path.key("score");
    match &raw.score {
        None => {}
        Some(raw::Score::Positive(column)) => {
            parts.push(Part { column, role: "the score".into(), path: score });
        }
        Some(raw::Score::Classes(raw::Ordered(classes))) => {
            let mut seen: Vec<&str> = Vec::new();
            for (class, column) in classes {
                if !seen.contains(&column.as_str()) {
                    let role = format!("the score of «{}»", shown(class));
                    parts.push(Part { column, role, path: score.key(class) });
                }
                seen.push(column);
            }
        }
    }
    parts
}

/// The columns that the rows are divided by. They may play another part too: rows can be divided by the truth.
fn sliced<'a>(path: &KeyPath, raw: &'a raw::Predictions) -> Vec<Part<'a>> {
    let slices = path.key("slices");
    let part = |axis: &'a raw::Axis, path: KeyPath| match axis {
        raw::Axis::Values(column) => Part { column, role: "the slices".into(), path },
        raw::Axis::Quantiles(quantiles) => {
            Part { column: &quantiles.column, role: "the slices".into(), path: path.key("column") }
        }
    };
    let mut parts = Vec::new();
    for (index, slicing) in raw.slices.iter().flatten().enumerate() {
        let place = slices.index(index);
        match slicing {
            raw::Slicing::One(axis) => parts.push(part(axis, place)),
            raw::Slicing::Cross(axes) => {
                parts.extend(axes.iter().enumerate().map(|(at, axis)| part(axis, place.index(at))));
            }
        }
    }
    parts
}
