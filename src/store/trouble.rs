//! What can be wrong with what is far away, and the finding that it becomes.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use object_store::client::{HttpError, HttpErrorKind};

use super::address::{Kind, without_secrets};
use super::credentials;
use crate::context::Variables;
use crate::fault;
use crate::finding::Finding;

/// Something is wrong with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What is wrong.
    pub what: What,
    /// In words, as a lowercase fragment without a secret.
    pub said: String,
    /// What to do about it, where that is more than what is usual.
    pub help: Option<String>,
    /// How long the other side asks us to wait.
    pub after: Option<Duration>,
}

/// The kinds of what can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The address is no good.
    Address,
    /// There is no such thing.
    Missing,
    /// There are no credentials, or they do not suffice.
    Forbidden,
    /// Nobody answers, or not as they should; another try may help.
    Passing,
    /// The answer says that no other try will help.
    Refused,
    /// It is not what it was when we first saw it.
    Changed,
    /// What came is not what was announced.
    Broken,
}

impl Trouble {
    pub fn new(what: What, said: impl Into<String>) -> Self {
        Self { what, said: said.into(), help: None, after: None }
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What a status says that is none of success.
    pub fn of_status(refused: &Refused) -> Self {
        let Refused { status, code, region, after, is_metadata } = refused;
        if *is_metadata {
            return Self::new(What::Forbidden, "no credentials were found");
        }
        let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
        let what = match status {
            404 | 410 => What::Missing,
            401 | 403 | 407 => What::Forbidden,
            412 => What::Changed,
            408 | 429 | 500.. => What::Passing,
            _ => What::Refused,
        };
        let said = match what {
            What::Missing if refused.code == "NoSuchBucket" || refused.code == "ContainerNotFound" => {
                format!("there is no such bucket{code}")
            }
            What::Missing => format!("it is not there: status {status}{code}"),
            What::Forbidden => format!("it may not be read: status {status}{code}"),
            What::Changed => "it has changed since it was first seen".into(),
            _ => format!("the server answers with status {status}{code}"),
        };
        let mut trouble = Self { what, said, help: None, after: *after };
        if let Some(region) = region.as_ref().filter(|_| (300..=400).contains(status)) {
            trouble = trouble.help(format!("the bucket is in another region: set AWS_REGION={region}"));
        }
        trouble
    }

    /// What an object store's error says.
    pub fn of_store(error: &object_store::Error) -> Self {
        if let Some(refused) = cause::<Refused>(error) {
            return Self::of_status(refused);
        }
        if let Some(plain) = cause::<PlainHttp>(error) {
            return Self::new(What::Refused, plain.to_string())
                .help("use an endpoint with https://, or allow it, for S3 with AWS_ALLOW_HTTP=true");
        }
        if let Some(lost) = cause::<HttpError>(error) {
            return match lost.kind() {
                HttpErrorKind::Decode => Self::new(What::Refused, told(lost)),
                _ => Self::of_lost(lost),
            };
        }
        // The name that the crate has for the store is of no use to anybody.
        let text = told(error.source().unwrap_or(error));
        match error {
            object_store::Error::NotFound { .. } => Self::new(What::Missing, "it is not there"),
            object_store::Error::Precondition { .. } => {
                Self::new(What::Changed, "it has changed since it was first seen")
            }
            object_store::Error::InvalidPath { .. } => Self::new(What::Refused, text).help(
                "keys with empty parts, such as `a//b`, cannot be asked for: give the objects other names",
            ),
            _ => Self::new(What::Refused, text),
        }
    }

    /// What it means that a connection could not be made, or was lost. Its address must have been taken out.
    pub fn of_lost(error: &(dyn Error + 'static)) -> Self {
        let text = told(error);
        if text.contains("certificate") {
            return Self::new(What::Refused, format!("its certificate is not trusted: {text}"))
                .help("let SSL_CERT_FILE name a file with the certificate of who issued it");
        }
        Self::new(What::Passing, text)
    }

    /// Whether another try may help.
    pub fn is_passing(&self) -> bool {
        self.what == What::Passing
    }

    /// The finding that it is in a set,
    /// about what is shown as `shown`, in a store of this kind.
    pub fn finding(&self, set: &str, shown: &str, kind: Option<Kind>, variables: &Variables) -> Finding {
        let message = format!("«{shown}» of the set «{set}» cannot be read: {}", self.said);
        let help = self.help.clone().unwrap_or_else(|| usual_help(self.what, kind, variables));
        Finding::error(self.what.code(), message).help(help)
    }
}

impl What {
    /// The code of its finding.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Address => "data-address",
            Self::Missing => "data-file-missing",
            Self::Forbidden => "data-forbidden",
            Self::Passing | Self::Refused => "data-unreachable",
            Self::Changed => "data-changed",
            Self::Broken => "data-incomplete",
        }
    }
}

fn usual_help(what: What, kind: Option<Kind>, variables: &Variables) -> String {
    match (what, kind) {
        (What::Address, _) => "correct the address".into(),
        (What::Missing, Some(_)) => "correct the address in `data.sets`, or write the object first".into(),
        (What::Missing, None) => "correct the address in `data.sets`".into(),
        (What::Forbidden, Some(kind)) => credentials::help(kind, variables),
        (What::Forbidden, None) => {
            "no credentials are sent to web servers: use an address that is signed, or an object store".into()
        }
        (What::Passing, Some(_)) => {
            "run it again; if it stays so, look at the endpoint and the proxy in the variables".into()
        }
        (What::Passing, None) => {
            "run it again; if it stays so, is the address right, and is there a way to it?".into()
        }
        (What::Refused, _) => "is the address right, and does it lead to data itself?".into(),
        (What::Changed, _) => {
            "run it again when nobody writes it; data that stays as it is can be judged".into()
        }
        (What::Broken, _) => "run it again; if it stays so, write the data again".into(),
    }
}

/// A status that is none of success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    pub status: u16,
    /// The store's word for it, such as `AccessDenied`; letters and digits alone.
    pub code: String,
    /// Where the bucket is, if S3 says so.
    pub region: Option<String>,
    /// How long to wait, if the server says so.
    pub after: Option<Duration>,
    /// Whether it was the machine that was asked for credentials.
    pub is_metadata: bool,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {} {}", self.status, self.code)
    }
}

impl Error for Refused {}

/// An endpoint without TLS, which nobody has allowed.
#[derive(Debug)]
pub(super) struct PlainHttp(pub String);

impl fmt::Display for PlainHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the endpoint {} is not encrypted", self.0)
    }
}

impl Error for PlainHttp {}

fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// An error with its causes, on one line and without secrets.
fn told(error: &dyn Error) -> String {
    const LONGEST: usize = 400;
    let text = fault::chain(error);
    let line: String = text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    without_secrets(&line)
}
