#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::finding::Severity;
use crate::table::{NONE, Texts, Values};

fn found(columns: &[(&str, Type)]) -> Vec<Found> {
    columns.iter().map(|(name, holds)| Found { name: (*name).into(), holds: *holds }).collect()
}

fn numbers(values: &[f64]) -> Cells {
    let missing = values.iter().filter(|value| value.is_nan()).count() as u64;
    Cells { values: Values::Numbers(values.to_vec()), missing, strange: 0, shown: Vec::new() }
}

fn texts(values: &[Option<&str>]) -> Cells {
    let mut texts = Texts::default();
    for value in values {
        let code = value.map_or(NONE, |value| {
            texts.texts.iter().position(|text| **text == *value).unwrap_or_else(|| {
                texts.texts.push(value.into());
                texts.texts.len() - 1
            }) as u32
        });
        texts.codes.push(code);
    }
    let missing = values.iter().filter(|value| value.is_none()).count() as u64;
    Cells { values: Values::Texts(texts), missing, strange: 0, shown: Vec::new() }
}

fn of(holds: Type, values: &[f64]) -> Profile {
    let mut profile = Profile::new(&found(&[("x", holds)]));
    profile.add(&[numbers(values)], values.len() as u64).unwrap();
    profile
}

fn words(values: &[Option<&str>]) -> Profile {
    let mut profile = Profile::new(&found(&[("x", Type::Text)]));
    profile.add(&[texts(values)], values.len() as u64).unwrap();
    profile
}

fn numbers_of(profile: &Profile) -> NumberProfile {
    profile.profiles().remove(0).numbers.unwrap()
}

#[test]
fn nothing_has_a_profile() {
    for profile in [of(Type::Number, &[]), of(Type::Number, &[f64::NAN; 3])] {
        let said = numbers_of(&profile);
        assert_eq!((said.min, said.max, said.mean, said.std, said.histogram), (None, None, None, None, None));
        assert!(said.quantiles.values.is_empty());
        assert_eq!(Profile::parse(&profile.to_json().unwrap(), "p.json").unwrap(), profile);
    }
    let profile = words(&[None, None]);
    let said = profile.profiles().remove(0);
    assert_eq!((said.count, said.missing, said.lengths, said.distinct.value), (0, 2, None, 0));
    assert_eq!(Profile::parse(&profile.to_json().unwrap(), "p.json").unwrap(), profile);
}

#[test]
fn infinities_are_counted_and_left_out_of_the_mean() {
    let profile = of(Type::Number, &[f64::INFINITY, 1.0, 3.0, f64::NEG_INFINITY]);
    let said = numbers_of(&profile);
    assert_eq!((said.infinite, said.mean), (2, Some(2.0)));
    assert_eq!((said.min, said.max), (Some(f64::NEG_INFINITY), Some(f64::INFINITY)));
    let text = profile.to_json().unwrap();
    assert!(text.contains(r#""min":"-Infinity","max":"Infinity""#), "{text}");
    assert_eq!(Profile::parse(&text, "p.json").unwrap(), profile);
}

#[test]
fn numbers_of_any_size_have_a_mean_and_a_deviation() {
    for by in [1e-200, 1.0, 1e200] {
        let mut profile = of(Type::Number, &[by, 2.0 * by]);
        let text = of(Type::Number, &[3.0 * by]).to_json().unwrap();
        assert_eq!(text.contains("\"unit\":"), by != 1.0, "{text}");
        assert!(profile.merge(&Profile::parse(&text, "p.json").unwrap()).is_empty());
        let said = numbers_of(&profile);
        let [mean, std] = [said.mean, said.std].map(|number| number.unwrap() / by);
        assert!((mean - 2.0).abs() < 1e-12 && (std - 1.0).abs() < 1e-12, "{by}: {said:?}");
        assert_eq!(Profile::parse(&profile.to_json().unwrap(), "p.json").unwrap(), profile);
    }
    // Beyond what a number can be, and not nought.
    assert_eq!(numbers_of(&of(Type::Number, &[f64::MAX, f64::MIN])).std, None);
}

#[test]
fn texts_are_counted_whole_however_long_they_are() {
    let long = "é".repeat(5000);
    let (one, other) = (format!("{long}1"), format!("{long}2"));
    let profile = words(&[Some("a"), None, Some(&one), Some(&other), Some("a"), Some("line\nbreak")]);
    let said = profile.profiles().remove(0);
    assert_eq!((said.count, said.missing, said.distinct.value, said.lengths), (5, 1, 4, Some([1, 5001])));
    assert_eq!(said.frequent.values[0], (Value::Text("a".into()), 2));
    assert!(
        said.frequent
            .values
            .iter()
            .all(|(value, _)| matches!(value, Value::Text(text) if text.len() <= LONGEST))
    );
    assert_eq!(Profile::parse(&profile.to_json().unwrap(), "p.json").unwrap(), profile);
}

#[test]
fn a_batch_that_is_none_of_these_columns_is_refused() {
    let mut profile = Profile::new(&found(&[("x", Type::Number)]));
    let mut lost = numbers(&[1.0, f64::NAN]);
    lost.missing = 0;
    let code = Cells {
        values: Values::Texts(Texts { codes: vec![3], texts: vec!["a".into()] }),
        missing: 0,
        strange: 0,
        shown: Vec::new(),
    };
    for (batch, rows) in [
        (vec![], 1),
        (vec![numbers(&[1.0])], 2),
        (vec![lost], 2),
        (vec![texts(&[Some("a")])], 1),
        (vec![code.clone()], 1),
    ] {
        assert!(profile.add(&batch, rows).is_err(), "{batch:?}");
    }
    assert_eq!((profile.rows(), profile.columns()[0].count()), (0, 0));
    assert!(Profile::new(&found(&[("x", Type::Text)])).add(&[code], 1).is_err());
}

#[test]
fn columns_are_merged_by_name_and_what_cannot_be_is_left_out_and_said() {
    let mut one = Profile::new(&found(&[("a", Type::Integer), ("b", Type::Text), ("c", Type::Number)]));
    one.add(&[numbers(&[1.0]), texts(&[Some("x")]), numbers(&[2.0])], 1).unwrap();
    let mut other = Profile::new(&found(&[("d", Type::Text), ("b", Type::Number), ("a", Type::Number)]));
    other.add(&[texts(&[None]), numbers(&[7.0]), numbers(&[1.5])], 1).unwrap();
    let findings = one.merge(&other);
    let said: Vec<(&str, &str)> =
        findings.iter().map(|finding| (&*finding.code, &*finding.message)).collect();
    assert_eq!(
        said,
        [
            (
                "profile-columns",
                "only one of the profiles has the columns «c», «d», so that what was merged has not"
            ),
            (
                "profile-types",
                "the profiles do not agree about what is in the column «b» (text and number), so that what was merged has not"
            ),
        ]
    );
    assert!(findings.iter().all(|finding| finding.severity == Severity::Error && finding.help.is_some()));
    let columns: Vec<(&str, Type)> =
        one.columns().iter().map(|column| (&*column.name, column.holds)).collect();
    assert_eq!((one.rows(), columns), (2, vec![("a", Type::Number)]));
    assert_eq!(Profile::parse(&one.to_json().unwrap(), "p.json").unwrap(), one);
}

#[test]
fn ten_thousand_other_columns_are_one_finding() {
    let name: Vec<String> = (0..10_000).map(|column| format!("column {column}")).collect();
    let columns: Vec<(&str, Type)> = name.iter().map(|name| (&**name, Type::Number)).collect();
    let mut one = Profile::new(&found(&columns));
    let findings = one.merge(&of(Type::Number, &[]));
    assert_eq!(findings.len(), 1);
    assert!(findings[0].message.contains("10001 columns, «column 0»"), "{}", findings[0].message);
}

#[test]
fn more_rows_than_can_be_are_not_merged() {
    let text = of(Type::Number, &[]).to_json().unwrap();
    let text = text.replace("\"rows\": 0", &format!("\"rows\": {ROWS}"));
    let text = text.replace("\"missing\":0", &format!("\"missing\":{ROWS}"));
    let mut most = Profile::parse(&text, "p.json").unwrap();
    let before = most.clone();
    let findings = most.merge(&of(Type::Number, &[1.0]));
    assert_eq!((findings[0].code.as_str(), &most), ("profile-rows", &before));
}

/// What is said of a document in which one text stands in the place of another.
#[track_caller]
fn refused(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "{old} is not in {text}");
    let fault = Profile::parse(&text.replacen(old, new, 1), "p.json").unwrap_err();
    assert!(fault.remedy().is_some());
    fault.to_string()
}

#[test]
fn documents_that_cannot_be_are_refused_in_so_many_words() {
    let mut profile = Profile::new(&found(&[("x", Type::Number), ("y", Type::Text)]));
    profile
        .add(&[numbers(&[1.5, 2.5, f64::NAN, 1.5]), texts(&[Some("a"), Some("b"), Some("a"), None])], 4)
        .unwrap();
    let text = profile.to_json().unwrap();
    for (old, new, why) in [
        (
            "profile/v1",
            "profile/v2",
            "its schema is «modelgate/profile/v2», and this version of modelgate reads modelgate/profile/v1",
        ),
        ("\"rows\": 4", "\"rows\": NaN", "expected value at line 3 column"),
        ("\"rows\": 4", "\"rows\": -4", "invalid value: integer `-4`, expected u64"),
        ("\"rows\": 4", "\"rows\": 5", "the column «x»: its counts do not come to 5 rows"),
        ("\"rows\": 4", "\"rows\": 9007199254740993", "more than any data set has"),
        ("\"count\":3", "\"count\":-3", "invalid value: integer `-3`, expected u64"),
        ("\"missing\":1", "\"missing\":18446744073709551615", "its counts do not come to"),
        ("\"name\":\"y\"", "\"name\":\"x\"", "the column «x» is there twice"),
        ("\"type\":\"number\"", "\"type\":\"complex\"", "its type «complex» is not known"),
        ("\"type\":\"number\"", "\"type\":\"text\"", "the column «x»: "),
        ("\"squares\":", "\"squares\":-", "its moments are impossible"),
        ("\"moments\":{", "\"moments\":{\"unit\":7,", "its moments are impossible"),
        ("\"level\":0", "\"level\":99", "its buckets are impossible"),
        ("\"buckets\":\"", "\"buckets\":\"?", "its buckets are damaged"),
        ("\"range\":[1.5,2.5]", "\"range\":[2.5,1.5]", "its buckets are impossible"),
        ("\"range\":[1.5,2.5]", "\"range\":[1.5,\"NaN\"]", "a number, \"Infinity\" or \"-Infinity\""),
        (
            "\"values\":[1.5,2.5],\"counts\":[2,1]",
            "\"values\":[1.5,1.5],\"counts\":[2,1]",
            "its frequent values are impossible",
        ),
        (
            "\"values\":[1.5,2.5],\"counts\":[2,1]",
            "\"values\":[1.5,2.5],\"counts\":[2,2]",
            "its frequent values are impossible",
        ),
        ("\"counts\":[2,1]}}", "\"counts\":[2]}}", "its frequent values are impossible"),
        (
            "\"lengths\":[1,1],\"frequent\":{\"error\":0,\"values\":[\"a\"",
            "\"lengths\":[2,1],\"frequent\":{\"error\":0,\"values\":[\"a\"",
            "its lengths are impossible",
        ),
        ("\"sketch\":", "\"sketsch\":", "missing field `sketch`"),
    ] {
        let said = refused(&text, old, new);
        assert!(
            said.starts_with("failed to read the profile p.json: ") && said.contains(why),
            "{new}: {said}"
        );
    }
    for end in (0..text.len() - 2).filter(|end| text.is_char_boundary(*end)) {
        assert!(Profile::parse(&text[..end], "p.json").is_err(), "cut off at {end}");
    }
    assert!(Profile::parse("", "p.json").unwrap_err().to_string().contains("EOF while parsing"));
}

fn cell() -> impl Strategy<Value = f64> {
    prop_oneof![6 => -1e3..1e3_f64, 3 => (-5..50_i32).prop_map(f64::from), 1 => any::<f64>(), 1 => Just(f64::NAN)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn shards_merged_give_the_whole_and_documents_merge_as_well(
        cells in prop::collection::vec(cell(), 1..14_000),
        size in 100_usize..9000,
        holds in prop::sample::select(vec![Type::Number, Type::Time]),
    ) {
        let whole = of(holds, &cells);
        let (mut merged, mut read) = (of(holds, &[]), of(holds, &[]));
        for shard in cells.chunks(size) {
            let shard = of(holds, shard);
            prop_assert!(merged.merge(&shard).is_empty());
            let text = shard.to_json().unwrap();
            prop_assert!(read.merge(&Profile::parse(&text, "p.json").unwrap()).is_empty());
        }
        prop_assert_eq!(&read, &merged);
        prop_assert_eq!(&Profile::parse(&whole.to_json().unwrap(), "p.json").unwrap(), &whole);
        let (Seen::Numbers(whole), Seen::Numbers(merged)) = (&whole.columns[0].seen, &merged.columns[0].seen) else { panic!() };
        prop_assert_eq!(&whole.quantiles, &merged.quantiles);
        prop_assert_eq!(&whole.distinct, &merged.distinct);
        prop_assert_eq!(whole.frequent.error() == 0, merged.frequent.error() == 0);
        if whole.frequent.error() == 0 {
            prop_assert_eq!(&whole.frequent, &merged.frequent);
        }
    }
}
