//! Predictions from the commands that write them to the verdict that is decided on them. The model is a threshold in a
//! file, and evaluate is awk.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]
#![cfg(unix)]

mod common;
#[path = "check/fake.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod fake;

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, RecordBatch};
use common::{Project, Said, until};
use fake::{Artifact, Fake};
use modelgate::files::ProjectFile;
use modelgate::interrupt::Interrupt;
use modelgate::table::{Kind, Wanted, fold};
use rustix::process::Signal;
use serde_json::{Value, json};

const EVALUATE: &str = r#"awk -F, -v t="$(cat model.bin)" '
  NR == 1 { print "id,region,y,y_hat,p"; next }
  { printf "%s,%s,%s,%d,%s\n", $1, $2, $4, ($3 >= t), $3 }' data.csv > predictions.csv
"#;

const PREDICTIONS: &str =
    "{ path: predictions.csv, truth: y, predicted: y_hat, score: p, id: id, slices: [region] }";

/// 400 rows of which a tenth is mislabelled at random, so that the right threshold, 0.5, is right nine times in ten.
fn data() -> String {
    let mut text = "id,region,x,y\n".to_owned();
    for row in 0..400_u32 {
        let x = f64::from(row * 37 % 400) / 400.0;
        let y = (x >= 0.5) != (row % 10 == 0);
        let region = if row % 4 == 0 { "north" } else { "south" };
        writeln!(text, "r{row},{region},{x},{}", u8::from(y)).unwrap();
    }
    text
}

/// A repository with that project: `evaluate` is what stands below the key besides, `gate` all of that section.
fn project(evaluate: &str, gate: &str) -> Project {
    let project = Project::empty();
    project.file(
        "modelgate.yml",
        format!(
            "version: 1\nmodel: churn\nlint: {{ python: [] }}\n\
             train: {{ run: cp params.txt model.bin, inputs: [params.txt], outputs: [model.bin] }}\n\
             evaluate:\n  run: sh evaluate.sh\n  inputs: [evaluate.sh, data.csv]\n{evaluate}\ngate:\n{gate}\n"
        ),
    );
    project.file("params.txt", "0.5\n");
    project.file("data.csv", data());
    project.file("evaluate.sh", EVALUATE);
    project.file(".gitignore", ".modelgate/\nmodel.bin\nmetrics.json\npredictions.csv\n");
    project.git(&["init", "--quiet", "--initial-branch=main"]);
    project.commit("First model");
    project
}

/// The project with its predictions.
fn predicted(gate: &str) -> Project {
    project(&format!("  predictions: {PREDICTIONS}"), gate)
}

const RULES: &str = "  rules: { accuracy: { min: 0.8, max-drop: 0.02 } }";

fn run(project: &Project, code: i32) -> (Said, Value) {
    let said = project.modelgate(&["run"]);
    assert_eq!(said.code, code, "{}{}", said.out, said.err);
    (said, project.record())
}

fn step<'a>(record: &'a Value, name: &str) -> &'a Value {
    record["steps"].as_array().unwrap().iter().find(|step| step["step"] == name).unwrap()
}

/// What a step found, as `code: message`.
fn found(record: &Value, name: &str) -> String {
    let findings = step(record, name)["findings"].as_array().unwrap();
    let told = |it: &Value| format!("{}: {}", it["code"].as_str().unwrap(), it["message"].as_str().unwrap());
    findings.iter().map(told).collect::<Vec<_>>().join("\n")
}

/// Another threshold in a commit of its own.
fn retrain(project: &Project, threshold: &str) {
    project.file("params.txt", format!("{threshold}\n"));
    project.commit("Another model");
}

fn pairing(record: &Value) -> &Value {
    &record["baseline"]["comparison"]["pairing"]
}

fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((value - expected).abs() < 1e-12, "{value} {expected}");
}

#[test]
fn predictions_become_metrics_with_intervals_that_rules_are_decided_on() {
    let project = predicted("  confidence: 0.9\n  rules: { accuracy: { min: 0.8 } }");
    let (_, record) = run(&project, 0);
    let evaluate = step(&record, "evaluate");
    let evidence = &evaluate["evidence"];
    near(&evidence["metrics"]["accuracy"], 0.9);
    let predictions = &evidence["predictions"];
    assert_eq!((&predictions["rows"], &predictions["confidence"]), (&json!(400), &json!(0.9)));
    assert_eq!(predictions["files"]["predictions.csv"], evidence["outputs"]["predictions.csv"]);
    let interval = &predictions["estimates"]["accuracy"]["interval"];
    assert!(interval[0].as_f64().unwrap() < 0.9 && interval[1].as_f64().unwrap() > 0.9, "{interval}");
    let because = evaluate["because"].as_str().unwrap();
    assert!(because.ends_with(" metrics of 400 rows in predictions.csv"), "{because}");
    assert_eq!(record["verdict"]["confidence"], 0.9);
    // The whole interval must be within the bound.
    project.replace("modelgate.yml", "min: 0.8", "min: 0.9");
    let (_, record) = run(&project, 10);
    assert_eq!(record["conclusion"], "inconclusive", "{}", record["verdict"]);
}

#[test]
fn what_is_restored_gives_the_same_evidence() {
    let project = predicted("  rules: { accuracy: { min: 0.8 } }");
    let (_, first) = run(&project, 0);
    fs::remove_file(project.path().join("predictions.csv")).unwrap();
    let (_, second) = run(&project, 0);
    assert_eq!(step(&second, "evaluate")["outcome"], "restored");
    for key in ["metrics", "predictions", "outputs"] {
        assert_eq!(step(&first, "evaluate")["evidence"][key], step(&second, "evaluate")["evidence"][key]);
    }
}

#[test]
fn a_second_run_is_compared_row_by_row_with_the_first() {
    let project = predicted(RULES);
    let (_, first) = run(&project, 0);
    assert!(found(&first, "gate").starts_with("no-baseline: "));
    retrain(&project, "0.51");
    let (_, record) = run(&project, 0);
    assert_eq!(found(&record, "gate"), "");
    let comparison = &record["baseline"]["comparison"];
    assert_eq!((pairing(&record), &comparison["rows"]), (&json!({ "by": "id" }), &json!(400)));
    let change = comparison["changes"]["accuracy"]["value"].as_f64().unwrap();
    near(&record["verdict"]["rows"][1]["change"], change);
    assert!(change < 0.0, "{change}");
    assert!(comparison["slices"]["region=north"]["accuracy"]["value"].is_number(), "{comparison}");
    assert!(!project.exists(".modelgate/baseline"), "what was brought for it is gone");
}

#[test]
fn a_commit_that_leaves_the_model_alone_changes_nothing() {
    let rules = "  confidence: 0.95\n  rules: { roc_auc: { max-drop: 0.001 } }";
    let project = predicted(rules);
    run(&project, 0);
    project.file("NOTES.md", "Only words.\n");
    project.commit("Words");
    let (_, record) = run(&project, 0);
    let row = &record["verdict"]["rows"][0];
    assert_eq!((&row["change"], &row["outcome"]), (&json!(0.0), &json!("pass")), "{row:#}");
    // Another model on the same rows is not as sure.
    retrain(&project, "0.5000001");
    let (_, record) = run(&project, 10);
    assert_eq!(record["verdict"]["rows"][0]["outcome"], "inconclusive");
}

#[test]
fn who_leaves_rows_of_the_baseline_out_is_not_approved() {
    let project = predicted(RULES);
    run(&project, 0);
    let half: Vec<String> = data().lines().take(201).map(str::to_owned).collect();
    project.file("data.csv", half.join("\n") + "\n");
    let (_, record) = run(&project, 10);
    let doubt = "200 of the baseline's 400 rows are not among the candidate's";
    assert_eq!(record["baseline"]["comparison"]["doubt"], doubt);
}

#[test]
fn who_leaves_rows_out_in_repeats_is_not_approved_either() {
    let project = project(&format!("  predictions: {PREDICTIONS}\n  repeats: 2"), RULES);
    run(&project, 0);
    let (_, same) = run(&project, 0);
    assert_eq!(same["baseline"]["comparison"]["doubt"], Value::Null);
    project.file("data.csv", data().lines().take(201).map(|line| line.to_owned() + "\n").collect::<String>());
    let (said, record) = run(&project, 10);
    let doubt = "at least 200 of the baseline's 400 rows are not among the candidate's";
    assert_eq!(record["baseline"]["comparison"]["doubt"], doubt, "{}", record["baseline"]["comparison"]);
    assert_eq!(pairing(&record)["by"], "unpaired");
    assert!(said.err.contains("? gate      inconclusive"), "{}", said.err);
}

/// An Arrow file in which one byte is wrong, so that the library that reads it panics.
fn panicking() -> Vec<u8> {
    let labels: DictionaryArray<Int32Type> = (0..64).map(|row| ["0", "1"][row % 2]).collect();
    let labels = Arc::new(labels) as ArrayRef;
    let batch = RecordBatch::try_from_iter([("y", Arc::clone(&labels)), ("p", labels)]).unwrap();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    let whole = writer.into_inner().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = ProjectFile { path: "p.arrow".into(), on_disk: folder.path().join("p.arrow") };
    let wanted = [Wanted { column: "y".into(), kind: Kind::Label }];
    let (_hand, interrupt) = Interrupt::channel();
    let breaks_off = |bytes: &[u8]| {
        fs::write(&file.on_disk, bytes).unwrap();
        let read = fold(std::slice::from_ref(&file), &wanted, 9, &interrupt, drop, |()| ()).unwrap();
        read.is_err_and(|findings| findings[0].message.contains("reading it broke off"))
    };
    let damaged = (0..whole.len()).flat_map(|at| [0x80_u8, 0x01, 0x10].map(|wrong| (at, wrong)));
    let mut damaged = damaged.map(|(at, wrong)| {
        let mut bytes = whole.clone();
        bytes[at] ^= wrong;
        bytes
    });
    damaged.find(|bytes| breaks_off(bytes)).expect("a file that makes it panic")
}

#[test]
fn a_panic_that_becomes_a_finding_is_not_printed() {
    let project = project("  predictions: { path: predictions.arrow, truth: y, predicted: p }", RULES);
    project.file("broken.bin", panicking());
    project.file("evaluate.sh", "cp broken.bin predictions.arrow");
    let (said, record) = run(&project, 11);
    assert!(found(&record, "evaluate").contains("reading it broke off"), "{}", found(&record, "evaluate"));
    assert!(!said.err.contains("panicked at"), "{}", said.err);
}

#[test]
fn predictions_that_are_gone_are_compared_unpaired_and_it_says_so() {
    let project = predicted(RULES);
    run(&project, 0);
    retrain(&project, "0.51");
    fs::remove_dir_all(project.path().join(".modelgate/cache")).unwrap();
    let (_, record) = run(&project, 0);
    assert_eq!(pairing(&record)["by"], "unpaired");
    let why = "the baseline's predictions are not to be had: the cache does not hold predictions.csv, and on this \
               machine only the cache keeps what runs made";
    assert_eq!(pairing(&record)["why"], why);
    assert!(found(&record, "gate").starts_with("compared-unpaired: "), "{}", found(&record, "gate"));
    assert!(found(&record, "gate").ends_with(why));
}

/// The first model's bundle and record beside the project, and a second model whose cache does not know the first.
fn with_bundle(baseline: &str) -> Project {
    let project = predicted("  rules: { accuracy: { min: 0.8 } }");
    run(&project, 0);
    for name in ["bundle.zip", "run.json"] {
        fs::create_dir_all(project.path().join("../prod")).unwrap();
        fs::copy(project.path().join(".modelgate").join(name), project.path().join("../prod").join(name))
            .unwrap();
    }
    fs::remove_dir_all(project.path().join(".modelgate")).unwrap();
    project.replace("modelgate.yml", "gate:\n", &format!("gate:\n  baseline: {baseline}\n"));
    project.replace("modelgate.yml", "min: 0.8", "min: 0.8, max-drop: 0.02");
    retrain(&project, "0.51");
    project
}

#[test]
fn a_bundle_is_a_baseline_with_its_predictions() {
    for baseline in ["../prod/bundle.zip", "../prod/run.json"] {
        let project = with_bundle(baseline);
        let (_, record) = run(&project, 0);
        assert_eq!(record["baseline"]["from"], baseline);
        assert_eq!(pairing(&record), &json!({ "by": "id" }), "{}", found(&record, "gate"));
    }
}

#[test]
fn a_record_without_its_bundle_is_compared_unpaired() {
    let project = with_bundle("../prod/run.json");
    fs::remove_file(project.path().join("../prod/bundle.zip")).unwrap();
    let (_, record) = run(&project, 0);
    let why = pairing(&record)["why"].as_str().unwrap();
    assert!(why.ends_with("and there is no bundle.zip beside ../prod/run.json"), "{why}");
}

#[test]
fn a_bundle_that_was_changed_is_no_baseline() {
    let project = with_bundle("../prod/bundle.zip");
    let path = project.path().join("../prod/bundle.zip");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (said, record) = run(&project, 1);
    assert_eq!(record["conclusion"], "faulted");
    assert!(said.out.contains("failed to read the baseline ../prod/bundle.zip"), "{}", said.out);
}

#[test]
fn a_metrics_file_that_says_another_number_fails_the_step() {
    let both = format!("  metrics: metrics.json\n  predictions: {PREDICTIONS}");
    let project = project(&both, "  rules: { accuracy: { min: 0.8 } }");
    project
        .file("evaluate.sh", format!("{EVALUATE}echo '{{\"accuracy\": 0.95, \"ms\": 3}}' > metrics.json\n"));
    let (_, record) = run(&project, 11);
    let said = "metric-contradicted: metrics.json says that accuracy is 0.95, and the predictions in predictions.csv \
                come to 0.9";
    assert_eq!(found(&record, "evaluate"), said);
    project
        .file("evaluate.sh", format!("{EVALUATE}echo '{{\"accuracy\": 0.9, \"ms\": 3}}' > metrics.json\n"));
    let (_, record) = run(&project, 0);
    let because = step(&record, "evaluate")["because"].as_str().unwrap();
    assert!(
        because.ends_with(" of 400 rows in predictions.csv, and 2 metrics from metrics.json"),
        "{because}"
    );
    assert_eq!(step(&record, "evaluate")["evidence"]["metrics"]["ms"], 3.0);
}

#[test]
fn a_column_that_is_not_there_fails_the_step() {
    let project = predicted("  rules: { accuracy: { min: 0.8 } }");
    project.replace("modelgate.yml", "score: p", "score: probability");
    let (_, record) = run(&project, 11);
    assert!(found(&record, "evaluate").contains("probability"), "{}", found(&record, "evaluate"));
}

#[test]
fn predictions_from_before_are_not_believed() {
    let project = predicted("  rules: { accuracy: { min: 0.8 } }");
    project.file("predictions.csv", "id,region,y,y_hat,p\nr1,north,1,1,0.9\n");
    project.file("evaluate.sh", "true\n");
    let (_, record) = run(&project, 11);
    assert!(found(&record, "evaluate").starts_with("output-stale: "), "{}", found(&record, "evaluate"));
}

/// A rule about a metric that nobody asked for before compares all the same: the baseline's rows are there.
#[test]
fn what_the_baseline_was_not_measured_by_is_measured_of_its_predictions() {
    let columns =
        "{ path: predictions.csv, truth: y, predicted: y_hat, score: p, id: id, metrics: [roc_auc] }";
    let project = project(&format!("  predictions: {columns}"), "  rules: { roc_auc: { min: 0.5 } }");
    let (_, record) = run(&project, 0);
    assert_eq!(step(&record, "evaluate")["evidence"]["metrics"]["accuracy"], Value::Null);
    project.replace("modelgate.yml", "metrics: [roc_auc]", "metrics: [roc_auc, accuracy]");
    project.replace("modelgate.yml", "roc_auc: { min: 0.5 }", "accuracy: { max-drop: 0.02 }");
    retrain(&project, "0.8");
    let (_, record) = run(&project, 10);
    assert!(found(&record, "gate").contains("baseline-completed: "), "{}", found(&record, "gate"));
    near(&record["baseline"]["metrics"]["accuracy"], 0.9);
    assert_eq!(record["verdict"]["rows"][0]["outcome"], "fail", "{}", record["verdict"]);
}

/// An evaluation whose number depends on the seed.
const SEEDED: &str = "echo \"{\\\"score\\\": 0.$((7 + ${MODELGATE_SEED:-0}))}\" > metrics.json\n";

#[test]
fn repeats_are_judged_by_their_mean() {
    let project = project("  metrics: metrics.json\n  repeats: 3", "  rules: { score: { min: 0.75 } }");
    project.file("evaluate.sh", SEEDED);
    let (_, record) = run(&project, 0);
    let evaluate = step(&record, "evaluate");
    let evidence = &evaluate["evidence"];
    near(&evidence["metrics"]["score"], 0.8);
    let repeats: Vec<(u64, f64)> = evidence["repeats"]
        .as_array()
        .unwrap()
        .iter()
        .map(|repeat| (repeat["seed"].as_u64().unwrap(), repeat["metrics"]["score"].as_f64().unwrap()))
        .collect();
    assert_eq!(repeats, [(0, 0.7), (1, 0.8), (2, 0.9)]);
    // scipy.stats.t.interval(0.95, 2, 0.8, 0.1 / 3**0.5) in scipy 1.15.3
    let interval = &evidence["means"]["score"]["interval"];
    assert!((interval[0].as_f64().unwrap() - 0.551_586_228_82).abs() < 1e-9, "{interval}");
    assert_eq!(evidence["means"]["score"]["method"], "repeats");
    let logs: Vec<&str> = evidence["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|command| command["log"].as_str().unwrap())
        .collect();
    assert_eq!(logs, ["logs/evaluate.log", "logs/evaluate-2.log", "logs/evaluate-3.log"]);
    let because = evaluate["because"].as_str().unwrap();
    assert!(because.contains("each the mean of 3 repeats; repeats always run"), "{because}");
    assert_eq!(found(&record, "evaluate"), "");
    let (_, again) = run(&project, 0);
    assert_eq!(step(&again, "evaluate")["outcome"], "passed", "repeats are never restored");
    let plan = project.modelgate(&["plan"]);
    assert!(plan.out.contains("it is measured 3 times"), "{}", plan.out);
}

#[test]
fn repeats_that_do_not_vary_are_a_warning_and_a_failing_one_ends_them() {
    let project = project("  metrics: metrics.json\n  repeats: 3", "  rules: { score: { min: 0.5 } }");
    project.file("evaluate.sh", "echo '{\"score\": 0.7}' > metrics.json\n");
    let (_, record) = run(&project, 0);
    assert!(found(&record, "evaluate").starts_with("repeats-identical: all 3 repeats "));
    project.file("evaluate.sh", format!("test $MODELGATE_SEED != 1\n{SEEDED}"));
    project.replace("evaluate.sh", "test", "set -e; test");
    let (_, record) = run(&project, 11);
    let evaluate = step(&record, "evaluate");
    assert_eq!(evaluate["because"], "repeat 2 of 3 (MODELGATE_SEED=1): «sh evaluate.sh» ended with exit 1");
    assert_eq!(evaluate["evidence"]["commands"].as_array().unwrap().len(), 2);
}

#[test]
fn without_repeats_there_is_no_seed() {
    let project = project("  metrics: metrics.json", "  rules: { score: { min: 0.5 } }");
    project.file(
        "evaluate.sh",
        "echo \"{\\\"score\\\": 0.7, \\\"seed\\\": \\\"${MODELGATE_SEED-none}\\\"}\" > metrics.json\n",
    );
    let (_, record) = run(&project, 0);
    assert_eq!(step(&record, "evaluate")["evidence"]["metrics"]["seed"], "none");
}

/// The project whose baseline is the model in `prod`, measured again; what the first run recorded is another.
fn remeasured(model: &str) -> Project {
    let evaluate = format!("  predictions: {PREDICTIONS}\n  baseline-model: {model}");
    project(&evaluate, "  without-baseline: pass\n  rules: { accuracy: { min: 0.5, max-drop: 0.02 } }")
}

/// The candidate's files with their content, which must not change whatever happens.
fn outputs(project: &Project) -> [String; 2] {
    ["model.bin", "predictions.csv"].map(|name| project.read(name))
}

#[test]
fn the_production_model_is_measured_in_the_place_of_the_candidate() {
    for model in ["prod/model.bin", "prod"] {
        let project = remeasured(model);
        project.file("prod/model.bin", "0.6\n");
        let (_, record) = run(&project, 0);
        near(&record["baseline"]["metrics"]["accuracy"], 0.82);
        assert_eq!(record["baseline"]["from"], model);
        assert_eq!(pairing(&record), &json!({ "by": "id" }), "{}", found(&record, "gate"));
        near(&record["baseline"]["comparison"]["changes"]["accuracy"]["value"], 0.08);
        assert!(found(&record, "gate").starts_with("baseline-evaluated: the baseline's model, prod"));
        let commands = step(&record, "gate")["evidence"]["commands"].as_array().unwrap();
        assert_eq!(commands[0]["log"], "logs/evaluate-2.log");
        assert_eq!(project.read("model.bin"), "0.5\n");
        assert!(!project.exists(".modelgate/aside") && !project.exists(".modelgate/baseline"));
        assert_eq!(project.modelgate(&["verify"]).code, 0, "the bundle holds the candidate's");
        // A candidate that is worse than what serves is found out, whatever was recorded.
        retrain(&project, "0.65");
        let (_, record) = run(&project, 10);
        assert_eq!(record["conclusion"], "rejected");
    }
}

#[test]
fn the_kept_model_of_the_baseline_is_measured_on_todays_data() {
    let project = remeasured("true");
    let (_, first) = run(&project, 0);
    assert!(found(&first, "gate").starts_with("no-baseline: "));
    // The data changes, so that what was recorded of the first model is no longer comparable.
    let half: Vec<String> = data().lines().take(201).map(str::to_owned).collect();
    project.file("data.csv", half.join("\n") + "\n");
    retrain(&project, "0.51");
    let (_, record) = run(&project, 0);
    assert_eq!(record["baseline"]["predictions"]["rows"], 200);
    assert_eq!(pairing(&record), &json!({ "by": "id" }));
    assert_eq!(outputs(&project)[0], "0.51\n");
}

#[test]
fn a_model_that_is_not_to_be_had_decides_nothing() {
    let project = remeasured("prod/model.bin");
    let (_, record) = run(&project, 10);
    assert_eq!(record["conclusion"], "inconclusive");
    let said = found(&record, "gate");
    assert!(said.starts_with("baseline-not-evaluated: "), "{said}");
    assert!(said.contains("prod/model.bin cannot be read"), "{said}");
    let wondered = project.modelgate(&["gate", "--what-if", "accuracy.max-drop=1"]);
    assert_eq!(wondered.code, 10, "what-if knows no more than the run: {}", wondered.out);
}

#[test]
fn a_failing_command_leaves_the_candidate_as_it_was() {
    let project = remeasured("prod/model.bin");
    project.file("prod/model.bin", "0.6\n");
    project
        .file("evaluate.sh", format!("{EVALUATE}if grep -q 0.6 model.bin; then rm model.bin; exit 3; fi\n"));
    let (_, record) = run(&project, 10);
    assert_eq!(record["conclusion"], "inconclusive");
    assert!(
        found(&record, "gate").contains("«sh evaluate.sh» ended with exit 3"),
        "{}",
        found(&record, "gate")
    );
    assert_eq!(step(&record, "gate")["evidence"]["commands"][0]["ended"], "exit 3");
    assert_eq!(outputs(&project)[0], "0.5\n");
    assert_eq!(outputs(&project)[1].lines().count(), 401);
}

/// A project whose second evaluation, that of the other model, waits for the end of the test.
fn waiting() -> Project {
    let project = remeasured("prod/model.bin");
    project.file("prod/model.bin", "0.6\n");
    assert!(project.command("mkfifo").arg("../fifo").status().unwrap().success());
    let wait = "if grep -q 0.6 model.bin; then echo x > ../begun; read x < ../fifo; fi\n";
    project.file("evaluate.sh", format!("{EVALUATE}{wait}"));
    project
}

#[test]
fn an_interrupt_puts_the_candidate_back() {
    let project = waiting();
    let running = project.start(&["run"]);
    until("the other model is measured", || project.exists("../begun"));
    assert_eq!(project.read("model.bin"), "0.6\n");
    running.signal(Signal::TERM);
    assert_eq!(running.end().code, 143);
    assert_eq!(outputs(&project)[0], "0.5\n");
    assert_eq!(project.record()["conclusion"], "cancelled");
    assert!(!project.exists(".modelgate/aside"));
}

#[test]
fn after_a_kill_the_next_run_puts_the_candidate_back() {
    let project = waiting();
    let running = project.start(&["run"]);
    until("the other model is measured", || project.exists("../begun"));
    running.signal(Signal::KILL);
    running.end();
    assert_eq!(project.read("model.bin"), "0.6\n");
    // Nobody reads the pipe: the waiting shell is let go, so that it does not outlive the test.
    fs::write(project.path().join("../fifo"), "go\n").unwrap();
    project.file("evaluate.sh", EVALUATE);
    let said = project.modelgate(&["report"]);
    assert!(said.err.contains("are back in their places"), "{}", said.err);
    assert_eq!(outputs(&project)[0], "0.5\n");
    assert!(!project.exists(".modelgate/aside"));
    let (_, record) = run(&project, 0);
    assert_eq!(step(&record, "train")["outcome"], "restored");
    near(&record["baseline"]["comparison"]["changes"]["accuracy"]["value"], 0.08);
}

#[test]
fn a_record_cannot_put_other_files_into_the_project() {
    for path in ["evaluate.sh", "../escaped", ".git/hooks/post-commit"] {
        let project = with_bundle("../prod/run.json");
        project.replace("modelgate.yml", "  predictions:", "  baseline-model: true\n  predictions:");
        let text = project.read("../prod/run.json").replace("\"model.bin\"", &format!("\"{path}\""));
        project.file("../prod/run.json", text);
        let (_, record) = run(&project, 10);
        let said = found(&record, "gate");
        assert!(said.starts_with("baseline-not-evaluated: "), "{path}: {said}");
        assert_eq!(project.read("evaluate.sh"), EVALUATE);
        assert!(!project.exists("../escaped"));
    }
}

/// A run of the default branch on GitHub, and a pull request's on another machine, with this artifact of the first.
fn on_github(artifact: impl Fn(&Project) -> Vec<u8>) -> (Value, Vec<String>) {
    let project = predicted(RULES);
    let github = Fake::start();
    let job = |run: &str, event: &str, payload: Value| {
        let beside = project.path().parent().unwrap().to_owned();
        let path = beside.join("event.json");
        fs::write(&path, payload.to_string()).unwrap();
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", event),
            ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
            ("GITHUB_API_URL", &github.base),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "acme/churn"),
            ("GITHUB_RUN_ID", run),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_JOB", "model"),
            ("GITHUB_TOKEN", "the-token"),
        ];
        let said = project.modelgate_with(&["run"], &variables);
        assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    };
    let head = || project.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let repository = json!({ "full_name": "acme/churn", "default_branch": "main" });
    github.state().commits.insert(0, head());
    job("41", "push", json!({ "repository": repository }));
    let zip = artifact(&project);
    github.state().artifacts.push(Artifact { run: 41, name: "modelgate", expired: false, zip });
    fs::remove_dir_all(project.path().join(".modelgate")).unwrap();
    project.git(&["update-ref", "-d", "refs/modelgate/churn"]);
    project.git(&["switch", "--quiet", "--create", "topic"]);
    retrain(&project, "0.51");
    github.state().requests.clear();
    let pull = json!({ "number": 7, "head": { "sha": head(), "repo": { "full_name": "acme/churn" } } });
    job("42", "pull_request", json!({ "repository": repository, "pull_request": pull }));
    let kinds = github.state().kinds().into_iter().map(str::to_owned).collect();
    (project.record(), kinds)
}

fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_pull_request_gets_the_baselines_predictions_out_of_its_artifact() {
    let (record, kinds) = on_github(|project| {
        let bundle = fs::read(project.path().join(".modelgate/bundle.zip")).unwrap();
        zip(&[("run.json", b"{}".to_vec()), ("bundle.zip", bundle)])
    });
    assert_eq!(pairing(&record), &json!({ "by": "id" }), "{}", found(&record, "gate"));
    let artifacts: Vec<&String> = kinds.iter().filter(|kind| kind.contains("artifacts")).collect();
    assert_eq!(artifacts.len(), 2, "{kinds:?}");
}

#[test]
fn an_artifact_that_holds_other_bytes_is_not_believed() {
    let (record, _) = on_github(|_| zip(&[("outputs/predictions.csv", b"id,y,y_hat,p\n".to_vec())]));
    let why = pairing(&record)["why"].as_str().unwrap();
    let end = "the artifact «modelgate» of the run 41 does not hold predictions.csv as its run recorded it";
    assert!(why.ends_with(end), "{why}");
}
