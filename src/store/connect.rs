//! The one way to servers: no redirect is followed without a look, no credentials go where they were not meant to go, and
//! nobody is waited for without end.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use http::HeaderMap;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use object_store::{ClientOptions, Result as StoreResult};
use reqwest::Client;
use reqwest::redirect::Policy;

use super::address::is_loopback;
use super::trouble::{PlainHttp, Refused};
use crate::fault::{Fault, Result};
use crate::finding::Finding;

const CONNECT: Duration = Duration::from_secs(10);
/// The longest time without a byte.
const SILENCE: Duration = Duration::from_secs(30);
/// A machine that has a role answers at once; most have none, and the address leads nowhere.
const METADATA: Duration = Duration::from_secs(2);
/// No server may keep us longer than that before another try.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// Makes clients.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    /// For data.
    pub client: Client,
    /// For the machine's own credentials, which no proxy has.
    near: Client,
    /// The hosts that were asked without TLS, this machine not among them.
    plain: Arc<Mutex<BTreeSet<String>>>,
    /// The hosts that were led to, and by which address.
    led: Arc<Mutex<BTreeSet<(String, String)>>>,
}

impl Connector {
    /// Connections with the certificates of the system and its proxy.
    ///
    /// # Errors
    /// A system without usable certificates.
    pub fn new() -> Result<Self> {
        Self::waiting(SILENCE)
    }

    /// The same that waits for so long for the next byte.
    pub fn waiting(silence: Duration) -> Result<Self> {
        // A second installation is refused, and the first one is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            Client::builder()
                .redirect(Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .user_agent(concat!("modelgate/", env!("CARGO_PKG_VERSION")))
        };
        let fault = |error: reqwest::Error| Fault::new("prepare the way to the data", error.without_url());
        let client = builder().connect_timeout(CONNECT).read_timeout(silence).build().map_err(fault)?;
        let near = builder().no_proxy().connect_timeout(METADATA / 2).timeout(METADATA);
        Ok(Self { client, near: near.build().map_err(fault)?, plain: Arc::default(), led: Arc::default() })
    }

    /// Notes that a host is asked without TLS.
    pub fn note_plain(&self, host: &str) {
        if !is_loopback(host) {
            self.plain.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned());
        }
    }

    /// Notes that an address leads to another host.
    pub fn note_led(&self, shown: &str, host: &str) {
        let led = (shown.to_owned(), host.to_owned());
        self.led.lock().unwrap_or_else(PoisonError::into_inner).insert(led);
    }

    /// What should be known of the ways that were taken.
    pub fn notes(&self) -> Vec<Finding> {
        let plain = self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        let plain = plain.iter().map(|host| {
            let message =
                format!("data came from «{host}» without TLS: everybody on the way could change it");
            Finding::warning("data-plain-http", message).help("use an address with https://")
        });
        let led = self.led.lock().unwrap_or_else(PoisonError::into_inner);
        let led = led.iter().map(|(shown, host)| {
            let message = format!("«{shown}» leads to «{host}», from where the data came");
            Finding::notice("data-redirected", message)
        });
        plain.chain(led).collect()
    }
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> StoreResult<HttpClient> {
        let value = |key| options.get_config_value(&key);
        let allows_plain = value(ClientConfigKey::AllowHttp).is_some_and(|value| value == "true");
        Ok(HttpClient::new(Service { connector: self.clone(), allows_plain }))
    }
}

/// What a store sends its requests by.
#[derive(Debug)]
struct Service {
    connector: Connector,
    allows_plain: bool,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let is_metadata = is_metadata(&host, request.uri().path());
        let unknown = |error: Refused| HttpError::new(HttpErrorKind::Unknown, error);
        if is_metadata {
            let answer = HttpService::call(&self.connector.near, request).await;
            return match answer {
                Ok(answer) if answer.status().is_success() => Ok(answer),
                _ => Err(unknown(Refused::of_metadata())),
            };
        }
        if request.uri().scheme_str() == Some("http") {
            if !self.allows_plain && !is_loopback(&host) {
                return Err(HttpError::new(HttpErrorKind::Unknown, PlainHttp(host)));
            }
            self.connector.note_plain(&host);
        }
        let answer = HttpService::call(&self.connector.client, request).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (parts, body) = answer.into_parts();
        let code = header(&parts.headers, "x-ms-error-code").map(str::to_owned);
        let code = match code {
            Some(code) => code,
            None => code_in(&start(body).await),
        };
        Err(unknown(Refused::of_answer(parts.status.as_u16(), &parts.headers, &code)))
    }
}

impl Refused {
    fn of_metadata() -> Self {
        Self { status: 0, code: String::new(), region: None, after: None, is_metadata: true }
    }

    /// What an answer says, whose body names this code.
    pub fn of_answer(status: u16, headers: &HeaderMap, code: &str) -> Self {
        let word = |text: &str| -> String {
            text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(60).collect()
        };
        let after =
            header(headers, "retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs);
        Self {
            status,
            code: word(code),
            region: header(headers, "x-amz-bucket-region").map(word),
            after: after.map(|after| after.min(LONGEST_PAUSE)),
            is_metadata: false,
        }
    }
}

/// Where machines in a cloud are asked who they are.
fn is_metadata(host: &str, path: &str) -> bool {
    let is_link_local = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_link_local());
    let is_named = host == "metadata.google.internal" || host == "metadata" || host == "[fd00:ec2::254]";
    // Another place for it can be set, as those do who test such things.
    let is_asked = path.starts_with("/latest/api/token") || path.starts_with("/latest/meta-data/iam");
    is_link_local || is_named || is_asked
}

pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The beginning of a body, as far as it is worth reading.
async fn start(body: HttpResponseBody) -> String {
    const ENOUGH: usize = 64 * 1024;
    let mut bytes = Vec::new();
    let mut stream = body.bytes_stream();
    let read = async {
        while let Some(Ok(more)) = stream.next().await {
            bytes.extend_from_slice(&more);
            if bytes.len() >= ENOUGH {
                break;
            }
        }
    };
    // What has come until then is as good as all of it: the code stands at the beginning.
    let _ = tokio::time::timeout(METADATA, read).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `AccessDenied` of `<Error><Code>AccessDenied</Code>…`.
fn code_in(body: &str) -> String {
    let code = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    code.map(|(code, _)| code.to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_store_is_found_and_shows_nothing_else() {
        let body = "<?xml?><Error><Code>AccessDenied</Code><AWSAccessKeyId>AKIA</AWSAccessKeyId></Error>";
        assert_eq!(code_in(body), "AccessDenied");
        assert_eq!(code_in("<Code>"), "");
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", http::HeaderValue::from_static("86400"));
        headers.insert("x-amz-bucket-region", http::HeaderValue::from_static("eu-west-1\"; rm"));
        let refused = Refused::of_answer(301, &headers, "A b<c>?sig=x");
        assert_eq!((refused.code.as_str(), refused.region.as_deref()), ("Abcsigx", Some("eu-west-1rm")));
        assert_eq!(refused.after, Some(LONGEST_PAUSE));
    }

    #[test]
    fn only_a_machine_is_asked_who_it_is() {
        assert!(is_metadata("169.254.169.254", "/"));
        assert!(is_metadata("metadata.google.internal", "/computeMetadata/v1"));
        assert!(is_metadata("127.0.0.1", "/latest/api/token"));
        assert!(!is_metadata("s3.amazonaws.com", "/b/k"));
    }
}
