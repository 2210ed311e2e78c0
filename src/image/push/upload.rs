//! The push itself, which the engine does.

use std::pin::pin;
use std::time::Duration;

use bollard::errors::Error;
use bollard::query_parameters::{PushImageOptionsBuilder, TagImageOptionsBuilder};
use futures_util::StreamExt;

use super::progress::Progress;
use super::refusal::{Kind, Refusal};
use super::target::Target;
use crate::docker::credentials::Credentials;
use crate::docker::{Docker, ImageId};
use crate::fault::{Fault, Result};
use crate::name::Digest;

/// How long an engine may say nothing: some registries take minutes to store a large layer that has come.
const SILENCE: Duration = Duration::from_secs(15 * 60);

/// Gives the image its tag.
///
/// # Errors
/// The engine does not answer, or has no such image.
pub(super) async fn tag(docker: &Docker, image: ImageId, target: &Target) -> Result<()> {
    let options = TagImageOptionsBuilder::new().repo(&target.name()).tag(&target.tag).build();
    let connection = docker.connect().await?;
    let tagged = connection.api.tag_image(&image.to_string(), Some(options)).await;
    tagged.map_err(|error| Fault::new(format!("tag the image {image} as {}", target.tagged), error))
}

/// Lets the engine push what has the tag. Its digest, as the engine tells it.
///
/// # Errors
/// The engine is not there.
pub(super) async fn upload(
    docker: &Docker,
    target: &Target,
    credentials: Option<&Credentials>,
) -> Result<std::result::Result<Digest, Refusal>> {
    let api = &docker.connect().await?.api;
    let options = PushImageOptionsBuilder::new().tag(&target.tag).build();
    let name = target.name();
    let shown = credentials.map(|known| known.for_engine(Some(target.key.clone()))).unwrap_or_default();
    let mut said = pin!(api.push_image(&name, Some(options), Some(shown)));
    let mut progress = Progress::default();
    let watch = docker.clock.start();
    loop {
        let next = match tokio::time::timeout(SILENCE, said.next()).await {
            Err(_) => return Ok(Err(Refusal::new(Kind::Failing, "the engine said nothing for a long time"))),
            Ok(None) => break,
            Ok(Some(next)) => next,
        };
        match next {
            Ok(info) => progress.take(&info, &target.tag),
            Err(error) => return judge(error, target).map(Err),
        }
        if let Some(line) = progress.line(watch.elapsed(), &target.tagged) {
            docker.console.output(format!("{line}\n").as_bytes());
        }
    }
    let Some(digest) = progress.digest() else {
        return Ok(Err(Refusal::new(Kind::Failing, "the engine ended the push without its digest")));
    };
    docker.console.output(format!("{}\n", progress.summary(&target.tagged)).as_bytes());
    Ok(Ok(digest))
}

/// What an error of the engine's client means: the registry's refusal, or an engine that is gone.
fn judge(error: Error, target: &Target) -> Result<Refusal> {
    match error {
        Error::DockerStreamError { error } => Ok(Refusal::said(&error)),
        Error::DockerResponseServerError { status_code: 500.., message } => Ok(Refusal::said(&message)),
        // It broke off in the middle: whether the engine is there shows at the next try.
        Error::IOError { err } => {
            Ok(Refusal::new(Kind::Failing, format!("the engine's answer broke off: {err}")))
        }
        Error::HyperResponseError { err } => {
            Ok(Refusal::new(Kind::Failing, format!("the engine's answer broke off: {err}")))
        }
        error => Err(Fault::new(format!("let the engine push {}", target.tagged), error)),
    }
}
