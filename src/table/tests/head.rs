//! Which columns files have, with folders that name some.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray};

use super::formats::columnar;
use super::*;

fn head(files: &Files) -> std::result::Result<Head, Vec<Finding>> {
    let (_hand, interrupt) = Interrupt::channel();
    let usual = columns(&files.files, &interrupt).expect("no fault");
    let tiny = Sizes { block: 7, longest: 1_000_000 };
    let tiny = columns::columns_sized(tiny, &files.files, &interrupt).expect("no fault");
    assert!(usual == tiny, "blocks of another size change nothing");
    usual
}

fn found(files: &Files) -> Vec<(String, Type)> {
    let head = head(files).unwrap_or_else(|findings| panic!("{findings:?}"));
    head.columns.into_iter().map(|found| (found.name, found.holds)).collect()
}

fn said(findings: &[Finding]) -> String {
    findings.iter().fold(String::new(), |text, finding| {
        let help = finding.help.as_deref().unwrap_or("");
        text + &format!("{} {}: {}\n    {help}\n", finding.place(), finding.code, finding.message)
    })
}

fn named(columns: &[(&str, Type)]) -> Vec<(String, Type)> {
    columns.iter().map(|(name, holds)| ((*name).to_owned(), *holds)).collect()
}

const HEADER: &str = "id,price,paid,day,at,plan,code,none";

fn typed() -> Vec<(String, Type)> {
    named(&[
        ("id", Type::Integer),
        ("price", Type::Number),
        ("paid", Type::Boolean),
        ("day", Type::Date),
        ("at", Type::Time),
        ("plan", Type::Text),
        ("code", Type::Text),
        ("none", Type::Text),
    ])
}

#[test]
fn columns_of_text_hold_what_they_look_like() {
    let rows = [
        "1,0.5,True,2026-11-28,2026-11-28 10:00:00,\"fr\nee\",01,",
        ",,,,,,,NaN",
        "3,2,false,2026-11-29,2026-11-28,3,02,",
    ];
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    assert_eq!(found(&Files::one("p.csv", &text)), typed());
    let marked = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(found(&Files::one("p.csv", marked)), typed());
    assert_eq!(found(&Files::one("p.csv", text.replace(',', ";"))), typed());
    assert_eq!(found(&Files::one("p.tsv", text.trim_end().replace(',', "\t"))), typed());
    let packed = packed(unpack::Packing::Gzip, text.as_bytes());
    assert_eq!(found(&Files::one("p.csv.gz", packed)), typed());
    assert_eq!(found(&Files::one("p.csv", "a,b")), named(&[("a", Type::Text), ("b", Type::Text)]));
}

/// Rows of which only the last few have a value.
fn late_values(row: impl Fn(Option<usize>) -> String) -> String {
    (0..12_000).map(|at| row((at > 11_900).then_some(at))).collect()
}

#[test]
fn a_column_without_a_value_in_the_first_rows_is_looked_at_further_on() {
    let csv = late_values(|at| at.map_or("x,NA,\n".into(), |at| format!("x,{at}.5,2026-01-01\n")));
    let json = late_values(|at| at.map_or("{\"a\":1,\"b\":null}\n".into(), |at| format!("{{\"b\":{at}}}\n")));
    let (_hand, interrupt) = Interrupt::channel();
    let of = |files: &Files, sizes| {
        columns::columns_sized(sizes, &files.files, &interrupt).expect("no fault").expect("columns")
    };
    let files = Files::one("a.csv", format!("a,b,c\n{csv}"));
    let head = of(&files, Sizes::USUAL);
    let holds: Vec<Type> = head.columns.iter().map(|found| found.holds).collect();
    assert_eq!((holds, head.notices), (vec![Type::Text, Type::Number, Type::Date], vec![]));
    let head = of(&Files::one("a.jsonl", json), Sizes::USUAL);
    let holds: Vec<Type> = head.columns.iter().map(|found| found.holds).collect();
    assert_eq!((holds, head.notices), (vec![Type::Integer, Type::Integer], vec![]));
    // Not without end, and that is told.
    let head = of(&files, Sizes { block: 100, longest: 1000 });
    let holds: Vec<Type> = head.columns.iter().map(|found| found.holds).collect();
    assert_eq!(holds, vec![Type::Text; 3]);
    insta::assert_snapshot!(said(&head.notices));
    // Where there is nothing more there is nothing to tell.
    let head = of(&Files::one("a.csv", "a,b\n1,\n2,NA\n"), Sizes::USUAL);
    assert_eq!((head.columns[1].holds, head.notices), (Type::Text, vec![]));
}

#[test]
fn a_few_texts_among_numbers_are_told() {
    let (_hand, interrupt) = Interrupt::channel();
    let mixed = |files: &Files| {
        let head = columns(&files.files, &interrupt).expect("no fault").expect("columns");
        said(&head.told(|column| column == "settled"))
    };
    let rows = |few: &str, row: &dyn Fn(&str) -> String| -> String {
        (1..=40).map(|at| if at == 7 { row(few) } else { row(&at.to_string()) }).collect()
    };
    let csv = |few| {
        format!(
            "a,settled,zip\n{}",
            rows(few, &|cell| format!("{cell},{cell},{cell}\n")).replace("9,9,9", "9,9,09")
        )
    };
    let json = rows("\"n/d\"", &|cell| format!("{{\"a\":{cell}}}\n\n"));
    let further = format!("a,b\n{}{}", ",x\n".repeat(11_000), rows("?", &|cell| format!("{cell},x\n")));
    let first = Files::one("a.csv", csv("-"));
    // What the first file with values holds is what counts.
    let later =
        Files::one("a.csv", "a,settled,zip\n,,\n").and("b.csv", csv("\u{7}none")).and("c.csv", csv("-"));
    let told =
        [first, later, Files::one("a.jsonl", json), Files::one("a.csv", further)].map(|files| mixed(&files));
    assert_eq!(mixed(&Files::one("a.csv", csv("1")).and("b.csv", csv("-"))), "");
    insta::assert_snapshot!(told.concat());
}

#[test]
fn columns_of_json_hold_what_their_values_are() {
    let text = r#"
{"id":1,"price":1,"paid":true,"day":"2026-11-28","at":"2026-11-28T10:00:00Z"}
{"id":null,"price":0.5,"plan":"x","code":"1","none":null}
{"none":[1],"id":-3,"day":""}
"#;
    assert_eq!(found(&Files::one("p.jsonl", text)), typed());
}

#[test]
fn columns_of_arrays_hold_what_the_schema_says() {
    let dictionary: DictionaryArray<arrow_array::types::Int8Type> = ["b", "a"].into_iter().collect();
    let batch = RecordBatch::try_from_iter([
        ("x", Arc::new(Float64Array::from(vec![1.0, 2.0])) as ArrayRef),
        ("n", Arc::new(Int64Array::from(vec![1, 2]))),
        ("plan", Arc::new(dictionary)),
        ("t", Arc::new(StringArray::from(vec!["1", "2"]))),
    ]);
    for (name, content) in columnar(&batch.expect("a batch"), 10) {
        let expected =
            named(&[("x", Type::Number), ("n", Type::Integer), ("plan", Type::Text), ("t", Type::Text)]);
        assert_eq!(found(&Files::one(name, content)), expected, "{name}");
    }
}

#[test]
fn types_suit_all_files_where_they_go_together() {
    let files = Files::one("a.csv", "n,e,d,x\n1,,2026-01-01,1\n")
        .and("b.csv", "x,d,e,n\na,2026-01-01 10:00:00,7,0.5\n");
    let expected =
        named(&[("n", Type::Number), ("e", Type::Integer), ("d", Type::Time), ("x", Type::Integer)]);
    assert_eq!(found(&files), expected);
}

#[test]
fn files_that_disagree_are_told() {
    let files = Files::one("a.csv", "price,plan\n1,a\n")
        .and("b.csv", "plan,prise\na,1\n")
        .and("c.jsonl", "{\"plan\":\"a\"}\n")
        .and("d.csv", "")
        .and("e.csv", "price,plan,plan\n1,a,b\n");
    insta::assert_snapshot!(said(&head(&files).expect_err("columns are missing")));
    let files = Files::one("a.csv", "price,plan\n1,a\n")
        .and("b.csv", " plan,day,price, x\na,1,2,3\n")
        .and("c.csv", "price,plan,y\n1,2,3\n");
    let head = head(&files).expect("only more columns");
    assert_eq!(head.columns.len(), 2);
    assert!(head.notices.iter().all(|notice| notice.severity == crate::finding::Severity::Notice));
    insta::assert_snapshot!(said(&head.notices));
}

#[test]
fn names_that_repeat_or_are_none_are_told() {
    let text = said(&head(&Files::one("p.csv", "\na,b,a,,c,b, \n1,2,3,4,5,6,7\n")).expect_err("twice"));
    insta::assert_snapshot!(text);
    let head = head(&Files::one("p.csv", ",a\n0,x\n1,y\n")).expect("a column of row numbers");
    assert_eq!(head.columns[0], Found { name: String::new(), holds: Type::Integer });
    insta::assert_snapshot!(said(&head.notices));
    let read = Files::one("p.csv", ",a\n0,x\n1,y\n").read(&[cells("", Type::Integer)]).expect("readable");
    assert_eq!(read.columns, [["0.0", "1.0"]]);
}

#[test]
fn ten_thousand_columns_are_no_matter() {
    let names: Vec<String> = (0..10_000).map(|n| format!("c{n}")).collect();
    let row: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
    let files = Files::one("p.csv", format!("{}\n{}\n{}\n", names.join(","), row.join(","), row.join(",")));
    let columns = head(&files).expect("columns").columns;
    assert!(columns.len() == 10_000 && columns.iter().all(|found| found.holds == Type::Integer));
    let wanted: Vec<Wanted> = columns.iter().rev().map(|found| cells(&found.name, found.holds)).collect();
    let read = files.read(&wanted).expect("readable");
    assert_eq!(
        (&*read.columns[0], &*read.columns[9_999]),
        (&["9999.0".into(), "9999.0".into()][..], &["0.0".into(), "0.0".into()][..])
    );
    // None of them is there: what was meant is not looked for ten thousand times.
    let others: Vec<Wanted> = names.iter().map(|name| cells(&name.replace("c", "d"), Type::Text)).collect();
    let findings = files.read(&others).expect_err("no such columns");
    assert_eq!(findings.len(), 11);
    assert_eq!(findings[10].message, "9990 more columns are missing, or there more than once");
    let twice = Files::one("p.csv", "a,".repeat(10_000) + "\n");
    assert_eq!(head(&twice).expect_err("twice").len(), 1);
    let object = |step: usize| -> String {
        let fields = (0..10_000).map(|n| format!("\"c{}\":{n}", n * step % 10_000));
        format!("{{{}}}\n", fields.collect::<Vec<_>>().join(","))
    };
    let files = Files::one("p.jsonl", object(1) + &object(7).repeat(9));
    let columns = head(&files).expect("columns").columns;
    let wanted: Vec<Wanted> = columns.iter().map(|found| cells(&found.name, found.holds)).collect();
    assert_eq!(files.read(&wanted).expect("readable").rows, 10);
}

fn folders(files: &[(&str, &str)]) -> Files {
    files.iter().fold(Files::new(), |all, (path, content)| {
        let folder = all.path(path);
        std::fs::create_dir_all(folder.parent().expect("a folder")).expect("a folder");
        all.and(path, content)
    })
}

#[test]
fn folders_name_columns() {
    let files = folders(&[
        ("d/year=2025/month=01/a.csv", "x\n1\n2\n"),
        ("d/year=2026/month=11/b.jsonl", "{\"x\":3}\n"),
        ("d/year=2026/month=__HIVE_DEFAULT_PARTITION__/c.csv", "x,month\n4,own\n"),
        ("d/year=2027/month=a%20b/d.csv", "x\n5\n"),
    ]);
    assert_eq!(found(&files), named(&[("x", Type::Integer), ("year", Type::Integer), ("month", Type::Text)]));
    let wanted =
        [cells("month", Type::Text), number("year"), cells("x", Type::Integer), cells("year", Type::Date)];
    let read = files.read(&wanted).expect("readable").columns;
    assert_eq!(read[0], ["01", "01", "11", "own", "a b"].map(|text| spelling::normal(text).into_owned()));
    assert_eq!(read[1], ["2025.0", "2025.0", "2026.0", "2026.0", "2027.0"]);
    assert_eq!(read[2], ["1.0", "2.0", "3.0", "4.0", "5.0"]);
    assert_eq!(read[3][0], "?2025");
    let batch = RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)]);
    for (name, content) in columnar(&batch.expect("a batch"), 1) {
        let files = folders(&[("k=v/none", "")]).and(&format!("k=v/{name}"), content);
        let files = Files { files: files.files[1..].to_vec(), folder: files.folder };
        let read = files.read(&[label("k"), key("k")]).expect("readable").columns;
        assert_eq!(read[0], ["v", "v"], "{name}");
        assert_eq!(found(&files), named(&[("x", Type::Integer), ("k", Type::Text)]));
    }
}

#[test]
fn folders_that_disagree_are_told() {
    let files = folders(&[
        ("d/year=2025/a.csv", "x\n1\n"),
        ("d/yaer=2026/b.csv", "x\n1\n"),
        ("d/year=1/year=2/c.csv", "x\n1\n"),
    ]);
    let mut shown = said(&head(&files).expect_err("a key is missing"));
    let wanted = [number("year")];
    shown += &said(&files.read(&wanted).expect_err("a key is missing"));
    let files = folders(&[("d/year=abc/a.csv", "x\n1\n"), ("d/year=/b.csv", "x\n1\n")]);
    shown += &said(&files.read(&wanted).expect_err("no numbers"));
    insta::assert_snapshot!(shown);
}
