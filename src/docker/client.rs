//! HTTP over a connection to the engine: a connection for each request.

use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, BollardRequest, ClientVersion};
use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, Response};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;

use super::dial::dial;
use super::{About, Address};

/// How long one answer may take while we look for an engine.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a request may take: an upload of many gigabytes is one.
const UPLOAD: u64 = 24 * 3600;
/// The largest answer that is read here, in bytes.
const LARGEST: usize = 4 << 20;
/// What can hold credentials for registries.
const AUTHORIZATIONS: [&str; 2] = ["x-registry-auth", "x-registry-config"];

/// Why an address has no engine for us.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no such socket.
    NotThere,
    /// We may not.
    Denied,
    /// Nobody listens.
    Refused,
    /// Nobody answers.
    Silent,
    /// What answers speaks no HTTP, or breaks off.
    NoHttp(String),
    /// It answers, and with no success.
    Status(u16, String),
    /// It answers, and is no engine that we can use.
    NoEngine(String),
    /// Something else with the connection.
    Lost(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThere => f.write_str("not there"),
            Self::Denied => f.write_str("permission denied"),
            Self::Refused => f.write_str("nobody listens"),
            Self::Silent => write!(f, "no answer within {} s", ANSWER.as_secs()),
            Self::NoHttp(why) => write!(f, "it speaks no HTTP: {why}"),
            Self::Status(status, said) => write!(f, "status {status}: {}", crate::document::shown(said)),
            Self::NoEngine(why) | Self::Lost(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::NotThere,
            ErrorKind::PermissionDenied => Self::Denied,
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut => Self::Silent,
            _ => Self::Lost(error.to_string()),
        }
    }
}

impl From<hyper::Error> for Trouble {
    fn from(error: hyper::Error) -> Self {
        let cause = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        if error.is_parse() || error.is_incomplete_message() {
            Self::NoHttp(cause)
        } else {
            Self::Lost(cause)
        }
    }
}

/// The engine at an address: its API at the version that both sides know, and what it says of itself.
///
/// # Errors
/// There is none, or none for us. In seconds, whatever is there.
pub(super) async fn open(address: &Address) -> Result<(bollard::Docker, About), Trouble> {
    let version = get(address, "/version").await?;
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let api_version = text(&version, "ApiVersion");
    let theirs = read_version(&api_version)
        .ok_or_else(|| Trouble::NoEngine("what answers is no Docker Engine".into()))?;
    let ours = ClientVersion { ..*API_DEFAULT_VERSION };
    if let Some(least) = read_version(&text(&version, "MinAPIVersion")).filter(|least| ours < *least) {
        let why = format!("it wants version {least} of the API, and this modelgate knows {ours}");
        return Err(Trouble::NoEngine(why));
    }
    let both = if theirs < ours { theirs } else { ours };
    let info = get(address, "/info").await?;
    let lists = |list: &Value, is: &dyn Fn(&Value) -> bool| {
        list.as_array().is_some_and(|entries| entries.iter().any(is))
    };
    let is_podman = |part: &Value| part["Name"].as_str().is_some_and(|name| name.starts_with("Podman"));
    let is_rootless =
        |option: &Value| option.as_str().is_some_and(|option| option.starts_with("name=rootless"));
    let about = About {
        version: text(&version, "Version"),
        api_version: both.to_string(),
        is_podman: lists(&version["Components"], &is_podman),
        is_rootless: lists(&info["SecurityOptions"], &is_rootless),
    };
    Ok((api(address, &both)?, about))
}

/// The API over our own connections.
fn api(address: &Address, version: &ClientVersion) -> Result<bollard::Docker, Trouble> {
    let address = address.clone();
    let transport = move |mut request: BollardRequest| {
        let address = address.clone();
        make_url_safe(&mut request);
        async move { transmit(&address, request).await }
    };
    bollard::Docker::connect_with_custom_transport(transport, Some("http://docker"), UPLOAD, version)
        .map_err(|error| Trouble::Lost(error.to_string()))
}

async fn transmit(
    address: &Address,
    request: BollardRequest,
) -> Result<Response<Incoming>, bollard::errors::Error> {
    let mut sender = connect(address).await?;
    Ok(sender.send_request(over(address, request)).await?)
}

/// The engine reads credentials in the alphabet of base64 that is for addresses; the client library writes the other.
fn make_url_safe(request: &mut BollardRequest) {
    for name in AUTHORIZATIONS {
        let Some(value) = request.headers_mut().get_mut(name) else { continue };
        let safe = value.as_bytes().iter().map(|c| match c {
            b'+' => b'-',
            b'/' => b'_',
            c => *c,
        });
        if let Ok(mut safe) = HeaderValue::from_bytes(&safe.collect::<Vec<u8>>()) {
            safe.set_sensitive(true);
            *value = safe;
        }
    }
}

/// An HTTP connection.
pub(super) async fn connect<B>(address: &Address) -> std::io::Result<http1::SendRequest<B>>
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let stream = TokioIo::new(dial(address).await?);
    let (sender, connection) = http1::handshake(stream).await.map_err(std::io::Error::other)?;
    // It ends by itself: when the answer is read and the sender is gone, or when it was handed over.
    tokio::spawn(connection.with_upgrades());
    Ok(sender)
}

/// The request as it goes over a connection to the address: without scheme and host, and with the header for them.
pub(super) fn over<B>(address: &Address, mut request: Request<B>) -> Request<B> {
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = path.map_or_else(http::Uri::default, http::Uri::from);
    let host = HeaderValue::from_str(address.host()).unwrap_or(HeaderValue::from_static("docker"));
    request.headers_mut().insert(HOST, host);
    request
}

/// What is at a path, as JSON.
async fn get(address: &Address, path: &str) -> Result<Value, Trouble> {
    tokio::time::timeout(ANSWER, fetch(address, path)).await.unwrap_or(Err(Trouble::Silent))
}

async fn fetch(address: &Address, path: &str) -> Result<Value, Trouble> {
    let request = Request::get(path).body(Empty::<Bytes>::new());
    let request = request.map_err(|error| Trouble::Lost(error.to_string()))?;
    let mut sender = connect(address).await?;
    let response = sender.send_request(over(address, request)).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), LARGEST).collect().await;
    let body = body.map_err(|error| Trouble::NoHttp(error.to_string()))?.to_bytes();
    if !status.is_success() {
        return Err(Trouble::Status(status.as_u16(), said(&body)));
    }
    serde_json::from_slice(&body).map_err(|_| Trouble::NoEngine("what answers is no Docker Engine".into()))
}

/// What the engine said of a failure.
pub(super) fn said(body: &[u8]) -> String {
    let message = serde_json::from_slice::<Value>(body).ok();
    let message = message.as_ref().and_then(|value| value["message"].as_str());
    message.map_or_else(|| String::from_utf8_lossy(body).trim().to_owned(), str::to_owned)
}

fn read_version(text: &str) -> Option<ClientVersion> {
    let (major, minor) = text.split_once('.')?;
    Some(ClientVersion { major_version: major.parse().ok()?, minor_version: minor.parse().ok()? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn credentials_go_in_the_alphabet_that_the_engine_reads() {
        let body = http_body_util::Either::Left(http_body_util::Full::new(Bytes::new()));
        let mut request = Request::post("http://docker/v1.41/images/a/push").body(body).unwrap();
        let headers = request.headers_mut();
        headers.insert("x-registry-auth", HeaderValue::from_static("a+b/c=="));
        headers.insert("accept", HeaderValue::from_static("a/b+c"));
        make_url_safe(&mut request);
        assert_eq!(request.headers()["x-registry-auth"], "a-b_c==");
        assert_eq!(request.headers()["accept"], "a/b+c");
        assert!(!format!("{:?}", request.headers()).contains("a-b_c"));
    }

    #[test]
    fn a_request_is_sent_without_its_scheme_and_host() {
        let address = Address::Tcp { authority: "h:1".into(), tls: None };
        let request = over(&address, Request::get("http://docker/v1.41/info?a=b").body(()).unwrap());
        assert_eq!(
            (request.uri().to_string(), &request.headers()[HOST]),
            ("/v1.41/info?a=b".into(), &"h:1".parse().unwrap())
        );
    }
}
