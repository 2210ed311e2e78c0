//! What is computed, as far as the file alone tells: a rule about anything else would only fail.

use super::predictions::Predictions;
use super::source::{KeyPath, Source};
use super::{Better, Data, Evaluate, Fairness, Image, Measure, suggest};
use crate::document::shown;
use crate::record::{DATA, SMOKE, Task};

/// How the metrics of what single columns score begin.
pub(super) const SCORE: &str = "data.drift.";

/// The metrics of the image's server.
const OF_THE_SERVER: [&str; 6] = [
    "smoke.latency_p50_ms",
    "smoke.latency_p95_ms",
    "smoke.latency_p99_ms",
    "smoke.latency_max_ms",
    "smoke.ready_seconds",
    "smoke.requests",
];

/// What the rest of the file says about where metrics come from.
pub(super) struct Computed<'a> {
    /// Whether metrics files are read too: what is in them nobody knows yet.
    from_files: bool,
    predictions: Option<&'a Predictions>,
    has_smoke: bool,
    data: Option<&'a Data>,
}

impl<'a> Computed<'a> {
    /// What `evaluate`, `image` and `data` make; none of evaluate where it is wrong.
    pub fn of(evaluate: Option<&'a Evaluate>, image: Option<&Image>, data: Option<&'a Data>) -> Self {
        Self {
            from_files: evaluate.is_none_or(|evaluate| !evaluate.metrics.is_empty()),
            predictions: evaluate.and_then(|evaluate| evaluate.predictions.as_ref()),
            has_smoke: image.is_some_and(|image| image.smoke.is_some()),
            data,
        }
    }

    /// The predictions, where they are sound.
    pub const fn predictions(&self) -> Option<&'a Predictions> {
        self.predictions
    }

    /// Which way is better of a metric of this name, where it is measured here; none where a file says what it is.
    pub fn better(&self, metric: &str) -> Option<Better> {
        let drift = self.data.and_then(|data| data.drift.as_ref());
        if let (Some(drift), Some(column)) = (drift, metric.strip_prefix(SCORE)) {
            let better = |is_p| if is_p { Better::Higher } else { Better::Lower };
            return drift.gives_p(column).map(better);
        }
        let is_elsewhere = metric.starts_with(SMOKE) || metric.starts_with(DATA);
        let is_ours =
            || self.predictions.is_some_and(|wanted| names(wanted).iter().any(|name| name == metric));
        (is_elsewhere || is_ours()).then(|| better(metric)).flatten()
    }

    /// Checks that somebody computes `metric`, whose rules stand at `path`. False when it was found that nobody does.
    pub fn check(&self, source: &mut Source<'_>, path: &KeyPath, metric: &str) -> bool {
        if metric.starts_with(SMOKE) {
            return self.check_smoke(source, path, metric);
        }
        if let Some(of_data) = metric.strip_prefix(DATA) {
            return self.check_data(source, path, metric, of_data);
        }
        let Some(predictions) = self.predictions else { return true };
        let known = names(predictions);
        if known.iter().any(|name| name == metric) || (self.from_files && Fairness::named(metric).is_none()) {
            return true;
        }
        let (message, help) = match Fairness::named(metric) {
            Some((_, slicing)) => no_fairness(predictions, metric, slicing),
            None => not_computed(predictions, metric, &known),
        };
        source.key(path, message, help);
        false
    }

    fn check_smoke(&self, source: &mut Source<'_>, path: &KeyPath, metric: &str) -> bool {
        // A section that is wrong was reported already.
        if !self.has_smoke && !source.has(&KeyPath::of(&["image", "smoke"])) {
            let message = format!("nobody measures «{}»: there is no `image.smoke`", shown(metric));
            source.key(path, message, "add `smoke` to image, or remove the rule");
            false
        } else if !OF_THE_SERVER.contains(&metric) {
            let message = format!("nobody measures «{}»", shown(metric));
            source.key(path, message, suggest::help(metric, &OF_THE_SERVER, "metrics"));
            false
        } else {
            true
        }
    }

    fn check_data(&self, source: &mut Source<'_>, path: &KeyPath, metric: &str, name: &str) -> bool {
        let section = KeyPath::of(&["data"]);
        let Some(data) = self.data else {
            // A section that is wrong was reported already.
            if source.has(&section) {
                return true;
            }
            let message = format!("nobody measures «{}»: there is no `data`", shown(metric));
            source.key(path, message, "add `data` with its `sets`, or remove the rule");
            return false;
        };
        let (what, rest) = name.split_once('.').unwrap_or((name, ""));
        if what == "drift"
            && let Some(help) = passed_over(data, rest)
        {
            source.key(path, format!("nobody measures «{}»", shown(metric)), help);
            return false;
        }
        let missing = match what {
            "rows" if data.set(rest).is_some() => return true,
            "nulls" if !rest.is_empty() => return true,
            "drift" if data.drift.is_some() => return true,
            "leakage" if rest.is_empty() && data.leakage.is_some() => return true,
            "violations" if rest.is_empty() && data.schema.is_some() => return true,
            "drift" | "leakage" => Some(what),
            "violations" if rest.is_empty() => Some("schema"),
            _ => None,
        };
        let help = match missing {
            Some(key) => format!("add `{key}` to data, or remove the rule"),
            None => OF_THE_DATA.into(),
        };
        source.key(path, format!("nobody measures «{}»", shown(metric)), help);
        false
    }
}

/// What to do about a rule on the drift of a column at which nobody looks, as the file says; none where somebody does.
fn passed_over(data: &Data, column: &str) -> Option<&'static str> {
    let drift = data.drift.as_ref().filter(|drift| drift.from.is_none())?;
    let is_ignored = || data.ignore.iter().any(|ignored| ignored == column);
    match data.compares(drift, column) {
        true => None,
        false if is_ignored() => {
            Some("`data.ignore` leaves the column out: remove it there, or remove the rule")
        }
        false => Some(
            "`data.leakage` divides the data by it: name it under `data.drift.columns` to have it measured, or remove the \
             rule",
        ),
    }
}

/// Which way is better of a metric that has this name here; none of a name that means nothing here.
#[must_use]
pub fn better(metric: &str) -> Option<Better> {
    if let Some(of_server) = metric.strip_prefix(SMOKE) {
        return Some(if of_server == "requests" { Better::Higher } else { Better::Lower });
    }
    if let Some(of_data) = metric.strip_prefix(DATA) {
        return Some(if of_data.starts_with("rows.") { Better::Higher } else { Better::Lower });
    }
    let measure = Measure::named(metric).map(Measure::better);
    measure.or_else(|| Fairness::named(metric).map(|_| Better::Lower))
}

/// The metrics of the data, for who wrote another one.
const OF_THE_DATA: &str = "the metrics of data are `data.rows.SET`, `data.nulls.COLUMN`, `data.violations`, \
                           `data.leakage`, `data.drift` and `data.drift.COLUMN`";

/// The names of all that is computed of predictions.
fn names(predictions: &Predictions) -> Vec<String> {
    let measures = Measure::ALL.into_iter();
    let asked = measures.filter(|measure| predictions.asks_for(*measure) && predictions.gives(*measure));
    let mut names: Vec<String> = asked.map(|measure| measure.word().to_owned()).collect();
    if predictions.tasks().contains(&Task::Binary) {
        for slicing in &predictions.slices {
            names.extend(Fairness::ALL.map(|fairness| format!("{}.{}", fairness.word(), slicing.name())));
        }
    }
    names
}

fn no_fairness(predictions: &Predictions, metric: &str, slicing: &str) -> (String, String) {
    let message = format!("nobody computes «{}»", shown(metric));
    if !predictions.tasks().contains(&Task::Binary) {
        let help = "only a classification with two classes has differences between slices; remove the rule";
        return (message, help.into());
    }
    let names: Vec<String> = predictions.slices.iter().map(super::Slicing::name).collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let help = match (known.as_slice(), suggest::nearest(slicing, &known)) {
        ([], _) => "add `evaluate.predictions.slices`: a difference is one between slices".into(),
        (_, Some(near)) => format!("did you mean «{}.{}»?", metric.split('.').next().unwrap_or(metric), near),
        (known, None) => {
            format!(
                "write the slices after a dot; `evaluate.predictions.slices` are {}",
                suggest::list(known)
            )
        }
    };
    (message, help)
}

fn not_computed(predictions: &Predictions, metric: &str, known: &[String]) -> (String, String) {
    let message = format!("nobody computes «{}»", shown(metric));
    let unasked = Measure::named(metric).filter(|measure| !predictions.asks_for(*measure));
    let help = match unasked {
        Some(measure) if predictions.gives(measure) => {
            format!("add `{metric}` to `evaluate.predictions.metrics`")
        }
        _ => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let scores = Measure::named(metric).is_some_and(|measure| {
                predictions.tasks().iter().any(|task| measure.is_of(*task)) && !predictions.gives(measure)
            });
            match suggest::nearest(metric, &known) {
                _ if scores => "it needs scores: add `score` to `evaluate.predictions`".into(),
                Some(near) => format!("did you mean «{near}»?"),
                None if known.is_empty() => "name a metrics file that has it with `evaluate.metrics`".into(),
                None => format!(
                    "what is computed are {}; for others name a metrics file with `evaluate.metrics`",
                    suggest::list(&known)
                ),
            }
        }
    };
    (message, help)
}
