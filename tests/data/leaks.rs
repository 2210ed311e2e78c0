//! Leaks of every kind.

use super::{assert_said, codes, evidence, step};
use crate::common::{Project, customers};

/// A project that looks for leaks only, with these lines below `leakage`.
fn project(leakage: &str) -> Project {
    let project = Project::data();
    project.replace("modelgate.yml", ", live: data/live.csv", "");
    project.replace("modelgate.yml", "  drift: {}\n", "");
    project.replace("modelgate.yml", "leakage: {}", &format!("leakage: {leakage}"));
    project
}

/// The lines of a table that `change` makes of each, below the header, which gets `more`.
fn changed(table: &str, more: &str, change: impl Fn(usize, &str) -> String) -> String {
    let lines = table.lines().enumerate().map(|(row, line)| match row {
        0 => format!("{line}{more}\n"),
        _ => format!("{}\n", change(row, line)),
    });
    lines.collect()
}

#[test]
fn an_evaluation_on_the_training_data_is_caught() {
    let project = project("{}");
    project.replace("modelgate.yml", "test: data/test.csv", "test: data/train.csv");
    let said = project.modelgate(&["data"]);
    assert_said(&said, 11, &["600 of 600 rows of «test»", "split the data before you train"]);
    assert_eq!(codes(&project), ["error data-leak-file", "error data-leak-rows"]);
}

#[test]
fn the_training_data_by_another_name_and_in_another_order_is_caught() {
    let project = project("{}");
    let train = project.read("data/train.csv");
    let mut lines: Vec<&str> = train.lines().skip(1).collect();
    lines.reverse();
    // Another order of the columns, and other ids.
    let other = |line: &&str| match line.split(',').collect::<Vec<_>>()[..] {
        [id, age, income, city, churned] => format!("{city},{churned},{age},x{id},{income}\n"),
        _ => panic!("{line}"),
    };
    let rows: String = lines.iter().map(other).collect();
    project.file("data/test.csv", format!("city,churned,age,id,income\n{rows}"));
    assert_said(&project.modelgate(&["data"]), 11, &["600 of 600 rows", "row 1, which is row 600 there"]);
    let leakage = &evidence(&project)["leakage"];
    assert_eq!((leakage["rows"].as_u64(), leakage["share"].as_f64()), (Some(600), Some(1.0)));
    assert_eq!(leakage["first"][0], serde_json::json!([1, 600]));
}

#[test]
fn what_another_program_writes_in_another_way_is_the_same() {
    // As one program writes a cell, and as another does: a day and its first moment, a whole number with a fraction of
    // nought, one of a column in which there is a text besides.
    let written: [(&str, &str); 3] =
        [("2026-02-{}", "2026-02-{}T00:00:00Z"), ("{}", "{}.0"), ("1{}.0", "1{}")];
    for (train, test) in written {
        let project = project("{}");
        for (name, form) in [("data/train.csv", train), ("data/test.csv", test)] {
            let cell = |row: usize| match (row, form) {
                (100, "1{}") => "none of these".to_owned(),
                _ => form.replace("{}", &(10 + row % 18).to_string()),
            };
            let more = changed(&customers(1, 100), ",other", |row, line| format!("{line},{}", cell(row)));
            project.file(name, more);
        }
        let rows = if test == "1{}" { 99 } else { 100 };
        assert_said(&project.modelgate(&["data"]), 11, &[&format!("{rows} of 100 rows of «test»")]);
    }
}

#[test]
fn ids_are_told_apart_by_all_of_their_digits() {
    let of = |leakage: &str, test: u64| {
        let project = project(leakage);
        for (name, seed, first) in [("data/train.csv", 1, 0), ("data/test.csv", 2, test)] {
            let id = |row: usize| 90_071_992_547_409_920_u64 + 2 * row as u64 + first;
            let more =
                changed(&customers(seed, 100), ",household", |row, line| format!("{line},{}", id(row)));
            project.file(name, more);
        }
        assert_eq!(
            project.modelgate(&["data"]).code,
            if test == 1 { 0 } else { 11 },
            "{:?}",
            codes(&project)
        );
    };
    // To floats of 64 bits the odd and the even ones are the same; to four digits all are.
    of("{ groups: [household] }", 1);
    of("{ groups: [household], digits: 4 }", 1);
    of("{ groups: [household] }", 0);
}

#[test]
fn some_rows_are_counted_and_may_be_allowed() {
    let (train, test) = (customers(1, 600), customers(2, 300));
    let mixed = test + &train.lines().skip(1).take(3).map(|line| format!("{line}\n")).collect::<String>();
    let leaky = project("{}");
    leaky.file("data/test.csv", &mixed);
    assert_said(&leaky.modelgate(&["data"]), 11, &["3 of 303 rows", "row 301, which is row 1 there"]);
    for max in ["{ max: 3 }", "{ max: 1% }"] {
        let allowed = project(max);
        allowed.file("data/test.csv", &mixed);
        assert_eq!(allowed.modelgate(&["data"]).code, 0, "{max}");
        assert_eq!(codes(&allowed), ["notice data-leak-rows"]);
        assert_eq!(step(&allowed)["evidence"]["metrics"]["data.leakage"], 3.0);
    }
}

#[test]
fn rows_that_are_nearly_the_same_are_found_on_request() {
    let near = |_: usize, line: &str| match line.split(',').collect::<Vec<_>>()[..] {
        [id, age, income, city, churned] => {
            let age = age.parse::<f64>().unwrap() * (1.0 + 1e-9);
            format!("{id}9,{age:.9},{income},\" {}!\",{churned}", city.to_uppercase())
        }
        _ => panic!("{line}"),
    };
    let copy = changed(&customers(1, 600), "", near);
    for (leakage, code) in [("{}", 0), ("{ near-texts: true }", 0), ("{ near-texts: true, digits: 4 }", 11)] {
        let project = project(leakage);
        project.file("data/test.csv", &copy);
        assert_eq!(project.modelgate(&["data"]).code, code, "{leakage}");
        if code > 0 {
            assert_eq!(codes(&project), ["error data-leak-rows"]);
            // What a rounding parts is not near; a few rows are.
            assert!(evidence(&project)["leakage"]["rows"].as_u64().unwrap() > 580);
        }
    }
}

#[test]
fn groups_and_times_must_not_straddle_the_split() {
    let project = project("{ groups: [household], time: day }");
    let of = |first: usize| {
        move |row: usize, line: &str| {
            format!(
                "{line},h{},2026-{:02}-{:02}",
                first + row / 4,
                1 + (first + row) / 28 % 12,
                1 + (first + row) % 28
            )
        }
    };
    project.file("data/train.csv", changed(&customers(1, 100), ",household,day", of(0)));
    project.file("data/test.csv", changed(&customers(2, 100), ",household,day", of(150)));
    assert_eq!(project.modelgate(&["data"]).code, 0, "{:?}", codes(&project));
    project.file("data/test.csv", changed(&customers(2, 100), ",household,day", of(20)));
    let said = project.modelgate(&["data"]);
    let told = "6 values of «household» are both in «train» and in «test»";
    assert_said(&said, 11, &[told, "«test» begins at 2026-01-22 and «train» ends at 2026-04-17"]);
    assert_eq!(codes(&project), ["error data-leak-group", "error data-leak-time"]);
    assert_eq!(evidence(&project)["leakage"]["groups"]["household"], 6);
}

#[test]
fn a_column_that_tells_the_label_is_told() {
    let told = |_: usize, line: &str| match line.ends_with('1') {
        true => format!("{line},0.9"),
        false => format!("{line},0.1"),
    };
    let leaky = |leakage: &str| {
        let project = project(leakage);
        for (name, seed) in [("data/train.csv", 1), ("data/test.csv", 2)] {
            project.file(name, changed(&customers(seed, 300), ",refund", told));
        }
        project
    };
    let project = leaky("{}");
    assert_said(&project.modelgate(&["data"]), 11, &["the column «refund» of «train» alone tells the label"]);
    assert_eq!(codes(&project), ["error data-leak-label"]);
    assert_eq!(evidence(&project)["leakage"]["predicts"][0], serde_json::json!(["refund", 1.0]));
    assert_eq!(leaky("{ predicts: false }").modelgate(&["data"]).code, 0);
}

#[test]
fn a_label_that_is_no_choice_of_two_is_said() {
    let project = project("{}");
    for (name, seed) in [("data/train.csv", 1), ("data/test.csv", 2)] {
        let three = |row: usize, line: &str| format!("{}{}", &line[..line.len() - 1], row % 3);
        project.file(name, changed(&customers(seed, 300), "", three));
    }
    assert_eq!(project.modelgate(&["data"]).code, 0);
    assert_eq!(codes(&project), ["notice data-leak-label-untold"]);
}

#[test]
fn a_label_that_is_hardly_ever_there_is_said() {
    let leaky = |positive: usize| {
        let project = project("{}");
        for (name, seed) in [("data/train.csv", 1), ("data/test.csv", 2)] {
            let rare = |row: usize, line: &str| {
                let class = u8::from(row <= positive);
                format!("{}{class},{class}", &line[..line.len() - 1])
            };
            project.file(name, changed(&customers(seed, 300), ",refund", rare));
        }
        project
    };
    let project = leaky(19);
    let why = "nobody looked at how well single columns tell the label: the label «churned» has the value «1» in 19 of the \
               300 rows that were looked at, and fewer than 20 tell nothing";
    assert_said(&project.modelgate(&["data"]), 0, &[why]);
    assert_eq!(codes(&project), ["notice data-leak-label-untold"]);
    assert_eq!(codes_of(&leaky(20)), ["error data-leak-label"]);
}

fn codes_of(project: &Project) -> Vec<String> {
    assert_eq!(project.modelgate(&["data"]).code, 11);
    codes(project)
}

#[test]
fn columns_that_are_not_there_are_errors() {
    let project = project("{ groups: [household], columns: [agee] }");
    let said = project.modelgate(&["data"]);
    assert_said(&said, 11, &["names the column «agee»", "names the column «household»"]);
    assert_eq!(codes(&project), ["error data-column-unknown", "error data-column-unknown"]);
}

#[test]
fn a_time_that_is_none_is_not_passed_over() {
    let with = |time: fn(usize) -> String| {
        let project = project("{ time: day }");
        for (name, seed) in [("data/train.csv", 1), ("data/test.csv", 2)] {
            let change = |row: usize, line: &str| format!("{line},{}", time(row));
            project.file(name, changed(&customers(seed, 100), ",day", change));
        }
        project
    };
    let project = with(|row| format!("{}/3/2026", 1 + row % 28));
    assert_said(&project.modelgate(&["data"]), 11, &["names the column «day», which holds no times"]);
    assert_eq!(codes(&project), ["error data-column-type"]);
    let project = with(|_| String::new());
    assert_eq!(project.modelgate(&["data"]).code, 11);
    // A year is no second of 1970.
    let project = with(|row| format!("{}", 2020 + row % 5));
    assert_said(&project.modelgate(&["data"]), 11, &["«test» begins at 2020 and «train» ends at 2024"]);
}

#[test]
fn a_label_that_one_set_lacks_is_said() {
    let project = project("{}");
    let test = customers(2, 300);
    let without = test.lines().map(|line| format!("{}\n", line.rsplit_once(',').unwrap().0));
    project.file("data/test.csv", without.collect::<String>());
    assert_said(&project.modelgate(&["data"]), 0, &[]);
    assert_eq!(codes(&project), ["notice data-leak-label-untold"]);
}
