//! What all text has in common: it is UTF-8, perhaps with a mark in front of it, and it is not nothing.

use crate::finding::Finding;

use super::blocks::Blocks;
use super::trouble::Stop;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Goes past the byte order mark, and stops where something is no text at all.
pub fn begin(blocks: &mut Blocks, path: &str) -> Result<(), Stop> {
    blocks.peek(|_| Some(()))?;
    if let Some(finding) = foreign(blocks.peeked()) {
        return Err(finding.at_path(path).at_line(1, Some(1)).into());
    }
    // What comes later is found where it is no number, or no label.
    if let Some(at) = memchr::memchr(0, blocks.peeked()) {
        let line = memchr::memchr_iter(b'\n', &blocks.peeked()[..at]).count() + 1;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        return Err(zeros_in_it().at_path(path).at_line(line, None).into());
    }
    if blocks.peeked().starts_with(MARK) {
        blocks.skip(MARK.len());
    }
    Ok(())
}

/// There is nothing in the file.
pub fn empty(path: &str) -> Stop {
    Finding::error("table-empty", "the file is empty")
        .at_path(path)
        .help("write at least one row, or name another file")
        .into()
}

fn foreign(text: &[u8]) -> Option<Finding> {
    const LOOKED_AT: usize = 4096;
    let start = &text[..text.len().min(LOOKED_AT)];
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        let finding = Finding::error("table-encoding", "the file is UTF-16, not UTF-8");
        return Some(finding.help("write it with encoding=\"utf-8\""));
    }
    let zeros = memchr::memchr_iter(0, start).count();
    // Latin letters in UTF-16 have a zero in every other byte.
    if zeros * 3 >= start.len() && zeros * 3 <= start.len() * 2 && zeros > 0 {
        let finding = Finding::error("table-encoding", "the file looks like UTF-16, not UTF-8");
        return Some(finding.help("write it with encoding=\"utf-8\""));
    }
    (zeros > 0).then(zeros_in_it)
}

fn zeros_in_it() -> Finding {
    Finding::error("table-format", "the file is no text: there are bytes of zero in it")
        .help("write CSV, TSV, JSON lines, Parquet or Arrow, and name the file so")
}
