//! The client: octocrab over reqwest, with our rules about trying again.
//!
//! A request that reads is tried again when the world fails. One that writes is tried again only when it is
//! certain that it was not taken; else the caller gets [`Trouble::Unsure`] and looks before it writes again.

mod trouble;

use std::time::Duration;

use http::{HeaderMap, Method};
use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use trouble::Trouble;

use crate::fault::{Fault, Result};
use crate::random;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take, its answer with it.
const REQUEST: Duration = Duration::from_secs(30);
/// How often a request is sent at most.
const TRIES: u32 = 4;
/// The pause before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest that a server may make us wait, all pauses of a request together.
const PATIENCE: Duration = Duration::from_secs(120);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 32 << 20;

/// A client for one repository.
#[derive(Clone)]
pub struct Api {
    crab: Octocrab,
    /// `owner/name`.
    repository: String,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("repository", &self.repository).finish_non_exhaustive()
    }
}

impl Api {
    /// A client for `repository` (`owner/name`) at `base`, which is `GITHUB_API_URL`. Must be made within the
    /// runtime.
    ///
    /// # Errors
    /// A base that is no address, a token that no header can hold, a machine without certificates.
    pub fn new(base: &str, repository: &str, token: &str) -> Result<Self> {
        let failed = |cause: String| {
            Fault::new(format!("prepare for GitHub's API at {base}"), cause)
                .help("check GITHUB_API_URL and GITHUB_TOKEN")
        };
        // A second installation is refused, and the first one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(REQUEST)
            // Without redirects: the token must not follow them.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("modelgate/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let crab = Octocrab::builder()
            .base_uri(base.trim_end_matches('/'))
            .map_err(|error| failed(error.to_string()))?
            .personal_token(token.to_owned())
            .build_with_reqwest(client)
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self { crab, repository: repository.to_owned() })
    }

    /// The path of something in the repository: `path("check-runs")`.
    #[must_use]
    pub fn path(&self, rest: &str) -> String {
        format!("/repos/{}/{rest}", self.repository)
    }

    /// The repository, `owner/name`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Reads. Tried again when the world fails.
    ///
    /// # Errors
    /// Every answer that is not a success, and one that is not what was expected.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> std::result::Result<T, Trouble> {
        let answer = self.send(&Method::GET, path, None).await?;
        answer.decode()
    }

    /// Writes, with `POST` or `PATCH`.
    ///
    /// # Errors
    /// As [`Self::get`], and [`Trouble::Unsure`] where nobody can say whether it was taken.
    pub async fn write<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        body: &Value,
    ) -> std::result::Result<T, Trouble> {
        let answer = self.send(method, path, Some(body)).await?;
        answer.decode()
    }

    /// Sends a request, as often as it may be sent, and reads its answer: any answer that is a success or a
    /// redirect.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> std::result::Result<Answer, Trouble> {
        let mut left = PATIENCE;
        let mut tries = 1;
        loop {
            let trouble = match self.once(method, path, body).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => trouble,
            };
            let reads = *method == Method::GET;
            let Some(pause) = trouble.pause(reads, backoff(tries)).filter(|pause| *pause <= left) else {
                return Err(trouble);
            };
            if tries == TRIES {
                return Err(trouble);
            }
            tries += 1;
            left -= pause;
            tokio::time::sleep(pause).await;
        }
    }

    async fn once(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> std::result::Result<Answer, Trouble> {
        let builder = http::Request::builder().method(method.clone()).uri(path);
        let request = self.crab.build_request(builder, body).map_err(|error| Trouble::unsent(&error))?;
        let response = self.crab.execute(request).await.map_err(|error| Trouble::lost(&error))?;
        let (parts, body) = response.into_parts();
        let bytes = bytes(body).await?;
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, bytes };
        if answer.status < 400 { Ok(answer) } else { Err(Trouble::refused(&answer)) }
    }
}

/// The answer to a request.
#[derive(Debug)]
pub struct Answer {
    /// The status, such as 201.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as what was expected. An empty one is `null`.
    ///
    /// # Errors
    /// Another body.
    pub fn decode<T: DeserializeOwned>(&self) -> std::result::Result<T, Trouble> {
        let bytes = if self.bytes.is_empty() { b"null" } else { self.bytes.as_slice() };
        serde_json::from_slice(bytes).map_err(|error| Trouble::Garbled(error.to_string()))
    }

    /// A header, where it is there and text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The whole of a body that is not too large.
async fn bytes<B>(body: B) -> std::result::Result<Vec<u8>, Trouble>
where
    B: http_body_util::BodyExt<Data = bytes::Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let limited = http_body_util::Limited::new(body, LARGEST);
    match http_body_util::BodyExt::collect(limited).await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(error) => Err(Trouble::cut(&*error)),
    }
}

/// The pause after the `tries`th try, with jitter.
fn backoff(tries: u32) -> Duration {
    let full = PAUSE * 2_u32.pow(tries.saturating_sub(1));
    let share = random::hex(1).ok().and_then(|hex| u32::from_str_radix(&hex, 16).ok()).unwrap_or(128);
    full / 2 + full * share / 512
}
