//! What the fake leaves out of its answers, because no test asks for it.

use serde_json::{Value, json};

const TIME: &str = "2026-01-02T03:04:05.000Z";
const PAGE: &str = "https://gitlab.example/acme/churn";

/// Adds to an answer what GitLab says there is in it. What is there stays as it is.
pub fn complete(it: &Value, what: &str) -> Value {
    let mut whole = least(what);
    if let (Some(whole), Some(it)) = (whole.as_object_mut(), it.as_object()) {
        for (name, value) in it {
            whole.insert(name.clone(), value.clone());
        }
    }
    whole
}

/// A user with that number.
pub fn user(id: u64) -> Value {
    json!({ "id": id, "username": format!("user_{id}"), "name": format!("User {id}"), "state": "active",
        "locked": false, "avatar_url": null, "web_url": format!("https://gitlab.example/user_{id}") })
}

fn least(what: &str) -> Value {
    match what {
        "note" => {
            json!({ "id": 1, "type": null, "body": "", "attachment": null, "author": null, "created_at": TIME,
            "updated_at": TIME, "system": false, "noteable_id": 1, "noteable_type": "MergeRequest", "project_id": 7,
            "noteable_iid": 1, "resolvable": false, "confidential": false, "internal": false, "imported": false,
            "imported_from": "none" })
        }
        "status" => json!({ "id": 1, "sha": "", "ref": "", "status": "", "name": "", "target_url": null,
            "description": null, "created_at": TIME, "started_at": null, "finished_at": null, "allow_failure": false,
            "coverage": null, "pipeline_id": 1, "author": null }),
        "pipeline" => json!({ "id": 1, "iid": 1, "project_id": 7, "sha": "", "ref": "", "status": "success",
            "source": "push", "created_at": TIME, "updated_at": TIME, "web_url": format!("{PAGE}/-/pipelines/1") }),
        "whole_pipeline" => {
            let more = json!({ "before_sha": "0".repeat(40), "tag": false, "yaml_errors": null, "user": user(1),
                "started_at": null, "finished_at": null, "committed_at": null, "duration": null, "coverage": null,
                "queued_duration": null });
            merged(least("pipeline"), more)
        }
        "job" => {
            json!({ "id": 1, "status": "success", "stage": "test", "name": "", "ref": "main", "tag": false,
            "coverage": null, "allow_failure": false, "created_at": TIME, "started_at": TIME, "finished_at": TIME,
            "duration": 1.5, "queued_duration": 0.5, "user": user(1), "commit": least("commit"), "pipeline": null,
            "web_url": format!("{PAGE}/-/jobs/1"), "artifacts": [], "artifacts_expire_at": null, "tag_list": [],
            "runner": null })
        }
        "commit" => json!({ "id": "", "short_id": "", "title": "", "message": "", "author_name": "t",
            "author_email": "t@localhost", "created_at": TIME, "parent_ids": [], "web_url": format!("{PAGE}/-/commit/1") }),
        "deployment" => {
            json!({ "id": 1, "iid": 1, "ref": "main", "sha": "", "created_at": TIME, "updated_at": TIME,
            "status": "", "user": user(1), "environment": null, "deployable": null })
        }
        "environment" => json!({ "id": 9, "name": "", "slug": "x", "external_url": null, "created_at": TIME,
            "updated_at": TIME, "state": "available" }),
        "merge_request" => {
            json!({ "id": 9007, "iid": 7, "project_id": 7, "title": "A change", "state": "opened",
            "source_branch": "topic", "target_branch": "main", "source_project_id": 7, "target_project_id": 7,
            "sha": "0".repeat(40), "web_url": format!("{PAGE}/-/merge_requests/7") })
        }
        "diff" => json!({ "old_path": "", "new_path": "", "a_mode": "100644", "b_mode": "100644", "diff": "",
            "new_file": false, "renamed_file": false, "deleted_file": false }),
        "token" => json!({ "id": 1, "name": "modelgate", "revoked": false, "created_at": TIME, "scopes": [],
            "user_id": 1, "last_used_at": null, "active": true, "expires_at": null }),
        "project" => json!({ "id": 7, "name": "churn", "path": "churn", "path_with_namespace": "acme/churn",
            "default_branch": "main", "web_url": PAGE, "permissions": null }),
        _ => panic!("nothing is known of {what}"),
    }
}

fn merged(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}
