//! Push an image to its registry, and look that it is there.

use crate::docker::{Docker, ImageId};
use crate::fault::{Fault, Result};
use crate::finding::Finding;

/// An image that is in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The tag under which it was pushed: `registry.example.com/churn:abc`.
    pub tag: String,
    /// `registry.example.com/churn@sha256:…`, as the registry itself says.
    pub digest: String,
}

/// Pushes the image under a tag, and asks the registry for its manifest; or says why it was refused.
///
/// # Errors
/// An interrupt, or an engine that is gone.
pub async fn push(
    _docker: &Docker,
    _image: ImageId,
    tag: &str,
    _create_repository: bool,
) -> Result<std::result::Result<Pushed, Finding>> {
    Err(Fault::new(format!("push {tag}"), "not yet"))
}
