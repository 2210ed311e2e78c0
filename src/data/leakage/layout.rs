//! Which columns are looked at, and for what.

use super::Sets;
use crate::config;
use crate::document::shown;
use crate::finding::Finding;
use crate::table::{Found, Type};

/// Which columns are wanted, and for what: each of the lists has places among the wanted ones.
#[derive(Debug)]
pub struct Layout {
    /// What is read of both sets, and what as.
    pub wanted: Vec<Found>,
    /// By which rows are the same.
    pub same: Vec<usize>,
    /// Whose values are in one set only.
    pub groups: Vec<usize>,
    /// The time.
    pub time: Option<usize>,
    /// What is to be told, where somebody looks at that.
    pub label: Option<usize>,
    /// What might tell it.
    pub features: Vec<usize>,
}

impl Layout {
    /// Of the columns that both sets have.
    ///
    /// # Errors
    /// Columns that were named and are not there, or no column that both sets have.
    pub fn of(data: &config::Data, asked: &config::Leakage, sets: Sets<'_>) -> Result<Self, Vec<Finding>> {
        let common = common(sets);
        let named = asked.columns.iter().flatten().chain(&asked.groups).chain(&asked.time);
        let missing: Vec<Finding> = named
            .filter(|name| !common.iter().any(|found| found.name == **name))
            .map(|name| missing(name, sets))
            .collect();
        if !missing.is_empty() {
            return Err(missing);
        }
        let texts = common
            .iter()
            .filter(|found| Some(&found.name) == asked.time.as_ref() && found.holds == Type::Text);
        let no_times: Vec<Finding> = texts.map(|found| no_time(&found.name)).collect();
        if !no_times.is_empty() {
            return Err(no_times);
        }
        let is_label = |found: &Found| Some(&found.name) == data.label.as_ref();
        let is_left_out = |found: &Found| {
            is_label(found)
                || Some(&found.name) == data.prediction.as_ref()
                || data.ignore.contains(&found.name)
                // The numbers that pandas gives to rows are others in each file.
                || found.name.trim().is_empty()
        };
        let places = |is: &dyn Fn(&Found) -> bool| -> Vec<usize> {
            common.iter().enumerate().filter(|(_, found)| is(found)).map(|(place, _)| place).collect()
        };
        let same = match &asked.columns {
            Some(columns) => places(&|found| columns.contains(&found.name)),
            None => places(&|found| !is_left_out(found)),
        };
        if same.is_empty() {
            let message = format!("«{}» and «{}» have no column in common", sets.train.name, sets.test.name);
            let help = "a model learns from columns that both have: are these the right files?";
            return Err(vec![Finding::error("data-column-gone", message).help(help)]);
        }
        let groups = places(&|found| asked.groups.contains(&found.name));
        let time = places(&|found| Some(&found.name) == asked.time.as_ref()).pop();
        let label = asked.predicts.and_then(|_| places(&is_label).pop());
        // An id of a group tells a label that is the same for all of the group, and that is another leak.
        let is_feature = |found: &Found| !is_left_out(found) && !asked.groups.contains(&found.name);
        let features = if label.is_some() { places(&is_feature) } else { Vec::new() };
        let wanted = common.iter().enumerate().map(|(place, found)| {
            // What is counted is told by its text. So is an id, which as a number would lose digits beyond 2^53.
            let is_id = groups.contains(&place) && time != Some(place) && found.holds == Type::Integer;
            let holds = match found.holds {
                _ if label == Some(place) || is_id => Type::Text,
                // What looks whole in the first rows may have fractions in the others.
                Type::Integer => Type::Number,
                holds => holds,
            };
            Found { name: found.name.clone(), holds }
        });
        Ok(Self { wanted: wanted.collect(), same, groups, time, label, features })
    }

    /// What the column of time is read as.
    #[must_use]
    pub fn time_holds(&self) -> Option<Type> {
        Some(self.wanted.get(self.time?)?.holds)
    }

    /// The name of a wanted column.
    #[must_use]
    pub fn name(&self, place: usize) -> String {
        self.wanted.get(place).map(|wanted| wanted.name.clone()).unwrap_or_default()
    }
}

/// The columns that both have, by name, so that their order counts nowhere. Where they hold what does not go together,
/// both are read as texts.
fn common(sets: Sets<'_>) -> Vec<Found> {
    let mut common: Vec<Found> = sets
        .train_columns
        .iter()
        .filter_map(|found| {
            let other = sets.test_columns.iter().find(|other| other.name == found.name)?;
            let holds = found.holds.joined(other.holds).unwrap_or(Type::Text);
            Some(Found { name: found.name.clone(), holds })
        })
        .collect();
    common.sort_by(|one, other| one.name.cmp(&other.name));
    common
}

fn no_time(name: &str) -> Finding {
    let message =
        format!("`data.leakage.time` names the column «{}», which holds no times in both sets", shown(name));
    let help = "write them as 2026-11-28, as 2026-11-28T20:15:00Z, or as numbers";
    Finding::error("data-column-type", message).help(help)
}

fn missing(name: &str, sets: Sets<'_>) -> Finding {
    let is_in = |columns: &[Found]| columns.iter().any(|found| found.name == name);
    let without = if is_in(sets.train_columns) { sets.test } else { sets.train };
    let message =
        format!("`data.leakage` names the column «{}», and «{}» has none", name.escape_debug(), without.name);
    Finding::error("data-column-unknown", message).help("correct the name, or remove it")
}
