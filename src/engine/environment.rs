//! What a command sees of our environment: everything but secrets.
//!
//! Only variables are kept back. What lies in files (`~/.netrc`, `~/.docker/config.json`, the
//! credentials that a checkout left in `.git/config`) can be read by every command of the same user.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use sha2::{Digest as _, Sha256};

use super::Variables;
use super::secret::{Exposure, exposure};
use crate::config::Script;
use crate::name::Digest;

/// The variables for the commands of a script, and the names of those that were kept back, sorted.
///
/// The script's own `env` goes over what we were started with. A URL that names a user or a password is
/// not kept back whole: without PIP_INDEX_URL pip would ask the public index instead, and without
/// DATABASE_URL a program would fall back to a database of its own. Only the credentials are cut out of
/// it, so that the far side refuses in so many words; its name is among those kept back.
pub fn child_variables(variables: &Variables, script: &Script) -> (Variables, Vec<String>) {
    let mut seen = Variables::new();
    let mut withheld = Vec::new();
    for (name, value) in variables {
        let text = name.to_string_lossy();
        if script.secrets.iter().any(|secret| secret.as_str() == text) {
            seen.insert(name.clone(), value.clone());
            continue;
        }
        match exposure(&text, value) {
            Exposure::Harmless => drop(seen.insert(name.clone(), value.clone())),
            Exposure::Secret => withheld.push(text.into_owned()),
            Exposure::SecretInside(rest) => {
                seen.insert(name.clone(), rest.into());
                withheld.push(text.into_owned());
            }
        }
    }
    // Python keeps its output back when nobody watches on a terminal; then nothing would stream.
    seen.entry("PYTHONUNBUFFERED".into()).or_insert_with(|| "1".into());
    for (name, value) in &script.env {
        seen.insert(name.into(), value.into());
    }
    withheld.retain(|name| !script.env.contains_key(name));
    (seen, withheld)
}

/// The secrets that a script names and that are not there. An empty one counts as missing: that is what a
/// forge gives to a pull request from a fork.
pub fn missing_secrets<'a>(variables: &Variables, script: &'a Script) -> Vec<&'a str> {
    let is_missing = |name: &&String| {
        let value = variables.get(OsStr::new(name.as_str()));
        !script.env.contains_key(*name) && value.is_none_or(|value| value.is_empty())
    };
    script.secrets.iter().filter(is_missing).map(String::as_str).collect()
}

/// The values of the secrets that a script names.
pub fn secret_values(variables: &Variables, script: &Script) -> Vec<OsString> {
    let value = |name: &String| match script.env.get(name) {
        Some(value) => Some(value.into()),
        None => variables.get(OsStr::new(name)).cloned(),
    };
    script.secrets.iter().filter_map(value).collect()
}

/// The variables that a script sets, with a digest of each one's value. The name goes into the digest too, so
/// that equal values do not show. Secrets are no part of it: a token changes with every job and decides nothing
/// about a model, and its digest, kept in a cache that is shared, could be guessed.
pub fn named_variables(script: &Script) -> BTreeMap<String, Digest> {
    let digest = |name: &str, value: &str| {
        let hash = Sha256::new().chain_update(name).chain_update([0]).chain_update(value);
        Digest::from_bytes(hash.finalize().into())
    };
    script.env.iter().map(|(name, value)| (name.clone(), digest(name, value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn script(env: &[(&str, &str)], secrets: &[&str]) -> Script {
        Script {
            env: env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            secrets: secrets.iter().map(|name| (*name).into()).collect(),
            ..Script::default()
        }
    }

    #[test]
    fn secrets_stay_here_unless_they_are_named() {
        let ours =
            variables(&[("PATH", "/bin"), ("GITHUB_TOKEN", "ghs"), ("HF_TOKEN", "hf"), ("GITHUB_ENV", "/f")]);
        let (seen, withheld) = child_variables(&ours, &script(&[("LR", "0.1")], &["HF_TOKEN"]));
        assert_eq!(
            seen,
            variables(&[("PATH", "/bin"), ("HF_TOKEN", "hf"), ("LR", "0.1"), ("PYTHONUNBUFFERED", "1")])
        );
        assert_eq!(withheld, ["GITHUB_ENV", "GITHUB_TOKEN"]);
    }

    #[test]
    fn the_script_has_the_last_word() {
        let ours = variables(&[("PATH", "/bin"), ("API_KEY", "real"), ("PYTHONUNBUFFERED", "")]);
        let (seen, withheld) = child_variables(&ours, &script(&[("API_KEY", "fake"), ("PATH", "/opt")], &[]));
        assert_eq!(seen, variables(&[("PATH", "/opt"), ("API_KEY", "fake"), ("PYTHONUNBUFFERED", "")]));
        assert_eq!(withheld, [""; 0]);
    }

    #[test]
    fn a_url_loses_its_credentials_and_stays() {
        let ours = variables(&[("PIP_INDEX_URL", "https://me:pw@pypi.example.com/simple")]);
        let (seen, withheld) = child_variables(&ours, &script(&[], &[]));
        assert_eq!(seen[OsStr::new("PIP_INDEX_URL")], "https://pypi.example.com/simple");
        assert_eq!(withheld, ["PIP_INDEX_URL"]);
        let (seen, withheld) = child_variables(&ours, &script(&[], &["PIP_INDEX_URL"]));
        assert_eq!(seen[OsStr::new("PIP_INDEX_URL")], "https://me:pw@pypi.example.com/simple");
        assert_eq!(withheld, [""; 0]);
    }

    #[test]
    fn an_empty_secret_is_a_missing_one() {
        let ours = variables(&[("A", "set"), ("B", "")]);
        assert_eq!(missing_secrets(&ours, &script(&[("D", "x")], &["A", "B", "C", "D"])), ["B", "C"]);
    }

    #[test]
    fn a_digest_follows_the_value_and_hides_that_two_are_equal() {
        let digests = |a: &str| named_variables(&script(&[("A", a), ("B", "x"), ("C", "x")], &["TOKEN"]));
        let (one, two) = (digests("1"), digests("2"));
        assert_eq!(one.keys().collect::<Vec<_>>(), ["A", "B", "C"]);
        assert_ne!(one["A"], two["A"]);
        assert_eq!(one["B"], two["B"]);
        assert_ne!(one["B"], one["C"]);
    }
}
