//! Bad tables, and what is said of them.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
};

use super::formats::{file, file_packed, parquet, stream, stream_packed};
use super::*;

/// The findings as a person sees them.
fn shown(findings: &[Finding]) -> String {
    findings.iter().fold(String::new(), |mut text, finding| {
        let _ = writeln!(text, "{} {}: {}", finding.place(), finding.code, finding.message);
        if let Some(help) = &finding.help {
            let _ = writeln!(text, "    {help}");
        }
        text
    })
}

fn said(files: &Files, wanted: &[Wanted]) -> String {
    match files.read(wanted) {
        Ok(read) => panic!("{:?} is read: {read:?}", files.files),
        Err(findings) => shown(&findings),
    }
}

#[test]
fn bad_text_is_told_with_its_place() {
    let utf16: Vec<u8> = "y,p\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = [&[0xff, 0xfe][..], &utf16].concat();
    let long = "x".repeat(100);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty.csv", b"".to_vec()),
        ("blank.csv", b"\n\n".to_vec()),
        ("mark-only.csv", b"\xef\xbb\xbf".to_vec()),
        ("header-only.csv", b"y,p\n".to_vec()),
        ("header-only-without-end.csv", b"y,p".to_vec()),
        ("missing.csv", b"Y,prob,x\n1,2,3\n".to_vec()),
        ("misspelt.csv", b"y,pp\n1,2\n".to_vec()),
        (
            "many-columns.csv",
            format!("{}\n", (0..30).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",")).into_bytes(),
        ),
        ("no-header.csv", b"1,0.5\n0,0.25\n".to_vec()),
        ("twice.csv", b"y,p,y\n1,2,3\n".to_vec()),
        ("fewer.csv", b"y,p\n1,2\n\n3\n".to_vec()),
        ("more.csv", b"y,p\n1,2\n1,\"2\n\",3\n".to_vec()),
        ("row-names.csv", b"y,p\n1,1,2\n".to_vec()),
        ("no-number.csv", "y,p\n1,2\nü,abc\n1,x\n1,x\n".as_bytes().to_vec()),
        ("decimal-comma.csv", b"y;p\n1;0,5\n".to_vec()),
        ("long-cell.csv", format!("y,p\n1,{long}\n").into_bytes()),
        ("control.csv", b"y,p\n1,\x1b[31m\n".to_vec()),
        ("no-value.csv", b"y,p\n,2\n1,\nNaN,1\n,\n".to_vec()),
        ("not-utf-8.csv", b"y,p\n1,2\ncaf\xe9,3\n".to_vec()),
        ("utf-16.csv", with_mark),
        ("utf-16-without-mark.csv", utf16),
        ("binary.csv", b"\x80\x04\x95\x00\x01\x02abc\n".to_vec()),
        ("zero-later.csv", [b"y,p\n", "1,2\n".repeat(1500).as_bytes(), b"1,\x002\n"].concat()),
        (
            "zero-later.jsonl",
            ["{\"y\": 1, \"p\": 2}\n".repeat(300).as_bytes(), b"{\"y\": \"\x00\", \"p\": 2}\n"].concat(),
        ),
        ("excel.csv", b"PK\x03\x04\x14\x00".to_vec()),
        ("open-quote.csv", b"y,p\n1,2\n\"1,2\n1,2\n".to_vec()),
        ("open-quote-in-header.csv", b"y,\"p\n1,2\n".to_vec()),
        ("old-mac.csv", b"y,p\r1,2\r1,2\r".to_vec()),
        ("list.json", b"[{\"y\": 1}]".to_vec()),
        ("text.jsonl", b"y,p\n1,2\n".to_vec()),
        ("number.jsonl", b"1\n".to_vec()),
        ("pretty.jsonl", b"{\n  \"y\": 1,\n  \"p\": 2\n}\n".to_vec()),
        ("missing.jsonl", b"{\"y\": 1, \"q\": 2}\n".to_vec()),
        ("missing-later.jsonl", b"{\"y\": 1, \"p\": 2}\n\n{\"y\": 1, \"P\": 2}\n{}\n".to_vec()),
        ("null.jsonl", b"{\"y\": 1, \"p\": 2}\n{\"y\": null, \"p\": null}\n".to_vec()),
        (
            "nested.jsonl",
            "{\"y\": 1, \"p\": 2}\n{\"ü\": 0, \"y\": [1], \"p\": {\"a\": 1}}\n".as_bytes().to_vec(),
        ),
        ("twice.jsonl", b"{\"y\": 1, \"p\": 2}\n{\"y\": 1, \"p\": 2, \"y\": 3}\n".to_vec()),
        ("nan.jsonl", b"{\"y\": 1, \"p\": 2}\n{\"y\": 1, \"p\": NaN}\n".to_vec()),
        (
            "no-number.jsonl",
            b"{\"y\": 1, \"p\": 2}\n{\"y\": 1, \"p\": true}\n{\"y\": 1, \"p\": \"x\"}\n".to_vec(),
        ),
        ("not-utf-8.jsonl", b"{\"y\": 1, \"p\": 2}\n{\"y\": \"\xe9\", \"p\": 2}\n".to_vec()),
        ("surrogate.jsonl", b"{\"y\": 1, \"p\": 2}\n{\"y\": \"\\ud800\", \"p\": 2}\n".to_vec()),
        ("cut.jsonl", b"{\"y\": 1, \"p\": 2}\n{\"y\": 1, \"p\"".to_vec()),
        ("damaged.csv.gz", {
            let mut bytes = packed(unpack::Packing::Gzip, "y,p\n1,2\n".repeat(99).as_bytes());
            bytes.truncate(30);
            bytes
        }),
        ("damaged.csv.zst", {
            let mut bytes = packed(unpack::Packing::Zstd, "y,p\n1,2\n".repeat(99).as_bytes());
            bytes.truncate(20);
            bytes
        }),
        ("damaged-head.csv.gz", b"\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()),
        ("named-wrongly.parquet", b"y,p\n1,2\n".to_vec()),
        ("named-wrongly.arrow", b"y,p\n1,2\n".to_vec()),
        ("packed.parquet.gz", packed(unpack::Packing::Gzip, b"PAR1")),
        ("packed-twice.csv.gz", packed(unpack::Packing::Gzip, &packed(unpack::Packing::Gzip, b"y,p\n1,2\n"))),
    ];
    let wanted = [label("y"), number("p")];
    let shown: Vec<String> =
        cases.iter().map(|(name, content)| said(&Files::one(name, content), &wanted)).collect();
    insta::assert_snapshot!(shown.join(""));
}

#[test]
fn bad_arrays_are_told_with_their_row() {
    let batch = |columns: Vec<(&str, ArrayRef)>| {
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
            .expect("a batch")
    };
    let good = || Arc::new(StringArray::from(vec!["a", "b", "c"])) as ArrayRef;
    let numbers = || Arc::new(Float64Array::from(vec![1.0, 2.0, 3.0])) as ArrayRef;
    let list = ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>([
        Some(vec![Some(1)]),
        None,
        None,
    ]);
    let cases = [
        ("no-rows", batch(vec![("y", good()), ("p", numbers())]).slice(0, 0)),
        ("missing", batch(vec![("Y", good()), ("q", numbers())])),
        ("twice", {
            let fields = ["y", "y", "p"]
                .map(|name| arrow_schema::Field::new(name, arrow_schema::DataType::Float64, false));
            RecordBatch::try_new(
                Arc::new(arrow_schema::Schema::new(fields.to_vec())),
                vec![numbers(), numbers(), numbers()],
            )
            .expect("a batch")
        }),
        ("nested", batch(vec![("y", Arc::new(list)), ("p", numbers())])),
        (
            "truth-values",
            batch(vec![("y", good()), ("p", Arc::new(BooleanArray::from(vec![true, false, true])))]),
        ),
        (
            "nulls",
            batch(vec![
                ("y", Arc::new(StringArray::from(vec![Some("a"), None, None]))),
                ("p", Arc::new(Float64Array::from(vec![Some(1.0), Some(1.0), None]))),
            ]),
        ),
        ("all-null", batch(vec![("y", Arc::new(arrow_array::NullArray::new(3))), ("p", numbers())])),
        (
            "empty-text",
            batch(vec![
                ("y", Arc::new(StringArray::from(vec!["a", " ", "NaN"]))),
                ("p", Arc::new(Int64Array::from(vec![1, 2, 3]))),
            ]),
        ),
        (
            "nan-label",
            batch(vec![("y", Arc::new(Float64Array::from(vec![1.0, f64::NAN, 0.0]))), ("p", numbers())]),
        ),
        ("texts", batch(vec![("y", good()), ("p", Arc::new(StringArray::from(vec!["1", "x", "y"])))])),
    ];
    let wanted = [label("y"), number("p")];
    let mut shown = String::new();
    for (name, batch) in &cases {
        for (end, content) in
            [("parquet", parquet(batch, 2)), ("arrow", file(batch, 2)), ("arrows", stream(batch, 2))]
        {
            shown.push_str(&said(&Files::one(&format!("{name}.{end}"), content), &wanted));
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn damaged_arrays_are_findings_wherever_they_are_cut() {
    let numbers = Float64Array::from_iter_values((0..500).map(f64::from));
    let labels = StringArray::from_iter_values((0..500).map(|row| format!("c{}", row % 5)));
    let batch = RecordBatch::try_from_iter([("y", Arc::new(labels) as ArrayRef), ("p", Arc::new(numbers))])
        .expect("a batch");
    let wanted = [label("y"), number("p")];
    for (name, whole) in [
        ("p.parquet", parquet(&batch, 100)),
        ("p.arrow", file(&batch, 100)),
        ("p.arrows", stream(&batch, 100)),
    ] {
        assert_eq!(Files::one(name, &whole).read(&wanted).expect("readable").rows, 500);
        // A stream may do without its end, so that what ends between two batches is whole.
        let whole_without_end =
            |findings: std::result::Result<Read, Vec<Finding>>| name == "p.arrows" && findings.is_ok();
        for cut in (0..whole.len() - 8).step_by(97) {
            let read = Files::one(name, &whole[..cut]).read(&wanted);
            assert!(read.is_err() || whole_without_end(read), "{name} cut at {cut}");
        }
    }
}

#[test]
fn damaged_arrays_are_findings_or_other_numbers_whichever_byte_is_wrong() {
    let numbers = Float64Array::from_iter_values((0..50).map(f64::from));
    let labels = StringArray::from_iter_values((0..50).map(|row| format!("c{}", row % 5)));
    let batch = RecordBatch::try_from_iter([("y", Arc::new(labels) as ArrayRef), ("p", Arc::new(numbers))])
        .expect("a batch");
    for (name, whole) in
        [("p.parquet", parquet(&batch, 20)), ("p.arrow", file(&batch, 20)), ("p.arrows", stream(&batch, 20))]
    {
        for (at, wrong) in (0..whole.len()).step_by(11).zip([0xff, 0x01, 0x80].into_iter().cycle()) {
            let mut damaged = whole.clone();
            damaged[at] ^= wrong;
            // It is enough that it comes to an end.
            let _ = Files::one(name, &damaged).read(&[label("y"), number("p"), key("y")]);
        }
    }
}

#[test]
fn a_compressed_buffer_that_says_to_be_absurdly_long_is_a_finding() {
    let numbers = Float64Array::from_iter_values((0..512).map(|row| f64::from(row % 7)));
    let labels: DictionaryArray<Int32Type> = (0..512).map(|row| ["a", "b"][row % 2]).collect();
    let batch = RecordBatch::try_from_iter([("y", Arc::new(labels) as ArrayRef), ("p", Arc::new(numbers))])
        .expect("a batch");
    let wanted = [label("y"), number("p")];
    for packing in [arrow_ipc::CompressionType::LZ4_FRAME, arrow_ipc::CompressionType::ZSTD] {
        for (name, whole) in [
            ("p.arrow", file_packed(&batch, 512, Some(packing))),
            ("p.arrows", stream_packed(&batch, 512, Some(packing))),
        ] {
            assert_eq!(Files::one(name, &whole).read(&wanted).expect("readable").rows, 512);
            // The numbers take 4096 bytes, and the codes 2048.
            let lengths = [4096_u64, 2048].map(|length| {
                memchr::memmem::find(&whole, &length.to_le_bytes()).expect("the length of a buffer")
            });
            for (at, wrong) in lengths.into_iter().flat_map(|length| {
                (length..length + 8).flat_map(|at| [0x01, 0x10, 0x40, 0x80, 0xff].map(|wrong| (at, wrong)))
            }) {
                let mut damaged = whole.clone();
                damaged[at] ^= wrong;
                let said = said(&Files::one(name, &damaged), &wanted);
                assert!(said.contains("table-damaged"), "{name} {packing:?} {at} {wrong}: {said}");
            }
        }
    }
}

#[test]
fn what_is_no_file_is_said() {
    let mut files = Files::new();
    std::fs::create_dir(files.path("folder.csv")).expect("a folder");
    for name in ["folder.csv", "nowhere.csv"] {
        files.files.push(ProjectFile { path: name.into(), on_disk: files.path(name) });
    }
    #[cfg(unix)]
    {
        let pipe = files.path("pipe.csv");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        files.files.push(ProjectFile { path: "pipe.csv".into(), on_disk: pipe });
    }
    insta::assert_snapshot!(said(&files, &[number("p")]));
}

#[test]
fn every_file_is_looked_at_before_the_first_is_read() {
    let files =
        Files::one("a.csv", "y,p\n1,x\n").and("b.csv", "y\n1\n").and("c.csv", "").and("d.csv", "y,q\n1,2\n");
    insta::assert_snapshot!(said(&files, &[label("y"), number("p")]));
}

#[test]
fn too_many_labels_are_no_labels() {
    let text: String = (0..200).fold("id,y\n".into(), |mut text, row| {
        let _ = writeln!(text, "{row},a");
        text
    });
    insta::assert_snapshot!(said(&Files::one("p.csv", text), &[label("id"), label("y")]), @r"
    p.csv table-labels: the column «id» has more than 100 different values
        a column of classes or of groups has few; is it one of numbers or of ids?
    ");
}

#[test]
fn lines_are_counted_over_blocks_and_the_first_block_with_trouble_is_told() {
    let text = format!("y,p\n{}1,x\n1,2\n1,x\n{}", "1,2\n".repeat(50), "1,2,3\n".repeat(50));
    let files = Files::one("p.csv", text);
    for block in [1, 10, 64] {
        let sizes = Sizes { block, longest: 1000 };
        let findings = files.read_sized(sizes, &[label("y"), number("p")]).expect_err("a finding");
        assert_eq!(findings[0].place(), "p.csv:52:3", "{block}");
    }
    let findings = files.read(&[label("y"), number("p")]).expect_err("a finding");
    insta::assert_snapshot!(shown(&findings), @r"
    p.csv:52:3 table-number: «x» in the column «p» is no number; and at least 1 more
        write numbers with a point and without units, or name another column
    p.csv:55:1 table-row: this row has 3 fields, and the header has 2
        a field with the delimiter or a line break in it must be quoted
    ");
}

#[test]
fn a_line_without_end_is_not_kept() {
    // A file of zeros that takes no room on the disk, behind what looks like a table.
    let files = Files::one("p.csv", format!("y,p\n{}1,", "1,2\n".repeat(20_000)));
    let path = files.path("p.csv");
    let opened = std::fs::File::options().write(true).open(&path).expect("the file");
    opened.set_len(2 * 1024 * 1024 * 1024).expect("a sparse file");
    let sizes = Sizes { block: 64 * 1024, longest: 1024 * 1024 };
    let findings = files.read_sized(sizes, &[label("y"), number("p")]).expect_err("a finding");
    insta::assert_snapshot!(shown(&findings), @r"
    p.csv:20002 table-line-too-long: this line is longer than 1.0 MiB
        is it a table of this format, with a line for each row, and is every quote closed?
    ");
    for name in ["q.csv", "q.jsonl", "q"] {
        let files = Files::one(name, "");
        std::fs::File::options()
            .write(true)
            .open(files.path(name))
            .expect("the file")
            .set_len(1 << 31)
            .expect("a sparse file");
        let findings = files.read_sized(sizes, &[label("y"), number("p")]).expect_err("a finding");
        assert_eq!(findings.len(), 1, "{name}: {findings:?}");
    }
}
