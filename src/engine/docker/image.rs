//! The image that a script names: here, or fetched.

use bollard::auth::DockerCredentials;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt;

use super::Engine;
use crate::docker::Connection;
use crate::docker::credentials::credentials;
use crate::fault::{Fault, Result};

/// Whether the image is there now: it is fetched where it was not. False when somebody wants us to stop meanwhile. Why
/// not, where its registry does not have it.
pub async fn find(
    engine: &Engine,
    connection: &Connection,
    name: &str,
) -> Result<std::result::Result<bool, String>> {
    match connection.api.inspect_image(name).await {
        Ok(_) => return Ok(Ok(true)),
        Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {}
        Err(error) => return Err(Fault::new(format!("look for the image {name}"), error)),
    }
    engine.console.note(&format!("fetching the image {name}, which the engine does not have"));
    let known = credentials(&engine.docker, registry(name)).await?.map(|known| {
        let secret = known.secret.to_string_lossy().into_owned();
        if known.user.is_empty() {
            DockerCredentials { identitytoken: Some(secret), ..DockerCredentials::default() }
        } else {
            DockerCredentials {
                username: Some(known.user),
                password: Some(secret),
                ..DockerCredentials::default()
            }
        }
    });
    let mut interrupt = engine.interrupt.clone();
    tokio::select! {
        fetched = fetch(connection, name, known) => fetched.map(|fetched| fetched.map(|()| true)),
        _ = interrupt.wait(1) => Ok(Ok(false)),
    }
}

async fn fetch(
    connection: &Connection,
    name: &str,
    known: Option<DockerCredentials>,
) -> Result<std::result::Result<(), String>> {
    // Without a tag the engine would fetch all that there are.
    let last = name.rsplit('/').next().unwrap_or(name);
    let whole = if last.contains([':', '@']) { name.to_owned() } else { format!("{name}:latest") };
    let options = CreateImageOptionsBuilder::new().from_image(&whole).build();
    let mut told = Box::pin(connection.api.create_image(Some(options), None, known));
    while let Some(line) = told.next().await {
        match line {
            Ok(line) => {
                if let Some(error) = line.error_detail.and_then(|detail| detail.message) {
                    return Ok(Err(format!("the image {name} cannot be fetched: {error}")));
                }
            }
            Err(bollard::errors::Error::DockerResponseServerError { message, .. }) => {
                return Ok(Err(format!("the image {name} cannot be fetched: {}", message.trim())));
            }
            Err(bollard::errors::Error::DockerStreamError { error }) => {
                return Ok(Err(format!("the image {name} cannot be fetched: {error}")));
            }
            Err(error) => return Err(Fault::new(format!("fetch the image {name}"), error)),
        }
    }
    Ok(Ok(()))
}

/// The registry in an image's name.
fn registry(name: &str) -> &str {
    match name.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_a_host_before_the_first_slash() {
        let cases = [
            ("python:3.12", "docker.io"),
            ("library/python", "docker.io"),
            ("localhost/x", "localhost"),
            ("registry.example.com:5000/a/b@sha256:00", "registry.example.com:5000"),
        ];
        for (name, expected) in cases {
            assert_eq!(registry(name), expected, "{name}");
        }
    }
}
