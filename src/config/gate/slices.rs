//! The slices that a rule must hold of.

use crate::config::computed::Computed;
use crate::config::predictions::Predictions;
use crate::config::source::{KeyPath, Source};
use crate::config::{Axis, Fairness, Measure, RuleSlices, Slicing, raw, suggest};
use crate::document::{Node, shown};

const WORST: &str = "worst";

/// Validates `slices` of the rules about `metric`, at `rules`.
pub(super) fn slices(
    source: &mut Source<'_>,
    rules: &KeyPath,
    metric: &str,
    raw: &raw::Rules,
    computed: &Computed<'_>,
) -> Option<RuleSlices> {
    let path = rules.key("slices");
    let raw_slices = raw.slices.as_ref()?;
    let (names, names_path, worst, small) = match raw_slices {
        raw::RuleSlices::Named(names) if names.0 == [WORST] => (&[][..], path.clone(), true, false),
        raw::RuleSlices::Named(names) => (names.0.as_slice(), path.clone(), false, false),
        raw::RuleSlices::Chosen(raw::ChosenSlices { by, worst, small }) => {
            let names = by.as_ref().map_or(&[][..], |by| by.0.as_slice());
            (names, path.key("by"), worst.unwrap_or_default(), small.unwrap_or_default())
        }
    };
    if source.node(&names_path).and_then(Node::items).is_some_and(<[_]>::is_empty) {
        let help = "name one, or write `worst` for the worst slice of all";
        source.value(&names_path, "no slices are named", help);
    }
    if worst && raw.equals.is_some() {
        let help = "write the names of the slices, so that each of them is looked at";
        source.key(&path, "`equals` has no worst slice: a value is the one, or it is not", help);
    }
    if let Some((fairness, _)) = Fairness::named(metric) {
        let message = format!("`{}` is a difference between slices, and has none itself", fairness.word());
        source.key(&path, message, "remove `slices`");
        return None;
    }
    let Some(predictions) = computed.predictions().filter(|predictions| !predictions.slices.is_empty())
    else {
        let is_wrong_already =
            computed.predictions().is_none() && source.has(&KeyPath::of(&["evaluate", "predictions"]));
        if !is_wrong_already {
            let help = "add `evaluate.predictions.slices`, or remove `slices`";
            source.key(&path, "there are no slices: nothing says what the rows are divided by", help);
        }
        return None;
    };
    is_of_predictions(source, &path, metric, predictions);
    Some(RuleSlices { by: by(source, &names_path, names, predictions), worst, small })
}

/// The names that are asked for; all where none is.
fn by(source: &mut Source<'_>, path: &KeyPath, names: &[String], predictions: &Predictions) -> Vec<String> {
    let declared: Vec<String> = predictions.slices.iter().map(Slicing::name).collect();
    if names.is_empty() {
        return declared;
    }
    let known: Vec<&str> = declared.iter().map(String::as_str).collect();
    for (place, name) in source.texts(path) {
        if known.contains(&name) {
            continue;
        }
        let help = match (name, suggest::nearest(name, &known)) {
            (WORST, _) => "write `worst` alone, or `{ by: [region], worst: true }`".into(),
            (_, Some(near)) => format!("did you mean «{near}»?"),
            (_, None) => format!("`evaluate.predictions.slices` are {}", suggest::list(&known)),
        };
        source.value(&place, format!("there are no slices «{}»", shown(name)), help);
    }
    let mut by: Vec<String> = Vec::new();
    by.extend(names.iter().filter(|name| known.contains(&name.as_str())).cloned());
    by.dedup();
    by
}

/// The slicings whose slices are cut where the data's own quantiles are.
pub(super) fn cut(predictions: &Predictions) -> Vec<String> {
    let is_cut = |axis: &Axis| matches!(axis, Axis::Quantiles(..));
    let cut = predictions.slices.iter().filter(|slicing| match slicing {
        Slicing::One(axis) => is_cut(axis),
        Slicing::Cross(one, other) => is_cut(one) || is_cut(other),
    });
    cut.map(Slicing::name).collect()
}

/// Nothing but predictions has slices.
fn is_of_predictions(source: &mut Source<'_>, path: &KeyPath, metric: &str, predictions: &Predictions) {
    let measure = Measure::named(metric);
    if measure.is_some_and(|measure| predictions.asks_for(measure) && predictions.gives(measure)) {
        return;
    }
    let message = format!("«{}» is not computed of predictions, so that it has no slices", shown(metric));
    let help = match measure {
        Some(measure) if predictions.gives(measure) => {
            format!("add `{metric}` to `evaluate.predictions.metrics`, or remove `slices`")
        }
        _ => "remove `slices`".into(),
    };
    source.key(path, message, help);
}
