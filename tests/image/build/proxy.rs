//! What stands before the engine, and lets no session through or breaks off.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use super::Site;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Stands before the engine: lets no session through, or breaks off.
pub struct Proxy {
    pub address: String,
    connections: Arc<Mutex<Vec<UnixStream>>>,
}

impl Proxy {
    /// One that answers to a session with this status.
    pub fn refusing(site: &Site, status: u16) -> Self {
        Self::start(site, Some(status))
    }

    /// One that lets all else through.
    pub fn start(site: &Site, refusal: Option<u16>) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let socket = site.folder.path().join(format!("proxy-{number}.sock"));
        let listener = UnixListener::bind(&socket).unwrap();
        let engine = PathBuf::from(site.address.trim_start_matches("unix://"));
        let connections = Arc::<Mutex<Vec<UnixStream>>>::default();
        let kept = Arc::clone(&connections);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                kept.lock().unwrap().push(stream.try_clone().unwrap());
                let engine = engine.clone();
                std::thread::spawn(move || pass(stream, &engine, refusal));
            }
        });
        Self { address: format!("unix://{}", socket.display()), connections }
    }

    /// Ends all connections, as an engine that dies does.
    pub fn cut(&self) {
        for stream in self.connections.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Passes a connection on to the engine.
fn pass(mut stream: UnixStream, engine: &Path, refusal: Option<u16>) {
    let mut head = vec![0; 64 * 1024];
    let Ok(length) = stream.read(&mut head) else { return };
    let is_session =
        String::from_utf8_lossy(&head[..length]).lines().next().is_some_and(|line| line.contains("/session"));
    if let (Some(status), true) = (refusal, is_session) {
        let _ = stream.write_all(format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n").as_bytes());
        return;
    }
    let mut far = UnixStream::connect(engine).unwrap();
    far.write_all(&head[..length]).unwrap();
    let (mut from, mut to) = (far.try_clone().unwrap(), stream.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let _ = std::io::copy(&mut stream, &mut far);
    let _ = far.shutdown(Shutdown::Write);
}
