//! What Parquet and Arrow have in common: a schema, and batches of arrays.

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use crate::finding::Finding;

use super::Kind;
use super::arrays::{fill, suits};
use super::cell::Filling;
use super::drive::{Parsed, Shared};
use super::header;
use super::trouble::{Stop, Troubles, clipped};

/// The rows that are parsed at a time.
pub const PART: usize = 32 * 1024;

/// Where the wanted columns are in a file.
#[derive(Debug)]
pub struct Columns {
    /// The columns to be read, in the order of the file, each once.
    roots: Vec<usize>,
    /// For each wanted column, which of them it is.
    wanted: Vec<usize>,
}

impl Columns {
    /// Finds them, or says which are missing or cannot be what is wanted.
    pub fn among(schema: &Schema, path: &str, shared: Shared<'_>) -> Result<Self, Stop> {
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let at_path = |findings: Vec<Finding>| {
            Stop::Findings(findings.into_iter().map(|finding| finding.at_path(path)).collect())
        };
        let places = header::places(&names, shared.wanted).map_err(at_path)?;
        let unsuitable: Vec<Finding> = places
            .iter()
            .zip(shared.wanted)
            .filter_map(|(place, wanted)| {
                let kind = schema.fields().get(*place)?.data_type();
                let fits = suits(wanted.kind, kind);
                (!fits).then(|| unsuitable(&wanted.column, &kind.to_string(), wanted.kind))
            })
            .collect();
        if !unsuitable.is_empty() {
            return Err(at_path(unsuitable));
        }
        let mut roots = places.clone();
        roots.sort_unstable();
        roots.dedup();
        let wanted = places.iter().map(|place| roots.partition_point(|root| root < place)).collect();
        Ok(Self { roots, wanted })
    }

    /// The columns to be read.
    pub fn roots(&self) -> Vec<usize> {
        self.roots.clone()
    }

    /// Which column each wanted one is, and what it is wanted for.
    pub fn each(&self, shared: Shared<'_>) -> impl Iterator<Item = (usize, Kind)> {
        let roots = self.wanted.iter().filter_map(|wanted| self.roots.get(*wanted).copied());
        roots.zip(shared.wanted.iter().map(|wanted| wanted.kind))
    }

    /// Makes columns of a batch that has those that were to be read.
    pub fn parse(&self, batch: &RecordBatch, shared: Shared<'_>) -> Parsed {
        let mut filling = shared.fillings(batch.num_rows());
        let mut troubles = Troubles::default();
        for (slot, (column, place)) in filling.iter_mut().zip(&self.wanted).enumerate() {
            if let Some(array) = batch.columns().get(*place) {
                fill(column, array, slot, &mut troubles);
            }
        }
        let columns = filling.into_iter().map(Filling::finish).collect();
        Parsed { rows: batch.num_rows() as u64, lines: 0, columns, troubles }
    }
}

fn unsuitable(column: &str, kind: &str, wanted: Kind) -> Finding {
    let what = match wanted {
        Kind::Number => "numbers",
        Kind::Label => "labels",
        Kind::Key => "ids",
    };
    let message = format!(
        "the column «{}» is of type {}, which cannot be read as {what}",
        clipped(column),
        clipped(kind)
    );
    let help = match wanted {
        Kind::Number => "write it as integers or floats",
        Kind::Label | Kind::Key => "write it as texts, integers or truth values",
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
