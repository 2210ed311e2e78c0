//! Amazon's ECR: a password for twelve hours, in exchange for a signed request.

mod identity;
mod request;
mod sign;

use base64::Engine as _;
use serde_json::{Value, json};

use super::Credentials;
use crate::docker::Docker;
use crate::fault::{Fault, Result};

use request::{Refusal, Service};

/// A registry of ECR.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Registry {
    /// Twelve digits.
    account: String,
    region: String,
    /// `amazonaws.com`, in China with `.cn`.
    domain: &'static str,
}

impl Registry {
    /// The registry with this host; none for the host of another kind of registry.
    fn of(host: &str) -> Option<Self> {
        let domain = ["amazonaws.com", "amazonaws.com.cn"]
            .into_iter()
            .find(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))?;
        let rest = host.strip_suffix(domain)?.strip_suffix('.')?;
        let (account, region) = rest.split_once(".dkr.ecr.")?;
        let is_account = account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit());
        let is_region = !region.is_empty()
            && region.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let of = |text: &str| text.to_owned();
        (is_account && is_region).then(|| Self { account: of(account), region: of(region), domain })
    }
}

/// The password of a registry of ECR; none for another registry, and where nobody gave us an identity.
///
/// # Errors
/// AWS cannot be reached, or refuses.
pub(super) async fn credentials(docker: &Docker, host: &str) -> Result<Option<Credentials>> {
    let Some(registry) = Registry::of(host) else { return Ok(None) };
    let doing = || format!("get a password for {host} from ECR");
    let Some(identity) = identity::find(docker, &registry).await? else { return Ok(None) };
    let ecr = Service::ecr(docker, &registry).map_err(|why| Fault::new(doing(), why))?;
    let answer = ecr.call("GetAuthorizationToken", &json!({}), &identity, docker.clock).await;
    let answer = answer.map_err(|refusal| {
        let help = format!("check {} and its permission ecr:GetAuthorizationToken", identity.from);
        Fault::new(doing(), refusal).help(help)
    })?;
    let (user, password) =
        read_token(&answer).ok_or_else(|| Fault::new(doing(), "the answer holds no token"))?;
    Ok(Some(Credentials { user, secret: password.into(), from: format!("ECR, by {}", identity.from) }))
}

/// The user and the password in an answer of ECR.
fn read_token(answer: &Value) -> Option<(String, String)> {
    let token = answer["authorizationData"][0]["authorizationToken"].as_str()?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(token).ok()?;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// Makes a repository; see [`super::create_repository`].
///
/// # Errors
/// Another registry, no identity, AWS cannot be reached or refuses.
pub(super) async fn create_repository(docker: &Docker, host: &str, repository: &str) -> Result<bool> {
    let doing = || format!("make the repository {repository} at {host}");
    let Some(registry) = Registry::of(host) else {
        let cause = "only Amazon's ECR wants it made before the first push";
        return Err(Fault::new(doing(), cause).help("take `create-repository` out of modelgate.yml"));
    };
    let Some(identity) = identity::find(docker, &registry).await? else {
        let help = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or let the job assume a role";
        return Err(Fault::new(doing(), "there are no credentials for AWS").help(help));
    };
    let ecr = Service::ecr(docker, &registry).map_err(|why| Fault::new(doing(), why))?;
    let wanted = json!({ "registryId": registry.account, "repositoryName": repository });
    match ecr.call("CreateRepository", &wanted, &identity, docker.clock).await {
        Ok(_) => Ok(true),
        Err(Refusal::Said { kind, .. }) if kind == "RepositoryAlreadyExistsException" => Ok(false),
        Err(refusal) => {
            let help = format!("check {} and its permission ecr:CreateRepository", identity.from);
            Err(Fault::new(doing(), refusal).help(help))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_a_registry_of_ecr_is_one() {
        let of =
            |host: &str| Registry::of(host).map(|it| format!("{} {} {}", it.account, it.region, it.domain));
        let said = of("123456789012.dkr.ecr.eu-central-1.amazonaws.com");
        assert_eq!(said.unwrap(), "123456789012 eu-central-1 amazonaws.com");
        let said = of("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn");
        assert_eq!(said.unwrap(), "123456789012 cn-north-1 amazonaws.com.cn");
        for host in [
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.com",
            "123456789012.dkr.ecr.eu-central-1.evilamazonaws.com",
            "123456789012.dkr.ecr.evil.com/.amazonaws.com",
            "123456789012.dkr.ecr.evil.com.amazonaws.com",
            "123456789012.dkr.ecr..amazonaws.com",
            "12345678901.dkr.ecr.eu-central-1.amazonaws.com",
            "x23456789012.dkr.ecr.eu-central-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com:443",
            "amazonaws.com",
            "public.ecr.aws",
        ] {
            assert_eq!(of(host), None, "{host}");
        }
    }

    #[test]
    fn a_token_is_a_user_and_a_password() {
        let answer = |token: &str| json!({ "authorizationData": [{ "authorizationToken": token }] });
        assert_eq!(read_token(&answer("QVdTOmE6Yg==")), Some(("AWS".into(), "a:b".into())));
        for wrong in [answer("QVdT"), answer("%"), json!({}), json!({ "authorizationData": [] })] {
            assert_eq!(read_token(&wrong), None, "{wrong}");
        }
    }
}
