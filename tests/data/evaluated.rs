//! What the model learned from does not judge it: what evaluate reads, and how many rows it predicts.

use super::{assert_said, codes};
use crate::common::{Project, customers};

/// A project that looks for leaks only, whose evaluate has these inputs.
fn reads(inputs: &str) -> Project {
    let project = Project::data();
    project.replace("modelgate.yml", ", live: data/live.csv", "");
    project.replace("modelgate.yml", "  drift: {}\n", "");
    project.replace("modelgate.yml", "inputs: [scores.json]", &format!("inputs: {inputs}"));
    project.file("evaluate.py", "print('no data')\n");
    project.file("requirements.txt", "scikit-learn==1.7.2\n");
    project
}

#[test]
fn a_training_set_that_evaluate_names_alone_is_a_mistake_of_the_file() {
    let project = reads("[evaluate.py, requirements.txt, ./data/train.csv]");
    let said = project.modelgate(&["check"]);
    let parts =
        ["modelgate.yml:12:43", "evaluate names no data but «./data/train.csv»", "files of the set «test»"];
    assert_said(&said, 3, &parts);
    // Where something else may be data, or nobody looks for leaks, nothing is certain.
    assert_said(&reads("[evaluate.py, more, data/train.csv]").modelgate(&["check"]), 0, &[]);
    let unasked = reads("[evaluate.py, data/train.csv]");
    unasked.replace("modelgate.yml", "  leakage: {}\n", "  drift: { current: test }\n");
    assert_said(&unasked.modelgate(&["check"]), 0, &[]);
}

#[test]
fn a_training_set_that_evaluate_reads_alone_is_an_error() {
    for (inputs, path) in [("[evaluate.py, 'data/tr*.csv']", "data/train.csv"), ("copies", "copies/some.csv")]
    {
        let project = reads(inputs);
        project.file("copies/some.csv", customers(1, 600));
        let said = project.modelgate(&["data"]);
        assert_said(&said, 11, &[path, "no data but that of the set «train»"]);
        assert_eq!(codes(&project), ["error data-evaluated-on-training"], "{inputs}");
    }
}

#[test]
fn a_training_set_among_other_data_is_a_warning_and_a_wide_pattern_is_none() {
    for inputs in [
        "[evaluate.py, data/train.csv, data/test.csv]",
        "[data/test.csv, 'data/tr*']",
        "[scores.json, 'c*/*']",
    ] {
        let project = reads(inputs);
        project.file("copies/some.csv", customers(1, 600));
        assert_eq!(project.modelgate(&["data"]).code, 0, "{inputs}");
        assert_eq!(codes(&project), ["warning data-evaluated-on-training"], "{inputs}");
    }
    for inputs in
        ["[evaluate.py, data/test.csv]", "[evaluate.py, 'data/*.csv']", "data", ".", "evaluate.py", "[]"]
    {
        let project = reads(inputs);
        assert_eq!(project.modelgate(&["data"]).code, 0, "{inputs}");
        assert_eq!(codes(&project), [""; 0], "{inputs}");
    }
}

#[test]
fn what_train_makes_of_the_data_is_no_data() {
    let project = reads("[evaluate.py, 'data/train.*', model.bin]");
    project.file("model.bin", "an older model");
    project.replace(
        "modelgate.yml",
        "evaluate:\n",
        "train: { run: cp data/train.csv model.bin, outputs: model.bin }\nevaluate:\n",
    );
    assert_eq!(project.modelgate(&["data"]).code, 11);
    assert_eq!(codes(&project), ["error data-evaluated-on-training"]);
}

#[test]
fn as_many_predictions_as_the_training_set_has_rows_are_a_warning() {
    for (rows, warnings) in [(600, 1), (300, 0), (299, 0)] {
        let project = reads("[data/test.csv]");
        let lines: String = (0..rows).map(|row| format!("{},{}\n", row % 2, (row + row / 10) % 2)).collect();
        project.file("made.csv", format!("truth,predicted\n{lines}"));
        project.replace(
            "modelgate.yml",
            "cp scores.json metrics.json",
            "cp scores.json metrics.json; cp made.csv predictions.csv",
        );
        let predictions = "  predictions: { path: predictions.csv, truth: truth, predicted: predicted }\n";
        project.replace(
            "modelgate.yml",
            "  metrics: metrics.json\n",
            &format!("  metrics: metrics.json\n{predictions}"),
        );
        project.modelgate(&["run"]);
        let record = project.record();
        let steps = record["steps"].as_array().unwrap();
        let evaluate = steps.iter().find(|step| step["step"] == "evaluate").unwrap();
        let findings = evaluate["findings"].as_array().unwrap();
        let told = findings.iter().filter(|finding| finding["code"] == "data-evaluated-on-training");
        assert_eq!(told.count(), warnings, "{rows}: {evaluate}");
    }
}
