//! The step in a run, and rules about what it measures.

use super::{assert_said, codes, evidence, step};
use crate::common::Project;

#[test]
fn good_data_passes_and_its_metrics_are_recorded() {
    let project = Project::data();
    let said = project.modelgate(&["run"]);
    assert_said(&said, 0, &["1,200 rows in 3 sets", "0 of 4 columns drifted"]);
    let metrics = step(&project)["evidence"]["metrics"].clone();
    assert_eq!(metrics["data.rows.train"], 600.0);
    assert_eq!(metrics["data.nulls.age"], 0.0);
    assert_eq!(metrics["data.leakage"], 0.0);
    assert_eq!(metrics["data.violations"], 0.0);
    assert_eq!(metrics["data.drift"], 0.0);
    assert!(metrics["data.drift.age"].as_f64().unwrap() < 0.1);
    // The label is not what the model learns from, but its drift is measured; the id is looked at by nobody.
    assert!(metrics["data.drift.churned"].is_number() && metrics["data.drift.id"].is_null());
    assert_eq!(evidence(&project)["sets"]["live"]["rows"], 300);
    assert_eq!(codes(&project), [""; 0]);
}

#[test]
fn a_rule_bounds_what_is_missing() {
    let project = Project::data();
    project.replace("modelgate.yml", "  rules:\n", "  rules:\n    data.nulls.age: { max: 0.02 }\n");
    assert_eq!(project.modelgate(&["run"]).code, 0);
    // 7 of 600 rows of the training set, and 9 of 300 of the live one: the worst of all sets counts.
    let without = |text: &str, rows: usize| {
        let lines =
            text.lines().enumerate().map(|(line, text)| match text.split(',').collect::<Vec<_>>()[..] {
                [id, _, income, city, churned] if (1..=rows).contains(&line) => {
                    format!("{id},,{income},{city},{churned}\n")
                }
                _ => format!("{text}\n"),
            });
        lines.collect::<String>()
    };
    project.file("data/train.csv", without(&project.read("data/train.csv"), 7));
    assert_eq!(project.modelgate(&["run"]).code, 0);
    project.file("data/live.csv", without(&project.read("data/live.csv"), 9));
    assert_said(&project.modelgate(&["run"]), 10, &["data.nulls.age", "0.03"]);
    assert_eq!(evidence(&project)["sets"]["live"]["missing"]["age"], 9);
}

#[test]
fn a_rule_about_data_that_nobody_measured_fails() {
    let project = Project::data();
    project.replace("modelgate.yml", "  rules:\n", "  rules:\n    data.nulls.agee: { max: 0.02 }\n");
    let said = project.modelgate(&["run"]);
    assert_said(&said, 10, &["data.nulls.agee"]);
}

#[test]
fn a_rule_is_stricter_than_the_step() {
    let project = Project::data();
    project.replace("modelgate.yml", "  rules:\n", "  rules:\n    data.drift: { max: 0.1 }\n");
    let richer = |line: &str| match line.split(',').collect::<Vec<_>>()[..] {
        [id, age, income, city, churned] if id != "id" => {
            format!("{id},{age},{},{city},{churned}\n", income.parse::<f64>().unwrap() * 3.0)
        }
        _ => format!("{line}\n"),
    };
    project.file("data/live.csv", project.read("data/live.csv").lines().map(richer).collect::<String>());
    // One of the three columns that the model learns from: less than half, so the step passes and warns.
    assert_said(&project.modelgate(&["run"]), 10, &["the column «income» has drifted", "data.drift"]);
    assert_eq!(codes(&project), ["warning data-drift-column"]);
}
