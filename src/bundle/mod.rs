//! The bundle: the record, the reports and the outputs of a run in one zip, the same bytes for the same
//! inputs, and the check that a bundle or a folder is what its record says.
//!
//! Inside are `run.json` and the reports by their names, the outputs below `outputs/`, and `SHA256SUMS`, so
//! that `sha256sum -c SHA256SUMS` checks an unpacked bundle without modelgate. The zip's comment ends with
//! the SHA-256 of every byte before it, the seal: it finds damage where no content is, too. A seal is no
//! signature: who may replace the bundle may replace the seal.

mod container;
mod pack;
mod pick;
mod sums;
mod verify;

use std::io::Read;

use sha2::{Digest as _, Sha256};

pub use pack::pack;
pub use pick::{Wanted, brought, pick};
pub use verify::{record_in, verify_bundle, verify_outputs};

use crate::name::Digest;

/// The file in the run's folder.
pub const BUNDLE: &str = "bundle.zip";

/// The entry that lists the digests of all others.
const SUMS: &str = "SHA256SUMS";

/// The entry that holds the record.
const RECORD: &str = "run.json";

/// The folder of the outputs.
const OUTPUTS: &str = "outputs/";

/// What the zip's comment says before the 64 digits of the seal.
const COMMENT: &str = "modelgate bundle, sha256 of all bytes before these digits: ";

/// The length of the seal.
const SEAL: u64 = 64;

/// The largest content that is deflated; larger is stored as it is, because models hardly shrink, and so
/// that no small bundle can become large. Reports may not be larger.
const DEFLATED: u64 = 100 << 20;

/// The largest sum of the contents.
const TOTAL: u64 = 1 << 40;

/// The largest directory of entries.
const DIRECTORY: u64 = 256 << 20;

/// Whether a file is a zip, by its first bytes. A metrics file and a record never begin like one.
#[must_use]
pub fn is_zip(path: &std::path::Path) -> bool {
    let mut start = [0; 4];
    let read = pack::open_regular(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"PK\x03\x04"
}

/// The digest of the rest of `reader`, and its length in bytes; `each` sees every piece, a whole block
/// except for the last.
fn digest_through(
    mut reader: impl Read,
    mut each: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> std::io::Result<(Digest, u64)> {
    let mut hash = Sha256::new();
    let mut block = vec![0; 64 << 10];
    let mut length = 0;
    loop {
        let filled = fill(&mut reader, &mut block)?;
        hash.update(&block[..filled]);
        each(&block[..filled])?;
        length += filled as u64;
        if filled < block.len() {
            return Ok((Digest::from_bytes(hash.finalize().into()), length));
        }
    }
}

/// Reads until the block is full or the reader at its end.
fn fill(reader: &mut impl Read, block: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < block.len() {
        match reader.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests;
