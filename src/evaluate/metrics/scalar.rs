//! What a single value of a metrics file comes to.

use crate::document::Node;
use crate::finding::Finding;
use crate::record::MetricValue;

/// A value, and what is to be said about it.
pub struct Scalar {
    /// None where there is nothing to record.
    pub value: Option<MetricValue>,
    pub finding: Option<Finding>,
}

impl Scalar {
    fn plain(value: MetricValue) -> Self {
        Self { value: Some(value), finding: None }
    }

    fn noted(value: MetricValue, finding: Finding) -> Self {
        Self { value: Some(value), finding: Some(finding) }
    }
}

/// The value at a leaf of a tree. Lists and maps are none.
pub fn of_node(name: &str, node: &Node) -> Scalar {
    match node {
        Node::Bool(value) => Scalar::plain(MetricValue::Text(value.to_string())),
        Node::Integer(value) => integer(name, i128::from(*value)),
        Node::Float(value) => of_number(name, *value),
        Node::Text(text) => of_quoted(name, text),
        Node::Null | Node::List(_) | Node::Map(_) | Node::Hole => nothing(name),
    }
}

/// The value in a cell of a table, where quotes mean nothing.
pub fn of_cell(name: &str, cell: &str) -> Scalar {
    if let Ok(whole) = cell.parse::<i128>() {
        return integer(name, whole);
    }
    if let Some(number) = parse(cell) {
        return of_number(name, number);
    }
    match cell {
        "" => nothing(name),
        "True" | "TRUE" | "true" => Scalar::plain(MetricValue::Text("true".into())),
        "False" | "FALSE" | "false" => Scalar::plain(MetricValue::Text("false".into())),
        _ => words(name, cell),
    }
}

fn nothing(name: &str) -> Scalar {
    let finding =
        Finding::warning("metric-null", format!("{} has no value, so it is no metric", shown(name)));
    Scalar { value: None, finding: Some(finding) }
}

#[expect(clippy::cast_precision_loss, reason = "the loss is what is looked for")]
fn integer(name: &str, whole: i128) -> Scalar {
    let number = whole as f64;
    // Saturates only at the very end of i128, where no metric is.
    #[expect(clippy::cast_possible_truncation, reason = "it was a whole number a line ago")]
    if number as i128 == whole {
        return Scalar::plain(MetricValue::Number(number));
    }
    let message =
        format!("{} is {whole}, and is kept as {number}: 64-bit floats are exact up to 2^53", shown(name));
    Scalar::noted(MetricValue::Number(number), Finding::notice("metric-inexact", message))
}

fn of_number(name: &str, number: f64) -> Scalar {
    if number.is_finite() {
        return Scalar::plain(MetricValue::Number(number));
    }
    let word = match number {
        _ if number.is_nan() => "NaN",
        _ if number > 0.0 => "Infinity",
        _ => "-Infinity",
    };
    let finding =
        Finding::warning("metric-not-finite", format!("{} is {word}, not a finite number", shown(name)))
            .help("a rule about it fails; find out why evaluate cannot compute it");
    Scalar::noted(MetricValue::Text(word.into()), finding)
}

/// A text where quotes mean something. JSON has no other way to write NaN, so that is one.
fn of_quoted(name: &str, text: &str) -> Scalar {
    match parse(text.trim()) {
        Some(number) if !number.is_finite() => of_number(name, number),
        Some(_) => {
            let message = format!("{} is the text {}, not a number", shown(name), shown(text));
            let finding = Finding::warning("metric-text", message).help("write the number without quotes");
            Scalar::noted(MetricValue::Text(text.to_owned()), finding)
        }
        None => words(name, text),
    }
}

fn words(name: &str, text: &str) -> Scalar {
    let message = format!("{} is the text {}; only equals can judge it", shown(name), shown(text));
    let mut finding = Finding::notice("metric-text", message);
    if parse(&text.replacen(',', ".", 1)).is_some() {
        finding = finding.help("write the number with a decimal point");
    }
    Scalar::noted(MetricValue::Text(text.to_owned()), finding)
}

/// A number as programs write it, `nan` and `inf` in their spellings among them.
pub fn parse(text: &str) -> Option<f64> {
    let unsigned = text.trim_start_matches(['+', '-']).trim_start_matches('.');
    match unsigned.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "infinity" if text.starts_with('-') => Some(f64::NEG_INFINITY),
        "inf" | "infinity" => Some(f64::INFINITY),
        _ => text.parse().ok(),
    }
}

/// Untrusted text in quotes: on one line, cut at 60 characters.
pub fn shown(text: &str) -> String {
    let start: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    let cut = if text.chars().count() > 60 { "…" } else { "" };
    format!("«{start}{cut}»")
}
