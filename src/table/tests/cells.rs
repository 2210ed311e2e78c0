//! Cells of any column, with holes and with what should not be there.

use std::sync::Arc;

use arrow_array::types::{Decimal128Type, Float16Type, Float32Type, Int8Type};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int8Array, Int64Array, ListArray, NullArray, PrimitiveArray, RecordBatch, StringArray,
    StringViewArray, Time32SecondArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray,
};
use proptest::prelude::*;

use super::formats::columnar;
use super::*;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
        .expect("a batch")
}

/// A row of a table with holes.
type Row = (Option<i64>, Option<f64>, Option<bool>, Option<String>, Option<i32>, Option<i64>);

fn array_of(rows: &[Row]) -> RecordBatch {
    batch(vec![
        ("integer", Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>())),
        ("number", Arc::new(rows.iter().map(|row| row.1).collect::<Float64Array>())),
        ("boolean", Arc::new(rows.iter().map(|row| row.2).collect::<BooleanArray>())),
        ("text", Arc::new(rows.iter().map(|row| row.3.clone()).collect::<StringArray>())),
        ("date", Arc::new(rows.iter().map(|row| row.4).collect::<Date32Array>())),
        ("time", Arc::new(rows.iter().map(|row| row.5).collect::<TimestampMillisecondArray>())),
    ])
}

/// The texts of a row's cells.
fn texts_of(row: &Row, at: usize, batch: &RecordBatch) -> [Option<String>; 6] {
    let date =
        batch.column(4).as_any().downcast_ref::<Date32Array>().and_then(|dates| dates.value_as_date(at));
    let times = batch.column(5).as_any().downcast_ref::<TimestampMillisecondArray>();
    let time = times.and_then(|times| times.value_as_datetime(at));
    [
        row.0.map(|value| value.to_string()),
        row.1.map(|value| format!("{value:?}")),
        row.2.map(
            |value| if at.is_multiple_of(2) { format!("{value}") } else { format!("{value}").to_uppercase() },
        ),
        row.3.clone(),
        row.4.and(date).map(|date| date.to_string()),
        row.5.and(time).map(|time| time.to_string()),
    ]
}

const NAMES: [&str; 6] = ["integer", "number", "boolean", "text", "date", "time"];

fn csv(rows: &[[Option<String>; 6]]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    rows.iter().fold(format!("{}\n", NAMES.join(",")), |text, row| {
        let cells = row.iter().map(|cell| cell.as_ref().map_or(String::new(), |cell| quoted(cell)));
        text + &cells.collect::<Vec<_>>().join(",") + "\r\n"
    })
}

/// What is missing is null, or left out.
fn json(rows: &[[Option<String>; 6]]) -> String {
    let fields = |(at, row): (usize, &[Option<String>; 6])| {
        let cells = NAMES.iter().zip(row).enumerate();
        let there =
            cells.filter(|(column, (_, cell))| at == 0 || cell.is_some() || (at + column).is_multiple_of(2));
        let field = |(column, (name, cell)): (usize, (&&str, &Option<String>))| match cell {
            Some(text) if column < 2 => format!("\"{name}\":{text}"),
            cell => format!("\"{name}\":{}", serde_json::json!(cell)),
        };
        format!("{{{}}}\n", there.map(field).collect::<Vec<_>>().join(","))
    };
    rows.iter().enumerate().map(fields).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn every_format_gives_the_same_cells(
        rows in prop::collection::vec((
            prop::option::of(-1000_i64..1000),
            prop::option::of(-1e6..1e6_f64),
            prop::option::of(any::<bool>()),
            prop::option::of("[a-c]|[ab,;\" \n]{0,5}x|[0-9]{1,3}(\\.0)?|True"),
            prop::option::of(-100_000_i32..100_000),
            prop::option::of(-1_000_000_000_000_i64..2_000_000_000_000),
        ), 1..40),
        block in 1_usize..200,
        group in 1_usize..40,
    ) {
        let arrays = array_of(&rows);
        let texts: Vec<[Option<String>; 6]> =
            rows.iter().enumerate().map(|(at, row)| texts_of(row, at, &arrays)).collect();
        let mut files = columnar(&arrays, group);
        files.push(("p.csv", csv(&texts).into_bytes()));
        files.push(("p.jsonl", json(&texts).into_bytes()));
        let types = [Type::Integer, Type::Number, Type::Boolean, Type::Text, Type::Date, Type::Time];
        let wanted: Vec<Wanted> = NAMES.iter().zip(types).map(|(name, holds)| cells(name, holds)).collect();
        let mut all = Vec::new();
        for (name, content) in files {
            for sizes in [Sizes::USUAL, Sizes { block, longest: 100_000 }] {
                let read = Files::one(name, &content).read_sized(sizes, &wanted);
                prop_assert!(read.is_ok(), "{}: {:?}\n{}", name, read, String::from_utf8_lossy(&content));
                all.push((name, read.unwrap()));
            }
        }
        let expected: Vec<String> = rows.iter().map(|row| row.3.as_ref().map_or("-".into(), |text| spelling::normal(text).into_owned())).collect();
        let dates: Vec<String> = rows.iter().map(|row| row.4.map_or("-".into(), |day| format!("{:?}", f64::from(day) * 86_400.0))).collect();
        for (name, read) in &all {
            prop_assert_eq!(&read.columns[3], &expected, "{}", name);
            prop_assert_eq!(&read.columns[4], &dates, "{}", name);
            prop_assert_eq!(read, &all[0].1, "{}", name);
        }
    }
}

#[test]
fn what_is_of_another_type_is_strange_in_every_format() {
    let arrays = batch(vec![
        (
            "a",
            Arc::new(StringArray::from(vec![Some("1"), Some("x"), None, Some("NA"), Some(" 2.5 ")]))
                as ArrayRef,
        ),
        ("b", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), Some(true), Some(true)]))),
    ]);
    let mut files = columnar(&arrays, 2);
    files.push(("p.csv", b"a,b\n1,true\nx,\n,False\nNA,TRUE\n 2.5 ,1\n".to_vec()));
    let json = "{\"a\":1,\"b\":true}\n{\"a\":\"x\"}\n{\"b\":false}\n{\"a\":\"NA\",\"b\":true}\n{\"a\":2.5,\"b\":1}\n";
    files.push(("p.jsonl", json.into()));
    let wanted = [
        cells("a", Type::Number),
        cells("a", Type::Integer),
        cells("b", Type::Boolean),
        cells("b", Type::Date),
    ];
    for (name, content) in files {
        let read = Files::one(name, content).read(&wanted).expect("readable").columns;
        assert_eq!(read[0], ["1.0", "?x", "-", "-", "2.5"], "{name}");
        assert_eq!(read[1][..4], ["1.0", "?x", "-", "-"], "{name}");
        assert_eq!(read[1][4].trim(), if name == "p.jsonl" { "?2.5" } else { "? 2.5 " }.trim(), "{name}");
        assert_eq!(read[2], ["1.0", "-", "0.0", "1.0", "1.0"], "{name}");
        assert!(read[3].iter().enumerate().all(|(row, cell)| cell.starts_with('?') == (row != 1)), "{name}");
    }
}

#[test]
fn values_of_json_that_are_none_are_strange() {
    let json = r#"{"a":1,"b":"x"}
{"a":[1,2],"b":{"c":null}}
{"a":null,"b":"\ud800"}
{}
{"a":"inf","b":""}
"#;
    let wanted = [cells("a", Type::Integer), cells("b", Type::Text)];
    let files = Files::one("p.jsonl", json.to_owned() + "{\"c\":7,\"b\":true}\n");
    let read = files.read(&wanted).expect("readable");
    assert_eq!(read.columns[0], ["1.0", "?[1,2]", "-", "-", "?inf", "-"]);
    assert_eq!(read.columns[1], ["x", "?{\"c\":null}", "?\"\\ud800\"", "-", "-", "true"]);
    let twice = Files::one("p.jsonl", "{\"a\":1}\n{\"a\":1,\"a\":2}\n").read(&[cells("a", Type::Integer)]);
    assert_eq!(twice.expect_err("which one?")[0].code, "table-column-twice");
}

#[test]
fn arrays_of_all_types_are_cells() {
    let dictionary: DictionaryArray<Int8Type> = [Some("b"), None, Some("a"), Some("b")].into_iter().collect();
    let numbers = DictionaryArray::<Int8Type>::new(
        Int8Array::from(vec![Some(1), None, Some(0), Some(1)]),
        Arc::new(Float64Array::from(vec![7.5, f64::NAN])),
    );
    let half = |single| <Float16Type as arrow_array::ArrowPrimitiveType>::Native::from_f32(single);
    let halves: PrimitiveArray<Float16Type> = Float32Array::from(vec![1.0, 0.5, f32::NAN, 2.0]).unary(half);
    let list = ListArray::from_iter_primitive::<Float32Type, _, _>([
        Some(vec![Some(1.0)]),
        None,
        Some(vec![]),
        None,
    ]);
    let decimals = Decimal128Array::from(vec![Some(150), None, Some(200), Some(-50)]);
    let decimals = decimals.with_precision_and_scale(10, 2).expect("decimals");
    let whole = PrimitiveArray::<Decimal128Type>::from(vec![Some(7), None, None, Some(8)]);
    let whole = whole.with_precision_and_scale(10, 0).expect("decimals");
    let moments = ["0.0", "-", "86400.5", "-0.5"];
    let cases: Vec<(ArrayRef, Type, [&str; 4])> = vec![
        (Arc::new(dictionary), Type::Text, ["b", "-", "a", "b"]),
        (Arc::new(numbers), Type::Number, ["-", "-", "7.5", "-"]),
        (Arc::new(halves), Type::Number, ["1.0", "0.5", "-", "2.0"]),
        (Arc::new(decimals), Type::Number, ["1.5", "-", "2.0", "-0.5"]),
        (Arc::new(whole), Type::Integer, ["7.0", "-", "-", "8.0"]),
        (
            Arc::new(Float64Array::from(vec![1.0, f64::INFINITY, f64::NAN, 1.5])),
            Type::Number,
            ["1.0", "inf", "-", "1.5"],
        ),
        (
            Arc::new(Float64Array::from(vec![1.0, f64::INFINITY, f64::NAN, 1.5])),
            Type::Integer,
            ["1.0", "?inf", "-", "?1.5"],
        ),
        (
            Arc::new(Int8Array::from(vec![Some(0), None, Some(1), Some(2)])),
            Type::Boolean,
            ["0.0", "-", "1.0", "?2"],
        ),
        (Arc::new(Int64Array::from(vec![Some(0), None, Some(1), Some(2)])), Type::Text, ["0", "-", "1", "2"]),
        (Arc::new(NullArray::new(4)), Type::Text, ["-"; 4]),
        (Arc::new(NullArray::new(4)), Type::Number, ["-"; 4]),
        (
            Arc::new(Date32Array::from(vec![Some(0), None, Some(1), Some(-1)])),
            Type::Date,
            ["0.0", "-", "86400.0", "-86400.0"],
        ),
        (
            Arc::new(Date64Array::from(vec![Some(0), None, Some(86_400_000), None])),
            Type::Date,
            ["0.0", "-", "86400.0", "-"],
        ),
        (
            Arc::new(Date32Array::from(vec![0, 1, 2, 3])),
            Type::Time,
            ["0.0", "86400.0", "172800.0", "259200.0"],
        ),
        (
            Arc::new(TimestampSecondArray::from(vec![Some(0), None, Some(86_400), Some(-1)])),
            Type::Time,
            ["0.0", "-", "86400.0", "-1.0"],
        ),
        (
            Arc::new(TimestampMillisecondArray::from(vec![Some(0), None, Some(86_400_500), Some(-500)])),
            Type::Time,
            moments,
        ),
        (
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(0), None, Some(86_400_500_000), Some(-500_000)])
                    .with_timezone("UTC"),
            ),
            Type::Time,
            moments,
        ),
        (
            Arc::new(TimestampNanosecondArray::from(vec![
                Some(0),
                None,
                Some(86_400_500_000_000),
                Some(-500_000_000),
            ])),
            Type::Time,
            moments,
        ),
        (
            Arc::new(TimestampSecondArray::from(vec![Some(0), None, Some(86_400), Some(1)])),
            Type::Date,
            ["0.0", "-", "86400.0", "?1970-01-01 00:00:01"],
        ),
        (
            Arc::new(StringViewArray::from(vec![Some("2026-11-28"), None, Some("x"), Some("")])),
            Type::Date,
            ["1795824000.0", "-", "?x", "-"],
        ),
        (
            Arc::new(Time32SecondArray::from(vec![Some(0), None, Some(3661), None])),
            Type::Text,
            ["00:00:00", "-", "01:01:01", "-"],
        ),
        (Arc::new(list), Type::Text, ["?List(Float32)", "-", "?List(Float32)", "-"]),
    ];
    for (array, holds, expected) in cases {
        let said = format!("{:?} as {holds:?}", array.data_type());
        for (format, content) in columnar(&batch(vec![("c", array)]), 10) {
            let read = Files::one(format, content).read(&[cells("c", holds)]);
            let read = read.unwrap_or_else(|findings| panic!("{said} {format}: {findings:?}"));
            let shown: Vec<String> = read.columns[0]
                .iter()
                .map(|cell| cell.replace("nullable ", "").replace("non-null ", ""))
                .collect();
            let shown: Vec<&str> = shown
                .iter()
                .map(|cell| if cell.starts_with("?List") { "?List(Float32)" } else { cell })
                .collect();
            assert_eq!(shown, expected, "{said} {format}");
        }
    }
}

#[test]
fn a_number_that_turns_to_text_late_is_one_strange_cell() {
    const LATE: usize = 900_000;
    let mut text = String::from("n\n");
    (0..LATE).for_each(|row| text.push_str(["1\n", "2.5\n", "\n1\n"][row % 3]));
    text.push_str("many\n3\n");
    let files = Files::one("p.csv", text);
    let (_hand, interrupt) = Interrupt::channel();
    let found = columns(&files.files, &interrupt).expect("no fault").expect("no finding");
    assert_eq!(found.columns, [Found { name: "n".into(), holds: Type::Number }]);
    let (mut strange, mut missing) = (Vec::new(), 0);
    let each = |batch: Batch| (batch.first, batch.columns);
    let table =
        fold(&files.files, &[cells("n", Type::Number)], 9, &interrupt, each, |(first, mut columns)| {
            let Some(Column::Cells(cells)) = columns.pop() else { panic!("cells are wanted") };
            missing += cells.missing;
            assert_eq!(cells.strange as usize, cells.shown.len());
            strange.extend(cells.shown.into_iter().map(|(row, text)| (first + u64::from(row), text)));
        });
    let table = table.expect("no fault").expect("no finding");
    assert_eq!((missing, strange), (0, vec![(LATE as u64, "many".into())]));
    assert_eq!((table.rows, table.place(LATE as u64)), (LATE as u64 + 2, (0, LATE as u64 + 1)));
}
