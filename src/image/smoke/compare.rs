//! Whether an answer is what was expected.

use serde_json::Value;

use super::request::{Expect, kind};
use crate::document::{Segment, shown};

/// How far two numbers that are computed alike may be apart.
const ROUNDING: f64 = 1e-9;
/// How many characters of an answer are shown.
const SHOWN: usize = 60;

/// How an answer differs from what was expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The key of `expect` that it does not keep to.
    pub key: &'static str,
    /// Where in the file that stands, below the key.
    pub below: Vec<Segment>,
    /// What is wrong.
    pub message: String,
}

/// The first difference of a body, where there is one.
pub fn difference(expect: &Expect, body: &[u8]) -> Option<Difference> {
    let text = String::from_utf8_lossy(body);
    let of_text =
        expect.text.as_ref().filter(|wanted| !text.contains(wanted.as_str())).map(|wanted| Difference {
            key: "text",
            below: Vec::new(),
            message: format!(
                "«{}» does not stand in the answer, which is {}",
                shown(wanted),
                beginning(&text)
            ),
        });
    if of_text.is_some() || (expect.json.is_none() && expect.schema.is_none()) {
        return of_text;
    }
    let key = if expect.json.is_some() { "json" } else { "schema" };
    let answer: Value = match serde_json::from_slice(body) {
        Ok(answer) => answer,
        Err(error) => {
            let message = format!("the answer is no JSON ({error}): it is {}", beginning(&text));
            return Some(Difference { key, below: Vec::new(), message });
        }
    };
    let mut trail = Vec::new();
    if let Some(why) =
        expect.json.as_ref().and_then(|wanted| differs(wanted, &answer, expect.tolerance, &mut trail))
    {
        let message = format!("the answer differs at {}: {why}", pointer(&trail));
        return Some(Difference { key: "json", below: trail, message });
    }
    let (at, why) = expect.schema.as_ref()?.check(&answer)?;
    let at = if at.is_empty() { "its root".into() } else { shown(&at) };
    let message = format!("the answer does not keep to the schema at {at}: {}", shorten(&why));
    Some(Difference { key: "schema", below: Vec::new(), message })
}

/// Why `found` is not what is wanted, and in `trail` where: objects contain, lists are equal.
fn differs(
    wanted: &Value,
    found: &Value,
    tolerance: Option<f64>,
    trail: &mut Vec<Segment>,
) -> Option<String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().find_map(|(key, wanted)| {
            trail.push(Segment::Key(key.clone()));
            let why = match found.get(key) {
                Some(found) => differs(wanted, found, tolerance, trail),
                None => Some(format!("expected {}, found nothing", brief(wanted))),
            };
            if why.is_none() {
                trail.pop();
            }
            why
        }),
        (Value::Array(wanted), Value::Array(found)) => {
            let differing = wanted.iter().zip(found).enumerate().find_map(|(index, (wanted, found))| {
                trail.push(Segment::Index(index));
                let why = differs(wanted, found, tolerance, trail);
                if why.is_none() {
                    trail.pop();
                }
                why
            });
            let (wants, has) = (wanted.len(), found.len());
            differing.or_else(|| (wants != has).then(|| format!("expected {wants} in the list, found {has}")))
        }
        (Value::Number(one), Value::Number(other)) if are_near(one, other, tolerance) => None,
        (wanted, found) if wanted == found => None,
        (wanted, found) => Some(format!("expected {}, found {}", brief(wanted), brief(found))),
    }
}

fn are_near(one: &serde_json::Number, other: &serde_json::Number, tolerance: Option<f64>) -> bool {
    let whole = |number: &serde_json::Number| number.as_i128();
    if let (Some(one), Some(other), None) = (whole(one), whole(other), tolerance) {
        return one == other;
    }
    let (Some(one), Some(other)) = (one.as_f64(), other.as_f64()) else { return false };
    // What a decimal such as 0.1 is short of its value as a binary number does not count.
    (one - other).abs() <= tolerance.unwrap_or(ROUNDING) + f64::EPSILON * one.abs().max(other.abs())
}

/// A trail as a JSON pointer, in words where it is the root.
fn pointer(trail: &[Segment]) -> String {
    if trail.is_empty() {
        return "its root".into();
    }
    let part = |segment: &Segment| match segment {
        Segment::Key(key) => key.replace('~', "~0").replace('/', "~1"),
        Segment::Index(index) => index.to_string(),
    };
    shown(&trail.iter().map(|segment| format!("/{}", part(segment))).collect::<String>())
}

/// A value in a few words.
fn brief(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => shorten(&value.to_string()),
        value => kind(value),
    }
}

/// How a text begins.
fn beginning(text: &str) -> String {
    if text.trim().is_empty() { "empty".into() } else { format!("«{}»", shown(text.trim())) }
}

fn shorten(text: &str) -> String {
    let plain = crate::document::harmless(text);
    match plain.char_indices().nth(2 * SHOWN) {
        Some((end, _)) => format!("{}…", &plain[..end]),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn differ(wanted: &Value, found: &Value, tolerance: Option<f64>) -> Option<String> {
        let mut trail = Vec::new();
        differs(wanted, found, tolerance, &mut trail).map(|why| format!("{}: {why}", pointer(&trail)))
    }

    #[test]
    fn objects_contain_and_lists_are_equal() {
        let found = json!({ "labels": ["a", "b"], "model": { "name": "churn", "version": 3 }, "score": 0.1 });
        for wanted in [
            json!({}),
            json!({ "labels": ["a", "b"] }),
            json!({ "model": { "version": 3.0 } }),
            json!({ "score": 0.100_000_000_05 }),
        ] {
            assert_eq!(differ(&wanted, &found, None), None, "{wanted}");
        }
        let cases = [
            (json!({ "labels": ["a"] }), "/labels: expected 1 in the list, found 2"),
            (json!({ "labels": ["a", "c"] }), "/labels/1: expected «c», found «b»"),
            (json!({ "model": { "na/me": 1 } }), "/model/na~1me: expected 1, found nothing"),
            (json!({ "score": 0.100_001 }), "/score: expected 0.100001, found 0.1"),
            (json!({ "score": "0.1" }), "/score: expected «0.1», found 0.1"),
            (json!([]), "its root: expected [], found {\"labels\":[\"a\",\"b\"]"),
        ];
        for (wanted, expected) in cases {
            let told = differ(&wanted, &found, None).unwrap();
            assert!(told.starts_with(expected), "{told}");
        }
    }

    #[test]
    fn a_tolerance_is_how_far_a_number_may_be_off() {
        assert_eq!(differ(&json!(0.5), &json!(0.6), Some(0.1)), None);
        assert!(differ(&json!(0.5), &json!(0.61), Some(0.1)).is_some());
        assert_eq!(differ(&json!(10), &json!(11), Some(1.0)), None);
        assert!(differ(&json!(1), &json!(1.000_01), Some(0.0)).is_some());
        // Numbers that a 64-bit float cannot tell apart.
        assert!(differ(&json!(9_007_199_254_740_993_u64), &json!(9_007_199_254_740_992_u64), None).is_some());
        assert_eq!(differ(&json!(1e12), &json!(1e12 + 1e-4), None), None);
    }

    #[test]
    fn a_text_is_found_in_any_body() {
        let expect = Expect {
            status: 200,
            json: None,
            tolerance: None,
            schema: None,
            text: Some("ok".into()),
            latency_ms: None,
        };
        assert_eq!(difference(&expect, b"\xff it is ok"), None);
        let told = difference(&expect, b"").unwrap();
        assert_eq!(
            (told.key, told.message.as_str()),
            ("text", "«ok» does not stand in the answer, which is empty")
        );
    }
}
