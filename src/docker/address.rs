//! Where the engine is.

/// Where an engine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket of this machine.
    Unix(std::path::PathBuf),
    /// A host and a port.
    Tcp {
        /// `host:port`.
        authority: String,
        /// Whether it speaks TLS, and with which certificates: a folder with `ca.pem`, `cert.pem` and `key.pem`.
        tls: Option<std::path::PathBuf>,
    },
}
