//! Predictions that the latest run left behind, and what their columns mean by their names.

use super::folder::Folder;
use super::yaml::scalar;

/// Where predictions are. Parquet is not looked into: its columns are no text.
const USUAL: [&str; 8] = [
    "predictions.csv",
    "reports/predictions.csv",
    "results/predictions.csv",
    "outputs/predictions.csv",
    "data/predictions.csv",
    "predictions.tsv",
    "reports/predictions.tsv",
    "outputs/predictions.tsv",
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

fn line(path: &str, text: &str) -> Option<String> {
    let mut lines = text.lines();
    let header = lines.next()?;
    let separator = [',', ';', '\t'].into_iter().max_by_key(|c| header.matches(*c).count())?;
    let cells = |line: &str| -> Vec<String> {
        line.split(separator).map(|cell| cell.trim().trim_matches('"').to_owned()).collect()
    };
    let columns = cells(header);
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
    let is_regression =
        key == "predicted" && lines.take(ROWS).any(|row| cells(row).get(truth).is_some_and(is_fraction));
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
        for text in ["", "y\n", "a,b\n", "p,score\n"] {
            assert_eq!(told(text), "", "{text:?}");
        }
    }
}
