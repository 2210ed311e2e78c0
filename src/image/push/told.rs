//! What is told of a push that did not work.

use super::refusal::{Kind, Refusal};
use super::target::Target;
use crate::docker::credentials::Credentials;
use crate::fault::Fault;
use crate::finding::Finding;
use crate::number;

/// What is known when a push has not worked.
pub(super) struct Attempt<'a> {
    pub target: &'a Target,
    pub credentials: Option<&'a Credentials>,
    /// How often it was tried.
    pub tries: u32,
}

impl Attempt<'_> {
    /// The push was refused, or failed.
    pub(super) fn refused(&self, refusal: &Refusal) -> Finding {
        let Target { tagged, registry, repository, .. } = self.target;
        let said = said(refusal);
        let denied = |message: String| Finding::error("push-denied", message);
        let failed = |message: String| Finding::error("push-failed", message);
        match refusal.kind {
            Kind::Unauthorized | Kind::Denied if self.credentials.is_none() => denied(format!(
                "{tagged} was not pushed: no credentials were found for {registry}, and it wants some{said}"
            ))
            .help(self.how_to_log_in()),
            Kind::Unauthorized => {
                denied(format!("{tagged} was not pushed: {registry} does not accept {}{said}", self.who()))
                    .help(self.how_to_log_in())
            }
            Kind::Denied => {
                denied(format!("{tagged} was not pushed: {} may not push to {repository}{said}", self.who()))
                    .help(self.how_to_be_allowed())
            }
            Kind::NoRepository => {
                denied(format!("{tagged} was not pushed: {registry} has no repository {repository}{said}"))
                    .help(self.how_to_have_a_repository())
            }
            Kind::Immutable => {
                denied(format!("{tagged} was not pushed: {registry} has the tag, and keeps it{said}"))
                    .help("push a tag that is new each time: put `{commit}` into `image.tags`")
            }
            Kind::Full => failed(format!("{tagged} was not pushed: {registry} has no room for it{said}"))
                .help("remove images that nobody needs from the registry, or have its quota raised"),
            Kind::Limited(_) => {
                failed(format!("{tagged} was not pushed: {registry} limits the requests{}{said}", self.often()))
                    .help(until(refusal))
            }
            Kind::Failing => failed(format!("{tagged} was not pushed: {registry} failed{}{said}", self.often()))
                .help("run `modelgate deploy` again when the registry works; layers that are there are not sent again"),
            Kind::Unreachable => {
                failed(format!("{tagged} was not pushed: the engine cannot reach {registry}{}{said}", self.often()))
                    .help("check the registry's name and port in `image.tags`, and the engine's network and proxy")
            }
            Kind::Untrusted => {
                failed(format!("{tagged} was not pushed: the engine does not trust {registry}{said}")).help(format!(
                    "put the certificate of the registry's authority into /etc/docker/certs.d/{registry}/ca.crt of \
                     the engine"
                ))
            }
            Kind::Plain => failed(format!("{tagged} was not pushed: {registry} speaks no TLS{said}")).help(
                "give the registry a certificate, or list it under `insecure-registries` of the engine",
            ),
            Kind::Other => failed(format!("{tagged} was not pushed: {registry} refused it{said}"))
                .help("check the name in `image.tags`, and the registry's own log"),
        }
    }

    /// There is no repository, and it could not be made.
    pub(super) fn not_created(&self, fault: &Fault) -> Finding {
        let Target { tagged, registry, repository, .. } = self.target;
        let message =
            format!("{tagged} was not pushed: {registry} has no repository {repository}, and {fault}");
        let help = "let the credentials create repositories (`ecr:CreateRepository`), or create it";
        Finding::error("push-denied", message).help(fault.remedy().unwrap_or(help))
    }

    /// The registry could not be asked before the push, and would not be able to be asked after it.
    pub(super) fn not_begun(&self, refusal: &Refusal) -> Finding {
        let Target { tagged, registry, .. } = self.target;
        let message =
            format!("{tagged} was not pushed: {registry} cannot be reached{}{}", self.often(), said(refusal));
        let help = match refusal.kind {
            Kind::Unreachable => {
                "check the registry's name and port in `image.tags`; it must be reachable from this machine too, \
                 which asks it what it has"
                    .into()
            }
            _ => self.how_to_ask(refusal),
        };
        Finding::error("push-failed", message).help(help)
    }

    /// It was pushed, and the registry cannot be asked for it.
    pub(super) fn not_shown(&self, refusal: &Refusal) -> Finding {
        let Target { tagged, registry, .. } = self.target;
        let message = format!(
            "{tagged} was pushed, and what {registry} holds now could not be seen{}{}",
            self.often(),
            said(refusal)
        );
        Finding::error("push-unverified", message).help(self.how_to_ask(refusal))
    }

    /// It was pushed, and something else is there.
    pub(super) fn not_ours(&self, why: &str) -> Finding {
        let message = format!("{} was pushed, and is not what the registry holds: {why}", self.target.tagged);
        Finding::error("push-unverified", message).help(
            "something between here and the registry changes images, or pushes the same tag: do not use it",
        )
    }

    /// Whose credentials they are, for the middle of a sentence.
    fn who(&self) -> String {
        match self.credentials {
            None => "who has no credentials".into(),
            Some(credentials) if credentials.user.is_empty() => {
                format!("the token from {}", credentials.from)
            }
            Some(credentials) => format!("the user {} from {}", credentials.user, credentials.from),
        }
    }

    fn often(&self) -> String {
        if self.tries < 2 { String::new() } else { format!(", {} times in a row", self.tries) }
    }

    fn how_to_log_in(&self) -> String {
        let registry = &self.target.registry;
        let looked = "looked for them in DOCKER_AUTH_CONFIG, in the files of docker and podman and at their helpers, in \
                      MODELGATE_REGISTRY_USER and MODELGATE_REGISTRY_PASSWORD, in what CI gives a job for its own \
                      registry, and in the cloud's variables";
        if let Some(known) = self.credentials.filter(|known| !known.from.contains("docker")) {
            return format!("correct what {} says", known.from);
        }
        let login = format!(
            "set MODELGATE_REGISTRY to {registry}, and MODELGATE_REGISTRY_USER and MODELGATE_REGISTRY_PASSWORD; or log in \
             with `docker login {registry}` before modelgate runs"
        );
        let login = if self.credentials.is_none() { format!("{login}; {looked}") } else { login };
        match self.ghcr() {
            Some(hint) => format!("use the token of a job that has {hint}, or {login}"),
            None => login,
        }
    }

    fn how_to_be_allowed(&self) -> String {
        let repository = &self.target.repository;
        match self.ghcr() {
            Some(hint) => format!(
                "give the job {hint}, and let this repository write in the settings of the package {repository}"
            ),
            None => format!("give them the right to push to {repository}, or log in as somebody who has it"),
        }
    }

    fn how_to_have_a_repository(&self) -> String {
        if is_ecr(&self.target.registry) {
            return "set `image.create-repository: true`, or create it: a registry of AWS makes none by itself".into();
        }
        "create it in the registry, or check the name in `image.tags`".into()
    }

    fn how_to_ask(&self, refusal: &Refusal) -> String {
        match refusal.kind {
            Kind::Untrusted => format!(
                "modelgate asks {} itself, and what the engine trusts it cannot know: name the certificate of the \
                 registry's authority in SSL_CERT_FILE, or add it to those of the system",
                self.target.registry
            ),
            Kind::Plain => {
                "modelgate goes without TLS only to this machine and to what the engine lists under \
                            `insecure-registries`"
                    .into()
            }
            Kind::Unauthorized | Kind::Denied | Kind::NoRepository => {
                "the credentials must allow to read as well as to push".into()
            }
            Kind::Limited(_) => until(refusal),
            _ => {
                "modelgate asks the registry itself, from this machine and not from the engine's: it must be \
                  reachable from here"
                    .into()
            }
        }
    }

    fn ghcr(&self) -> Option<&'static str> {
        (self.target.registry == "ghcr.io").then_some("`permissions: { packages: write }`")
    }
}

/// Whether a registry is one of AWS: `123456789012.dkr.ecr.eu-west-1.amazonaws.com`.
pub(super) fn is_ecr(registry: &str) -> bool {
    let is_aws = [".amazonaws.com", ".amazonaws.com.cn"].iter().any(|end| registry.ends_with(end));
    is_aws && registry.contains(".dkr.ecr")
}

fn until(refusal: &Refusal) -> String {
    let again = "run `modelgate deploy` again";
    match refusal.kind {
        Kind::Limited(Some(wait)) => format!("{again} in {}", number::seconds(wait.as_secs_f64())),
        _ => format!("{again} in some minutes, or log in to the registry for a higher limit"),
    }
}

/// The words of the other side, at the end of a sentence.
fn said(refusal: &Refusal) -> String {
    if refusal.said.is_empty() { String::new() } else { format!(": «{}»", refusal.said) }
}

#[cfg(test)]
mod tests;
