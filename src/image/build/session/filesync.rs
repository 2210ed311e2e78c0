//! Files: the engine is told what there is, and asks for what it has not got.
//!
//! The protocol is fsutil's. We send a STAT for each entry and an empty one at the end, whoever asked names the files
//! whose bytes it wants (REQ, by their number), we send their DATA, an empty one last, and both say FIN.

use std::io::Read;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc as waiting};

use bollard_buildkit_proto::fsutil::types::packet::PacketType;
use bollard_buildkit_proto::fsutil::types::{Packet, Stat};
use bollard_buildkit_proto::moby::filesync::packet::file_sync_server::FileSync;
use tokio::sync::mpsc::{self, Sender};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::wanted::Wanted;
use crate::fault::Fault;
use crate::image::context::{Entry, File, Folder, Kind, Paths, Selection, Trouble};

/// How many packets may wait to be sent. With [`CHUNK`] this bounds the memory.
const QUEUE: usize = 64;
/// How many bytes of a file are sent at once.
const CHUNK: usize = 64 * 1024;
/// How many files are read at the same time.
const READERS: usize = 2;

/// The folders that the engine may see.
#[derive(Clone)]
pub struct Files {
    /// What the Dockerfile copies from.
    pub context: Folder,
    /// What the Dockerfile is in.
    pub dockerfile: Folder,
    /// What became of it.
    pub served: Arc<Served>,
}

/// What was sent.
#[derive(Debug, Default)]
pub struct Served {
    files: AtomicU32,
    bytes: AtomicU64,
    trouble: Mutex<Option<Trouble>>,
}

impl Served {
    /// How many files' contents were sent.
    pub fn files(&self) -> u32 {
        self.files.load(Ordering::Relaxed)
    }

    /// How many bytes of content they had.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// What stopped it: the first, for what follows comes of it.
    pub fn trouble(&self) -> Option<Trouble> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn is_troubled(&self, trouble: Trouble) {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(trouble);
    }
}

type Packets = Sender<Result<Packet, Status>>;

#[async_trait::async_trait]
impl FileSync for Files {
    type DiffCopyStream = ReceiverStream<Result<Packet, Status>>;
    type TarStreamStream = ReceiverStream<Result<Packet, Status>>;

    async fn diff_copy(
        &self,
        request: Request<Streaming<Packet>>,
    ) -> Result<Response<Self::DiffCopyStream>, Status> {
        let Wanted { folder, include, exclude, follow } = Wanted::of(request.metadata());
        let folder = match folder.as_str() {
            "context" => &self.context,
            "dockerfile" => &self.dockerfile,
            other => return Err(Status::not_found(format!("no folder {other} is offered"))),
        };
        let (packets, sent) = mpsc::channel(QUEUE);
        let copy =
            Copy { folder: folder.clone(), served: Arc::clone(&self.served), packets, paths: Arc::default() };
        tokio::spawn(copy.run(Selection { include, exclude, follow }, request.into_inner()));
        Ok(Response::new(ReceiverStream::new(sent)))
    }

    async fn tar_stream(
        &self,
        _: Request<Streaming<Packet>>,
    ) -> Result<Response<Self::TarStreamStream>, Status> {
        Err(Status::unimplemented("only DiffCopy is offered"))
    }
}

/// One call: the engine's copy of a folder is made what the folder is.
#[derive(Clone)]
struct Copy {
    folder: Folder,
    served: Arc<Served>,
    packets: Packets,
    /// The files that were announced.
    paths: Arc<Mutex<Paths>>,
}

/// Nobody listens any more.
struct Gone;

impl Copy {
    async fn run(self, selection: Selection, mut asked: Streaming<Packet>) {
        let walker = self.clone();
        tokio::task::spawn_blocking(move || walker.announce(&selection));
        let (numbers, wanted) = waiting::channel();
        let wanted = Arc::new(Mutex::new(wanted));
        for _ in 0..READERS {
            let (reader, wanted) = (self.clone(), Arc::clone(&wanted));
            tokio::task::spawn_blocking(move || reader.deliver(&wanted));
        }
        // Ends with the connection, too: then the build says so.
        while let Ok(Some(packet)) = asked.message().await {
            match packet.r#type() {
                PacketType::PacketReq if numbers.send(packet.id).is_ok() => {}
                PacketType::PacketFin => {
                    let _ = self.packets.send(Ok(plain(PacketType::PacketFin))).await;
                    return;
                }
                PacketType::PacketReq | PacketType::PacketErr => return,
                PacketType::PacketStat | PacketType::PacketData => {}
            }
        }
    }

    /// Says what there is.
    fn announce(&self, selection: &Selection) {
        let walk = match self.folder.walk(selection) {
            Ok(walk) => walk,
            Err(trouble) => return self.give_up(trouble),
        };
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(trouble) => return self.give_up(trouble),
            };
            self.paths.lock().unwrap_or_else(PoisonError::into_inner).push(&entry);
            let packet = Packet { stat: Some(stat(entry)), ..plain(PacketType::PacketStat) };
            if self.send(packet).is_err() {
                return;
            }
        }
        let _ = self.send(plain(PacketType::PacketStat));
    }

    /// Sends the contents that are wanted until no more can be.
    fn deliver(&self, wanted: &Mutex<waiting::Receiver<u32>>) {
        let mut chunk = vec![0; CHUNK];
        loop {
            let next = wanted.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(number) = next else { return };
            let file = self.paths.lock().unwrap_or_else(PoisonError::into_inner).file(number);
            let Some(file) = file else {
                let cause = format!("it wants file number {number}, which there is not");
                return self.give_up(Trouble::Fault(Fault::new("send the context to the engine", cause)));
            };
            match self.deliver_file(number, &file, &mut chunk) {
                Ok(Ok(())) => {}
                Ok(Err(Gone)) => return,
                Err(fault) => return self.give_up(Trouble::Fault(fault)),
            }
        }
    }

    fn deliver_file(&self, id: u32, file: &File, chunk: &mut [u8]) -> Result<Result<(), Gone>, Fault> {
        let mut reading = self.folder.read(file)?;
        self.served.files.fetch_add(1, Ordering::Relaxed);
        loop {
            let length =
                reading.read(chunk).map_err(|error| Fault::new(format!("read {}", file.path), error))?;
            let packet = Packet { id, data: chunk[..length].to_vec(), ..plain(PacketType::PacketData) };
            if self.send(packet).is_err() {
                return Ok(Err(Gone));
            }
            if length == 0 {
                return Ok(Ok(()));
            }
            self.served.bytes.fetch_add(length as u64, Ordering::Relaxed);
        }
    }

    fn send(&self, packet: Packet) -> Result<(), Gone> {
        self.packets.blocking_send(Ok(packet)).map_err(|_| Gone)
    }

    /// Keeps the trouble for the build's end, and lets the engine end it.
    fn give_up(&self, trouble: Trouble) {
        self.served.is_troubled(trouble);
        let packet = Packet { data: GAVE_UP.into(), ..plain(PacketType::PacketErr) };
        let _ = self.send(packet);
    }
}

/// What the engine is told, and says again, when the context cannot be sent. The reason stays here.
const GAVE_UP: &str = "the context could not be read";

fn plain(kind: PacketType) -> Packet {
    Packet { r#type: kind.into(), stat: None, id: 0, data: Vec::new() }
}

fn stat(entry: Entry) -> Stat {
    let mode = entry.go_mode();
    let Entry { path, kind, modified, .. } = entry;
    let (size, linkname) = match kind {
        Kind::File(size) => (i64::try_from(size).unwrap_or(i64::MAX), String::new()),
        Kind::Folder => (0, String::new()),
        Kind::Link(text) => (0, text),
    };
    Stat { path, mode, size, mod_time: modified, linkname, ..Stat::default() }
}
