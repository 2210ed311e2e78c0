//! gzip and zstd, told by how they begin.

use std::io::{Error, Read};

use crate::fault::Fault;
use crate::finding::Finding;

use super::trouble::Stop;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// It is not.
    None,
    /// gzip, of one or several members.
    Gzip,
    /// zstd, of one or several frames.
    Zstd,
}

impl Packing {
    /// As the first bytes say.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// The name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// What is in it.
    pub fn reader(self, file: impl Read + Send + 'static, path: &str) -> Result<Box<dyn Read + Send>, Stop> {
        Ok(match self {
            Self::None => Box::new(file),
            Self::Gzip => {
                const BUFFER: usize = 256 * 1024;
                let buffered = std::io::BufReader::with_capacity(BUFFER, file);
                Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
            }
            Self::Zstd => Box::new(zstd::Decoder::new(file).map_err(|error| failed(path, error))?),
        })
    }
}

/// What it means that reading failed: the system has numbers for its own failures, and unpackers have none.
pub fn failed(path: &str, error: Error) -> Stop {
    if error.raw_os_error().is_some() {
        return Fault::new(format!("read {path}"), error).into();
    }
    let message = format!("the file is damaged, or ends too early: {error}");
    Finding::error("table-damaged", message)
        .at_path(path)
        .help("write it again; was it copied as a whole?")
        .into()
}
