//! Where an image goes, and how its registry is spoken to.

use std::net::IpAddr;

use bollard::models::RegistryServiceConfig;

use crate::docker::Reference;

/// Docker Hub, by the name that people write.
const HUB: &str = "docker.io";
/// Docker Hub, by the name that answers.
const HUB_ADDRESS: &str = "registry-1.docker.io";

/// Where an image goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// As it was written.
    pub tagged: String,
    /// `host` or `host:port`.
    pub registry: String,
    /// Without the registry.
    pub repository: String,
    /// Such as `latest`.
    pub tag: String,
    /// Under which key the credentials for the registry are kept.
    pub key: String,
}

impl Target {
    /// Reads `registry/name:tag`; or says why it is none.
    pub(super) fn parse(tagged: &str) -> Result<Self, String> {
        let reference = Reference::parse(tagged)?;
        let key = reference.registry_key().to_owned();
        let Reference { registry, repository, tag, digest } = reference;
        let (Some(tag), None) = (tag, digest) else {
            return Err(format!("«{tagged}» has a digest, which only the registry gives"));
        };
        Ok(Self { tagged: tagged.to_owned(), registry, repository, tag, key })
    }

    /// Where the engine puts it: everything but the tag.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// The host that answers for the registry.
    pub(super) fn address(&self) -> &str {
        if self.registry == HUB { HUB_ADDRESS } else { &self.registry }
    }

    /// Whether it is of this machine, where nobody needs TLS.
    pub(super) fn is_local(&self) -> bool {
        let host = host(&self.registry);
        host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
    }

    /// Whether the engine would go without TLS.
    pub(super) fn is_insecure(&self, config: &RegistryServiceConfig) -> bool {
        let listed = config.index_configs.as_ref().and_then(|indexes| indexes.get(&self.registry));
        if let Some(secure) = listed.and_then(|index| index.secure) {
            return !secure;
        }
        let ranges = config.insecure_registry_cidrs.as_deref().unwrap_or_default();
        address(host(&self.registry))
            .is_some_and(|address| ranges.iter().any(|range| is_within(address, range)))
    }
}

/// A registry without its port.
fn host(registry: &str) -> &str {
    if let Some(rest) = registry.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    registry.rsplit_once(':').map_or(registry, |(host, _)| host)
}

fn address(host: &str) -> Option<IpAddr> {
    host.parse().ok()
}

/// Whether an address is within a range such as `10.0.0.0/8`.
fn is_within(address: IpAddr, range: &str) -> bool {
    let Some((start, bits)) = range.split_once('/') else { return false };
    let (Ok(start), Ok(bits)) = (start.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (address, start) {
        (IpAddr::V4(address), IpAddr::V4(start)) if bits <= 32 => {
            let differ = u32::from(address) ^ u32::from(start);
            differ.checked_shr(32 - bits).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(start)) if bits <= 128 => {
            let differ = u128::from(address) ^ u128::from(start);
            differ.checked_shr(128 - bits).unwrap_or(0) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;

    use bollard::models::IndexInfo;

    use super::*;

    fn target(registry: &str) -> Target {
        Target {
            tagged: format!("{registry}/churn:1"),
            registry: registry.into(),
            repository: "churn".into(),
            tag: "1".into(),
            key: registry.into(),
        }
    }

    #[test]
    fn a_tag_is_read_as_docker_reads_it() {
        let target = Target::parse("ghcr.io/acme/churn:v1").unwrap();
        assert_eq!((&*target.name(), &*target.tag), ("ghcr.io/acme/churn", "v1"));
        let hub = Target::parse("acme/churn").unwrap();
        assert_eq!((&*hub.name(), &*hub.tag), ("docker.io/acme/churn", "latest"));
        assert_eq!(hub.key, "https://index.docker.io/v1/");
        for wrong in ["", "Acme/churn", "a b", &format!("acme/churn@sha256:{}", "0".repeat(64))] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_this_machine_needs_no_tls() {
        for local in ["127.0.0.1:5000", "127.9.9.9", "localhost", "localhost:5000", "[::1]:5000"] {
            assert!(target(local).is_local(), "{local}");
        }
        for far in ["127.0.0.1.example.com", "localhost.example.com", "128.0.0.1", "10.0.0.1:5000"] {
            assert!(!target(far).is_local(), "{far}");
        }
    }

    #[test]
    fn what_the_engine_lists_goes_without_tls() {
        let index = |secure| IndexInfo { secure: Some(secure), ..IndexInfo::default() };
        let config = RegistryServiceConfig {
            insecure_registry_cidrs: Some(vec!["10.1.0.0/16".into(), "fd00::/8".into(), "nonsense".into()]),
            index_configs: Some(HashMap::from([
                ("docker.io".into(), index(true)),
                ("registry.lan:5000".into(), index(false)),
            ])),
            ..RegistryServiceConfig::default()
        };
        for insecure in ["registry.lan:5000", "10.1.255.1", "10.1.2.3:5000", "[fd12::1]:5000"] {
            assert!(target(insecure).is_insecure(&config), "{insecure}");
        }
        for secure in ["registry.lan", "registry.lan:5001", "10.2.0.1", "docker.io", "[fe80::1]:5000"] {
            assert!(!target(secure).is_insecure(&config), "{secure}");
        }
        let all = RegistryServiceConfig {
            insecure_registry_cidrs: Some(vec!["0.0.0.0/0".into()]),
            ..RegistryServiceConfig::default()
        };
        assert!(target("8.8.8.8").is_insecure(&all));
        assert!(!target("registry.example.com").is_insecure(&all));
    }

    #[test]
    fn docker_hub_answers_by_another_name() {
        assert_eq!(target("docker.io").address(), "registry-1.docker.io");
        assert_eq!(target("ghcr.io").address(), "ghcr.io");
    }
}
