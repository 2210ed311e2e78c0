//! Whole projects, examined.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::config;

/// A project, and a machine with some programs.
struct Ward {
    folder: TempDir,
    variables: Variables,
    forge: Forge,
}

impl Ward {
    fn new(files: &[(&str, &str)], programs: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ward = Self { variables: Variables::new(), forge: Forge::Local, folder };
        for (name, content) in files {
            let path = ward.root().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let bin = ward.folder.path().join("bin");
        fs::create_dir_all(&bin).unwrap();
        for program in programs {
            let path = bin.join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
            fs::write(&path, "").unwrap();
            #[cfg(unix)]
            fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        ward.with("PATH", bin.to_str().unwrap())
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "init.defaultBranch=main"];
        let mut git = Command::new("git");
        git.current_dir(self.root()).args(identity).args(arguments);
        assert!(git.output().unwrap().status.success(), "{arguments:?}");
    }

    fn examine(&self) -> Vec<Check> {
        let root = self.root();
        let config = config::read(&root.join("modelgate.yml"));
        examine(&Patient {
            config: config.as_ref().map_err(Vec::as_slice),
            file: "modelgate.yml",
            text: &fs::read_to_string(root.join("modelgate.yml")).unwrap_or_default(),
            root: &root,
            run_dir: &root.join(".modelgate"),
            variables: &self.variables,
            forge: self.forge,
            repository: &Repository::around(&root),
        })
    }

    /// What is said, without what differs from machine to machine.
    fn shown(&self) -> String {
        let mut checks = self.examine();
        checks.retain(|check| check.name != "disk");
        show(&checks, false)
    }

    fn health(&self, name: &str) -> Vec<(Health, String)> {
        let checks = self.examine().into_iter().filter(|check| check.name == name);
        checks.map(|check| (check.health, check.help.unwrap_or_default())).collect()
    }
}

const CONFIG: &str = "version: 1
model: churn
test: { run: pytest -q, working-directory: checks }
train:
  run: [python train.py, [./fit, --fast]]
  inputs: [train.py, data/trian.csv]
  outputs: [model.joblib]
  secrets: [HF_TOKEN, DB_PASSWORD]
evaluate: { run: python evaluate.py, inputs: [data/test.csv], metrics: metrics.json }
gate: { baseline: default-branch, rules: { accuracy: { min: 0.9, max-drop: 0.01 } } }
";

#[test]
fn a_sick_project() {
    let ward =
        Ward::new(&[("modelgate.yml", CONFIG), ("train.py", ""), ("data/train.csv", "")], &["python3"])
            .with("DB_PASSWORD", "")
            .with("GITHUB_TOKEN", "x");
    insta::assert_snapshot!(ward.shown());
}

#[test]
fn a_healthy_project() {
    let config = "version: 1\nmodel: churn\ntrain: { run: python t.py, inputs: [t.py] }\n\
                  evaluate: { run: python e.py, metrics: m.json }\n\
                  gate: { baseline: default-branch, rules: { accuracy: { min: 0.9 } } }\n";
    let ward = Ward::new(&[("modelgate.yml", config), ("t.py", "")], &["python", "bash"]);
    ward.git(&["init", "--quiet"]);
    ward.git(&["add", "."]);
    ward.git(&["commit", "--quiet", "--message", "first"]);
    let checks = ward.examine();
    assert!(checks.iter().all(|check| check.health < Health::Warning || check.name == "disk"), "{checks:#?}");
    assert!(show(&checks, true).contains("ready to run"));
}

#[test]
fn what_is_left_to_decide_is_counted() {
    let config = "version: 1\nmodel: TODO-list\nevaluate: { metrics: m.json }  # TODO: which?\n\
                  # TODO: a rule\ngate: { rules: { accuracy: { min: 0.9 } } }\n";
    let said = |config: &str| Ward::new(&[("modelgate.yml", config)], &[]).shown();
    assert!(
        said(config).contains("! configuration  2 TODOs are left in modelgate.yml\n"),
        "{}",
        said(config)
    );
    let one = config.replace("# TODO: a rule", "");
    assert!(said(&one).contains("! configuration  1 TODO is left in modelgate.yml\n"), "{}", said(&one));
    assert!(!said(&one.replace("# TODO: which?", "")).contains("TODO"));
}

#[test]
fn a_shallow_clone_is_told_the_yaml_of_its_forge() {
    let config = "version: 1\nmodel: churn\nevaluate: { metrics: m.json }\n\
                  gate: { baseline: default-branch, rules: { accuracy: { min: 0.9 } } }\n";
    let mut ward = Ward::new(&[("origin/modelgate.yml", config)], &[]);
    let origin = ward.root().join("origin");
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "."],
        &["commit", "-qm", "1"],
        &["commit", "-qm", "2", "--allow-empty"],
    ] {
        ward.git(&[&["-C", origin.to_str().unwrap()], arguments].concat());
    }
    let url = format!("file://{}", origin.display());
    ward.git(&["clone", "--quiet", "--depth=1", &url, "clone"]);
    let clone = tempfile::tempdir().unwrap();
    fs::rename(ward.root().join("clone"), clone.path().join("project")).unwrap();
    ward.folder = clone;
    for (forge, wanted) in [
        (Forge::Github, "fetch-depth: 0"),
        (Forge::Gitlab, "GIT_DEPTH: 0"),
        (Forge::Local, "git fetch --unshallow"),
    ] {
        ward.forge = forge;
        let baseline = ward.health("baseline");
        assert!(
            baseline.iter().any(|(health, help)| *health == Health::Warning && help.contains(wanted)),
            "{baseline:?}"
        );
        let fetches = |help: &str| help.contains("git fetch origin '") && help.contains("refs/modelgate/*'");
        // A forge is asked for the records.
        let is_local = forge == Forge::Local;
        assert_eq!(baseline.iter().any(|(_, help)| fetches(help)), is_local, "{baseline:?}");
        assert_eq!(baseline.iter().all(|(health, _)| *health == Health::Warning), is_local, "{baseline:?}");
    }
}

#[test]
fn records_may_be_at_the_origin() {
    let config = "version: 1\nmodel: churn\nevaluate: { metrics: m.json }\n\
                  gate: { baseline: default-branch, rules: { accuracy: { min: 0.9 } } }\n";
    let ward = Ward::new(&[("modelgate.yml", config)], &[]);
    for arguments in [&["init", "--quiet"][..], &["add", "."], &["commit", "-qm", "1"]] {
        ward.git(arguments);
    }
    assert_eq!(ward.health("baseline"), [(Health::Fine, String::new())]);
    ward.git(&["remote", "add", "origin", "file:///nowhere"]);
    let fetch = "git fetch origin '+refs/modelgate/*:refs/modelgate/*'".to_owned();
    assert_eq!(ward.health("baseline"), [(Health::Warning, fetch)]);
}

#[test]
fn a_configuration_that_is_no_good_is_the_first_thing_to_mend() {
    let missing = Ward::new(&[("x", "")], &[]).examine();
    assert_eq!((missing[0].health, missing[0].name), (Health::Broken, "configuration"));
    assert!(missing[0].help.as_ref().is_some_and(|help| help.contains("modelgate init")), "{missing:?}");
    let invalid = Ward::new(&[("modelgate.yml", "version: 2\nmodle: x\n")], &[]).examine();
    assert!(invalid[0].help.as_ref().is_some_and(|help| help.contains("modelgate check")), "{invalid:?}");
    let later = format!("{CONFIG}retrain: {{ prometheus: {{}} }}\n");
    let later = Ward::new(&[("modelgate.yml", &later)], &[]).examine();
    assert!(later[0].health == Health::Broken && later[0].says.contains("«retrain.prometheus»"), "{later:?}");
}

#[test]
fn the_json_has_words_for_health() {
    let checks = [Check::broken("git", "gone").help("install git"), Check::fine("disk", "ok")];
    assert_eq!(
        serde_json::to_string(&checks).unwrap(),
        "[{\"name\":\"git\",\"health\":\"broken\",\"says\":\"gone\",\"help\":\"install git\"},\
         {\"name\":\"disk\",\"health\":\"fine\",\"says\":\"ok\"}]"
    );
}

#[test]
fn data_that_is_missing_is_told_before_a_run_does() {
    let yaml = "version: 1\nmodel: m\nlint: { python: [] }\ndata:\n  sets: { train: data/train.csv, test: data/tset.csv, far: s3://bucket/x.csv }\n  \
                schema: data.schema.yml\n  drift: { reference: profiles/train.json, current: test }\n\
                evaluate: { run: x, metrics: m.json }\ngate: { baseline: none, rules: { a: { min: 0 } } }\n";
    let files = [("modelgate.yml", yaml), ("data/train.csv", "a\n1\n"), ("data/test.csv", "a\n1\n")];
    let checks = Ward::new(&files, &["x", "sh"]).examine();
    let broken: Vec<(&str, Option<&str>)> = (checks.iter())
        .filter(|check| check.name == "inputs")
        .map(|check| (check.says.as_str(), check.help.as_deref()))
        .collect();
    assert_eq!(
        broken,
        [
            ("«data/tset.csv» of data.sets.test matches nothing", Some("did you mean «data/test.csv»?")),
            (
                "«data.schema.yml» of data.schema matches nothing",
                Some("put it there, or take it out of `data.schema`")
            ),
            (
                "«profiles/train.json» of data.drift.reference matches nothing",
                Some("put it there, or take it out of `data.drift.reference`")
            ),
        ]
    );
}
