//! What docs/gitlab.md and the README say of the include, and what its file says of itself.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use regex::Regex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::common::pages::{blocks, read, table};
use crate::common::{Project, said, skip, tool};
use crate::install::jobs;
use crate::runner::INCLUDE;

/// The documents that have lines for .gitlab-ci.yml.
const DOCUMENTS: [&str; 3] = ["README.md", "docs/gitlab.md", "docs/deploy.md"];

fn inputs() -> serde_json::Map<String, Value> {
    let text = read(INCLUDE);
    let (header, _) = text.split_once("\n---\n").expect("a header");
    let header: Value = serde_yaml::from_str(header).unwrap();
    header["spec"]["inputs"].as_object().expect("inputs").clone()
}

/// The pipelines in a document.
fn pipelines(text: &str) -> Vec<String> {
    let is_pipeline = |block: &String| block.starts_with("include:") || block.contains("\n  script:");
    blocks(text).into_iter().filter(is_pipeline).collect()
}

#[test]
fn the_inputs_are_those_of_the_document() {
    let default =
        |input: &Value| match input["default"].as_str().expect("a default, because none is required") {
            "" => String::new(),
            default => format!("`{default}`"),
        };
    let inputs: BTreeMap<String, String> =
        inputs().iter().map(|(name, input)| (name.clone(), default(input))).collect();
    assert_eq!(table(&read("docs/gitlab.md"), "Inputs"), inputs);
}

#[test]
fn every_input_has_a_description_and_is_used_and_no_default_breaks_its_own_rule() {
    let text = read(INCLUDE);
    let (_, jobs) = text.split_once("\n---\n").unwrap();
    for (name, input) in inputs() {
        assert!(input["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        assert!(jobs.contains(&format!("$[[ inputs.{name} ]]")), "{name}");
        let default = input["default"].as_str().unwrap();
        if let Some(regex) = input["regex"].as_str() {
            assert!(Regex::new(regex).unwrap().is_match(default), "{name}: {default}");
        }
        if let Some(options) = input["options"].as_array() {
            assert!(options.contains(&default.into()), "{name}: {default}");
        }
    }
    assert_eq!(inputs()["version"]["default"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn what_an_input_may_be_is_what_its_place_takes() {
    let inputs = inputs();
    let takes = |name: &str, value: &str| {
        Regex::new(inputs[name]["regex"].as_str().unwrap()).unwrap().is_match(value)
    };
    for (name, good, bad) in [
        ("job-prefix", &["model-", "churn_2-"][..], &["", "a b", "a/", ".hidden", "-a", "a\n"][..]),
        ("version", &["0.1.0", "v1.2.3", "1.0.0-rc.1"], &["", "latest", "1.0", "1.0.0 x", "1.0.0\"; ls"]),
        ("releases-url", &["https://host.example/a/b"], &["", "file:///etc", "https://a b", "ftp://host"]),
        ("deploy-environment", &["production", "review/churn"], &["", "$(ls)", "a;b", "-x"]),
    ] {
        for value in good {
            assert!(takes(name, value), "{name}: {value}");
        }
        for value in bad {
            assert!(!takes(name, value), "{name}: {value}");
        }
    }
}

#[test]
fn inputs_reach_scripts_as_variables_alone() {
    for (name, job) in jobs() {
        for key in ["script", "before_script", "after_script"] {
            assert!(!job[key].to_string().contains("$[["), "{name}.{key}");
        }
    }
}

#[test]
fn what_is_exposed_is_what_gitlab_can_show() {
    let exposed = |job: &Value| job["artifacts"]["expose_as"].as_str().map(str::to_owned);
    let all: Vec<(String, Value)> = jobs().into_iter().filter(|(_, job)| exposed(job).is_some()).collect();
    assert_eq!(all.len(), 1, "of the gate");
    let taken = Regex::new(r"^\w[-\w ]*$").unwrap();
    for (name, job) in all {
        let shown = exposed(&job).unwrap().replace("$[[ inputs.job-prefix ]]", "model-");
        assert!(taken.is_match(&shown), "{name}: {shown}");
        for path in job["artifacts"]["paths"].as_array().expect("paths") {
            let path = path.as_str().unwrap();
            assert!(!path.contains(['*', '$']) && !path.starts_with("./"), "{name}: {path}");
        }
    }
}

#[test]
fn the_releases_are_those_of_the_action() {
    let rows = |text: &str| -> BTreeSet<String> {
        let row = Regex::new(r"(?m)^\s*(\d+\.\d+\.\d+\S* [a-z0-9_-]+ [0-9a-f]{64})$").unwrap();
        row.captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    assert_eq!(rows(&read(INCLUDE)), rows(&read(".github/action/versions.txt")));
}

#[test]
fn the_documents_pin_the_file_as_it_is() {
    let integrity = format!("sha256-{}", BASE64.encode(Sha256::digest(read(INCLUDE))));
    let pin = Regex::new(r"integrity: (sha256-[A-Za-z0-9+/=]+)").unwrap();
    for path in DOCUMENTS {
        for found in pin.captures_iter(&read(path)) {
            assert_eq!(&found[1], integrity, "{path}");
        }
    }
    assert!(pin.is_match(&read("README.md")) && pin.is_match(&read("docs/gitlab.md")));
}

#[test]
fn the_include_and_the_lines_of_the_documents_are_pipelines() {
    let test = "the_include_and_the_lines_of_the_documents_are_pipelines";
    let Some(schema) = tool("check-jsonschema") else {
        return skip(test, "check-jsonschema is not installed");
    };
    let project = Project::empty();
    let (text, mut names) = (read(INCLUDE), vec!["jobs.yml".to_owned()]);
    project.file("jobs.yml", text.split_once("\n---\n").expect("a header").1);
    for path in DOCUMENTS {
        for (index, pipeline) in pipelines(&read(path)).into_iter().enumerate() {
            let name = format!("{}-{index}.yml", path.replace('/', "-"));
            project.file(&name, pipeline);
            names.push(name);
        }
    }
    assert!(names.len() >= 4, "{names:?}");
    let written = Project::shell().modelgate(&["init", "--gitlab", "--stdout"]);
    project.file("written.yml", written.out);
    names.push("written.yml".into());
    let mut command = project.command(schema);
    command.args(["--builtin-schema", "vendor.gitlab-ci"]).args(&names);
    let valid = said(command.output().unwrap());
    assert_eq!(valid.code, 0, "{}{}", valid.out, valid.err);
}

#[test]
fn what_is_in_the_table_of_both_forges_is_said_of_both() {
    let document = read("docs/gitlab.md");
    let (_, section) = document.split_once("\n## GitHub and GitLab\n").expect("the table");
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---"));
    let rows: Vec<Vec<&str>> =
        rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    assert!(rows.len() > 15, "{} rows", rows.len());
    for row in &rows[1..] {
        assert!(row.len() == 3 && row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
    // Nothing that the action takes or gives is passed over.
    let action: Value = serde_yaml::from_str(&read("action.yml")).unwrap();
    for name in ["inputs", "outputs"].iter().flat_map(|key| action[key].as_object().unwrap().keys()) {
        let is_told = rows.iter().any(|row| row[1].contains(&format!("`{name}`")));
        assert!(is_told, "{name} of action.yml is in no row");
    }
}
