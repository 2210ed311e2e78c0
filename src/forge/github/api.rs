//! The client: octocrab over reqwest, with our rules about trying again.
//!
//! A request that reads is tried again when the world fails. One that writes is tried again only when it is
//! certain that it was not taken; else the caller gets [`Trouble::Unsure`] and looks before it writes again. One
//! whose second time changes nothing is repeated like one that reads.

mod download;
#[cfg(test)]
mod tests;
mod trouble;

use std::fmt::Write as _;
use std::fs::File;
use std::pin::pin;

use std::time::Duration;

use http::{HeaderMap, Method};
use octocrab::Octocrab;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use trouble::Trouble;

use crate::clock::Clock;
use crate::fault::{Fault, Result};
use crate::interrupt::Interrupt;
use crate::random;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take, its answer with it.
const REQUEST: Duration = Duration::from_secs(30);
/// How often a request is sent at most.
const TRIES: u32 = 4;
/// How often one is sent that must not be given up: over half a minute and more.
const STUBBORN: u32 = 8;
/// The pause before the second try; it doubles.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest that a server may make us wait, all pauses of a request together.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a request may take, its pauses with it, when somebody has stopped us: a runner that cancels a job
/// sends SIGINT, SIGTERM 7.5 seconds later, and SIGKILL 2.5 seconds after that.
const HASTE: Duration = Duration::from_secs(2);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 32 << 20;

/// A client for one repository.
#[derive(Clone)]
pub struct Api {
    crab: Octocrab,
    /// `owner/name`.
    repository: String,
    interrupt: Interrupt,
    clock: Option<Clock>,
    patience: Duration,
    tries: u32,
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
        // A secret that was pasted often ends with a newline. What is no header makes octocrab panic.
        let token = token.trim();
        if http::HeaderValue::from_str(token).is_err() {
            return Err(failed("the token has characters in it that no header can hold".into()));
        }
        // A second installation is refused, and the first one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(REQUEST)
            // Without redirects: the token must not follow them.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let crab = Octocrab::builder()
            .base_uri(base.trim_end_matches('/'))
            .map_err(|error| failed(error.to_string()))?
            .personal_token(token.to_owned())
            .add_header(http::header::USER_AGENT, concat!("modelgate/", env!("CARGO_PKG_VERSION")).into())
            .add_header(http::header::ACCEPT, "application/vnd.github+json".into())
            .build_with_reqwest(client)
            .map_err(|error| failed(error.to_string()))?;
        let (_, interrupt) = Interrupt::channel();
        let repository = repository.to_owned();
        Ok(Self { crab, repository, interrupt, clock: None, patience: PATIENCE, tries: TRIES })
    }

    /// The same client, that hurries when somebody stops us, and knows by the clock how long a limit lasts.
    #[must_use]
    pub fn heeding(self, interrupt: Interrupt, clock: Clock) -> Self {
        Self { interrupt, clock: Some(clock), ..self }
    }

    /// The same client, that waits at most so long, all pauses of a request together.
    #[must_use]
    pub fn within(&self, patience: Duration) -> Self {
        Self { patience, ..self.clone() }
    }

    /// The same client, for what must not be given up while the network or GitHub is gone for a moment.
    #[must_use]
    pub fn stubborn(&self) -> Self {
        Self { tries: STUBBORN, ..self.clone() }
    }

    /// Whether somebody has stopped us, and there is no time for what is not needed.
    #[must_use]
    pub fn is_hurried(&self) -> bool {
        self.interrupt.raised().is_some()
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

    /// Writes what may be written twice, because the second time changes nothing. Tried again like what reads.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn rewrite<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        body: &Value,
    ) -> std::result::Result<T, Trouble> {
        let answer = self.insist(method, path, Some(body), true).await?;
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
        self.insist(method, path, body, *method == Method::GET).await
    }

    async fn insist(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        is_safe: bool,
    ) -> std::result::Result<Answer, Trouble> {
        let mut left = self.patience;
        let mut overdue = pin!(self.overdue());
        for tries in 1.. {
            let trouble = tokio::select! {
                tried = self.once(method, path, body) => match tried {
                    Ok(answer) => return Ok(answer),
                    Err(trouble) => trouble,
                },
                () = &mut overdue => {
                    return Err(Trouble::Unsure("the run was stopped before GitHub answered".into()));
                }
            };
            if self.is_hurried() {
                left = left.min(HASTE);
            }
            let pause = trouble.pause(is_safe, backoff(tries)).filter(|pause| *pause <= left);
            let Some(pause) = pause.filter(|_| tries < self.tries) else { return Err(trouble) };
            left -= pause;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = &mut overdue => return Err(trouble),
            }
        }
        Err(Trouble::Unsent("it was never tried".into()))
    }

    /// Fetches what a redirect points to, without the token, into a file that has at most `largest` bytes then.
    ///
    /// # Errors
    /// An address that cannot be used, one behind which there is nothing, or too much; a connection that fails; a
    /// disk that is full.
    pub async fn download(
        &self,
        location: &str,
        into: &mut File,
        largest: u64,
    ) -> std::result::Result<(), Trouble> {
        let mut tries = 1;
        loop {
            let trouble = tokio::select! {
                fetched = download::fetch(location, into, largest) => match fetched {
                    Err(trouble @ (Trouble::Unsent(_) | Trouble::Unsure(_))) if tries < TRIES => trouble,
                    fetched => return fetched,
                },
                () = self.overdue() => {
                    return Err(Trouble::Unsure("the run was stopped before it was fetched".into()));
                }
            };
            if self.is_hurried() {
                return Err(trouble);
            }
            self.pause(tries).await;
            tries += 1;
        }
    }

    /// Comes when a request has taken too long for somebody who has stopped us.
    async fn overdue(&self) {
        self.interrupt.clone().wait(1).await;
        tokio::time::sleep(HASTE).await;
    }

    /// The pause of who has looked, after the `tries`th try, and writes again.
    pub async fn pause(&self, tries: u32) {
        tokio::time::sleep(backoff(tries)).await;
    }

    /// Seconds since 1970, where there is a clock.
    fn now(&self) -> Option<u64> {
        self.clock.map(|clock| clock.unix_seconds())
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
        if answer.status < 400 { Ok(answer) } else { Err(Trouble::refused(&answer, self.now())) }
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
    /// Another body, and a redirect.
    pub fn decode<T: DeserializeOwned>(&self) -> std::result::Result<T, Trouble> {
        if self.status >= 300 {
            let why = "it is elsewhere; the repository may have a new name";
            return Err(Trouble::Refused(self.status, why.into()));
        }
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

/// A text as a part of an address, which nothing in it can leave.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut address = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => address.push(byte.into()),
            _ => drop(write!(address, "%{byte:02X}")),
        }
    }
    address
}
