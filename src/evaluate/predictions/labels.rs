//! Which classes there are, and which of them a code stands for.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::checks::shown;
use super::layout::Layout;
use crate::config::{self, Scores};
use crate::finding::Finding;
use crate::record::Task;
use crate::table::Table;

/// The classes of a classification.
#[derive(Debug, Clone, PartialEq)]
pub struct Classes {
    /// In order; of two the positive one is the second.
    pub labels: Vec<String>,
    /// The class of each code of the truth.
    pub truth: Vec<u32>,
    /// The class of each code of what was predicted; without a column of it, of what the scores say: the place of the
    /// highest, or with one score 1 for the positive class and 0 for the other.
    pub predicted: Vec<u32>,
    /// The class of each column of scores. With a single one it is the positive class.
    pub scores: Vec<u32>,
    /// What should be known.
    pub notes: Vec<Finding>,
}

/// How many classes there may be.
pub const MOST_CLASSES: usize = 1000;

impl Classes {
    /// Two classes or more.
    #[must_use]
    pub fn task(&self) -> Task {
        if self.labels.len() == 2 { Task::Binary } else { Task::Classes }
    }

    /// The positive one of two classes.
    #[must_use]
    pub fn positive(&self) -> Option<String> {
        self.labels.get(1).filter(|_| self.labels.len() == 2).cloned()
    }

    /// Out of the labels of a table, and those that `spec` names.
    ///
    /// # Errors
    /// The labels and the scores do not fit.
    pub fn of(spec: &config::Predictions, layout: &Layout, table: &Table) -> Result<Self, Vec<Finding>> {
        let texts = |place: usize| table.labels.get(place).map_or(&[][..], Vec::as_slice);
        let of_scores: Vec<String> = match &spec.scores {
            Scores::Classes(columns) => columns.iter().map(|(class, _)| spelled(class)).collect(),
            _ => Vec::new(),
        };
        let truth: Vec<String> = texts(layout.truth).to_vec();
        let predicted: Vec<String> = layout.predicted.map_or(&[][..], texts).to_vec();
        let mut spelling = Spelling::new(truth.iter().chain(&predicted));
        let named = |labels: &[String]| labels.iter().map(|label| spelling.of(label)).collect::<Vec<_>>();
        let (truth, predicted, of_scores) = (named(&truth), named(&predicted), named(&of_scores));
        let positive = spec.positive.as_ref().map(|label| spelling.of(&spelled(label)));

        let mut classes: BTreeSet<&String> = truth.iter().chain(&predicted).chain(&of_scores).collect();
        let without = |class: &&String| layout.scores.len() > 1 && !of_scores.contains(class);
        let missing: Vec<String> = truth.iter().filter(without).cloned().collect();
        if !missing.is_empty() {
            return Err(vec![score_missing(&missing)]);
        }
        let only = classes.first().filter(|_| classes.len() == 1);
        let lone = only.map(|class| other_class(class, positive.as_ref()));
        classes.extend(&lone);
        let mut labels: Vec<String> = classes.into_iter().cloned().collect();
        in_order(&mut labels);
        if layout.one_score && labels.len() > 2 {
            return Err(vec![labels_many(&labels)]);
        }
        if labels.len() > MOST_CLASSES {
            return Err(vec![too_many(&spec.truth, labels.len())]);
        }
        if labels.len() == 2 {
            positive_last(&mut labels, positive.as_ref(), lone.as_ref()).map_err(|finding| vec![*finding])?;
        }
        let guessed =
            if labels.len() == 2 && spec.positive.is_none() { positive_guessed(&labels) } else { None };
        let place = |class: &String| {
            labels.iter().position(|label| label == class).and_then(|at| u32::try_from(at).ok()).unwrap_or(0)
        };
        let of_scores: Vec<u32> = of_scores.iter().map(place).collect();
        Ok(Self {
            truth: truth.iter().map(place).collect(),
            predicted: match layout.predicted {
                Some(_) => predicted.iter().map(place).collect(),
                None if layout.one_score => vec![0, 1],
                None => of_scores.clone(),
            },
            scores: if layout.one_score { vec![1] } else { of_scores },
            notes: spelling.note.take().into_iter().chain(guessed).collect(),
            labels,
        })
    }
}

/// A label in the spelling that a table gives its cells: `1.0` is `1`, `True` is `true`.
fn spelled(label: &str) -> String {
    match label.trim() {
        "true" | "True" | "TRUE" => "true".into(),
        "false" | "False" | "FALSE" => "false".into(),
        text => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => (number + 0.0).to_string(),
            _ => label.to_owned(),
        },
    }
}

/// Whether `true` and `1` are one class here, and `false` and `0`.
struct Spelling {
    is_mixed: bool,
    note: Option<Finding>,
}

impl Spelling {
    fn new<'a>(labels: impl Iterator<Item = &'a String>) -> Self {
        let labels: BTreeSet<&str> = labels.map(String::as_str).collect();
        let any = |of: [&str; 2]| of.iter().any(|label| labels.contains(label));
        let (words, digits) = (["false", "true"], ["0", "1"]);
        let nothing_else = labels.iter().all(|label| words.contains(label) || digits.contains(label));
        let is_mixed = nothing_else && any(words) && any(digits);
        let note = is_mixed.then(|| {
            let message =
                "some labels are true and false, and some 1 and 0: true is taken for 1, and false for 0";
            Finding::notice("labels-mixed", message).help("write truth and predictions with the same labels")
        });
        Self { is_mixed, note }
    }

    fn of(&self, label: &str) -> String {
        match label {
            "true" if self.is_mixed => "1".into(),
            "false" if self.is_mixed => "0".into(),
            _ => label.to_owned(),
        }
    }
}

/// The class that is not there, where there is only one.
fn other_class(class: &str, positive: Option<&String>) -> String {
    match (class, positive) {
        (class, Some(positive)) if class != positive => positive.clone(),
        ("1", _) => "0".into(),
        ("0", _) => "1".into(),
        ("true", _) => "false".into(),
        ("false", _) => "true".into(),
        _ => format!("not {class}"),
    }
}

/// As numbers where all of them are, else as texts. `false` comes before `true` either way.
fn in_order(labels: &mut [String]) {
    compare_all(labels, |label| label);
}

/// Sorts by texts, as numbers where all of them are.
pub fn compare_all<T>(things: &mut [T], text: impl Fn(&T) -> &str) {
    let number = |thing: &T| text(thing).parse::<f64>().ok().filter(|number| number.is_finite());
    let numeric = things.iter().all(|thing| number(thing).is_some());
    things.sort_by(|one, other| {
        match (number(one), number(other)) {
            (Some(a), Some(b)) if numeric => a.total_cmp(&b),
            _ => Ordering::Equal,
        }
        .then_with(|| text(one).cmp(text(other)))
    });
}

fn positive_last(
    labels: &mut [String],
    positive: Option<&String>,
    lone: Option<&String>,
) -> Result<(), Box<Finding>> {
    let has = |label: &str| labels.iter().any(|known| known == label);
    let wanted = match positive {
        Some(positive) if has(positive) => positive.clone(),
        Some(positive) => return Err(Box::new(positive_unknown(positive, labels))),
        None if has("1") => "1".into(),
        None if has("true") => "true".into(),
        // A class that was made up is not what anybody looks for.
        None => labels.iter().rfind(|label| Some(*label) != lone).cloned().unwrap_or_default(),
    };
    if labels.first() == Some(&wanted) {
        labels.swap(0, 1);
    }
    Ok(())
}

fn positive_unknown(positive: &str, labels: &[String]) -> Finding {
    let message =
        format!("the positive class {} is not among the labels: {}", shown(positive), listed(labels));
    Finding::error("positive-unknown", message).help("give `positive` one of the labels")
}

/// What is said where nobody named the positive class, and no custom tells which of the two it is.
fn positive_guessed(labels: &[String]) -> Option<Finding> {
    let [other, positive] = labels else { return None };
    let why = match (positive.as_str(), other.as_str()) {
        ("1", "0" | "-1") | ("true", "false") => return None,
        ("1" | "true", _) => "it is called so",
        _ => "it is the last in the order of text",
    };
    let message = format!("{} is taken for the positive class, because {why}", shown(positive));
    Some(Finding::notice("positive-guessed", message).help("name it under evaluate.predictions.positive"))
}

fn score_missing(missing: &[String]) -> Finding {
    let (noun, have) = if missing.len() == 1 { ("class", "has") } else { ("classes", "have") };
    let message = format!("the {noun} {} of the truth {have} no column of scores", listed(missing));
    Finding::error("predictions-score-missing", message).help("name a column for each class under `score`")
}

fn labels_many(labels: &[String]) -> Finding {
    let message = format!(
        "one column of scores is for two classes, and there are {}: {}",
        labels.len(),
        listed(labels)
    );
    Finding::error("labels-many", message)
        .help("name a column of scores for each class: `score: { cat: p_cat, … }`")
}

fn too_many(column: &str, count: usize) -> Finding {
    let message = format!("there are {count} classes in {}, more than {MOST_CLASSES}", shown(column));
    Finding::error("labels-many", message).help("set `task: regression` if these are numbers to be predicted")
}

/// The first few of them.
#[must_use]
pub fn listed(labels: &[String]) -> String {
    let mut text: Vec<String> = labels.iter().take(5).map(|label| shown(label)).collect();
    if labels.len() > 5 {
        text.push(format!("and {} more", labels.len() - 5));
    }
    text.join(", ")
}
