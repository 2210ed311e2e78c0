//! All that looks at data, over the same rows.

use serde_json::Value;

use super::{evidence, step};
use crate::common::{Project, customers};

const SCHEMA: &str = "  schema: data.schema.yml\n";
const LEAKAGE: &str = "  leakage: { groups: [city] }\n";
/// Of a group the drift is measured only where it is named; and what the schema says of a column drift reads, too: without it
/// somebody has to say it here.
const DRIFT: &str = "  drift: { columns: { city: {}, age: { as: numbers } } }\n";

/// Keys, whole numbers, and numbers that some rows break.
const RULES: &str = "version: 1\nextra-columns: allow\ncolumns:\n  id: { type: integer, unique: true }\n  \
                     age: { type: number, max: 77.9, nulls: false }\n";

/// What the step finds of these lines below `data`, in data of so many rows a set, in which there is some of everything.
fn found(lines: &str, rows: usize) -> (Value, Vec<String>) {
    let project = Project::data();
    project.replace("modelgate.yml", "  leakage: {}\n  drift: {}\n", lines);
    project.replace("modelgate.yml", "  ignore: [id]\n", "");
    project.file("data.schema.yml", RULES);
    let train = customers(1, rows).replacen(",Oslo,", ",,", 7) + "7,old,1.5,Rome,1\n7,30,none,Rome,1\n";
    let twice: String = train.lines().skip(1).take(3).map(|line| format!("{line}\n")).collect();
    project.file("data/train.csv", train);
    project.file("data/test.csv", customers(2, rows) + &twice);
    project.file("data/live.csv", customers(3, rows).replace("Bonn", "Cork"));
    if lines.contains("baseline") {
        project.git(&["init", "--quiet", "--initial-branch", "main"]);
        project.commit("Begin");
    }
    project.modelgate(&["data"]);
    let findings = step(&project)["findings"].clone();
    let mut findings: Vec<String> = findings.as_array().unwrap().iter().map(Value::to_string).collect();
    findings.sort();
    (evidence(&project), findings)
}

#[test]
fn each_finds_together_with_the_others_what_it_finds_alone() {
    let rows = 800;
    let [schema, leakage, drift] = [SCHEMA, LEAKAGE, DRIFT].map(|lines| found(lines, rows));
    let (all, findings) = found(&[SCHEMA, LEAKAGE, DRIFT].concat(), rows);
    assert_eq!(all["violations"], schema.0["violations"]);
    assert_eq!(all["leakage"], leakage.0["leakage"]);
    assert_eq!(all["drift"], drift.0["drift"]);
    for (alone, _) in [&schema, &leakage, &drift] {
        assert_eq!(all["sets"], alone["sets"]);
    }
    assert_eq!(all["sets"]["train"]["missing"]["city"], 7);
    let violations = all["violations"].as_array().unwrap().iter();
    let checks: Vec<&str> = violations.map(|violation| violation["check"].as_str().unwrap()).collect();
    assert!(
        ["data-type", "data-range", "data-unique"].iter().all(|check| checks.contains(check)),
        "{checks:?}"
    );
    assert_eq!((&all["leakage"]["rows"], &all["leakage"]["groups"]["city"]), (&3.into(), &3.into()));
    // How its files look each of them says, as far as nobody says what they hold.
    let is_own = |finding: &&String| !finding.contains("table-column-mixed");
    let findings: Vec<&String> = findings.iter().filter(is_own).collect();
    let mut each: Vec<&String> =
        [&schema.1, &leakage.1, &drift.1].into_iter().flatten().filter(is_own).collect();
    each.sort();
    assert_eq!(findings, each);
}

#[test]
fn a_profile_is_what_it_is_alone() {
    let kept = "  drift: { reference: baseline }\n";
    let profile = |lines: &str| found(lines, 300).0["sets"]["train"]["profile"].clone();
    let alone = profile(kept);
    assert!(alone.as_str().unwrap().starts_with("sha256:"), "{alone}");
    assert_eq!(profile(&[LEAKAGE, kept].concat()), alone);
}

#[test]
fn all_of_them_share_the_memory_and_it_changes_nothing() {
    // So many that a third of 16 MB has room neither for the keys of leakage nor for the values of drift.
    let of = |memory: &str| found(&format!("  memory: {memory}\n{SCHEMA}{LEAKAGE}{DRIFT}"), 130_000);
    assert_eq!(of("16MB"), of("2GB"));
}
