//! Parquet: only the wanted columns are read, and the row groups in parallel.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use crate::finding::Finding;

use super::columnar::{Columns, damaged, sight};
use super::columns::Sight;
use super::drive::{Shared, Source, Taker, Unit};
use super::folders::Key;
use super::guard::guarded;
use super::trouble::{Stop, heed};
use super::{Kind, Type};

/// A Parquet file.
pub struct Parquet<'a> {
    file: Shareable,
    metadata: ArrowReaderMetadata,
    columns: Arc<Columns>,
    next: usize,
    path: String,
    shared: Shared<'a>,
}

impl<'a> Parquet<'a> {
    /// Reads what is in its foot.
    pub fn open(file: File, path: &str, keys: &[Key], shared: Shared<'a>) -> Result<Self, Stop> {
        let file = Shareable::new(file);
        let metadata = foot(&file, path)?;
        let columns = Columns::among(metadata.schema(), path, keys, shared)?;
        let metadata = with_dictionaries(&metadata, &columns, shared).unwrap_or(metadata);
        Ok(Self { file, metadata, columns: Arc::new(columns), next: 0, path: path.to_owned(), shared })
    }
}

/// The columns.
pub fn look(file: File, path: &str) -> Result<Sight, Stop> {
    Ok(sight(foot(&Shareable::new(file), path)?.schema()))
}

fn foot(file: &Shareable, path: &str) -> Result<ArrowReaderMetadata, Stop> {
    guarded(path, || {
        ArrowReaderMetadata::load(file, ArrowReaderOptions::new()).map_err(|error| failed(path, &error))
    })
}

impl<'a> Source<'a> for Parquet<'a> {
    fn wave(&self) -> usize {
        8
    }

    fn next(&mut self) -> Result<Option<Unit<'a>>, Stop> {
        let Some(group) = self.metadata.metadata().row_groups().get(self.next) else { return Ok(None) };
        let group = Group {
            file: self.file.clone(),
            metadata: self.metadata.clone(),
            number: self.next,
            rows: u64::try_from(group.num_rows()).unwrap_or(0),
            columns: Arc::clone(&self.columns),
            path: self.path.clone(),
            shared: self.shared,
        };
        self.next += 1;
        Ok(Some(Unit::Parts(group.rows, Box::new(move |take| group.read(take)))))
    }
}

/// A row group.
struct Group<'a> {
    file: Shareable,
    metadata: ArrowReaderMetadata,
    number: usize,
    rows: u64,
    columns: Arc<Columns>,
    path: String,
    shared: Shared<'a>,
}

impl Group<'_> {
    fn read(self, take: &mut Taker<'_>) -> Result<(), Stop> {
        let mut batches = guarded(&self.path, || self.batches().map_err(|error| failed(&self.path, &error)))?;
        let mut rows = 0;
        while let Some(batch) =
            guarded(&self.path, || batches.next().transpose().map_err(|error| failed(&self.path, &error)))?
        {
            heed(self.shared.interrupt, &self.path)?;
            rows += batch.num_rows() as u64;
            take(self.columns.parse(&batch, self.shared))?;
        }
        if rows == self.rows {
            let bytes = self.metadata.metadata().row_group(self.number).compressed_size();
            self.shared.interrupt.progress().came(u64::try_from(bytes).unwrap_or(0));
            return Ok(());
        }
        Err(failed(&self.path, &format!("a row group has {rows} rows, and says that it has {}", self.rows)))
    }

    fn batches(&self) -> parquet::errors::Result<ParquetRecordBatchReader> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), self.columns.roots());
        ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone())
            .with_row_groups(vec![self.number])
            .with_projection(mask)
            .with_batch_size(self.columns.part())
            .build()
    }
}

/// The same where texts that become codes come as a dictionary, as they are in the file: each text is then looked at
/// once, and not once a row.
fn with_dictionaries(
    metadata: &ArrowReaderMetadata,
    columns: &Columns,
    shared: Shared<'_>,
) -> Option<ArrowReaderMetadata> {
    let labels: Vec<usize> =
        columns.each(shared).filter(|(_, kind)| becomes_codes(*kind)).map(|(root, _)| root).collect();
    let fields = metadata.schema().fields().iter().enumerate().map(|(root, field)| {
        let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        if !is_text || !labels.contains(&root) {
            return Arc::clone(field);
        }
        let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        Arc::new(Field::new(field.name(), kind, field.is_nullable()))
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).ok()
}

fn becomes_codes(kind: Kind) -> bool {
    matches!(kind, Kind::Label | Kind::Cells(Type::Text))
}

fn failed(path: &str, error: &dyn std::fmt::Display) -> Stop {
    let text = error.to_string();
    if text.contains("Disabled feature") || text.contains("not supported") || text.contains("NYI") {
        let message = format!("this kind of Parquet cannot be read here: {text}");
        return Finding::error("table-format", message)
            .at_path(path)
            .help("write it with compression=\"zstd\", \"snappy\", \"gzip\", \"lz4\" or none")
            .into();
    }
    damaged(path, &text)
}

/// A file that many threads read, each where it wants to: they take turns.
#[derive(Clone)]
struct Shareable {
    file: Arc<Mutex<File>>,
    len: u64,
}

impl Shareable {
    fn new(file: File) -> Self {
        let len = file.metadata().map_or(0, |metadata| metadata.len());
        Self { file: Arc::new(Mutex::new(file)), len }
    }

    fn read_at(&self, at: u64, to: &mut [u8]) -> std::io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        file.read(to)
    }
}

impl Length for Shareable {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Shareable {
    type T = BufReader<Reading>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(BufReader::new(Reading { file: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        // The length is from the file, and may be anything.
        if start.checked_add(length as u64).is_none_or(|end| end > self.len) {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start} are beyond the end of the file"
            )));
        }
        let mut bytes = vec![0; length];
        Reading { file: self.clone(), at: start }.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// A place in a file that is read on from there.
struct Reading {
    file: Shareable,
    at: u64,
}

impl Read for Reading {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(self.at, to)?;
        self.at += read as u64;
        Ok(read)
    }
}
