//! The decoder's mistakes as problems, each with a remedy.

use super::source::{KeyPath, Source};
use super::suggest;
use crate::document::{DecodeError, Trouble, shown};

/// Reports a mistake of the decoder's; `remedy` says what to do about a value of the wrong kind.
pub(crate) fn report(source: &mut Source<'_>, error: DecodeError, remedy: fn(&KeyPath) -> &'static str) {
    let path = KeyPath(error.path);
    match error.trouble {
        Trouble::UnknownKey(known) => {
            let key = path.last_key().to_owned();
            let help = suggest::help(&key, &known, "keys");
            source.key(&path, format!("unknown key «{}»", shown(&key)), help);
        }
        Trouble::UnknownWord(word, known) => {
            let help = suggest::help(&word, &known, "words");
            source.value(&path, format!("unknown word «{}»", shown(&word)), help);
        }
        Trouble::Other(message) => {
            let help = remedy(&path);
            source.value(&path, message, help);
        }
    }
}

/// What to do about a value of the wrong kind in modelgate.yml.
pub(super) fn remedy(path: &KeyPath) -> &'static str {
    if path.dotted().starts_with("gate.rules.") && path.0.len() == 3 {
        return "write bounds, such as `{ min: 0.85 }`";
    }
    match path.last_key() {
        "memory" if path.dotted() == "data.memory" => {
            "write at least 16MB, with its unit, such as `memory: 512MB`"
        }
        "memory" | "prune-cache" => "write a size with its unit, such as `2GB`",
        "version" => "write `version: 1`",
        "model" => "write a name, such as `model: churn`; one that looks like a number goes in quotes",
        "timeout" => "write a number and its unit, such as `90s`, `45m` or `2h 30m`",
        "run" => "write a command, such as `run: python train.py`, or a list of commands",
        "rules" => "write the metrics and what must hold of each, such as `accuracy: { min: 0.85 }`",
        "min" | "max" => "write a number, such as 0.85",
        "max-drop" | "max-rise" | "min-gain" => "write a number, such as 0.01, or a share, such as 2%",
        "confidence" => "write a fraction, such as 0.95",
        "env" => "write names and values, such as `env: { SEED: 42 }`",
        "inputs" | "outputs" | "metrics" | "junit" | "python" => {
            "write a path, or a list such as `[a, b]`; what looks like a number goes in quotes"
        }
        "secrets" => "write a name, or a list such as `[HF_TOKEN]`",
        "check" => "write a name, such as `model-metrics (churn)`, or `false`",
        "comment" | "deployment" | "wait" => "write `true` or `false`",
        "after" => "name another environment of `deploy`",
        "workflow" => "write the name of a file in .github/workflows, such as `deploy.yml`",
        "ref" => "write the name of a branch or tag, such as `main`",
        "project" => "write its path, such as `group/project`; a number goes in quotes",
        "token" => "write the name of the variable that holds it, such as `DEPLOY_TRIGGER_TOKEN`",
        "job" => "write the name of a manual job, such as `deploy-production`",
        "variables" => "write names and values, such as `variables: { REGION: eu }`",
        "lint" | "test" | "train" | "evaluate" | "gate" | "report" | "deploy" | "retrain" | "dispatch"
        | "trigger" | "play" => "write the keys of the section below it, indented",
        _ => "see docs/configuration.md for what may stand here",
    }
}
