//! The output of a command on its way from the pipe to the log, the console and the report.

use std::fs::File;
use std::io::{self, PipeReader, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use super::mask::Mask;
use super::tail::Tail;
use crate::console::Console;

/// How much of a standard output is kept.
pub const KEPT: usize = 64 * 1024 * 1024;

/// Where the bytes of one pipe go, secrets masked.
pub struct Stream {
    mask: Mask,
    log: File,
    console: Option<Console>,
    /// The last lines.
    pub tail: Tail,
    /// All of it up to [`KEPT`] bytes, where it is wanted.
    pub kept: Option<Vec<u8>>,
    /// Whether there was more than is kept.
    pub overflowed: bool,
    /// Why the log could not be written.
    pub broken: Option<io::Error>,
}

impl Stream {
    /// Into the log and, where there is one, the console.
    pub fn new(mask: Mask, log: File, console: Option<Console>) -> Self {
        Self { mask, log, console, tail: Tail::default(), kept: None, overflowed: false, broken: None }
    }

    /// The same, and all of it is kept up to [`KEPT`] bytes.
    pub fn keeping(self) -> Self {
        Self { kept: Some(Vec::new()), ..self }
    }

    /// More output. False when it could not be written; then `broken` says why.
    pub fn take(&mut self, chunk: &[u8]) -> bool {
        let masked = self.mask.take(chunk).into_owned();
        let Err(error) = self.pass_on(&masked) else { return true };
        if error.kind() == io::ErrorKind::StorageFull {
            make_room(&self.log);
        }
        self.broken = Some(error);
        false
    }

    fn pass_on(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if let Some(console) = &self.console {
            console.output(bytes);
        }
        self.tail.take(bytes);
        if let Some(kept) = &mut self.kept {
            let room = bytes.len().min(KEPT - kept.len());
            kept.extend_from_slice(&bytes[..room]);
            self.overflowed |= room < bytes.len();
        }
        self.log.write_all(bytes)
    }

    /// Text of our own, as if the command had written it.
    pub fn say(&mut self, line: &str) {
        let result = self.pass_on(format!("{line}\n").as_bytes());
        self.broken = self.broken.take().or(result.err());
    }

    /// No more comes: what the mask held back goes out.
    pub fn finish(&mut self) {
        if self.broken.is_some() {
            return;
        }
        let rest = self.mask.finish();
        let result = self.pass_on(&rest);
        self.broken = self.broken.take().or(result.err());
    }
}

/// A pipe that is being read on a thread of its own, so that a child is never held up by what we do, nor
/// we by what it does.
pub struct Reader {
    stream: Arc<Mutex<Option<Stream>>>,
    progress: watch::Receiver<Progress>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// So many chunks were read.
    Read(u64),
    /// Nobody can write any more.
    Ended,
    /// The log cannot be written.
    Broken,
}

impl Reader {
    /// Starts to read.
    ///
    /// # Errors
    /// A thread could not be started.
    pub fn start(pipe: PipeReader, stream: Stream) -> io::Result<Self> {
        let stream = Arc::new(Mutex::new(Some(stream)));
        let (sender, progress) = watch::channel(Progress::Read(0));
        let shared = Arc::clone(&stream);
        std::thread::Builder::new().name("output".into()).spawn(move || {
            let end = read_all(pipe, &shared, &sender);
            sender.send_replace(end);
        })?;
        Ok(Self { stream, progress })
    }

    /// Waits until the log cannot be written; for ever, when that does not happen.
    async fn broken(&self) {
        let mut progress = self.progress.clone();
        if progress.wait_for(|progress| *progress == Progress::Broken).await.is_err() {
            std::future::pending().await
        }
    }

    /// Waits for the next chunk or the end; says whether it was the end.
    pub async fn next(&mut self) -> bool {
        let result = self.progress.changed().await;
        result.is_err() || !matches!(*self.progress.borrow(), Progress::Read(_))
    }

    /// Whether the end has come.
    pub fn has_ended(&self) -> bool {
        !matches!(*self.progress.borrow(), Progress::Read(_)) || self.progress.has_changed().is_err()
    }

    /// Stops reading. A thread that still waits for bytes ends with the next ones, unheard.
    pub fn close(self) -> Option<Stream> {
        let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        stream.finish();
        Some(stream)
    }
}

/// Waits until a log of one of the readers cannot be written; for ever, when that does not happen.
pub async fn any_broken(readers: &[Reader]) {
    match readers {
        [] => std::future::pending().await,
        [one] => one.broken().await,
        [one, rest @ ..] => tokio::select! {
            () = one.broken() => {}
            () = Box::pin(any_broken(rest)) => {}
        },
    }
}

/// Gives up the end of a log that has filled the disk, so that the record and the reports can say so.
fn make_room(log: &File) {
    const ROOM: u64 = 4 * 1024 * 1024;
    if let Ok(metadata) = log.metadata() {
        let _ = log.set_len(metadata.len().saturating_sub(ROOM));
    }
}

fn read_all(
    mut pipe: PipeReader,
    shared: &Mutex<Option<Stream>>,
    progress: &watch::Sender<Progress>,
) -> Progress {
    let mut chunk = vec![0; 64 * 1024];
    let mut chunks = 0;
    loop {
        let read = match pipe.read(&mut chunk) {
            Ok(0) => return Progress::Ended,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Progress::Ended,
        };
        {
            let mut stream = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(stream) = stream.as_mut() else { return Progress::Ended };
            if !stream.take(&chunk[..read]) {
                return Progress::Broken;
            }
        }
        chunks += 1;
        progress.send_replace(Progress::Read(chunks));
    }
}
