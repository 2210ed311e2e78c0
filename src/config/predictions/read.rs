//! From the raw mirror of `evaluate.predictions` and its neighbours to what is valid.

use super::columns;
use super::{Axis, Intervals, Measure, PredictedTask, Predictions, Scores, Slicing, Target};
use crate::config::measure::Fairness;
use crate::config::paths::{Reach, check_outputs, check_path};
use crate::config::source::{KeyPath, Source};
use crate::config::{BaselineModel, raw, suggest};
use crate::document::{Node, shown};
use crate::record::Task;

/// More evaluations than anybody waits for.
const MOST_REPEATS: u64 = 1000;

/// Validates the section. None only when there is a problem.
pub(in crate::config) fn predictions(
    source: &mut Source<'_>,
    path: &KeyPath,
    raw: raw::Predictions,
) -> Option<Predictions> {
    let raw::Predictions { path: files, truth, predicted, weight, id, small_slice, .. } = &raw;
    let (files, small_slice) = (files.clone(), small_slice.unwrap_or(Predictions::SMALL_SLICE));
    needs(source, path, "path", "name the files, such as `path: predictions.csv`");
    needs(source, path, "truth", "name the column of the truth, such as `truth: y`");
    no_files(source, &path.key("path"));
    check_outputs(source, &path.key("path"));
    columns::check(source, path, &raw);
    scores(source, &path.key("score"), raw.score.as_ref());
    tells_what_was_predicted(source, path, &raw);
    only_of_classes(source, path, &raw);
    positive(source, path, &raw);
    threshold(source, path, &raw);
    let (truth, predicted, weight, id) = (truth.clone(), predicted.clone(), weight.clone(), id.clone());
    let positive = raw.positive.as_ref().map(ToString::to_string);
    let slices = slicings(source, &path.key("slices"), raw.slices.unwrap_or_default());
    let bins = raw.bins.map(|bins| within(source, &path.key("bins"), bins, 1, 1000));
    let targets = targets(source, &path.key("targets"), raw.targets.unwrap_or_default());
    let intervals = intervals(source, path, raw.intervals.unwrap_or_default(), raw.resamples);
    let mut valid = Predictions {
        files: files.unwrap_or(raw::OneOrMany(Vec::new())).0,
        task: match raw.task.unwrap_or_default() {
            raw::PredictedTask::Classification => PredictedTask::Classification,
            raw::PredictedTask::Regression => PredictedTask::Regression,
        },
        truth: truth.unwrap_or_default(),
        predicted,
        scores: match raw.score {
            None => Scores::None,
            Some(raw::Score::Positive(column)) => Scores::Positive(column),
            Some(raw::Score::Classes(classes)) => Scores::Classes(classes.0),
        },
        positive,
        threshold: raw.threshold.map_or(0.5, |threshold| threshold.0),
        weight,
        id,
        slices,
        small_slice,
        metrics: None,
        bins: bins.and_then(|bins| usize::try_from(bins).ok()).unwrap_or(Predictions::BINS),
        targets,
        intervals,
    };
    valid.metrics = raw.metrics.map(|_| metrics(source, &path.key("metrics"), &valid));
    targets_are_reachable(source, &path.key("targets"), &valid);
    Some(valid)
}

fn needs(source: &mut Source<'_>, section: &KeyPath, key: &str, help: &str) {
    if !source.has(&section.key(key)) {
        source.key(section, format!("`{}.{key}` is missing", section.dotted()), help);
    }
}

fn no_files(source: &mut Source<'_>, path: &KeyPath) {
    if source.node(path).and_then(Node::items).is_some_and(<[_]>::is_empty) {
        source.value(path, "no file of predictions is named", "name one, such as `path: predictions.csv`");
    }
}

/// A map of scores has two classes at least, and a column for each.
fn scores(source: &mut Source<'_>, path: &KeyPath, raw: Option<&raw::Score>) {
    let Some(raw::Score::Classes(raw::Ordered(classes))) = raw else { return };
    if classes.len() < 2 {
        let help = "write the column of every class, such as `{ cat: p_cat, dog: p_dog }`; of two classes the column \
                    of the positive one is enough";
        source.value(path, "the scores are of fewer than two classes", help);
    }
    for (index, (class, column)) in classes.iter().enumerate() {
        if let Some((first, _)) = classes[..index].iter().find(|(_, other)| other == column) {
            let message = format!("the score of «{}» is that of «{}»", shown(class), shown(first));
            source.value(&path.key(class), message, "give each class a column of its own");
        }
    }
}

fn tells_what_was_predicted(source: &mut Source<'_>, path: &KeyPath, raw: &raw::Predictions) {
    let has_predicted = source.has(&path.key("predicted"));
    if has_predicted || (!is_regression(raw) && source.has(&path.key("score"))) {
        return;
    }
    let help = if is_regression(raw) {
        "name its column, such as `predicted: y_hat`"
    } else {
        "name its column, such as `predicted: y_hat`, or that of the scores, such as `score: p`"
    };
    source.key(path, "nothing says what was predicted", help);
}

/// What a prediction of a number cannot have.
fn only_of_classes(source: &mut Source<'_>, path: &KeyPath, raw: &raw::Predictions) {
    if !is_regression(raw) {
        return;
    }
    for key in ["score", "positive", "threshold", "targets"] {
        if source.has(&path.key(key)) {
            let help = "remove it, or write `task: classification`";
            source.key(&path.key(key), format!("a regression has no `{key}`"), help);
        }
    }
}

fn positive(source: &mut Source<'_>, path: &KeyPath, raw: &raw::Predictions) {
    if raw.positive.is_some() && matches!(raw.score, Some(raw::Score::Classes(_))) && !is_regression(raw) {
        let help = "remove it, or write the column of the positive class alone, such as `score: p`";
        source.key(&path.key("positive"), "`positive` means nothing where every class has a score", help);
    }
}

/// The threshold makes predictions of one column of scores, where nothing else says what was predicted.
fn threshold(source: &mut Source<'_>, path: &KeyPath, raw: &raw::Predictions) {
    let key = path.key("threshold");
    if !source.has(&key) || is_regression(raw) {
        return;
    }
    if source.has(&path.key("predicted")) {
        let help = "remove it, or remove `predicted` so that the scores tell";
        source.key(&key, "`threshold` stands beside `predicted`, which says what was predicted", help);
    } else if !matches!(raw.score, Some(raw::Score::Positive(_))) {
        let help = "remove it, or name the column of the positive class's scores, such as `score: p`";
        source.key(&key, "`threshold` means nothing without one column of scores", help);
    }
}

fn is_regression(raw: &raw::Predictions) -> bool {
    raw.task == Some(raw::PredictedTask::Regression)
}

fn slicings(source: &mut Source<'_>, path: &KeyPath, raw: Vec<raw::Slicing>) -> Vec<Slicing> {
    let mut slicings: Vec<Slicing> = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let place = path.index(index);
        let Some(slicing) = slicing(source, &place, raw) else { continue };
        if slicings.iter().any(|other| other.name() == slicing.name()) {
            let message = format!("the slices of «{}» are asked for twice", shown(&slicing.name()));
            source.value(&place, message, "keep one of them");
        }
        slicings.push(slicing);
    }
    slicings
}

fn slicing(source: &mut Source<'_>, path: &KeyPath, raw: raw::Slicing) -> Option<Slicing> {
    const TWO: &str = "write two columns, such as `[region, plan]`";
    let axes = match raw {
        raw::Slicing::One(one) => return Some(Slicing::One(axis(source, path, one))),
        raw::Slicing::Cross(axes) => axes,
    };
    if axes.len() != 2 {
        source.value(path, format!("a cross is of two columns, and here are {}", axes.len()), TWO);
        return None;
    }
    let mut axes = axes.into_iter().enumerate().map(|(index, raw)| axis(source, &path.index(index), raw));
    let (one, other) = (axes.next()?, axes.next()?);
    if one.column() == other.column() {
        let message = format!("a cross of «{}» with itself is no cross", shown(one.column()));
        source.value(path, message, TWO);
    }
    Some(Slicing::Cross(one, other))
}

fn axis(source: &mut Source<'_>, path: &KeyPath, raw: raw::Axis) -> Axis {
    match raw {
        raw::Axis::Values(column) => Axis::Values(column),
        raw::Axis::Quantiles(raw::Quantiles { column, quantiles }) => {
            let parts = quantiles.unwrap_or(4);
            let parts = within(source, &path.key("quantiles"), parts, 2, 100);
            Axis::Quantiles(column, u32::try_from(parts).unwrap_or(4))
        }
    }
}

fn within(source: &mut Source<'_>, path: &KeyPath, count: u64, least: u64, most: u64) -> u64 {
    if !(least..=most).contains(&count) {
        let message = format!("`{}` is {count}, which is not between {least} and {most}", path.last_key());
        source.value(path, message, format!("write a number from {least} to {most}"));
    }
    count.clamp(least, most)
}

/// The metrics that are asked for, of predictions that are `valid` otherwise.
fn metrics(source: &mut Source<'_>, path: &KeyPath, valid: &Predictions) -> Vec<Measure> {
    if source.node(path).and_then(Node::items).is_some_and(<[_]>::is_empty) {
        source.value(path, "no metric is named", "name one, or remove it for all of them");
    }
    let mut measures = Vec::new();
    for (place, name) in source.texts(path) {
        let Some(measure) = Measure::named(name) else {
            unknown(source, &place, name, valid);
            continue;
        };
        if measures.contains(&measure) {
            source.value(&place, format!("«{name}» is asked for twice"), "keep one of them");
        } else if !valid.tasks().iter().any(|task| measure.is_of(*task)) {
            let message = format!("«{name}» is no metric of {}", task_of(valid));
            source.value(&place, message, known(valid));
        } else if !valid.gives(measure) {
            let help = "name their column, such as `score: p`, or remove it";
            source.value(&place, format!("«{name}» needs scores, and there are none"), help);
        }
        measures.push(measure);
    }
    measures
}

fn unknown(source: &mut Source<'_>, path: &KeyPath, name: &str, valid: &Predictions) {
    let is_fairness = Fairness::ALL.iter().any(|fairness| name.starts_with(fairness.word()));
    let words: Vec<&str> = Measure::ALL.iter().map(|measure| measure.word()).collect();
    let help = match suggest::nearest(name, &words) {
        _ if is_fairness => "remove it: it is computed for each of `slices` without being asked for".into(),
        Some(near) => format!("did you mean «{near}»?"),
        None => known(valid),
    };
    source.value(path, format!("«{}» is no metric that is computed of predictions", shown(name)), help);
}

fn known(valid: &Predictions) -> String {
    let words: Vec<&str> =
        Measure::ALL.into_iter().filter(|measure| valid.gives(*measure)).map(Measure::word).collect();
    format!("those that can be computed here are {}", suggest::list(&words))
}

fn task_of(valid: &Predictions) -> &'static str {
    match valid.tasks() {
        [Task::Regression] => "a regression",
        [Task::Binary] => "a classification with two classes",
        [Task::Classes] => "a classification with more than two classes",
        _ => "a classification",
    }
}

fn targets(source: &mut Source<'_>, path: &KeyPath, raw: Vec<raw::Target>) -> Vec<Target> {
    let mut targets = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let place = path.index(index);
        let (target, key) = match (raw.precision, raw.recall) {
            (Some(precision), None) => (Target::Precision(precision.0), "precision"),
            (None, Some(recall)) => (Target::Recall(recall.0), "recall"),
            (Some(_), Some(_)) => {
                source.value(&place, "a target is a precision or a recall, not both", "write two targets");
                continue;
            }
            (None, None) => {
                if source.keys(&place).next().is_none() {
                    let help = "write `{ precision: 0.9 }`, or `{ recall: 0.95 }`";
                    source.value(&place, "the target says nothing", help);
                }
                continue;
            }
        };
        let (Target::Precision(wanted) | Target::Recall(wanted)) = target;
        if wanted <= 0.0 || wanted > 1.0 {
            let message = format!("a {key} of {wanted} is not above 0 and at most 1");
            source.value(&place.key(key), message, "write it as a fraction, such as 0.9");
        }
        targets.push(target);
    }
    targets
}

/// A threshold divides the scores of two classes.
fn targets_are_reachable(source: &mut Source<'_>, path: &KeyPath, valid: &Predictions) {
    if valid.targets.is_empty() || valid.task == PredictedTask::Regression {
        return;
    }
    if valid.scores == Scores::None {
        let help = "name the column of the scores, such as `score: p`, or remove it";
        source.key(path, "`targets` need scores to look for a threshold in", help);
    } else if !valid.tasks().contains(&Task::Binary) {
        let help = "remove it: only what divides two classes has a threshold";
        source.key(path, "`targets` mean nothing to more than two classes", help);
    }
}

fn intervals(
    source: &mut Source<'_>,
    path: &KeyPath,
    raw: raw::Intervals,
    resamples: Option<u64>,
) -> Intervals {
    let key = path.key("resamples");
    let count = resamples.map(|count| within(source, &key, count, 100, 100_000));
    match raw {
        raw::Intervals::Auto => {
            if count.is_some() {
                let help = "add `intervals: bootstrap`, or remove it";
                source.key(&key, "`resamples` means nothing without `intervals: bootstrap`", help);
            }
            Intervals::Auto
        }
        raw::Intervals::Bootstrap => {
            let count = count.and_then(|count| u32::try_from(count).ok());
            Intervals::Bootstrap(count.unwrap_or(Predictions::RESAMPLES))
        }
    }
}

/// Validates `evaluate.baseline-model`.
pub(in crate::config) fn baseline_model(
    source: &mut Source<'_>,
    path: &KeyPath,
    raw: Option<raw::Scalar>,
) -> Option<BaselineModel> {
    match raw? {
        raw::Scalar::Bool(true) => Some(BaselineModel::Kept),
        raw::Scalar::Bool(false) => None,
        raw::Scalar::Text(file) => {
            check_path(source, path, &file, Reach::Anywhere).then_some(BaselineModel::Path(file))
        }
        number @ (raw::Scalar::Integer(_) | raw::Scalar::Number(_)) => {
            let help = "write `true` for the model that the baseline's run kept, or the path of a model";
            source.value(path, format!("the number {number} is no model"), help);
            None
        }
    }
}

/// Validates `evaluate.repeats`.
pub(in crate::config) fn repeats(source: &mut Source<'_>, evaluate: &KeyPath, raw: Option<u64>) -> u32 {
    let path = evaluate.key("repeats");
    let Some(raw) = raw else { return 1 };
    let repeats = within(source, &path, raw, 1, MOST_REPEATS);
    if repeats > 1 && !source.has(&evaluate.key("run")) {
        let help = "add `run` to evaluate, or remove it";
        source.key(&path, "there is nothing to repeat: `evaluate.run` is missing", help);
    }
    u32::try_from(repeats).unwrap_or(1)
}
