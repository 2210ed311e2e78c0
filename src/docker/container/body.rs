//! From what we want of a container to what the engine is asked for.

use std::collections::HashMap;
use std::path::Path;

use bollard::models::{
    ContainerCreateBody, DeviceRequest, HealthConfig, HostConfig, HostConfigLogConfig, Mount as BindMount,
    MountType, PortBinding,
};

use super::{Mount, Spec};
use crate::config::Gpus;
use crate::docker::Address;

/// The label that says whose a container is.
pub const OWNER: &str = "dev.modelgate.owner";

/// What the engine is asked to make.
pub fn body(spec: &Spec, publish_on: &str) -> ContainerCreateBody {
    let port = spec.port.map(|port| format!("{port}/tcp"));
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        // As the entrypoint, since that drops the image's command, and a command would keep its entrypoint.
        entrypoint: spec.command.clone(),
        cmd: spec.command.as_ref().map(|_| Vec::new()),
        // The engine would look after a command of ours as if it were the image's server.
        healthcheck: spec
            .command
            .as_ref()
            .map(|_| HealthConfig { test: Some(vec!["NONE".into()]), ..HealthConfig::default() }),
        env: Some(spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
        user: spec.user.clone(),
        working_dir: spec.folder.clone(),
        labels: Some(HashMap::from([(OWNER.into(), owner(&spec.owner))])),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        exposed_ports: port.clone().map(|port| vec![port]),
        host_config: Some(host(spec, port, publish_on)),
        ..ContainerCreateBody::default()
    }
}

fn host(spec: &Spec, port: Option<String>, publish_on: &str) -> HostConfig {
    let binding = PortBinding { host_ip: Some(publish_on.into()), host_port: Some("0".into()) };
    HostConfig {
        // A first process that passes signals on and buries the dead: without it a stop takes its whole grace.
        init: Some(true),
        // The log would be gone with it.
        auto_remove: Some(false),
        security_opt: Some(vec!["no-new-privileges".into()]),
        // What it writes comes to us, masked into our log; the engine would keep it as it is.
        log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
        network_mode: Some(spec.network.clone()),
        port_bindings: port.map(|port| HashMap::from([(port, Some(vec![binding]))])),
        mounts: Some(spec.mounts.iter().map(bind).collect()),
        tmpfs: Some(spec.hidden.iter().map(|folder| (folder.clone(), "mode=1777".into())).collect()),
        memory: spec.memory.map(signed),
        // Without swap, or a limit of 2 GB would be one of 4 GB on some machines.
        memory_swap: spec.memory.map(signed),
        shm_size: spec.shared_memory.map(signed),
        nano_cpus: spec.nano_cpus.map(signed),
        device_requests: spec.gpus.as_ref().map(|gpus| vec![devices(gpus)]),
        ..HostConfig::default()
    }
}

fn bind(mount: &Mount) -> BindMount {
    BindMount {
        target: Some(mount.target.clone()),
        source: Some(mount.source.to_string_lossy().into_owned()),
        typ: Some(MountType::BIND),
        read_only: Some(mount.is_read_only),
        ..BindMount::default()
    }
}

fn devices(gpus: &Gpus) -> DeviceRequest {
    let (count, ids) = match gpus {
        Gpus::All => (Some(-1), None),
        Gpus::Count(count) => (Some((*count).into()), None),
        Gpus::Ids(ids) => (None, Some(ids.clone())),
    };
    DeviceRequest {
        driver: Some("nvidia".into()),
        count,
        device_ids: ids,
        capabilities: Some(vec![vec!["gpu".into()]]),
        options: None,
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The value of the label: the folder of the run, and the machine that it is on.
pub fn owner(run_dir: &Path) -> String {
    format!("{}:{}", hostname(), run_dir.to_string_lossy())
}

#[cfg(unix)]
fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn hostname() -> String {
    String::new()
}

/// The address on which a port is published: not for others, unless the engine is on another machine.
pub fn publish_on(engine: &Address) -> &'static str {
    if host_of(engine).is_some() { "0.0.0.0" } else { "127.0.0.1" }
}

/// The machine of the engine, where that is not this one.
pub fn host_of(engine: &Address) -> Option<String> {
    let Address::Tcp { authority, .. } = engine else { return None };
    let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host);
    let is_here = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    (!is_here).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn tcp(authority: &str) -> Address {
        Address::Tcp { authority: authority.into(), tls: None }
    }

    #[test]
    fn a_port_is_published_for_us_alone_unless_the_engine_is_elsewhere() {
        let cases = [
            (Address::Unix("/var/run/docker.sock".into()), "127.0.0.1", None),
            (tcp("127.0.0.1:2375"), "127.0.0.1", None),
            (tcp("[::1]:2375"), "127.0.0.1", None),
            (tcp("docker:2376"), "0.0.0.0", Some("docker")),
            (tcp("[fd00::2]:2376"), "0.0.0.0", Some("[fd00::2]")),
        ];
        for (address, on, host) in cases {
            assert_eq!((publish_on(&address), host_of(&address).as_deref()), (on, host), "{address:?}");
        }
    }

    #[test]
    fn a_command_takes_the_place_of_all_that_the_image_would_run() {
        let spec = Spec { command: Some(vec!["a".into(), "b".into()]), ..Spec::default() };
        let made = body(&spec, "127.0.0.1");
        assert_eq!((made.entrypoint, made.cmd), (Some(vec!["a".into(), "b".into()]), Some(Vec::new())));
        let made = body(&Spec::default(), "127.0.0.1");
        assert_eq!((made.entrypoint, made.cmd, made.healthcheck), (None, None, None));
    }

    #[test]
    fn gpus_are_asked_for_as_the_engine_wants_them() {
        let of = |gpus| {
            let asked = devices(&gpus);
            assert_eq!(asked.capabilities.unwrap(), [["gpu"]]);
            (asked.count, asked.device_ids)
        };
        assert_eq!(of(Gpus::All), (Some(-1), None));
        assert_eq!(of(Gpus::Count(2)), (Some(2), None));
        assert_eq!(of(Gpus::Ids(vec!["0".into()])), (None, Some(vec!["0".into()])));
    }
}
