//! The same data in each of its forms, and in many files.

use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use super::{assert_said, codes, evidence};
use crate::common::{Project, customers};

fn cells(table: &str, column: usize) -> impl Iterator<Item = &str> {
    table.lines().skip(1).map(move |line| line.split(',').nth(column).unwrap())
}

fn batch(table: &str) -> RecordBatch {
    let whole = |column| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(cells(table, column).map(|cell| cell.parse().unwrap())))
    };
    let number = |column| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(cells(table, column).map(|cell| cell.parse().unwrap())))
    };
    let text: ArrayRef = Arc::new(StringArray::from_iter_values(cells(table, 3)));
    let columns =
        [("id", whole(0)), ("age", number(1)), ("income", number(2)), ("city", text), ("churned", whole(4))];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn as_parquet(table: &str) -> Vec<u8> {
    let (batch, mut bytes) = (batch(table), Vec::new());
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn as_arrow(table: &str) -> Vec<u8> {
    let batch = batch(table);
    let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn as_json_lines(table: &str) -> String {
    let line = |line: &str| {
        let [id, age, income, city, churned] = line.split(',').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        format!(
            "{{\"id\":{id},\"age\":{age},\"income\":{income},\"city\":\"{city}\",\"churned\":{churned}}}\n"
        )
    };
    table.lines().skip(1).map(line).collect()
}

fn as_gzip(table: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(table.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// The bytes of a file out of the text of a table.
type Packed = fn(&str) -> Vec<u8>;

#[test]
fn the_form_of_a_file_changes_nothing() {
    let (train, live) = (customers(1, 600), customers(3, 300));
    let forms: [(&str, Packed); 7] = [
        ("csv", |table| table.into()),
        ("tsv", |table| table.replace(',', "\t").into()),
        ("csv.gz", as_gzip),
        ("csv.zst", |table| zstd::encode_all(table.as_bytes(), 1).unwrap()),
        ("parquet", as_parquet),
        ("arrow", as_arrow),
        ("jsonl", |table| as_json_lines(table).into()),
    ];
    let project = Project::empty();
    for (form, write) in forms {
        project.file(&format!("train.{form}"), write(&train));
        project.file(&format!("live.{form}"), write(&live));
    }
    let columns = |one: &str, other: &str| {
        let words = ["--format", "json", "data", "drift", &format!("train.{one}"), &format!("live.{other}")];
        let said = project.modelgate(&words);
        let drift: serde_json::Value =
            serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err));
        (drift["share"].clone(), drift["columns"].clone())
    };
    let usual = columns("csv", "csv");
    for (form, _) in forms {
        assert_eq!(columns(form, form), usual, "{form}");
        assert_eq!(columns("csv", form), usual, "{form}");
    }
    // Rows leak in whatever form they are.
    for (form, _) in forms {
        let project = Project::data();
        project.file("data/train.parquet", as_parquet(&train));
        let written = std::fs::read(project.path().join("data/train.parquet")).unwrap();
        assert!(!written.is_empty());
        let (_, write) = forms.into_iter().find(|(name, _)| *name == form).unwrap();
        project.file(&format!("data/same.{form}"), write(&train));
        project.replace("modelgate.yml", "data/train.csv", "data/train.parquet");
        project.replace("modelgate.yml", "data/test.csv", &format!("data/same.{form}"));
        assert_said(&project.modelgate(&["data"]), 11, &["600 of 600 rows"]);
        assert!(codes(&project).contains(&"error data-leak-rows".to_owned()), "{form}");
    }
}

#[test]
fn a_folder_in_parts_is_one_set_and_its_keys_are_columns() {
    let project = Project::data();
    let (header, rows) = {
        let table = customers(3, 300);
        let (header, rows) = table.split_once('\n').unwrap();
        (header.to_owned(), rows.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    for (part, rows) in rows.chunks(100).enumerate() {
        project.file(
            &format!("live/day=2026-01-0{}/part.csv", part + 1),
            format!("{header}\n{}\n", rows.join("\n")),
        );
    }
    project.file("live/_SUCCESS", "");
    project.file("live/.part.csv.crc", "no data");
    project.replace("modelgate.yml", "data/live.csv", "live");
    assert_said(&project.modelgate(&["data"]), 0, &["1,200 rows in 3 sets"]);
    assert_eq!(codes(&project), ["notice data-column-new"]);
    let live = &evidence(&project)["sets"]["live"];
    assert_eq!((&live["rows"], &live["files"].as_object().unwrap().len()), (&300.into(), &3));
    // A file that lacks a column is told by its path.
    project.file("live/day=2026-01-02/part.csv", "id,age\n1,2\n");
    assert_said(&project.modelgate(&["data"]), 11, &["day=2026-01-02/part.csv", "income"]);
    // Rows are told with the file that they are in.
    project.file(
        "data.schema.yml",
        "version: 1\nextra-columns: allow\ncolumns:\n  age: { type: number, max: 1000 }\n",
    );
    project.replace("modelgate.yml", "  label:", "  schema: data.schema.yml\n  label:");
    project.file("live/day=2026-01-02/part.csv", format!("{header}\n7,2000,1.5,Rome,1\n"));
    assert_said(&project.modelgate(&["data"]), 11, &["row 1 of live/day=2026-01-02/part.csv"]);
}
