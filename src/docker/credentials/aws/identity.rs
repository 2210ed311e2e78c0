//! Who we are to AWS: keys in variables, a role that the job may assume, or a container with credentials beside it.

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::path::PathBuf;

use reqwest::Url;
use serde_json::Value;

use super::Registry;
use super::request::{Refusal, client, endpoint, persistently, send};
use crate::context::Variables;
use crate::docker::Docker;
use crate::docker::settings::{path, text};
use crate::fault::{Fault, Result};

/// Where a container of ECS asks for its credentials.
const ECS: &str = "http://169.254.170.2";
/// The largest token that is read from a file, in bytes.
const LARGEST: u64 = 64 << 10;

/// An access key. Has no `Debug`, so that it is shown nowhere.
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) session: Option<String>,
    /// Where it comes from, as a sentence's end.
    pub(super) from: String,
}

impl Identity {
    /// What no text may show.
    pub(super) fn secrets(&self) -> Vec<&str> {
        [Some(&self.secret), self.session.as_ref()].into_iter().flatten().map(String::as_str).collect()
    }
}

/// The first identity that somebody gave us; none where nobody did.
///
/// # Errors
/// Half of one, a file that cannot be read, a service that does not answer or refuses.
pub(super) async fn find(docker: &Docker, registry: &Registry) -> Result<Option<Identity>> {
    let variables = docker.variables();
    if let Some(identity) = keys(variables)? {
        return Ok(Some(identity));
    }
    if let (Some(file), Some(role)) =
        (path(variables, "AWS_WEB_IDENTITY_TOKEN_FILE"), text(variables, "AWS_ROLE_ARN"))
    {
        let from = format!("the role {}", crate::document::shown(&role));
        let assumed = assume(docker, registry, file, &role, &from).await;
        return assumed.map(Some).map_err(|refusal| {
            let help =
                "check AWS_ROLE_ARN, and that the role trusts the token in AWS_WEB_IDENTITY_TOKEN_FILE";
            Fault::new(format!("assume {from}"), refusal).help(help)
        });
    }
    let relative = text(variables, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let address = match relative {
        Some(uri) => Some(format!("{ECS}{uri}")),
        None => text(variables, "AWS_CONTAINER_CREDENTIALS_FULL_URI").map(|uri| uri.into_owned()),
    };
    let Some(address) = address else { return Ok(None) };
    let asked = ask_container(variables, &address).await;
    asked.map(Some).map_err(|refusal| {
        let help = "check AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI";
        Fault::new("ask the container's host for credentials for AWS", refusal).help(help)
    })
}

fn keys(variables: &Variables) -> Result<Option<Identity>> {
    let of = |name: &str| text(variables, name).map(|value| value.trim().to_owned());
    match (of("AWS_ACCESS_KEY_ID"), of("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => {
            let session = of("AWS_SESSION_TOKEN");
            Ok(Some(Identity {
                id,
                secret,
                session,
                from: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".into(),
            }))
        }
        (None, None) => Ok(None),
        (Some(_), None) => Err(half("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")),
        (None, Some(_)) => Err(half("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
    }
}

fn half(missing: &str, set: &str) -> Fault {
    Fault::new("find the credentials for AWS", format!("{set} is set, and {missing} is not, or empty"))
        .help(format!("set {missing}, or remove {set}"))
}

/// Exchanges the job's token for the keys of a role. The request is not signed: the token says who we are.
async fn assume(
    docker: &Docker,
    registry: &Registry,
    file: PathBuf,
    role: &str,
    from: &str,
) -> std::result::Result<Identity, Refusal> {
    let token = read_token(&file)?;
    let usual = format!("https://sts.{}.{}", registry.region, registry.domain);
    let url = endpoint(docker, "AWS_ENDPOINT_URL_STS", &usual).map_err(Refusal::Lost)?;
    let session = text(docker.variables(), "AWS_ROLE_SESSION_NAME").unwrap_or("modelgate".into());
    let form = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", role),
        ("RoleSessionName", &session),
        ("WebIdentityToken", &token),
    ];
    let form: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let form = form.join("&");
    let client = client(false).map_err(Refusal::Lost)?;
    persistently(|| async {
        let post = client.post(url.clone()).body(form.clone());
        let (status, answer) = send(post.header("content-type", "application/x-www-form-urlencoded")).await?;
        let answer = String::from_utf8_lossy(&answer);
        let document = roxmltree::Document::parse(&answer);
        let find = |name: &str| {
            let nodes = document.as_ref().ok()?.descendants();
            let text = nodes.filter(|node| node.tag_name().name() == name).find_map(|node| node.text());
            text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        if status != 200 {
            let kind = find("Code").unwrap_or_else(|| format!("status {status}"));
            return Err(Refusal::said(status, &kind, &find("Message").unwrap_or_default(), &[&token]));
        }
        let keys = find("AccessKeyId").zip(find("SecretAccessKey")).zip(find("SessionToken"));
        let ((id, secret), session) = keys.ok_or_else(|| Refusal::Lost("what answers is not AWS".into()))?;
        Ok(Identity { id, secret, session: Some(session), from: from.to_owned() })
    })
    .await
}

/// Asks the host of our container, which knows us by where we are, and by a token where there is one.
async fn ask_container(variables: &Variables, address: &str) -> std::result::Result<Identity, Refusal> {
    let lost = |why: &str| Refusal::Lost(why.to_owned());
    let url = Url::parse(address).map_err(|_| lost("that is no address"))?;
    if !is_trusted(&url) {
        return Err(lost("plain http is only for this machine and the hosts of AWS's containers"));
    }
    let token = match path(variables, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(file) => Some(read_token(&file)?),
        None => text(variables, "AWS_CONTAINER_AUTHORIZATION_TOKEN").map(|token| token.into_owned()),
    };
    let client = client(url.scheme() == "http").map_err(Refusal::Lost)?;
    persistently(|| async {
        let mut get = client.get(url.clone()).header("accept", "application/json");
        if let Some(token) = &token {
            let value = reqwest::header::HeaderValue::from_str(token);
            let mut value =
                value.map_err(|_| lost("the token has characters in it that no header can hold"))?;
            value.set_sensitive(true);
            get = get.header("authorization", value);
        }
        let (status, answer) = send(get).await?;
        let said = serde_json::from_slice::<Value>(&answer).unwrap_or_default();
        let of = |name: &str| said[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        if status != 200 {
            let kind = of("code").unwrap_or_else(|| format!("status {status}"));
            let hidden = token.as_deref().unwrap_or_default();
            return Err(Refusal::said(status, &kind, &of("message").unwrap_or_default(), &[hidden]));
        }
        let keys = of("AccessKeyId").zip(of("SecretAccessKey"));
        let (id, secret) = keys.ok_or_else(|| lost("the answer holds no access key"))?;
        Ok(Identity { id, secret, session: of("Token"), from: "the container's credentials".into() })
    })
    .await
}

/// Whether the credentials of a container may be asked for there: over TLS, or where no other machine listens in.
fn is_trusted(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_near = match host.parse::<IpAddr>() {
        Ok(address) => {
            let of_aws = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];
            address.is_loopback() || of_aws.iter().any(|own| own.parse() == Ok(address))
        }
        Err(_) => host == "localhost",
    };
    url.username().is_empty() && (url.scheme() == "https" || url.scheme() == "http" && is_near)
}

/// The token in a file.
fn read_token(file: &std::path::Path) -> std::result::Result<String, Refusal> {
    let cannot = |why: &dyn std::fmt::Display| Refusal::Lost(format!("{}: {why}", file.display()));
    let mut text = String::new();
    let read = File::open(file).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
    let length = read.map_err(|error| cannot(&error))? as u64;
    match text.trim() {
        "" => Err(cannot(&"it is empty")),
        _ if length > LARGEST => Err(cannot(&"that is no token")),
        token => Ok(token.to_owned()),
    }
}

/// A value as it stands in a form.
fn encoded(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let byte = |byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn half_a_key_is_not_passed_over() {
        let of = |pairs: &[(&str, &str)]| {
            let variables = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
            keys(&variables).map(|found| found.map(|it| it.id)).map_err(|fault| fault.to_string())
        };
        assert_eq!(
            of(&[("AWS_ACCESS_KEY_ID", " A\n"), ("AWS_SECRET_ACCESS_KEY", "S")]),
            Ok(Some("A".into()))
        );
        assert_eq!(of(&[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")]), Ok(None));
        let said = of(&[("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "sesame")]).unwrap_err();
        assert!(said.contains("AWS_ACCESS_KEY_ID is not, or empty") && !said.contains("sesame"), "{said}");
        assert!(of(&[("AWS_ACCESS_KEY_ID", "A")]).unwrap_err().contains("AWS_SECRET_ACCESS_KEY is not"));
    }

    #[test]
    fn credentials_of_a_container_come_from_near_or_over_tls() {
        let trusted = |address: &str| is_trusted(&Url::parse(address).unwrap());
        for address in [
            "http://169.254.170.2/v2/credentials/x",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "http://127.0.0.1:8080/creds",
            "http://[::1]/creds",
            "http://localhost:1/creds",
            "https://creds.example.com/",
        ] {
            assert!(trusted(address), "{address}");
        }
        for address in [
            "http://example.com/",
            "http://169.254.170.2.evil.com/",
            "http://169.254.170.2@evil.com/",
            "https://169.254.170.2@evil.com/",
            "http://localhost.evil.com/",
            "ftp://127.0.0.1/",
            "http://10.0.0.1/",
        ] {
            assert!(!trusted(address), "{address}");
        }
    }

    #[test]
    fn a_form_holds_whatever_a_role_is_called() {
        assert_eq!(encoded("arn:aws:iam::1:role/a b+é"), "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b%2B%C3%A9");
    }
}
