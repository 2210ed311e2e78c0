//! Pipelines, their jobs and artifacts, and deployments.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{JOB, Said, State, TRIGGER, answers, asked, decoded, is, not_found, unzipped, word, zipped};

/// A job of a pipeline.
#[derive(Clone)]
pub struct Job {
    pub id: u64,
    pub name: &'static str,
    pub pipeline: u64,
    pub status: &'static str,
    /// The files that it has kept.
    pub artifacts: Option<BTreeMap<String, Vec<u8>>>,
    /// Whether what it has kept is gone.
    pub expired: bool,
    pub is_retried: bool,
    pub is_tag: bool,
}

impl State {
    /// A pipeline that is there; the number of it.
    pub fn pipeline(&mut self, id: u64, reference: &str, sha: &str, source: &str) -> u64 {
        let pipeline = json!({ "id": id, "iid": id, "ref": reference, "sha": sha, "status": "success", "source": source });
        self.pipelines.push(answers::complete(&pipeline, "pipeline"));
        id
    }

    /// A job of that pipeline that was a success and has kept these files.
    pub fn job(&mut self, pipeline: u64, name: &'static str, files: &[(&str, &[u8])]) -> u64 {
        let id = 100 * pipeline + self.jobs.len() as u64;
        let files = files.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect();
        self.jobs.push(Job {
            id,
            name,
            pipeline,
            status: "success",
            artifacts: Some(files),
            expired: false,
            is_retried: false,
            is_tag: false,
        });
        id
    }

    /// A job of that pipeline that waits for a person.
    pub fn manual(&mut self, pipeline: u64, name: &'static str) -> u64 {
        let id = self.job(pipeline, name, &[]);
        let job = self.jobs.last_mut().expect("a job");
        (job.status, job.artifacts) = ("manual", None);
        id
    }

    pub(super) fn zip_of(&self, job: u64) -> Option<Vec<u8>> {
        let job = self.jobs.iter().find(|it| it.id == job && !it.expired)?;
        job.artifacts.as_ref().map(zipped)
    }

    pub(super) fn artifacts(&self, job: Option<u64>) -> Said {
        match job.and_then(|job| Some((job, self.zip_of(job)?))) {
            None => not_found(""),
            Some((job, _)) if self.is_stored => Said::Json(302, format!("/storage/{job}").into()),
            Some((_, zip)) => Said::Zip(zip),
        }
    }

    pub(super) fn file(&self, job: Option<u64>, path: &str) -> Said {
        let content = job.and_then(|job| unzipped(&self.zip_of(job)?, path));
        content.map_or_else(|| not_found(""), Said::Zip)
    }

    /// The job of that name in the latest pipeline of a branch or a tag that was a success.
    pub(super) fn latest(&self, reference: &str, name: &str) -> Option<u64> {
        let reference = decoded(reference);
        let fits = |it: &&Value| it["ref"] == reference.as_str() && it["status"] == "success";
        let pipeline = self.pipelines.iter().filter(fits).filter_map(|it| it["id"].as_u64()).max()?;
        let jobs = self.jobs.iter().filter(|it| it.pipeline == pipeline && it.name == name && !it.is_retried);
        jobs.map(|it| it.id).max()
    }

    fn shown(&self, job: &Job) -> Value {
        let found = self.pipelines.iter().find(|it| it["id"] == job.pipeline).expect("its pipeline");
        let mut shown = json!({ "id": job.id, "name": job.name, "status": job.status, "tag": job.is_tag,
            "ref": found["ref"], "pipeline": found });
        if job.artifacts.is_some() {
            shown["artifacts_expire_at"] = "2999-01-02T03:04:05.000Z".into();
        }
        if job.artifacts.is_some() && !job.expired {
            shown["artifacts_file"] = json!({ "filename": "artifacts.zip", "size": 1000 });
        }
        answers::complete(&shown, "job")
    }

    pub(super) fn take_of_pipelines(
        &mut self,
        method: &str,
        parts: &[&str],
        query: &str,
        body: &Value,
    ) -> Said {
        match (method, parts) {
            ("GET", ["pipelines"]) => {
                let is = |name: &str, it: &Value| {
                    asked(query, name).is_none_or(|value| it[name] == decoded(value).as_str())
                };
                let fits = |it: &&Value| ["ref", "sha", "status", "source"].iter().all(|name| is(name, it));
                let mut all: Vec<Value> = self.pipelines.iter().filter(fits).cloned().collect();
                all.sort_by_key(|it| std::cmp::Reverse(it["id"].as_u64()));
                Said::List(all)
            }
            ("GET", ["pipelines", id]) => {
                self.advance();
                let found = self.pipelines.iter().find(|it| is(it, id)).cloned();
                found.map_or_else(
                    || not_found(""),
                    |it| Said::Json(200, answers::complete(&it, "whole_pipeline")),
                )
            }
            ("GET", ["pipelines", id, "jobs"]) => {
                self.advance();
                let scope = asked(query, "scope[]").or_else(|| asked(query, "scope%5B%5D"));
                let retried = asked(query, "include_retried") == Some("true");
                let fits = |it: &&Job| {
                    id.parse() == Ok(it.pipeline)
                        && (retried || !it.is_retried)
                        && scope.is_none_or(|scope| scope == it.status)
                };
                let mut all: Vec<&Job> = self.jobs.iter().filter(fits).collect();
                all.sort_by_key(|it| std::cmp::Reverse(it.id));
                Said::List(all.into_iter().map(|it| self.shown(it)).collect())
            }
            ("GET", ["pipelines", id, "variables"]) => {
                let sent = self.triggered.iter().find(|(of, _)| id.parse() == Ok(*of));
                let sent = sent.and_then(|(_, body)| body["variables"].as_object());
                let all = sent.into_iter().flatten();
                Said::List(
                    all.map(|(key, value)| json!({ "variable_type": "env_var", "key": key, "value": value }))
                        .collect(),
                )
            }
            ("GET", ["jobs", id]) => {
                self.advance();
                let found = self.jobs.iter().find(|it| id.parse() == Ok(it.id));
                found.map_or_else(|| not_found(""), |it| Said::Json(200, self.shown(it)))
            }
            ("POST", ["pipeline"]) => self.create(body),
            ("POST", ["jobs", id, "retry"]) => self.retry(id),
            ("POST", ["jobs", id, "play"]) => {
                let Some(job) = self.jobs.iter_mut().find(|it| id.parse() == Ok(it.id)) else {
                    return not_found("");
                };
                if !["manual", "scheduled"].contains(&job.status) {
                    return Said::Json(400, json!({ "message": "400 Bad request - Unplayable Job" }));
                }
                job.status = "pending";
                let job = job.clone();
                self.triggered.push((job.id, body.clone()));
                Said::Json(200, self.shown(&job))
            }
            _ => not_found(""),
        }
    }

    /// Starts a pipeline with the token in the body.
    pub(super) fn trigger(&mut self, body: &Value) -> Said {
        if ![JOB, TRIGGER].contains(&word(body, "token")) {
            return not_found("");
        }
        if word(body, "ref") == "gone" {
            return Said::Json(400, json!({ "message": { "base": ["Reference not found"] } }));
        }
        let id = self.pipelines.iter().filter_map(|it| it["id"].as_u64()).max().unwrap_or(6999) + 1;
        let source = if word(body, "token") == JOB { "pipeline" } else { "trigger" };
        self.begin(id, body, source)
    }

    /// Starts a pipeline for whoever may do that without such a token.
    fn create(&mut self, body: &Value) -> Said {
        let id = self.pipelines.iter().filter_map(|it| it["id"].as_u64()).max().unwrap_or(6999) + 1;
        self.begin(id, body, "api")
    }

    fn begin(&mut self, id: u64, body: &Value, source: &str) -> Said {
        self.pipeline(id, word(body, "ref"), &"d".repeat(40), source);
        let started = self.pipelines.last_mut().expect("a pipeline");
        started["status"] = "created".into();
        started["created_at"] =
            humantime::format_rfc3339_millis(std::time::SystemTime::now()).to_string().into();
        started["web_url"] = format!("https://gitlab.example/acme/churn/-/pipelines/{id}").into();
        let started = answers::complete(started, "whole_pipeline");
        self.triggered.push((id, body.clone()));
        self.job(id, "ship", &[]);
        Said::Json(201, started)
    }

    /// Plays a job once more, with what it was given.
    fn retry(&mut self, id: &str) -> Said {
        let Some(job) = self.jobs.iter_mut().find(|it| id.parse() == Ok(it.id)) else { return not_found("") };
        job.is_retried = true;
        let given = self.triggered.iter().find(|(of, _)| id.parse() == Ok(*of)).map(|(_, body)| body.clone());
        let again = Job { id: job.id + 1000, status: "pending", is_retried: false, ..job.clone() };
        self.triggered.push((again.id, given.unwrap_or_default()));
        self.jobs.push(again.clone());
        Said::Json(201, self.shown(&again))
    }

    /// What is under way comes one step further with each look.
    fn advance(&mut self) {
        let ending = |nth: usize, endings: &std::collections::VecDeque<Option<&'static str>>| {
            endings.get(nth).copied().unwrap_or(Some("success"))
        };
        for (nth, (id, _)) in self.triggered.iter().enumerate() {
            if let Some(pipeline) = self.pipelines.iter_mut().find(|it| it["id"] == *id) {
                let next = match word(pipeline, "status") {
                    "created" => Some("running"),
                    "running" => ending(nth, &self.endings),
                    _ => None,
                };
                if let Some(next) = next {
                    pipeline["status"] = next.into();
                }
            }
            if let Some(job) = self.jobs.iter_mut().find(|it| it.id == *id) {
                job.status = match job.status {
                    "pending" => "running",
                    "running" => ending(nth, &self.endings).unwrap_or("running"),
                    other => other,
                };
            }
        }
    }

    /// A deployment that is there.
    pub fn deploy(&mut self, body: &Value) -> Value {
        let id = 40 + self.deployments.len() as u64;
        let made = json!({ "id": id, "iid": id, "ref": body["ref"], "sha": body["sha"], "status": body["status"],
            "environment": { "id": 9, "name": body["environment"], "slug": "x", "external_url": null },
            "deployable": null });
        let made = answers::complete(&made, "deployment");
        self.deployments.push(made.clone());
        made
    }

    pub(super) fn take_of_deployments(
        &mut self,
        method: &str,
        parts: &[&str],
        query: &str,
        body: &Value,
    ) -> Said {
        match (method, parts) {
            ("GET", ["deployments"]) => {
                let environment = asked(query, "environment").map(decoded);
                let status = asked(query, "status");
                let fits = |it: &&Value| {
                    environment.as_ref().is_none_or(|name| it["environment"]["name"] == name.as_str())
                        && status.is_none_or(|status| it["status"] == status)
                };
                let mut all: Vec<Value> = self.deployments.iter().filter(fits).cloned().collect();
                if asked(query, "sort") == Some("desc") {
                    all.reverse();
                }
                Said::List(all)
            }
            ("POST", ["deployments"]) => Said::Json(201, self.deploy(body)),
            ("GET", ["deployments", id]) => {
                let found = self.deployments.iter().find(|it| is(it, id)).cloned();
                found.map_or_else(|| not_found("Deployment"), |it| Said::Json(200, it))
            }
            ("PUT", ["deployments", id]) => {
                let Some(deployment) = self.deployments.iter_mut().find(|it| is(it, id)) else {
                    return not_found("Deployment");
                };
                let is_final = ["success", "failed", "canceled"].contains(&word(deployment, "status"));
                if is_final && deployment["status"] != body["status"] {
                    let why = "Cannot transition status";
                    return Said::Json(400, json!({ "message": { "status": [why] } }));
                }
                deployment["status"] = body["status"].clone();
                Said::Json(200, deployment.clone())
            }
            ("PUT", ["environments", id]) => {
                let url = body["external_url"].clone();
                let own = self.deployments.iter_mut().filter(|it| is(&it["environment"], id));
                own.for_each(|it| it["environment"]["external_url"] = url.clone());
                Said::Json(200, answers::complete(&json!({ "id": 9, "external_url": url }), "environment"))
            }
            ("GET", ["environments"]) => {
                let name = asked(query, "name").map(decoded);
                let mut names: Vec<&Value> = self.deployments.iter().map(|it| &it["environment"]).collect();
                names.dedup();
                let fits = |it: &&Value| name.as_ref().is_none_or(|name| it["name"] == name.as_str());
                Said::List(
                    names.into_iter().filter(fits).map(|it| answers::complete(it, "environment")).collect(),
                )
            }
            _ => not_found(""),
        }
    }
}
