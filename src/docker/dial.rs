//! A connection to the engine's address: a socket, TCP, or TLS over it.

use std::io::{Error, Result};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Address;

/// How long a connection may take, its handshake with it.
const CONNECT: Duration = Duration::from_secs(10);

/// What is read from and written to.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects.
///
/// # Errors
/// Nobody listens, or not to us; certificates that cannot be read, or that do not hold.
pub(super) async fn dial(address: &Address) -> Result<Box<dyn Stream>> {
    match tokio::time::timeout(CONNECT, connect(address)).await {
        Ok(connected) => connected,
        Err(_) => Err(Error::other(format!("no connection within {} s", CONNECT.as_secs()))),
    }
}

async fn connect(address: &Address) -> Result<Box<dyn Stream>> {
    match address {
        Address::Unix(path) => socket(path).await,
        Address::Tcp { authority, tls: None } => Ok(Box::new(TcpStream::connect(authority).await?)),
        Address::Tcp { authority, tls: Some(folder) } => {
            let config = tls(folder)?;
            let name = ServerName::try_from(host(authority).to_owned()).map_err(Error::other)?;
            let stream = TcpStream::connect(authority).await?;
            Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, stream).await?))
        }
    }
}

#[cfg(unix)]
async fn socket(path: &Path) -> Result<Box<dyn Stream>> {
    Ok(Box::new(tokio::net::UnixStream::connect(path).await?))
}

#[cfg(not(unix))]
async fn socket(_: &Path) -> Result<Box<dyn Stream>> {
    Err(Error::other("this system has no sockets in its file system"))
}

/// The host of `host:port`, an IPv6 address without its brackets.
fn host(authority: &str) -> &str {
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

/// TLS with what is in the folder, as docker names it: trusts `ca.pem`, or without one the authorities of this
/// machine, and shows `cert.pem` with `key.pem` where there are both.
fn tls(folder: &Path) -> Result<ClientConfig> {
    let about = |file: &str, error: &dyn std::fmt::Display| {
        Error::other(format!("{}: {error}", folder.join(file).display()))
    };
    let is_there = |file: &str| folder.join(file).exists();
    let certificates = |file: &str| -> Result<Vec<CertificateDer<'static>>> {
        let read = CertificateDer::pem_file_iter(folder.join(file));
        let read = read.and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
        match read.map_err(|error| about(file, &error))? {
            none if none.is_empty() => Err(about(file, &"there is no certificate in it")),
            some => Ok(some),
        }
    };
    let mut roots = RootCertStore::empty();
    if is_there("ca.pem") {
        for certificate in certificates("ca.pem")? {
            roots.add(certificate).map_err(|error| about("ca.pem", &error))?;
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Error::other)?;
    let builder = builder.with_root_certificates(roots);
    match (is_there("cert.pem"), is_there("key.pem")) {
        (true, true) => {
            let key = PrivateKeyDer::from_pem_file(folder.join("key.pem"));
            let key = key.map_err(|error| about("key.pem", &error))?;
            let chain = certificates("cert.pem")?;
            builder.with_client_auth_cert(chain, key).map_err(|error| about("cert.pem", &error))
        }
        (false, false) => Ok(builder.with_no_client_auth()),
        (true, false) => Err(about("key.pem", &"it is missing beside cert.pem")),
        (false, true) => Err(about("cert.pem", &"it is missing beside key.pem")),
    }
}
