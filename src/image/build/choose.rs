//! Which builder an engine has: seen by trying.

use std::collections::BTreeMap;
use std::time::Duration;

use bollard::query_parameters::BuildImageOptions;
use hyper::upgrade::Upgraded;

use super::{Order, session};
use crate::docker::{Connection, Upgrade};
use crate::fault::Result;

/// Longer than any build: the order's own limit is kept elsewhere.
const FOREVER: Duration = Duration::from_secs(7 * 24 * 3600);

/// The first version of the API that builds with BuildKit, unless it was taken out.
const BUILDKIT: (usize, usize) = (1, 39);

/// How an image is built.
pub enum Way {
    /// BuildKit, which asks for what it needs over a session.
    Session(Upgraded),
    /// BuildKit, which gets the whole context. Something between us and the engine lets no session through.
    Tar,
    /// The classic builder, which gets the whole context.
    Classic,
}

impl Way {
    /// As the record calls it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Session(_) => "buildkit",
            Self::Tar => "buildkit-tar",
            Self::Classic => "classic",
        }
    }

    /// Whether it asks us for secrets and agents.
    pub const fn has_session(&self) -> bool {
        matches!(self, Self::Session(_))
    }
}

/// The best that the engine has. The session, where there is one, is called `id`.
///
/// # Errors
/// The engine is gone.
pub async fn choose(connection: &Connection, id: &str, key: &str) -> Result<Way> {
    // Podman takes a request for BuildKit, and builds in its own way without a word.
    let version = connection.api.client_version();
    if connection.about.is_podman || (version.major_version, version.minor_version) < BUILDKIT {
        return Ok(Way::Classic);
    }
    let headers = session::headers(id, key);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Ok(match connection.upgrade("/session", &headers).await? {
        Upgrade::Switched(upgraded) => Way::Session(upgraded),
        // Older engines, and some on Windows, do not know the path.
        Upgrade::Refused(404, _) => Way::Classic,
        Upgrade::Refused(..) => Way::Tar,
    })
}

/// What is asked of the engine.
pub fn options(order: &Order, way: &Way, id: &str, dockerfile: &str) -> BuildImageOptions {
    let map = |map: &BTreeMap<String, String>| (!map.is_empty()).then(|| map.clone().into_iter().collect());
    BuildImageOptions {
        dockerfile: dockerfile.to_owned(),
        remote: way.has_session().then(|| "client-session".to_owned()),
        session: way.has_session().then(|| id.to_owned()),
        nocache: !order.cache,
        cachefrom: (!order.cache_from.is_empty()).then(|| order.cache_from.clone()),
        pull: order.pull.then(|| "true".to_owned()),
        rm: true,
        forcerm: true,
        buildargs: map(&order.args),
        labels: map(&order.labels),
        networkmode: Some(order.network.clone()),
        platform: order.platform.clone().unwrap_or_default(),
        target: order.target.clone().unwrap_or_default(),
        ..BuildImageOptions::default()
    }
}

/// The engine's API for a long request that goes to that builder.
///
/// The crate's own way to BuildKit opens a session of its own, beside which ours cannot be. So it is asked for a
/// classic build, and only the request itself says which.
pub fn api(connection: &Connection, way: &Way) -> bollard::Docker {
    let api = connection.api.clone().with_timeout(FOREVER);
    if matches!(way, Way::Classic) {
        return api;
    }
    api.with_request_modifier(|mut request| {
        if let Ok(uri) = request.uri().to_string().replace("&version=1", "&version=2").parse() {
            *request.uri_mut() = uri;
        }
        request
    })
}
