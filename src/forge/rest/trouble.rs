//! What can go wrong with a request, and what is to be done about it.

use std::error::Error;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::Value;

use super::Answer;
use crate::fault::{self, Fault};

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It was not sent.
    Unsent(String),
    /// Nobody can say whether it was taken: the connection ended, or the server failed over it.
    Unsure(String),
    /// The server asks us to wait, this long where it says how long.
    Limited(Option<Duration>, String),
    /// The token is not valid, or no longer.
    Unauthorized(String),
    /// The token may not do this. The permissions or scopes that would do, where the server names them.
    Forbidden(String, Option<String>),
    /// There is no such thing, or the token may not see it.
    NotFound(String),
    /// The server understood and does not want it.
    Refused(u16, String),
    /// It was taken, and the answer is not what was expected.
    Garbled(String),
}

/// How long we wait for a limit that does not say how long it lasts.
const MINUTE: Duration = Duration::from_secs(60);

/// What a forge says when it refuses. GitLab's message may be a text or what is wrong with each field, and its gate
/// for tokens has a form of its own.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    message: Value,
    errors: Value,
    error: Value,
    error_description: Value,
    scope: Value,
}

impl Said {
    /// Its words on one line; empty where it has none.
    fn words(&self) -> String {
        let all = [&self.message, &self.error, &self.error_description];
        let told = all.into_iter().find(|it| !it.is_null()).map(|it| match it {
            Value::String(text) => clean(text),
            other => clean(&other.to_string()),
        });
        let more = self.errors.as_array().filter(|errors| !errors.is_empty());
        let more = more
            .map(|_| self.errors.to_string())
            .or_else(|| Some(self.error_description.as_str()?.to_owned()).filter(|_| self.message.is_null()));
        match (told.unwrap_or_default(), more) {
            (told, Some(more)) => format!("{told}: {}", clean(&more)),
            (told, None) => told,
        }
    }
}

impl Trouble {
    /// A request that could not be sent.
    pub(in crate::forge) fn unsent(error: &dyn Error) -> Self {
        Self::Unsent(told(error))
    }

    /// A connection that failed: before anything was sent where it could not be made.
    pub(in crate::forge) fn lost(error: &(dyn Error + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if error.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_connect) {
                return Self::Unsent(told(error));
            }
            cause = error.source();
        }
        Self::Unsure(told(error))
    }

    /// An answer that ended before its end, or does not end.
    pub(super) fn cut(error: &(dyn Error + 'static)) -> Self {
        Self::Unsure(format!("the answer was cut off: {}", told(error)))
    }

    /// An answer that is a refusal.
    /// `now` is in seconds since 1970.
    pub(in crate::forge) fn refused(answer: &Answer, now: Option<u64>) -> Self {
        let said: Said = serde_json::from_slice(&answer.bytes).unwrap_or_default();
        let mut message = said.words();
        if message.is_empty() {
            message = format!("status {}", answer.status);
        }
        let is_limit = answer.header("retry-after").is_some()
            || answer.header("x-ratelimit-remaining") == Some("0")
            || message.to_lowercase().contains("rate limit");
        match answer.status {
            429 => Self::limited(answer, now, &message),
            403 if is_limit => Self::limited(answer, now, &message),
            401 => Self::Unauthorized(message),
            403 => {
                let permissions = answer.header("x-accepted-github-permissions");
                let accepted = permissions.or(said.scope.as_str()).map(clean);
                Self::Forbidden(message, accepted)
            }
            404 | 410 => Self::NotFound(message),
            status if status >= 500 => Self::Unsure(format!("status {status}: {message}")),
            status => Self::Refused(status, message),
        }
    }

    /// A limit, and until when it holds where that is known.
    fn limited(answer: &Answer, now: Option<u64>, message: &str) -> Self {
        let wait = wait(answer, now);
        let end = now.zip(wait).and_then(|(now, wait)| time(now.checked_add(wait.as_secs())?));
        let message = match (end, wait) {
            (Some(end), _) => format!("{message}; it takes requests again at {end}"),
            (None, Some(wait)) => format!("{message}; it takes requests again in {} s", wait.as_secs()),
            (None, None) => message.to_owned(),
        };
        Self::Limited(wait, message)
    }

    /// How long to wait before the same request is sent again; none when it must not be.
    pub(super) fn pause(&self, is_safe: bool, backoff: Duration) -> Option<Duration> {
        match self {
            Self::Unsent(_) => Some(backoff),
            Self::Unsure(_) | Self::Garbled(_) if is_safe => Some(backoff),
            Self::Limited(wait, _) => Some(wait.unwrap_or(MINUTE).max(backoff)),
            _ => None,
        }
    }

    /// Whether the same request may well be taken later.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unsent(_) | Self::Unsure(_) | Self::Limited(..) | Self::Garbled(_))
    }

    /// The fault of who was `doing` this.
    #[must_use]
    pub fn fault(&self, doing: impl Into<String>) -> Fault {
        let fault = Fault::new(doing, self.to_string());
        match self {
            Self::Unauthorized(_) => fault
                .help("the token has expired or is wrong; `modelgate report` with a new one shows the run"),
            Self::Forbidden(_, accepted) => {
                let lacks = "give the token what it lacks, in the workflow's `permissions` on GitHub, as a role or a \
                             scope on GitLab";
                fault.help(match accepted {
                    Some(accepted) => format!("{lacks}: {accepted}"),
                    None => lacks.into(),
                })
            }
            Self::Limited(..) => fault.help("wait until then; `modelgate report` shows the run afterwards"),
            Self::Unsent(_) => {
                fault.help("check the network, the proxy and the address, GITHUB_API_URL or CI_API_V4_URL")
            }
            _ => fault,
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unsent(why) | Self::Unsure(why) => write!(f, "{why}"),
            Self::Limited(_, why) => write!(f, "the server limits the requests: {why}"),
            Self::Unauthorized(why) => write!(f, "the token was not accepted: {why}"),
            Self::Forbidden(why, _) => write!(f, "the token may not do this: {why}"),
            Self::NotFound(why) => write!(f, "there is no such thing, or the token may not see it: {why}"),
            Self::Refused(status, why) => write!(f, "it was refused with status {status}: {why}"),
            Self::Garbled(why) => write!(f, "the answer is not what was expected: {why}"),
        }
    }
}

impl Error for Trouble {}

/// How long the server says that we are to wait: for so many seconds, or until the limit begins anew.
fn wait(answer: &Answer, now: Option<u64>) -> Option<Duration> {
    let number = |name: &str| answer.header(name)?.trim().parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(Duration::from_secs(seconds));
    }
    // GitHub's words, and GitLab's.
    let either = |name: &str| number(&format!("x-{name}")).or_else(|| number(name));
    let is_spent = either("ratelimit-remaining") == Some(0);
    let reset = either("ratelimit-reset").filter(|_| is_spent)?;
    Some(Duration::from_secs(reset.saturating_sub(now?).saturating_add(1)))
}

/// A time of day, RFC 3339 in UTC; none after the year 9999.
fn time(seconds: u64) -> Option<String> {
    const LAST: u64 = 253_402_300_799;
    let time =
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).filter(|_| seconds <= LAST)?;
    Some(humantime::format_rfc3339_seconds(time).to_string())
}

fn told(error: &dyn Error) -> String {
    clean(&without_address(&fault::chain(error)))
}

/// The words of reqwest without the address, which whoever was doing it has told.
fn without_address(text: &str) -> String {
    match text.split_once(" for url (") {
        Some((before, rest)) => {
            let after = rest.split_once(')').map_or("", |(_, after)| after);
            format!("{before}{after}")
        }
        None => text.to_owned(),
    }
}

/// A server's words as one line that is not too long.
fn clean(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(1000).collect();
    line.trim().to_owned()
}
