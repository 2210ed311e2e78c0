//! The image, and the containers that commands run in.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{Command, Number, OneOrMany, Ordered, Scalar};

/// Build the image that holds the model, and prove it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Image {
    /// The folder whose files the Dockerfile may copy, relative to modelgate.yml. A `.dockerignore` in it is heeded.
    /// Default: `.`
    #[schemars(extend("default" = "."))]
    pub context: Option<String>,
    /// The Dockerfile, relative to modelgate.yml. Default: `Dockerfile` in the context.
    #[schemars(extend("examples" = ["docker/serve.Dockerfile"]))]
    pub dockerfile: Option<String>,
    /// The stage of the Dockerfile that is the image. Default: the last.
    #[schemars(extend("examples" = ["serve"]))]
    pub target: Option<String>,
    /// The build's arguments (`ARG`). They can be read in the image: no secrets. Default: none.
    #[schemars(extend("examples" = [{ "PYTHON": "3.12" }]))]
    pub args: Option<Ordered<Scalar>>,
    /// Labels besides those that say where the image comes from. Default: none.
    #[schemars(extend("examples" = [{ "org.opencontainers.image.licenses": "MIT" }]))]
    pub labels: Option<Ordered<Scalar>>,
    /// The platform to build for. Default: that of the engine.
    #[schemars(extend("examples" = ["linux/amd64"]))]
    pub platform: Option<String>,
    /// The network of `RUN`: `default`, `host` or `none`. Default: `default`
    #[schemars(extend("default" = "default", "examples" = ["none"]))]
    pub network: Option<String>,
    /// What `RUN --mount=type=secret,id=…` can read, by id. Never in a layer, a log or the record. Default: none.
    #[schemars(extend("examples" = [{ "pip": { "variable": "PIP_TOKEN" }, "netrc": { "file": "/run/netrc" } }]))]
    pub secrets: Option<Ordered<BuildSecret>>,
    /// What `RUN --mount=type=ssh` can use: `default` is the agent of `SSH_AUTH_SOCK`; `id=/path/of/a/socket` is
    /// another one. Default: none.
    #[schemars(extend("examples" = ["default"]))]
    pub ssh: Option<OneOrMany>,
    /// Images whose layers may be reused. Default: none.
    #[schemars(extend("examples" = [["registry.example.com/churn:cache"]]))]
    pub cache_from: Option<OneOrMany>,
    /// Whether layers of earlier builds may be reused. Default: `true`
    #[schemars(extend("default" = true))]
    pub cache: Option<bool>,
    /// Whether base images are asked for anew at their registry. Default: `false`
    #[schemars(extend("default" = false))]
    pub pull: Option<bool>,
    /// The names that the image gets. `{commit}`, `{short-commit}`, `{branch}`, `{version}` (the tag of the commit,
    /// without its `v`), `{model}` and `{model-digest}` (the first 12 digits) are filled in. Default: none; then
    /// nothing is pushed.
    #[schemars(extend("examples" = [["registry.example.com/churn:{commit}"]]))]
    pub tags: Option<OneOrMany>,
    /// Which approved runs push the image: those of the `default-branch` in CI, `always`, or `never`; a fork's
    /// never does. Default: `default-branch`
    #[schemars(extend("default" = "default-branch"))]
    pub push: Option<Push>,
    /// Whether a repository that is not there is made, in Amazon ECR. Default: `false`
    #[schemars(extend("default" = false))]
    pub create_repository: Option<bool>,
    /// What the image must do before it may be pushed. Skipped when it is left out.
    pub smoke: Option<Smoke>,
    /// How large the builder's cache may be; after the build, what has not been used for the longest time goes.
    /// Default: no limit.
    #[schemars(extend("examples" = ["10GB"]))]
    pub prune_cache: Option<String>,
    /// How long the build may take. Default: no limit.
    #[schemars(extend("examples" = ["45m"]))]
    pub timeout: Option<String>,
}

/// Where a secret of a build comes from.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(extend("oneOf" = [{ "required": ["variable"] }, { "required": ["file"] }]))]
pub struct BuildSecret {
    /// An environment variable.
    #[schemars(extend("examples" = ["PIP_TOKEN"]))]
    pub variable: Option<String>,
    /// A file, relative to modelgate.yml or absolute.
    #[schemars(extend("examples" = ["/run/secrets/netrc"]))]
    pub file: Option<String>,
}

/// Which approved runs push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Push {
    /// Those of the default branch, in CI.
    #[default]
    DefaultBranch,
    /// All but those of forks.
    Always,
    /// None.
    Never,
}

/// What the image must do before it may be pushed.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Smoke {
    /// What the container runs. Default: what the image says.
    pub run: Option<Command>,
    /// The port that the server listens on. Default: the one that the image exposes.
    #[schemars(extend("minimum" = 1, "examples" = [8080]))]
    pub port: Option<u16>,
    /// The path that answers with a status from 200 to 299 when the server is ready. Default: `/`
    #[schemars(extend("default" = "/", "examples" = ["/healthz"]))]
    pub ready: Option<String>,
    /// The requests: JSON files, as paths or globs within the project. Default: none; then readiness is all.
    #[schemars(extend("examples" = ["smoke/*.json"]))]
    pub requests: Option<OneOrMany>,
    /// How often each request is sent; the latencies of all are `smoke.latency_p50_ms`, `smoke.latency_p95_ms` and
    /// `smoke.latency_p99_ms`, which rules can bound. Default: 20
    #[schemars(extend("default" = 20, "minimum" = 1, "examples" = [200]))]
    pub repeat: Option<u32>,
    /// How long the server may take to be ready. Default: `1m`
    #[schemars(extend("default" = "1m", "examples" = ["3m"]))]
    pub timeout: Option<String>,
    /// Environment variables of the container. Default: none.
    #[schemars(extend("examples" = [{ "LOG_LEVEL": "debug" }]))]
    pub env: Option<Ordered<Scalar>>,
    /// How much memory the container may use. Default: no limit.
    #[schemars(extend("examples" = ["2GB"]))]
    pub memory: Option<String>,
    /// How many processors the container may use. Default: no limit.
    #[schemars(extend("examples" = [2, 0.5]))]
    pub cpus: Option<Number>,
}

/// The container that commands run in.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Container {
    /// An image by its name. Default: the one that the section `image` builds.
    #[schemars(extend("examples" = ["python:3.12-slim"]))]
    pub image: Option<String>,
    /// The stage of the Dockerfile that is built to run in. Default: `image.target`.
    #[schemars(extend("examples" = ["train"]))]
    pub target: Option<String>,
    /// The user, and the group after a `:`. Default: whoever runs modelgate, so that the outputs are theirs.
    #[schemars(extend("examples" = ["1000:1000"]))]
    pub user: Option<Scalar>,
    /// How much memory it may use. Default: no limit.
    #[schemars(extend("examples" = ["4GB"]))]
    pub memory: Option<String>,
    /// How many processors it may use. Default: no limit.
    #[schemars(extend("examples" = [2, 0.5]))]
    pub cpus: Option<Number>,
    /// The GPUs: `all`, how many, or the ids of some. Default: none.
    #[schemars(extend("examples" = ["all", 1]))]
    pub gpus: Option<Gpus>,
    /// The network: `none`, `bridge`, `host` or the name of one. Default: `bridge` for train, `none` for evaluate.
    #[schemars(extend("examples" = ["none"]))]
    pub network: Option<String>,
}

/// GPUs of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gpus {
    /// All of them.
    All,
    /// So many.
    Count(u32),
    /// Those with these ids.
    Ids(Vec<String>),
}

impl<'de> Deserialize<'de> for Gpus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> de::Visitor<'de> for Any {
            type Value = Gpus;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`all`, a number of GPUs or a list of their ids")
            }
            fn visit_i64<E: de::Error>(self, count: i64) -> Result<Gpus, E> {
                let count = u32::try_from(count).ok().filter(|count| *count > 0);
                count
                    .map(Gpus::Count)
                    .ok_or_else(|| E::custom("expected at least one GPU; leave `gpus` out for none"))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Gpus, E> {
                if text == "all" { Ok(Gpus::All) } else { Ok(Gpus::Ids(vec![text.to_owned()])) }
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Gpus, A::Error> {
                let mut ids = Vec::new();
                while let Some(id) = seq.next_element::<Scalar>()? {
                    ids.push(id.to_string());
                }
                if ids.is_empty() {
                    return Err(de::Error::custom("expected at least one GPU; leave `gpus` out for none"));
                }
                Ok(Gpus::Ids(ids))
            }
        }
        from.deserialize_any(Any)
    }
}

impl JsonSchema for Gpus {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Gpus".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "const": "all" },
            { "type": "integer", "minimum": 1 },
            { "type": "array", "minItems": 1, "items": { "type": ["string", "integer"] } },
        ] })
    }
}
