//! What judges a model is not what it learned from, as far as the file alone tells.

use super::paths::{covers, normal};
use super::source::{KeyPath, Source};
use super::{Data, Evaluate, Train};
use crate::document::shown;

/// What files end with that say how something is done, and are no data to judge a model by.
const INSTRUCTIONS: [&str; 13] =
    ["py", "pyi", "ipynb", "r", "jl", "sh", "toml", "cfg", "ini", "yml", "yaml", "lock", "md"];

/// Whether an input of evaluate, a path or a glob, may be data that judges a model: it is neither code nor settings, and train
/// has not made it.
#[must_use]
pub fn may_judge(input: &str, made: &[String]) -> bool {
    let name = input.rsplit('/').next().unwrap_or(input);
    let is_instruction = name.rsplit_once('.').is_some_and(|(before, end)| {
        let end = end.to_ascii_lowercase();
        INSTRUCTIONS.contains(&end.as_str()) || (end == "txt" && before.starts_with("requirements"))
    });
    !is_instruction && !covers(made, input)
}

/// That evaluate names the training set by its path, and nothing else that could be data.
pub(super) fn is_not_trained_on(
    source: &mut Source<'_>,
    data: &Data,
    evaluate: &Evaluate,
    train: Option<&Train>,
) {
    let Some(leakage) = &data.leakage else { return };
    let names = |set: &str, input: &str| {
        data.set(set).is_some_and(|set| set.files.iter().any(|file| normal(file) == normal(input)))
    };
    let is_of_training = |input: &str| names(&leakage.train, input) && !names(&leakage.test, input);
    let made = train.map(|train| train.outputs.as_slice()).unwrap_or_default();
    if evaluate.inputs.iter().any(|input| !is_of_training(input) && may_judge(input, made)) {
        return;
    }
    for (path, input) in source.texts(&KeyPath::of(&["evaluate", "inputs"])) {
        if is_of_training(input) {
            let message = format!(
                "evaluate names no data but «{}», which is of the set «{}» that the model learns from",
                shown(input),
                leakage.train
            );
            let help = format!("name what judges the model: the files of the set «{}»", leakage.test);
            source.value(&path, message, help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_settings_and_what_train_made_judge_nothing() {
        let made = ["models".to_owned(), "*.bin".to_owned()];
        for input in
            ["evaluate.py", "src/**/*.py", "requirements-dev.txt", "a/b.YAML", "models/m.json", "m.bin"]
        {
            assert!(!may_judge(input, &made), "{input}");
        }
        for input in ["data/test.csv", "data", "test.txt", "*.parquet", "rows.json", ".", "py"] {
            assert!(may_judge(input, &made), "{input}");
        }
    }
}
