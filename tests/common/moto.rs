//! An AWS of our own.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{tool, until};

/// A server that speaks as AWS does, and keeps nothing.
pub struct Moto {
    child: Child,
    /// `http://127.0.0.1:port`
    pub address: String,
    _folder: TempDir,
}

impl Moto {
    /// Starts one; none where `make test` did not install it.
    pub fn start() -> Option<Self> {
        let program = tool("moto_server")?;
        let folder = TempDir::new().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let mut command = Command::new(program);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("moto starts");
        let moto = Self { child, address: format!("http://127.0.0.1:{port}"), _folder: folder };
        until("moto listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(moto)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
