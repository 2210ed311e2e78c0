//! Which Python scripts of the project a shell command starts, where that can be told without a shell.

use super::dvc::from_folder;
use super::folder::Folder;

/// A script that a command starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Started {
    /// The file of the project.
    pub path: String,
    /// Folders in which Python looks for modules besides the script's own; empty for the project itself.
    pub search: Vec<String>,
    /// What stands after it.
    pub arguments: Vec<String>,
}

/// Programs that run no code of the project and read none of its data.
const HARMLESS: [&str; 9] = ["mkdir", "echo", "rm", "true", "test", "set", "tee", "touch", "date"];

/// Programs that start others in an environment: `uv run python x.py`.
const MANAGERS: [&str; 4] = ["uv", "poetry", "pdm", "pipenv"];

/// The scripts that `command` starts, in order. None where it does anything that cannot be told.
pub(super) fn started(folder: &Folder, command: &str) -> Option<Vec<Started>> {
    let mut here = String::new();
    let mut exported = Vec::new();
    let mut scripts = Vec::new();
    for words in segments(command)? {
        let mut words = words.as_slice();
        let mut search = exported.clone();
        let is_export = words.first().is_some_and(|word| word == "export");
        words = if is_export { &words[1..] } else { words };
        while let Some((name, value)) = words.first().and_then(|word| assignment(word)) {
            if name == "PYTHONPATH" {
                search.extend(value.split(':').map(|path| within(&here, path)));
            }
            words = &words[1..];
        }
        let Some(program) = words.first() else {
            exported = search;
            continue;
        };
        if is_export {
            return None;
        }
        match program.as_str() {
            "cd" if words.len() == 2 && !words[1].starts_with(['/', '~', '-']) => {
                here = within(&here, &words[1]);
            }
            name if HARMLESS.contains(&name) => {}
            _ => scripts.push(script(folder, &here, search, words)?),
        }
    }
    Some(scripts)
}

fn script(folder: &Folder, here: &str, mut search: Vec<String>, words: &[String]) -> Option<Started> {
    let mut words = words;
    if let [manager, run, rest @ ..] = words
        && MANAGERS.contains(&manager.as_str())
        && run == "run"
    {
        words = rest;
    }
    let is_script = |word: &String| word.ends_with(".py") && !word.starts_with(['/', '~']);
    let (program, rest) = words.split_first()?;
    if is_script(program) {
        let path = within(here, program);
        return folder.has_file(&path).then(|| Started { path, search, arguments: rest.to_vec() });
    }
    if !is_python(program) {
        return None;
    }
    let options = rest.iter().take_while(|word| ["-u", "-O", "-B", "-s", "-E"].contains(&word.as_str()));
    let rest = &rest[options.count()..];
    match rest {
        [dash, module, arguments @ ..] if dash == "-m" => {
            search.push(here.to_owned());
            let inner = module.replace('.', "/");
            let files = search.iter().flat_map(|base| {
                let stem = within(base, &inner);
                [format!("{stem}.py"), format!("{stem}/__main__.py")]
            });
            let path = files.into_iter().find(|file| folder.has_file(file))?;
            Some(Started { path, search, arguments: arguments.to_vec() })
        }
        [path, arguments @ ..] if is_script(path) => {
            let path = within(here, path);
            folder.has_file(&path).then(|| Started { path, search, arguments: arguments.to_vec() })
        }
        _ => None,
    }
}

fn is_python(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or_default();
    name.strip_prefix("python").is_some_and(|end| end.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some((name, value))
}

/// A path that is named in the folder `here`, as the project names it.
fn within(here: &str, path: &str) -> String {
    from_folder(here, path.trim_end_matches('/'))
}

/// The simple commands of a shell command, as their words. None where only a shell can tell them.
fn segments(command: &str) -> Option<Vec<Vec<String>>> {
    let mut segments = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut chars = command.chars().peekable();
    // What stands after `>` is a file that it writes, not an argument.
    let mut redirects = false;
    while let Some(c) = chars.next() {
        let ends = c.is_whitespace() || matches!(c, ';' | '|') || (c == '&' && chars.peek() == Some(&'&'));
        if ends {
            if let (Some(word), Some(words)) = (word.take(), segments.last_mut()) {
                match std::mem::take(&mut redirects) {
                    true => {}
                    false => words.push(word),
                }
            }
            if c == '\n' || !c.is_whitespace() {
                segments.push(Vec::new());
            }
            if c == '&' {
                chars.next();
            }
            continue;
        }
        match c {
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '$' | '`' | '\\' => return None,
                        c => word.push(c),
                    }
                }
            }
            '\\' if chars.peek() == Some(&'\n') => drop(chars.next()),
            '\\' | '$' | '`' | '(' | ')' | '{' | '}' | '<' | '!' => return None,
            '#' if word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
            '>' => {
                let is_number = word.as_ref().is_some_and(|word| word.chars().all(|c| c.is_ascii_digit()));
                if let (Some(word), Some(words), false) = (word.take(), segments.last_mut(), is_number) {
                    words.push(word);
                }
                while chars.next_if(|c| matches!(c, '>' | '&' | ' ')).is_some() {}
                redirects = true;
            }
            // In the background.
            '&' => return None,
            c => word.get_or_insert_default().push(c),
        }
    }
    if let (Some(word), Some(words), false) = (word, segments.last_mut(), redirects) {
        words.push(word);
    }
    segments.retain(|words| !words.is_empty());
    Some(segments)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn told(command: &str) -> Option<Vec<String>> {
        let root = tempfile::tempdir().unwrap();
        for file in ["train.py", "src/train.py", "src/pkg/fit.py", "my code/t.py"] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let folder = Folder::open(root.path()).unwrap();
        Some(started(&folder, command)?.into_iter().map(|script| script.path).collect())
    }

    #[test]
    fn the_scripts_of_plain_commands_are_told() {
        for (command, wanted) in [
            ("python src/train.py --lr 0.1 data", &["src/train.py"][..]),
            ("uv run python3.12 -u ./train.py", &["train.py"]),
            ("cd 'my code' && python t.py", &["my code/t.py"]),
            ("cd src && python train.py && cd .. && python train.py", &["src/train.py", "train.py"]),
            ("PYTHONPATH=src python -m pkg.fit", &["src/pkg/fit.py"]),
            ("export PYTHONPATH=src\n.venv/bin/python -m pkg.fit 2>&1 | tee log", &["src/pkg/fit.py"]),
            ("mkdir -p models; python train.py > log.txt # x", &["train.py"]),
            ("./train.py", &["train.py"]),
            ("python \\\n  train.py", &["train.py"]),
            ("mkdir -p models", &[]),
        ] {
            assert_eq!(
                told(command).as_deref().map(|s| s.iter().map(String::as_str).collect::<Vec<_>>()),
                Some(wanted.to_vec()),
                "{command}"
            );
        }
    }

    #[test]
    fn what_only_a_shell_can_tell_is_not_guessed() {
        for command in [
            "bash train.sh",
            "python $SCRIPT",
            "python -c 'import x'",
            "python missing.py",
            "python -m pytest",
            "python",
            "cd /tmp && python train.py",
            "(python train.py)",
            "for x in a; do python train.py; done",
            "python train.py & wait",
            "python 'train.py",
            "python train.py `x`",
            "source .venv/bin/activate && python train.py",
        ] {
            assert_eq!(told(command), None, "{command}");
        }
    }
}
