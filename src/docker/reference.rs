//! The name of an image: `registry/repository:tag@digest`.

/// The name of an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// `host` or `host:port`; `docker.io` where none is written.
    pub registry: String,
    /// Such as `library/python`, without the registry.
    pub repository: String,
    /// `latest` where neither a tag nor a digest is written.
    pub tag: Option<String>,
    /// `sha256:…`
    pub digest: Option<String>,
}
