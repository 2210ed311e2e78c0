//! Where the engine is.

use std::fmt;
use std::path::PathBuf;

/// Where an engine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket of this machine.
    Unix(PathBuf),
    /// A host and a port.
    Tcp {
        /// `host:port`.
        authority: String,
        /// Whether it speaks TLS, and with which certificates: a folder with `ca.pem`, `cert.pem` and `key.pem`.
        tls: Option<PathBuf>,
    },
}

impl Address {
    /// What the header `Host` says.
    pub(super) fn host(&self) -> &str {
        match self {
            Self::Unix(_) => "docker",
            Self::Tcp { authority, .. } => authority,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { authority, .. } => write!(f, "tcp://{authority}"),
        }
    }
}
