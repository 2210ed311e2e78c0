//! An image that is named and not built.

use bollard::errors::Error;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt as _;

use super::Workplace;
use super::build::is_unreached;
use crate::docker::credentials::credentials;
use crate::docker::{Docker, ImageId, Reference};
use crate::document::shown;
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::name::Digest;
use crate::record::ImageEvidence;

/// The image with this name, which is pulled where the engine does not have it.
///
/// # Errors
/// An engine that does not answer, or an interrupt.
pub(super) async fn named(
    docker: &Docker,
    name: &str,
) -> Result<std::result::Result<Workplace, Vec<Finding>>> {
    if let Some(there) = inspect(docker, name).await? {
        return Ok(Ok(there));
    }
    let reference = match Reference::parse(name) {
        Ok(reference) => reference,
        Err(why) => {
            let message = format!("«{}» is not the name of an image: {why}", shown(name));
            let help = "write it as `docker pull` takes it, such as `python:3.12-slim`";
            return Ok(Err(vec![Finding::error("image-reference-invalid", message).help(help)]));
        }
    };
    let mut interrupt = docker.interrupt.clone();
    let pulled = tokio::select! {
        pulled = pull(docker, &reference, name) => pulled?,
        _ = interrupt.wait(1) => return Err(Fault::new(format!("pull {name}"), "the run was interrupted")),
    };
    if let Err(finding) = pulled {
        return Ok(Err(vec![finding]));
    }
    inspect(docker, name).await?.map(Ok).ok_or_else(|| {
        Fault::new(format!("look at the image {name}"), "it was pulled, and the engine does not have it")
    })
}

async fn inspect(docker: &Docker, name: &str) -> Result<Option<Workplace>> {
    let doing = || format!("look at the image {name}");
    let api = &docker.connect().await?.api;
    let found = match docker.answer(&doing(), api.inspect_image(name)).await? {
        Ok(found) => found,
        Err(Error::DockerResponseServerError { status_code: 404, .. }) => return Ok(None),
        Err(error) => return Err(Fault::new(doing(), error)),
    };
    let id = found.id.unwrap_or_default();
    let id = Digest::parse(&id).map_err(|invalid| Fault::new(doing(), invalid.to_string()))?;
    let evidence = ImageEvidence {
        id,
        bytes: found.size.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default(),
        tags: vec![name.to_owned()],
    };
    Ok(Some(Workplace { id: ImageId(id), evidence, build: None }))
}

async fn pull(
    docker: &Docker,
    reference: &Reference,
    name: &str,
) -> Result<std::result::Result<(), Finding>> {
    docker.console.note(&format!("the engine does not have {name}, so it is pulled"));
    let known = credentials(docker, &reference.registry).await?;
    let credentials = known.map(|known| known.for_engine(Some(reference.registry_key().to_owned())));
    let options = CreateImageOptionsBuilder::new().from_image(&reference.to_string()).build();
    let api = &docker.connect().await?.api;
    let mut progress = std::pin::pin!(api.create_image(Some(options), None, credentials));
    while let Some(told) = progress.next().await {
        if let Err(error) = &told
            && is_unreached(&error.to_string())
        {
            let help =
                "see whether the engine's machine reaches the registry, and which proxies the engine has";
            return Err(Fault::new(format!("pull {name}"), error.to_string()).help(help));
        }
        if let Err(error) = told {
            let help = "correct docker.image; or log in to its registry: docs/image.md says where credentials come from";
            let message = format!("the image {name} cannot be pulled: {error}");
            return Ok(Err(Finding::error("image-not-pulled", message).help(help)));
        }
    }
    Ok(Ok(()))
}
