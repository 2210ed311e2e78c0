//! Whole projects, from the folder to the file.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::config;
use crate::document::{self, Node};
use crate::engine::Variables;

/// A project in a folder named churn.
struct Laid(TempDir);

impl Laid {
    fn path(&self) -> PathBuf {
        self.0.path().join("churn")
    }
}

fn project(files: &[(&str, &str)]) -> Laid {
    let laid = Laid(tempfile::tempdir().unwrap());
    fs::create_dir(laid.path()).unwrap();
    for (name, content) in files {
        let path = laid.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    laid
}

fn found(root: &Path) -> Project {
    look(root, &Variables::new()).unwrap()
}

/// The file, and what is said; the file is valid and asks for nothing that is not available.
fn shown(project: &Project) -> String {
    let text = write(project);
    let config = config::parse(&text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    assert_eq!(config.unavailable, []);
    format!("{text}\n---- said\n{}", tell(project, "modelgate.yml"))
}

#[test]
fn a_plain_project() {
    let folder = project(&[
        (".git/HEAD", "ref: refs/heads/main\n"),
        (
            "train.py",
            "import joblib, features\nrows = pd.read_csv('data/train.csv')\njoblib.dump(m.fit(x, y), 'models/model.joblib')\n",
        ),
        ("features.py", "SETTINGS = yaml.safe_load(open('conf/features.yaml'))\n"),
        ("conf/features.yaml", "a: 1\n"),
        (
            "evaluate.py",
            "m = joblib.load('models/model.joblib')\nrows = pd.read_csv('data/test.csv')\nwith open('reports/metrics.json', 'w') as f:\n  json.dump({'rmse': a}, f)\n",
        ),
        ("reports/metrics.json", "{\"rmse\": 12.5, \"r2\": 0.874, \"rows\": 100}"),
        ("requirements.txt", "scikit-learn\npytest\n"),
        ("data/train.csv", "id,age,churned\n1,2,0\n"),
        ("tests/test_model.py", "def test_it(): pass\n"),
        ("setup.cfg", "[flake8]\nmax-line-length = 100\n[mypy]\n"),
        ("Dockerfile", "FROM scratch\n"),
    ]);
    insta::assert_snapshot!(shown(&found(&folder.path())));
}

#[test]
fn a_dvc_project() {
    let folder = project(&[
        (
            "dvc.yaml",
            "stages:
  prepare:
    cmd: python src/prepare.py data/data.xml
    deps: [data/data.xml, src/prepare.py]
    params: [prepare.seed]
    outs: [data/prepared]
  train:
    cmd: python src/train.py data/prepared model.pkl
    deps: [data/prepared, src/train.py]
    params: [train.n_est]
    outs: [model.pkl]
  evaluate:
    cmd: python src/evaluate.py model.pkl data/prepared
    deps: [data/prepared, model.pkl, src/evaluate.py]
    metrics: [eval/metrics.json: {cache: false}]
",
        ),
        ("params.yaml", "prepare: {seed: 1}\n"),
        (
            "eval/metrics.json",
            "{\"avg_prec\": {\"train\": 0.97, \"test\": 0.92}, \"roc_auc\": {\"train\": 0.99, \"test\": 0.94}}",
        ),
        ("src/prepare.py", "from common import params\n"),
        ("src/train.py", "from lib.models import build\n"),
        ("src/lib/__init__.py", ""),
        ("src/lib/models.py", "from common import*\n"),
        ("src/common.py", "import os; import units\n"),
        ("src/units.py", ""),
        ("src/evaluate.py", "from common import params\n"),
    ]);
    insta::assert_snapshot!(shown(&found(&folder.path())));
}

#[test]
fn a_dvc_project_whose_code_is_not_told_restores_nothing() {
    let folder = project(&[
        (
            "dvc.yaml",
            "stages:
  train: {cmd: bash train.sh, deps: [train.sh, data.csv], outs: [model.pkl]}
  evaluate: {cmd: python evaluate.py, deps: [evaluate.py], metrics: [m.json]}
",
        ),
        ("evaluate.py", "sys.path.append('..')\nfrom common import params\n"),
        ("data.csv", "a\n"),
    ]);
    insta::assert_snapshot!(shown(&found(&folder.path())));
}

#[test]
fn a_package_below_src_with_uv() {
    let folder = project(&[
        (
            "pyproject.toml",
            "[project]\nname = \"house-prices\"\n[dependency-groups]\ndev = [\"pytest\"]\n[tool.ruff]\nline-length = 100\n",
        ),
        ("uv.lock", "version = 1\n"),
        ("src/houses/__init__.py", ""),
        (
            "src/houses/train.py",
            "from .data import load\nfrom pathlib import Path\ntorch.save(model, Path('artifacts') / 'model.pt')\nPath('metrics.json').write_text(json.dumps({'val_loss': v}))\n",
        ),
        ("src/houses/data.py", "pd.read_parquet('data/houses.parquet')\n"),
        ("tests/test_data.py", ""),
    ]);
    insta::assert_snapshot!(shown(&found(&folder.path())));
}

#[test]
fn the_script_that_fits_is_preferred_and_what_it_saves_somewhere_is_said() {
    let folder = project(&[
        ("tasks/train.py", "def train(ctx): ctx.run('python -m ct.train')\n"),
        ("src/ct/__init__.py", ""),
        ("src/ct/train.py", "trainer.fit(model)\ntorch.save(model, out / 'model.pt')\n"),
        ("src/ct/evaluate.py", ""),
        ("evaluation/evaluate.py", ""),
    ]);
    insta::assert_snapshot!(shown(&found(&folder.path())));
}

#[test]
fn names_that_only_stand_in_the_scripts_are_no_rules_yet() {
    let folder = project(&[
        ("train.py", "joblib.dump(m.fit(pd.read_csv('data/train.csv')), 'model.joblib')\n"),
        (
            "evaluate.py",
            "m = joblib.load('model.joblib')\nscores = {'accuracy': a, 'f1': b, 'log_loss': c}\nwith open('metrics.json', 'w') as f:\n  json.dump({'test': scores}, f)\n",
        ),
    ]);
    insta::assert_snapshot!(shown(&found(&folder.path())));
}

#[test]
fn an_empty_folder() {
    insta::assert_snapshot!(shown(&found(&project(&[]).path())));
}

#[test]
fn a_makefile_and_a_notebook() {
    let folder = project(&[
        ("Makefile", "evaluate:\n\tpython x.py\n"),
        ("explore.ipynb", "{}"),
        ("metrics.csv", "accuracy\n0.8\n"),
    ]);
    insta::assert_snapshot!(shown(&found(&folder.path())));
}

#[test]
fn what_git_neither_tracks_nor_ignores_is_said() {
    let mut files = HOUSES.to_vec();
    files.extend([
        (".gitignore", "*.pkl\n"),
        ("tests/conftest.py", ""),
        ("tests/test_a.py", ""),
        ("reports/metrics.csv", "metric,value\nr2,0.87\n"),
    ]);
    let folder = project(&files);
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git").current_dir(folder.path()).args(arguments).output();
        assert!(done.unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    let closing = || {
        let said = shown(&found(&folder.path()));
        said.lines().find(|line| line.contains(".gitignore")).map(str::to_owned)
    };
    let both = "  a run makes files that git neither tracks nor ignores; add to .gitignore: junit.xml, reports/metrics.csv";
    assert_eq!(closing().as_deref(), Some(both));
    git(&["add", "reports"]);
    assert_eq!(closing().as_deref(), Some(both.trim_end_matches(", reports/metrics.csv")));
    fs::write(folder.path().join(".gitignore"), "*.pkl\njunit.xml\n").unwrap();
    assert_eq!(closing(), None);
}

/// The scripts need arguments, which only the Makefile knows.
const HOUSES: [(&str, &str); 5] = [
    (
        "Makefile",
        "PYTHON ?= python
.PHONY: train evaluate

train: data/ames.csv
\t$(PYTHON) src/train.py --data data/ames.csv \\
\t\t--model models/ridge.pkl

evaluate: models/ridge.pkl
\t@$(PYTHON) src/evaluate.py --model models/ridge.pkl --data data/ames.csv --out reports/metrics.csv
",
    ),
    (
        "src/train.py",
        "from common import load\nparser.add_argument('--data', required=True)\nparser.add_argument('--model', default='model.pkl')\njoblib.dump(Ridge().fit(x, y), args.model)\n",
    ),
    ("src/common.py", "def load(path): return pd.read_csv(path)\n"),
    ("src/evaluate.py", "from common import load\nparser.add_argument('--out', default='metrics.csv')\n"),
    ("data/ames.csv", "area,price\n1,2\n"),
];

#[test]
fn a_makefile_has_the_arguments_that_the_scripts_need() {
    let mut files = HOUSES.to_vec();
    files.push(("reports/metrics.csv", "metric,value\nr2,0.87\nrmse,24000\n"));
    insta::assert_snapshot!(shown(&found(&project(&files).path())));
}

#[test]
fn a_makefile_that_only_make_understands_restores_nothing() {
    let makefile =
        "include common.mk\ntrain:\n\t$(RUN) src/train.py\neval: train\n\tpython src/evaluate.py\n";
    let mut files = HOUSES.to_vec();
    files[0] = ("Makefile", makefile);
    files.push(("models/ridge.pkl", ""));
    insta::assert_snapshot!(shown(&found(&project(&files).path())));
}

#[test]
fn the_example_comes_out_nearly_as_it_was_written_by_hand() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/breast-cancer");
    let files = [
        "train.py",
        "evaluate.py",
        "split.py",
        "params.json",
        "requirements.txt",
        "data/train.csv",
        "data/test.csv",
        "tests/test_model.py",
        "tests/test_data.py",
    ];
    let texts = files.map(|file| fs::read_to_string(example.join(file)).unwrap());
    let mut files: Vec<_> = files.iter().zip(&texts).map(|(file, text)| (*file, text.as_str())).collect();
    files.push((".git/HEAD", "ref: refs/heads/main\n"));
    insta::assert_snapshot!(shown(&found(&project(&files).path())));
    // And after the first run.
    files.push(("metrics.json", "{\"accuracy\": 0.964912, \"recall\": 0.953125, \"log_loss\": 0.097731}"));
    let written = write(&found(&project(&files).path()));
    let rules = &written[written.find("  rules:").unwrap()..];
    insta::assert_snapshot!(rules, @r"
    rules:
      accuracy: { min: 0.94, max-drop: 0.02 }  # it is 0.9649 now
      log_loss: { max: 0.108 }  # it is 0.09773 now
      recall: { min: 0.93 }  # it is 0.9531 now
    ");
}

#[test]
fn a_million_images_hide_nothing() {
    let folder = project(&[("train.py", "joblib.dump(m, 'm.joblib')"), ("zz/evaluate.py", "x.fit()")]);
    for kind in ["jpg", "json"] {
        let images = folder.path().join("data").join(kind);
        fs::create_dir_all(&images).unwrap();
        for number in 0..3000 {
            fs::write(images.join(format!("{number}.{kind}")), "").unwrap();
        }
    }
    let looked = super::folder::Folder::open(&folder.path()).unwrap();
    assert!(looked.files.len() < 250, "{}", looked.files.len());
    let found = found(&folder.path());
    assert_eq!(found.train.unwrap().from, "train.py");
    assert_eq!(found.evaluate.unwrap().from, "zz/evaluate.py");
}

#[test]
fn hostile_names_stay_texts() {
    let folder = project(&[
        ("a: b #c/train.py", "joblib.dump(m.fit(x), 'model.joblib')\n"),
        ("\"q\u{2028}'/{x}/evaluate.py", "open('ergebnisse/métrics.json', 'w')\n"),
    ]);
    insta::assert_snapshot!(shown(&found(&folder.path())));
}

#[test]
fn a_file_that_is_there_is_kept_unless_forced() {
    let folder = project(&[("modelgate.yml", "mine")]);
    let path = folder.path().join("modelgate.yml");
    let fault = save(&path, "new", false).unwrap_err();
    assert!(fault.remedy().is_some_and(|help| help.contains("--force")), "{fault}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    save(&path, "new", true).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}\\.(py|csv|joblib)",
        any::<String>(),
        "[-:#'\"{}\\[\\],&*?|>!%@` \\\\./~\n\ta]{0,12}",
        Just("../up".to_owned()),
        Just("/abs".to_owned()),
        Just("true".to_owned()),
    ]
}

fn work() -> impl Strategy<Value = Option<Work>> {
    let texts = || prop::collection::vec(text(), 0..3);
    let env = prop::collection::vec((text(), text()), 0..2);
    let work = (text(), texts(), env, texts(), any::<[bool; 2]>(), texts());
    prop::option::of(work.prop_map(|(from, run, env, inputs, [code_is_known, data_is_known], outputs)| {
        Work { from, run, env, inputs, code_is_known, data_is_known, outputs }
    }))
}

prop_compose! {
    fn any_project()(
        name in text(),
        python in text(),
        linters in prop::collection::vec(text(), 0..3),
        tests in prop::option::of(text()),
        train in work(),
        evaluate in work(),
        metrics in prop::collection::vec(text(), 0..3),
        measured in prop::collection::vec((text(), prop::option::of(any::<f64>())), 0..4),
        known in prop::option::of((prop_oneof!["accuracy", "loss", "f1"], -1e3..1e3)),
        in_repository in any::<bool>(),
        hints in prop::collection::vec(text(), 0..2),
        data in prop::option::of((text(), text(), prop::option::of(text()))),
    ) -> Project {
        let measured = measured
            .into_iter()
            .chain(known.map(|(name, value)| (name, Some(value))))
            .filter_map(|(name, value)| Some((MetricName::new(name).ok()?, value.filter(|value| value.is_finite()))))
            .collect();
        let loose = metrics.clone();
        let predictions = hints.first().cloned();
        let data = data.map(|(label, train, test)| Data {
            label,
            sets: [("train", train)].into_iter().chain(test.map(|test| ("test", test))).collect(),
        });
        let (install, on_gitlab) = (linters.clone(), in_repository);
        Project { name, python, linters, tests, train, evaluate, metrics, predictions, measured, in_repository, on_gitlab, install, loose, data, hints }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_was_found_the_file_is_valid(project in any_project()) {
        let text = write(&project);
        let parsed = config::parse(&text);
        prop_assert!(parsed.is_ok(), "{:#?}\n{}", parsed.err(), text);
        prop_assert_eq!(parsed.map(|config| config.unavailable).ok(), Some(vec![]));
        prop_assert!(tell(&project, "modelgate.yml").contains("next"));
    }

    #[test]
    fn whatever_installs_the_packages_the_include_holds_it_as_it_is(project in any_project()) {
        let text = gitlab::include(&project, Path::new("modelgate.yml"));
        let below = |node: Node, name: &str| match node {
            Node::Map(pairs) => pairs.into_iter().find(|(key, _)| key == name).unwrap().1,
            other => panic!("{other:?}"),
        };
        let script = below(below(document::yaml(&text).unwrap(), "model-gate"), "before_script");
        prop_assert_eq!(script, Node::List(project.install.into_iter().map(Node::Text).collect()));
    }
}
