//! What the job was given: variables of ours, of GitHub's and of GitLab's.

use super::{Credentials, is_same};
use crate::context::Variables;
use crate::docker::settings::{text, variable};
use crate::fault::{Fault, Result};

/// The credentials that variables hold for exactly this registry.
///
/// # Errors
/// Our own variables hold a password and do not say for which registry.
pub(super) fn credentials(variables: &Variables, registry: &str) -> Result<Option<Credentials>> {
    let pair = |user: &str, secret: &str| {
        let (name, value) = (text(variables, user)?, variable(variables, secret)?);
        Some(Credentials {
            user: name.into_owned(),
            secret: value.to_owned(),
            from: format!("{user} and {secret}"),
        })
    };
    let ours = pair("MODELGATE_REGISTRY_USER", "MODELGATE_REGISTRY_PASSWORD");
    match text(variables, "MODELGATE_REGISTRY") {
        Some(named) if is_same(&named, registry) && ours.is_some() => return Ok(ours),
        None if ours.is_some() => {
            let cause =
                "MODELGATE_REGISTRY_PASSWORD is set, and MODELGATE_REGISTRY does not say for which registry";
            let help = "set MODELGATE_REGISTRY to its host, such as registry.example.com";
            return Err(Fault::new(format!("find the credentials for {registry}"), cause).help(help));
        }
        _ => {}
    }
    // The token of an Enterprise Server is not for github.com's registry.
    let is_github = text(variables, "GITHUB_SERVER_URL").is_none_or(|url| url == "https://github.com");
    if registry.eq_ignore_ascii_case("ghcr.io") && is_github {
        return Ok(pair("GITHUB_ACTOR", "GITHUB_TOKEN"));
    }
    let is_gitlabs = text(variables, "CI_REGISTRY").is_some_and(|named| is_same(&named, registry));
    Ok(if is_gitlabs { pair("CI_REGISTRY_USER", "CI_REGISTRY_PASSWORD") } else { None })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const GITHUB: [(&str, &str); 2] = [("GITHUB_ACTOR", "me"), ("GITHUB_TOKEN", "ghs")];
    const GITLAB: [(&str, &str); 3] =
        [("CI_REGISTRY", "r.io:5050"), ("CI_REGISTRY_USER", "ci"), ("CI_REGISTRY_PASSWORD", "glcbt")];
    const OURS: [(&str, &str); 3] = [
        ("MODELGATE_REGISTRY", "ghcr.io"),
        ("MODELGATE_REGISTRY_USER", "us"),
        ("MODELGATE_REGISTRY_PASSWORD", "ours"),
    ];

    fn told(pairs: &[(&str, &str)], registry: &str) -> String {
        let variables = pairs.iter().map(|(name, value)| (name.into(), value.into())).collect();
        match credentials(&variables, registry) {
            Ok(Some(found)) => format!("{}:{}", found.user, found.secret.to_str().unwrap()),
            Ok(None) => "none".into(),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn a_token_goes_only_to_the_host_that_it_is_for() {
        assert_eq!(told(&GITHUB, "ghcr.io"), "me:ghs");
        assert_eq!(told(&GITLAB, "r.io:5050"), "ci:glcbt");
        for registry in [
            "ghcr.io.evil.com",
            "evilghcr.io",
            "ghcr.io:443",
            "docker.io",
            "github.com",
            "r.io",
            "r.io:5050.evil.com",
        ] {
            assert_eq!(told(&GITHUB, registry), "none", "{registry}");
            assert_eq!(told(&GITLAB, registry), "none", "{registry}");
        }
        let enterprise = [&GITHUB[..], &[("GITHUB_SERVER_URL", "https://git.example.com")]].concat();
        assert_eq!(told(&enterprise, "ghcr.io"), "none");
        let public = [&GITHUB[..], &[("GITHUB_SERVER_URL", "https://github.com")]].concat();
        assert_eq!(told(&public, "ghcr.io"), "me:ghs");
    }

    #[test]
    fn our_own_variables_go_first_and_name_their_registry() {
        let both = [&OURS[..], &GITHUB].concat();
        assert_eq!(told(&both, "ghcr.io"), "us:ours");
        assert_eq!(told(&OURS, "docker.io"), "none");
        let said = told(&OURS[1..], "docker.io");
        assert!(
            said.contains("MODELGATE_REGISTRY does not say for which") && !said.contains("ours"),
            "{said}"
        );
    }

    #[test]
    fn what_is_empty_is_not_there() {
        assert_eq!(told(&[("GITHUB_ACTOR", "me"), ("GITHUB_TOKEN", "")], "ghcr.io"), "none");
        assert_eq!(told(&[("MODELGATE_REGISTRY", "a.io"), ("MODELGATE_REGISTRY_USER", "u")], "a.io"), "none");
        assert_eq!(told(&[("CI_REGISTRY", "")], ""), "none");
    }
}
