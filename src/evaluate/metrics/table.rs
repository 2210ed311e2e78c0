//! Metrics in CSV and TSV.

use csv::{ReaderBuilder, StringRecord};

use super::scalar::{Scalar, of_cell, parse, shown};
use super::sheet::{Sheet, Spot};
use crate::finding::Finding;

/// Reads the metrics out of a table.
pub fn read(path: &str, text: &str, delimiter: u8) -> Sheet {
    let mut sheet = Sheet::new(path, text);
    match rows(text, delimiter) {
        Ok(rows) => table(&mut sheet, path, &rows),
        Err((message, line)) => sheet.find(Finding::error("metrics-syntax", message), &Spot::Line(line)),
    }
    sheet.close()
}

struct Row {
    line: u32,
    cells: Vec<String>,
}

fn rows(text: &str, delimiter: u8) -> Result<Vec<Row>, (String, u32)> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Row> = Vec::new();
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    for record in reader.records() {
        let record = record.map_err(|error| (error.to_string(), 1))?;
        let line = lines.of(&record);
        let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        let width = rows.first().map_or(cells.len(), |header| header.cells.len());
        if cells.len() != width {
            let message = format!("this row has {}, and the header has {width}", columns(cells.len()));
            return Err((message, line));
        }
        rows.push(Row { line, cells });
    }
    Ok(rows)
}

fn columns(count: usize) -> String {
    if count == 1 { "1 column".into() } else { format!("{count} columns") }
}

/// Counts lines as the parser goes on. It only says where it began to look for a row, and there may be
/// empty lines before the row itself.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, record: &StringRecord) -> u32 {
        let start = record.position().and_then(|position| usize::try_from(position.byte()).ok());
        let start = start.unwrap_or(self.at).clamp(self.at, self.text.len());
        let blank = self.text[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = &self.text[self.at..start + blank];
        let breaks = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.at = start + blank;
        self.line
    }
}

fn table(sheet: &mut Sheet, path: &str, rows: &[Row]) {
    let Some((header, data)) = rows.split_first() else { return };
    if header.cells.iter().all(|cell| parse(cell).is_some()) {
        let finding =
            Finding::error("metrics-syntax", "the first row holds numbers where the names should be")
                .help("write a header row with the metrics' names");
        return sheet.find(finding, &Spot::Line(header.line));
    }
    if let Some(name) = dvclive(path) {
        return last_of(sheet, &name, data);
    }
    match long_columns(&header.cells) {
        Some((name, value)) => long(sheet, header, data, name, value),
        None => wide(sheet, header, data),
    }
}

/// The name that dvclive's file gives to the metric in it.
fn dvclive(path: &str) -> Option<String> {
    let below = path.split_once("plots/metrics/")?.1;
    let stem = below.rsplit_once('.').map_or(below, |(stem, _)| stem);
    Some(stem.replace('/', "."))
}

fn last_of(sheet: &mut Sheet, name: &str, data: &[Row]) {
    if let Some(row) = data.last()
        && let Some(cell) = row.cells.last()
    {
        sheet.add(name.to_owned(), of_cell(name, cell), Spot::Line(row.line));
    }
}

/// The columns of names and values, in a table that has one metric a row.
fn long_columns(header: &[String]) -> Option<(usize, usize)> {
    let find =
        |words: &[&str]| header.iter().position(|cell| words.contains(&cell.to_ascii_lowercase().as_str()));
    Some((find(&["metric", "name"])?, find(&["value"])?))
}

fn long(sheet: &mut Sheet, header: &Row, data: &[Row], name: usize, value: usize) {
    let others = header.cells.iter().enumerate().filter(|(index, _)| ![name, value].contains(index));
    let others: Vec<String> = others.map(|(_, cell)| shown(cell)).collect();
    if !others.is_empty() {
        let message = format!("only names and values are read; left out: {}", others.join(", "));
        sheet.find(Finding::notice("metrics-columns", message), &Spot::Line(header.line));
    }
    for row in data {
        let name = &row.cells[name];
        if !sheet.add(name.clone(), of_cell(name, &row.cells[value]), Spot::Line(row.line)) {
            return;
        }
    }
}

/// One metric a column; of several rows, as a log of epochs has them, the last value counts.
fn wide(sheet: &mut Sheet, header: &Row, data: &[Row]) {
    if data.len() > 1 {
        let message = format!("there are {} rows; of each column the last value counts", data.len());
        sheet.find(Finding::notice("metrics-rows", message), &Spot::Line(header.line));
    }
    let Some(first) = data.first() else { return };
    for (column, name) in header.cells.iter().enumerate() {
        let last = data.iter().rev().find(|row| !row.cells[column].is_empty());
        let row = last.unwrap_or(first);
        let scalar: Scalar = of_cell(name, &row.cells[column]);
        if !sheet.add(name.clone(), scalar, Spot::Line(row.line)) {
            return;
        }
    }
}
