//! What Parquet and Arrow have in common: a schema, and batches of arrays.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};

use crate::finding::Finding;

use super::Kind;
use super::arrays::{fill, suits};
use super::cell::Filling;
use super::columns::Sight;
use super::drive::{Parsed, Shared};
use super::folders::{Constant, Key};
use super::header::{self, Places};
use super::lenient::arrays::{holds, is_text};
use super::trouble::{Stop, Troubles, clipped};

/// Where the wanted columns are in a file.
#[derive(Debug)]
pub struct Columns {
    /// The columns to be read, in the order of the file, each once.
    roots: Vec<usize>,
    /// The wanted columns in the file: which of those that are read, and which of the wanted.
    wanted: Vec<(usize, usize)>,
    /// The others.
    constants: Vec<Constant>,
    /// How many rows are parsed at a time.
    part: usize,
}

impl Columns {
    /// Finds them, or says which are missing or cannot be what is wanted.
    pub fn among(schema: &Schema, path: &str, keys: &[Key], shared: Shared<'_>) -> Result<Self, Stop> {
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let at_path = |findings: Vec<Finding>| {
            Stop::Findings(findings.into_iter().map(|finding| finding.at_path(path)).collect())
        };
        let Places { mut columns, constants } =
            header::places(&names, keys, shared.wanted).map_err(at_path)?;
        columns.sort_unstable_by_key(|(_, slot)| *slot);
        let unsuitable: Vec<Finding> = columns
            .iter()
            .filter_map(|(place, slot)| {
                let (wanted, kind) = (shared.wanted.get(*slot)?, schema.fields().get(*place)?.data_type());
                let fits = suits(wanted.kind, kind);
                (!fits).then(|| unsuitable(&wanted.column, &kind.to_string(), wanted.kind))
            })
            .collect();
        if !unsuitable.is_empty() {
            return Err(at_path(unsuitable));
        }
        let mut roots: Vec<usize> = columns.iter().map(|(place, _)| *place).collect();
        roots.sort_unstable();
        roots.dedup();
        let part = part(schema, &roots);
        let read = |place: usize| roots.partition_point(|root| *root < place);
        let wanted = columns.into_iter().map(|(place, slot)| (read(place), slot)).collect();
        Ok(Self { roots, wanted, constants, part })
    }

    /// The columns to be read.
    pub fn roots(&self) -> Vec<usize> {
        self.roots.clone()
    }

    /// The rows that are parsed at a time.
    pub fn part(&self) -> usize {
        self.part
    }

    /// Which column each wanted one in the file is, and what it is wanted for.
    pub fn each(&self, shared: Shared<'_>) -> impl Iterator<Item = (usize, Kind)> {
        let of = move |(read, slot): &(usize, usize)| {
            Some((*self.roots.get(*read)?, shared.wanted.get(*slot)?.kind))
        };
        self.wanted.iter().filter_map(of)
    }

    /// Makes columns of a batch that has those that were to be read.
    pub fn parse(&self, batch: &RecordBatch, shared: Shared<'_>) -> Parsed {
        let mut filling = shared.fillings(batch.num_rows());
        let mut troubles = Troubles::default();
        let rows = batch.num_rows() as u64;
        for (read, slot) in &self.wanted {
            if let (Some(column), Some(array)) = (filling.get_mut(*slot), batch.columns().get(*read)) {
                fill(column, array, *slot, &mut troubles);
            }
        }
        self.constants.iter().for_each(|constant| constant.fill(&mut filling, rows));
        let columns = filling.into_iter().map(Filling::finish).collect();
        Parsed { rows, lines: 0, columns, troubles }
    }
}

/// The rows that are parsed at a time: fewer where there are thousands of columns, or where a cell is a list, which may be
/// as long as it likes.
fn part(schema: &Schema, roots: &[usize]) -> usize {
    const PART: usize = 32 * 1024;
    const CELLS: usize = 64 * PART;
    const OF_LISTS: usize = 1024;
    let is_nested =
        |root: &usize| schema.fields().get(*root).is_some_and(|field| field.data_type().is_nested());
    let most = if roots.iter().any(is_nested) { OF_LISTS } else { PART };
    (CELLS / roots.len().max(1)).clamp(1, most)
}

/// The columns of a schema.
pub fn sight(schema: &Schema) -> Sight {
    let column = |field: &Arc<Field>| (field.name().clone(), holds(field.data_type()));
    let texts = schema.fields().iter().filter(|field| is_text(field.data_type()));
    Sight {
        columns: schema.fields().iter().map(column).collect(),
        texts: texts.map(|field| field.name().clone()).collect(),
        ..Sight::default()
    }
}

fn unsuitable(column: &str, kind: &str, wanted: Kind) -> Finding {
    let what = match wanted {
        Kind::Number => "numbers",
        Kind::Label => "labels",
        Kind::Key => "ids",
        Kind::Cells(_) => "cells",
    };
    let message = format!(
        "the column «{}» is of type {}, which cannot be read as {what}",
        clipped(column),
        clipped(kind)
    );
    let help = match wanted {
        Kind::Number => "write it as integers or floats",
        _ => "write it as texts, integers or truth values",
    };
    Finding::error("table-column-type", message).help(help)
}

/// A file that is not what it begins as.
pub fn damaged(path: &str, why: &str) -> Stop {
    let message = format!("the file is damaged, or ends too early: {}", clipped(why));
    Finding::error("table-damaged", message)
        .at_path(path)
        .help("write it again; was it copied as a whole?")
        .into()
}
