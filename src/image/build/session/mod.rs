//! The session: the connection over which BuildKit asks us, while it builds, for files, secrets, agents and passwords.

mod auth;
mod filesync;
mod health;
mod secrets;
mod ssh;
mod wanted;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use bollard_buildkit_proto::health::health_server::HealthServer;
use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::SecretsServer;
use bollard_buildkit_proto::moby::filesync::packet::file_sync_server::FileSyncServer;
use bollard_buildkit_proto::moby::filesync::v1::auth_server::AuthServer;
use bollard_buildkit_proto::moby::sshforward::v1::ssh_server::SshServer;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::task::JoinHandle;
use tonic::codegen::Service;

pub use filesync::{Files, Served};

use crate::docker::Docker;

/// The methods that we answer to; the engine calls no other.
const METHODS: [&str; 6] = [
    "/grpc.health.v1.Health/Check",
    "/moby.buildkit.secrets.v1.Secrets/GetSecret",
    "/moby.filesync.v1.Auth/Credentials",
    "/moby.filesync.v1.FileSync/DiffCopy",
    "/moby.sshforward.v1.SSH/CheckAgent",
    "/moby.sshforward.v1.SSH/ForwardAgent",
];

/// What is offered over a session.
pub struct Offer {
    /// The files.
    pub files: Files,
    /// The secrets' contents, by id.
    pub secrets: BTreeMap<String, Vec<u8>>,
    /// The agents' sockets, by id.
    pub ssh: BTreeMap<String, PathBuf>,
    /// Knows who we are to a registry.
    pub docker: Docker,
}

/// The headers with which the session `id` is opened. By `key` the engine finds the copy of the files that it has kept
/// from an earlier session.
pub fn headers(id: &str, key: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("x-docker-expose-session-uuid", id.to_owned()),
        ("x-docker-expose-session-name", "modelgate".to_owned()),
        ("x-docker-expose-session-sharedkey", key.to_owned()),
    ];
    headers.extend(METHODS.map(|method| ("x-docker-expose-session-grpc-method", method.to_owned())));
    headers
}

/// A session that is being served. It ends when this is dropped.
pub struct Session(JoinHandle<()>);

impl Session {
    /// Serves the offer on the connection.
    pub fn serve(connection: Upgraded, offer: Offer) -> Self {
        let routes = tonic::service::Routes::new(FileSyncServer::new(offer.files))
            .add_service(SecretsServer::new(secrets::Offered(offer.secrets)))
            .add_service(SshServer::new(ssh::Agents(Arc::new(offer.ssh))))
            .add_service(AuthServer::new(auth::Keys::new(offer.docker)))
            .add_service(HealthServer::new(health::Alive))
            .prepare();
        let service = hyper::service::service_fn(move |request: http::Request<Incoming>| {
            let mut routes = routes.clone();
            async move { routes.call(request).await }
        });
        Self(tokio::spawn(async move {
            let mut http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            // An end of the connection is seen by the build, which fails without it.
            let _ = http.timer(TokioTimer::new()).serve_connection(connection, service).await;
        }))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.0.abort();
    }
}
