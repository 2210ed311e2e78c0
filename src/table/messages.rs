//! The messages of an Arrow file or stream, one at a time.
//!
//! The readers of arrow-ipc take the length that a compressed buffer says to have on trust, and a machine without so
//! much memory ends the process. Here each is looked at before. The layout is that of
//! <https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc>.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::reader::{FileDecoder, read_dictionary, read_footer_length, read_record_batch};
use arrow_ipc::{Block, CompressionType, Message, MessageHeader, root_as_footer, root_as_message};
use arrow_schema::{ArrowError, Schema, SchemaRef};

/// What comes before the length of a message in all but the oldest files.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// The end of a file: the length of the foot, and a mark.
const TAIL: usize = 10;
/// More than this is not set aside before a byte of it has come.
const AT_ONCE: u64 = 64 << 20;
/// No buffer of a batch is longer: it is a billion numbers.
const LONGEST: u64 = 8 << 30;

type Result<T> = std::result::Result<T, ArrowError>;

/// An Arrow file whose foot has been read.
pub struct ArrowFile {
    file: File,
    length: u64,
    /// The schema, with all columns.
    pub schema: SchemaRef,
    decoder: FileDecoder,
    dictionaries: Vec<Block>,
    batches: std::vec::IntoIter<Block>,
}

impl ArrowFile {
    /// Reads the foot.
    pub fn open(mut file: File) -> Result<Self> {
        let length = file.seek(SeekFrom::End(0))?;
        let tail = length.checked_sub(TAIL as u64).ok_or_else(too_short)?;
        let mut end = [0; TAIL];
        file.seek(SeekFrom::Start(tail))?;
        file.read_exact(&mut end)?;
        let foot_length = read_footer_length(end)? as u64;
        file.seek(SeekFrom::Start(tail.checked_sub(foot_length).ok_or_else(too_short)?))?;
        let foot = read(&mut file, foot_length)?;
        let foot = root_as_footer(&foot).map_err(|error| ArrowError::ParseError(error.to_string()))?;
        let missing = |what: &str| ArrowError::ParseError(format!("there is no {what} in its foot"));
        let schema = foot.schema().ok_or_else(|| missing("schema"))?;
        if !schema.endianness().equals_to_target_endianness() {
            return Err(ArrowError::IpcError("it was written by a machine of the other endianness".into()));
        }
        let schema = Arc::new(arrow_ipc::convert::try_fb_to_schema(schema)?);
        let batches = foot.recordBatches().ok_or_else(|| missing("list of batches"))?;
        Ok(Self {
            file,
            length,
            decoder: FileDecoder::new(Arc::clone(&schema), foot.version()),
            schema,
            dictionaries: foot.dictionaries().into_iter().flatten().copied().collect(),
            batches: batches.iter().copied().collect::<Vec<_>>().into_iter(),
        })
    }

    /// The batches with these columns alone.
    pub fn batches(
        mut self,
        columns: Vec<usize>,
    ) -> Result<impl Iterator<Item = Result<RecordBatch>> + Send> {
        for block in std::mem::take(&mut self.dictionaries) {
            let bytes = self.block(&block)?;
            self.decoder.read_dictionary(&block, &bytes.into())?;
        }
        self.decoder = self.decoder.with_projection(columns);
        Ok(std::iter::from_fn(move || self.batch().transpose()))
    }

    fn batch(&mut self) -> Result<Option<RecordBatch>> {
        for block in self.batches.by_ref() {
            let bytes = block_of(&mut self.file, self.length, &block)?;
            if let Some(batch) = self.decoder.read_record_batch(&block, &bytes.into())? {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    fn block(&mut self, block: &Block) -> Result<Vec<u8>> {
        block_of(&mut self.file, self.length, block)
    }
}

/// A message of a file and its body, which has been checked.
fn block_of(file: &mut File, length: u64, block: &Block) -> Result<Vec<u8>> {
    let number = |number: i64| u64::try_from(number).map_err(|_| too_short());
    let (start, head) = (number(block.offset())?, number(block.metaDataLength().into())?);
    let all = number(block.bodyLength())?.checked_add(head).ok_or_else(too_short)?;
    if start.checked_add(all).is_none_or(|end| end > length) {
        return Err(too_short());
    }
    file.seek(SeekFrom::Start(start))?;
    let bytes = read(file, all)?;
    let (head, body) =
        bytes.split_at_checked(usize::try_from(head).unwrap_or(usize::MAX)).ok_or_else(too_short)?;
    let skipped = if head.starts_with(&CONTINUATION) { 8 } else { 4 };
    let message = head.get(skipped..).ok_or_else(too_short)?;
    check(&message_of(message)?, body)?;
    Ok(bytes)
}

/// An Arrow stream whose schema has been read.
pub struct ArrowStream {
    file: BufReader<File>,
    /// The schema, with all columns.
    pub schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
}

impl ArrowStream {
    /// Reads the schema, which comes first.
    pub fn open(file: File) -> Result<Self> {
        let mut file = BufReader::new(file);
        let none = || ArrowError::ParseError("it does not begin with a schema".into());
        let (head, _) = next(&mut file)?.ok_or_else(none)?;
        let schema = message_of(&head)?.header_as_schema().ok_or_else(none)?;
        let schema = Arc::new(arrow_ipc::convert::try_fb_to_schema(schema)?);
        Ok(Self { file, schema, dictionaries: HashMap::new() })
    }

    /// The batches with these columns alone.
    pub fn batches(mut self, columns: Vec<usize>) -> impl Iterator<Item = Result<RecordBatch>> + Send {
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let batch = self.batch(&columns).transpose();
            ended = !matches!(batch, Some(Ok(_)));
            batch
        })
    }

    fn batch(&mut self, columns: &[usize]) -> Result<Option<RecordBatch>> {
        while let Some((head, body)) = next(&mut self.file)? {
            let message = message_of(&head)?;
            check(&message, &body)?;
            let (body, version) = (body.into(), message.version());
            match message.header_type() {
                MessageHeader::RecordBatch => {
                    let Some(batch) = message.header_as_record_batch() else { return Err(too_short()) };
                    let schema = Arc::clone(&self.schema);
                    return read_record_batch(
                        &body,
                        batch,
                        schema,
                        &self.dictionaries,
                        Some(columns),
                        &version,
                    )
                    .map(Some);
                }
                MessageHeader::DictionaryBatch => {
                    let Some(batch) = message.header_as_dictionary_batch() else { return Err(too_short()) };
                    let schema: &Schema = &self.schema;
                    read_dictionary(&body, batch, schema, &mut self.dictionaries, &version)?;
                }
                MessageHeader::NONE => {}
                other => {
                    let message = format!("a message of the kind {other:?} is among its batches");
                    return Err(ArrowError::ParseError(message));
                }
            }
        }
        Ok(None)
    }
}

/// The next message of a stream, and its body; none at the end, which may be marked or not.
fn next(file: &mut BufReader<File>) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut length =
        read(file, 4).or_else(|error| if at_end(file)? { Ok(Vec::new()) } else { Err(error) })?;
    if length == CONTINUATION {
        length = read(file, 4)?;
    }
    let length = i32::from_le_bytes(length.as_slice().try_into().unwrap_or_default());
    if length == 0 {
        return Ok(None);
    }
    let head = read(file, u64::try_from(length).map_err(|_| too_short())?)?;
    let body = u64::try_from(message_of(&head)?.bodyLength()).map_err(|_| too_short())?;
    let body = read(file, body)?;
    Ok(Some((head, body)))
}

fn at_end(file: &mut BufReader<File>) -> Result<bool> {
    Ok(std::io::BufRead::fill_buf(file)?.is_empty())
}

/// Exactly so many bytes.
fn read(from: &mut impl Read, length: u64) -> Result<Vec<u8>> {
    let at_once = usize::try_from(length.min(AT_ONCE)).unwrap_or_default();
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(at_once).map_err(|error| ArrowError::MemoryError(error.to_string()))?;
    let got = from.take(length).read_to_end(&mut bytes)?;
    if got as u64 == length { Ok(bytes) } else { Err(too_short()) }
}

fn message_of(bytes: &[u8]) -> Result<Message<'_>> {
    root_as_message(bytes).map_err(|error| ArrowError::ParseError(error.to_string()))
}

fn too_short() -> ArrowError {
    ArrowError::ParseError("it says to be longer than it is".into())
}

/// Refuses a compressed buffer that says to be longer than it can be, or than there is memory for.
fn check(message: &Message<'_>, body: &[u8]) -> Result<()> {
    let dictionary = || message.header_as_dictionary_batch().and_then(|batch| batch.data());
    let Some(batch) = message.header_as_record_batch().or_else(dictionary) else { return Ok(()) };
    let Some(compression) = batch.compression() else { return Ok(()) };
    for buffer in batch.buffers().into_iter().flatten() {
        let part = |number: i64| usize::try_from(number).ok();
        let start = part(buffer.offset()).ok_or_else(too_short)?;
        let end = part(buffer.length()).and_then(|length| start.checked_add(length)).ok_or_else(too_short)?;
        let packed = body.get(start..end).ok_or_else(too_short)?;
        if let Some((length, packed)) = packed.split_first_chunk() {
            unpackable(i64::from_le_bytes(*length), packed.len() as u64, compression.codec())?;
        }
    }
    Ok(())
}

/// Of so many bytes no more can be made than this times as many.
const fn most(codec: CompressionType) -> u64 {
    match codec {
        // A byte of a match's length stands for 255.
        CompressionType::LZ4_FRAME => 255,
        // A block of 128 KiB, one byte again and again, takes a byte and a head of three. (RFC 8878, 3.1.1.2)
        _ => 128 * 1024 / 4,
    }
}

fn unpackable(length: i64, packed: u64, codec: CompressionType) -> Result<()> {
    // -1 says that it is not compressed after all. What else is below 0 is refused by the library.
    let Ok(length) = u64::try_from(length) else { return Ok(()) };
    let too_long = length > packed.saturating_mul(most(codec)) || length > LONGEST;
    // Only the allocator knows what the machine has.
    let fits =
        || usize::try_from(length).is_ok_and(|length| Vec::<u8>::new().try_reserve_exact(length).is_ok());
    if too_long || !fits() {
        let message = format!("a buffer of {packed} bytes says that it is {length} bytes when unpacked");
        return Err(ArrowError::IpcError(message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_buffer_can_be_is_refused() {
        for codec in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
            for (length, packed, good) in [
                (0, 0, true),
                (-1, 0, true),
                (25_500, 100, true),
                (1 << 40, 100, false),
                (i64::MAX, u64::MAX, false),
                (1 << 34, 1 << 30, false),
            ] {
                assert_eq!(unpackable(length, packed, codec).is_ok(), good, "{length} of {packed}");
            }
        }
        assert!(unpackable(25_501, 100, CompressionType::LZ4_FRAME).is_err());
        assert!(unpackable(25_501, 100, CompressionType::ZSTD).is_ok());
    }
}
