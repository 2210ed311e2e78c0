//! Who we are to a registry.
//!
//! What somebody wrote down for this registry comes first, then what the job was given for it. A credential is for
//! one host, and hosts are compared whole.

mod aws;
mod helper;
mod huawei;
mod job;
mod stored;

use std::ffi::OsString;

use bollard::auth::DockerCredentials;

use super::settings::{self, text};
use super::{Docker, reference};
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

impl Credentials {
    /// As the engine takes them, for the registry at `address` where it is told which one they are for.
    #[must_use]
    pub fn for_engine(&self, address: Option<String>) -> DockerCredentials {
        let secret = self.secret.to_str().map(str::to_owned);
        let shown = DockerCredentials { serveraddress: address, ..DockerCredentials::default() };
        if self.user.is_empty() {
            return DockerCredentials { identitytoken: secret, ..shown };
        }
        DockerCredentials { username: Some(self.user.clone()), password: secret, ..shown }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({} from {}: ***)", self.user, self.from)
    }
}

/// The credentials for a registry, such as `registry.example.com:5000`; none where nobody knows any.
///
/// # Errors
/// A file that is no JSON, a helper that fails or does not end, a cloud that refuses, an interrupt.
pub async fn credentials(docker: &Docker, registry: &str) -> Result<Option<Credentials>> {
    uninterrupted(docker, registry, look(docker, registry)).await
}

/// Makes a repository in a registry that wants it made before the first push, Amazon's ECR. True when it was not
/// there before.
///
/// # Errors
/// Another registry, no credentials for it, a cloud that refuses, an interrupt.
pub async fn create_repository(docker: &Docker, registry: &str, repository: &str) -> Result<bool> {
    uninterrupted(docker, registry, aws::create_repository(docker, registry, repository)).await
}

async fn uninterrupted<T>(
    docker: &Docker,
    registry: &str,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut interrupt = docker.interrupt.clone();
    tokio::select! {
        done = work => done,
        _ = interrupt.wait(1) => Err(Fault::new(format!("find the credentials for {registry}"), "interrupted")),
    }
}

async fn look(docker: &Docker, registry: &str) -> Result<Option<Credentials>> {
    let variables = docker.variables();
    if let Some(written) = text(variables, "DOCKER_AUTH_CONFIG") {
        let cannot =
            |why| Fault::new("read DOCKER_AUTH_CONFIG", why).help("it is JSON, as in docker's config.json");
        if let Some(config) = settings::parse_json(written.as_bytes()).map_err(cannot)? {
            let found = in_config(docker, &config, registry, "DOCKER_AUTH_CONFIG").await?;
            if found.is_some() {
                return Ok(found);
            }
        }
    }
    let podmans = stored::podmans(variables)?;
    for (path, config) in settings::config(variables)?.into_iter().chain(podmans) {
        let found = in_config(docker, &config, registry, &format!("the file {}", path.display())).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    if let Some(found) = job::credentials(variables, registry)? {
        return Ok(Some(found));
    }
    if let Some(found) = huawei::credentials(variables, registry) {
        return Ok(Some(found));
    }
    aws::credentials(docker, registry).await
}

/// What a configuration like docker's has for the registry: a helper knows it, or it stands there.
async fn in_config(
    docker: &Docker,
    config: &serde_json::Value,
    registry: &str,
    from: &str,
) -> Result<Option<Credentials>> {
    if let Some(name) = stored::helper(config, registry) {
        let found = helper::ask(docker.variables(), name, reference::registry_key(registry), from).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    stored::entry(config, registry, from)
}

/// Whether two texts name the same registry.
fn is_same(one: &str, other: &str) -> bool {
    host(one).eq_ignore_ascii_case(host(other))
}

/// The registry that a key of docker's names: without a scheme and what comes after the host, and with one name for
/// the Hub. A key with a path and no scheme names less than a registry, and stays as it is.
fn host(key: &str) -> &str {
    let host = match key.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or(rest, |(host, _)| host),
        None => key,
    };
    match host {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_the_same_only_as_a_whole() {
        for (one, other) in [
            ("ghcr.io", "GHCR.io"),
            ("docker.io", "https://index.docker.io/v1/"),
            ("quay.io", "https://quay.io/v2/"),
            ("h:5000", "http://h:5000"),
        ] {
            assert!(is_same(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("ghcr.io", "ghcr.io.evil.com"),
            ("ghcr.io", "evil-ghcr.io"),
            ("ghcr.io", "ghcr.io:444"),
            ("ghcr.io", "https://ghcr.io@evil.com/"),
            ("quay.io", "quay.io/team"),
            ("evil.com", "https://evil.com.docker.io"),
        ] {
            assert!(!is_same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let it = Credentials { user: "me".into(), secret: "sesame".into(), from: "the test".into() };
        assert_eq!(format!("{it:?}"), "Credentials(me from the test: ***)");
    }
}
