//! The rows of predictions, in memory, by column: for what cannot be measured while they pass.

use crate::config;
use crate::fault::Result;
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::interrupt::Interrupt;

/// Rows of predictions. Every list has a value a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// How many.
    pub len: usize,
    /// What is predicted, and what was.
    pub target: Target,
    /// The weights; none where all weigh the same.
    pub weights: Option<Vec<f64>>,
    /// What tells each row from every other; none without `id`.
    pub keys: Option<Vec<u128>>,
    /// For each of the spec's slicings, the names of its slices, in order, and which of them each row is in.
    pub slices: Vec<(Vec<String>, Vec<u32>)>,
}

/// What is predicted, and what was.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A class.
    Classes {
        /// The classes in order: as numbers where all are, else as texts. Of two, the positive one is the second.
        labels: Vec<String>,
        /// The true class of each row.
        truth: Vec<u32>,
        /// The class that was predicted.
        predicted: Vec<u32>,
        /// A list for each class, in their order; of two classes only that of the positive one; none without scores.
        scores: Vec<Vec<f64>>,
    },
    /// A number.
    Regression {
        /// The true number of each row.
        truth: Vec<f64>,
        /// The number that was predicted.
        predicted: Vec<f64>,
    },
}

impl Rows {
    /// Reads all rows. The inner error is what is wrong with them.
    ///
    /// # Errors
    /// A file that cannot be read, or an interrupt.
    pub fn read(
        _spec: &config::Predictions,
        _files: &[ProjectFile],
        _interrupt: &Interrupt,
    ) -> Result<std::result::Result<Self, Vec<Finding>>> {
        Ok(Err(Vec::new()))
    }
}
