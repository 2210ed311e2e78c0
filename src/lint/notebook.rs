//! Jupyter notebooks: the Python in their code cells.

use std::fmt;

use ruff_python_parser::Mode;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::conflict::conflicts;
use super::place::{Lines, number, place_in_bytes};
use super::python;
use super::source::utf8;
use super::version::Target;
use crate::document::{At, Segment, locate};
use crate::finding::Finding;

/// What is read of a notebook of version 3 or 4; all else is passed over.
#[derive(Deserialize)]
struct Notebook {
    #[serde(default)]
    cells: Option<Vec<Cell>>,
    #[serde(default)]
    worksheets: Option<Vec<Worksheet>>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Worksheet {
    #[serde(default)]
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    #[serde(default)]
    cell_type: Text,
    /// Version 4.
    #[serde(default)]
    source: Text,
    /// Version 3.
    #[serde(default)]
    input: Text,
    /// Version 3.
    #[serde(default)]
    language: Text,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    kernelspec: Language,
    #[serde(default)]
    language_info: Language,
}

#[derive(Deserialize, Default)]
struct Language {
    #[serde(default)]
    language: Text,
    #[serde(default)]
    name: Text,
}

/// A text, or a list of its lines, or something else that is taken for nothing.
#[derive(Default)]
struct Text {
    text: String,
    /// Whether it was a list.
    lines: bool,
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of lines")
            }
            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text { text: text.to_owned(), lines: false })
            }
            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Text, A::Error> {
                let mut text = String::new();
                while let Some(line) = seq.next_element::<std::borrow::Cow<'de, str>>()? {
                    text.push_str(&line);
                }
                Ok(Text { text, lines: true })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text::default())
            }
        }
        from.deserialize_any(Any)
    }
}

/// The findings of a notebook, without their path.
pub(super) fn check(bytes: &[u8], target: &Target) -> Vec<Finding> {
    let text = match utf8(bytes) {
        Ok(text) => text,
        Err(finding) => {
            return vec![Finding { help: Some("save the notebook again with Jupyter".into()), ..finding }];
        }
    };
    // A notebook that was just made by `touch`; Jupyter opens it.
    if text.trim().is_empty() {
        return Vec::new();
    }
    // serde would take a list for an object whose keys were left out.
    if let Some(at) = text.find(|c: char| !c.is_ascii_whitespace()).filter(|at| !text[*at..].starts_with('{'))
        && conflicts(text).is_empty()
    {
        let (line, column) = Lines::of(text).place(at);
        return vec![invalid("expected an object").at_line(line, Some(column))];
    }
    match serde_json::from_str::<Notebook>(text) {
        Ok(notebook) => cells(&notebook, text, target),
        Err(error) => vec![broken(text, &error)],
    }
}

fn broken(text: &str, error: &serde_json::Error) -> Finding {
    if let Some(conflict) = conflicts(text).first() {
        let (line, column) = Lines::of(text).place(conflict.block.start);
        return Finding::error("merge-conflict", "a merge conflict was committed")
            .at_line(line, Some(column))
            .help("take one side whole, or merge with nbdime");
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let line_start =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let at = (line_start + error.column().saturating_sub(1)).min(text.len());
    let (line, column) = place_in_bytes(text.as_bytes(), text.floor_char_boundary(at));
    invalid(message).at_line(line, Some(column))
}

fn invalid(message: &str) -> Finding {
    Finding::error("notebook-invalid", format!("not a notebook: {message}"))
        .help("save the notebook again with Jupyter")
}

fn cells(notebook: &Notebook, text: &str, target: &Target) -> Vec<Finding> {
    let metadata = &notebook.metadata;
    let declared = [&metadata.kernelspec.language.text, &metadata.language_info.name.text];
    if declared.iter().any(|language| !language.is_empty() && !is_python(language)) {
        return Vec::new();
    }
    let newer = notebook
        .cells
        .iter()
        .flatten()
        .enumerate()
        .map(|(index, cell)| (cell, vec![Segment::Key("cells".into()), Segment::Index(index)]));
    let older = notebook.worksheets.iter().flatten().enumerate().flat_map(|(sheet, worksheet)| {
        worksheet.cells.iter().enumerate().map(move |(index, cell)| {
            let sheet = [Segment::Key("worksheets".into()), Segment::Index(sheet)];
            let cell_at = [Segment::Key("cells".into()), Segment::Index(index)];
            (cell, sheet.into_iter().chain(cell_at).collect())
        })
    });
    newer
        .chain(older)
        .enumerate()
        .flat_map(|(index, (cell, path))| check_cell(cell, index + 1, path, text, target))
        .collect()
}

fn is_python(language: &str) -> bool {
    let language = language.to_ascii_lowercase();
    language.starts_with("python") || language == "ipython"
}

fn check_cell(
    cell: &Cell,
    position: usize,
    mut path: Vec<Segment>,
    text: &str,
    target: &Target,
) -> Vec<Finding> {
    let language = &cell.language.text;
    if cell.cell_type.text != "code" || !(language.is_empty() || is_python(language)) {
        return Vec::new();
    }
    let (key, source) = match cell.source.text.is_empty() {
        false => ("source", &cell.source),
        true => ("input", &cell.input),
    };
    let Some((skipped, python)) = python_of(&source.text) else { return Vec::new() };
    let mut findings = python::check(python, Mode::Ipython, target);
    path.push(Segment::Key(key.into()));
    for finding in &mut findings {
        let line = finding.line.unwrap_or(1) + number(skipped);
        finding.message = format!("cell {position}, line {line}: {}", finding.message);
        let mut place = path.clone();
        if source.lines {
            place.push(Segment::Index(usize::try_from(line).unwrap_or(usize::MAX) - 1));
        }
        // The column in a cell is not the column in the file: quotes and escapes stand between.
        finding.column = None;
        finding.line = locate(text, &place, At::Value).map(|place| place.line);
    }
    findings
}

/// How many lines to skip, and the Python after them; none for a cell in another language.
fn python_of(source: &str) -> Option<(usize, &str)> {
    let start = source.len() - source.trim_start().len();
    let Some(magic) = source[start..].strip_prefix("%%") else { return Some((0, source)) };
    let name: String = magic.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '!')).collect();
    // These run the rest of their cell as Python here.
    if !matches!(name.as_str(), "time" | "timeit" | "capture" | "prun" | "mprun" | "memit" | "debug") {
        return None;
    }
    let end = source[start..].find('\n').map_or(source.len(), |end| start + end + 1);
    Some((source[..end].matches('\n').count(), &source[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        let findings = check(text.as_bytes(), &Target::newest());
        findings
            .iter()
            .map(|finding| format!("{} {} {}", finding.place(), finding.code, finding.message))
            .collect()
    }

    fn nothing(text: &str) {
        assert_eq!(of(text), Vec::<String>::new(), "{text}");
    }

    const NOTEBOOK: &str = r##"{
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": ["# x = = 1"]},
  {
   "cell_type": "code",
   "metadata": {},
   "outputs": [{"data": {"x": [1e999]}}],
   "source": [
    "%matplotlib inline\n",
    "!pip install x\n",
    "x = = 1\n"
   ]
  },
  {"cell_type": "code", "source": "%%time\ny = (\n"},
  {"cell_type": "code", "source": ["%%bash\n", "for x in *; do"]},
  {"cell_type": "code", "source": ["await x\n", "a = !ls\n", "x?"]}
 ],
 "metadata": {"kernelspec": {"language": "python", "name": "python3"}, "language_info": {"name": "python"}},
 "nbformat": 4,
 "nbformat_minor": 5
}
"##;

    #[test]
    fn errors_are_placed_in_the_file_and_named_by_cell() {
        insta::assert_snapshot!(of(&NOTEBOOK.replace("1e999", "1")).join("\n"));
    }

    #[test]
    fn the_older_format_is_read_too() {
        let text = "{\"worksheets\": [{\"cells\": [\n{\"cell_type\": \"code\", \"language\": \"python\",\n\"input\": [\"x =\"]}]}], \"nbformat\": 3}";
        assert_eq!(of(text), ["3 python-syntax cell 1, line 1: Expected an expression"]);
    }

    #[test]
    fn other_kernels_and_empty_notebooks_are_fine() {
        nothing("");
        nothing("{\"cells\": [], \"metadata\": {}, \"nbformat\": 4}");
        nothing("{}");
        nothing(&NOTEBOOK.replace("1e999", "1").replace("\"python\"", "\"R\""));
    }

    #[test]
    fn what_is_no_notebook_says_where() {
        assert_eq!(
            of("{\n \"cells\": [\n"),
            ["3:1 notebook-invalid not a notebook: EOF while parsing a list"]
        );
        assert_eq!(of(" [1]"), ["1:2 notebook-invalid not a notebook: expected an object"]);
        for deep in ["{\"x\": ", "{\"cells\": ", "{\"metadata\": {\"kernelspec\": {\"name\": "] {
            let found = of(&(deep.to_owned() + &"[".repeat(100_000)));
            assert!(found.first().is_some_and(|line| line.contains("notebook-invalid")), "{found:?}");
        }
        let conflict = "{\n<<<<<<< HEAD\n \"cells\": []\n=======\n>>>>>>> x\n}";
        assert_eq!(of(conflict), ["2:1 merge-conflict a merge conflict was committed"]);
    }
}
