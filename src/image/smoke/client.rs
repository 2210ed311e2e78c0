//! Asks the server over HTTP.

use std::time::Duration;

use reqwest::redirect::Policy;

use super::request::Request;
use crate::clock::Clock;
use crate::fault::{Fault, Result};

/// How long an answer may take, all of it.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long the server may take to say whether it is ready; then it is asked again.
const READY: Duration = Duration::from_secs(5);
/// The largest body that is read, in bytes.
const LARGEST: usize = 16 << 20;

/// Speaks to one server, over one connection as long as the server keeps it.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    clock: Clock,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// From the sending to the last byte.
    pub milliseconds: f64,
}

/// What became of the question whether the server is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ready {
    Yes,
    /// It answered with this status.
    Status(u16),
    /// Nobody listens.
    Refused,
    /// Somebody took the connection and closed it without a word, as the engine does for a port that nobody in the
    /// container listens on.
    Closed,
    /// It did not answer in time, or nonsense.
    Other(String),
}

impl Client {
    /// Must be made within the runtime.
    ///
    /// # Errors
    /// A machine without certificates.
    pub fn new(clock: Clock) -> Result<Self> {
        // A second installation is refused, and the first one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("modelgate/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { http: http.map_err(|error| Fault::new("prepare to ask the server", error))?, clock })
    }

    /// Asks once whether the server is ready.
    pub async fn ready(&self, address: &str, path: &str) -> Ready {
        match self.http.get(format!("http://{address}{path}")).timeout(READY).send().await {
            Ok(answer) if answer.status().is_success() => Ready::Yes,
            Ok(answer) => Ready::Status(answer.status().as_u16()),
            Err(error) if error.is_connect() => Ready::Refused,
            Err(error) if error.is_timeout() => {
                Ready::Other(format!("no answer within {} s", READY.as_secs()))
            }
            Err(error) if is_closed(&error) => Ready::Closed,
            Err(error) => Ready::Other(causes(&error)),
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// Why there is no whole answer, as a lowercase fragment.
    pub async fn ask(&self, address: &str, request: &Request) -> std::result::Result<Answer, String> {
        let url = format!("http://{address}{}", request.path);
        let mut sent = self.http.request(request.method.clone(), url).headers(request.headers.clone());
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        let stopwatch = self.clock.start();
        let answer = async {
            let mut answer = sent.send().await.map_err(|error| causes(&error))?;
            let mut body = Vec::new();
            while let Some(piece) =
                answer.chunk().await.map_err(|error| format!("its body breaks off: {}", causes(&error)))?
            {
                if body.len() + piece.len() > LARGEST {
                    return Err("its body is larger than 16 MiB".to_owned());
                }
                body.extend_from_slice(&piece);
            }
            let milliseconds = stopwatch.elapsed().as_secs_f64() * 1000.0;
            Ok(Answer { status: answer.status().as_u16(), body, milliseconds })
        };
        let timed_out = |_| Err(format!("it did not come whole within {} s", ANSWER.as_secs()));
        tokio::time::timeout(ANSWER, answer).await.unwrap_or_else(timed_out)
    }
}

fn is_closed(error: &reqwest::Error) -> bool {
    let text = causes(error);
    ["connection closed", "reset by peer", "broken pipe", "Broken pipe"].iter().any(|how| text.contains(how))
}

/// The causes of an error without the address, which is another one each time.
fn causes(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    match texts.is_empty() {
        true => error.to_string(),
        false => texts.join(": "),
    }
}
