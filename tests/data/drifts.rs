//! Drift by each method, of each kind of column.

use serde_json::Value;

use super::{assert_said, codes, evidence};
use crate::common::{Project, customers};

/// The drift of the live data when its columns were changed so, with these words behind the command.
fn drift(change: impl Fn(&[&str]) -> String, words: &[&str]) -> (i32, Value) {
    let project = Project::empty();
    project.file("train.csv", customers(1, 600));
    let live = customers(3, 500);
    let rows = live.lines().enumerate().map(|(row, line)| {
        let cells: Vec<&str> = line.split(',').collect();
        if row == 0 { format!("{line}\n") } else { format!("{}\n", change(&cells)) }
    });
    project.file("live.csv", rows.collect::<String>());
    let all =
        [&["--format", "json", "data", "drift", "train.csv", "live.csv", "--ignore", "id"], words].concat();
    let said = project.modelgate(&all);
    (said.code, serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.err)))
}

fn column<'a>(drift: &'a Value, name: &str) -> &'a Value {
    let columns = drift["columns"].as_array().unwrap();
    columns.iter().find(|column| column["column"] == name).unwrap()
}

fn same(cells: &[&str]) -> String {
    cells.join(",")
}

/// Everybody is older, and nobody lives in Rome.
fn moved(cells: &[&str]) -> String {
    let age: f64 = cells[1].parse().unwrap();
    format!("{},{:.4},{},{},{}", cells[0], age + 15.0, cells[2], cells[3].replace("Rome", "Oslo"), cells[4])
}

#[test]
fn each_method_sees_what_moved_and_nothing_where_nothing_did() {
    let all = [
        ("auto", "psi", "jensen-shannon"),
        ("evidently", "ks", "chi-square"),
        ("alibi", "ks", "chi-square"),
        ("psi", "psi", "psi"),
        ("jensen-shannon", "jensen-shannon", "jensen-shannon"),
    ];
    for (method, of_numbers, of_categories) in all {
        let (code, still) = drift(same, &["--method", method]);
        assert_eq!((code, &still["drifted"]), (0, &false.into()), "{method}: {still:#}");
        let (code, far) = drift(moved, &["--method", method]);
        assert_eq!((code, &far["drifted"]), (11, &true.into()), "{method}: {far:#}");
        for (name, of) in [("age", of_numbers), ("city", of_categories)] {
            let column = column(&far, name);
            assert_eq!(
                (&column["method"], &column["drifted"]),
                (&of.into(), &true.into()),
                "{method} {name}"
            );
            assert_eq!(
                column["picture"]["reference"].as_array().unwrap().len(),
                if name == "age" { 20 } else { 3 }
            );
        }
        assert_eq!(column(&far, "income")["drifted"], false, "{method}");
    }
}

#[test]
fn a_method_of_numbers_says_nothing_of_categories() {
    for method in ["ks", "wasserstein"] {
        let (_, far) = drift(moved, &["--method", method]);
        assert_eq!(column(&far, "age")["drifted"], true);
        let city = column(&far, "city");
        assert_eq!((&city["score"], &city["drifted"]), (&Value::Null, &false.into()));
        assert!(city["because"].as_str().unwrap().contains("one of numbers"), "{city:#}");
    }
}

#[test]
fn what_a_method_leaves_out_is_named_and_not_counted() {
    let project = Project::data();
    project.replace("modelgate.yml", "drift: {}", "drift: { method: ks }");
    let words = ["data", "drift", "data/train.csv", "data/live.csv", "--ignore", "id", "--method", "ks"];
    let left = "`ks` is a method of numbers: the column «city» of categories is not compared";
    let verdict = "! «data/live.csv» has not drifted from «data/train.csv»: 0 of 3 columns, 1 not compared, as far as it could";
    assert_said(&project.modelgate(&words), 0, &[left, verdict]);
    assert_said(&project.modelgate(&["data"]), 0, &[left, "0 of 3 columns drifted, 1 not compared"]);
    assert_eq!(codes(&project), ["warning data-not-compared"]);
    // For whom it was chosen by name it is an error, and not told twice.
    project.replace("modelgate.yml", "{ method: ks }", "{ columns: { city: { method: ks } } }");
    assert_said(&project.modelgate(&["data"]), 11, &["the column «city» holds categories"]);
    assert_eq!(codes(&project), ["error data-not-compared"]);
}

#[test]
fn of_few_rows_nobody_says_that_all_is_well() {
    let project = Project::data();
    let words = ["data", "drift", "data/train.csv", "few.csv", "--ignore", "id"];
    project.file("few.csv", customers(3, 19));
    let few = "warning: «few.csv» has only 19 rows: so few show next to no drift";
    let verdict =
        "! «few.csv» has not drifted from «data/train.csv»: 0 of 4 columns, as far as it could be compared";
    assert_said(&project.modelgate(&words), 0, &[few, verdict]);
    project.file("few.csv", customers(3, 20));
    let said = project.modelgate(&words);
    assert_said(&said, 0, &["✓ «few.csv» has not drifted from «data/train.csv»: 0 of 4 columns"]);
    assert!(!said.err.contains("few show"), "{}", said.err);
    // So it is of a reference, and of its profile.
    project.file("few.csv", customers(3, 1));
    assert_said(&project.modelgate(&["data", "profile", "few.csv", "--out", "few.json"]), 0, &[]);
    let said = project.modelgate(&["data", "drift", "few.json", "data/live.csv", "--ignore", "id"]);
    assert!(said.err.contains("«few.json» has only 1 row: so few show next to no drift"), "{}", said.err);
}

#[test]
fn a_threshold_moves_the_verdict() {
    let (_, far) = drift(moved, &["--method", "psi"]);
    let score = column(&far, "age")["score"].as_f64().unwrap();
    for (threshold, drifted) in [(score - 1e-9, true), (score, true), (score + 1e-9, false)] {
        let (_, far) = drift(moved, &["--method", "psi", &format!("--threshold={threshold}")]);
        assert_eq!(column(&far, "age")["drifted"], drifted, "{threshold}");
    }
}

#[test]
fn label_and_prediction_are_told_apart_and_do_not_count() {
    let project = Project::data();
    project.replace("modelgate.yml", "  leakage: {}\n", "  prediction: income\n");
    let live = customers(3, 300);
    let change = |line: &str| match line.split(',').collect::<Vec<_>>()[..] {
        [id, age, income, city, _] if id != "id" => {
            format!("{id},{age},{},{city},1\n", income.parse::<f64>().unwrap() * 3.0)
        }
        _ => format!("{line}\n"),
    };
    project.file("data/live.csv", live.lines().map(change).collect::<String>());
    let said = project.modelgate(&["data"]);
    assert_said(&said, 0, &["the label «churned» has drifted", "the prediction «income» has drifted"]);
    let drift = &evidence(&project)["drift"];
    assert_eq!(drift["share"], 0.0);
    assert_eq!(column(drift, "churned")["role"], "label");
    assert_eq!(column(drift, "income")["role"], "prediction");
    assert_eq!(codes(&project), ["warning data-drift-column", "warning data-drift-column"]);
}

#[test]
fn a_column_may_have_a_method_and_a_threshold_of_its_own() {
    let project = Project::data();
    let columns = "drift: { method: psi, columns: { age: { method: ks, threshold: 0.001 }, churned: { as: numbers }, \
                   nobody: { method: ks } } }";
    project.replace("modelgate.yml", "drift: {}", columns);
    assert_said(&project.modelgate(&["data"]), 0, &["names «nobody», and the reference has no such column"]);
    let drift = &evidence(&project)["drift"];
    assert_eq!(
        (&column(drift, "age")["method"], &column(drift, "age")["threshold"]),
        (&"ks".into(), &0.001.into())
    );
    assert_eq!(column(drift, "income")["method"], "psi");
}

#[test]
fn what_is_missing_now_and_what_was_never_seen_is_drift() {
    let gaps = |cells: &[&str]| {
        let (age, city) = if cells[0].ends_with(['1', '5']) { ("", "Lima") } else { (cells[1], cells[3]) };
        format!("{},{age},{},{city},{}", cells[0], cells[2], cells[4])
    };
    let (code, drift) = drift(gaps, &[]);
    assert_eq!(code, 11);
    let age = column(&drift, "age");
    assert_eq!((&age["missing"], &age["drifted"]), (&serde_json::json!([0.0, 0.2]), &true.into()));
    let city = column(&drift, "city");
    assert_eq!((&city["unseen"], &city["drifted"]), (&0.2.into(), &true.into()));
    assert!(city["because"].as_str().unwrap().contains("20 % of the rows have a category"), "{city:#}");
}

#[test]
fn what_cannot_be_measured_is_an_error_and_no_column_without_drift() {
    let of = |cell: fn(usize) -> String| -> String {
        let rows = (0..300).map(|row| format!("{},{}\n", cell(row), row % 5));
        format!("x,y\n{}", rows.collect::<String>())
    };
    let project = Project::empty();
    project.file("train.csv", of(|row| format!("{}.5", row * 7 % 300)));
    project.file(
        "infinite.csv",
        of(|row| if row % 3 == 0 { "inf".into() } else { format!("{}.5", row * 7 % 300) }),
    );
    project.file("none.csv", of(|_| String::new()));
    project.file("all.csv", of(|_| "-inf".into()));
    assert_said(&project.modelgate(&["data", "profile", "train.csv", "--out", "train.json"]), 0, &[]);
    let cases = [
        (
            "train.csv",
            "infinite.csv",
            "wasserstein",
            "there are infinite numbers, and `wasserstein` knows no distance",
        ),
        (
            "train.json",
            "infinite.csv",
            "wasserstein",
            "there are infinite numbers, and `wasserstein` knows no distance",
        ),
        ("infinite.csv", "infinite.csv", "wasserstein", "there are infinite numbers"),
        (
            "infinite.csv",
            "train.csv",
            "jensen-shannon",
            "there are infinite numbers, and `jensen-shannon` knows no",
        ),
        ("train.csv", "all.csv", "evidently", "there is no finite number on one side"),
        ("train.csv", "none.csv", "ks", "there is no value now"),
        ("none.csv", "train.csv", "evidently", "the reference has no value"),
    ];
    for (reference, current, method, why) in cases {
        let said = project.modelgate(&["data", "drift", reference, current, "--method", method]);
        let message = format!("the column «x» could not be compared with «{reference}»: {why}");
        assert_said(&said, 11, &[&message, "[data-not-compared]", "has not drifted"]);
    }
    // To these an infinity is a value, and Evidently drops it.
    for (method, code) in [("auto", 11), ("psi", 11), ("ks", 11), ("evidently", 0)] {
        let said = project.modelgate(&["data", "drift", "train.csv", "infinite.csv", "--method", method]);
        assert!(said.code == code && !said.err.contains("data-not-compared"), "{method}: {}", said.err);
    }
    // That all values are gone is drift to `auto`, and no second finding.
    let said = project.modelgate(&["data", "drift", "train.csv", "none.csv"]);
    assert!(said.code == 11 && !said.err.contains("data-not-compared"), "{}", said.err);
}

#[test]
fn memory_changes_nothing() {
    let (_, one) = drift(moved, &["--memory", "16MB"]);
    let (_, other) = drift(moved, &["--memory", "2GB"]);
    assert_eq!(one, other);
}

#[test]
fn what_the_data_was_divided_by_does_not_drift() {
    let project = Project::data();
    project.replace("modelgate.yml", "  ignore: [id]\n  leakage: {}\n", "  leakage: { groups: id }\n");
    assert_said(&project.modelgate(&["data"]), 0, &["0 of 4 columns drifted"]);
    // Nor does anybody miss it.
    let live = project.read("data/live.csv");
    let without = live.lines().map(|line| format!("{}\n", line.split_once(',').unwrap().1));
    project.file("data/live.csv", without.collect::<String>());
    assert_said(&project.modelgate(&["data"]), 0, &["0 of 4 columns drifted"]);
    project.file("data/live.csv", live);
    project.replace("modelgate.yml", "drift: {}", "drift: { columns: { id: { method: psi } } }");
    assert_said(&project.modelgate(&["data"]), 0, &["1 of 5 columns drifted"]);
}
