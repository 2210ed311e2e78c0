//! The names and the labels of an image.

use std::collections::BTreeMap;

use crate::cache::Framed;
use crate::config;
use crate::context::Variables;
use crate::document::shown;
use crate::fault::Result;
use crate::finding::Finding;
use crate::git::Repository;
use crate::name::Digest;
use crate::record::Record;

/// The most that Docker takes as a tag.
const LONGEST_TAG: usize = 128;

/// What the placeholders stand for; none where nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Facts {
    pub commit: Option<String>,
    pub branch: Option<String>,
    /// The tag of the commit, without its `v`.
    pub version: Option<String>,
    pub model: String,
    /// One digest over all that train made.
    pub model_digest: Option<String>,
    /// When the commit was made, RFC 3339.
    pub committed: Option<String>,
    /// The page of the source.
    pub source: Option<String>,
}

impl Facts {
    /// What is known of this run.
    pub fn of(record: &Record, repository: Option<&Repository>, variables: &Variables) -> Result<Self> {
        let text = |name: &str| variables.get(std::ffi::OsStr::new(name)).and_then(|value| value.to_str());
        let (mut version, mut committed, mut origin) = (None, None, None);
        if let Some(repository) = repository.filter(|_| record.context.commit.is_some()) {
            let version_of = |tag: String| tag.strip_prefix('v').map_or_else(|| tag.clone(), str::to_owned);
            version = repository.tags()?.into_iter().next().map(version_of);
            committed = Some(repository.committed()?);
            origin = repository.origin()?;
        }
        let github = text("GITHUB_SERVER_URL").zip(text("GITHUB_REPOSITORY"));
        let source = github.map(|(server, name)| format!("{server}/{name}"));
        let source = source.or_else(|| text("CI_PROJECT_URL").map(str::to_owned));
        let outputs = record.model_outputs();
        Ok(Self {
            commit: record.context.commit.as_ref().map(ToString::to_string),
            branch: record.context.branch.clone(),
            version,
            model: record.model.to_string(),
            model_digest: model_digest(&outputs),
            committed,
            source: source.or_else(|| origin.as_deref().and_then(page)),
        })
    }

    /// What stands for a placeholder.
    fn placeholder(&self, name: &str) -> Option<String> {
        let short = |text: &String, digits| text.chars().take(digits).collect();
        match name {
            "commit" => self.commit.clone(),
            "short-commit" => self.commit.as_ref().map(|commit| short(commit, 7)),
            "branch" => self.branch.clone(),
            "version" => self.version.clone(),
            "model" => Some(self.model.to_lowercase()),
            "model-digest" => self.model_digest.as_ref().map(|digest| short(digest, 12)),
            _ => None,
        }
    }
}

/// The digest of what train made: of one file its own, as `sha256sum` tells it, else one over all of them.
fn model_digest(outputs: &BTreeMap<String, Digest>) -> Option<String> {
    let only = outputs.values().next()?;
    if outputs.len() == 1 {
        return Some(only.hex());
    }
    let mut framed = Framed::new("modelgate/model/v1");
    framed.digests(outputs.iter());
    Some(framed.finish().hex())
}

/// The address of a repository as a page that people can open, without who they are; none for a path.
fn page(origin: &str) -> Option<String> {
    // A query may hold a token.
    let bare = origin.split(['?', '#']).next().unwrap_or_default();
    let bare = bare.strip_suffix(".git").unwrap_or(bare);
    if let Some(rest) = bare.strip_prefix("https://").or_else(|| bare.strip_prefix("http://")) {
        let host = rest.split_once('/').map_or(rest, |(host, _)| host);
        let without = host.rsplit_once('@').map_or(rest, |(user, _)| &rest[user.len() + 1..]);
        return Some(format!("https://{without}"));
    }
    let rest = bare.strip_prefix("ssh://").unwrap_or(bare);
    let (_, rest) = rest.split_once('@')?;
    Some(format!("https://{}", rest.replacen(':', "/", 1)))
}

/// The tags with their placeholders filled in, each once; or why one cannot be.
pub(super) fn fill(tags: &[String], facts: &Facts) -> std::result::Result<Vec<String>, Vec<Finding>> {
    let (mut filled, mut findings) = (Vec::new(), Vec::new());
    for tag in tags {
        match fill_one(tag, facts) {
            Ok(tag) if filled.contains(&tag) => {}
            Ok(tag) => filled.push(tag),
            Err(finding) => findings.push(finding),
        }
    }
    if findings.is_empty() { Ok(filled) } else { Err(findings) }
}

fn fill_one(tag: &str, facts: &Facts) -> std::result::Result<String, Finding> {
    let mut text = String::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        text += before;
        let Some(value) = facts.placeholder(name) else {
            let message = format!("the tag «{}» needs {{{name}}}, and there is none", shown(tag));
            return Err(Finding::error("image-tag-unknown", message).help(remedy(name)));
        };
        text += &fit(&value);
        rest = after;
    }
    text += rest;
    match crate::docker::Reference::parse(&text) {
        Ok(_) => Ok(text),
        Err(why) => {
            let help = "write `registry/name:tag`, the name in small letters";
            Err(Finding::error("image-tag-invalid", format!("«{}» is not a tag: {why}", shown(&text)))
                .help(help))
        }
    }
}

fn remedy(placeholder: &str) -> &'static str {
    match placeholder {
        "commit" | "short-commit" => "commit the project, or take the placeholder out of image.tags",
        "branch" => "check out a branch; a job for a tag or a detached commit has none",
        "version" => {
            "tag the commit, such as `git tag v1.2.0`, and fetch tags (`fetch-tags: true` of actions/checkout)"
        }
        "model-digest" => "name what train writes under train.outputs",
        _ => "take the placeholder out of image.tags",
    }
}

/// A text as Docker takes it in a tag: `feature/a b` is `feature-a-b`.
fn fit(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let fitted: String = text.chars().take(LONGEST_TAG).map(|c| if fits(c) { c } else { '-' }).collect();
    fitted.trim_start_matches(['.', '-']).to_owned()
}

/// The labels: where the image comes from, by the names of the OCI, and those of modelgate.yml over them. The time is
/// the commit's, so that the same commit gives the same labels.
pub(super) fn labels(image: &config::Image, facts: &Facts) -> BTreeMap<String, String> {
    let ours = [
        ("title", Some(facts.model.clone())),
        ("revision", facts.commit.clone()),
        ("source", facts.source.clone()),
        ("created", facts.committed.clone()),
        ("version", facts.version.clone()),
    ];
    let named = ours
        .into_iter()
        .filter_map(|(name, value)| Some((format!("org.opencontainers.image.{name}"), value?)));
    let mut labels: BTreeMap<String, String> = named.collect();
    labels.extend(image.labels.clone());
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        Facts {
            commit: Some("1a2b3c4d5e6f708192a3b4c5d6e7f80912345678".into()),
            branch: Some("feature/New thing".into()),
            version: Some("1.2.0".into()),
            model: "Churn".into(),
            model_digest: Some("0123456789abcdef".into()),
            committed: Some("2026-01-02T03:04:05+00:00".into()),
            source: None,
        }
    }

    #[test]
    fn placeholders_are_filled_in_and_each_tag_is_there_once() {
        let tags = [
            "r.example/churn:{commit}",
            "r.example/{model}:{short-commit}",
            "r.example/churn:{branch}",
            "r.example/churn:{version}-{model-digest}",
            "r.example/churn:1a2b3c4d5e6f708192a3b4c5d6e7f80912345678",
        ]
        .map(str::to_owned);
        let expected = [
            "r.example/churn:1a2b3c4d5e6f708192a3b4c5d6e7f80912345678",
            "r.example/churn:1a2b3c4",
            "r.example/churn:feature-New-thing",
            "r.example/churn:1.2.0-0123456789ab",
        ]
        .map(str::to_owned);
        assert_eq!(fill(&tags, &facts()), Ok(expected.to_vec()));
    }

    #[test]
    fn what_nobody_knows_names_nothing() {
        let tags = ["churn:{version}".to_owned(), "churn:{model}".to_owned()];
        let found = fill(&tags, &Facts { model: "churn".into(), ..Facts::default() }).err();
        let codes: Vec<String> = found.into_iter().flatten().map(|finding| finding.code).collect();
        assert_eq!(codes, ["image-tag-unknown"]);
    }

    #[test]
    fn a_page_of_the_source_holds_no_password() {
        let cases = [
            ("https://x:ghs_123@github.com/acme/churn.git", Some("https://github.com/acme/churn")),
            ("https://github.com/acme/churn", Some("https://github.com/acme/churn")),
            ("git@github.com:acme/churn.git", Some("https://github.com/acme/churn")),
            ("ssh://git@git.example.com/acme/churn.git", Some("https://git.example.com/acme/churn")),
            ("https://git.example.com/a/b.git?private_token=glpat", Some("https://git.example.com/a/b")),
            ("/srv/git/churn.git", None),
        ];
        for (origin, expected) in cases {
            assert_eq!(page(origin).as_deref(), expected, "{origin}");
        }
    }

    #[test]
    fn labels_say_where_the_image_comes_from_and_a_users_own_stand_over_them() {
        let image = crate::config::Image::default();
        let labels = labels(&image, &facts());
        assert_eq!(labels["org.opencontainers.image.revision"], "1a2b3c4d5e6f708192a3b4c5d6e7f80912345678");
        assert!(!labels.contains_key("org.opencontainers.image.source"));
    }
}
