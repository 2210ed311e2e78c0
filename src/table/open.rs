//! From a file to the reader of its format.

use std::fs::File;
use std::io::{Read, Seek};

use crate::files::ProjectFile;
use crate::finding::Finding;
use crate::progress::Progress;

use super::blocks::{Blocks, Sizes};
use super::columns::Sight;
use super::csv::{self, Delimited};
use super::drive::{Position, Shared, Source, resolved};
use super::folders;
use super::format::{self, Format, HEAD};
use super::further::Reach;
use super::ipc::{self, Ipc};
use super::json::{self, JsonLines};
use super::late::Watch;
use super::parquet::{self, Parquet};
use super::trouble::Stop;
use super::unpack::Packing;

/// Opens a file as far as its columns are known. `watch` looks out for fields that are in none of them.
pub fn open<'a>(
    file: &ProjectFile,
    sizes: Sizes,
    shared: Shared<'a>,
    watch: Option<&'a Watch<'a>>,
) -> Result<Box<dyn Source<'a> + 'a>, Stop> {
    source(file, sizes, shared, watch).map_err(|stop| resolved(stop, &file.path, Position::default(), shared))
}

fn source<'a>(
    file: &ProjectFile,
    sizes: Sizes,
    shared: Shared<'a>,
    watch: Option<&'a Watch<'a>>,
) -> Result<Box<dyn Source<'a> + 'a>, Stop> {
    let path = &file.path;
    let keys = folders::keys(path);
    let (opened, head) = head(file)?;
    let (format, packing) = format::of(path, &head).map_err(|finding| finding.at_path(path))?;
    match format {
        Format::Delimited(_) | Format::JsonLines | Format::Text => {
            let opened = Counted { file: opened, progress: shared.interrupt.progress().clone() };
            match text_blocks(opened, path, format, packing, sizes)? {
                (Format::Delimited(delimiter), blocks) => {
                    Ok(Box::new(Delimited::open(blocks, path, delimiter, &keys, shared)?))
                }
                (_, blocks) => Ok(Box::new(JsonLines::open(blocks, path, &keys, shared, watch)?)),
            }
        }
        Format::Parquet => Ok(Box::new(Parquet::open(opened, path, &keys, shared)?)),
        Format::ArrowFile => Ok(Box::new(Ipc::file(&opened, path, &keys, shared)?)),
        Format::ArrowStream => Ok(Box::new(Ipc::stream(&opened, path, &keys, shared)?)),
    }
}

/// Looks at the beginning of a file, and of text as far as is asked.
pub fn look(file: &ProjectFile, sizes: Sizes, reach: Reach) -> Result<Sight, Stop> {
    let path = &file.path;
    let (opened, head) = head(file)?;
    let (format, packing) = format::of(path, &head).map_err(|finding| finding.at_path(path))?;
    match format {
        Format::Delimited(_) | Format::JsonLines | Format::Text => {
            match text_blocks(opened, path, format, packing, sizes)? {
                (Format::Delimited(delimiter), blocks) => csv::look(blocks, path, delimiter, reach),
                (_, blocks) => json::look(blocks, path, reach),
            }
        }
        Format::Parquet => parquet::look(opened, path),
        Format::ArrowFile => ipc::look_at_file(&opened, path),
        Format::ArrowStream => ipc::look_at_stream(&opened, path),
    }
}

/// The file, and its first bytes.
fn head(file: &ProjectFile) -> Result<(File, Vec<u8>), Stop> {
    let refused =
        |message: String| Stop::from(Finding::error("table-unreadable", message).at_path(&file.path));
    let cannot = |error: std::io::Error| refused(format!("the file cannot be read: {error}"));
    let kind = std::fs::metadata(&file.on_disk).map_err(cannot)?;
    if kind.is_dir() {
        return Err(refused("this is a folder, not a table".into()));
    }
    // A pipe or a device would be waited for without end.
    if !kind.is_file() {
        return Err(refused("this is no regular file".into()));
    }
    let mut opened = File::open(&file.on_disk).map_err(cannot)?;
    let mut head = Vec::with_capacity(HEAD);
    Read::by_ref(&mut opened).take(HEAD as u64).read_to_end(&mut head).map_err(cannot)?;
    opened.rewind().map_err(cannot)?;
    Ok((opened, head))
}

/// A file whose bytes are counted as they are read.
struct Counted {
    file: File,
    progress: Progress,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(into)?;
        self.progress.came(read as u64);
        Ok(read)
    }
}

/// Text in blocks, and which it is.
fn text_blocks(
    file: impl Read + Send + 'static,
    path: &str,
    format: Format,
    packing: Packing,
    sizes: Sizes,
) -> Result<(Format, Blocks), Stop> {
    let mut blocks = Blocks::new(packing.reader(file, path)?, path, sizes);
    if format != Format::Text {
        return Ok((format, blocks));
    }
    blocks.peek(|_| Some(()))?;
    let format = format::of_text(blocks.peeked()).map_err(|finding| finding.at_path(path))?;
    Ok((format, blocks))
}
