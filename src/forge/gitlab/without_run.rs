//! The status of a run that does not take place, because modelgate.yml is invalid or because there is nothing to do. A
//! merge request that waits for a status that never comes would tell nobody why.

use super::Remote;
use super::status::{Board, Told};
use crate::config::Problem;
use crate::context::Context;
use crate::finding::Finding;

/// Shows `problems` on the commit; says so when it cannot. `name` is what the reader calls the file.
pub async fn refuse(remote: &Remote, context: &Context, problems: &[Problem], name: &str) -> Option<Finding> {
    let what = match problems {
        [one] => one.message.clone(),
        several => format!("{} problems", several.len()),
    };
    let description = format!("{name} is invalid: {what}");
    let told = Told { state: "failed", description: &description };
    post(remote, context, &told, &format!("show that {name} is invalid in")).await
}

/// Shows on the commit that there is nothing to do; says so when it cannot. `why` is a sentence without its end.
pub async fn nothing_to_do(remote: &Remote, context: &Context, why: &str) -> Option<Finding> {
    let description = format!("nothing to do: {why}");
    let told = Told { state: "success", description: &description };
    post(remote, context, &told, "show that there is nothing to do in").await
}

async fn post(remote: &Remote, context: &Context, told: &Told<'_>, doing: &str) -> Option<Finding> {
    let check = remote.check.as_deref()?;
    if let Some(finding) = remote.lacks_token() {
        return Some(finding);
    }
    match Board::of(remote, check, context) {
        Err(finding) => Some(finding),
        Ok(board) => board.tell(told, doing).await.err().map(|unopened| unopened.finding),
    }
}
