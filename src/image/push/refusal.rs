//! Why a push did not work, and whether it is worth another try.

use std::time::Duration;

/// The words of the other side that are kept, in characters.
const LONGEST: usize = 600;

/// What went wrong, in the words of whoever said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Of which kind it is.
    pub kind: Kind,
    /// What was said: one line, without secrets.
    pub said: String,
}

/// The kinds of trouble that differ in what is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nobody knows who we are, or does not believe it: 401.
    Unauthorized,
    /// We may not do this: 403.
    Denied,
    /// There is no such repository, or none that we may see: 404.
    NoRepository,
    /// The tag is there and must not be changed.
    Immutable,
    /// Too many requests: 429. How long to wait, where it says so.
    Limited(Option<Duration>),
    /// The registry failed, or the connection to it: another time it may work.
    Failing,
    /// Nobody is there.
    Unreachable,
    /// The disk is full, or the quota is spent.
    Full,
    /// The certificate of the registry is not trusted.
    Untrusted,
    /// The registry speaks no TLS.
    Plain,
    /// Anything else.
    Other,
}

impl Refusal {
    pub(super) fn new(kind: Kind, said: impl AsRef<str>) -> Self {
        Self { kind, said: clean(said.as_ref()) }
    }

    /// What an engine or a registry said, judged by its words.
    pub(super) fn said(text: &str) -> Self {
        Self::new(Kind::of_words(text), text)
    }

    /// The same without a text that must not be shown.
    #[must_use]
    pub(super) fn without(mut self, secrets: &[&str]) -> Self {
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            self.said = self.said.replace(secret, "***");
        }
        self
    }

    /// Whether the same may well work later.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(self.kind, Kind::Limited(_) | Kind::Failing | Kind::Unreachable)
    }
}

/// Words that engines and registries use, all lowercase, and what they mean. The first that is found counts, so
/// what is told apart by less stands further down.
const WORDS: &[(&[&str], Kind)] = &[
    (&["no space left on device", "insufficient storage", "status: 507", "quota"], Kind::Full),
    (&["toomanyrequests", "too many requests", "status: 429", "http 429", "rate limit"], Kind::Limited(None)),
    (&["immutable"], Kind::Immutable),
    (
        &[
            "name unknown",
            "name_unknown",
            "repository name not known",
            "repository does not exist",
            "http 404",
            "404 not found",
        ],
        Kind::NoRepository,
    ),
    (
        &[
            "no basic auth credentials",
            "unauthorized",
            "authentication required",
            "incorrect username or password",
            "status: 401",
            "http 401",
            "authorization token has expired",
            "not authenticated",
            "unauthenticated",
        ],
        Kind::Unauthorized,
    ),
    (
        &["denied", "forbidden", "status: 403", "http 403", "insufficient_scope", "not authorized"],
        Kind::Denied,
    ),
    (&["server gave http response to https client"], Kind::Plain),
    (&["x509:", "certificate"], Kind::Untrusted),
    (&["no such host"], Kind::Other),
    (&["connection refused", "no route to host", "network is unreachable"], Kind::Unreachable),
    (
        &[
            "eof",
            "connection reset",
            "broken pipe",
            "closed network connection",
            "connection closed",
            "timeout",
            "timed out",
            "deadline exceeded",
            "request canceled",
            "server misbehaving",
            "temporary failure",
            "status: 408",
            "status: 5",
            "internal server error",
            "bad gateway",
            "service unavailable",
            "unavailable: ",
            "http2: ",
            "stream error",
        ],
        Kind::Failing,
    ),
];

impl Kind {
    /// The kind of trouble that these words of an engine or a registry tell of.
    fn of_words(text: &str) -> Self {
        let text = text.to_lowercase();
        // An invalid manifest stays one, whatever else is said about it.
        if ["manifest invalid", "tag invalid", "name invalid"].iter().any(|word| text.contains(word))
            && !text.contains("immutable")
        {
            return Self::Other;
        }
        let found = WORDS.iter().find(|(words, _)| words.iter().any(|word| text.contains(word)));
        found.map_or(Self::Other, |(_, kind)| *kind)
    }

    /// The kind of an answer with this status, which is no success.
    pub(super) fn of_status(status: u16, retry_after: Option<Duration>) -> Self {
        match status {
            401 | 407 => Self::Unauthorized,
            403 => Self::Denied,
            404 => Self::NoRepository,
            408 => Self::Failing,
            429 => Self::Limited(retry_after),
            507 => Self::Full,
            503 if retry_after.is_some() => Self::Limited(retry_after),
            500.. => Self::Failing,
            _ => Self::Other,
        }
    }
}

/// One line that is not too long. An address is cut where its parameters begin: they may be a signature.
fn clean(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    line.split_whitespace().map(without_parameters).collect::<Vec<_>>().join(" ")
}

fn without_parameters(word: &str) -> String {
    match word.split_once('?').filter(|(address, _)| address.contains("://")) {
        None => word.to_owned(),
        Some((address, parameters)) => {
            let after = parameters.find('"').map_or("", |quote| &parameters[quote..]);
            format!("{address}{after}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_engines_and_registries_are_told_apart() {
        use Kind::*;
        for (said, kind) in [
            ("no basic auth credentials", Unauthorized),
            ("unauthorized: authentication required", Unauthorized),
            (
                "errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required\n",
                Unauthorized,
            ),
            ("Get \"https://x/v2/\": unauthorized: incorrect username or password", Unauthorized),
            ("denied: Your authorization token has expired. Reauthenticate and try again.", Unauthorized),
            ("denied: requested access to the resource is denied", Denied),
            ("denied: permission_denied: write_package", Denied),
            ("denied: installation not allowed to Create organization package", Denied),
            ("unexpected status from PUT request to https://ghcr.io/v2/: 403 Forbidden", Denied),
            ("received unexpected HTTP status: 403 Forbidden", Denied),
            (
                "name unknown: The repository with name 'churn' does not exist in the registry with id '123456789012'",
                NoRepository,
            ),
            (
                "tag invalid: The image tag '1' already exists in the 'churn' repository and cannot be overwritten \
                 because the tag is immutable.",
                Immutable,
            ),
            ("error parsing HTTP 403 response body: unexpected end of JSON input: \"\"", Denied),
            ("error parsing HTTP 404 response body: invalid character '<'", NoRepository),
            (
                "unexpected status from POST request to https://x/v2/y/blobs/uploads/: 404 Not Found",
                NoRepository,
            ),
            ("unexpected status from HEAD request to https://x/v2/y: 502 Bad Gateway", Failing),
            ("unexpected status from PUT request to https://x/v2/y: 504 Gateway Timeout", Failing),
            ("error parsing HTTP 413 response body: invalid character '<'", Other),
            ("toomanyrequests: You have reached your pull rate limit", Limited(None)),
            ("received unexpected HTTP status: 429 Too Many Requests", Limited(None)),
            ("received unexpected HTTP status: 500 Internal Server Error", Failing),
            ("received unexpected HTTP status: 502 Bad Gateway", Failing),
            ("received unexpected HTTP status: 503 Service Unavailable", Failing),
            ("EOF", Failing),
            ("Patch \"http://127.0.0.1:5000/v2/x/blobs/uploads/1\": unexpected EOF", Failing),
            ("write tcp 127.0.0.1:1->127.0.0.1:2: write: broken pipe", Failing),
            ("read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer", Failing),
            ("net/http: TLS handshake timeout", Failing),
            ("context deadline exceeded (Client.Timeout exceeded while awaiting headers)", Failing),
            ("dial tcp 127.0.0.1:1: connect: connection refused", Unreachable),
            ("dial tcp: lookup x.invalid: no such host", Other),
            ("received unexpected HTTP status: 507 Insufficient Storage", Full),
            ("unknown: write /var/lib/registry/x: no space left on device", Full),
            (
                "denied: adding 1.2 MiB of storage resource will exceed the configured upper limit of quota",
                Full,
            ),
            ("tls: failed to verify certificate: x509: certificate signed by unknown authority", Untrusted),
            ("http: server gave HTTP response to HTTPS client", Plain),
            ("manifest invalid: manifest invalid", Other),
            ("manifest invalid: unexpected EOF", Other),
            ("", Other),
        ] {
            let refusal = Refusal::said(said);
            assert_eq!(refusal.kind, kind, "{said}");
            let passing = matches!(kind, Limited(_) | Failing | Unreachable);
            assert_eq!(refusal.may_pass(), passing, "{said}");
        }
    }

    #[test]
    fn what_is_said_is_one_line_without_secrets() {
        let long = format!("a\n::error::b\u{1b}[2J {}", "x".repeat(10_000));
        let refusal = Refusal::said(&long);
        assert!(refusal.said.starts_with("a ::error::b [2J x"), "{}", refusal.said);
        assert!(refusal.said.len() <= LONGEST, "{}", refusal.said.len());
        let refusal =
            Refusal::said("Put \"https://s3.example.com/x?X-Amz-Signature=abc\": EOF, why? https://x/?a");
        assert_eq!(refusal.said, "Put \"https://s3.example.com/x\": EOF, why? https://x/");
        let refusal = Refusal::said("wrong: modelgate:let+me/in").without(&["let+me/in", ""]);
        assert_eq!(refusal.said, "wrong: modelgate:***");
    }

    #[test]
    fn a_status_says_what_it_is_worth() {
        use Kind::*;
        let second = Some(Duration::from_secs(1));
        for (status, wait, kind) in [
            (401, None, Unauthorized),
            (403, second, Denied),
            (404, None, NoRepository),
            (429, None, Limited(None)),
            (429, second, Limited(second)),
            (500, None, Failing),
            (503, second, Limited(second)),
            (503, None, Failing),
            (507, None, Full),
            (400, None, Other),
            (302, None, Other),
        ] {
            assert_eq!(Kind::of_status(status, wait), kind, "{status}");
        }
    }
}
