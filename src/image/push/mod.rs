//! Push an image to its registry, and look that it is there.
//!
//! The engine pushes; what it tells of it is not taken on trust. The registry is asked by ourselves for the manifest
//! by its digest, and that must be of the image that was meant.

mod challenge;
mod progress;
mod proof;
mod refusal;
mod registry;
mod target;
mod told;
mod upload;

use std::time::Duration;

use crate::docker::credentials::{self, Credentials};
use crate::docker::{Docker, ImageId};
use crate::fault::{Fault, Result};
use crate::finding::Finding;
use crate::name::Digest;
use crate::random;
use refusal::{Kind, Refusal};
use registry::Registry;
use target::Target;
use told::Attempt;

/// How often it is tried at most.
const TRIES: u32 = 5;
/// The longest that a registry may make us wait, all pauses together.
const PATIENCE: Duration = Duration::from_secs(300);

/// The pause of a push before its second try; it doubles.
pub const PUSH_PAUSE: Duration = Duration::from_secs(2);

/// An image that is in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The tag under which it was pushed: `registry.example.com/churn:abc`.
    pub tag: String,
    /// `registry.example.com/churn@sha256:…`, as the registry itself says.
    pub digest: String,
    /// Whether it was there before, so that nothing was sent.
    pub was_there: bool,
}

/// How an attempt went wrong.
enum Trouble {
    /// The registry could not be asked what it has.
    Look(Refusal),
    /// The push did not work.
    Push(Refusal),
    /// It was pushed, and the registry does not show it.
    Verify(Refusal),
    /// It was pushed, and the registry shows something else.
    Differs(String),
}

impl Trouble {
    fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Look(refusal) | Self::Push(refusal) | Self::Verify(refusal) => Some(refusal),
            Self::Differs(_) => None,
        }
    }

    /// How long to wait before another try; none where it is not worth one.
    fn pause(&self, backoff: Duration) -> Option<Duration> {
        let refusal = self.refusal()?;
        match refusal.kind {
            Kind::Limited(Some(wait)) => Some(wait.max(backoff)),
            // Some registries show what they took a moment later.
            Kind::NoRepository if matches!(self, Self::Verify(_)) => Some(backoff),
            _ => refusal.may_pass().then_some(backoff),
        }
    }

    const fn wants_repository(&self) -> bool {
        matches!(self, Self::Push(Refusal { kind: Kind::NoRepository, .. }))
    }
}

/// Pushes the image under a tag, and asks the registry for its manifest; or says why it was refused. What is there
/// already is not sent. `pause` is the one before the second try, [`PUSH_PAUSE`] outside of tests.
///
/// # Errors
/// An interrupt, an engine that is gone or has no such image, credentials that cannot be read.
pub async fn push(
    docker: &Docker,
    image: ImageId,
    tag: &str,
    create_repository: bool,
    pause: Duration,
) -> Result<std::result::Result<Pushed, Finding>> {
    let mut interrupt = docker.interrupt.clone();
    tokio::select! {
        biased;
        _ = interrupt.wait(1) => Err(Fault::new(format!("push {tag}"), "the run was stopped")),
        pushed = insist(docker, image, tag, create_repository, pause) => pushed,
    }
}

/// Whether a registry still has what was pushed under a tag: `digest` is `registry/repository@sha256:…`, as it was
/// written down. In a sentence why it does not count, else.
///
/// # Errors
/// Credentials that cannot be read, an engine that does not answer.
pub async fn confirm(
    docker: &Docker,
    image: ImageId,
    tag: &str,
    digest: &str,
) -> Result<std::result::Result<(), String>> {
    let target = Target::parse(tag).map_err(|why| Fault::new(format!("look for {tag}"), why))?;
    let named = digest.strip_prefix(&target.name()).and_then(|rest| rest.strip_prefix('@'));
    let Some(digest) = named.and_then(|digest| Digest::parse(digest).ok()) else {
        return Ok(Err(format!("{} is no place of {tag}", digest.escape_debug())));
    };
    let credentials = credentials::credentials(docker, &target.registry).await?;
    let may_be_plain = target.is_local() || is_insecure(docker, &target).await?;
    let registry = Registry::new(&target, credentials.as_ref(), may_be_plain)?;
    Ok(match registry.manifest(digest).await {
        Ok(manifest) => proof::prove(&manifest, digest, image),
        Err(refusal) => Err(format!("{} does not show it: {}", target.registry, refusal.said)),
    })
}

/// Tries as often as it is worth it.
async fn insist(
    docker: &Docker,
    image: ImageId,
    tag: &str,
    mut create_repository: bool,
    pause: Duration,
) -> Result<std::result::Result<Pushed, Finding>> {
    let target = Target::parse(tag).map_err(|why| Fault::new(format!("push {tag}"), why))?;
    let credentials = credentials::credentials(docker, &target.registry).await?;
    let may_be_plain = target.is_local() || is_insecure(docker, &target).await?;
    let registry = Registry::new(&target, credentials.as_ref(), may_be_plain)?;
    let push = Push { docker, image, target: &target, credentials: credentials.as_ref(), registry };
    upload::tag(docker, image, &target).await?;
    let mut left = PATIENCE;
    let mut tries = 1;
    loop {
        let trouble = match push.once().await? {
            Ok(pushed) => return Ok(Ok(pushed)),
            Err(trouble) => push.with_limit(trouble).await,
        };
        if trouble.wants_repository() && create_repository && told::is_ecr(&target.registry) {
            create_repository = false;
            match credentials::create_repository(docker, &target.registry, &target.repository).await {
                Ok(_) => continue,
                Err(fault) => return Ok(Err(push.attempt(tries).not_created(&fault))),
            }
        }
        let wait = trouble.pause(backoff(pause, tries));
        let Some(wait) = wait.filter(|wait| tries < TRIES && *wait <= left) else {
            return Ok(Err(push.finding(&trouble, tries)));
        };
        if let Some(refusal) = trouble.refusal() {
            docker.console.note(&format!("{tag} is not pushed yet, and is tried again: {}", refusal.said));
        }
        left -= wait;
        tries += 1;
        tokio::time::sleep(wait).await;
    }
}

/// An image on its way.
struct Push<'a> {
    docker: &'a Docker,
    image: ImageId,
    target: &'a Target,
    credentials: Option<&'a Credentials>,
    registry: Registry<'a>,
}

impl Push<'_> {
    /// Looks, pushes what is not there, and looks again.
    async fn once(&self) -> Result<std::result::Result<Pushed, Trouble>> {
        match self.registry.tagged().await {
            Ok(Some(digest)) if matches!(self.verify(digest).await, Ok(())) => {
                return Ok(Ok(self.pushed(digest, true)));
            }
            // Nobody pushes as nobody. The engine would ask for a while all the same.
            Err(refusal) if refusal.kind == Kind::Unauthorized && self.credentials.is_none() => {
                return Ok(Err(Trouble::Push(refusal)));
            }
            // Who may not read may still push; the engine hears what is to be said about it.
            Ok(_) => {}
            Err(refusal) if matches!(refusal.kind, Kind::Unauthorized | Kind::Denied | Kind::Other) => {}
            Err(refusal) => return Ok(Err(Trouble::Look(refusal))),
        }
        let digest = match upload::upload(self.docker, self.target, self.credentials).await? {
            Ok(digest) => digest,
            Err(refusal) => return Ok(Err(Trouble::Push(refusal.without(&self.secrets())))),
        };
        Ok(self.verify(digest).await.map(|()| self.pushed(digest, false)))
    }

    /// Asks the registry for the manifest, and holds it to the image.
    async fn verify(&self, digest: Digest) -> std::result::Result<(), Trouble> {
        let manifest = self.registry.manifest(digest).await.map_err(Trouble::Verify)?;
        proof::prove(&manifest, digest, self.image).map_err(Trouble::Differs)
    }

    /// The engine does not tell how long a limit lasts; the registry tells those who ask it.
    async fn with_limit(&self, trouble: Trouble) -> Trouble {
        match trouble {
            Trouble::Push(Refusal { kind: Kind::Limited(None), said }) => {
                let kind = match self.registry.tagged().await {
                    Err(Refusal { kind: Kind::Limited(wait), .. }) => Kind::Limited(wait),
                    _ => Kind::Limited(None),
                };
                Trouble::Push(Refusal { kind, said })
            }
            trouble => trouble,
        }
    }

    fn pushed(&self, digest: Digest, was_there: bool) -> Pushed {
        Pushed {
            tag: self.target.tagged.clone(),
            digest: format!("{}@{digest}", self.target.name()),
            was_there,
        }
    }

    const fn attempt(&self, tries: u32) -> Attempt<'_> {
        Attempt { target: self.target, credentials: self.credentials, tries }
    }

    fn finding(&self, trouble: &Trouble, tries: u32) -> Finding {
        let attempt = self.attempt(tries);
        match trouble {
            Trouble::Look(refusal)
                if matches!(refusal.kind, Kind::Untrusted | Kind::Plain | Kind::Unreachable) =>
            {
                attempt.not_begun(refusal)
            }
            Trouble::Look(refusal) | Trouble::Push(refusal) => attempt.refused(refusal),
            Trouble::Verify(refusal) => attempt.not_shown(refusal),
            Trouble::Differs(why) => attempt.not_ours(why),
        }
    }

    /// What must not be in any message, whoever says it.
    fn secrets(&self) -> Vec<&str> {
        self.credentials.and_then(|credentials| credentials.secret.to_str()).into_iter().collect()
    }
}

/// The pause after the `tries`th try, with jitter: from half of it to all of it.
fn backoff(pause: Duration, tries: u32) -> Duration {
    let full = pause * 2_u32.pow(tries.saturating_sub(1));
    let share = random::hex(1).ok().and_then(|hex| u32::from_str_radix(&hex, 16).ok()).unwrap_or(128);
    full / 2 + full * share / 512
}

/// Whether the engine goes to the registry without TLS.
async fn is_insecure(docker: &Docker, target: &Target) -> Result<bool> {
    let info = docker.connect().await?.api.info();
    let about = docker.ask("ask the engine for its registries", info).await?;
    Ok(about.registry_config.is_some_and(|config| target.is_insecure(&config)))
}
