//! A reference of which only the profile is there: committed, or kept by the baseline's run.

use serde_json::Value;

use super::{assert_said, codes, evidence};
use crate::common::{Project, Said, customers};

/// A project whose training data is there as `train.json` alone.
fn committed() -> Project {
    let project = Project::data();
    let words = ["data", "profile", "data/train.csv", "--out", "profiles/train.json"];
    project.file("profiles/.keep", "");
    assert_said(&project.modelgate(&words), 0, &[]);
    project.replace("modelgate.yml", "train: data/train.csv, test: data/test.csv, ", "");
    project.replace("modelgate.yml", "  leakage: {}\n", "");
    project.replace("modelgate.yml", "drift: {}", "drift: { reference: profiles/train.json }");
    project
}

/// Everybody earns three times as much, and is older.
fn moved() -> String {
    let row = |line: &str| match line.split(',').collect::<Vec<_>>()[..] {
        [id, age, income, city, churned] if id != "id" => {
            let [age, income] = [age, income].map(|number| number.parse::<f64>().unwrap());
            format!("{id},{},{},{city},{churned}\n", age + 30.0, income * 3.0)
        }
        _ => format!("{line}\n"),
    };
    customers(3, 300).lines().map(row).collect()
}

/// Types are guessed of the first 10,000 rows.
#[test]
fn what_looks_whole_at_first_has_not_drifted_from_itself() {
    let project = Project::empty();
    let rows =
        (0..10_000).map(|row| f64::from(row % 50)).chain((0..3000).map(|row| f64::from(row % 50) + 0.5));
    let rows: String = rows.map(|value| format!("{value}\n")).collect();
    project.file("late.csv", format!("x\n{rows}"));
    assert_said(&project.modelgate(&["data", "profile", "late.csv", "--out", "late.json"]), 0, &[]);
    let profile: Value = serde_json::from_str(&project.read("late.json")).unwrap();
    let column = &profile["columns"][0];
    assert_eq!(
        (&column["type"], &column["count"], &column["max"]),
        (&"number".into(), &13_000.into(), &49.5.into())
    );
    assert_said(&project.modelgate(&["data", "drift", "late.json", "late.csv"]), 0, &["has not drifted"]);
}

#[test]
fn a_committed_profile_stands_for_the_data() {
    let project = committed();
    assert_said(&project.modelgate(&["data"]), 0, &["300 rows in 1 set, 0 of 4 columns drifted"]);
    let drift = evidence(&project)["drift"].clone();
    assert_eq!(
        (&drift["reference"], &drift["profile"]["rows"]),
        (&"profiles/train.json".into(), &600.into())
    );
    let digest = drift["profile"]["digest"].as_str().unwrap();
    assert!(digest.starts_with("sha256:") && drift["profile"]["run"].is_null(), "{drift:#}");
    let label = drift["columns"].as_array().unwrap().iter().find(|column| column["column"] == "churned");
    assert_eq!(label.unwrap()["role"], "label");

    project.file("data/live.csv", moved());
    assert_said(&project.modelgate(&["data"]), 11, &["«live» has drifted from «profiles/train.json»"]);
    assert_eq!(codes(&project)[0], "error data-drift");
}

#[test]
fn columns_that_only_one_side_has_are_told_of_a_profile_too() {
    let project = committed();
    let live = customers(3, 300).replacen("income", "salary", 1);
    project.file("data/live.csv", live);
    let told = [
        "the column «income» of «profiles/train.json» is not in «live»",
        "the column «salary» is in «live» and not in «profiles/train.json»",
    ];
    assert_said(&project.modelgate(&["data"]), 11, &told);
    let words: String = customers(3, 300).lines().map(|line| line.replace(",3", ",x3") + "\n").collect();
    project.file("data/live.csv", words);
    assert_said(&project.modelgate(&["data"]), 11, &["has drifted"]);
    assert!(codes(&project).contains(&"warning data-type".to_owned()), "{:?}", codes(&project));
}

#[test]
fn what_is_no_profile_is_told_in_so_many_words() {
    let project = committed();
    let whole = project.read("profiles/train.json");
    let cases: [(&str, String, &str); 10] = [
        ("cut off", whole[..whole.len() / 2].into(), "EOF while parsing"),
        (
            "of a later version",
            whole.replacen("profile/v1", "profile/v2", 1),
            "this version of modelgate reads",
        ),
        (
            "of other counts",
            whole.replacen("\"rows\": 600", "\"rows\": 601", 1),
            "its counts do not come to 601 rows",
        ),
        ("of a number that is none", whole.replacen("\"count\":600", "\"count\":NaN", 1), "expected value"),
        ("without its sketches", whole.replace("\"sketch\"", "\"scratch\""), "missing field `sketch`"),
        (
            "of far too many rows",
            whole.replacen("\"rows\": 600", "\"rows\": 18446744073709551615", 1),
            "more than any data set",
        ),
        ("a detector", r#"{"data": {"is_drift": 0}}"#.into(), "this is no profile"),
        ("a table", r#"[{"age": 1}, {"age": 2}]"#.into(), "this is no profile"),
        ("data", customers(1, 5), "this is no profile"),
        ("nothing", String::new(), "this is no profile"),
    ];
    for (case, content, told) in cases {
        project.file("profiles/train.json", content);
        let said = project.modelgate(&["data"]);
        assert_said(&said, 11, &[told]);
        assert_eq!(codes(&project)[0], "error data-profile", "{case}");
        assert!(evidence(&project)["drift"].is_null(), "{case}");
    }
    std::fs::remove_file(project.path().join("profiles/train.json")).unwrap();
    assert_said(&project.modelgate(&["data"]), 11, &["there is no such profile"]);
    project.file("profiles/train.json/a", "");
    assert_said(&project.modelgate(&["data"]), 11, &["this is no file"]);
}

#[test]
fn the_command_tells_a_profile_from_data_by_what_is_in_it() {
    let project = committed();
    let drift = |reference: &str| {
        project.modelgate(&[
            "data",
            "drift",
            reference,
            "data/live.csv",
            "--ignore",
            "id",
            "--label",
            "churned",
        ])
    };
    assert_said(
        &drift("profiles/train.json"),
        0,
        &["has not drifted from «profiles/train.json»: 0 of 4 columns"],
    );
    // However somebody has laid it out.
    let value: Value = serde_json::from_str(&project.read("profiles/train.json")).unwrap();
    project.file("profiles/sorted", serde_json::to_string_pretty(&value).unwrap());
    assert_said(&drift("profiles/sorted"), 0, &["has not drifted from «profiles/sorted»"]);
    // Rows of JSON are data, and of another file's version it is said.
    let lines: String = (0..40).map(|row| format!("{{\"age\": {row}, \"schema\": \"b\"}}\n")).collect();
    project.file("rows.json", lines);
    assert_said(&project.modelgate(&["data", "drift", "rows.json", "rows.json"]), 0, &["0 of 2 columns"]);
    project.file("old.json", "{\"schema\": \"modelgate/profile/v0\"}");
    assert_said(&drift("old.json"), 11, &["its schema is «modelgate/profile/v0»"]);
}

/// A project whose data is compared with that of the newest approved run.
fn with_baseline() -> Project {
    let project = Project::data();
    project.replace("modelgate.yml", "drift: {}", "drift: { reference: baseline }");
    project.git(&["init", "--quiet", "--initial-branch", "main"]);
    project.commit("Begin");
    project
}

fn next_run(project: &Project, change: &str) -> Said {
    project.file("change", change);
    project.commit(change);
    project.modelgate(&["run"])
}

#[test]
fn data_is_compared_with_what_the_baseline_learned_from() {
    let project = with_baseline();
    assert_said(&project.modelgate(&["run"]), 0, &["there is no baseline yet"]);
    assert_eq!(codes(&project), ["notice data-baseline-missing"]);
    let first = project.record();
    let kept = evidence(&project)["sets"]["train"]["profile"].clone();
    assert!(kept.as_str().unwrap().starts_with("sha256:"), "{kept}");
    assert!(project.exists(".modelgate/data/profile-train.json"));
    assert_said(&project.modelgate(&["verify", ".modelgate/bundle.zip"]), 0, &[]);

    // What it learns from now is not what the baseline learned from.
    project.file("data/train.csv", moved());
    assert_said(&next_run(&project, "two"), 0, &["0 of 4 columns drifted"]);
    let drift = evidence(&project)["drift"].clone();
    assert_eq!((&drift["reference"], &drift["profile"]["run"]), (&"baseline".into(), &first["id"]));
    assert_eq!(drift["profile"]["digest"], kept);
    assert_eq!(project.record()["baseline"]["profiles"]["train"], kept);

    // Now it is; and what is no longer like it has drifted.
    assert_said(&next_run(&project, "three"), 11, &["«live» has drifted from «baseline»"]);
}

#[test]
fn a_baseline_without_a_profile_is_a_warning_and_no_measure() {
    let project = with_baseline();
    project.replace("modelgate.yml", "drift: { reference: baseline }", "drift: {}");
    assert_said(&next_run(&project, "one"), 0, &[]);
    project.replace("modelgate.yml", "drift: {}", "drift: { reference: baseline }");
    assert_said(&next_run(&project, "two"), 0, &["has kept no profile of its set «train»"]);
    assert_eq!(codes(&project), ["warning data-baseline-profile"]);
    assert!(evidence(&project)["drift"].is_null());
    project.replace("modelgate.yml", "  rules:\n", "  rules:\n    data.drift: { max: 0.1 }\n");
    assert_said(&project.modelgate(&["gate"]), 10, &["data.drift"]);
}

#[test]
fn a_profile_that_is_not_what_the_record_says_is_not_used() {
    let project = with_baseline();
    assert_said(&project.modelgate(&["run"]), 0, &[]);
    // The cache is gone, and a forged profile lies where a bundle would.
    std::fs::remove_dir_all(project.path().join(".modelgate/cache")).unwrap();
    project.file(".modelgate/data/profile-train.json", "{}");
    assert_said(
        &next_run(&project, "two"),
        11,
        &["the profile of the set «train» that the baseline's run has kept is not to be had"],
    );
    assert_eq!(codes(&project)[0], "error data-baseline-profile");
    assert!(evidence(&project)["drift"].is_null());
}

#[test]
fn a_bundle_brings_the_profile_of_its_run() {
    let project = with_baseline();
    assert_said(&project.modelgate(&["run"]), 0, &[]);
    let kept = evidence(&project)["sets"]["train"]["profile"].clone();
    let bundle = std::fs::read(project.path().join(".modelgate/bundle.zip")).unwrap();
    project.file("baseline/bundle.zip", &bundle);
    std::fs::remove_dir_all(project.path().join(".modelgate")).unwrap();
    project.replace("modelgate.yml", "gate:\n", "gate:\n  baseline: baseline/bundle.zip\n");
    assert_said(&next_run(&project, "two"), 0, &["0 of 4 columns drifted"]);
    assert_eq!(evidence(&project)["drift"]["profile"]["digest"], kept);
    // One in which the profile was changed is no bundle.
    let at = bundle.windows(18).rposition(|bytes| bytes == b"profile-train.json").unwrap();
    let mut forged = bundle;
    forged[at] ^= 1;
    project.file("baseline/bundle.zip", &forged);
    let said = next_run(&project, "three");
    assert_ne!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("baseline/bundle.zip"), "{}", said.err);
}
