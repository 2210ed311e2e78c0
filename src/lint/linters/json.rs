//! JSON: SARIF, and the own formats of ruff, pylint, mypy, pyright and GitLab, by their shape.

use serde_json::Value;

use super::located::Project;
use super::{Spotted, sarif};
use crate::finding::{Finding, Severity};

/// The JSON document at the start of `text`, and how long it is.
///
/// # Errors
/// Why it is none that is known.
pub(super) fn read(text: &str, project: &Project, tools: &[&str]) -> Result<(Vec<Finding>, usize), String> {
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = match documents.next() {
        Some(Ok(value)) => value,
        Some(Err(error)) => return Err(format!("not JSON: {error}")),
        None => return Err("empty".into()),
    };
    let findings = of(&value, project, tools)?;
    Ok((findings, documents.byte_offset()))
}

fn of(value: &Value, project: &Project, tools: &[&str]) -> Result<Vec<Finding>, String> {
    let unknown = || "JSON of a form that is not known; print SARIF instead".to_owned();
    match value {
        Value::Object(object) if object.get("runs").is_some_and(Value::is_array) => {
            Ok(sarif::findings(value, project))
        }
        Value::Object(object) => {
            if let Some(found) = object.get("generalDiagnostics") {
                return all(found, |one| pyright(one, tools), project).ok_or_else(unknown);
            }
            if object.contains_key("statistics")
                && let Some(found) = object.get("messages")
            {
                return all(found, pylint, project).ok_or_else(unknown);
            }
            one(value, tools).map(|spotted| vec![spotted.finding(project)]).ok_or_else(unknown)
        }
        Value::Array(_) => all(value, |value| one(value, tools), project).ok_or_else(unknown),
        _ => Err(unknown()),
    }
}

fn all<'a>(
    list: &'a Value,
    read: impl Fn(&'a Value) -> Option<Spotted<'a>>,
    project: &Project,
) -> Option<Vec<Finding>> {
    list.as_array()?.iter().map(|value| read(value).map(|spotted| spotted.finding(project))).collect()
}

/// One finding of a list or of a line, whosever it is.
fn one<'a>(value: &'a Value, tools: &[&str]) -> Option<Spotted<'a>> {
    ruff(value).or_else(|| pylint(value)).or_else(|| mypy(value)).or_else(|| gitlab(value, tools))
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn count(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer)?.as_u64()
}

fn ruff(value: &Value) -> Option<Spotted<'_>> {
    Some(Spotted {
        tool: "ruff",
        // Older versions give syntax errors no code at all.
        code: text(value, "code").unwrap_or("invalid-syntax"),
        severity: text(value, "severity").and_then(severity),
        message: text(value, "message")?,
        path: text(value, "filename")?.into(),
        line: count(value, "/location/row"),
        column: count(value, "/location/column"),
        help: value.pointer("/fix/message").and_then(Value::as_str).map(ToOwned::to_owned),
    })
}

fn pylint(value: &Value) -> Option<Spotted<'_>> {
    let id = text(value, "message-id").or_else(|| text(value, "messageId"))?;
    Some(Spotted {
        tool: "pylint",
        code: text(value, "symbol").unwrap_or(id),
        severity: text(value, "type").and_then(severity),
        message: text(value, "message")?,
        path: text(value, "path")?.into(),
        line: count(value, "/line"),
        column: from_zero(count(value, "/column")),
        help: None,
    })
}

fn mypy(value: &Value) -> Option<Spotted<'_>> {
    Some(Spotted {
        tool: "mypy",
        code: text(value, "code").unwrap_or("misc"),
        severity: text(value, "severity").and_then(severity),
        message: text(value, "message")?,
        path: text(value, "file")?.into(),
        line: count(value, "/line"),
        column: from_zero(count(value, "/column")),
        help: text(value, "hint").filter(|hint| !hint.is_empty()).map(ToOwned::to_owned),
    })
}

fn pyright<'a>(value: &'a Value, tools: &[&str]) -> Option<Spotted<'a>> {
    Some(Spotted {
        tool: if tools.contains(&"basedpyright") { "basedpyright" } else { "pyright" },
        code: text(value, "rule").unwrap_or("error"),
        severity: text(value, "severity").and_then(severity),
        message: text(value, "message")?,
        path: text(value, "file")?.into(),
        line: from_zero(count(value, "/range/start/line")),
        column: from_zero(count(value, "/range/start/character")),
        help: None,
    })
}

/// GitLab's code quality report, which several linters write; it does not name its linter.
fn gitlab<'a>(value: &'a Value, tools: &[&str]) -> Option<Spotted<'a>> {
    Some(Spotted {
        tool: tools
            .first()
            .and_then(|tool| super::KNOWN.into_iter().find(|known| known == tool))
            .unwrap_or("lint"),
        code: text(value, "check_name").unwrap_or_default(),
        severity: text(value, "severity").and_then(severity),
        message: description(value)?,
        path: value.pointer("/location/path")?.as_str()?.into(),
        line: count(value, "/location/lines/begin")
            .or_else(|| count(value, "/location/positions/begin/line")),
        column: count(value, "/location/positions/begin/column"),
        help: None,
    })
}

/// The description, without the code that some linters repeat in front.
fn description(value: &Value) -> Option<&str> {
    let description = text(value, "description")?;
    let code = text(value, "check_name").unwrap_or_default();
    Some(description.strip_prefix(code).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(description))
}

fn from_zero(number: Option<u64>) -> Option<u64> {
    number.map(|number| number.saturating_add(1))
}

/// The words that linters have for how much something weighs; none for others.
pub(super) fn severity(word: &str) -> Option<Severity> {
    match word.to_ascii_lowercase().as_str() {
        "error" | "fatal" | "major" | "critical" | "blocker" => Some(Severity::Error),
        "warning" | "minor" => Some(Severity::Warning),
        "note" | "none" | "info" | "information" | "notice" | "hint" | "refactor" | "convention" | "help" => {
            Some(Severity::Notice)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn ruff_json() {
        insta::assert_snapshot!(shown(include_str!("samples/ruff.json"), "ruff check --output-format json"));
        let lines = include_str!("samples/ruff.jsonl");
        insta::assert_snapshot!("ruff_json_lines", shown(lines, "ruff check --output-format json-lines"));
    }

    #[test]
    fn pylint_json() {
        insta::assert_snapshot!(shown(include_str!("samples/pylint.json"), "pylint -f json pkg"));
        let newer = include_str!("samples/pylint2.json");
        insta::assert_snapshot!("pylint_json2", shown(newer, "pylint -f json2 pkg"));
    }

    #[test]
    fn mypy_json() {
        insta::assert_snapshot!(shown(include_str!("samples/mypy.jsonl"), "mypy --output json pkg"));
    }

    #[test]
    fn gitlab_json() {
        insta::assert_snapshot!(shown(
            include_str!("samples/gitlab.json"),
            "ruff check --output-format gitlab"
        ));
    }

    #[test]
    fn pyright_json() {
        let output = r#"{"version": "1.1.400", "generalDiagnostics": [
            {"file": "/work/churn/a.py", "severity": "error", "message": "\"x\" is not defined",
             "range": {"start": {"line": 2, "character": 4}, "end": {"line": 2, "character": 5}},
             "rule": "reportUndefinedVariable"}], "summary": {"errorCount": 1}}"#;
        assert_eq!(
            shown(output, "pyright --outputjson"),
            "error   a.py:3:5 pyright/reportUndefinedVariable: \"x\" is not defined"
        );
    }
}
