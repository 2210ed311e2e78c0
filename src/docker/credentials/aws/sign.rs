//! Signature Version 4 of a request that posts a body to the root of a host, the one kind that we make.

use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};

use super::identity::Identity;

/// What is signed: names of headers in small letters, each with its value, the host among them.
pub(super) struct Request<'a> {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: &'a [u8],
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// `20150830T123600Z`
    pub(super) time: &'a str,
}

/// The headers with what signing adds to them: the time, the session, and the signature last.
pub(super) fn signed(request: Request<'_>, identity: &Identity) -> Vec<(&'static str, String)> {
    let Request { mut headers, body, region, service, time } = request;
    headers.push(("x-amz-date", time.to_owned()));
    if let Some(session) = &identity.session {
        headers.push(("x-amz-security-token", session.clone()));
    }
    headers.sort();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let body = hex(digest(&SHA256, body).as_ref());
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{body}");
    let day = &time[..time.find('T').unwrap_or(time.len())];
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let hashed = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashed}");
    let mut key = format!("AWS4{}", identity.secret).into_bytes();
    for part in [day, region, service, "aws4_request"] {
        key = sign(&Key::new(HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec();
    }
    let signature = hex(sign(&Key::new(HMAC_SHA256, &key), text.as_bytes()).as_ref());
    let credential = format!("{}/{scope}", identity.id);
    let value =
        format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}");
    headers.push(("authorization", value));
    headers
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// The signature of a request of AWS's own test suite.
    fn signature(headers: &[(&'static str, &str)], body: &str, session: Option<&str>) -> String {
        let identity = Identity {
            id: "AKIDEXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
            session: session.map(str::to_owned),
            from: String::new(),
        };
        let mut all = vec![("host", "example.amazonaws.com".to_owned())];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let request = Request {
            headers: all,
            body: body.as_bytes(),
            region: "us-east-1",
            service: "service",
            time: "20150830T123600Z",
        };
        let (name, value) = signed(request, &identity).pop().unwrap();
        assert_eq!(name, "authorization");
        value.rsplit_once('=').unwrap().1.to_owned()
    }

    #[test]
    fn signatures_are_those_of_the_published_examples() {
        // post-vanilla
        let vanilla = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        assert_eq!(signature(&[], "", None), vanilla);
        // post-x-www-form-urlencoded
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let published = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a";
        assert_eq!(signature(&form, "Param1=value1", None), published);
        // post-header-key-sort
        let sorted = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c";
        assert_eq!(signature(&[("my-header1", "value1")], "", None), sorted);
        // No example has a session and what ECR wants; this is how botocore signs it.
        let ecr = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"),
        ];
        let botocores = "01e86b170160130eeb309d3f439e7dee8bc22ad68e752d5c9c105a5f57b4870f";
        assert_eq!(signature(&ecr, "{}", Some("tok/en==")), botocores);
    }
}
