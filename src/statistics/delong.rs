//! The area under the ROC curve, its variance, and that of the difference of two on the same rows. (DeLong, DeLong and
//! Clarke-Pearson 1988; in n log n by Sun and Xu 2014)

/// An area and its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// The area, ties counting half.
    pub value: f64,
    /// Its standard error; none where a class has fewer than two rows.
    pub error: Option<f64>,
}

/// The area of unweighted scores, which are sorted. None where a class has no row.
#[must_use]
pub fn area(_positives: &mut [f64], _negatives: &mut [f64]) -> Option<Area> {
    None
}

/// The difference of the areas of two scores for the same rows, candidate minus baseline. `is_positive` and both
/// scores have a value a row.
#[must_use]
pub fn difference(_is_positive: &[bool], _candidate: &[f64], _baseline: &[f64]) -> Option<Area> {
    None
}
