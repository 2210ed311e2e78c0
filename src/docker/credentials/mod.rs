//! Who we are to a registry.

use std::ffi::OsString;

use super::Docker;
use crate::fault::{Fault, Result};

/// What a registry is shown. Prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user; empty beside an identity token.
    pub user: String,
    /// The password, or the identity token where there is no user.
    pub secret: OsString,
    /// Where they come from, as a sentence's end: `the file ~/.docker/config.json`, `the helper ecr-login`.
    pub from: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({} from {}: ***)", self.user, self.from)
    }
}

/// The credentials for a registry, such as `registry.example.com:5000`; none where nobody knows any.
///
/// # Errors
/// A file that is no JSON, a helper that fails or does not end, a cloud that refuses.
pub async fn credentials(_docker: &Docker, registry: &str) -> Result<Option<Credentials>> {
    Err(Fault::new(format!("find the credentials for {registry}"), "not yet"))
}
