//! The note on the merge request: one for each model and job, written anew by every run.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::Trouble;
use super::{Remote, refused};
use crate::finding::Finding;
use crate::forge::marker::marker;
use crate::report::Report;
use crate::report::markdown::{self, Charts};

/// The code of the finding that says that there is no note.
const UNPUBLISHED: &str = "note-not-published";
/// The most bytes of a note. GitLab counts characters, of which there are no more.
const LIMIT: usize = 1_000_000;
/// How many pages of a hundred notes are looked through.
const PAGES: usize = 50;
/// How often the note is written, each time after a look for it.
const ROUNDS: u32 = 3;

#[derive(Debug, Deserialize)]
struct Note {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    author: Option<User>,
    #[serde(default)]
    system: bool,
}

#[derive(Debug, Deserialize)]
struct User {
    id: u64,
}

/// Who a token is of.
#[derive(Debug, Deserialize)]
struct Token {
    user_id: u64,
}

/// Writes it on the merge request `number`.
pub(super) async fn put(remote: &Remote, number: u64, report: &Report<'_>) -> Result<(), Finding> {
    let marker = marker(report.record.model.as_str(), &remote.job.name);
    // Half of the room, because what is made inert is longer.
    let page = inert(&markdown::within(report, Charts::Mermaid, LIMIT / 2 - marker.len()));
    let body = json!({ "body": format!("{marker}\n\n{page}") });
    let put = write(remote, number, &marker, &body).await;
    put.map_err(|trouble| {
        refused(UNPUBLISHED, &trouble, &format!("write a note on the merge request {number}"))
    })
}

/// The page without quick actions: GitLab does what a line says that begins with a slash, in our token's name.
fn inert(page: &str) -> String {
    page.lines()
        .map(|line| if line.starts_with('/') { format!(" {line}\n") } else { format!("{line}\n") })
        .collect()
}

async fn write(remote: &Remote, number: u64, marker: &str, body: &Value) -> Result<(), Trouble> {
    let api = &remote.api;
    let own: Token = api.get("/personal_access_tokens/self").await?;
    let notes = api.path(&format!("merge_requests/{number}/notes"));
    let mut tries = 1;
    loop {
        if let Some(id) = find(remote, &notes, own.user_id, marker).await? {
            return api.rewrite::<Value>(&Method::PUT, &format!("{notes}/{id}"), body).await.map(drop);
        }
        match api.write::<Value>(&Method::POST, &notes, body).await {
            // It may be there: the next round looks.
            Err(Trouble::Unsure(_) | Trouble::Garbled(_)) if tries < ROUNDS && !api.is_hurried() => {}
            answer => return answer.map(drop),
        }
        api.pause(tries).await;
        tries += 1;
    }
}

/// Our own note of before. What others have written is never touched, whatever it begins with.
async fn find(remote: &Remote, notes: &str, own: u64, marker: &str) -> Result<Option<u64>, Trouble> {
    let mut next = Some(format!("{notes}?per_page=100&order_by=created_at&sort=asc"));
    for _ in 0..PAGES {
        let Some(path) = next else { break };
        let (page, after): (Vec<Note>, _) = remote.api.page(&path).await?;
        if let Some(note) = page.into_iter().find(|note| is_ours(note, own, marker)) {
            return Ok(Some(note.id));
        }
        next = after;
    }
    Ok(None)
}

fn is_ours(note: &Note, own: u64, marker: &str) -> bool {
    note.author.as_ref().is_some_and(|author| author.id == own)
        && !note.system
        && note.body.as_ref().is_some_and(|body| body.starts_with(marker))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn no_line_is_an_order_to_gitlab() {
        assert_eq!(inert("a\n/merge\n\n /close\nb/c\r\n/approve"), "a\n /merge\n\n /close\nb/c\n /approve\n");
    }

    #[test]
    fn only_what_our_own_user_has_written_is_ours() {
        let marker = marker("churn", "gate");
        let body = format!("{marker}\n\n✅ approved");
        let note = |author: u64, system: bool, body: &str| -> Note {
            let note = json!({ "id": 1, "body": body, "author": { "id": author }, "system": system });
            serde_json::from_value(note).unwrap()
        };
        assert!(is_ours(&note(77, false, &body), 77, &marker));
        assert!(!is_ours(&note(78, false, &body), 77, &marker));
        assert!(!is_ours(&note(77, true, &body), 77, &marker));
        assert!(!is_ours(&note(77, false, &format!("> {body}")), 77, &marker));
        let none = serde_json::from_value(json!({ "id": 1, "body": null, "author": null })).unwrap();
        assert!(!is_ours(&none, 77, &marker));
    }
}
