//! What can be seen of a container.

use std::collections::HashMap;
use std::io::Read;

use bollard::models::{ContainerState, ContainerStatsResponse, ContainerSummaryStateEnum};
use bollard::query_parameters::{
    DownloadFromContainerOptionsBuilder, ListContainersOptionsBuilder, StatsOptionsBuilder,
};
use futures_util::{Stream, StreamExt};

use super::body::host_of;
use super::{ASK, Container};
use crate::fault::{Fault, Result};

/// What a container has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Usage {
    /// Seconds of processors.
    pub cpu_seconds: f64,
    /// Bytes of memory that it holds now, without what the system may take back.
    pub memory_bytes: u64,
}

/// What the list of containers says of one.
pub struct Seen {
    pub has_ended: bool,
    /// The exit code, where it is told.
    pub code: Option<i64>,
}

impl Container {
    /// Where its published port can be reached, best first: `host:port`. The last is its own address, which only who
    /// is on its network reaches.
    ///
    /// # Errors
    /// The world failed.
    pub async fn addresses(&self, port: u16) -> Result<Vec<String>> {
        let doing = "learn where a container's port is published";
        let seen = self.ask(doing, self.connection.api.inspect_container(&self.name, None)).await?;
        let network = seen.network_settings.unwrap_or_default();
        let bindings = network.ports.unwrap_or_default().remove(&format!("{port}/tcp")).flatten();
        let host = host_of(&self.connection.address).unwrap_or_else(|| "127.0.0.1".into());
        let published = bindings.unwrap_or_default().into_iter().filter_map(|binding| binding.host_port);
        let mut addresses: Vec<String> = published.map(|port| format!("{host}:{port}")).collect();
        addresses.sort();
        addresses.dedup();
        let own = network.networks.unwrap_or_default().into_values().filter_map(|network| network.ip_address);
        addresses.extend(own.filter(|own| !own.is_empty()).map(|own| format!("{own}:{port}")));
        Ok(addresses)
    }

    /// What it has used, again and again while it runs.
    pub fn usage(&self) -> impl Stream<Item = Usage> + use<> {
        let options = StatsOptionsBuilder::new().stream(true).build();
        let stats = self.connection.api.stats(&self.name, Some(options));
        stats.filter_map(|stats| async { stats.ok().map(|stats| usage(&stats)) })
    }

    /// A file in it, of at most `most` bytes; none where it is not there.
    ///
    /// # Errors
    /// The world failed.
    pub async fn read(&self, path: &str, most: usize) -> Result<Option<Vec<u8>>> {
        let doing = "read a file of a container";
        let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
        let download = async {
            let mut archive = Vec::new();
            let mut pieces = Box::pin(self.connection.api.download_from_container(&self.name, Some(options)));
            while let Some(piece) = pieces.next().await {
                archive.extend_from_slice(&piece?);
                // A block before it, and the end of the archive.
                if archive.len() > most + 64 * 1024 {
                    break;
                }
            }
            Ok(archive)
        };
        let archive = match super::within(doing, ASK, download).await {
            Ok(archive) => archive,
            Err(super::Trouble::Refused(_)) => return Ok(None),
            Err(super::Trouble::Fault(fault)) => return Err(fault),
        };
        let unpack = || -> std::io::Result<Option<Vec<u8>>> {
            let mut archive = tar::Archive::new(archive.as_slice());
            let Some(entry) = archive.entries()?.next() else { return Ok(None) };
            let mut content = Vec::new();
            entry?.take(most as u64).read_to_end(&mut content)?;
            Ok(Some(content))
        };
        unpack().map_err(|error| Fault::new(doing, error))
    }

    pub(super) async fn state(&self) -> Result<ContainerState> {
        let seen =
            self.ask("look at a container", self.connection.api.inspect_container(&self.name, None)).await?;
        Ok(seen.state.unwrap_or_default())
    }

    /// What the list says of it; none where it is not in it. Podman's list can be read where its inspect cannot.
    pub(super) async fn listed(&self) -> Result<Option<Seen>> {
        let key = if self.name.starts_with("modelgate-") { "name" } else { "id" };
        let filters = HashMap::from([(key, vec![self.name.clone()])]);
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let list =
            self.ask("look for a container", self.connection.api.list_containers(Some(options))).await?;
        Ok(list.into_iter().next().map(|summary| Seen {
            has_ended: matches!(
                summary.state,
                Some(ContainerSummaryStateEnum::EXITED | ContainerSummaryStateEnum::DEAD)
            ),
            code: summary.status.as_deref().and_then(told_code),
        }))
    }
}

/// The exit code in `Exited (3) 2 seconds ago`.
fn told_code(status: &str) -> Option<i64> {
    status.strip_prefix("Exited (")?.split(')').next()?.parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of years still fit")]
fn usage(stats: &ContainerStatsResponse) -> Usage {
    let cpu =
        stats.cpu_stats.as_ref().and_then(|cpu| cpu.cpu_usage.as_ref()?.total_usage).unwrap_or_default();
    let memory = stats.memory_stats.as_ref();
    let of = |name| memory.and_then(|memory| memory.stats.as_ref()?.get(name).copied());
    // Version 1 of the system's groups, and version 2.
    let reclaimable = of("total_inactive_file").or_else(|| of("inactive_file")).unwrap_or_default();
    let used = memory.and_then(|memory| memory.usage).unwrap_or_default();
    Usage { cpu_seconds: cpu as f64 / 1e9, memory_bytes: used.saturating_sub(reclaimable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_read_from_the_list() {
        assert_eq!(told_code("Exited (137) 3 seconds ago"), Some(137));
        assert_eq!(told_code("Up 3 seconds"), None);
    }
}
