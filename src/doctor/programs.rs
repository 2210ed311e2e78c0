//! The programs that the commands start: are they there?

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::{Check, Patient, scripts};
use crate::config::{Command, Config};
use crate::document::shown;
use crate::engine::{child_variables, is_executable};
use crate::step::Step;

const NAME: &str = "programs";

/// Words that a shell knows itself.
const BUILTINS: [&str; 34] = [
    ".", ":", "[", "[[", "alias", "break", "case", "cd", "command", "declare", "do", "echo", "eval", "exec",
    "exit", "export", "false", "for", "function", "if", "local", "printf", "read", "return", "set", "shift",
    "source", "test", "time", "trap", "true", "until", "unset", "while",
];

pub(super) fn examine(patient: &Patient<'_>, config: &Config) -> Vec<Check> {
    let scripts = scripts(config);
    let mut checks = Vec::new();
    let mut wanted: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    let mut missing: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    for (step, script) in &scripts {
        let folder = patient.root.join(&script.working_directory);
        if !folder.is_dir() {
            let says =
                format!("the working directory of {step} is not there: {}", shown(&script.working_directory));
            checks.push(
                Check::broken("folder", says).help(format!("make it, or correct `{step}.working-directory`")),
            );
            continue;
        }
        let (variables, _) = child_variables(patient.variables, script);
        let path = variables.get(OsStr::new("PATH"));
        for program in script.commands.iter().filter_map(program) {
            let list = if find(program, path, &folder).is_some() { &mut wanted } else { &mut missing };
            let steps = list.entry(program.to_owned()).or_default();
            if !steps.contains(step) {
                steps.push(*step);
            }
        }
    }
    let uses_shell =
        scripts.iter().flat_map(|(_, script)| &script.commands).any(|c| matches!(c, Command::Shell(_)));
    let ours = patient.variables.get(OsStr::new("PATH"));
    if uses_shell && find("bash", ours, patient.root).is_none() {
        let says = "there is no bash, so shell commands run in sh: a command that fails within a pipe goes unnoticed";
        checks.push(Check::warning("shell", says).help("install bash"));
    }
    if !wanted.is_empty() {
        let names: Vec<String> = wanted.keys().map(|name| shown(name)).collect();
        checks.push(Check::fine(NAME, format!("found {}", names.join(", "))));
    }
    checks.extend(missing.iter().map(|(program, steps)| {
        let steps: Vec<&str> = steps.iter().map(|step| step.word()).collect();
        let says = format!("«{}» was not found; it is needed by {}", shown(program), steps.join(", "));
        Check::broken(NAME, says).help(remedy(program, ours, patient.root))
    }));
    checks
}

fn remedy(program: &str, path: Option<&OsString>, root: &Path) -> String {
    if program == "python" && find("python3", path, root).is_some() {
        return "there is a python3: activate the project's virtual environment, or write `python3`".into();
    }
    if program.contains('/') {
        return "check that it is there and that it may be executed: chmod +x FILE".into();
    }
    "install it, or activate the environment that has it: its folder must be in PATH".into()
}

/// The program that a command starts first, where that can be told without a shell.
fn program(command: &Command) -> Option<&str> {
    let text = match command {
        Command::Arguments(arguments) => return arguments.first().map(String::as_str),
        Command::Shell(text) => text,
    };
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let word = line.split_whitespace().find(|word| !is_assignment(word))?;
    // The assignments in front must be whole words too.
    let before = &line[..line.find(word)?];
    let plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || "_-./+@=:, ".contains(c));
    (plain(word) && plain(before) && !BUILTINS.contains(&word)).then_some(word)
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Where a program is: a name in PATH, a path relative to where the command runs.
fn find(program: &str, path: Option<&OsString>, folder: &Path) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(folder.join(program)).filter(|file| is_executable(file));
    }
    let folders = std::env::split_paths(path?).map(|entry| folder.join(entry));
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    folders.map(|entry| entry.join(&name)).find(|file| is_executable(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_program_is_told_where_it_can_be() {
        for (text, wanted) in [
            ("python train.py", Some("python")),
            ("  # first\n\n./train.sh | tee log", Some("./train.sh")),
            ("CUDA_VISIBLE_DEVICES=0 PYTHONPATH=src python -m x", Some("python")),
            ("$PYTHON train.py", None),
            ("\"my program\" x", None),
            ("LR=\"a b\" python x", None),
            ("cd src && python x", None),
            ("if true; then python x; fi", None),
            ("(python x)", None),
            ("A=1", None),
            ("", None),
        ] {
            assert_eq!(program(&Command::Shell(text.into())), wanted, "{text}");
        }
        assert_eq!(program(&Command::Arguments(vec!["a b".into(), "c".into()])), Some("a b"));
    }
}
