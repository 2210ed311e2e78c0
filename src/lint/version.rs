//! Which Python the project is written for: the oldest version that it says it supports.

use std::path::Path;

use ruff_python_ast::PythonVersion;

use super::place::number;
use crate::finding::Finding;

const UNREADABLE: &str = "python-version-unreadable";

/// The version to check against, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The version.
    pub(super) version: PythonVersion,
    /// Such as `requires-python in pyproject.toml`; none when nobody says it.
    pub(super) declared: Option<&'static str>,
}

impl Target {
    /// When nobody says it: the newest version that the parser knows.
    pub(super) fn newest() -> Self {
        Self { version: PythonVersion::latest_preview(), declared: None }
    }
}

/// Reads the target version of the project in `root`, and what could not be read of it.
pub(super) fn target(root: &Path) -> (Target, Vec<Finding>) {
    let mut unreadable = Vec::new();
    let mut read = |name: &str| match std::fs::read_to_string(root.join(name)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            let message = format!("cannot read which Python the project is for: {error}");
            unreadable.push(
                Finding::warning(UNREADABLE, message)
                    .at_path(name)
                    .help("until then the newest syntax is allowed"),
            );
            String::new()
        }
    };
    let (pyproject, setup) = (read("pyproject.toml"), read("setup.cfg"));
    let (target, findings) = from_texts(&pyproject, &setup);
    unreadable.extend(findings);
    (target, unreadable)
}

/// As [`target`], over the texts of the two files.
fn from_texts(pyproject: &str, setup: &str) -> (Target, Vec<Finding>) {
    let sources = [
        (pyproject, "project", "requires-python", "requires-python in pyproject.toml", "pyproject.toml"),
        (pyproject, "tool.poetry.dependencies", "python", "python in pyproject.toml", "pyproject.toml"),
        (setup, "options", "python_requires", "python_requires in setup.cfg", "setup.cfg"),
    ];
    let mut findings = Vec::new();
    for (text, section, key, declared, file) in sources {
        let Some((line, written)) = value(text, section, key) else { continue };
        match lower_bound(written) {
            Some(Some((major, minor))) => {
                let version = PythonVersion { major, minor }.max(PythonVersion::lowest());
                return (Target { version, declared: Some(declared) }, findings);
            }
            Some(None) => return (Target::newest(), findings),
            None => findings.push(
                Finding::warning(
                    UNREADABLE,
                    format!("cannot read the Python version from {key} «{}»", written.escape_debug()),
                )
                .at_path(file)
                .at_line(number(line), None)
                .help("write it as >=3.10 or as >=3.10,<4; until then the newest syntax is allowed"),
            ),
        }
    }
    (Target::newest(), findings)
}

/// The line, from 1, and the text of a key in a section of a TOML or INI file.
///
/// One key of one section does not need a TOML parser: sections and such keys stand on lines of their own.
fn value<'a>(text: &'a str, section: &str, key: &str) -> Option<(usize, &'a str)> {
    let mut within = "";
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let line = line.trim();
        if let Some(head) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            within = head.trim();
            continue;
        }
        let Some((name, written)) = line.split_once('=') else { continue };
        let name = name.trim().trim_matches(['"', '\'']);
        let dotted = name.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'));
        if (within == section && name == key) || (within.is_empty() && dotted == Some(key)) {
            // An INI value may stand on the line below, further in.
            let below =
                lines.next_if(|(_, below)| written.trim().is_empty() && below.starts_with([' ', '\t']));
            let (index, written) = below.unwrap_or((index, written));
            return Some((index + 1, unquoted(written.trim())));
        }
    }
    None
}

fn unquoted(written: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = written.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or_default().trim();
        }
    }
    written.split(['#', ';']).next().unwrap_or_default().trim()
}

/// The oldest version that specifiers allow. The outer option is none when they cannot be read, the inner
/// one when they have no lower end.
fn lower_bound(specifiers: &str) -> Option<Option<(u8, u8)>> {
    let mut oldest = None;
    for alternative in specifiers.split("||") {
        let mut bound = None;
        for specifier in alternative.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            let digits = specifier.find(|c: char| !"<>=!~^ ".contains(c))?;
            let (operator, version) = specifier.split_at(digits);
            let version = version_of(version)?;
            match operator.trim() {
                ">=" | ">" | "~=" | "==" | "===" | "^" | "~" | "" => bound = bound.max(version),
                "<" | "<=" | "!=" => {}
                _ => return None,
            }
        }
        oldest = match oldest {
            None => Some(bound),
            Some(before) => Some(before.min(bound)),
        };
    }
    oldest
}

/// The first two numbers of a version; none of them in `*`. The outer option is none for what is no version.
fn version_of(text: &str) -> Option<Option<(u8, u8)>> {
    if text == "*" {
        return Some(None);
    }
    let mut parts = text.split('.');
    let major = parts.next()?.trim_start_matches('v').parse().ok()?;
    let minor = match parts.next() {
        None | Some("*") => 0,
        Some(minor) => leading_number(minor)?,
    };
    parts.all(|part| part == "*" || leading_number(part).is_some()).then_some(Some((major, minor)))
}

/// A number, whatever pre-release may follow it.
fn leading_number(text: &str) -> Option<u8> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let after = &text[end..];
    let pre_release = ["", "a", "b", "rc", "dev", "post"]
        .iter()
        .any(|word| after.trim_end_matches(|c: char| c.is_ascii_digit()) == *word);
    text[..end].parse().ok().filter(|_| pre_release)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_end_of_specifiers_is_the_target() {
        for (text, bound) in [
            (">=3.9,<4", Some((3, 9))),
            ("<4, >= 3.10", Some((3, 10))),
            ("~=3.10", Some((3, 10))),
            ("==3.11.*", Some((3, 11))),
            (">3.8.1", Some((3, 8))),
            (">=3", Some((3, 0))),
            (">=3.12.0rc1", Some((3, 12))),
            ("^3.9", Some((3, 9))),
            ("^3.9 || ^3.8", Some((3, 8))),
            (">=2.7,!=3.0.*,!=3.1.*", Some((2, 7))),
            ("<4", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(lower_bound(text), Some(bound), "{text}");
        }
        for text in [">=three", "=>3.9", "3.x", ">=3.999", "%%", ">="] {
            assert_eq!(lower_bound(text), None, "{text}");
        }
    }

    #[test]
    fn the_files_are_asked_in_order() {
        let pyproject = "[build-system]\nrequires = []\n[ project ] # us\nname = 'x'\nrequires-python = \">=3.9,<4\" # why\n";
        let setup = "[metadata]\nname = x\n[options]\npython_requires = >=3.8\n";
        let minor = |pyproject: &str, setup: &str| from_texts(pyproject, setup).0.version.minor;
        assert_eq!(minor(pyproject, setup), 9);
        assert_eq!(minor("", setup), 8);
        assert_eq!(minor("", "[options]\npython_requires =\n    >=3.9\n"), 9);
        assert_eq!(minor("project.requires-python = '>=3.11'\r\n", ""), 11);
        assert_eq!(minor("[tool.poetry.dependencies]\npython = \"^3.10\"\n", ""), 10);
        assert_eq!(minor("[project]\nrequires-python = \">=3.6\"\n", ""), 7, "no older one can be checked");
        assert_eq!(from_texts("", "").0, Target::newest());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_said() -> std::io::Result<()> {
        let root = tempfile::tempdir()?;
        assert_eq!(target(root.path()), (Target::newest(), Vec::new()));
        std::fs::write(root.path().join("pyproject.toml"), b"\xFF")?;
        std::fs::create_dir(root.path().join("setup.cfg"))?;
        let paths: Vec<_> = target(root.path()).1.into_iter().filter_map(|finding| finding.path).collect();
        assert_eq!(paths, ["pyproject.toml", "setup.cfg"]);
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        let (target, findings) = from_texts("[project]\n\nrequires-python = \">=three\"\n", "");
        assert_eq!(target, Target::newest());
        assert_eq!(findings.first().map(Finding::place).as_deref(), Some("pyproject.toml:3"));
    }
}
