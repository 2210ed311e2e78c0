//! SARIF 2.1, the one format that every linter could print.

use std::collections::HashMap;

use serde_json::Value;

use super::Spotted;
use super::json::severity;
use super::located::{Project, percent_decoded};
use crate::finding::{Finding, Severity};

/// The findings of a log. What it leaves out has the defaults of the standard.
pub(super) fn findings(log: &Value, project: &Project) -> Vec<Finding> {
    list(log, "runs").iter().flat_map(|run| of_run(run, project)).collect()
}

/// A rule: its id and the level that results have which give none.
struct Rule<'a> {
    id: &'a str,
    level: Option<&'a str>,
}

fn of_run(run: &Value, project: &Project) -> Vec<Finding> {
    let driver = run.pointer("/tool/driver");
    let tool = driver.and_then(|driver| text(driver, "name")).unwrap_or_default();
    let rules: Vec<Rule<'_>> =
        driver.map(|driver| list(driver, "rules")).unwrap_or_default().iter().map(rule).collect();
    let by_id: HashMap<&str, &Rule<'_>> = rules.iter().map(|rule| (rule.id, rule)).collect();
    let results = list(run, "results").iter().filter(|result| stands(result)).map(|result| {
        let index = result.get("ruleIndex").or_else(|| result.pointer("/rule/index")).and_then(Value::as_u64);
        let indexed = index.and_then(|index| rules.get(usize::try_from(index).ok()?));
        let id = text(result, "ruleId").or_else(|| result.pointer("/rule/id")?.as_str());
        let rule = id.and_then(|id| by_id.get(id).copied()).or(indexed);
        of_result(result, run, tool, id.or(rule.map(|rule| rule.id)), rule).finding(project)
    });
    results.chain(notifications(run, tool).map(|spotted| spotted.finding(project))).collect()
}

fn rule(rule: &Value) -> Rule<'_> {
    Rule {
        id: text(rule, "id").unwrap_or_default(),
        level: rule.pointer("/defaultConfiguration/level").and_then(Value::as_str),
    }
}

/// Whether a result is a complaint: not suppressed in the source, not gone since, and not about a pass.
fn stands(result: &Value) -> bool {
    let suppressed = list(result, "suppressions")
        .iter()
        .any(|suppression| !matches!(text(suppression, "status"), Some("underReview" | "rejected")));
    let gone = text(result, "baselineState") == Some("absent");
    let complains = matches!(text(result, "kind"), None | Some("fail" | "open" | "review"));
    !suppressed && !gone && complains
}

fn of_result<'a>(
    result: &'a Value,
    run: &'a Value,
    tool: &'a str,
    id: Option<&'a str>,
    rule: Option<&Rule<'a>>,
) -> Spotted<'a> {
    let level = text(result, "level").or_else(|| rule?.level);
    let physical = result.pointer("/locations/0/physicalLocation");
    let region = physical.and_then(|physical| physical.get("region"));
    let number = |key: &str| region?.get(key)?.as_u64();
    Spotted {
        tool,
        code: id.unwrap_or_default(),
        severity: Some(level.and_then(severity).unwrap_or(Severity::Warning)),
        message: message(result),
        path: physical.and_then(|physical| path(physical, run)).unwrap_or_default().into(),
        line: number("startLine"),
        column: number("startColumn").or_else(|| number("startLine").map(|_| 1)),
        help: result.pointer("/fixes/0/description/text").and_then(Value::as_str).map(ToOwned::to_owned),
    }
}

fn message(result: &Value) -> &str {
    let message = |key: &str| result.pointer("/message").and_then(|message| text(message, key));
    message("text").or_else(|| message("markdown")).or_else(|| message("id")).unwrap_or_default()
}

/// The path of a location; in `artifacts` of the run, where it is only numbered.
fn path(physical: &Value, run: &Value) -> Option<String> {
    let mut location = physical.get("artifactLocation")?;
    if location.get("uri").is_none() {
        let index = usize::try_from(location.get("index")?.as_u64()?).ok()?;
        location = list(run, "artifacts").get(index)?.get("location")?;
    }
    let mut path = text(location, "uri")?.to_owned();
    // A base may have a base; a handful is more than anybody writes, and ends a circle.
    for _ in 0..5 {
        let base = text(location, "uriBaseId").filter(|_| !path.contains(':'));
        let Some(base) = base.and_then(|id| run.get("originalUriBaseIds")?.get(id)) else { break };
        let Some(uri) = text(base, "uri") else { break };
        path = format!("{}/{path}", uri.trim_end_matches('/'));
        location = base;
    }
    Some(if path.starts_with("file:") { path } else { percent_decoded(&path) })
}

/// What a linter says about itself: that it could not run over everything is no clean result.
fn notifications<'a>(run: &'a Value, tool: &'a str) -> impl Iterator<Item = Spotted<'a>> {
    let invocations = list(run, "invocations").iter();
    let all = invocations.flat_map(|invocation| list(invocation, "toolExecutionNotifications"));
    all.filter(|note| text(note, "level") == Some("error")).map(move |note| Spotted {
        tool,
        code: note.pointer("/descriptor/id").and_then(Value::as_str).unwrap_or("notification"),
        severity: Some(Severity::Error),
        message: message(note),
        ..Spotted::default()
    })
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn ruff_sarif() {
        insta::assert_snapshot!(shown(
            include_str!("samples/ruff.sarif"),
            "ruff check --output-format sarif"
        ));
    }

    #[test]
    fn what_a_log_leaves_out_has_its_default() {
        let log = r#"{"version": "2.1.0", "runs": [{
          "tool": {"driver": {"name": "Bandit", "rules": [
            {"id": "B1", "defaultConfiguration": {"level": "error"}}, {"id": "B2"}]}},
          "originalUriBaseIds": {"SRC": {"uri": "src/", "uriBaseId": "ROOT"}, "ROOT": {"uri": "file:///work/churn/"}},
          "artifacts": [{"location": {"uri": "numbered.py"}}],
          "invocations": [{"executionSuccessful": false, "toolExecutionNotifications": [
            {"level": "error", "message": {"text": "could not parse z.py"}}]}],
          "results": [
            {"ruleId": "B1", "message": {"text": "from the rule"}, "locations": [{"physicalLocation":
              {"artifactLocation": {"uri": "a%20b.py", "uriBaseId": "SRC"}, "region": {"startLine": 3}}}]},
            {"ruleIndex": 1, "message": {"text": "a warning by default"}, "locations": [{"physicalLocation":
              {"artifactLocation": {"index": 0}, "region": {"startLine": 4, "startColumn": 2}}}]},
            {"ruleId": "B1", "level": "note", "message": {"text": "its own level"}},
            {"ruleId": "B1", "message": {"text": "elsewhere"}, "locations": [{"physicalLocation":
              {"artifactLocation": {"uri": "https://example.com/x.py"}}}]},
            {"ruleId": "B1", "kind": "pass", "message": {"text": "no complaint"}},
            {"ruleId": "B1", "suppressions": [{"kind": "inSource"}], "message": {"text": "suppressed"}},
            {"ruleId": "B1", "baselineState": "absent", "message": {"text": "gone"}},
            {}
          ]}]}"#;
        insta::assert_snapshot!(shown(log, "x"));
    }
}
