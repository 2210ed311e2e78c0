//! Commands as they are typed in this kind of project.

use std::ffi::OsStr;
use std::path::Path;

/// Managers of packages that start Python with the project's own: their lock file, and what stands in front.
const MANAGERS: [(&str, &str); 4] = [
    ("uv.lock", "uv run"),
    ("poetry.lock", "poetry run"),
    ("pdm.lock", "pdm run"),
    ("Pipfile.lock", "pipenv run"),
];

/// How programs of the project are started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Runner {
    manager: Option<&'static str>,
    python: &'static str,
}

impl Runner {
    /// By the lock files that the project has, and the programs that the machine has.
    pub fn of(has: impl Fn(&str) -> bool, path: Option<&OsStr>) -> Self {
        let manager = MANAGERS.iter().find(|(lock, _)| has(lock)).map(|(_, command)| *command);
        let only_python3 = !is_in_path(path, "python") && is_in_path(path, "python3");
        Self { manager, python: if only_python3 && manager.is_none() { "python3" } else { "python" } }
    }

    /// Python itself.
    pub fn python(&self) -> String {
        self.program(self.python)
    }

    /// A program that the project's packages bring.
    pub fn program(&self, command: &str) -> String {
        match self.manager {
            Some(manager) => format!("{manager} {command}"),
            None => command.to_owned(),
        }
    }

    /// A script: as a module where it belongs to a package, since its imports may be relative.
    pub fn script(&self, script: &Script) -> String {
        match &script.module {
            Some(module) => format!("{} -m {module}", self.python()),
            None => format!("{} {}", self.python(), shell_word(&script.path)),
        }
    }

    /// A command of somebody else, started as this project starts Python.
    pub fn adapt(&self, command: &str) -> String {
        match (self.manager, command.strip_prefix("python ")) {
            (Some(_), Some(_)) => self.program(command),
            _ => command.to_owned(),
        }
    }
}

/// A script of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub path: String,
    /// The dotted module, where it belongs to a package.
    pub module: Option<String>,
    /// The folder that its package is in; none for the project itself.
    pub source: Option<String>,
}

impl Script {
    /// The script at `path`; `is_package` tells whether a folder is a package.
    pub fn at(path: &str, is_package: impl Fn(&str) -> bool) -> Self {
        let mut script = Self { path: path.to_owned(), module: None, source: None };
        let Some((folder, _)) = path.rsplit_once('/').filter(|(folder, _)| is_package(folder)) else {
            return script;
        };
        let mut top = folder;
        while let Some((above, _)) = top.rsplit_once('/').filter(|(above, _)| is_package(above)) {
            top = above;
        }
        let source = top.rsplit_once('/').map(|(source, _)| source.to_owned());
        let inner = path.strip_suffix(".py").unwrap_or(path);
        let inner = source.as_ref().and_then(|source| inner.strip_prefix(source)).unwrap_or(inner);
        let names: Vec<&str> = inner.trim_start_matches('/').split('/').collect();
        let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if names.iter().all(is_name) {
            script.module = Some(names.join("."));
            script.source = source;
        }
        script
    }
}

/// A text as one word of a shell command.
pub(super) fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./=+@%,".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    // A path that begins with a dash would be taken for an option.
    let text = if text.starts_with('-') { format!("./{text}") } else { text.to_owned() };
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn is_in_path(path: Option<&OsStr>, program: &str) -> bool {
    let has =
        |folder: &Path| folder.join(program).is_file() || folder.join(format!("{program}.exe")).is_file();
    path.is_some_and(|path| std::env::split_paths(path).any(|folder| has(&folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_of_a_package_is_a_module() {
        let package = |folder: &str| ["src/churn", "src/churn/steps", "lib"].contains(&folder);
        let at = |path| {
            let script = Script::at(path, package);
            (script.module, script.source)
        };
        assert_eq!(at("src/churn/steps/train.py"), (Some("churn.steps.train".into()), Some("src".into())));
        assert_eq!(at("lib/train.py"), (Some("lib.train".into()), None));
        assert_eq!(at("lib/my train.py"), (None, None));
        assert_eq!(at("scripts/train.py"), (None, None));
        assert_eq!(at("train.py"), (None, None));
    }

    #[test]
    fn words_mean_only_themselves() {
        assert_eq!(shell_word("src/train.py"), "src/train.py");
        assert_eq!(shell_word("my $(rm).py"), "'my $(rm).py'");
        assert_eq!(shell_word("it's.py"), "'it'\\''s.py'");
        assert_eq!(shell_word("-c.py"), "'./-c.py'");
    }

    #[test]
    fn a_manager_starts_python() {
        let uv = Runner::of(|file| file == "uv.lock", None);
        assert_eq!(
            (uv.python(), uv.adapt("python a.py")),
            ("uv run python".into(), "uv run python a.py".into())
        );
        let none = Runner::of(|_| false, None);
        assert_eq!((none.python(), none.adapt("make x")), ("python".into(), "make x".into()));
    }
}
