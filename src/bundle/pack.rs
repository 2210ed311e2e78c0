//! Writing a bundle. Nothing of the machine or the time gets in: entries are sorted, and times, permissions
//! and the effort of compression are fixed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use super::{BUNDLE, COMMENT, DEFLATED, DIRECTORY, OUTPUTS, SEAL, SUMS, TOTAL, digest_through, sums};
use crate::fault::{Fault, Result};
use crate::files::portable;
use crate::files::unfinished;
use crate::name::Digest;
use crate::record::Record;

type Writer = ZipWriter<BufWriter<Fragile>>;

/// A file that fails once and from then on only counts. When zip's writer is dropped it tries to end the
/// archive a last time, and complains on standard error where that fails too.
struct Fragile {
    file: File,
    has_failed: bool,
}

impl Fragile {
    /// The file, all of which was written.
    fn whole(self) -> std::io::Result<File> {
        if self.has_failed { Err(std::io::Error::other("it was not written whole")) } else { Ok(self.file) }
    }
}

impl Write for Fragile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.has_failed {
            let further = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            return self.file.seek_relative(further).map(|()| bytes.len());
        }
        let written = self.file.write(bytes);
        self.has_failed =
            written.as_ref().is_err_and(|error| error.kind() != std::io::ErrorKind::Interrupted);
        written
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Fragile {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}

/// What becomes an entry.
enum Source<'a> {
    Memory(&'a [u8]),
    /// An output, by its path in the project.
    Output(&'a str, Digest),
    /// The profile of a set, by its path in the run's folder.
    Profile(&'a str, Digest),
}

/// Writes `bundle.zip` into the run's folder: the reports by name and bytes, `run.json` among them, and the
/// record's outputs and profiles. An older bundle is removed first: none is better than one of another run.
///
/// # Errors
/// An output that is not what the record says or whose name is not safe on every system, or a folder that
/// cannot be written. There is no bundle then; what else is in the folder stays as it is.
pub fn pack(root: &Path, run_dir: &Path, record: &Record, reports: &[(&str, Vec<u8>)]) -> Result<()> {
    let path = run_dir.join(BUNDLE);
    let cannot_write = |error| Fault::file("write", &path, error);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(cannot_write(error)),
        _ => {}
    }
    let (outputs, profiles) = (record.outputs(), record.profiles());
    let digests = digests(&outputs, &profiles, reports)?;
    let listing = sums::render(&digests);
    let mut sources = BTreeMap::from([(SUMS.to_owned(), Source::Memory(listing.as_bytes()))]);
    sources.extend(reports.iter().map(|(name, bytes)| ((*name).to_owned(), Source::Memory(bytes))));
    sources.extend(
        outputs.iter().map(|(path, digest)| (format!("{OUTPUTS}{path}"), Source::Output(path, *digest))),
    );
    sources.extend(profiles.iter().map(|(path, digest)| (path.clone(), Source::Profile(path, *digest))));
    check_sizes(&sources)?;

    let temporary = unfinished(run_dir, false).map_err(cannot_write)?;
    let file = temporary.reopen().map_err(cannot_write)?;
    let mut writer = ZipWriter::new(BufWriter::with_capacity(1 << 20, Fragile { file, has_failed: false }));
    let mut total = 0;
    for (name, source) in &sources {
        total += add(&mut writer, [root, run_dir], name, source)?;
        if total > TOTAL {
            return Err(refuse("the outputs", format!("together they are larger than {} TiB", TOTAL >> 40)));
        }
    }
    seal(writer).map_err(cannot_write)?;
    temporary.persist(&path).map_err(|error| cannot_write(error.error))?;
    Ok(())
}

/// The digests by entry, without that of the listing itself. Checks the names.
fn digests(
    outputs: &BTreeMap<String, Digest>,
    profiles: &BTreeMap<String, Digest>,
    reports: &[(&str, Vec<u8>)],
) -> Result<BTreeMap<String, Digest>> {
    let mut digests = BTreeMap::new();
    for (name, bytes) in reports {
        let (digest, _) = digest_through(&bytes[..], |_| Ok(())).map_err(|error| refuse(name, error))?;
        digests.insert((*name).to_owned(), digest);
    }
    digests.extend(profiles.clone());
    digests.extend(outputs.iter().map(|(path, digest)| (format!("{OUTPUTS}{path}"), *digest)));

    let mut keys: BTreeMap<String, &str> = BTreeMap::from([(portable::key(SUMS), SUMS)]);
    for name in digests.keys() {
        if let Some(why) = portable::why_unsafe(name) {
            return Err(refuse(name, format!("the name cannot be unpacked safely: {why}"))
                .help("rename the output, or write it into the project's folder"));
        }
        if let Some(other) = keys.insert(portable::key(name), name) {
            return Err(refuse(
                name,
                format!("it would be the same file as {other} where names ignore case"),
            )
            .help("rename one of the two"));
        }
    }
    Ok(digests)
}

fn refuse(name: &str, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
    Fault::new(format!("pack {}", name.strip_prefix(OUTPUTS).unwrap_or(name)), why)
}

/// Holds to the limits that a reader of bundles has.
fn check_sizes(sources: &BTreeMap<String, Source<'_>>) -> Result<()> {
    let directory: u64 = sources.keys().map(|name| name.len() as u64 + 80).sum();
    if directory > DIRECTORY {
        return Err(refuse("the outputs", "they are too many files for a bundle")
            .help("let the step write one archive in their place"));
    }
    for (name, source) in sources {
        if matches!(source, Source::Memory(bytes) if bytes.len() as u64 > DEFLATED) {
            return Err(refuse(name, format!("it is larger than {} MiB", DEFLATED >> 20)));
        }
    }
    Ok(())
}

/// Adds an entry; returns its size. Files are in the project, or in the run's folder.
fn add(writer: &mut Writer, [root, run_dir]: [&Path; 2], name: &str, source: &Source<'_>) -> Result<u64> {
    match source {
        Source::Memory(bytes) => {
            let written = start(writer, name, bytes.len() as u64).and_then(|()| writer.write_all(bytes));
            written.map_err(|error| Fault::file("pack", Path::new(name), error))?;
            Ok(bytes.len() as u64)
        }
        Source::Output(path, recorded) | Source::Profile(path, recorded) => {
            let folder = if matches!(source, Source::Output(..)) { root } else { run_dir };
            let cannot_pack = |error| Fault::file("pack", Path::new(path), error);
            let file = open_regular(&folder.join(path)).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => refuse(path, "it is not there").help(
                    "the bundle holds the outputs of the run: have them where the report is made, as they were",
                ),
                _ => cannot_pack(error),
            })?;
            let size = file.metadata().map_err(cannot_pack)?.len();
            // The digest is of the very bytes that are packed.
            let packed = start(writer, name, size)
                .and_then(|()| digest_through(file, |block| writer.write_all(block)));
            let (digest, packed) = packed.map_err(cannot_pack)?;
            if digest == *recorded {
                return Ok(packed);
            }
            Err(refuse(path, "it is no longer what the run recorded").help(
                "something wrote the file after its step had ended: let nothing else write it, and run again",
            ))
        }
    }
}

/// Opens a file that is one: a pipe would never end.
pub(super) fn open_regular(path: &Path) -> std::io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    File::open(path)
}

fn start(writer: &mut Writer, name: &str, size: u64) -> std::io::Result<()> {
    let method = if size <= DEFLATED { CompressionMethod::Deflated } else { CompressionMethod::Stored };
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .compression_level((method == CompressionMethod::Deflated).then_some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .system(System::Unix)
        .large_file(size >= u64::from(u32::MAX));
    Ok(writer.start_file(name, options)?)
}

/// Ends the zip, and writes the digest of all that is before it into the last bytes of its comment.
fn seal(mut writer: Writer) -> std::io::Result<()> {
    writer.set_comment(format!("{COMMENT}{}", "0".repeat(64)))?;
    let mut file = writer.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?.whole()?;
    let sealed = file.metadata()?.len() - SEAL;
    file.rewind()?;
    let (digest, _) = digest_through((&mut file).take(sealed), |_| Ok(()))?;
    file.seek(SeekFrom::Start(sealed))?;
    file.write_all(digest.hex().as_bytes())
}
