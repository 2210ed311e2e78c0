//! What a profile has of a column, in the form that drift is measured on.

#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::spool::Spool;
use super::*;
use crate::config::Measured;
use crate::record::data::Role;
use crate::table::{Cells, Texts};

fn profile(holds: Type, values: table::Values, rows: u64) -> Profile {
    let mut profile = Profile::new(&[Found { name: "x".into(), holds }]);
    profile.add(&[Cells { values, missing: 0, strange: 0, shown: Vec::new() }], rows).unwrap();
    profile
}

fn numbers(holds: Type, values: &[f64]) -> Profile {
    profile(holds, table::Values::Numbers(values.to_vec()), values.len() as u64)
}

fn texts(values: &[&str]) -> Profile {
    let codes = (0..values.len() as u32).collect();
    let texts = Texts { codes, texts: values.iter().map(|text| (*text).into()).collect() };
    profile(Type::Text, table::Values::Texts(texts), values.len() as u64)
}

/// The plan for the only column, which is read as this by a method.
fn plan(profile: &Profile, holds: Type, now: Type) -> Plan<'_> {
    let subject = Subject {
        column: "x".into(),
        role: Role::Feature,
        holds,
        read_as: holds,
        now,
        measured: Measured::default(),
        apart: None,
    };
    let current = [Found { name: "x".into(), holds: now }];
    Plan::of(vec![subject], profile, &current).remove(0)
}

fn categories(side: &Values<impl std::fmt::Debug>) -> Vec<(&str, u64)> {
    let Values::Categories(counts) = side else { panic!("{side:?}") };
    counts.iter().map(|(text, count)| (text.as_ref(), *count)).collect()
}

fn sorted(values: Vec<f64>) -> Side<Sorted> {
    let mut spool = Spool::new(1, 1 << 20, Path::new("nowhere"));
    spool.push(0, &values).unwrap();
    let sorted = spool.finish().remove(0).sorted(true).unwrap();
    Side { missing: 0, strange: 0, values: Values::Numbers(sorted) }
}

#[test]
fn numbers_that_are_counted_are_spelled_as_files_spell_them() {
    for (holds, values, expected) in [
        (Type::Integer, vec![3.0, -1.0, 3.0], vec![("-1", 1), ("3", 2)]),
        (Type::Number, vec![0.5, 1e300, f64::INFINITY], vec![("0.5", 1), ("1e300", 1), ("inf", 1)]),
        (Type::Boolean, vec![1.0, 0.0, 1.0], vec![("false", 1), ("true", 2)]),
        (Type::Date, vec![86_400.0, 0.0], vec![("1970-01-01", 1), ("1970-01-02", 1)]),
    ] {
        let profile = numbers(holds, &values);
        let plan = plan(&profile, Type::Text, holds);
        // Truth values are counted while they are read.
        let is = if holds == Type::Boolean { Type::Text } else { holds };
        assert_eq!(plan.subject.holds, is, "what is read now is read as numbers");
        let reference = plan.reference();
        assert_eq!(categories(&reference.values), expected);
        let mut values = values;
        order::sort(&mut values);
        assert_eq!(categories(&plan.current(sorted(values)).unwrap().values), expected);
    }
}

#[test]
fn texts_that_are_asked_for_as_numbers_are_read() {
    let profile = texts(&["1.5", "1e2", "+2", "none", "-inf"]);
    let Side { missing, strange, values } = plan(&profile, Type::Number, Type::Text).reference();
    assert_eq!((missing, strange), (0, 1));
    let Values::Numbers(numbers) = values else { panic!("{values:?}") };
    assert_eq!(numbers.walk().collect::<Vec<_>>(), [f64::NEG_INFINITY, 1.5, 2.0, 100.0]);
}

#[test]
fn long_texts_are_those_of_the_profile() {
    let long = "a".repeat(500);
    let profile = texts(&[&long, "b"]);
    let plan = plan(&profile, Type::Text, Type::Text);
    let counts = [(long.as_str().into(), 7), ("b".into(), 1)].into();
    let current = Side { missing: 0, strange: 0, values: Values::Categories(counts) };
    let (reference, current) = (plan.reference(), plan.current(current).unwrap());
    let names =
        |side: &Values<_>| categories(side).into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(
        categories(&reference.values).iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        names(&current.values)
    );
}

#[test]
fn more_values_than_are_counted_leave_a_sketch_or_nothing() {
    let many: Vec<f64> = (0..10_001).map(f64::from).collect();
    let profile = numbers(Type::Integer, &many);
    let as_numbers = plan(&profile, Type::Integer, Type::Integer).reference();
    assert!(matches!(as_numbers.values, Values::Sketched(_)) && as_numbers.present() == 10_001);
    let as_categories = plan(&profile, Type::Text, Type::Integer).reference();
    assert_eq!(as_categories.values, Values::Uncounted(10_001));
    let names: Vec<String> = many.iter().map(|number| format!("n{number}")).collect();
    let profile = texts(&names.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(plan(&profile, Type::Text, Type::Text).reference().values, Values::Uncounted(10_001));
}
