#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use proptest::prelude::*;

use super::*;

/// What the files come to, as a person would read it.
fn told(files: &[(&str, &[u8])]) -> String {
    let metrics = merge(files.iter().map(|(path, bytes)| parse(path, bytes)).collect());
    let mut told = String::new();
    for (name, value) in &metrics.values {
        match value {
            MetricValue::Number(number) => writeln!(told, "{name} = {number}").unwrap(),
            MetricValue::Text(text) => writeln!(told, "{name} = {text:?}").unwrap(),
        }
    }
    for finding in &metrics.findings {
        let help = finding.help.as_ref().map_or(String::new(), |help| format!(" [{help}]"));
        let (weight, code) = (finding.severity.word(), &finding.code);
        writeln!(told, "{} {weight} {code}: {}{help}", finding.place(), finding.message).unwrap();
    }
    told
}

/// Several cases after one another, each below its name.
fn all(cases: &[(&str, &str)]) -> String {
    cases.iter().map(|(path, text)| format!("# {path}\n{}\n", told(&[(path, text.as_bytes())]))).collect()
}

#[test]
fn trees_give_dotted_names() {
    insta::assert_snapshot!(all(&[
        ("metrics.json", r#"{"accuracy": 0.93, "confusion": {"tp": 12, "fp": 3}, "0": {"f1-score": 1}}"#),
        ("metrics.yaml", "accuracy: 0.93\nweighted avg:\n  f1-score: 1e-3\n"),
        ("dvclive/metrics.json", "{\"step\": 10, \"train\": {\"acc\": 0.9}}"),
        ("report", "{\"macro avg\": {\"f1-score\": 0.5}}"),
        ("results", "accuracy: 0.5\n"),
        (
            "bench.json",
            r#"[{"name": "p95", "unit": "ms", "value": 12.5, "range": "± 3"}, {"name": "rps", "unit": "1/s", "value": 900}]"#
        ),
        ("bom.json", "\u{feff}{\"a\": 1}\r\n"),
        ("bom.yml", "\u{feff}a: 1\r\nb: 2\r\n"),
    ]));
}

#[test]
fn tables_give_their_header_or_their_first_column() {
    insta::assert_snapshot!(all(&[
        ("long.csv", "metric,value\naccuracy,0.93\nf1,\"0.9\"\n"),
        ("named.csv", "\u{feff}Name,Unit,Value\r\n\"p95, all\",ms,12\r\n"),
        ("wide.csv", "accuracy,f1,ok\n0.93,0.9,True\n"),
        ("lightning/metrics.csv", "epoch,step,train_loss,val_loss\n0,1,0.9,\n0,1,,0.8\n1,2,0.5,\n"),
        ("wide.tsv", "accuracy\tf1\n0.93\t0.9\n"),
        ("german.csv", "accuracy;f1\n0,93;0.9\n"),
        ("dvclive/plots/metrics/train/acc.tsv", "step\tacc\n0\t0.5\n1\t0.75\n"),
        ("guessed", "accuracy,f1\n1,2\n"),
        ("hollow.csv", "a,b,c\n1,,\n2,nan,\n"),
    ]));
}

#[test]
fn values_that_are_no_plain_numbers_are_kept_and_named() {
    insta::assert_snapshot!(all(&[
        (
            "metrics.json",
            "{\n  \"loss\": NaN,\n  \"worst\": -Infinity,\n  \"big\": 1e999,\n  \"quoted\": \"0.91\",\n  \"nan\": \"nan\",\n  \"version\": \"v2\",\n  \"fair\": true,\n  \"gone\": null,\n  \"curve\": [1, 2],\n  \"id\": 9007199254740993,\n  \"comma\": \"0,91\"\n}"
        ),
        (
            "metrics.yaml",
            "loss: .nan\nworst: -.inf\nquoted: \"0.91\"\nempty:\nfair: false\nid: 9007199254740993\n"
        ),
        ("metrics.csv", "loss,worst,id,word\nNaN,-inf,9007199254740993,v2\n"),
    ]));
}

#[test]
fn what_is_wrong_is_placed() {
    insta::assert_snapshot!(all(&[
        ("empty.json", ""),
        ("blank.csv", "\n \n"),
        ("nothing.json", "{}"),
        ("header.csv", "accuracy,f1\n"),
        ("bare.json", "0.93"),
        ("list.json", "[0.9, 0.8]"),
        ("broken.json", "{\"a\": 1,\n \"b\": ,}"),
        ("lines.json", "{\"step\": 1}\n{\"step\": 2}\n"),
        ("broken.yaml", "a: 1\n b: 2\n"),
        ("tab.yaml", "a:\n\tb: 1\n"),
        ("two.yaml", "a: 1\n---\na: 2\n"),
        ("ragged.csv", "a,b\n\n1,2\n3\n"),
        ("headless.csv", "0.9,0.8\n0.7,0.6\n"),
        ("pandas.csv", ",accuracy\n0,0.9\n"),
        ("newline.json", "{\"a\\nb\": 1}"),
        ("half.json", r#"[{"name": "a", "value": 1}, {"name": "b"}]"#),
    ]));
}

#[test]
fn bytes_that_are_no_text_are_placed() {
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("{}".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let cases: [&[u8]; 3] = [&utf16, b"{\"a\": 1,\n \"\xc3\xa4\xe4\": 2}", b"\xff"];
    let told: String = cases.iter().map(|bytes| told(&[("metrics.json", bytes)])).collect();
    insta::assert_snapshot!(told);
}

#[test]
fn the_same_metric_twice_is_an_error_unless_the_values_agree() {
    let told = [
        told(&[("metrics.json", b"{\"a\": 1,\n \"a\": 2,\n \"b\": 1,\n \"b\": 1, \"a\": 3}")]),
        told(&[("metrics.json", b"{\"t\": {\"a\": 1},\n \"t\": {\"a\": 2}}")]),
        told(&[("metrics.json", b"{\"t\": {\"a\": 1},\n \"t.a\": 2}")]),
        told(&[("a.json", b"{\"x\": 1,\n\"y\": 2}"), ("b.csv", b"x,y\n1,3\n"), ("c.yaml", b"y: 2\n")]),
        told(&[("wide.csv", b"a,a\n1,2\n")]),
        told(&[("bench.json", br#"[{"name": "accuracy", "value": 0.1, "value": 0.9}]"#)]),
        told(&[("bench.json", br#"[{"name": "loss", "name": "accuracy", "value": 0.9}]"#)]),
        told(&[(
            "bench.json",
            br#"[{"name": "a", "value": 1, "value": 1}, {"name": "b", "value": 1, "value": 2}]"#,
        )]),
        told(&[("bench.yaml", b"- name: accuracy\n  value: 0.1\n  value: 0.9\n")]),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn too_many_metrics_are_an_error_and_not_a_flood() {
    let rows: String =
        (0..MOST_METRICS + 5).fold(String::new(), |rows, n| rows + &format!("\"m{n}\": {n},\n"));
    let metrics = merge(vec![parse("metrics.json", format!("{{{rows}\"last\": 1}}").as_bytes())]);
    assert_eq!(metrics.values.len(), MOST_METRICS);
    assert_eq!(metrics.findings.len(), 1);
    assert_eq!(metrics.findings[0].code, "metrics-too-many");

    let half = |prefix: &str| {
        let rows: String = (0..6000).fold(String::new(), |rows, n| rows + &format!("{prefix}{n},{n}\n"));
        parse(&format!("{prefix}.csv"), format!("metric,value\n{rows}").as_bytes())
    };
    let metrics = merge(vec![half("a"), half("b")]);
    assert_eq!(
        metrics.findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(),
        ["metrics-too-many"]
    );
}

#[test]
fn many_findings_are_counted_and_not_shown() {
    let rows: String = (0..300).fold(String::new(), |rows, n| rows + &format!("m{n}: text\n"));
    let metrics = merge(vec![parse("metrics.yaml", rows.as_bytes())]);
    assert_eq!(metrics.findings.len(), 101);
    assert!(metrics.findings[100].message.starts_with("200 more findings"));
    assert_eq!(metrics.findings[49].line, Some(50));
    assert_eq!(metrics.findings[50].line, None, "patience for places ends here");
}

#[test]
fn deep_nesting_is_a_syntax_error_and_no_crash() {
    let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    for path in ["deep.json", "deep.yaml"] {
        let metrics = merge(vec![parse(path, deep.as_bytes())]);
        assert!(metrics.values.is_empty());
        assert_eq!(metrics.findings[0].code, "metrics-syntax", "{path}");
    }
}

#[test]
fn what_is_no_file_is_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["", "gone.json"] {
        let file = ProjectFile { path: "metrics.json".into(), on_disk: folder.path().join(path) };
        let metrics = merge(vec![read(&file)]);
        assert_eq!(metrics.findings.len(), 1);
        assert_eq!(metrics.findings[0].code, "metrics-unreadable");
        assert_eq!(metrics.findings[0].place(), "metrics.json");
    }
    std::fs::write(folder.path().join("m.json"), b"{\"a\": 1}").unwrap();
    let file = ProjectFile { path: "m.json".into(), on_disk: folder.path().join("m.json") };
    assert_eq!(merge(vec![read(&file)]).values.len(), 1);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_crash(bytes in prop::collection::vec(any::<u8>(), 0..200), which in 0..5_usize) {
        let path = ["a.json", "a.yaml", "a.csv", "a.tsv", "a"][which];
        let metrics = merge(vec![parse(path, &bytes)]);
        let failed = metrics.findings.iter().any(|finding| finding.severity == crate::finding::Severity::Error);
        prop_assert!(failed || !metrics.values.is_empty(), "nothing at all is never silently accepted");
    }

    #[test]
    fn a_table_of_anything_is_read_without_a_crash(text in "([a-z0-9\"., ;\n\r\t:{}\\[\\]-]){0,80}", which in 0..5_usize) {
        let path = ["a.json", "a.yaml", "a.csv", "a.tsv", "a"][which];
        let metrics = merge(vec![parse(path, text.as_bytes())]);
        prop_assert!(!metrics.values.is_empty() || !metrics.findings.is_empty());
    }

    #[test]
    fn numbers_survive_the_way_through_json(value in any::<f64>()) {
        prop_assume!(value.is_finite());
        let metrics = merge(vec![parse("m.json", format!("{{\"a\": {value:?}}}").as_bytes())]);
        prop_assert_eq!(metrics.values.values().next(), Some(&MetricValue::Number(value)));
    }
}
