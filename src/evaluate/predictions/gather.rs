//! What becomes of each batch of rows, and all of it together.

use std::collections::BTreeMap;

use super::checks::Checks;
use super::labels::{Classes, MOST_CLASSES};
use super::layout::Layout;
use super::places::Places;
use super::regression::Errors;
use super::set::{self, Fingerprint};
use super::tally::{Columns, Tally, Wishes};
use crate::config::{self, Measure};
use crate::fault::Result;
use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::interrupt::Interrupt;
use crate::name::Digest;
use crate::table::{self, Batch, Column, Table};

/// How many texts a column of labels may have: of a slice's values more than there may be slices, so that we can say
/// how many there are.
const MOST_LABELS: usize = 10_000;

/// What came of some rows.
#[derive(Debug, Default)]
pub struct Gathered {
    /// How many.
    pub rows: u64,
    /// What was noticed of their numbers.
    pub checks: Checks,
    /// Their classes, while they passed.
    pub tally: Tally,
    /// Their numbers, while they passed.
    pub errors: Errors,
    /// Their columns, where those are kept: as in the layout, empty where nobody needs one.
    pub kept: Vec<Column>,
    /// Their ids, where nothing else is kept.
    pub ids: Vec<u128>,
    /// By the code of the truth which rows they are.
    set: BTreeMap<u32, Fingerprint>,
}

/// Reads files. Their columns are kept where `keep` is set, else what can be summed is.
///
/// # Errors
/// A file that cannot be read, or an interrupt.
pub fn gather(
    spec: &config::Predictions,
    layout: &Layout,
    keep: bool,
    files: &[ProjectFile],
    interrupt: &Interrupt,
) -> Result<std::result::Result<(Gathered, Table), Vec<Finding>>> {
    if let Some(finding) = incomplete(layout).or_else(|| excessive(layout)) {
        return Ok(Err(vec![finding]));
    }
    let mut all = Gathered::default();
    let each = |batch| Gathered::of(spec, layout, keep, batch);
    let table = table::fold(files, &layout.wanted, MOST_LABELS, interrupt, each, |part| all.merge(part))?;
    Ok(table.map(|table| (all, table)))
}

/// Nothing tells what was predicted.
fn incomplete(layout: &Layout) -> Option<Finding> {
    if layout.predicted.is_some() || layout.classes && !layout.scores.is_empty() {
        return None;
    }
    let finding = Finding::error("predictions-incomplete", "no column says what was predicted");
    Some(finding.help("name it under `predicted`, or of a classification its scores under `score`"))
}

/// What would be refused when all of it was read.
fn excessive(layout: &Layout) -> Option<Finding> {
    let columns = layout.scores.len();
    (columns > MOST_CLASSES).then(|| {
        let message = format!("`score` names columns of {columns} classes, more than {MOST_CLASSES}");
        Finding::error("labels-many", message)
            .help("leave `score` out, or set `task: regression` if numbers are to be predicted")
    })
}

impl Gathered {
    /// Of a batch.
    #[must_use]
    pub fn of(spec: &config::Predictions, layout: &Layout, keep: bool, batch: Batch) -> Self {
        let mut gathered =
            Self { rows: batch.rows as u64, checks: Checks::of(layout, &batch), ..Self::default() };
        gathered.identify(layout, &batch);
        match (keep, layout.classes) {
            (true, _) => {
                gathered.kept = batch.columns;
                return gathered;
            }
            (false, true) => gathered.tally = tally(spec, layout, &batch),
            (false, false) => gathered.errors = errors(spec, layout, &batch),
        }
        if let Some(id) = layout.id {
            gathered.ids = Layout::keys(&batch, id).to_vec();
        }
        gathered
    }

    /// Adds what came of the rows that follow.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.checks.merge(&other.checks);
        self.tally.merge(other.tally);
        self.errors.merge(other.errors);
        self.ids.extend(other.ids);
        for (truth, fingerprint) in other.set {
            self.set.entry(truth).or_default().merge(fingerprint);
        }
        if self.kept.is_empty() {
            self.kept = other.kept;
            return;
        }
        for (own, other) in self.kept.iter_mut().zip(other.kept) {
            match (own, other) {
                (Column::Numbers(own), Column::Numbers(other)) => own.extend(other),
                (Column::Labels(own), Column::Labels(other)) => own.extend(other),
                (Column::Keys(own), Column::Keys(other)) => own.extend(other),
                _ => {}
            }
        }
    }

    /// Notes which rows these are.
    fn identify(&mut self, layout: &Layout, batch: &Batch) {
        let keys = layout.id.map(|place| Layout::keys(batch, place));
        let weights = layout.weight.map(|place| Layout::numbers(batch, place));
        let row = |at: usize| {
            let key = keys.map_or(u128::from(batch.first + at as u64), |keys| keys[at]);
            (key, weights.map_or(1.0, |weights| weights[at]))
        };
        if !layout.classes {
            let set = self.set.entry(0).or_default();
            for (at, truth) in Layout::numbers(batch, layout.truth).iter().enumerate() {
                let (key, weight) = row(at);
                set.add_number(key, weight, *truth);
            }
            return;
        }
        // A map for each row would cost more than its hash.
        let mut few = [Fingerprint::default(); 32];
        for (at, truth) in Layout::labels(batch, layout.truth).iter().enumerate() {
            let (key, weight) = row(at);
            match few.get_mut(*truth as usize) {
                Some(set) => set.add(key, weight),
                None => self.set.entry(*truth).or_default().add(key, weight),
            }
        }
        let seen = (0..).zip(few).filter(|(_, set)| *set != Fingerprint::default());
        seen.for_each(|(truth, set)| self.set.entry(truth).or_default().merge(set));
    }

    /// Which evaluation set this is.
    #[must_use]
    pub fn set(&self, classes: Option<&Classes>) -> Digest {
        let mut by_text: BTreeMap<String, Fingerprint> = BTreeMap::new();
        for (truth, set) in &self.set {
            let class =
                classes.and_then(|classes| classes.labels.get(*classes.truth.get(*truth as usize)? as usize));
            by_text.entry(class.cloned().unwrap_or_default()).or_default().merge(*set);
        }
        set::digest(&by_text)
    }

    /// What makes it impossible to go on.
    #[must_use]
    pub fn errors(&self, layout: &Layout, spec: &config::Predictions, places: Places<'_>) -> Vec<Finding> {
        if self.rows == 0 {
            let finding = Finding::error("predictions-empty", "there is no row of predictions");
            return vec![finding.help("make evaluate write a row for each example that it judged")];
        }
        let mut errors = self.checks.errors(layout, spec, places);
        errors.extend(self.repeated(layout, places));
        errors
    }

    /// Ids that several rows have.
    fn repeated(&self, layout: &Layout, places: Places<'_>) -> Option<Finding> {
        let kept = layout.id.and_then(|place| match self.kept.get(place) {
            Some(Column::Keys(keys)) => Some(keys),
            _ => None,
        });
        let ids = kept.unwrap_or(&self.ids);
        let mut sorted: Vec<u128> = ids.clone();
        sorted.sort_unstable();
        let mut twice: Vec<u128> =
            sorted.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
        let more = twice.len();
        twice.dedup();
        let is_twice = |id: &u128| twice.binary_search(id).is_ok();
        let first = ids.iter().position(is_twice)?;
        let again = ids.iter().skip(first + 1).position(|id| *id == ids[first])? + first + 1;
        let [again_is, first_is] = [again, first].map(|row| places.row(row as u64));
        let message = match more {
            1 => format!("the id of {again_is} is that of {first_is} again"),
            _ => format!(
                "{more} rows have an id that another one has before them: that of {again_is} is that of {first_is} again"
            ),
        };
        let finding = Finding::error("id-repeats", message)
            .help("an id tells a row from every other: name such a column");
        Some(places.at(finding, again as u64))
    }
}

fn tally(spec: &config::Predictions, layout: &Layout, batch: &Batch) -> Tally {
    let columns = Columns {
        truth: Layout::labels(batch, layout.truth),
        predicted: layout.predicted.map(|place| Layout::labels(batch, place)),
        scores: layout.scores.first().map_or(&[][..], |place| Layout::numbers(batch, *place)),
        weights: layout.weight.map(|place| Layout::numbers(batch, place)),
        threshold: layout.threshold,
    };
    Tally::of(&columns, Wishes::of(spec, true))
}

fn errors(spec: &config::Predictions, layout: &Layout, batch: &Batch) -> Errors {
    let predicted = layout.predicted.map_or(&[][..], |place| Layout::numbers(batch, place));
    let weights = layout.weight.map(|place| Layout::numbers(batch, place));
    let truth = Layout::numbers(batch, layout.truth);
    Errors::of(truth, predicted, weights, spec.asks_for(Measure::MedianAe))
}
