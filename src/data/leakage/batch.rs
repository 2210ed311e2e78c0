//! What some rows come to.

use std::collections::{BTreeMap, BTreeSet};

use super::area::{self, FEWEST, Telling};
use super::layout::Layout;
use super::rows::{self, Same};
use crate::data::keyed::Keyed;
use crate::data::pass::Rows;
use crate::document::shown;
use crate::table::{Cells, NONE, Values};

/// What some rows come to.
#[derive(Debug)]
pub struct Part {
    /// Of the whole rows, then of each group each value once.
    pub keys: Vec<Vec<Keyed>>,
    /// What there is besides.
    pub facts: Facts,
}

/// What is known of some rows besides their keys.
#[derive(Debug)]
pub struct Facts {
    /// How many they are.
    pub rows: u64,
    /// The earliest time, in seconds since 1970; infinity without one.
    pub earliest: f64,
    /// The latest.
    pub latest: f64,
    /// How well single columns tell the label; nothing of a set that nobody asks.
    pub tellings: Tellings,
    /// Of each wanted column how many values are of another type than what it holds: they count as none.
    pub strange: Vec<u64>,
}

impl Default for Facts {
    fn default() -> Self {
        let (earliest, latest) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { rows: 0, earliest, latest, tellings: Tellings::default(), strange: Vec::new() }
    }
}

impl Facts {
    /// Takes in those of more rows.
    pub fn merge(&mut self, later: Self) {
        self.rows += later.rows;
        self.earliest = self.earliest.min(later.earliest);
        self.latest = self.latest.max(later.latest);
        self.tellings.merge(later.tellings, self.rows);
        self.strange.resize(self.strange.len().max(later.strange.len()), 0);
        self.strange.iter_mut().zip(later.strange).for_each(|(known, more)| *known += more);
    }
}

impl Part {
    /// Of some rows.
    #[must_use]
    pub fn of(layout: &Layout, rows: &Rows<'_>, same: Same, tellings: Tellings) -> Self {
        let same_columns: Vec<&Cells> = layout.same.iter().filter_map(|place| rows.cells(*place)).collect();
        let whole = rows::rows(&same_columns, rows.count, same).into_iter().zip(rows.first..);
        let whole = whole.map(|(key, row)| Keyed::new(key, row)).collect();
        let groups = layout.groups.iter().filter_map(|place| rows.cells(*place));
        let groups = groups.map(|cells| rows::values(cells, rows.first));
        let times = match layout.time.and_then(|place| rows.cells(place)).map(|cells| &cells.values) {
            Some(Values::Numbers(times)) => times.as_slice(),
            _ => &[],
        };
        let facts = Facts {
            rows: rows.count as u64,
            earliest: times.iter().copied().fold(f64::INFINITY, f64::min),
            latest: times.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            tellings,
            strange: rows.all().map(|cells| cells.strange).collect(),
        };
        Self { keys: std::iter::once(whole).chain(groups).collect(), facts }
    }
}

/// How well single columns tell the label: a column against each of the label's values that may be the second class.
#[derive(Debug, Default)]
pub struct Tellings {
    /// The texts of the label.
    labels: BTreeSet<Box<str>>,
    /// By the layer that rows are in and the text of their label.
    classes: BTreeMap<(u32, Box<str>), Class>,
}

/// Some rows of one class.
#[derive(Debug, Default)]
struct Class {
    /// How many they are.
    rows: usize,
    /// Of each feature.
    columns: Vec<Telling>,
}

impl Class {
    /// Takes in more.
    fn merge(&mut self, later: Self) {
        self.rows += later.rows;
        self.columns.resize_with(later.columns.len().max(self.columns.len()), Telling::default);
        self.columns.iter_mut().zip(later.columns).for_each(|(known, more)| known.merge(more));
    }
}

/// A label of more values is none of two classes.
const MOST: usize = 2;

impl Tellings {
    /// Of some rows.
    #[must_use]
    pub fn of(layout: &Layout, rows: &Rows<'_>) -> Self {
        let mut tellings = Self::default();
        let Some(Values::Texts(labels)) =
            layout.label.and_then(|place| rows.cells(place)).map(|cells| &cells.values)
        else {
            return tellings;
        };
        // Of a label with thousands of texts it is enough to know that they are too many.
        tellings.labels = labels.texts.iter().take(MOST + 1).cloned().collect();
        if tellings.overflowed() {
            return tellings;
        }
        let first = area::first_layer(rows.first);
        let mut looked_at: BTreeMap<(u32, u32), Vec<(usize, u64)>> = BTreeMap::new();
        for (at, (code, row)) in labels.codes.iter().zip(rows.first..).enumerate() {
            let layer = area::layer(row);
            if *code != NONE && layer >= first {
                looked_at.entry((layer, *code)).or_default().push((at, row));
            }
        }
        for ((layer, code), looked_at) in looked_at {
            let Some(text) = labels.texts.get(code as usize) else { continue };
            let of = |place: &usize| {
                rows.cells(*place).map(|cells| Telling::of(cells, &looked_at)).unwrap_or_default()
            };
            let class = Class { rows: looked_at.len(), columns: layout.features.iter().map(of).collect() };
            tellings.classes.insert((layer, text.clone()), class);
        }
        tellings
    }

    /// Takes in more, with which so many rows have come.
    pub fn merge(&mut self, later: Self, rows: u64) {
        self.labels.extend(later.labels.into_iter().take(MOST + 1));
        if self.overflowed() {
            self.classes.clear();
            return;
        }
        for (key, class) in later.classes {
            self.classes.entry(key).or_default().merge(class);
        }
        let first = (area::first_layer(rows), Box::default());
        if self.classes.first_key_value().is_some_and(|(key, _)| *key < first) {
            self.classes = self.classes.split_off(&first);
        }
    }

    /// How many rows of a feature are kept.
    #[cfg(test)]
    pub fn kept(&self) -> usize {
        self.classes.values().filter_map(|class| class.columns.first()).map(Telling::rows).sum()
    }

    fn overflowed(&self) -> bool {
        self.labels.len() > MOST
    }

    /// The area of each column, the highest first; and why there is none, where somebody wanted to know.
    #[must_use]
    pub fn areas(self, layout: &Layout) -> (Vec<(String, f64)>, Option<String>) {
        let Some(label) = layout.label else { return (Vec::new(), None) };
        let untold =
            |why: String| (Vec::new(), Some(format!("the label «{}» has {why}", shown(&layout.name(label)))));
        if self.labels.len() != MOST {
            let values = if self.overflowed() { "more than two values" } else { "fewer than two values" };
            return untold(values.into());
        }
        let mut classes: BTreeMap<Box<str>, Class> =
            self.labels.into_iter().map(|text| (text, Class::default())).collect();
        for ((_, text), class) in self.classes {
            if let Some(known) = classes.get_mut(&text) {
                known.merge(class);
            }
        }
        let rows: usize = classes.values().map(|class| class.rows).sum();
        if let Some((text, few)) = classes.iter().find(|(_, class)| class.rows < FEWEST) {
            let few = format!("in {} of the {rows} rows that were looked at", few.rows);
            return untold(format!(
                "the value «{}» {few}, and fewer than {FEWEST} tell nothing",
                shown(text)
            ));
        }
        let mut classes = classes.into_values();
        let (Some(one), Some(other)) = (classes.next(), classes.next()) else { return (Vec::new(), None) };
        let areas = one.columns.into_iter().zip(other.columns).zip(&layout.features);
        let mut areas: Vec<(String, f64)> = areas
            .filter_map(|((one, other), place)| Some((layout.name(*place), area::area(one, other)?)))
            .collect();
        areas.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        (areas, None)
    }
}
