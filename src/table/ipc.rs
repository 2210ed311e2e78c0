//! Arrow files (Feather among them) and streams.

use std::fs::File;
use std::io::Seek;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use super::columnar::{Columns, damaged, sight};
use super::columns::Sight;
use super::drive::{Shared, Source, Taker, Unit};
use super::folders::Key;
use super::guard::guarded;
use super::messages::{ArrowFile, ArrowStream};
use super::trouble::Stop;

/// The batches of a file.
type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>;

/// An Arrow file or stream.
pub struct Ipc<'a> {
    batches: Batches,
    columns: Arc<Columns>,
    /// What is left of the batch that is being handed out.
    rest: Option<RecordBatch>,
    path: String,
    shared: Shared<'a>,
}

impl<'a> Ipc<'a> {
    /// A file, whose schema is in its foot.
    pub fn file(file: &File, path: &str, keys: &[Key], shared: Shared<'a>) -> Result<Self, Stop> {
        let file = open_file(file, path)?;
        let columns = Columns::among(&file.schema, path, keys, shared)?;
        let batches = guarded(path, || file.batches(columns.roots()).map_err(|error| failed(path, &error)))?;
        Ok(Self::new(Box::new(batches), columns, path, shared))
    }

    /// A stream, whose schema comes first.
    pub fn stream(file: &File, path: &str, keys: &[Key], shared: Shared<'a>) -> Result<Self, Stop> {
        let file = open_stream(file, path)?;
        let columns = Columns::among(&file.schema, path, keys, shared)?;
        let batches = file.batches(columns.roots());
        Ok(Self::new(Box::new(batches), columns, path, shared))
    }

    fn new(batches: Batches, columns: Columns, path: &str, shared: Shared<'a>) -> Self {
        Self { batches, columns: Arc::new(columns), rest: None, path: path.to_owned(), shared }
    }

    fn part(&mut self) -> Result<Option<RecordBatch>, Stop> {
        let batch = match self.rest.take() {
            Some(batch) => batch,
            None => {
                let path = &self.path;
                let next = || self.batches.next().transpose().map_err(|error| failed(path, &error));
                let Some(batch) = guarded(path, next)? else { return Ok(None) };
                batch
            }
        };
        let rows = batch.num_rows();
        let part = self.columns.part();
        if rows > part {
            self.rest = Some(batch.slice(part, rows - part));
        }
        Ok(Some(batch.slice(0, rows.min(part))))
    }
}

/// The columns of a file.
pub fn look_at_file(file: &File, path: &str) -> Result<Sight, Stop> {
    Ok(sight(&open_file(file, path)?.schema))
}

/// The columns of a stream.
pub fn look_at_stream(file: &File, path: &str) -> Result<Sight, Stop> {
    Ok(sight(&open_stream(file, path)?.schema))
}

fn open_file(file: &File, path: &str) -> Result<ArrowFile, Stop> {
    guarded(path, || again(file).and_then(ArrowFile::open).map_err(|error| failed(path, &error)))
}

fn open_stream(file: &File, path: &str) -> Result<ArrowStream, Stop> {
    guarded(path, || again(file).and_then(ArrowStream::open).map_err(|error| failed(path, &error)))
}

/// The file from its beginning.
fn again(file: &File) -> Result<File, ArrowError> {
    let mut file = file.try_clone()?;
    file.rewind()?;
    Ok(file)
}

fn failed(path: &str, error: &ArrowError) -> Stop {
    damaged(path, &error.to_string())
}

impl<'a> Source<'a> for Ipc<'a> {
    fn wave(&self) -> usize {
        8
    }

    fn next(&mut self) -> Result<Option<Unit<'a>>, Stop> {
        let Some(batch) = self.part()? else { return Ok(None) };
        let (columns, shared) = (Arc::clone(&self.columns), self.shared);
        let rows = batch.num_rows() as u64;
        let parse = move |take: &mut Taker<'_>| take(columns.parse(&batch, shared));
        Ok(Some(Unit::Parts(rows, Box::new(parse))))
    }
}
