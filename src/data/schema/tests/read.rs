//! Our own format is read as a whole, with every mistake at once.

use proptest::prelude::*;

use super::*;

const WHOLE: &str = r#"version: 1
rows: { min: 1000, max: 10000000 }
unique: [[customer_id], [region, day]]
fresh: { column: updated_at, within: 7d }
compare: ["start <= end", "price > cost"]
extra-columns: fail
ordered: true
columns:
  age: { type: integer, required: true, nulls: false, min: 0, max: 120 }
  plan: { type: text, values: [free, pro, 1.0], nulls: 0.02 }
  email: { type: text, pattern: "^[^@]+@[^@]+$", length: { min: 3, max: 254 }, unique: true }
  day: { type: date, min: 2020-01-01 }
  updated_at: { min: 2020-01-01T12:00:00+01:00, tolerate: 1% }
  customer_id:
  region: { values: [eu, us], required: false }
  start: { type: time }
  end: { type: date }
  price: { min: 0.5 }
  cost: { max: 10 }
  churned: { values: [true] }
"#;

fn problems(text: &str) -> String {
    let problems = parse(text, "data.schema.yml").expect_err("a problem");
    assert!(problems.iter().all(|problem| problem.help.is_some()), "{problems:#?}");
    render(&problems, "data.schema.yml", false)
}

#[test]
fn every_key_is_read() {
    let read = parse(WHOLE, "data.schema.yml").unwrap();
    assert_eq!((read.dialect, read.findings.len()), (Dialect::Modelgate, 0));
    let schema = read.schema;
    assert_eq!(schema.rows, (Some(1000), Some(10_000_000)));
    assert_eq!(schema.unique, [vec!["customer_id".to_owned()], vec!["region".into(), "day".into()]]);
    assert_eq!(schema.fresh.as_ref().unwrap().within.as_secs(), 7 * 86_400);
    let compared: Vec<String> = schema.compare.iter().map(|rule| rule.of.to_string()).collect();
    assert_eq!(compared, ["start <= end", "price > cost"]);
    assert_eq!((schema.extra, schema.ordered), (Extra::Fail, true));
    let column = |name: &str| schema.columns.iter().find(|column| column.name == name).unwrap();
    let holds = |name: &str| (column(name).holds, column(name).declared);
    assert_eq!(holds("age"), (Some(Type::Integer), true));
    assert_eq!(holds("updated_at"), (Some(Type::Time), false));
    assert_eq!(holds("price"), (Some(Type::Number), false));
    assert_eq!(holds("churned"), (Some(Type::Boolean), false));
    assert_eq!(holds("customer_id"), (None, false));
    assert_eq!((column("age").nulls, column("plan").nulls, column("email").nulls), (0.0, 0.02, 1.0));
    assert_eq!(column("age").range.as_ref().unwrap().of.ends(), (0.0, 120.0));
    let updated = column("updated_at").range.as_ref().unwrap();
    assert_eq!((updated.of.ends().0, updated.tolerated), (1_577_876_400.0, 0.01));
    let Some(Rule { of: Allowed::Texts(plans), .. }) = &column("plan").values else { panic!("texts") };
    assert!(plans.contains("1"), "in the spelling of labels: {plans:?}");
    assert!(!column("region").required && column("age").required);
}

#[test]
fn every_mistake_is_shown_at_once_with_its_place_and_a_remedy() {
    insta::assert_snapshot!(problems(
        r#"version: 2
rows: { min: 10, max: 1 }
unique: [[custmer], [], [age, age]]
fresh: { colum: age, within: soon }
compare: ["start = end", "age < plan", "age > born"]
extra-columns: forbid
orderd: true
columns:
  age: { type: int, min: 0 }
  year: { type: integer, min: a, max: 3 }
  size: { min: 5, max: 1, tolerate: 2 }
  plan: { type: text, min: 1, nulls: some, values: [] }
  score: { type: number, values: [1, x], pattern: "a", length: { min: 1 } }
  mail: { pattern: "(?=a)", length: {} }
  mail: { pattern: "(" }
  list: [1]
"#
    ));
}

#[test]
fn a_file_that_is_no_schema_is_refused_as_a_whole() {
    let texts =
        ["", "- a\n", "12", "version: 1\n", "version: 1\ncolumns: {}\n", "a: [\n", "columns: [a, b]\n"];
    let all: Vec<String> = texts.iter().map(|text| format!("{text:?}\n{}", problems(text))).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn ten_thousand_columns_are_read() {
    let columns: String =
        (0..10_000).map(|number| format!("  c{number}: {{ type: integer, min: 0 }}\n")).collect();
    assert_eq!(schema(&format!("version: 1\ncolumns:\n{columns}")).columns.len(), 10_000);
}

#[test]
fn comparisons_are_taken_apart() {
    let parsed =
        |text: &str| Comparison::parse(text).map(|found| (found.left, found.operator.sign(), found.right));
    let expected = |left: &str, sign, right: &str| Some((left.to_owned(), sign, right.to_owned()));
    assert_eq!(parsed("a<b"), expected("a", "<", "b"));
    assert_eq!(parsed(" a <= b "), expected("a", "<=", "b"));
    assert_eq!(parsed("a>=b"), expected("a", ">=", "b"));
    assert_eq!(parsed("x<1 != y>2"), expected("x<1", "!=", "y>2"));
    assert_eq!(parsed("größe == breite"), expected("größe", "==", "breite"));
    for none in ["", "a", "<", "a <", "< b", "a = b"] {
        assert_eq!(parsed(none), None, "{none}");
    }
}

#[test]
fn the_json_schema_reads_well() {
    insta::assert_snapshot!(json_schema());
}

#[test]
fn moments_are_read_as_they_are_written() {
    let same = [
        ("1970-01-01", 0.0),
        ("1970-01-01T00:00:00Z", 0.0),
        ("1970-01-02 00:00", 86_400.0),
        ("1970-01-01T01:00:00+01:00", 0.0),
        ("1970-01-01T00:00:00.5-0030", 1800.5),
        ("2000-02-29", 951_782_400.0),
        ("1969-12-31", -86_400.0),
    ];
    for (text, seconds) in same {
        assert_eq!(moment::parse(text).map(|(seconds, _)| seconds), Some(seconds), "{text}");
    }
    for text in [
        "2001-02-29",
        "2026-13-01",
        "26-01-01",
        "2026-1-1",
        "2026-01-01T25:00",
        "2026-01-01T",
        "2026/01/01",
        "ä26-01-01",
        "2026-01-0ä",
        "2026-01-01T10:00:0ä",
        "2026-01-01T10+é",
    ] {
        assert_eq!(moment::parse(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn a_moment_that_is_written_is_read_again(micros in -62_000_000_000_000_000_i64..250_000_000_000_000_000) {
        // Beyond a few thousand years a float has no microseconds.
        let seconds = (micros / 1_000_000) as f64 + 0.25;
        let text = moment::time(seconds).unwrap();
        prop_assert_eq!(moment::parse(&text), Some((seconds, Type::Time)));
        let day = moment::day(seconds).unwrap();
        let (midnight, holds) = moment::parse(&day).unwrap();
        prop_assert_eq!(holds, Type::Date);
        prop_assert!(midnight <= seconds && seconds - midnight < 86_400.0);
    }

    #[test]
    fn no_text_makes_it_panic(at in 0_usize..WHOLE.len(), length in 0_usize..20, text in ".{0,12}") {
        let mut broken = WHOLE.as_bytes().to_vec();
        broken.splice(at..(at + length).min(WHOLE.len()), text.bytes());
        if let Err(problems) = parse(&String::from_utf8_lossy(&broken), "x.yml") {
            prop_assert!(!problems.is_empty());
        }
        let _ = moment::parse(&text);
        let _ = Comparison::parse(&text);
    }
}
