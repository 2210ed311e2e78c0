//! The ten words of the pipeline, in the one order they have everywhere.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A step of the pipeline. The order of the variants is the order of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Read the source code for what is plainly wrong.
    Lint,
    /// Run the project's own tests.
    Test,
    /// Validate the data.
    Data,
    /// Make the model.
    Train,
    /// Measure the model.
    Evaluate,
    /// Build the image that holds the model, and prove it.
    Image,
    /// Judge the measurements.
    Gate,
    /// Show the judgement.
    Report,
    /// Ship what was approved.
    Deploy,
    /// Decide whether to train again.
    Retrain,
}

impl Step {
    /// All ten, in order.
    pub const ALL: [Self; 10] = [
        Self::Lint,
        Self::Test,
        Self::Data,
        Self::Train,
        Self::Evaluate,
        Self::Image,
        Self::Gate,
        Self::Report,
        Self::Deploy,
        Self::Retrain,
    ];

    /// The word: the key of the configuration, the command and the section of every report.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Test => "test",
            Self::Data => "data",
            Self::Image => "image",
            Self::Train => "train",
            Self::Evaluate => "evaluate",
            Self::Gate => "gate",
            Self::Report => "report",
            Self::Deploy => "deploy",
            Self::Retrain => "retrain",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
