//! What the project says about itself: its name, its packages, its linters.

use super::folder::Folder;

/// The files that name packages, the most exact first.
const PACKAGES: [&str; 9] = [
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "requirements.txt",
    "environment.yml",
    "environment.yaml",
    "pyproject.toml",
    "setup.py",
];

/// The commands that install what such a file names. uv does so by itself when it runs something.
const INSTALL: [(&str, &[&str]); 7] = [
    ("uv.lock", &["pip install uv"]),
    ("poetry.lock", &["pip install poetry", "poetry install"]),
    ("pdm.lock", &["pip install pdm", "pdm install"]),
    ("Pipfile.lock", &["pip install pipenv", "pipenv install --deploy"]),
    ("requirements.txt", &["pip install --requirement requirements.txt"]),
    ("pyproject.toml", &["pip install ."]),
    ("setup.py", &["pip install ."]),
];

/// The commands that install the project's packages; none where nothing names them.
pub(super) fn install(folder: &Folder) -> Vec<String> {
    let commands = INSTALL.iter().find(|(file, _)| folder.has_file(file)).map(|(_, commands)| *commands);
    commands.unwrap_or_default().iter().map(|command| (*command).to_owned()).collect()
}

const ALL: [&str; 12] = [
    "pyproject.toml",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-test.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements/dev.txt",
    "requirements/test.txt",
    "setup.cfg",
    "setup.py",
    "environment.yml",
    "Pipfile",
];

/// A linter that a project may be configured for.
struct Linter {
    command: &'static str,
    /// Files of its own.
    files: &'static [&'static str],
    /// Its sections in files of many tools.
    sections: &'static [(&'static str, &'static str)],
}

const LINTERS: [Linter; 3] = [
    Linter {
        command: "ruff check --output-format=sarif .",
        files: &["ruff.toml", ".ruff.toml"],
        sections: &[("pyproject.toml", "[tool.ruff")],
    },
    Linter {
        command: "flake8",
        files: &[".flake8"],
        sections: &[("setup.cfg", "[flake8]"), ("tox.ini", "[flake8]")],
    },
    Linter {
        command: "mypy .",
        files: &["mypy.ini", ".mypy.ini"],
        sections: &[("pyproject.toml", "[tool.mypy"), ("setup.cfg", "[mypy]")],
    },
];

/// What the project says about itself.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// The name of the project.
    pub name: Option<String>,
    packages: String,
}

/// Reads what there is.
pub(super) fn read(folder: &Folder) -> Manifest {
    let texts: Vec<String> = ALL.iter().filter_map(|file| folder.text(file)).collect();
    let name = folder.text("pyproject.toml").and_then(|text| name(&text));
    Manifest { name, packages: texts.join("\n").to_lowercase() }
}

/// The file that the installed packages follow from.
pub(super) fn packages(folder: &Folder) -> Option<String> {
    PACKAGES.iter().find(|file| folder.has_file(file)).map(|file| (*file).to_owned())
}

impl Manifest {
    /// Whether a package is named.
    pub fn names(&self, package: &str) -> bool {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        self.packages.split(|c| !word(c)).any(|name| name == package)
    }

    /// The linters that are configured.
    pub fn linters(&self, folder: &Folder) -> Vec<&'static str> {
        let has_section = |file: &str, section: &str| {
            folder
                .text(file)
                .is_some_and(|text| text.lines().any(|line| line.trim_start().starts_with(section)))
        };
        let is_configured = |linter: &&Linter| {
            linter.files.iter().any(|file| folder.has_file(file))
                || linter.sections.iter().any(|(file, section)| has_section(file, section))
        };
        LINTERS.iter().filter(is_configured).map(|linter| linter.command).collect()
    }
}

/// The `name` of `[project]` or of `[tool.poetry]`.
fn name(pyproject: &str) -> Option<String> {
    let mut section = "";
    for line in pyproject.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if ["[project]", "[tool.poetry]"].contains(&section)
            && let Some(value) =
                line.strip_prefix("name").and_then(|rest| rest.trim_start().strip_prefix('='))
        {
            let value = value.trim();
            let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
            return value[1..].split(quote).next().filter(|name| !name.is_empty()).map(str::to_owned);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_project_s_and_no_tool_s() {
        assert_eq!(
            name("[tool.x]\nname = 'no'\n[project]\nname = \"churn\" # c\n").as_deref(),
            Some("churn")
        );
        assert_eq!(name("[tool.poetry]\nname='a'").as_deref(), Some("a"));
        assert_eq!(name("name = 'x'\n[project]\nnames = 'x'\nname = x\n"), None);
    }

    #[test]
    fn a_package_is_named_by_its_whole_name() {
        let manifest = |text: &str| Manifest { packages: text.into(), ..Manifest::default() };
        assert!(manifest("pytest==8.4").names("pytest"));
        assert!(manifest("dev = [\"pytest>=8\"]").names("pytest"));
        assert!(!manifest("pytest-cov").names("pytest"));
    }
}
