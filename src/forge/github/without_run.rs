//! The check of a run that does not take place, because modelgate.yml is invalid or because there is nothing to do. A
//! pull request that waits for a check that never comes would tell nobody why.

use http::Method;
use serde_json::{Value, json};

use super::check::{BATCH, UNPUBLISHED};
use super::{Remote, refused};
use crate::config::{self, Problem};
use crate::context::Context;
use crate::finding::Finding;
use crate::report::markdown::{fenced_within, sentence};
use crate::report::text::clipped;

/// The most bytes of a summary.
const LIMIT: usize = 65_000;

/// Shows `problems` on the commit; says so when it cannot. `path` is the file's, from the root of the repository, and
/// `name` is what the reader calls it.
pub async fn refuse(
    remote: &Remote,
    context: &Context,
    problems: &[Problem],
    name: &str,
    path: Option<&str>,
) -> Option<Finding> {
    let shown = config::render(problems, name, false);
    let mut output = json!({
        "title": clipped(&format!("{name} is invalid: {}", counted(problems)), 250),
        "summary": fenced_within(&shown, LIMIT),
    });
    if let Some(path) = path {
        output["annotations"] =
            problems.iter().take(BATCH).map(|problem| annotation(problem, path)).collect();
    }
    post(remote, context, "failure", &output, &format!("show that {name} is invalid")).await
}

/// Shows on the commit that there is nothing to do; says so when it cannot. `why` is a sentence without its end.
pub async fn nothing_to_do(remote: &Remote, context: &Context, why: &str) -> Option<Finding> {
    let output = json!({ "title": "nothing to do", "summary": format!("➖ **nothing to do**: {}", sentence(why, 500)) });
    post(remote, context, "neutral", &output, "show that there is nothing to do").await
}

async fn post(
    remote: &Remote,
    context: &Context,
    conclusion: &str,
    output: &Value,
    doing: &str,
) -> Option<Finding> {
    let check = remote.check.as_deref()?;
    let sha = remote.event.head.as_ref().or_else(|| context.shown_commit())?;
    let mut body = json!({
        "name": check, "head_sha": sha.as_str(), "status": "completed", "conclusion": conclusion, "output": output,
    });
    if let Some(url) = context.url.as_deref() {
        body["details_url"] = url.into();
    }
    let path = remote.api.path("check-runs");
    let told = remote.api.write::<Value>(&Method::POST, &path, &body).await;
    told.err().map(|trouble| refused(UNPUBLISHED, &trouble, &format!("{doing} on {sha}"), remote))
}

fn counted(problems: &[Problem]) -> String {
    match problems {
        [one] => one.message.clone(),
        several => format!("{} problems", several.len()),
    }
}

fn annotation(problem: &Problem, path: &str) -> Value {
    let line = problem.place.map_or(1, |place| place.line);
    let help = problem.help.as_deref().map(|help| format!("\nhelp: {}", clipped(help, 1000)));
    let key = if problem.key.is_empty() { "modelgate.yml" } else { &problem.key };
    json!({
        "path": path, "start_line": line, "end_line": line, "annotation_level": "failure",
        "title": clipped(key, 200),
        "message": clipped(&problem.message, 1000) + &help.unwrap_or_default(),
    })
}
