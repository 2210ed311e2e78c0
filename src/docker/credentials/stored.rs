//! Credentials that are written down: docker's config.json, and the files that look like it.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::{Credentials, is_same};
use crate::context::Variables;
use crate::docker::settings::{home, path, read_json};
use crate::fault::{Fault, Result};

/// The alphabet of docker, which takes the padding or leaves it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Podman's file: the one that was named, else the first of the usual ones.
///
/// # Errors
/// The one that was named is not there; one cannot be read or is no JSON.
pub(super) fn podmans(variables: &Variables) -> Result<Option<(PathBuf, Value)>> {
    if let Some(file) = path(variables, "REGISTRY_AUTH_FILE") {
        return match read_json(&file)? {
            Some(config) => Ok(Some((file, config))),
            None => {
                let doing = format!("read {}, named by REGISTRY_AUTH_FILE", file.display());
                Err(Fault::new(doing, "it is not there, or empty").help("`podman login` writes it"))
            }
        };
    }
    let runtime = path(variables, "XDG_RUNTIME_DIR");
    let config =
        path(variables, "XDG_CONFIG_HOME").or_else(|| home(variables).map(|home| home.join(".config")));
    for folder in [runtime, config].into_iter().flatten() {
        let file = folder.join("containers/auth.json");
        if let Some(config) = read_json(&file)? {
            return Ok(Some((file, config)));
        }
    }
    Ok(None)
}

/// The helper that knows the registry: its own, else the one for all.
pub(super) fn helper<'a>(config: &'a Value, registry: &str) -> Option<&'a str> {
    let own = find(&config["credHelpers"], registry).and_then(Value::as_str);
    own.or_else(|| config["credsStore"].as_str()).filter(|name| !name.is_empty())
}

/// What stands there for the registry itself.
///
/// # Errors
/// It is there and cannot be understood.
pub(super) fn entry(config: &Value, registry: &str, from: &str) -> Result<Option<Credentials>> {
    let Some(entry) = find(&config["auths"], registry) else { return Ok(None) };
    let text = |key: &str| entry[key].as_str().filter(|text| !text.is_empty());
    let make = |user: &str, secret: &str| {
        Some(Credentials { user: user.to_owned(), secret: secret.into(), from: from.to_owned() })
    };
    if let Some(token) = text("identitytoken") {
        return Ok(make("", token));
    }
    if let Some(auth) = text("auth") {
        let decoded = BASE64.decode(auth.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
        let Some((user, password)) = pair.filter(|(user, _)| !user.is_empty()) else {
            let doing = format!("understand the entry for {registry} in {from}");
            return Err(Fault::new(doing, "its auth is not the base64 of user:password")
                .help(format!("`docker login {registry}` writes it anew")));
        };
        // Docker pads with them.
        return Ok(make(user, password.trim_matches('\0')));
    }
    Ok(text("username").zip(text("password")).and_then(|(user, password)| make(user, password)))
}

/// The value for the registry in a map: under its very name, else under another name for it.
fn find<'a>(map: &'a Value, registry: &str) -> Option<&'a Value> {
    let map = map.as_object()?;
    let other = || map.iter().find(|(key, _)| is_same(key, registry)).map(|(_, value)| value);
    map.get(registry).or_else(other)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn told(config: &Value, registry: &str) -> String {
        match entry(config, registry, "the test") {
            Ok(Some(found)) => format!("{}:{}", found.user, found.secret.to_str().unwrap()),
            Ok(None) => "none".into(),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn an_entry_is_read_as_docker_reads_it() {
        let config = json!({ "auths": {
            "https://index.docker.io/v1/": { "auth": "bWU6bGV0K21lL2lu" },
            "unpadded.io": { "auth": "YTpi" },
            "padded.io": { "auth": "bWU6cHc=" },
            "stripped.io": { "auth": "bWU6cHc" },
            "zeros.io": { "auth": BASE64.encode("me:pw\0\0") },
            "colons.io": { "auth": BASE64.encode("me:p:w") },
            "plain.io": { "username": "me", "password": "pw" },
            "token.io": { "auth": BASE64.encode("0000:"), "identitytoken": "tok" },
            "http://old.io/v1/": { "auth": BASE64.encode("me:old") },
            "quay.io/team": { "auth": BASE64.encode("me:team") },
            "empty.io": {},
        }});
        for (registry, said) in [
            ("docker.io", "me:let+me/in"),
            ("unpadded.io", "a:b"),
            ("padded.io", "me:pw"),
            ("stripped.io", "me:pw"),
            ("zeros.io", "me:pw"),
            ("colons.io", "me:p:w"),
            ("plain.io", "me:pw"),
            ("token.io", ":tok"),
            ("old.io", "me:old"),
            ("quay.io", "none"),
            ("empty.io", "none"),
            ("padded.io.evil.com", "none"),
        ] {
            assert_eq!(told(&config, registry), said, "{registry}");
        }
    }

    #[test]
    fn an_entry_that_cannot_be_understood_is_told_without_what_is_in_it() {
        for auth in ["sesame:%", "c2VzYW1l", &BASE64.encode(":sesame"), &BASE64.encode(b"me:\xff")] {
            let said = told(&json!({ "auths": { "a.io": { "auth": auth } } }), "a.io");
            let whole = "failed to understand the entry for a.io in the test: its auth is not the base64 of user:password";
            assert_eq!(said, whole);
        }
    }

    #[test]
    fn a_registrys_own_helper_goes_before_the_one_for_all() {
        let config = json!({ "credsStore": "desktop", "credHelpers": { "a.io": "pass", "b.io": "" } });
        assert_eq!(helper(&config, "a.io"), Some("pass"));
        assert_eq!(helper(&config, "b.io"), None);
        assert_eq!(helper(&config, "c.io"), Some("desktop"));
        assert_eq!(helper(&json!({ "credsStore": 1, "credHelpers": [] }), "c.io"), None);
    }
}
