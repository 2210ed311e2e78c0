//! One build, from the choice of the builder to the image's size.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use bollard::auth::DockerCredentials;
use bollard::models::{BuildInfo, BuildInfoAux};
use bytes::Bytes;
use futures_util::StreamExt;
use sha2::{Digest as _, Sha256};

use super::choose::{self, Way};
use super::dockerfile::Dockerfile;
use super::fail::Scene;
use super::progress::Progress;
use super::session::{Files, Offer, Served, Session};
use super::told::Told;
use super::{Built, Order, Sent, needs};
use crate::cache::Cache;
use crate::docker::{Connection, Docker, ImageId, Reference, credentials};
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::image::context::{Context, Trouble};
use crate::name::Digest;
use crate::random;

/// Builds it.
pub async fn run(
    docker: &Docker,
    order: &Order,
    cache: Option<&Cache>,
    told: &mut Told,
) -> Result<std::result::Result<Built, Vec<Finding>>> {
    let (context, file) = match open(docker, order, cache).await {
        Ok(opened) => opened,
        Err(Trouble::Findings(findings)) => return Ok(Err(findings)),
        Err(Trouble::Fault(fault)) => return Err(fault),
    };
    let connection = docker.connect().await?;
    let session = random::hex(16)?;
    let way = choose::choose(connection, &session, &key(order)).await?;
    let mut refused = needs::missing(order, &file, &way);
    if matches!(way, Way::Classic) {
        refused.extend(foreign_platform(connection, order).await?);
    }
    if !refused.is_empty() {
        return Ok(Err(refused));
    }
    told.begin(order, way.name())?;
    let work = Work { docker, order, connection, context: &context, file: &file, session: &session };
    match work.perform(way, told).await {
        Ok(built) => Ok(Ok(built)),
        Err(Trouble::Findings(findings)) => Ok(Err(findings)),
        Err(Trouble::Fault(fault)) => Err(fault),
    }
}

/// What is sent, and what the Dockerfile says.
async fn open(
    docker: &Docker,
    order: &Order,
    cache: Option<&Cache>,
) -> std::result::Result<(Context, Dockerfile), Trouble> {
    let (order, cache, interrupt) = (order.clone(), cache.cloned(), docker.interrupt.clone());
    let opened = tokio::task::spawn_blocking(move || {
        let context = Context::open(order.place(), cache.as_ref(), &interrupt)?;
        let text = std::fs::read(&order.dockerfile)
            .map_err(|error| Trouble::Fault(Fault::file("read", &order.dockerfile, error)))?;
        Ok((context, Dockerfile::parse(&String::from_utf8_lossy(&text))))
    });
    opened.await.unwrap_or_else(|error| Err(Trouble::Fault(Fault::new("read the context", error))))
}

/// What tells the engine which of the copies that it has kept is of this context.
fn key(order: &Order) -> String {
    let mut hash = Sha256::new();
    for path in [&order.project, &order.context] {
        hash.update(path.as_os_str().as_encoded_bytes());
        hash.update([0]);
    }
    Digest::from_bytes(hash.finalize().into()).hex()
}

/// The classic builder takes a platform that it cannot build for, and builds its own.
async fn foreign_platform(connection: &Connection, order: &Order) -> Result<Option<Finding>> {
    let Some(wanted) = &order.platform else { return Ok(None) };
    let version = connection
        .api
        .version()
        .await
        .map_err(|error| Fault::new("ask the engine for its version", error))?;
    let own = format!("{}/{}", version.os.unwrap_or_default(), version.arch.unwrap_or_default());
    if own == *wanted {
        return Ok(None);
    }
    let message = format!("the engine's classic builder builds for {own}, not for {wanted}");
    let help = "use an engine with BuildKit, or remove `image: platform`";
    Ok(Some(Finding::error("image-builder", message).help(help)))
}

/// A build whose builder is known.
struct Work<'a> {
    docker: &'a Docker,
    order: &'a Order,
    connection: &'a Connection,
    context: &'a Context,
    file: &'a Dockerfile,
    session: &'a str,
}

impl Work<'_> {
    async fn perform(&self, way: Way, told: &mut Told) -> std::result::Result<Built, Trouble> {
        let (builder, is_classic) = (way.name(), matches!(way, Way::Classic));
        let api = choose::api(self.connection, &way);
        let credentials = if is_classic { self.credentials().await? } else { None };
        let mut options = choose::options(self.order, &way, self.session, &self.context.dockerfile_name);
        let served = Arc::<Served>::default();
        let mut packed = Arc::<Mutex<Option<Trouble>>>::default();
        let (body, session) = match way {
            Way::Session(upgraded) => {
                let session = Session::serve(upgraded, self.offer(&served));
                (bollard::body_full(Bytes::new()), Some(session))
            }
            Way::Tar | Way::Classic => {
                let tar = self.context.tar()?;
                options.dockerfile.clone_from(&tar.dockerfile);
                packed = tar.watch();
                (bollard::body_try_stream(tar), None)
            }
        };
        let watch = self.docker.clock.start();
        let mut progress = Progress::default();
        let mut id = None;
        let mut error = None;
        {
            let mut stream = pin!(api.build_image(options, credentials, Some(body)));
            while let Some(next) = stream.next().await {
                let lines = match next {
                    Ok(info) => take(&mut progress, &mut id, info, watch.seconds()),
                    Err(what) => {
                        error = Some(what);
                        break;
                    }
                };
                told.lines(self.order, &lines).map_err(Trouble::Fault)?;
            }
        }
        let text = error.as_ref().map(ToString::to_string);
        let lines = progress.finish(watch.seconds(), text.as_deref());
        told.lines(self.order, &lines).map_err(Trouble::Fault)?;
        let packed = packed.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(trouble) = served.trouble().or(packed) {
            return Err(trouble);
        }
        if let Some(error) = error {
            let scene = Scene {
                order: self.order,
                file: self.file,
                context: self.context,
                progress: &progress,
                is_classic,
            };
            return Err(scene.judge(error, &mut told.redaction()));
        }
        let id =
            id.ok_or_else(|| Trouble::Fault(super::fail::gone("it ended the build without an image")))?;
        let mut redaction = told.redaction();
        let mut steps = progress.steps();
        for step in &mut steps {
            step.name = redaction.text(&step.name);
        }
        let sent = session.is_some().then(|| Sent { files: served.files(), bytes: served.bytes() });
        let bytes = self.size(id).await.map_err(Trouble::Fault)?;
        Ok(Built { id, bytes, builder, steps, findings: self.context.warnings(), sent })
    }

    /// Who we are to the registries of the base images, as the classic builder wants to know it before it begins.
    async fn credentials(&self) -> std::result::Result<Option<HashMap<String, DockerCredentials>>, Trouble> {
        let mut known = HashMap::new();
        for stage in &self.file.stages {
            let Ok(base) = Reference::parse(&stage.base) else { continue };
            let found =
                credentials::credentials(self.docker, &base.registry).await.map_err(Trouble::Fault)?;
            let Some(found) = found else { continue };
            known.insert(base.registry_key().to_owned(), found.for_engine(None));
        }
        Ok((!known.is_empty()).then_some(known))
    }

    fn offer(&self, served: &Arc<Served>) -> Offer {
        let secrets = self.order.secrets.iter();
        Offer {
            files: Files {
                context: self.context.folder.clone(),
                dockerfile: self.context.dockerfile_folder.clone(),
                served: Arc::clone(served),
            },
            secrets: secrets.map(|(id, value)| (id.clone(), value.as_encoded_bytes().to_vec())).collect(),
            ssh: self.order.ssh.clone(),
            docker: self.docker.clone(),
        }
    }

    async fn size(&self, id: ImageId) -> Result<u64> {
        let image = self.connection.api.inspect_image(&id.to_string()).await;
        let image = image.map_err(|error| Fault::new(format!("look at the image {id}"), error))?;
        Ok(image.size.and_then(|size| size.try_into().ok()).unwrap_or_default())
    }
}

/// Adds a message to the account. Gives back the lines to show.
fn take(progress: &mut Progress, id: &mut Option<ImageId>, info: BuildInfo, now: f64) -> Vec<u8> {
    match info.aux {
        Some(BuildInfoAux::BuildKit(status)) => return progress.status(&status),
        Some(BuildInfoAux::Default(image)) => {
            if let Some(digest) = image.id.and_then(|id| Digest::parse(&id).ok()) {
                *id = Some(ImageId(digest));
            }
        }
        None => {}
    }
    info.stream.map(|text| progress.text(&text, now)).unwrap_or_default()
}
