//! The same table comes out of every format.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::Compression;
use ::parquet::file::properties::WriterProperties;
use arrow_array::types::{Float16Type, Int8Type};
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float16Array,
    Float32Array, Float64Array, Int8Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray, UInt16Array, UInt64Array,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::IpcWriteOptions;
use proptest::prelude::*;

use super::*;

/// The files of a batch in the formats of arrays.
pub fn columnar(batch: &RecordBatch, group: usize) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("p.parquet", parquet(batch, group)),
        ("p.arrow", file(batch, group)),
        ("p.ipc", stream(batch, group)),
    ]
}

pub fn parquet(batch: &RecordBatch, group: usize) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(group.max(1)))
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).expect("a writer");
    writer.write(batch).expect("written");
    writer.close().expect("written");
    bytes
}

fn parts(batch: &RecordBatch, group: usize) -> impl Iterator<Item = RecordBatch> {
    let starts = (0..batch.num_rows()).step_by(group.max(1));
    starts.map(move |start| batch.slice(start, group.max(1).min(batch.num_rows() - start)))
}

pub fn file(batch: &RecordBatch, group: usize) -> Vec<u8> {
    file_packed(batch, group, None)
}

pub fn file_packed(batch: &RecordBatch, group: usize, packing: Option<CompressionType>) -> Vec<u8> {
    let (schema, options) = (batch.schema(), options(packing));
    let writer = arrow_ipc::writer::FileWriter::try_new_with_options(Vec::new(), &schema, options);
    let mut writer = writer.expect("a writer");
    parts(batch, group).for_each(|part| writer.write(&part).expect("written"));
    writer.finish().expect("written");
    writer.into_inner().expect("written")
}

fn options(packing: Option<CompressionType>) -> IpcWriteOptions {
    IpcWriteOptions::default().try_with_compression(packing).expect("options")
}

pub fn stream(batch: &RecordBatch, group: usize) -> Vec<u8> {
    stream_packed(batch, group, None)
}

pub fn stream_packed(batch: &RecordBatch, group: usize, packing: Option<CompressionType>) -> Vec<u8> {
    let (schema, options) = (batch.schema(), options(packing));
    let writer = arrow_ipc::writer::StreamWriter::try_new_with_options(Vec::new(), &schema, options);
    let mut writer = writer.expect("a writer");
    parts(batch, group).for_each(|part| writer.write(&part).expect("written"));
    writer.finish().expect("written");
    writer.into_inner().expect("written")
}

fn csv(rows: &[(String, f64, i64)], delimiter: char) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    rows.iter().enumerate().fold(
        format!("label{delimiter}number{delimiter}key\n"),
        |mut text, (row, (l, n, k))| {
            let plain = row % 2 == 0 && !l.contains(['"', '\n', '\r', delimiter]);
            let shown = if plain { l.clone() } else { quoted(l) };
            let _ = write!(
                text,
                "{shown}{delimiter}{n:?}{delimiter}{k}{}",
                if row % 3 == 0 { "\r\n" } else { "\n" }
            );
            text
        },
    )
}

fn json(rows: &[(String, f64, i64)]) -> String {
    rows.iter().fold(String::new(), |mut text, (label, number, key)| {
        let _ = writeln!(
            text,
            "{}",
            serde_json::json!({ "label": label, "x": [null], "number": number, "key": key })
        );
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_format_gives_the_same_columns(
        rows in prop::collection::vec(("[a-c]|[ab,;\" \n]{0,5}x|[0-9]{1,3}(\\.0)?|True", -1e6..1e6_f64, any::<i64>()), 1..60),
        block in 1_usize..100,
        group in 1_usize..40,
    ) {
        let batch = RecordBatch::try_from_iter([
            ("label", Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.0))) as ArrayRef),
            ("number", Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.1)))),
            ("key", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.2)))),
        ]).expect("a batch");
        let mut files = columnar(&batch, group);
        files.push(("p.csv", csv(&rows, ',').into_bytes()));
        files.push(("p.tsv", csv(&rows, '\t').into_bytes()));
        files.push(("p.txt", csv(&rows, ';').into_bytes()));
        files.push(("p.jsonl", json(&rows).into_bytes()));
        let wanted = [key("key"), label("label"), number("number"), label("label"), key("label")];
        let expected: Vec<String> = rows.iter().map(|row| spelling::normal(&row.0).into_owned()).collect();
        let mut all = Vec::new();
        for (name, content) in files {
            for sizes in [Sizes::USUAL, Sizes { block, longest: 100_000 }] {
                let read = Files::one(name, &content).read_sized(sizes, &wanted);
                prop_assert!(read.is_ok(), "{}: {:?}\n{}", name, read, String::from_utf8_lossy(&content));
                all.push((name, read.unwrap()));
            }
        }
        for (name, read) in &all {
            prop_assert_eq!(&read.columns[1], &expected, "{}", name);
            prop_assert_eq!(read, &all[0].1, "{}", name);
        }
    }
}

/// An array of a type, and the spellings of its cells.
fn arrays() -> Vec<(&'static str, ArrayRef, [&'static str; 2])> {
    let dictionary: DictionaryArray<Int8Type> = ["b", "a"].into_iter().collect();
    let numbers = DictionaryArray::<Int8Type>::new(
        Int8Array::from(vec![1, 0]),
        Arc::new(Int64Array::from(vec![7, -3])),
    );
    let half = |single| <Float16Type as ArrowPrimitiveType>::Native::from_f32(single);
    let halves: Float16Array = Float32Array::from(vec![1.0, 0.5]).unary(half);
    vec![
        ("i8", Arc::new(Int8Array::from(vec![-1, 0])), ["-1", "0"]),
        ("u16", Arc::new(UInt16Array::from(vec![1, 65535])), ["1", "65535"]),
        ("u64", Arc::new(UInt64Array::from(vec![1, u64::MAX])), ["1", "18446744073709551615"]),
        ("f16", Arc::new(halves), ["1", "0.5"]),
        ("f32", Arc::new(Float32Array::from(vec![1.0, 0.1])), ["1", "0.1"]),
        ("f64", Arc::new(Float64Array::from(vec![-0.0, 1e300])), ["0", "1e300"]),
        ("bool", Arc::new(BooleanArray::from(vec![true, false])), ["true", "false"]),
        ("text", Arc::new(StringArray::from(vec!["True", "x y"])), ["true", "x y"]),
        ("large", Arc::new(LargeStringArray::from(vec!["1.0", "ü"])), ["1", "ü"]),
        (
            "view",
            Arc::new(StringViewArray::from(vec!["01", "a longer text than fits a view"])),
            ["01", "a longer text than fits a view"],
        ),
        ("dictionary", Arc::new(dictionary), ["b", "a"]),
        ("numbers", Arc::new(numbers), ["-3", "7"]),
        (
            "decimal",
            Arc::new(
                Decimal128Array::from(vec![150, 200]).with_precision_and_scale(10, 2).expect("a decimal"),
            ),
            ["1.5", "2"],
        ),
        ("date", Arc::new(Date32Array::from(vec![0, 19_753])), ["1970-01-01", "2024-01-31"]),
        (
            "time",
            Arc::new(TimestampMicrosecondArray::from(vec![0, 1_500_000])),
            ["1970-01-01", "1970-01-01 00:00:01.500"],
        ),
        (
            "zoned",
            Arc::new(TimestampMicrosecondArray::from(vec![0, 1_000_000]).with_timezone("UTC")),
            ["1970-01-01 00:00:00+00:00", "1970-01-01 00:00:01+00:00"],
        ),
    ]
}

#[test]
fn arrays_of_all_types_are_spelled_as_texts_are() {
    for (name, array, spelled) in arrays() {
        let batch = RecordBatch::try_from_iter([("c", array)]).expect("a batch");
        let keys = spelled.map(|text| format!("{:032x}", cell::key(text.as_bytes()).expect("a key")));
        for (format, content) in columnar(&batch, 10) {
            let read = Files::one(format, content).read(&[label("c"), key("c")]);
            let read = read.unwrap_or_else(|findings| panic!("{name} {format}: {findings:?}"));
            assert_eq!(read.columns, [spelled.map(String::from), keys.clone()], "{name} {format}");
        }
    }
}

#[test]
fn arrays_of_numbers_are_numbers() {
    for (name, array, spelled) in arrays() {
        let Ok(expected) =
            spelled.iter().map(|text| text.parse::<f64>()).collect::<std::result::Result<Vec<_>, _>>()
        else {
            continue;
        };
        let expected: Vec<String> = expected.iter().map(|number| format!("{number:?}")).collect();
        let batch = RecordBatch::try_from_iter([("c", array)]).expect("a batch");
        for (format, content) in columnar(&batch, 10) {
            let read = Files::one(format, content).read(&[number("c")]);
            let read = read.unwrap_or_else(|findings| panic!("{name} {format}: {findings:?}"));
            // The double of a float of 32 bits is not that of its text, and -0 is a number of its own.
            if !["f32", "f64"].contains(&name) {
                assert_eq!(read.columns, std::slice::from_ref(&expected), "{name} {format}");
            }
        }
    }
}

#[test]
fn categories_that_no_row_has_are_no_labels() {
    let dictionary = DictionaryArray::<Int8Type>::new(
        Int8Array::from(vec![1, 1]),
        Arc::new(StringArray::from(vec!["unused", "used", ""])),
    );
    let batch = RecordBatch::try_from_iter([("c", Arc::new(dictionary) as ArrayRef)]).expect("a batch");
    for (format, content) in columnar(&batch, 10) {
        let files = Files::one(format, content);
        let (_hand, interrupt) = Interrupt::channel();
        let table = fold(&files.files, &[label("c")], 9, &interrupt, |_| (), |()| ())
            .expect("no fault")
            .expect("no finding");
        assert_eq!(table.labels, [["used"]], "{format}");
    }
}
