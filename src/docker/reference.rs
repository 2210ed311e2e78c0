//! The name of an image: `registry/repository:tag@digest`, read as docker reads it.

use std::fmt;

use crate::document::shown;

/// Where an image is that names no registry.
const HUB: &str = "docker.io";
/// The tag of an image that names none.
const LATEST: &str = "latest";
/// The most characters of a registry with its repository.
const LONGEST: usize = 255;
/// The most characters of a tag.
const TAG: usize = 128;

/// The name of an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// `host` or `host:port`; `docker.io` where none is written.
    pub registry: String,
    /// Such as `library/python`, without the registry.
    pub repository: String,
    /// `latest` where neither a tag nor a digest is written.
    pub tag: Option<String>,
    /// `sha256:…`
    pub digest: Option<String>,
}

impl Reference {
    /// Reads it: `python` is `docker.io/library/python:latest`.
    ///
    /// # Errors
    /// What is wrong with it, as a lowercase sentence that shows the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        read(text).map_err(|why| format!("«{}» is not the name of an image: {why}", shown(text)))
    }

    /// The registry with the repository, without tag and digest.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// Under which key the credentials for the registry are kept.
    #[must_use]
    pub fn registry_key(&self) -> &str {
        registry_key(&self.registry)
    }
}

/// Under which key docker keeps the credentials for a registry.
pub(super) fn registry_key(registry: &str) -> &str {
    if registry == HUB { "https://index.docker.io/v1/" } else { registry }
}

/// The whole of it, so that no reader has to guess.
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

fn read(text: &str) -> Result<Reference, String> {
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(format!("leave out «{}://»", shown(scheme)));
    }
    if is_hex(text, 64) {
        return Err("64 hexadecimal digits are an id".into());
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (text, None),
    };
    let (registry, rest) = split_registry(rest);
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    check_registry(registry)?;
    check_repository(path)?;
    tag.map_or(Ok(()), check_tag)?;
    digest.map_or(Ok(()), check_digest)?;
    let registry = if registry == "index.docker.io" { HUB } else { registry };
    let is_official = registry == HUB && !path.contains('/');
    let repository = if is_official { format!("library/{path}") } else { path.to_owned() };
    if registry.len() + 1 + repository.len() > LONGEST {
        return Err(format!("registry and repository have more than {LONGEST} characters"));
    }
    let tag = tag.or(if digest.is_none() { Some(LATEST) } else { None });
    Ok(Reference {
        registry: registry.to_owned(),
        repository,
        tag: tag.map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

/// The registry, and what comes after it: what stands before the first `/` is one when no repository at the Hub
/// could be called so.
fn split_registry(text: &str) -> (&str, &str) {
    match text.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => (HUB, text),
    }
}

fn check_registry(registry: &str) -> Result<(), String> {
    let wrong = || Err(format!("«{}» is no registry; write host or host:port", shown(registry)));
    let (host, port) = match registry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, after)) => {
            if address.parse::<std::net::Ipv6Addr>().is_err() {
                return wrong();
            }
            (None, if after.is_empty() { None } else { Some(after.strip_prefix(':').unwrap_or("")) })
        }
        None => match registry.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(registry), None),
        },
    };
    let is_part = |part: &str| {
        let is_plain = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        is_plain && !part.is_empty() && !part.starts_with('-') && !part.ends_with('-')
    };
    let is_port = |port: &str| port.bytes().all(|c| c.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if host.is_some_and(|host| !host.split('.').all(is_part)) || port.is_some_and(|port| !is_port(port)) {
        return wrong();
    }
    Ok(())
}

fn check_repository(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Err("there is no repository in it".into());
    }
    if path.chars().any(char::is_uppercase) {
        return Err("a repository is written in small letters".into());
    }
    for part in path.split('/') {
        if part.is_empty() {
            return Err("two `/` have nothing between them, or one stands at an end".into());
        }
        if !is_component(part) {
            let rule = "use small letters and digits, and between them `.`, `_`, `__` or `-`";
            return Err(format!("«{}» cannot be part of a repository; {rule}", shown(part)));
        }
    }
    Ok(())
}

/// Letters and digits, with separators between them, never two different ones at once.
fn is_component(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_separator = |text: &str| matches!(text, "" | "." | "_" | "__") || text.bytes().all(|c| c == b'-');
    part.starts_with(is_word) && part.ends_with(is_word) && part.split(is_word).all(is_separator)
}

fn check_tag(tag: &str) -> Result<(), String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if tag.is_empty() || tag.len() > TAG {
        return Err(format!("a tag has 1 to {TAG} characters"));
    }
    if !tag.starts_with(is_word) || !tag.chars().all(|c| is_word(c) || c == '.' || c == '-') {
        let rule = "use letters, digits, `_`, `.` and `-`, beginning with none of the last two";
        return Err(format!("«{}» is no tag; {rule}", shown(tag)));
    }
    Ok(())
}

fn check_digest(digest: &str) -> Result<(), String> {
    let length = match digest.split_once(':') {
        Some(("sha256", _)) => 64,
        Some(("sha384", _)) => 96,
        Some(("sha512", _)) => 128,
        _ => 0,
    };
    match digest.split_once(':') {
        Some((_, hex)) if length > 0 && is_hex(hex, length) => Ok(()),
        _ => Err(format!("«{}» is no digest; write sha256: and 64 hexadecimal digits", shown(digest))),
    }
}

/// As many hexadecimal digits in small letters.
fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn names_are_read_as_docker_reads_them() {
        let digest = format!("sha256:{HEX}");
        for (text, whole) in [
            ("python", "docker.io/library/python:latest"),
            ("python:3.12-slim", "docker.io/library/python:3.12-slim"),
            ("me/churn", "docker.io/me/churn:latest"),
            ("me/team/churn:1", "docker.io/me/team/churn:1"),
            ("docker.io/python", "docker.io/library/python:latest"),
            ("index.docker.io/python:3", "docker.io/library/python:3"),
            ("localhost/churn", "localhost/churn:latest"),
            ("localhost:5000/churn:V1", "localhost:5000/churn:V1"),
            ("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b:latest"),
            ("[::1]:5000/a", "[::1]:5000/a:latest"),
            ("[2001:db8::1]/a", "[2001:db8::1]/a:latest"),
            ("Registry.Example.com/churn", "Registry.Example.com/churn:latest"),
            ("churn:5000", "docker.io/library/churn:5000"),
            ("a.b", "docker.io/library/a.b:latest"),
            ("a__b/c--d/e.f_g", "docker.io/a__b/c--d/e.f_g:latest"),
            ("ghcr.io/o/r:_x", "ghcr.io/o/r:_x"),
            (&format!("python@{digest}"), &format!("docker.io/library/python@{digest}")),
            (&format!("h.io/p:1@{digest}"), &format!("h.io/p:1@{digest}")),
            (&format!("h.io/{HEX}"), &format!("h.io/{HEX}:latest")),
        ] {
            let read = Reference::parse(text).unwrap();
            assert_eq!(read.to_string(), whole, "{text}");
            assert_eq!(Reference::parse(&read.to_string()), Ok(read), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_told_why() {
        let long = "a".repeat(256);
        let tag = format!("a:{}", "t".repeat(129));
        for (text, why) in [
            ("", "it is empty"),
            ("https://ghcr.io/a", "leave out «https://»"),
            (HEX, "are an id"),
            ("Python", "small letters"),
            ("MyOrg/churn", "small letters"),
            ("ghcr.io/MyOrg/churn", "small letters"),
            ("ghcr.io/é", "«é» cannot be part"),
            (":tag", "no repository"),
            ("@sha256:0", "no repository"),
            ("ghcr.io/", "no repository"),
            ("a//b", "two `/`"),
            ("/a", "two `/`"),
            ("a/", "two `/`"),
            ("a..b", "«a..b» cannot be part"),
            ("a___b", "«a___b» cannot be part"),
            ("a._b", "«a._b» cannot be part"),
            ("a-", "«a-» cannot be part"),
            ("a b", "«a b» cannot be part"),
            ("a\n", "cannot be part"),
            ("-a.io/b", "no registry"),
            ("a..io/b", "no registry"),
            ("a:port/b", "no registry"),
            ("a:99999/b", "no registry"),
            ("a:/b", "no registry"),
            ("[::g]/b", "no registry"),
            ("[::1]5000/b", "no registry"),
            ("a_b.io/c", "no registry"),
            ("a:", "1 to 128 characters"),
            (&tag, "1 to 128 characters"),
            ("a:-b", "«-b» is no tag"),
            ("a:b:c", "«b:c» is no tag"),
            ("a:b/c", "no registry"),
            ("a@sha256:0", "no digest"),
            ("a@md5:0123456789abcdef0123456789abcdef", "no digest"),
            (&format!("a@sha256:{}", HEX.to_uppercase()), "no digest"),
            (&format!("a@sha256:{HEX}@sha256:{HEX}"), "no digest"),
            (&long, "more than 255 characters"),
        ] {
            let said = Reference::parse(text).unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
    }

    #[test]
    fn the_hub_keeps_its_credentials_under_its_old_address() {
        let key = |text| Reference::parse(text).unwrap().registry_key().to_owned();
        assert_eq!(key("python"), "https://index.docker.io/v1/");
        assert_eq!(key("index.docker.io/python"), "https://index.docker.io/v1/");
        assert_eq!(key("localhost:5000/a"), "localhost:5000");
    }
}
