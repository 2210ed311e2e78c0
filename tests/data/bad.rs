//! Data that is no good, and configurations that are none.

use super::{assert_said, codes, step};
use crate::common::{Project, customers, uniform};

/// 400 rows of `x`, a normal number, and of the category `c`.
fn table() -> String {
    let mut next = uniform(4);
    let rows = (0..400).map(|_| {
        let x: f64 = (0..12).map(|_| next()).sum::<f64>() - 6.0;
        format!("{x:.5},{}\n", ["a", "b", "c"][(3.0 * next()) as usize])
    });
    format!("x,c\n{}", rows.collect::<String>())
}

/// The table with the cells that `change` makes of `x` and `c`.
fn changed(change: impl Fn(usize, &str, &str) -> String) -> String {
    let table = table();
    let rows = table.lines().skip(1).enumerate().map(|(row, line)| {
        let (x, c) = line.split_once(',').unwrap();
        format!("{}\n", change(row, x, c))
    });
    format!("x,c\n{}", rows.collect::<String>())
}

/// The drift of the second of these from the first ends so, and says all of this.
#[track_caller]
fn drift(one: &str, other: &str, code: i32, parts: &[&str]) {
    let project = Project::empty();
    project.file("one.csv", one);
    project.file("other.csv", other);
    // One of two columns is half of them.
    let words = ["data", "drift", "one.csv", "other.csv", "--share", "0.6"];
    assert_said(&project.modelgate(&words), code, parts);
}

/// As DVC leaves it whose cache was not pulled.
#[cfg(unix)]
#[test]
fn a_link_to_nothing_in_a_folder_is_no_file_less() {
    let project = Project::empty();
    project.file("one/a.csv", table());
    project.file("other/a.csv", table());
    let link = project.path().join("other/b.csv");
    std::os::unix::fs::symlink("../.dvc/cache/ab/cdef", link).unwrap();
    let drift = |other| project.modelgate(&["data", "drift", "one", other]);
    assert_said(&drift("other"), 11, &["a link to nothing", "other/b.csv", "dvc pull"]);
    assert_said(&drift("other/a.csv"), 0, &["has not drifted"]);
}

#[test]
fn columns_in_another_order_are_the_same() {
    let other = changed(|_, x, c| format!("{c},{x}")).replacen("x,c", "c,x", 1);
    drift(&table(), &other, 0, &["has not drifted", "0 of 2 columns"]);
}

#[test]
fn a_column_that_is_gone_or_renamed_is_an_error() {
    let gone = changed(|_, x, _| x.to_owned()).replacen("x,c", "x", 1);
    drift(&table(), &gone, 11, &["the column «c» of «one.csv» is not in «other.csv»", "[data-column-gone]"]);
    let renamed = table().replacen("x,c", "x,kind", 1);
    let told = ["the column «c»", "notice: the column «kind» is in «other.csv» and not in «one.csv»"];
    drift(&table(), &renamed, 11, &told);
}

#[test]
fn a_column_of_another_type_is_an_error() {
    let words = changed(|_, _, c| format!("high-{c},{c}"));
    let told = "no value of the column «x» of «other.csv» is of the type that it has in «one.csv»: the first is «high-";
    drift(&table(), &words, 11, &[told, "[data-column-type]", "100 % of the rows have no value"]);
    // The other way round it is a category, of which none is known.
    drift(&words, &table(), 0, &["have a category that the reference has not", "has drifted in part"]);
}

#[test]
fn whole_numbers_and_others_are_both_numbers() {
    let whole = changed(|_, x, c| format!("{},{c}", x.parse::<f64>().unwrap().round() * 100.0));
    let half = changed(|_, x, c| format!("{:?},{c}", x.parse::<f64>().unwrap().round() * 100.0 + 0.25));
    for (one, other) in [(&whole, &half), (&half, &whole)] {
        drift(one, other, 0, &["x", "the population stability index"]);
    }
}

#[test]
fn a_number_that_turns_to_text_late_is_told_with_its_row() {
    let rows = |late: &str| {
        let row = |row: usize| match row {
            899_999 => format!("{late}\n"),
            row => format!("{}\n", row % 97),
        };
        format!("x\n{}", (0..1_000_000).map(row).collect::<String>())
    };
    let told = "1 value of the column «x» of «other.csv» is of another type than the others: the first is «oops» in row \
                900,000";
    drift(&rows("1"), &rows("oops"), 0, &[told, "[data-type]"]);
}

#[test]
fn columns_without_values_and_constant_ones_are_compared() {
    let (none, one) = (changed(|_, _, c| format!(",{c}")), changed(|_, _, c| format!("1,{c}")));
    drift(&table(), &none, 0, &["there is no value now; 100 % of the rows have no value"]);
    drift(&none, &table(), 0, &["the reference has no value"]);
    drift(&none, &none, 0, &["neither side has a value", "0 of 1 column, 1 not compared"]);
    // What has no value left has no score, and counts.
    let nothing = changed(|_, _, _| ",".to_owned());
    drift(&table(), &nothing, 11, &["2 of 2 columns", "there is no value now"]);
    drift(&nothing, &nothing, 11, &["no column of «other.csv» could be compared", "[data-nothing-compared]"]);
    drift(&one, &one, 0, &["0 of 2 columns"]);
    drift(&table(), &one, 0, &["1 of 2 columns", "that is no chance"]);
    drift(&one, &table(), 0, &["1 of 2 columns", "that is no chance"]);
}

#[test]
fn infinities_are_values_and_not_numbers_are_none() {
    let odd = changed(|row, x, c| format!("{},{c}", ["inf", "-inf", "NaN", x][row % 4]));
    for method in ["auto", "evidently", "alibi", "ks", "wasserstein", "psi", "jensen-shannon", "chi-square"] {
        let project = Project::empty();
        project.file("one.csv", table());
        project.file("other.csv", &odd);
        for [one, other] in [["one.csv", "other.csv"], ["other.csv", "one.csv"], ["other.csv", "other.csv"]] {
            let said = project.modelgate(&["data", "drift", one, other, "--method", method]);
            assert!([0, 11].contains(&said.code), "{method}: {}", said.err);
            assert!(!said.err.contains("panicked"), "{method}: {}", said.err);
        }
    }
    drift(&table(), &odd, 0, &["25 % of the rows have no value"]);
}

#[test]
fn dates_in_three_formats_are_texts() {
    let day = |row: usize| 1 + row % 28;
    let one = changed(|row, x, _| format!("{x},2026-01-{:02}", day(row)));
    let three = changed(|row, x, _| match row % 3 {
        0 => format!("{x},2026-01-{:02}", day(row)),
        1 => format!("{x},{:02}/01/2026", day(row)),
        _ => format!("{x},{} Jan 2026", day(row)),
    });
    let told = "266 values of the column «c» of «other.csv» are of another type than the others: the first is «02/01/2026» \
                in row 2";
    drift(&one, &three, 0, &[told, "66.5 % of the rows have no value"]);
}

#[test]
fn a_side_without_rows_is_an_error() {
    for empty in ["x,c\n", "", "\n\n", "\u{feff}"] {
        drift(&table(), empty, 11, &["other.csv", "[table-"]);
        drift(empty, &table(), 11, &["one.csv", "[table-"]);
        drift(empty, empty, 11, &["one.csv", "other.csv"]);
    }
}

#[test]
fn rows_that_are_none_are_told_with_their_place() {
    drift(&table(), &(table() + "1\n"), 11, &["other.csv:402:1", "this row has 1 field"]);
    drift(&table(), &(table() + "1,\"a\n"), 11, &["other.csv:402:3", "never closed"]);
    drift(&table(), &table().replacen("x,c", "x,x", 1), 11, &["«x»", "other.csv:1", "[table-column-twice]"]);
}

#[test]
fn a_category_with_a_line_break_breaks_no_line() {
    let broken = changed(|_, x, _| format!("{x},\"a\n\u{1b}[31m::error::b\""));
    let project = Project::data();
    project.replace("modelgate.yml", "data/train.csv", "data/a.csv");
    project.replace("modelgate.yml", ", test: data/test.csv, live: data/live.csv", ", live: data/b.csv");
    project.replace("modelgate.yml", "  label: churned\n  ignore: [id]\n  leakage: {}\n", "");
    project.file("data/a.csv", table());
    project.file("data/b.csv", broken.replacen("x,c", "x,\"c\n::error::\"", 1));
    let said = project.modelgate(&["data"]);
    assert_said(&said, 11, &["[data-column-gone]"].map(|_| "data-column-gone"));
    project.file("data/b.csv", &broken);
    let other = project.modelgate(&["data"]);
    assert!(!format!("{}{}", other.out, other.err).contains('\u{1b}'));
    for text in [&said.out, &said.err, &other.out, &other.err] {
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::error::")), "{text}");
    }
}

#[test]
fn ten_thousand_columns_are_compared() {
    let mut next = uniform(9);
    let names: Vec<String> = (0..10_000).map(|column| format!("c{column}")).collect();
    let mut wide = || {
        let row = |next: &mut dyn FnMut() -> f64| {
            (0..10_000).map(|_| ((next() * 10.0) as u8).to_string()).collect::<Vec<_>>().join(",")
        };
        let rows: Vec<String> = (0..20).map(|_| row(&mut next)).collect();
        format!("{}\n{}\n", names.join(","), rows.join("\n"))
    };
    let (one, other) = (wide(), wide());
    drift(&one, &other, 0, &["has not drifted"]);
}

#[test]
fn files_that_are_none_are_told() {
    let project = Project::empty();
    project.file("one.csv", table());
    project.file("folder/.keep", "");
    std::fs::create_dir(project.path().join("empty")).unwrap();
    project.file("broken.parquet", "PAR1 and no more");
    project.file("broken.arrow", "ARROW1\0\0");
    project.file("broken.csv.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
    project.file("broken.csv.zst", [0x28, 0xb5, 0x2f, 0xfd]);
    project.file("broken.jsonl", "{\"x\": 1}\n{\"x\": ");
    project.file("binary.csv", [0_u8, 159, 146, 150, 0, 1, 2]);
    let told = [
        ("nothing.csv", "no file of the set «nothing.csv» matches «nothing.csv»"),
        ("nothing/*.csv", "matches «nothing/*.csv»"),
        ("empty", "the folder «empty» of the set «empty» has no file"),
        ("folder", "the set «folder» has no file"),
        ("broken.parquet", "broken.parquet"),
        ("broken.arrow", "broken.arrow"),
        ("broken.csv.gz", "broken.csv.gz"),
        ("broken.csv.zst", "broken.csv.zst"),
        ("broken.jsonl", "broken.jsonl:2"),
        ("binary.csv", "binary.csv"),
    ];
    for (file, part) in told {
        assert_said(&project.modelgate(&["data", "drift", "one.csv", file]), 11, &[part, "help"]);
        for command in ["profile", "infer"] {
            let said = project.modelgate(&["data", command, file]);
            assert!(said.code != 0 && !said.err.is_empty(), "{command} {file}: {}", said.out);
            assert!(!said.err.contains("panicked"), "{}", said.err);
        }
    }
}

#[test]
fn flags_that_say_nothing_are_refused() {
    let project = Project::empty();
    project.file("one.csv", table());
    for flag in [
        "--share=7",
        "--share=-0.1",
        "--alpha=0",
        "--alpha=nan",
        "--threshold=-1",
        "--threshold=inf",
        "--method=best",
    ] {
        assert_said(&project.modelgate(&["data", "drift", "one.csv", "one.csv", flag]), 2, &[&flag[2..6]]);
    }
    let words = ["data", "drift", "one.csv", "one.csv", "--ignore", "x", "--ignore", "c"];
    assert_said(&project.modelgate(&words), 11, &["[data-nothing-compared]"]);
    let words = ["data", "drift", "one.csv", "one.csv", "--label", "y", "--ignore", "z"];
    let said = project.modelgate(&words);
    assert_said(
        &said,
        11,
        &["error: `label` names the column «y»", "`ignore` names the column «z»", "[data-column-unknown]"],
    );
}

#[test]
fn names_that_no_set_has_are_warned_of() {
    let project = Project::data();
    project.replace("modelgate.yml", "ignore: [id]", "ignore: [id, comment]\n  prediction: y_hat");
    assert_said(&project.modelgate(&["data"]), 0, &["`prediction` names the column «y_hat»", "«comment»"]);
    assert_eq!(codes(&project), ["warning data-column-unknown", "warning data-column-unknown"]);
}

#[test]
fn a_schema_that_is_none_is_told_with_its_line() {
    let project = Project::data();
    project.replace("modelgate.yml", "  label:", "  schema: data.schema.yml\n  label:");
    assert_said(&project.modelgate(&["data"]), 11, &["there is no such schema", "modelgate data infer"]);
    for (schema, part) in [
        ("version: 1\ncolumns:\n  age: { type: float }\n", "data.schema.yml:3"),
        ("version: 1\ncolumns: [\n", "data.schema.yml:"),
        ("", "data.schema.yml"),
        ("version: 1\ncolumns:\n  age: { min: 9, max: 2 }\n", "data.schema.yml:3"),
    ] {
        project.file("data.schema.yml", schema);
        let said = project.modelgate(&["data"]);
        assert_said(&said, 11, &[]);
        assert!(
            codes(&project).contains(&"error data-schema-invalid".to_owned()),
            "{schema}: {:?}",
            codes(&project)
        );
        assert!(said.out.contains(part) || said.err.contains(part), "{schema}\n{}{}", said.out, said.err);
    }
}

#[test]
fn what_breaks_the_schema_fails_the_step() {
    let project = Project::data();
    project.replace("modelgate.yml", "  label:", "  schema: data.schema.yml\n  label:");
    project.file("data.schema.yml", "version: 1\nextra-columns: allow\ncolumns:\n  age: { type: number, max: 77.9 }\n  id: { type: date }\n");
    let said = project.modelgate(&["data"]);
    assert_said(&said, 11, &["train: ", "«age»", "data-range"]);
    let violations = step(&project)["evidence"]["data"]["violations"].clone();
    // Nobody looks at the id, and nor does the schema; that is told.
    assert!(codes(&project).contains(&"warning data-schema-ignored".to_owned()), "{:?}", codes(&project));
    assert!(
        violations.as_array().unwrap().iter().all(|violation| violation["column"] == "age"),
        "{violations}"
    );
}

#[test]
fn a_schema_that_names_columns_at_which_nobody_looks_is_warned_of() {
    let project = Project::data();
    project.replace("modelgate.yml", "  label:", "  schema: data.schema.yml\n  label:");
    project.replace("modelgate.yml", "ignore: [id]", "ignore: [city, id]");
    let schema =
        |text: &str| project.file("data.schema.yml", format!("version: 1\nextra-columns: allow\n{text}"));
    schema("unique: [[id]]\ncompare: ['city != age']\ncolumns: { age: , id: , city: }\n");
    let told = "data.schema.yml: the schema names the columns «city», «id», which `data.ignore` leaves out";
    assert_said(&project.modelgate(&["data"]), 0, &[told]);
    schema("columns: { age: , id: }\n");
    assert_said(&project.modelgate(&["data"]), 0, &["names the column «id», which", "says of it is checked"]);
    schema("columns: { age: }\n");
    project.modelgate(&["data"]);
    assert_eq!(codes(&project), [""; 0]);
}

/// What the documents show as one project goes together.
#[test]
fn the_schema_of_the_documents_names_no_column_that_their_configuration_ignores() {
    let block = |text: &str| text.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap().to_owned();
    let config = modelgate::config::parse(&block(include_str!("../../docs/data.md"))).unwrap().data.unwrap();
    let schema = block(include_str!("../../docs/data-schema.md"));
    let read = modelgate::data::schema::parse(&schema, "data.schema.yml").unwrap();
    assert_eq!(read.schema.named(&config.ignore), [""; 0]);
    let leakage = config.leakage.unwrap();
    for column in leakage.groups.iter().chain(&leakage.time).chain(&config.label) {
        assert!(read.schema.columns.iter().any(|named| named.name == *column), "{column}");
    }
}

#[test]
fn a_set_that_cannot_be_read_does_not_hide_what_is_wrong_with_others() {
    let project = Project::data();
    project.file("data/test.csv", customers(1, 600));
    std::fs::remove_file(project.path().join("data/live.csv")).unwrap();
    assert_said(&project.modelgate(&["data"]), 11, &["no file of the set «live»"]);
    assert_eq!(codes(&project), ["error data-file-missing", "error data-leak-file", "error data-leak-rows"]);
}
