//! Where an engine may be: named by somebody, or in one of the usual places.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::client::{self, Trouble};
use super::settings::{self, path, text, variable};
use super::{About, Address};
use crate::console::Console;
use crate::context::Variables;
use crate::document::shown;
use crate::fault::{Fault, Result};

const FIND: &str = "find a Docker Engine";
const SCHEMES: &str = "write unix:///path, tcp://host:port or https://host:port";

/// Where to look.
#[derive(Debug, PartialEq, Eq)]
enum Search {
    /// Somebody said where, and by what: `DOCKER_HOST`, `the context «build»`.
    Named(Address, String),
    /// One of these.
    Usual(Vec<PathBuf>),
}

/// An engine that answers: the one that was named, else the first of the usual ones.
///
/// # Errors
/// What was named does not answer, or is no address; or there is none anywhere, and why.
pub(super) async fn find(
    variables: &Variables,
    console: &Console,
) -> Result<(bollard::Docker, Address, About)> {
    match search(variables)? {
        Search::Named(address, by) => match client::open(&address).await {
            Ok((api, about)) => Ok((api, address, about)),
            Err(trouble) => {
                let help = remedy(&trouble, Some(&by));
                Err(Fault::new(format!("reach the Docker Engine at {address}, named by {by}"), trouble)
                    .help(help))
            }
        },
        Search::Usual(sockets) => {
            let mut failed = Vec::new();
            for socket in sockets {
                let address = Address::Unix(socket.clone());
                match client::open(&address).await {
                    Ok((api, about)) => {
                        for (path, trouble) in failed.iter().filter(is_there) {
                            console.detail(&format!("no engine at {}: {trouble}", path.display()));
                        }
                        return Ok((api, address, about));
                    }
                    Err(trouble) => failed.push((socket, trouble)),
                }
            }
            Err(nowhere(&failed))
        }
    }
}

/// None of the usual places has one. What is there and does not do comes first.
fn nowhere(failed: &[(PathBuf, Trouble)]) -> Fault {
    let mut told: Vec<String> = failed
        .iter()
        .filter(is_there)
        .map(|(path, trouble)| format!("{}: {trouble}", path.display()))
        .collect();
    let absent = failed.iter().filter(|it| !is_there(it)).map(|(path, _)| path.display().to_string());
    let absent = absent.collect::<Vec<_>>().join(", ");
    if !absent.is_empty() {
        told.push(format!("not there: {absent}"));
    }
    let help = failed.iter().find(is_there).map_or_else(
        || "start Docker, or name the engine with DOCKER_HOST".into(),
        |(_, trouble)| remedy(trouble, None),
    );
    Fault::new(FIND, told.join("; ")).help(help)
}

fn is_there((_, trouble): &&(PathBuf, Trouble)) -> bool {
    !matches!(trouble, Trouble::NotThere)
}

/// What mends it; `by` is what named the address.
fn remedy(trouble: &Trouble, by: Option<&str>) -> String {
    let or_else = by.map_or("name another engine with DOCKER_HOST".into(), |by| format!("correct {by}"));
    match trouble {
        Trouble::Denied => {
            "add yourself to the group docker (`sudo usermod -aG docker $USER`) and log in anew".into()
        }
        Trouble::Status(400, said) if said.contains("HTTPS") => {
            "set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of the certificates".into()
        }
        Trouble::Lost(why) | Trouble::NoHttp(why) if why.to_lowercase().contains("certificate") => {
            "check the certificates: DOCKER_CERT_PATH names their folder".into()
        }
        Trouble::NotThere | Trouble::Refused => format!("start Docker, or {or_else}"),
        Trouble::Silent => format!("look whether Docker hangs (`docker version`), or {or_else}"),
        _ => or_else,
    }
}

fn search(variables: &Variables) -> Result<Search> {
    if let Some(host) = text(variables, "DOCKER_HOST") {
        return Ok(Search::Named(named(variables, &host)?, "DOCKER_HOST".into()));
    }
    let context = match text(variables, "DOCKER_CONTEXT") {
        Some(name) => Some((name.into_owned(), "DOCKER_CONTEXT".to_owned())),
        None => settings::config(variables)?.and_then(|(path, config)| {
            let name = config["currentContext"].as_str().filter(|name| !name.is_empty())?;
            Some((name.to_owned(), path.display().to_string()))
        }),
    };
    match context.filter(|(name, _)| name != "default") {
        Some((name, by)) => Ok(Search::Named(
            context_address(variables, &name, &by)?,
            format!("the context «{}» ({by})", shown(&name)),
        )),
        None => Ok(Search::Usual(usual(variables))),
    }
}

/// The address that `DOCKER_HOST` names.
fn named(variables: &Variables, host: &str) -> Result<Address> {
    let verify = variable(variables, "DOCKER_TLS_VERIFY").is_some();
    if !verify && variable(variables, "DOCKER_TLS").is_some() && !host.starts_with("unix:") {
        let cause = "DOCKER_TLS without DOCKER_TLS_VERIFY trusts whoever answers";
        return Err(Fault::new(FIND, cause)
            .help("set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of the certificates"));
    }
    let certificates = path(variables, "DOCKER_CERT_PATH").or_else(|| settings::folder(variables));
    parse(host, verify, certificates).map_err(|why| Fault::new("understand DOCKER_HOST", why).help(SCHEMES))
}

/// The address of a context of docker's.
fn context_address(variables: &Variables, name: &str, by: &str) -> Result<Address> {
    let cannot = |cause: String, help: &str| {
        Fault::new(format!("use Docker's context «{}», named by {by}", shown(name)), cause).help(help)
    };
    let Some(folder) = settings::folder(variables).map(|folder| folder.join("contexts")) else {
        return Err(cannot("neither HOME nor DOCKER_CONFIG is set".into(), "set HOME"));
    };
    let id: String = Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let file = folder.join("meta").join(&id).join("meta.json");
    let Some(meta) = settings::read_json(&file)? else {
        return Err(cannot(
            format!("{} is not there", file.display()),
            "`docker context ls` lists those that there are",
        ));
    };
    let endpoint = &meta["Endpoints"]["docker"];
    let Some(host) = endpoint["Host"].as_str().filter(|host| !host.is_empty()) else {
        return Err(cannot(
            format!("{} names no host", file.display()),
            "`docker context update` gives it one",
        ));
    };
    if endpoint["SkipTLSVerify"] == true {
        return Err(cannot(
            "it trusts whoever answers (SkipTLSVerify)".into(),
            "`docker context update` gives it a ca",
        ));
    }
    let certificates = folder.join("tls").join(&id).join("docker");
    parse(host, certificates.is_dir(), Some(certificates)).map_err(|why| cannot(why, SCHEMES))
}

/// An address as docker writes it. `verify` makes plain `tcp` speak TLS, with the certificates in the folder.
fn parse(host: &str, verify: bool, certificates: Option<PathBuf>) -> std::result::Result<Address, String> {
    let host = host.trim();
    let (scheme, rest) = match host.split_once("://") {
        Some(parts) => parts,
        None if host.starts_with('/') => return Err(format!("«{}» has no unix:// before it", shown(host))),
        None => ("tcp", host),
    };
    let (tls, port) = match scheme {
        "unix" if rest.is_empty() => return Ok(Address::Unix(USUAL.into())),
        "unix" => return Ok(Address::Unix(rest.into())),
        "tcp" => (verify, if verify { 2376 } else { 2375 }),
        "http" => (verify, 80),
        "https" => (true, 443),
        "ssh" => {
            return Err("modelgate does not speak ssh://; forward the engine's socket with `ssh -L`".into());
        }
        "npipe" => return Err("modelgate does not speak npipe://, a pipe of Windows".into()),
        "fd" => return Err("fd:// is where an engine listens, not where it is reached".into()),
        other => return Err(format!("modelgate does not speak «{}://»", shown(other))),
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains('@') {
        return Err("a user in an address is not for an engine".into());
    }
    if authority.contains(['/', '?', '#']) {
        return Err(format!("«{}» is more than a host and a port", shown(authority)));
    }
    let authority =
        with_port(authority, port).ok_or_else(|| format!("«{}» is no host and port", shown(authority)))?;
    let tls = if tls { Some(certificates.unwrap_or_default()) } else { None };
    Ok(Address::Tcp { authority, tls })
}

/// The host and port of an address; who writes no host means this machine.
fn with_port(authority: &str, default: u16) -> Option<String> {
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an address of IPv6 are within brackets.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok().filter(|port| *port > 0)?),
        _ => (authority, default),
    };
    let host = if host.is_empty() { "localhost" } else { host };
    let is_sound = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')),
    };
    is_sound.then(|| format!("{host}:{port}"))
}

/// The socket of the engine of a whole machine.
const USUAL: &str = "/var/run/docker.sock";

/// Where engines usually are, each place once: docker's, of the machine and without root, then those of others.
fn usual(variables: &Variables) -> Vec<PathBuf> {
    let mut runtime = Vec::from_iter(path(variables, "XDG_RUNTIME_DIR"));
    runtime.extend(user_runtime());
    let home = settings::home(variables);
    let in_home = |paths: &[&str]| -> Vec<PathBuf> {
        home.iter().flat_map(|home| paths.iter().map(|path| home.join(path))).collect()
    };
    let in_runtime =
        |path: &str| -> Vec<PathBuf> { runtime.iter().map(|folder| folder.join(path)).collect() };
    let colima = path(variables, "COLIMA_HOME").map(|home| home.join("default/docker.sock"));
    let all = [
        vec![PathBuf::from(USUAL)],
        in_runtime("docker.sock"),
        in_home(&[".docker/run/docker.sock", ".docker/desktop/docker.sock"]),
        colima.into_iter().collect(),
        in_home(&[
            ".colima/default/docker.sock",
            ".config/colima/default/docker.sock",
            ".orbstack/run/docker.sock",
            ".rd/docker.sock",
        ]),
        in_runtime("podman/podman.sock"),
        vec![Path::new("/run/podman/podman.sock").to_owned()],
    ];
    let mut places = Vec::new();
    for place in all.concat() {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Where the sockets of who runs us are, also where no variable says so.
#[cfg(unix)]
fn user_runtime() -> Option<PathBuf> {
    Some(format!("/run/user/{}", rustix::process::getuid().as_raw()).into())
}

#[cfg(not(unix))]
fn user_runtime() -> Option<PathBuf> {
    None
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
