//! The comment on the pull request: one for each model and workflow, written anew by every run.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::Trouble;
use super::{OwnApp, Remote, refused};
use crate::finding::Finding;
use crate::forge::marker::marker;
use crate::report::Report;
use crate::report::markdown::{self, Charts};

/// The code of the finding that says that there is no comment.
const UNPUBLISHED: &str = "comment-not-published";
/// The most bytes of a comment. GitHub counts characters, of which there are no more.
const LIMIT: usize = 65_536;
/// How many pages of a hundred comments are looked through.
const PAGES: usize = 30;
/// How many comments GitHub puts on a page.
const PAGE: usize = 100;
/// How often the comment is written, each time after a look for it.
const ROUNDS: u32 = 3;

#[derive(Debug, Deserialize)]
struct Comment {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    user: Option<User>,
}

#[derive(Debug, Deserialize)]
struct User {
    login: String,
    #[serde(default, rename = "type")]
    kind: String,
}

/// Writes it on the pull request `number`.
pub(super) async fn put(
    remote: &Remote,
    number: u64,
    own: &OwnApp,
    report: &Report<'_>,
) -> Result<(), Finding> {
    let marker = marker(report.record.model.as_str(), &remote.workflow);
    let page = markdown::within(report, Charts::Mermaid, LIMIT - marker.len() - 2);
    let body = json!({ "body": format!("{marker}\n\n{page}") });
    let put = write(remote, number, own, &marker, &body).await;
    put.map_err(|trouble| {
        let doing = format!("comment on the pull request {number}");
        refused(UNPUBLISHED, &trouble, &doing, remote)
    })
}

async fn write(
    remote: &Remote,
    number: u64,
    own: &OwnApp,
    marker: &str,
    body: &Value,
) -> Result<(), Trouble> {
    let api = &remote.api;
    let mut tries = 1;
    loop {
        if let Some(id) = find(remote, number, own, marker).await? {
            let path = api.path(&format!("issues/comments/{id}"));
            return api.rewrite::<Value>(&Method::PATCH, &path, body).await.map(drop);
        }
        let path = api.path(&format!("issues/{number}/comments"));
        match api.write::<Value>(&Method::POST, &path, body).await {
            // It may be there: the next round looks.
            Err(Trouble::Unsure(_) | Trouble::Garbled(_)) if tries < ROUNDS => {}
            answer => return answer.map(drop),
        }
        api.pause(tries).await;
        tries += 1;
    }
}

/// Our own comment of before. What others have written is never touched, whatever it begins with.
async fn find(remote: &Remote, number: u64, own: &OwnApp, marker: &str) -> Result<Option<u64>, Trouble> {
    let login = own.login();
    for page in 1..=PAGES {
        let path = remote.api.path(&format!("issues/{number}/comments?per_page={PAGE}&page={page}"));
        let comments: Vec<Comment> = remote.api.get(&path).await?;
        let count = comments.len();
        if let Some(comment) = comments.into_iter().find(|comment| is_ours(comment, &login, marker)) {
            return Ok(Some(comment.id));
        }
        if count < PAGE {
            break;
        }
    }
    Ok(None)
}

fn is_ours(comment: &Comment, login: &str, marker: &str) -> bool {
    comment.user.as_ref().is_some_and(|user| user.kind == "Bot" && user.login == login)
        && comment.body.as_ref().is_some_and(|body| body.starts_with(marker))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn comment(login: &str, kind: &str, body: &str) -> Comment {
        serde_json::from_value(json!({ "id": 1, "body": body, "user": { "login": login, "type": kind } }))
            .unwrap()
    }

    #[test]
    fn only_what_we_have_written_is_ours() {
        let marker = marker("churn", "ship");
        let body = format!("{marker}\n\n✅ approved");
        let ours = |comment: &Comment| is_ours(comment, "github-actions[bot]", &marker);
        assert!(ours(&comment("github-actions[bot]", "Bot", &body)));
        assert!(!ours(&comment("mallory", "User", &body)));
        assert!(!ours(&comment("other-app[bot]", "Bot", &body)));
        assert!(!ours(&comment("github-actions[bot]", "User", &body)));
        assert!(!ours(&comment("github-actions[bot]", "Bot", &format!("> {body}"))));
        let none = json!({ "id": 1, "body": null, "user": null });
        assert!(!ours(&serde_json::from_value(none).unwrap()));
    }
}
