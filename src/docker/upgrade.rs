//! A connection that turns from HTTP/1.1 into something else: BuildKit's session speaks HTTP/2 over it, towards us.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, UPGRADE};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::upgrade::Upgraded;

use super::{Connection, client};
use crate::fault::{Fault, Result};

/// How long the engine may take to answer.
const ANSWER: Duration = Duration::from_secs(30);
/// The largest refusal that is read, in bytes.
const LARGEST: usize = 64 << 10;

/// What the engine said to a request to speak something else.
#[derive(Debug)]
pub enum Upgrade {
    /// It does: the connection is ours. `TokioIo::new` makes it what tokio reads and writes.
    Switched(Upgraded),
    /// It does not: the status, and what it said.
    Refused(u16, String),
}

impl Connection {
    /// Asks the engine, over a connection of its own, to speak HTTP/2 without TLS (`h2c`) from now on. `path` begins
    /// with `/` and has no version before it, such as `/session`.
    ///
    /// # Errors
    /// The engine cannot be reached, does not answer in time, or speaks no HTTP.
    pub async fn upgrade(&self, path: &str, headers: &[(&str, &str)]) -> Result<Upgrade> {
        let path = format!("/v{}{path}", self.api.client_version());
        let asked = tokio::time::timeout(ANSWER, self.ask(&path, headers)).await;
        let late = || format!("no answer within {} s", ANSWER.as_secs()).into();
        asked.unwrap_or_else(|_| Err(late())).map_err(|cause| {
            Fault::new(format!("open a connection for {path} to the engine at {}", self.address), cause)
        })
    }

    async fn ask(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> std::result::Result<Upgrade, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = Request::post(path).header(CONNECTION, "Upgrade").header(UPGRADE, "h2c");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = client::over(&self.address, request.body(Empty::<Bytes>::new())?);
        let response = client::connect(&self.address).await?.send_request(request).await?;
        let status = response.status();
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(Upgrade::Switched(hyper::upgrade::on(response).await?));
        }
        let body = Limited::new(response.into_body(), LARGEST).collect().await?.to_bytes();
        Ok(Upgrade::Refused(status.as_u16(), client::said(&body)))
    }
}
