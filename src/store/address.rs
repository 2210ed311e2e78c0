//! Addresses of data: `s3://`, `gs://`, `az://`, `abfss://`, `https://` and `http://`.
//!
//! An address may hold a secret, such as the signature of a presigned one. What is shown of it is scheme, host and path.

use globset::{Glob, GlobBuilder};
use reqwest::Url;

/// What data lies in, other than this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Amazon S3, and what speaks its language.
    S3,
    /// Google Cloud Storage.
    Google,
    /// Azure Blob Storage.
    Azure,
}

/// An address.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// Of an object store.
    Object(Objects),
    /// Of a web server.
    Web(Url),
}

/// Objects of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objects {
    /// Which store.
    pub kind: Kind,
    /// As it was written: `s3://bucket`.
    pub base: String,
    /// The bucket; of Azure, the container.
    pub bucket: String,
    /// The account of Azure, where the address names it.
    pub account: Option<String>,
    /// The object's key, a glob, or what keys begin with.
    pub key: String,
}

/// What may be shown of a text that is a path or an address.
#[must_use]
pub fn shown(text: &str) -> String {
    match is_address(text).then(|| Address::parse(text)) {
        Some(Ok(address)) => address.shown(),
        Some(Err(_)) => without_secrets(text),
        None => text.to_owned(),
    }
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAddress {
    /// What is wrong, as a lowercase fragment without a secret.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// The schemes that are known, and what is behind them.
const SCHEMES: [(&str, Option<Kind>); 8] = [
    ("s3", Some(Kind::S3)),
    ("s3a", Some(Kind::S3)),
    ("gs", Some(Kind::Google)),
    ("az", Some(Kind::Azure)),
    ("abfs", Some(Kind::Azure)),
    ("abfss", Some(Kind::Azure)),
    ("http", None),
    ("https", None),
];

const KNOWN: &str = "s3://, gs://, az://, abfss://, https:// and http:// are known";

/// What makes a key a glob.
const MARKS: [char; 5] = ['*', '?', '[', '{', '\\'];

/// Whether a text is meant as an address and not as a path of this machine.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme && (rest.starts_with("//") || (rest.starts_with('/') && known(scheme).is_some()))
}

fn known(scheme: &str) -> Option<Option<Kind>> {
    SCHEMES.iter().find(|(name, _)| scheme.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it, without its secrets.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let (scheme, rest) = text.split_once(':').unwrap_or((text, ""));
        let Some(kind) = known(scheme) else { return Err(unknown(scheme)) };
        let Some(rest) = rest.strip_prefix("//") else {
            let help =
                format!("write two slashes: `{scheme}://{}`", shown_rest(rest.trim_start_matches('/')));
            return Err(no(format!("«{scheme}:/» does not begin an address"), help));
        };
        match kind {
            None => web(text, scheme),
            Some(kind) => objects(kind, &scheme.to_ascii_lowercase(), rest),
        }
    }

    /// What may be shown of it: scheme, host and path.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Object(objects) => objects.shown(&objects.key),
            Self::Web(url) => shown_url(url),
        }
    }
}

impl Address {
    /// The kind of its store; none of the web.
    #[must_use]
    pub const fn kind(&self) -> Option<Kind> {
        match self {
            Self::Object(objects) => Some(objects.kind),
            Self::Web(_) => None,
        }
    }
}

/// A secret must not get into a message by way of a debug view either.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Objects {
    /// Whether both are of the same bucket.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        (self.kind, &self.bucket, &self.account) == (other.kind, &other.bucket, &other.account)
    }

    /// The address of a key in the same bucket.
    #[must_use]
    pub fn shown(&self, key: &str) -> String {
        format!("{}/{key}", self.base)
    }

    /// The folder before the first mark of a glob, with its slash, and the glob of whole keys; none where it is none.
    ///
    /// # Errors
    /// It is no glob.
    pub fn glob(&self) -> Result<Option<(&str, Glob)>, NoAddress> {
        let Some(mark) = self.key.find(MARKS) else { return Ok(None) };
        let folder = self.key[..mark].rfind('/').map_or(0, |slash| slash + 1);
        let glob = GlobBuilder::new(&self.key).literal_separator(true).backslash_escape(true).build();
        let glob = glob.map_err(|error| {
            let message = format!("«{}» is not a glob: {}", self.shown(&self.key), error.kind());
            no(message, "a glob knows `*`, `**`, `?`, `[a-z]` and `{a,b}`; `\\` goes before a mark that is meant as it is")
        })?;
        Ok(Some((&self.key[..folder], glob)))
    }
}

impl Kind {
    /// What people call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            Self::Google => "Google Cloud Storage",
            Self::Azure => "Azure Blob Storage",
        }
    }
}

fn no(message: impl Into<String>, help: impl Into<String>) -> NoAddress {
    NoAddress { message: message.into(), help: help.into() }
}

fn unknown(scheme: &str) -> NoAddress {
    const ALIKE: f64 = 0.6;
    let lower = scheme.to_ascii_lowercase();
    let other = match lower.as_str() {
        "gcs" => Some("gs"),
        "azure" | "adl" | "wasb" | "wasbs" => Some("az"),
        "s3n" => Some("s3"),
        _ => None,
    };
    let alike = |name: &&str| strsim::normalized_damerau_levenshtein(&lower, name) >= ALIKE;
    let near = other.or_else(|| SCHEMES.iter().map(|(name, _)| *name).find(alike));
    let help = near.map_or_else(|| KNOWN.to_owned(), |name| format!("did you mean `{name}://`? {KNOWN}"));
    no(format!("«{scheme}://» is no kind of address that data can have"), help)
}

fn objects(kind: Kind, scheme: &str, rest: &str) -> Result<Address, NoAddress> {
    let (authority, key) = rest.split_once('/').unwrap_or((rest, ""));
    let example = match (kind, scheme) {
        (Kind::Azure, "az") => "az://container/data/train.parquet".to_owned(),
        (Kind::Azure, _) => {
            format!("{scheme}://container@account.dfs.core.windows.net/data/train.parquet")
        }
        _ => format!("{scheme}://bucket/data/train.parquet"),
    };
    let help = format!("write one such as `{example}`");
    let (bucket, account) = match authority.split_once('@') {
        // Not `az://`: who writes an account there means a host, and who writes another thing may mean a secret.
        Some((container, host)) if kind == Kind::Azure && scheme != "az" => {
            let account = host.split('.').next().filter(|account| is_name(account));
            (container, Some(account.ok_or_else(|| no("the address names no account", help.clone()))?))
        }
        Some(_) => return Err(no("an address must not hold a user or a password", HOW_TO_SIGN)),
        None => (authority, None),
    };
    if bucket.is_empty() {
        let place = if kind == Kind::Azure { "container" } else { "bucket" };
        return Err(no(format!("the address names no {place}"), help));
    }
    if !is_name(bucket) {
        return Err(no(format!("«{}» is no name of a bucket", clip(bucket)), help));
    }
    if is_query(key) {
        return Err(no(
            "the address of an object has no query, and what is in it may be a secret",
            HOW_TO_SIGN,
        ));
    }
    let authority = account.map_or_else(|| bucket.to_owned(), |_| authority.to_owned());
    let objects = Objects {
        kind,
        base: format!("{scheme}://{authority}"),
        bucket: bucket.to_owned(),
        account: account.map(str::to_owned),
        key: key.to_owned(),
    };
    objects.glob()?;
    Ok(Address::Object(objects))
}

const HOW_TO_SIGN: &str =
    "what is in modelgate.yml is seen by many: leave it out, and set the variables of the store";

/// Letters, digits, `-`, `_` and `.`: what all three allow in names of buckets and of accounts, and nothing that could
/// lead a request elsewhere.
fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.$".contains(c);
    !text.is_empty() && text != "." && text != ".." && text.chars().all(plain)
}

fn clip(text: &str) -> String {
    const LONGEST: usize = 63;
    text.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn web(text: &str, scheme: &str) -> Result<Address, NoAddress> {
    let help = format!("write one such as `{scheme}://example.com/data/train.csv`");
    let url = Url::parse(text).map_err(|error| no(format!("this is no address: {error}"), help.clone()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(no(
            "an address must not hold a user or a password",
            "what is in modelgate.yml is seen by many: use an address that is signed for some time, or an object store",
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(no("the address names no host", help));
    }
    // What stands behind the first `?` is a query and no mark.
    let path = text.split(['?', '#']).next().unwrap_or_default();
    if path.contains(['*', '[', ']', '{', '}']) && !path.contains("://[") {
        return Err(no(
            "a web server does not list its files, so that there are no globs",
            "name each file; a mark that is meant as it is, is written as `%2A` for `*`, `%5B` for `[`, `%7B` for `{`",
        ));
    }
    Ok(Address::Web(url))
}

/// Scheme, host, port and path.
pub(super) fn shown_url(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// Whether a host is this machine, so that nobody is on the way to it.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a `?` begins a query, `?name=`, and is no mark of a glob.
fn is_query(text: &str) -> bool {
    let name_of = |rest: &str| {
        rest.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c))
        })
    };
    text.split('?').skip(1).any(name_of)
}

/// What follows the scheme, without user, password and query.
fn shown_rest(rest: &str) -> String {
    let rest = rest.split('?').next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    clip(&format!("{host}{path}"))
}

/// A text in which no address shows its user, its password or its query; as many characters as before.
#[must_use]
pub fn without_secrets(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    // One slash is a mistake that is told, with the line that it is in.
    while let Some(at) = rest.find(":/") {
        let slashes = rest[at + 1..].bytes().take_while(|byte| *byte == b'/').count();
        let (before, after) = rest.split_at(at + 1 + slashes);
        safe.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || "\"'`»".contains(c)).unwrap_or(after.len());
        let (address, behind) = after.split_at(end);
        safe.push_str(&masked(before, address));
        rest = behind;
    }
    safe + rest
}

fn masked(before: &str, address: &str) -> String {
    let stars = |text: &str| "*".repeat(text.chars().count());
    let scheme = before.trim_end_matches([':', '/']).rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
    let scheme = scheme.map(str::to_ascii_lowercase);
    let of_azure = scheme.as_ref().is_some_and(|scheme| scheme.starts_with("abfs"));
    let (authority, path) = address.split_at(address.find(['/', '?']).unwrap_or(address.len()));
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) if !of_azure => format!("{}@{host}", stars(user)),
        _ => authority.to_owned(),
    };
    // In a store it may be the mark of a glob.
    let of_store = scheme.is_some_and(|scheme| matches!(known(&scheme), Some(Some(_))));
    match path.split_once('?') {
        Some((path, query)) if !of_store || is_query(&format!("?{query}")) => {
            format!("{authority}{path}?{}", stars(query))
        }
        _ => format!("{authority}{path}"),
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
