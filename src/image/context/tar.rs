//! The context as a tar, for an engine that does not sync files.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Task, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use tokio::sync::mpsc;

use super::walk::Filter;
use super::{Context, Entry, Folder, Kind, Result, Trouble, Walk};
use crate::fault::Fault;
use crate::files;
use crate::name::Digest;

/// So much is read ahead of who takes it, and so much of the archive is in memory.
const PIECE: usize = 64 * 1024;
const PIECES: usize = 64;

/// A Dockerfile has no business to be larger.
const LARGEST_DOCKERFILE: u64 = 16 << 20;

/// The archive in pieces, as they are wanted. An error is its last piece.
#[derive(Debug)]
pub struct Tar {
    /// The Dockerfile's path in it.
    pub dockerfile: String,
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    trouble: Arc<Mutex<Option<Trouble>>>,
}

/// A file that is not one of the context's.
#[derive(Debug)]
struct Added {
    path: String,
    content: Vec<u8>,
}

impl Tar {
    pub(super) fn new(context: &Context, filter: Filter) -> Result<Self> {
        let (dockerfile, added) = match &context.dockerfile {
            Some(path) => (path.clone(), Vec::new()),
            None => outside(context)?,
        };
        let (sender, pieces) = mpsc::channel(PIECES);
        let trouble = Arc::new(Mutex::new(None));
        let (folder, shared) = (context.folder.clone(), Arc::clone(&trouble));
        tokio::task::spawn_blocking(move || {
            let out = Pieces { sender: sender.clone(), piece: BytesMut::with_capacity(PIECE) };
            if let Err(trouble) = pack(&folder, filter, &added, out) {
                let message = trouble.to_string();
                *shared.lock().unwrap_or_else(PoisonError::into_inner) = Some(trouble);
                // Nobody listens any more: then nobody needs to know.
                let _ = sender.blocking_send(Err(io::Error::other(message)));
            }
        });
        Ok(Self { dockerfile, pieces, trouble })
    }

    /// What stopped it, once it has ended in an error.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A handle to [`Self::trouble`], for when the stream is given away.
    #[must_use]
    pub fn watch(&self) -> Arc<Mutex<Option<Trouble>>> {
        Arc::clone(&self.trouble)
    }
}

impl Stream for Tar {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        self.pieces.poll_recv(task)
    }
}

/// A Dockerfile that is not in the context goes into the archive under a name that nothing else has. The classic
/// builder takes it out again, because the `.dockerignore` that comes with it says so.
fn outside(context: &Context) -> Result<(String, Vec<Added>)> {
    let path = context.dockerfile_folder.root.join(&context.dockerfile_name);
    let read = |path: &std::path::Path| -> Result<Vec<u8>> {
        let mut content = Vec::new();
        let read = files::open(path)?.take(LARGEST_DOCKERFILE + 1).read_to_end(&mut content);
        read.map_err(|error| Fault::file("read", path, error))?;
        if content.len() as u64 > LARGEST_DOCKERFILE {
            return Err(Fault::new(format!("read {}", path.display()), "it is larger than 16 MiB").into());
        }
        Ok(content)
    };
    let dockerfile = read(&path)?;
    // By its content, so that the builder's cache knows it again.
    let digest = Digest::from_bytes(<sha2::Sha256 as sha2::Digest>::digest(&dockerfile).into()).hex();
    let name = format!(".dockerfile.{}", &digest[..20]);
    let ignore = context.folder.root.join(".dockerignore");
    let mut patterns = if ignore.exists() { read(&ignore)? } else { b".dockerignore".to_vec() };
    patterns.extend(format!("\n{name}\n").bytes());
    let added = [(name.clone(), dockerfile), (".dockerignore".to_owned(), patterns)];
    Ok((name, added.into_iter().map(|(path, content)| Added { path, content }).collect()))
}

fn pack(folder: &Folder, filter: Filter, added: &[Added], out: Pieces) -> Result<()> {
    let mut archive = tar::Builder::new(out);
    for file in added {
        let mut header = header(tar::EntryType::Regular, 0o600, 0);
        header.set_size(file.content.len() as u64);
        archive.append_data(&mut header, &file.path, file.content.as_slice()).map_err(unsent)?;
    }
    for entry in Walk::new(folder.clone(), filter) {
        let entry = entry?;
        if !added.iter().any(|file| file.path == entry.path) {
            append(folder, &mut archive, &entry)?;
        }
    }
    let mut out = archive.into_inner().map_err(unsent)?;
    out.flush().map_err(|error| unsent(error).into())
}

fn append(folder: &Folder, archive: &mut tar::Builder<Pieces>, entry: &Entry) -> Result<()> {
    let seconds = u64::try_from(entry.modified / 1_000_000_000).unwrap_or(0);
    match &entry.kind {
        Kind::Folder => {
            let mut header = header(tar::EntryType::Directory, entry.mode, seconds);
            archive.append_data(&mut header, format!("{}/", entry.path), io::empty()).map_err(unsent)?;
        }
        Kind::Link(target) => {
            let mut header = header(tar::EntryType::Symlink, entry.mode, seconds);
            archive.append_link(&mut header, &entry.path, target).map_err(unsent)?;
        }
        Kind::File(size) => {
            let Some(file) = entry.file() else { return Ok(()) };
            let reading = folder.read(&file)?;
            let mut header = header(tar::EntryType::Regular, entry.mode, seconds);
            header.set_size(*size);
            let doing = || format!("read {}", folder.root.join(&entry.path).display());
            archive
                .append_data(&mut header, &entry.path, reading)
                .map_err(|error| Fault::new(doing(), error))?;
        }
    }
    Ok(())
}

fn header(kind: tar::EntryType, mode: u32, seconds: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(seconds);
    header.set_size(0);
    header
}

fn unsent(error: io::Error) -> Fault {
    Fault::new("send the context", error)
}

/// Cuts what is written into pieces and waits until they are wanted.
struct Pieces {
    sender: mpsc::Sender<io::Result<Bytes>>,
    piece: BytesMut,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE - self.piece.len());
        self.piece.extend_from_slice(&bytes[..taken]);
        if self.piece.len() == PIECE {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, BytesMut::with_capacity(PIECE)).freeze();
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "the engine stopped listening");
        self.sender.blocking_send(Ok(piece)).map_err(gone)
    }
}
