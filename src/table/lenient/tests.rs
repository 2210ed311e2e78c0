//! Cells of text, and what they look like.

#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;

use super::value::Guess;
use super::*;

fn gathered(holds: Type, cells: &[&str]) -> Cells {
    let mut gathered = Gathered::new(holds, cells.len());
    cells.iter().for_each(|cell| gathered.push(cell.as_bytes()));
    gathered.finish()
}

fn numbers(cells: &Cells) -> Vec<String> {
    let Values::Numbers(numbers) = &cells.values else { panic!("numbers: {cells:?}") };
    numbers.iter().map(|number| format!("{number}")).collect()
}

fn guess(cells: &[&str]) -> Option<Type> {
    let mut guess = Guess::default();
    cells.iter().for_each(|cell| guess.see(cell.as_bytes()));
    guess.holds()
}

#[test]
fn what_is_missing_or_strange_is_counted_and_keeps_its_row() {
    let led = gathered(Type::Number, &["007.5", " -00.25", "01", "01e5"]);
    assert_eq!(led.shown, [(2, "01".into()), (3, "01e5".into())]);
    assert!(matches!(led.values, Values::Numbers(numbers) if numbers[..2] == [7.5, -0.25]));
    let cells = gathered(Type::Number, &["1", "", "abc", "inf", " 2 ", "NA", "-nan", "01", "1e3", "true"]);
    assert_eq!(numbers(&cells), ["1", "NaN", "NaN", "inf", "2", "NaN", "NaN", "NaN", "1000", "NaN"]);
    assert_eq!((cells.missing, cells.strange), (3, 3));
    assert_eq!(cells.shown, [(2, "abc".into()), (7, "01".into()), (9, "true".into())]);

    let cells = gathered(Type::Integer, &["1", "1.0", "1.5", "-inf", "x", "null", "+7", "-1e300"]);
    assert_eq!(numbers(&cells), ["1", "1", "NaN", "NaN", "NaN", "NaN", "7", &format!("{}", -1e300)]);
    assert_eq!((cells.missing, cells.strange), (1, 3));

    let cells = gathered(Type::Boolean, &["True", "FALSE", "0", "1.0", "2", "yes", "", "nan"]);
    assert_eq!(numbers(&cells), ["1", "0", "0", "1", "NaN", "NaN", "NaN", "NaN"]);
    assert_eq!((cells.missing, cells.strange), (2, 2));

    let dates = ["1970-01-02", "1970-01-02 00:00:00", "1970-01-02T01:00:00Z", "02/01/1970", "NaT", ""];
    let cells = gathered(Type::Date, &dates);
    assert_eq!(numbers(&cells), ["86400", "86400", "NaN", "NaN", "NaN", "NaN"]);
    assert_eq!((cells.missing, cells.strange), (2, 2));
    let cells = gathered(Type::Time, &dates);
    assert_eq!(numbers(&cells), ["86400", "86400", "90000", "NaN", "NaN", "NaN"]);

    let cells = gathered(Type::Text, &["a\nb", "1.0", "", "a\nb", "NA", "True"]);
    let texts = ["a\nb", "1", "NA", "true"].map(Into::into).to_vec();
    assert_eq!(cells.values, Values::Texts(Texts { codes: vec![0, 1, NONE, 0, 2, 3], texts }));
    assert_eq!((cells.missing, cells.strange), (1, 0));
}

#[test]
fn few_strange_cells_are_shown_and_little_of_each() {
    let long = "é".repeat(1000);
    let cells = gathered(Type::Number, &[long.as_str(); 9]);
    assert_eq!((cells.strange, cells.shown.len()), (9, SHOWN));
    assert_eq!(cells.shown[0].1.chars().count(), 201);
    let mut gathered = Gathered::new(Type::Text, 1);
    gathered.push(b"\xff");
    let cells = gathered.finish();
    assert_eq!((cells.strange, &*cells.shown[0].1), (1, "\u{fffd}"));
}

#[test]
fn types_are_guessed_as_arrow_does() {
    let cases: [(&[&str], Option<Type>); 30] = [
        (&[], None),
        (&["", " ", "NA", "nan", "NaN", "-nan", "null"], None),
        (&["1", "-2", "+3", "0", "9223372036854775807"], Some(Type::Integer)),
        (&["1", "", "nan"], Some(Type::Integer)),
        (&["1", "2.0"], Some(Type::Number)),
        (&[".5", "5.", "1e3"], Some(Type::Number)),
        (&["1", "inf", "-Infinity"], Some(Type::Number)),
        (&["1", "1e400"], Some(Type::Number)),
        (&["01"], Some(Type::Text)),
        (&["1", "-01"], Some(Type::Text)),
        (&["01e5"], Some(Type::Text)),
        (&["1", "007.5", "-00.25"], Some(Type::Number)),
        (&["9223372036854775808"], Some(Type::Text)),
        (&["1.5", "9223372036854775808"], Some(Type::Number)),
        (&["true", "False", "TRUE"], Some(Type::Boolean)),
        (&["true", "1"], Some(Type::Text)),
        (&["2026-11-28", ""], Some(Type::Date)),
        (&["2026-11-28", "2026-11-28 12:00:00"], Some(Type::Time)),
        (&["2026-11-28T12:00:00.123456789Z"], Some(Type::Time)),
        (&["2026-11-28T12:00:00+01:00"], Some(Type::Time)),
        (&["2026-13-28"], Some(Type::Text)),
        (&["28/11/2026"], Some(Type::Text)),
        (&["11/28/2026"], Some(Type::Text)),
        (&["2026-11-28", "28/11/2026"], Some(Type::Text)),
        (&["2026-11-28", "7"], Some(Type::Text)),
        (&["1,5"], Some(Type::Text)),
        (&["1_000"], Some(Type::Text)),
        (&["0x10"], Some(Type::Text)),
        (&["a"], Some(Type::Text)),
        (&["1", "a", "2"], Some(Type::Text)),
    ];
    for (cells, expected) in cases {
        assert_eq!(guess(cells), expected, "{cells:?}");
    }
}

#[test]
fn types_go_together_where_one_holds_the_other() {
    use Type::{Date, Integer, Number, Text, Time};
    assert_eq!(value::together(None, Some(Date)), Some(Date));
    assert_eq!(value::together(Some(Integer), Some(Number)), Some(Number));
    assert_eq!(value::together(Some(Number), Some(Integer)), Some(Number));
    assert_eq!(value::together(Some(Date), Some(Time)), Some(Time));
    assert_eq!(value::together(Some(Integer), Some(Text)), Some(Integer));
    assert_eq!(value::together(Some(Integer), None), Some(Integer));
}

proptest! {
    #[test]
    fn no_cell_is_strange_in_a_column_that_it_was_guessed_from(
        cells in prop::collection::vec("-?[0-9]{1,22}|[0-9]{0,3}\\.[0-9]{0,3}(e[0-9])?|true|False||NA|nan|inf|20[0-9]{2}-[01][0-9]-[0-3][0-9]( [0-2][0-9]:30)?| ?[0-9] ?|[a-z]", 0..6)
    ) {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let holds = guess(&cells);
        let read = gathered(holds.unwrap_or(Type::Text), &cells);
        prop_assert_eq!(read.strange, 0, "{:?} {:?}", holds, read);
    }
}
