//! Requests to AWS: signed or not, sent again when the network fails, and errors that tell no secret.

use std::fmt;
use std::time::Duration;

use reqwest::{Client, Url};
use serde_json::Value;

use super::Registry;
use super::identity::Identity;
use super::sign;
use crate::clock::Clock;
use crate::docker::Docker;
use crate::docker::settings::text;
use crate::document::deceives;
use crate::fault;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take, its answer with it.
const REQUEST: Duration = Duration::from_secs(30);
/// The pauses before a request is sent again.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// The largest answer that is read, in bytes.
const LARGEST: usize = 1 << 20;
/// How much of what AWS says is shown, in characters.
const SHOWN: usize = 300;

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Refusal {
    /// AWS said so: a kind such as `AccessDeniedException`, and what it means.
    Said { status: u16, kind: String, message: String },
    /// It was not reached, or what answers is not AWS.
    Lost(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said { kind, message, .. } if message.is_empty() => f.write_str(kind),
            Self::Said { kind, message, .. } => write!(f, "{kind}: {message}"),
            Self::Lost(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Refusal {}

impl Refusal {
    /// What AWS said, without what stands in `secrets`: a signature that it does not take makes it repeat the request.
    pub(super) fn said(status: u16, kind: &str, message: &str, secrets: &[&str]) -> Self {
        Self::Said { status, kind: plain(kind, secrets), message: plain(message, secrets) }
    }

    fn is_passing(&self) -> bool {
        match self {
            Self::Said { status, kind, .. } => {
                *status >= 500 || *status == 429 || kind.contains("Throttling")
            }
            Self::Lost(_) => true,
        }
    }
}

/// The first line of a text, without secrets and what a terminal would obey.
fn plain(text: &str, secrets: &[&str]) -> String {
    let line = text.lines().next().unwrap_or_default();
    let hidden = secrets.iter().filter(|secret| !secret.is_empty());
    let line = hidden.fold(line.to_owned(), |line, secret| line.replace(secret, "***"));
    line.chars().filter(|c| !deceives(*c)).take(SHOWN).collect()
}

/// A service of AWS.
pub(super) struct Service {
    client: Client,
    url: Url,
    region: String,
}

impl Service {
    /// ECR in the region of the registry.
    ///
    /// # Errors
    /// The variable that names another endpoint holds no address.
    pub(super) fn ecr(docker: &Docker, registry: &Registry) -> Result<Self, String> {
        let usual = format!("https://api.ecr.{}.{}", registry.region, registry.domain);
        let url = endpoint(docker, "AWS_ENDPOINT_URL_ECR", &usual)?;
        Ok(Self { client: client(false)?, url, region: registry.region.clone() })
    }

    /// Calls an action of ECR.
    ///
    /// # Errors
    /// AWS is not reached after some tries, refuses, or says what is no JSON.
    pub(super) async fn call(
        &self,
        action: &str,
        wanted: &Value,
        identity: &Identity,
        clock: Clock,
    ) -> Result<Value, Refusal> {
        let body = wanted.to_string();
        persistently(|| async {
            let time = clock.timestamp().replace(['-', ':'], "");
            let headers = vec![
                ("host", authority(&self.url)),
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", format!("AmazonEC2ContainerRegistry_V20150921.{action}")),
            ];
            let request = sign::Request {
                headers,
                body: body.as_bytes(),
                region: &self.region,
                service: "ecr",
                time: &time,
            };
            let mut post = self.client.post(self.url.clone()).body(body.clone());
            for (name, value) in sign::signed(request, identity) {
                // The client writes the host itself, the same.
                if name != "host" {
                    post = post.header(name, value);
                }
            }
            let (status, answer) = send(post).await?;
            if status == 200 {
                return serde_json::from_slice(&answer)
                    .map_err(|_| Refusal::Lost("what answers is not AWS".into()));
            }
            let said = serde_json::from_slice::<Value>(&answer).unwrap_or_default();
            let text = |key: &str| said[key].as_str().unwrap_or_default();
            let kind = match text("__type").rsplit('#').next() {
                Some(kind) if !kind.is_empty() => kind.to_owned(),
                _ => format!("status {status}"),
            };
            let message = if text("message").is_empty() { text("Message") } else { text("message") };
            Err(Refusal::said(status, &kind, message, &identity.secrets()))
        })
        .await
    }
}

/// The address in the service's own variable, in the one for all services, or the usual one.
pub(super) fn endpoint(docker: &Docker, own: &str, usual: &str) -> Result<Url, String> {
    let variables = docker.variables();
    let named = [own, "AWS_ENDPOINT_URL"].into_iter().find_map(|name| Some((name, text(variables, name)?)));
    let (name, address) = named.map_or(("the endpoint", usual.into()), |(name, address)| (name, address));
    match Url::parse(&address) {
        Ok(url) if url.has_host() && url.path() == "/" && url.query().is_none() => Ok(url),
        _ => Err(format!("{name} holds no address such as https://host")),
    }
}

/// `host`, with the port where it is not the usual one.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A client that follows no redirect, for what we send is a secret; `is_near` is for this machine and its host, where
/// no proxy leads.
pub(super) fn client(is_near: bool) -> Result<Client, String> {
    // A second installation is refused, and the first one is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(REQUEST)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("modelgate/", env!("CARGO_PKG_VERSION")));
    let builder = if is_near { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| error.to_string())
}

/// Sends a request, and reads its status and its body.
///
/// # Errors
/// It breaks off, takes too long, or is too large.
pub(super) async fn send(request: reqwest::RequestBuilder) -> Result<(u16, Vec<u8>), Refusal> {
    let lost = |error: reqwest::Error| Refusal::Lost(fault::chain(&error.without_url()));
    let mut response = request.send().await.map_err(lost)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err(Refusal::Lost("the answer is too large".into()));
        }
    }
    Ok((status, body))
}

/// Tries again what may pass.
pub(super) async fn persistently<T, F>(mut once: impl FnMut() -> F) -> Result<T, Refusal>
where
    F: Future<Output = Result<T, Refusal>>,
{
    for pause in PAUSES {
        match once().await {
            Err(refusal) if refusal.is_passing() => tokio::time::sleep(pause).await,
            done => return done,
        }
    }
    once().await
}
