//! What a detector of Alibi Detect said of drift, as somebody wrote it down: `json.dumps(detector.predict(x))`.

use std::path::Path;

use serde::Deserialize;

use crate::config::Drift;
use crate::fault::Result;
use crate::files;
use crate::finding::Finding;
use crate::number::number;
use crate::record::data::{self as record, ColumnDrift, Role};

/// The prediction of a detector, as far as it says something of drift.
#[derive(Debug, Deserialize)]
struct Prediction {
    data: Said,
    #[serde(default)]
    meta: Meta,
}

#[derive(Debug, Deserialize)]
struct Said {
    is_drift: OneOrMany,
    #[serde(default)]
    p_val: Option<OneOrMany>,
    #[serde(default)]
    distance: Option<OneOrMany>,
    #[serde(default)]
    threshold: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(default)]
    name: Option<String>,
}

/// A number of the batch, or one for each feature. Truth values are numbers, as Python writes either.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Truth(bool),
    One(f64),
    Many(Vec<f64>),
}

impl OneOrMany {
    fn of(&self, feature: usize) -> Option<f64> {
        match self {
            Self::Truth(value) => Some(f64::from(u8::from(*value))),
            Self::One(value) => Some(*value),
            Self::Many(values) => values.get(feature).copied(),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Many(values) => values.len(),
            Self::Truth(_) | Self::One(_) => 1,
        }
    }
}

const CODE: &str = "data-detector";
const HELP: &str = "write what `detector.predict(x)` answers, with `data.is_drift`, as JSON";

/// Reads it. The inner error is what is wrong with the file.
///
/// # Errors
/// A file that cannot be read.
pub fn read(asked: &Drift, root: &Path, path: &str) -> Result<std::result::Result<record::Drift, Finding>> {
    let on_disk = root.join(path);
    if !on_disk.is_file() {
        let finding = Finding::error(CODE, "there is no such prediction of a detector").at_path(path);
        return Ok(Err(finding.help(HELP)));
    }
    Ok(parse(asked, &String::from_utf8_lossy(&files::read(&on_disk)?)).map_err(|(why, line)| {
        let finding = Finding::error(CODE, why).at_path(path).help(HELP);
        match line {
            Some(line) => finding.at_line(line, None),
            None => finding,
        }
    }))
}

/// What is wrong with it, and in which line.
type Wrong = (String, Option<u32>);

fn parse(asked: &Drift, text: &str) -> std::result::Result<record::Drift, Wrong> {
    // Python writes NaN and Infinity, which JSON does not know.
    let said: Prediction = serde_json::from_str(text).map_err(|error| {
        let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
        (format!("this is no prediction of a detector: {error}"), line)
    })?;
    let Prediction { data, meta } = said;
    let scores = data.p_val.as_ref().or(data.distance.as_ref());
    let features = data.is_drift.len().max(scores.map_or(1, OneOrMany::len));
    if data.is_drift.len() == 0 {
        return Err(("the prediction is of no feature".into(), None));
    }
    let columns: Vec<ColumnDrift> = (0..features).map(|feature| column(&data, feature, features)).collect();
    let drifted = columns.iter().filter(|column| column.drifted).count();
    // With one verdict for the batch, that is the verdict.
    let of_batch = data.is_drift.len() == 1;
    let share = drifted as f64 / features as f64;
    Ok(record::Drift {
        reference: meta.name.unwrap_or_else(|| "detector".into()),
        profile: None,
        current: asked.current.clone(),
        rows: None,
        method: record::DETECTOR.into(),
        share,
        bound: asked.share,
        drifted: if of_batch { drifted > 0 } else { drifted > 0 && share >= asked.share },
        columns,
    })
}

fn column(data: &Said, feature: usize, features: usize) -> ColumnDrift {
    let of = |value: &Option<OneOrMany>| value.as_ref().and_then(|value| value.of(feature));
    let (p, distance) = (of(&data.p_val), of(&data.distance));
    let said = data.is_drift.of(feature).is_some_and(|drift| drift != 0.0);
    // Of a verdict on the batch the p-values say which features it is about.
    let is_about = || p.zip(data.threshold).is_none_or(|(p, threshold)| p < threshold);
    let drifted = said && (data.is_drift.len() == features || is_about());
    let verdict =
        if drifted { "the detector says that it has drifted" } else { "the detector says that it has not" };
    let numbers = [("p", p), ("distance", distance), ("threshold", data.threshold)];
    let numbers: Vec<String> = numbers
        .into_iter()
        .filter_map(|(name, value)| {
            Some(format!("{name} = {}", number(value.filter(|value| value.is_finite())?)))
        })
        .collect();
    let because =
        if numbers.is_empty() { verdict.to_owned() } else { format!("{verdict} ({})", numbers.join(", ")) };
    ColumnDrift {
        column: if features == 1 { "all features".into() } else { format!("feature {feature}") },
        role: Role::Feature,
        method: record::DETECTOR.into(),
        score: p.or(distance).filter(|score| score.is_finite()),
        threshold: data.threshold.unwrap_or_default(),
        p: p.filter(|p| p.is_finite()),
        drifted,
        because,
        missing: [0.0, 0.0],
        unseen: None,
        sketch: None,
        picture: None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::{Measured, Reference};

    fn asked() -> Drift {
        Drift {
            reference: Reference::Set("train".into()),
            baseline_set: "train".into(),
            current: "live".into(),
            measure: Measured::default(),
            alpha: 0.05,
            correction: None,
            share: 0.5,
            columns: Vec::new(),
            from: Some("detector.json".into()),
        }
    }

    #[test]
    fn a_verdict_on_the_batch_is_taken_over() {
        let text = r#"{"data": {"is_drift": 1, "distance": [0.3, 0.01], "p_val": [1e-9, 0.6], "threshold": 0.025},
                       "meta": {"name": "KSDrift"}}"#;
        let drift = parse(&asked(), text).unwrap();
        assert!(drift.drifted && drift.columns[0].drifted && !drift.columns[1].drifted);
        assert_eq!((drift.reference.as_str(), drift.columns.len()), ("KSDrift", 2));
        let silent = parse(&asked(), r#"{"data": {"is_drift": false}}"#).unwrap();
        assert_eq!((silent.drifted, silent.columns[0].column.as_str()), (false, "all features"));
    }

    #[test]
    fn verdicts_on_features_are_held_against_the_share() {
        let text =
            |drift: &str| format!(r#"{{"data": {{"is_drift": {drift}, "p_val": [0.001, 0.2, 0.5, 0.9]}}}}"#);
        assert!(!parse(&asked(), &text("[1, 0, 0, 0]")).unwrap().drifted);
        assert!(parse(&asked(), &text("[1, 1, 0, 0]")).unwrap().drifted);
    }

    #[test]
    fn what_is_no_prediction_is_refused_with_its_line() {
        for (text, line) in [
            ("", Some(1)),
            ("{}", Some(1)),
            ("{\n\"data\": {\"is_drift\": \"yes\"}}", Some(2)),
            ("[]", Some(1)),
        ] {
            assert_eq!(parse(&asked(), text).unwrap_err().1, line, "{text}");
        }
        assert!(parse(&asked(), r#"{"data": {"is_drift": []}}"#).is_err());
        assert!(parse(&asked(), r#"{"data": {"is_drift": 0, "p_val": NaN}}"#).is_err());
    }
}
