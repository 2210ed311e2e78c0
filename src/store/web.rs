//! A file behind an address of the web.

use std::net::IpAddr;

use futures_util::StreamExt;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, LOCATION, RANGE};
use reqwest::{Response, Url};

use super::address::{is_loopback, shown_url};
use super::connect::{Connector, header};
use super::source::Opened;
use super::trouble::{Refused, Trouble, What};

/// The way is longer for nobody who means well.
const MOST_HOPS: usize = 5;

/// An address, and how to ask for what is there.
#[derive(Clone)]
pub(super) struct Page {
    pub connector: Connector,
    pub url: Url,
}

impl Page {
    /// Asks for its bytes from there on, of the content that has this tag.
    pub async fn open(&self, from: u64, tag: Option<&str>) -> Result<Opened, Trouble> {
        // Without a tag nobody knows whether the rest belongs to what we have.
        let (from, tag) = if tag.is_some() { (from, tag) } else { (0, None) };
        let answer = self.ask(from, tag).await?;
        let status = answer.status().as_u16();
        let tag = strong(header(answer.headers(), ETAG.as_str()));
        let (start, size) = match status {
            206 => part(&answer, from)?,
            _ => (0, answer.content_length()),
        };
        if header(answer.headers(), CONTENT_TYPE.as_str()).is_some_and(is_page) {
            return Err(Trouble::new(What::Refused, "what is there is a web page and not data").help(
                "name the address of the file itself, not of a page about it; is a login wanted there?",
            ));
        }
        let bytes = answer.bytes_stream();
        let bytes = bytes.map(|part| part.map_err(|error| Trouble::of_lost(&error.without_url()))).boxed();
        Ok(Opened { bytes, start, size, tag })
    }

    /// Asks, and follows where it is sent.
    async fn ask(&self, from: u64, tag: Option<&str>) -> Result<Response, Trouble> {
        let mut url = self.url.clone();
        for _ in 0..=MOST_HOPS {
            let answer = self.ask_at(url.clone(), from, tag).await?;
            let status = answer.status().as_u16();
            match status {
                200 | 206 => {
                    if host(&url) != host(&self.url) {
                        self.connector.note_led(&shown_url(&self.url), &host(&url));
                    }
                    return Ok(answer);
                }
                301 | 302 | 303 | 307 | 308 => {
                    url = next(&self.url, &url, header(answer.headers(), LOCATION.as_str()))?;
                }
                416 => {
                    return Err(Trouble::new(
                        What::Changed,
                        "it is shorter than it was when it was first seen",
                    ));
                }
                _ => return Err(Trouble::of_status(&Refused::of_answer(status, answer.headers(), ""))),
            }
        }
        Err(Trouble::new(What::Refused, format!("it leads on and on: more than {MOST_HOPS} redirects")))
    }

    async fn ask_at(&self, url: Url, from: u64, tag: Option<&str>) -> Result<Response, Trouble> {
        if url.scheme() == "http" {
            self.connector.note_plain(url.host_str().unwrap_or_default());
        }
        // Its bytes as they are: they are what is digested.
        let mut request = self.connector.client.get(url).header(ACCEPT_ENCODING, "identity");
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        if let Some(tag) = tag {
            request = request.header(IF_MATCH, tag);
        }
        request.send().await.map_err(|error| Trouble::of_lost(&error.without_url()))
    }
}

/// Where a redirect leads. It sees nothing of the address but what the server itself wrote into it.
fn next(first: &Url, from: &Url, location: Option<&str>) -> Result<Url, Trouble> {
    let refuse = |said: String| Trouble::new(What::Refused, said);
    let next = location.and_then(|location| from.join(location).ok());
    let Some(next) = next else { return Err(refuse("it is a redirect to nowhere".into())) };
    let shown = shown_url(&next);
    if !matches!(next.scheme(), "http" | "https") || next.host_str().is_none_or(str::is_empty) {
        return Err(refuse(format!("it leads to «{shown}», which is no address of the web")));
    }
    if !next.username().is_empty() || next.password().is_some() {
        return Err(refuse(format!("it leads to «{shown}» with a user or a password")));
    }
    if from.scheme() == "https" && next.scheme() == "http" {
        let trouble =
            refuse(format!("it leads to «{shown}», where everybody on the way can change the bytes"));
        return Err(trouble.help("name an address that stays with https://"));
    }
    if is_inside(&next) && !is_inside(first) {
        let trouble =
            refuse(format!("it leads from the outside to «{shown}», which is inside of this network"));
        return Err(trouble.help("name that address yourself, if it is meant"));
    }
    Ok(next)
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether an address is of this machine or of a network that is not the public one: nothing that somebody outside
/// should make us read.
fn is_inside(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match literal.map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(v4)) => {
            v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified()
        }
        Ok(IpAddr::V6(v6)) => {
            v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_unspecified()
        }
        Err(_) => is_loopback(host) || host == "metadata.google.internal",
    }
}

/// A tag that stands for the very bytes; a weak one does not.
fn strong(tag: Option<&str>) -> Option<String> {
    tag.filter(|tag| tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2).map(str::to_owned)
}

fn is_page(kind: &str) -> bool {
    kind.trim_start().to_ascii_lowercase().starts_with("text/html")
}

/// Where a part begins, and how many bytes all of it has: `bytes 10-99/100`.
fn part(answer: &Response, from: u64) -> Result<(u64, Option<u64>), Trouble> {
    let range = header(answer.headers(), CONTENT_RANGE.as_str()).unwrap_or_default();
    let read = range.strip_prefix("bytes ").and_then(|range| {
        let (part, size) = range.split_once('/')?;
        let (start, _) = part.split_once('-')?;
        Some((start.trim().parse::<u64>().ok()?, size.trim().parse().ok()))
    });
    match read {
        Some((start, size)) if start == from => Ok((start, size)),
        _ => Err(Trouble::new(What::Broken, format!("asked for the bytes from {from} on, it sent others"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_redirect_leads_neither_inside_nor_out_of_tls() {
        let led = |from: &str, to: &str| {
            let from = Url::parse(from).unwrap();
            next(&from, &from, Some(to)).map(|url| url.to_string()).map_err(|trouble| trouble.said)
        };
        assert_eq!(led("https://a.example/x?sig=1", "/y"), Ok("https://a.example/y".into()));
        assert_eq!(
            led("https://a.example/x", "https://cdn.example/y?k=1"),
            Ok("https://cdn.example/y?k=1".into())
        );
        assert_eq!(led("http://127.0.0.1:1/x", "http://[::1]:2/y"), Ok("http://[::1]:2/y".into()));
        for to in [
            "http://a.example/y",
            "https://169.254.169.254/latest",
            "https://[::ffff:10.0.0.1]/",
            "https://localhost/",
            "https://0.0.0.0/",
            "https://u:geheim@b.example/",
            "file:///etc/passwd",
            "https://",
        ] {
            let said = led("https://a.example/x", to).unwrap_err();
            assert!(!said.contains("geheim"), "{said}");
        }
        let from = Url::parse("https://a.example").unwrap();
        assert!(next(&from, &from, None).is_err());
    }

    #[test]
    fn a_weak_tag_is_none() {
        assert_eq!(strong(Some("\"a\"")).as_deref(), Some("\"a\""));
        for weak in ["W/\"a\"", "a", "\"\"", ""] {
            assert_eq!(strong(Some(weak)), None);
        }
    }
}
