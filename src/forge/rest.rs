//! A client of a forge's interface over HTTP, with our rules about trying again, whichever forge it is.
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
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use http::{HeaderMap, Method};
use reqwest::{Certificate, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use trouble::Trouble;

use crate::clock::Clock;
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

/// How long it may take to fetch what may be large.
pub(in crate::forge) const LONGEST: Duration = Duration::from_secs(300);
/// By what a server knows us.
pub(in crate::forge) const USER_AGENT: &str = concat!("modelgate/", env!("CARGO_PKG_VERSION"));

/// What carries a request to a forge and knows its address and its token.
pub trait Carrier: Clone {
    /// The forge's name, as people read it.
    const NAME: &str;

    /// Sends a request once, and reads the whole of its answer, whatever its status.
    ///
    /// # Errors
    /// No answer, or one that is cut off.
    fn carry(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> impl Future<Output = Result<Answer, Trouble>>;

    /// The authorities that are trusted besides the machine's own.
    fn authorities(&self) -> &[Certificate] {
        &[]
    }
}

/// A client of a forge.
#[derive(Clone)]
pub struct Api<C> {
    /// What carries its requests.
    pub(in crate::forge) carrier: C,
    interrupt: Interrupt,
    clock: Option<Clock>,
    patience: Duration,
    tries: u32,
}

impl<C: Carrier> Api<C> {
    /// A client whose requests go by `carrier`.
    pub(in crate::forge) fn by(carrier: C) -> Self {
        let (_, interrupt) = Interrupt::channel();
        Self { carrier, interrupt, clock: None, patience: PATIENCE, tries: TRIES }
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

    /// The same client, for what must not be given up while the network or the server is gone for a moment.
    #[must_use]
    pub fn stubborn(&self) -> Self {
        Self { tries: STUBBORN, ..self.clone() }
    }

    /// Whether somebody has stopped us, and there is no time for what is not needed.
    #[must_use]
    pub fn is_hurried(&self) -> bool {
        self.interrupt.raised().is_some()
    }

    /// Reads. Tried again when the world fails.
    ///
    /// # Errors
    /// Every answer that is not a success, and one that is not what was expected.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
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
    ) -> Result<T, Trouble> {
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
    ) -> Result<T, Trouble> {
        let answer = self.insist(method, path, Some(body), true).await?;
        answer.decode()
    }

    /// Sends a request, as often as it may be sent, and reads its answer: any answer that is a success or a
    /// redirect.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn send(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Answer, Trouble> {
        self.insist(method, path, body, *method == Method::GET).await
    }

    async fn insist(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        is_safe: bool,
    ) -> Result<Answer, Trouble> {
        let mut left = self.patience;
        let mut overdue = pin!(self.overdue());
        for tries in 1.. {
            let trouble = tokio::select! {
                tried = self.once(method, path, body) => match tried {
                    Ok(answer) => return Ok(answer),
                    Err(trouble) => trouble,
                },
                () = &mut overdue => {
                    return Err(Trouble::Unsure(format!("the run was stopped before {} answered", C::NAME)));
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
    pub async fn download(&self, location: &str, into: &mut File, largest: u64) -> Result<(), Trouble> {
        let client = download::stranger(self.carrier.authorities())?;
        self.fetch(|| client.get(location), into, largest, &download::elsewhere).await.map(drop)
    }

    /// Fetches the answer to a request into a file, from its beginning: see [`Self::download`]. Where the answer is a
    /// redirect, nothing is fetched and it is told where to.
    pub(in crate::forge) async fn fetch(
        &self,
        request: impl Fn() -> RequestBuilder,
        into: &mut File,
        largest: u64,
        refused: &dyn Fn(&Answer) -> Trouble,
    ) -> Result<Option<String>, Trouble> {
        let mut left = self.patience;
        let mut tries = 1;
        loop {
            let trouble = tokio::select! {
                fetched = download::fetch(request(), into, largest, refused) => match fetched {
                    Err(trouble) => trouble,
                    fetched => return fetched,
                },
                () = self.overdue() => {
                    return Err(Trouble::Unsure("the run was stopped before it was fetched".into()));
                }
            };
            let pause = trouble.pause(true, backoff(tries)).filter(|pause| *pause <= left);
            let Some(pause) = pause.filter(|_| tries < TRIES && !self.is_hurried()) else {
                return Err(trouble);
            };
            left -= pause;
            tokio::time::sleep(pause).await;
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

    async fn once(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<Answer, Trouble> {
        let answer = self.carrier.carry(method, path, body).await?;
        if answer.status < 400 { Ok(answer) } else { Err(Trouble::refused(&answer, self.now())) }
    }
}

/// What speaks HTTP below a carrier: with time limits, and without redirects, because a token must not follow them.
/// Must be made within the runtime.
pub(in crate::forge) fn http(authorities: &[Certificate]) -> reqwest::Result<reqwest::Client> {
    // A second installation is refused, and the first one is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .timeout(REQUEST)
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(authorities.iter().cloned())
        .user_agent(USER_AGENT)
        .build()
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
    /// The whole of an answer that is not too large.
    ///
    /// # Errors
    /// One that is cut off, or too large.
    pub(in crate::forge) async fn whole<B>(response: http::Response<B>) -> Result<Self, Trouble>
    where
        B: http_body_util::BodyExt<Data = bytes::Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let (parts, body) = response.into_parts();
        let bytes = bytes(body).await?;
        Ok(Self { status: parts.status.as_u16(), headers: parts.headers, bytes })
    }

    /// Takes a secret out of the body.
    pub(in crate::forge) fn hide(&mut self, secret: &[u8]) {
        let mut from = 0;
        while let Some(at) = memchr::memmem::find(&self.bytes[from..], secret) {
            let start = from + at;
            self.bytes.splice(start..start + secret.len(), *b"***");
            from = start + 3;
        }
    }

    /// The body as what was expected. An empty one is `null`.
    ///
    /// # Errors
    /// Another body, and a redirect.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Trouble> {
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
async fn bytes<B>(body: B) -> Result<Vec<u8>, Trouble>
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
