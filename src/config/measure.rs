//! The metrics that are computed of predictions, under the names that scikit-learn and Fairlearn give them.

use super::Better;
use crate::record::Task;

/// A metric of predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// The share of predictions that are right.
    Accuracy,
    /// The mean of the classes' recalls.
    BalancedAccuracy,
    /// Of what was taken for positive, the share that is.
    Precision,
    /// Of the positive, the share that was taken for it.
    Recall,
    /// Of the negative, the share that was taken for it.
    Specificity,
    /// The harmonic mean of precision and recall.
    F1,
    /// The mean of the classes' precisions.
    PrecisionMacro,
    /// The precision of all classes together.
    PrecisionMicro,
    /// The mean of the classes' precisions by how frequent they are.
    PrecisionWeighted,
    /// The mean of the classes' recalls.
    RecallMacro,
    /// The recall of all classes together.
    RecallMicro,
    /// The mean of the classes' recalls by how frequent they are.
    RecallWeighted,
    /// The mean of the classes' f1.
    F1Macro,
    /// The f1 of all classes together.
    F1Micro,
    /// The mean of the classes' f1 by how frequent they are.
    F1Weighted,
    /// Matthews' correlation coefficient.
    MatthewsCorrcoef,
    /// Cohen's kappa.
    CohenKappa,
    /// The area under the curve of the true positive rate against the false positive rate.
    RocAuc,
    /// The same of many classes: the mean of each class against the rest.
    RocAucOvr,
    /// The same of many classes: the mean over all pairs of classes.
    RocAucOvo,
    /// The area under the curve of precision against recall, in steps.
    AveragePrecision,
    /// The mean negative log-likelihood.
    LogLoss,
    /// The mean squared error of the probabilities.
    Brier,
    /// The mean gap between what was said and what came true, over bins of equal width.
    ExpectedCalibrationError,
    /// The mean squared error.
    Mse,
    /// Its square root.
    Rmse,
    /// The mean absolute error.
    Mae,
    /// The median absolute error.
    MedianAe,
    /// The mean absolute error as a share of the truth.
    Mape,
    /// The share of the variance that is explained.
    R2,
    /// The largest absolute error.
    MaxError,
}

/// What a metric needs to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// A prediction for each row.
    Predicted,
    /// A score for each row and class.
    Scores,
}

/// A difference between slices, which is a metric for each of `evaluate.predictions.slices`: `NAME.SLICING`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fairness {
    /// Between the shares that are taken for positive: the largest minus the smallest.
    DemographicParity,
    /// Between the recalls.
    EqualOpportunity,
    /// The larger of the differences between the recalls and between the false positive rates.
    EqualizedOdds,
}

impl Fairness {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DemographicParity, Self::EqualOpportunity, Self::EqualizedOdds];

    /// The name, as Fairlearn spells it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::DemographicParity => "demographic_parity_difference",
            Self::EqualOpportunity => "equal_opportunity_difference",
            Self::EqualizedOdds => "equalized_odds_difference",
        }
    }

    /// The difference between slices that a metric is by its name, and the slicing that it names.
    #[must_use]
    pub fn named(metric: &str) -> Option<(Self, &str)> {
        Self::ALL.into_iter().find_map(|fairness| {
            let slicing = metric.strip_prefix(fairness.word())?;
            (slicing.is_empty() || slicing.starts_with('.'))
                .then(|| (fairness, slicing.trim_start_matches('.')))
        })
    }
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 31] = [
        Self::Accuracy,
        Self::BalancedAccuracy,
        Self::Precision,
        Self::Recall,
        Self::Specificity,
        Self::F1,
        Self::PrecisionMacro,
        Self::PrecisionMicro,
        Self::PrecisionWeighted,
        Self::RecallMacro,
        Self::RecallMicro,
        Self::RecallWeighted,
        Self::F1Macro,
        Self::F1Micro,
        Self::F1Weighted,
        Self::MatthewsCorrcoef,
        Self::CohenKappa,
        Self::RocAuc,
        Self::RocAucOvr,
        Self::RocAucOvo,
        Self::AveragePrecision,
        Self::LogLoss,
        Self::Brier,
        Self::ExpectedCalibrationError,
        Self::Mse,
        Self::Rmse,
        Self::Mae,
        Self::MedianAe,
        Self::Mape,
        Self::R2,
        Self::MaxError,
    ];

    /// The metric of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.word() == name)
    }

    /// The name of the metric.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced_accuracy",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::Specificity => "specificity",
            Self::F1 => "f1",
            Self::PrecisionMacro => "precision_macro",
            Self::PrecisionMicro => "precision_micro",
            Self::PrecisionWeighted => "precision_weighted",
            Self::RecallMacro => "recall_macro",
            Self::RecallMicro => "recall_micro",
            Self::RecallWeighted => "recall_weighted",
            Self::F1Macro => "f1_macro",
            Self::F1Micro => "f1_micro",
            Self::F1Weighted => "f1_weighted",
            Self::MatthewsCorrcoef => "matthews_corrcoef",
            Self::CohenKappa => "cohen_kappa",
            Self::RocAuc => "roc_auc",
            Self::RocAucOvr => "roc_auc_ovr",
            Self::RocAucOvo => "roc_auc_ovo",
            Self::AveragePrecision => "average_precision",
            Self::LogLoss => "log_loss",
            Self::Brier => "brier",
            Self::ExpectedCalibrationError => "expected_calibration_error",
            Self::Mse => "mse",
            Self::Rmse => "rmse",
            Self::Mae => "mae",
            Self::MedianAe => "median_ae",
            Self::Mape => "mape",
            Self::R2 => "r2",
            Self::MaxError => "max_error",
        }
    }

    /// Whether predictions of a task have it.
    #[must_use]
    pub const fn is_of(self, task: Task) -> bool {
        match self {
            Self::Mse | Self::Rmse | Self::Mae | Self::MedianAe | Self::Mape | Self::R2 | Self::MaxError => {
                matches!(task, Task::Regression)
            }
            Self::Precision
            | Self::Recall
            | Self::Specificity
            | Self::F1
            | Self::RocAuc
            | Self::AveragePrecision => matches!(task, Task::Binary),
            Self::RocAucOvr | Self::RocAucOvo => matches!(task, Task::Classes),
            _ => matches!(task, Task::Binary | Task::Classes),
        }
    }

    /// What it needs.
    #[must_use]
    pub const fn needs(self) -> Needs {
        match self {
            Self::RocAuc
            | Self::RocAucOvr
            | Self::RocAucOvo
            | Self::AveragePrecision
            | Self::LogLoss
            | Self::Brier
            | Self::ExpectedCalibrationError => Needs::Scores,
            _ => Needs::Predicted,
        }
    }

    /// Which way is better.
    #[must_use]
    pub const fn better(self) -> Better {
        match self {
            Self::LogLoss
            | Self::Brier
            | Self::ExpectedCalibrationError
            | Self::Mse
            | Self::Rmse
            | Self::Mae
            | Self::MedianAe
            | Self::Mape
            | Self::MaxError => Better::Lower,
            _ => Better::Higher,
        }
    }
}
