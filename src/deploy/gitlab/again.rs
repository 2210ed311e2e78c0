//! Finds the pipeline that an earlier attempt has started, or this one, where nobody could say whether it did.

use serde::Deserialize;

use super::pipeline::Pipeline;
use super::seen::{course, seconds};
use crate::config::{Given, launch_variable};
use crate::deploy::target::{Attempt, Course, Past, Started};
use crate::forge::gitlab::api::encoded;
use crate::forge::rest::Trouble;

/// The inputs that tell one start from another.
const TELLING: [&str; 3] = ["environment", "approval", "reason"];

/// A pipeline in a list.
#[derive(Debug, Clone, Deserialize)]
struct Listed {
    id: u64,
    #[serde(default)]
    web_url: Option<String>,
    #[serde(default)]
    status: String,
    #[serde(default)]
    created_at: String,
    /// Its `workflow: name`, which may hold the approval.
    #[serde(default)]
    name: Option<String>,
}

/// Whose a pipeline is, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    Others,
    Anybodys,
}

impl Listed {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn started(&self) -> Started {
        Started { url: self.web_url.clone(), run: Some(self.id) }
    }
}

/// A variable of a pipeline.
#[derive(Debug, Clone, Deserialize)]
struct Variable {
    key: String,
    #[serde(default)]
    value: String,
}

impl Pipeline<'_> {
    /// The pipeline that an earlier attempt has started; none where there is none.
    pub(super) async fn earlier(&self, attempt: Attempt, past: &Past) -> Result<Option<Started>, String> {
        let reference = self.reference().await.map_err(|trouble| unseen(&trouble))?;
        self.find(&reference, attempt, past).await
    }

    /// The pipeline that has the approval in its name, and has not failed: an account of it may be lost, and what was
    /// delivered is not delivered twice. Who may not look finds none.
    pub(super) async fn named(&self, reference: &str, past: &Past) -> Option<Started> {
        self.value("approval")?;
        let listed = self.list(reference, past).await.ok()?;
        let is_named = |pipeline: &&Listed| self.by_name(pipeline.name()) == Whose::Ours;
        let is_good = |pipeline: &&Listed| !matches!(course(&pipeline.status), Course::Bad(_));
        listed.iter().filter(is_named).find(is_good).map(Listed::started)
    }

    /// The latest pipelines that were started as this one would be, without those that are known to be others.
    async fn list(&self, reference: &str, past: &Past) -> Result<Vec<Listed>, Trouble> {
        let reference = encoded(reference);
        let source = self.source();
        let path = format!("pipelines?ref={reference}&source={source}&order_by=id&sort=desc&per_page=20");
        let mut listed: Vec<Listed> = self.remote.api.get(&self.path(&path)).await?;
        listed.retain(|it| !past.runs.contains(&it.id) && self.remote.job.pipeline != Some(it.id));
        Ok(listed)
    }

    /// The pipeline that can be ours: one that is known to be, or the only one that has begun since then.
    pub(super) async fn find(
        &self,
        reference: &str,
        attempt: Attempt,
        past: &Past,
    ) -> Result<Option<Started>, String> {
        let since = attempt.since;
        let listed = self.list(reference, past).await.map_err(|trouble| unseen(&trouble))?;
        let mut anybodys = Vec::new();
        for pipeline in listed {
            // A time that cannot be read may be any.
            let created = seconds(&pipeline.created_at);
            if created.zip(since).is_some_and(|(created, since)| created < since) {
                continue;
            }
            match self.whose(&pipeline).await {
                Whose::Ours => return Ok(Some(pipeline.started())),
                Whose::Others => {}
                Whose::Anybodys => anybodys.push(pipeline),
            }
        }
        match (anybodys.len(), since) {
            (0, _) => Ok(None),
            (1, Some(_)) if attempt.is_ours => Ok(Some(anybodys.remove(0).started())),
            (1, Some(_)) => Err("a pipeline has begun since, and nobody can say for which approval".into()),
            (count, Some(_)) => Err(format!("{count} pipelines have begun since, and any may be it")),
            (_, None) => Err("an earlier attempt was stopped while it started it".into()),
        }
    }

    /// Whose it is, by its name, or else by its variables where we may see them.
    async fn whose(&self, pipeline: &Listed) -> Whose {
        let known = self.by_name(pipeline.name());
        if known != Whose::Anybodys || !self.has_variables() {
            return known;
        }
        let path = self.path(&format!("pipelines/{}/variables", pipeline.id));
        match self.remote.api.get::<Vec<Variable>>(&path).await {
            Ok(variables) => self.by_variables(&variables),
            Err(_) => Whose::Anybodys,
        }
    }

    /// Whether a look at variables is worth it: inputs are not among them, and the token of a job may not see them.
    fn has_variables(&self) -> bool {
        matches!(self.trigger.given, Given::Variables(_)) && self.remote.api.has_own_token()
    }

    /// A pipeline without a name may be ours, as may one that does not name the environment; one with the name of another
    /// approval is not.
    fn by_name(&self, name: &str) -> Whose {
        match (self.value("approval"), self.value("environment")) {
            (Some(key), Some(environment)) if name.contains(key) => {
                if is_within(environment, name) {
                    Whose::Ours
                } else {
                    Whose::Anybodys
                }
            }
            _ if name.contains("sha256:") => Whose::Others,
            _ => Whose::Anybodys,
        }
    }

    fn by_variables(&self, variables: &[Variable]) -> Whose {
        let telling = self.ours.iter().filter(|(input, _)| TELLING.contains(input));
        let has = |input: &str, value: &str| {
            let name = launch_variable(input);
            variables.iter().any(|it| it.key == name && it.value == value)
        };
        let is_ours = telling.into_iter().all(|(input, value)| has(input, value));
        if is_ours { Whose::Ours } else { Whose::Others }
    }

    fn value(&self, input: &str) -> Option<&str> {
        self.ours.iter().find(|(name, _)| *name == input).map(|(_, value)| value.as_str())
    }
}

fn unseen(trouble: &Trouble) -> String {
    format!("its pipelines cannot be looked at: {trouble}; that takes MODELGATE_GITLAB_TOKEN with `read_api`")
}

/// Whether a text has a name in it, and not as a part of a longer one.
fn is_within(name: &str, text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_not_a_part_of_a_longer_one() {
        for text in ["prod", "churn to prod, sha256:ab", "(prod)", "eu-prod and prod"] {
            assert!(is_within("prod", text), "{text}");
        }
        for text in ["", "production", "eu-prod", "prod/eu", "prod_2"] {
            assert!(!is_within("prod", text), "{text}");
        }
    }
}
