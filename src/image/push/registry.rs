//! The registry, asked by ourselves: what the engine tells of its push is not taken on trust.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Method};
use reqwest::{Client, Response, Url};
use serde::Deserialize;

use super::challenge::Challenge;
use super::refusal::{Kind, Refusal};
use super::target::Target;
use crate::docker::credentials::Credentials;
use crate::fault::{Fault, Result};
use crate::name::Digest;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take, its answer with it.
const REQUEST: Duration = Duration::from_secs(30);
/// The largest manifest that registries must take, in bytes, and so the largest that is read.
const LARGEST: usize = 4 << 20;
/// How often an answer may say that the answer is elsewhere.
const REDIRECTS: u32 = 3;

/// The manifests that we understand.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json";

/// What came from the registry, or why nothing did.
type Told<T> = std::result::Result<T, Refusal>;

/// A registry, as we speak to it.
pub(super) struct Registry<'a> {
    client: Client,
    target: &'a Target,
    credentials: Option<&'a Credentials>,
    /// Whether a registry without TLS will do.
    may_be_plain: bool,
}

/// A token that a registry's server gives.
#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl<'a> Registry<'a> {
    /// The registry of `target`. `may_be_plain` says whether one without TLS will do.
    ///
    /// # Errors
    /// A machine without certificates.
    pub(super) fn new(
        target: &'a Target,
        credentials: Option<&'a Credentials>,
        may_be_plain: bool,
    ) -> Result<Self> {
        // A second installation is refused, and the first one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .connect_timeout(CONNECT)
            .timeout(REQUEST)
            .user_agent(concat!("modelgate/", env!("CARGO_PKG_VERSION")))
            // They are followed here, where it is seen what goes along.
            .redirect(reqwest::redirect::Policy::none());
        if target.is_local() {
            client = client.no_proxy();
        }
        let client = client
            .build()
            .map_err(|error| Fault::new(format!("prepare to ask the registry {}", target.registry), error))?;
        Ok(Self { client, target, credentials, may_be_plain })
    }

    /// The digest under the tag; none where there is no such tag, or the registry does not say.
    pub(super) async fn tagged(&self) -> Told<Option<Digest>> {
        let answer = match self.ask(&Method::HEAD, &self.target.tag).await {
            Ok(answer) => answer,
            Err(refusal) if refusal.kind == Kind::NoRepository => return Ok(None),
            Err(refusal) => return Err(refusal),
        };
        let said = answer.headers().get("docker-content-digest").and_then(|value| value.to_str().ok());
        Ok(said.and_then(|digest| Digest::parse(digest).ok()))
    }

    /// The bytes of a manifest.
    pub(super) async fn manifest(&self, digest: Digest) -> Told<Vec<u8>> {
        let answer = self.ask(&Method::GET, &digest.to_string()).await?;
        body(answer, LARGEST).await
    }

    /// Asks for a manifest by its tag or digest: over TLS, and without where that will do and there is none.
    async fn ask(&self, method: &Method, name: &str) -> Told<Response> {
        let path = format!("{}/v2/{}/manifests/{name}", self.target.address(), self.target.repository);
        match self.authorized(method, &format!("https://{path}")).await {
            Err(refusal) if self.may_be_plain && is_unspoken(&refusal) => {
                match self.authorized(method, &format!("http://{path}")).await {
                    // What speaks TLS that is not trusted has nothing to say to those who come without.
                    Err(plain) if refusal.kind == Kind::Untrusted && is_nothing(&plain) => Err(refusal),
                    told => told,
                }
            }
            told => told,
        }
    }

    /// Sends a request, and once more with what the registry asks for.
    async fn authorized(&self, method: &Method, address: &str) -> Told<Response> {
        let address = Url::parse(address).map_err(|error| Refusal::new(Kind::Other, error.to_string()))?;
        let answer = self.send(method, &address, None).await?;
        if answer.status().as_u16() != 401 {
            return success(answer).await;
        }
        let asked = answer.headers().get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let authorization = match Challenge::read(asked) {
            Some(Challenge::Basic) => self.basic(),
            Some(Challenge::Bearer { realm, service, scope }) => {
                Some(self.bearer(&address, &realm, service.as_deref(), scope.as_deref()).await?)
            }
            None => None,
        };
        let Some(authorization) = authorization else { return success(answer).await };
        success(self.send(method, &address, Some(&authorization)).await?).await
    }

    /// Sends a request to wherever it is answered. Only where it was meant for it takes the authorization along.
    async fn send(&self, method: &Method, address: &Url, authorization: Option<&str>) -> Told<Response> {
        let mut at = address.clone();
        for _ in 0..=REDIRECTS {
            let mut request = self.client.request(method.clone(), at.clone()).header(ACCEPT, MANIFESTS);
            if let Some(authorization) = authorization.filter(|_| at.origin() == address.origin()) {
                request = request.header(AUTHORIZATION, secret(authorization)?);
            }
            let answer = request.send().await.map_err(lost)?;
            if !answer.status().is_redirection() {
                return Ok(answer);
            }
            let location = answer.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let next = location.and_then(|location| at.join(location).ok());
            let next = next.filter(|next| next.scheme() == "https" || next.scheme() == address.scheme());
            at =
                next.ok_or_else(|| Refusal::new(Kind::Other, "it sends us elsewhere, to where nobody goes"))?;
        }
        Err(Refusal::new(Kind::Other, "it sends us from one place to another, without an end"))
    }

    /// The user and the password as a header.
    fn basic(&self) -> Option<String> {
        let credentials = self.credentials.filter(|credentials| !credentials.user.is_empty())?;
        let pair = format!("{}:{}", credentials.user, credentials.secret.to_str()?);
        Some(format!("Basic {}", STANDARD.encode(pair)))
    }

    /// A token that allows to read the repository, as a header.
    async fn bearer(
        &self,
        asked: &Url,
        realm: &str,
        service: Option<&str>,
        scope: Option<&str>,
    ) -> Told<String> {
        let mut address = Url::parse(realm)
            .ok()
            // Without TLS they go to nobody else than who asks for them.
            .filter(|realm| realm.scheme() == "https" || realm.origin() == asked.origin())
            .ok_or_else(|| Refusal::new(Kind::Other, "it names no place that gives its tokens"))?;
        // Never more than to read, whatever is asked for.
        let ours = format!("repository:{}:pull", self.target.repository);
        let scope = scope.filter(|scope| scope.ends_with(":pull") && !scope.contains(' ')).unwrap_or(&ours);
        let mut wanted = vec![("scope", scope)];
        wanted.extend(service.map(|service| ("service", service)));
        let identity = self.credentials.filter(|credentials| credentials.user.is_empty());
        let request = if let Some(token) = identity.and_then(|credentials| credentials.secret.to_str()) {
            wanted.extend([
                ("grant_type", "refresh_token"),
                ("client_id", "modelgate"),
                ("refresh_token", token),
            ]);
            let mut form = address.clone();
            form.query_pairs_mut().clear().extend_pairs(wanted);
            let form = form.query().unwrap_or_default().to_owned();
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            self.client.post(address).header(CONTENT_TYPE, kind).body(form)
        } else {
            address.query_pairs_mut().extend_pairs(wanted);
            let request = self.client.get(address);
            match self.basic() {
                Some(basic) => request.header(AUTHORIZATION, secret(&basic)?),
                None => request,
            }
        };
        let answer = success(request.send().await.map_err(lost)?).await?;
        let token: Option<Token> = serde_json::from_slice(&body(answer, LARGEST).await?).ok();
        let token = token.and_then(|token| token.token.or(token.access_token));
        let token = token.ok_or_else(|| Refusal::new(Kind::Other, "it gives no token that can be read"))?;
        Ok(format!("Bearer {token}"))
    }
}

/// Whether no word of HTTP came over TLS.
const fn is_unspoken(refusal: &Refusal) -> bool {
    matches!(refusal.kind, Kind::Unreachable | Kind::Untrusted | Kind::Plain)
}

/// Whether what came is not the answer of a registry.
const fn is_nothing(refusal: &Refusal) -> bool {
    matches!(refusal.kind, Kind::Unreachable | Kind::Failing | Kind::Plain | Kind::Other)
}

/// A header that no log shows.
fn secret(text: &str) -> Told<HeaderValue> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| Refusal::new(Kind::Other, "the token has characters in it that no header can hold"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The answer, where it is a success.
async fn success(answer: Response) -> Told<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let wait = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let wait = wait.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    Err(Refusal::new(Kind::of_status(status.as_u16(), wait), format!("status {status}")))
}

/// The whole of a body that is not too large.
async fn body(mut answer: Response, largest: usize) -> Told<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(lost)? {
        if bytes.len() + chunk.len() > largest {
            return Err(Refusal::new(Kind::Other, format!("its answer has more than {largest} bytes")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// A connection that failed. What reqwest says has the address in it, which may have been sent to us.
fn lost(error: reqwest::Error) -> Refusal {
    let is_connect = error.is_connect();
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    let kind = match text.to_lowercase() {
        words if words.contains("certificate") => Kind::Untrusted,
        words if words.contains("corrupt message") => Kind::Plain,
        _ if is_connect => Kind::Unreachable,
        _ => Kind::Failing,
    };
    Refusal::new(kind, text)
}
