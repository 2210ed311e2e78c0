//! Predictions that the latest run left behind, and what their columns mean by their names.

use serde_json::Value;

use super::folder::Folder;
use super::yaml::scalar;

/// Where predictions are. Parquet is not looked into: its columns are no text.
const USUAL: [&str; 14] = [
    "predictions.csv",
    "reports/predictions.csv",
    "results/predictions.csv",
    "outputs/predictions.csv",
    "data/predictions.csv",
    "predictions.tsv",
    "reports/predictions.tsv",
    "outputs/predictions.tsv",
    "predictions.jsonl",
    "reports/predictions.jsonl",
    "results/predictions.jsonl",
    "outputs/predictions.jsonl",
    "data/predictions.jsonl",
    "predictions.ndjson",
];

const TRUTH: [&str; 9] =
    ["y", "y_true", "label", "target", "truth", "actual", "true_label", "ground_truth", "expected"];
const PREDICTED: [&str; 7] =
    ["y_hat", "y_pred", "pred", "predicted", "prediction", "predicted_label", "yhat"];
const SCORE: [&str; 8] =
    ["p", "score", "proba", "probability", "prob", "y_score", "y_proba", "predicted_proba"];
const ID: [&str; 4] = ["id", "row_id", "sample_id", "customer_id"];

/// How many rows are looked at to tell numbers from classes.
const ROWS: usize = 200;

/// The key `predictions` on one line, for the file that is there and whose columns tell what they are.
pub(super) fn existing(folder: &Folder) -> Option<String> {
    USUAL.iter().find_map(|path| line(path, &folder.text(path)?))
}

/// The columns of a file, and the cells of some rows.
type Looked = (Vec<String>, Vec<Vec<String>>);

fn delimited(text: &str) -> Option<Looked> {
    let mut lines = text.lines();
    let header = lines.next()?;
    let separator = [',', ';', '\t'].into_iter().max_by_key(|c| header.matches(*c).count())?;
    let cells = |line: &str| -> Vec<String> {
        line.split(separator).map(|cell| cell.trim().trim_matches('"').to_owned()).collect()
    };
    Some((cells(header), lines.take(ROWS).map(cells).collect()))
}

fn json_lines(text: &str) -> Option<Looked> {
    // The last line may be one of which only a part was read.
    let objects = text.lines().take(ROWS).map_while(|line| serde_json::from_str(line).ok());
    let objects: Vec<serde_json::Map<String, Value>> = objects.collect();
    let columns: Vec<String> = objects.first()?.keys().cloned().collect();
    let cell = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let row = |object: &serde_json::Map<String, Value>| {
        columns.iter().map(|column| cell(object.get(column))).collect()
    };
    let rows = objects.iter().map(row).collect();
    Some((columns, rows))
}

fn line(path: &str, text: &str) -> Option<String> {
    let is_json = path.ends_with(".jsonl") || path.ends_with(".ndjson");
    let (columns, rows) = if is_json { json_lines(text)? } else { delimited(text)? };
    let named = |names: &[&str]| {
        names.iter().find_map(|name| columns.iter().position(|column| column.eq_ignore_ascii_case(name)))
    };
    let truth = named(&TRUTH)?;
    let (key, what) = match (named(&SCORE), named(&PREDICTED)) {
        (Some(score), _) => ("score", score),
        (None, Some(predicted)) => ("predicted", predicted),
        (None, None) => return None,
    };
    // Labels are hardly ever fractions.
    let is_fraction =
        |cell: &String| cell.contains('.') && cell.parse::<f64>().is_ok_and(|it| it.fract() != 0.0);
    let is_regression = key == "predicted" && rows.iter().any(|row| row.get(truth).is_some_and(is_fraction));
    let mut keys = vec![format!("path: {}", scalar(path))];
    keys.push(format!("truth: {}", scalar(&columns[truth])));
    keys.push(format!("{key}: {}", scalar(&columns[what])));
    keys.extend(named(&ID).map(|id| format!("id: {}", scalar(&columns[id]))));
    keys.extend(is_regression.then(|| "task: regression".to_owned()));
    Some(format!("predictions: {{ {} }}", keys.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_told_by_their_names() {
        let told = |text: &str| line("predictions.csv", text).unwrap_or_default();
        assert_eq!(
            told("id,y,p\n1,0,0.25\n"),
            "predictions: { path: predictions.csv, truth: \"y\", score: p, id: id }"
        );
        assert_eq!(
            told("\"Target\";\"y_hat\"\n1;0\n"),
            "predictions: { path: predictions.csv, truth: Target, predicted: y_hat }"
        );
        assert_eq!(
            told("truth,predicted\n3,4\n2.5,2.25\n"),
            "predictions: { path: predictions.csv, truth: truth, predicted: predicted, task: regression }"
        );
        let told_lines = |text: &str| line("out/p.jsonl", text).unwrap_or_default();
        assert_eq!(
            told_lines("{\"id\": \"a\", \"p\": 0.25, \"y\": 1}\n{\"id\": \"b\", \"p\""),
            "predictions: { path: out/p.jsonl, truth: \"y\", score: p, id: id }"
        );
        assert_eq!(
            told_lines("{\"predicted\": 3, \"truth\": 2}\n{\"predicted\": 3, \"truth\": 2.5}\n"),
            "predictions: { path: out/p.jsonl, truth: truth, predicted: predicted, task: regression }"
        );
        assert_eq!(told_lines("truth,predicted\n1,2\n"), "");
        for text in ["", "y\n", "a,b\n", "p,score\n"] {
            assert_eq!(told(text), "", "{text:?}");
        }
    }
}
