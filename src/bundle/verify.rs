//! Checking a bundle, or the project's folder, against a record. Nothing is unpacked to disk, and no more
//! than one report is in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use zip::ZipArchive;

use super::container::{self, Entry, Trouble, shown};
use super::{DEFLATED, OUTPUTS, RECORD, SEAL, SUMS, digest_through, sums};
use crate::fault::{Fault, Result};
use crate::files::portable;
use crate::finding::Finding;
use crate::name::Digest;
use crate::record::{Record, SCHEMA, contradiction, store};

/// What a bundle holds, read once.
#[derive(Default)]
struct Contents {
    digests: BTreeMap<String, Digest>,
    sums: Vec<u8>,
    record: Vec<u8>,
    findings: Vec<Finding>,
}

/// Checks a bundle: its container, its contents against `SHA256SUMS`, and its outputs against the record
/// inside it.
///
/// # Errors
/// A file that cannot be read at all. Everything that is wrong with its content is a finding.
pub fn verify_bundle(bundle: &Path) -> Result<Vec<Finding>> {
    let read = || {
        let mut file = super::pack::open_regular(bundle)?;
        let length = file.metadata()?.len();
        verify(&mut file, length)
    };
    read().map_err(|error| Fault::file("read", bundle, error))
}

/// The record in a bundle that was verified; none when it holds none.
///
/// # Errors
/// A file that cannot be read.
pub fn record_in(bundle: &Path) -> Result<Option<Record>> {
    let fault = |error| Fault::file("read", bundle, error);
    let file = super::pack::open_regular(bundle).map_err(fault)?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| fault(error.into()))?;
    let Ok(entry) = archive.by_name(RECORD) else { return Ok(None) };
    let mut text = String::new();
    // A small zip can hold a text without end.
    entry.take(store::LARGEST).read_to_string(&mut text).map_err(fault)?;
    Ok(store::parse(&text).ok())
}

pub(super) fn verify(file: &mut (impl Read + Seek), length: u64) -> std::io::Result<Vec<Finding>> {
    let entries = match container::read(&mut BufReader::new(&mut *file), length) {
        Ok(entries) => entries,
        Err(Trouble::Finding(finding)) => return Ok(vec![finding]),
        Err(Trouble::Io(error)) => return Err(error),
    };
    let mut findings = container::check_names(&entries);
    if !findings.is_empty() {
        return Ok(findings);
    }
    let mut contents = read_contents(file, &entries)?;
    findings.append(&mut contents.findings);
    findings.extend(check_sums(&contents));
    findings.extend(check_record(&contents));
    if findings.is_empty() {
        findings.extend(check_seal(file, length)?);
    }
    Ok(findings)
}

/// Finds what nothing else did: bytes in the container that mean the same as those that were packed.
fn check_seal(file: &mut (impl Read + Seek), length: u64) -> std::io::Result<Option<Finding>> {
    file.rewind()?;
    let (digest, _) = digest_through((&mut *file).take(length.saturating_sub(SEAL)), |_| Ok(()))?;
    let seal = container::read_seal(file, length)?;
    Ok((seal != digest.hex()).then(|| {
        Finding::error(
            "bundle-not-canonical",
            format!(
                "the bundle was changed after it was packed: its seal is {}, its bytes have {}",
                shown(&seal),
                digest.hex()
            ),
        )
        .help("fetch the bundle again, or make it again with a run")
    }))
}

fn read_contents(file: &mut (impl Read + Seek), entries: &[Entry]) -> std::io::Result<Contents> {
    let mut contents = Contents::default();
    file.rewind()?;
    let mut archive = match ZipArchive::new(BufReader::new(file)) {
        Ok(archive) => archive,
        Err(zip::result::ZipError::Io(error)) => return Err(error),
        Err(error) => {
            contents
                .findings
                .push(Finding::error("bundle-unreadable", format!("the zip is damaged: {error}")));
            return Ok(contents);
        }
    };
    for (index, entry) in entries.iter().enumerate() {
        match read_entry(&mut archive, index, entry, &mut contents) {
            Ok(digest) => {
                contents.digests.insert(entry.name.clone(), digest);
            }
            Err(why) => contents.findings.push(
                Finding::error("bundle-digest", format!("{} is damaged: {why}", shown(&entry.name)))
                    .at_path(entry.name.clone()),
            ),
        }
    }
    Ok(contents)
}

/// Streams an entry; counts what comes out, whatever the headers say.
fn read_entry<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    entry: &Entry,
    contents: &mut Contents,
) -> std::result::Result<Digest, String> {
    let found = archive.by_index(index).map_err(|error| error.to_string())?;
    if found.name_raw() != entry.name.as_bytes() || found.size() != entry.size {
        return Err("readers of the zip disagree about it".into());
    }
    let keep = match entry.name.as_str() {
        SUMS => Some(&mut contents.sums),
        RECORD => Some(&mut contents.record),
        _ => None,
    };
    if keep.is_some() && entry.size > DEFLATED {
        return Err(format!("it is larger than {} MiB", DEFLATED >> 20));
    }
    let mut kept = Vec::new();
    let keeps = keep.is_some();
    // One byte more than it may have, so that a longer content shows; reading to its end checks the CRC.
    let (digest, length) = digest_through(found.take(entry.size.saturating_add(1)), |block| {
        if keeps {
            kept.extend_from_slice(block);
        }
        Ok(())
    })
    .map_err(|error| error.to_string())?;
    if length != entry.size {
        return Err(format!("it has {length} or more bytes, and {} are declared", entry.size));
    }
    if let Some(keep) = keep {
        *keep = kept;
    }
    Ok(digest)
}

fn check_sums(contents: &Contents) -> Vec<Finding> {
    let mut found = contents.digests.clone();
    if found.remove(SUMS).is_none() {
        return vec![missing(SUMS)];
    }
    let text = String::from_utf8_lossy(&contents.sums);
    if text == sums::render(&found) {
        return Vec::new();
    }
    let unusual =
        || Finding::error("bundle-not-canonical", format!("{SUMS} has another form than a run gives it"));
    let Some(listed) = sums::parse(&text) else {
        return vec![unusual()];
    };
    let mut findings = Vec::new();
    for (name, digest) in &listed {
        match found.get(name) {
            Some(other) if other == digest => {}
            Some(other) => findings.push(
                Finding::error(
                    "bundle-digest",
                    format!("{} is {other}, and {SUMS} lists {digest}", shown(name)),
                )
                .at_path(name.clone()),
            ),
            None => findings.push(missing(name)),
        }
    }
    for name in found.keys().filter(|name| !listed.contains_key(*name)) {
        findings.push(unlisted(name, SUMS));
    }
    if findings.is_empty() {
        findings.push(unusual());
    }
    findings
}

fn missing(name: &str) -> Finding {
    Finding::error("bundle-missing", format!("{} is not in the bundle", shown(name))).at_path(name)
}

fn unlisted(name: &str, list: &str) -> Finding {
    Finding::error(
        "bundle-unlisted",
        format!("{} is in the bundle, and {list} does not list it", shown(name)),
    )
    .at_path(name)
}

fn check_record(contents: &Contents) -> Vec<Finding> {
    if !contents.digests.contains_key(RECORD) {
        return vec![missing(RECORD)];
    }
    let wrong = |why: String| Finding::error("bundle-record", why).at_path(RECORD);
    // The schema first: a record of another version has other fields.
    #[derive(serde::Deserialize)]
    struct Schema {
        schema: String,
    }
    match serde_json::from_slice::<Schema>(&contents.record) {
        Ok(Schema { schema }) if schema != SCHEMA => {
            return vec![
                wrong(format!(
                    "the record is of the form {}, and this modelgate reads {SCHEMA}",
                    shown(&schema)
                ))
                .help("check the bundle with the version of modelgate that made it"),
            ];
        }
        _ => {}
    }
    let record: Record = match serde_json::from_slice(&contents.record) {
        Ok(record) => record,
        Err(error) => return vec![wrong(format!("the record cannot be read: {error}"))],
    };
    let mut findings: Vec<Finding> = why_contradictory(&record).map(wrong).into_iter().collect();
    let outputs = record.outputs();
    let named = outputs.iter().map(|(path, digest)| (format!("{OUTPUTS}{path}"), *digest));
    for (name, recorded) in named.chain(record.profiles()) {
        match contents.digests.get(&name) {
            Some(found) if *found == recorded => {}
            Some(found) => findings.push(
                Finding::error(
                    "bundle-record",
                    format!("{} is {found}, and the record says {recorded}", shown(&name)),
                )
                .at_path(name),
            ),
            None => findings.push(missing(&name)),
        }
    }
    for name in contents.digests.keys() {
        if name.strip_prefix(OUTPUTS).is_some_and(|path| !outputs.contains_key(path)) {
            findings.push(unlisted(name, "the record"));
        }
    }
    findings
}

/// Why this cannot be the record of a run that has ended.
fn why_contradictory(record: &Record) -> Option<String> {
    match record.conclusion {
        None => Some("the record is of a run that had not ended".into()),
        Some(_) => contradiction(record).map(|why| format!("the record contradicts itself: {why}")),
    }
}

/// Checks the outputs in the project's folder against a record.
///
/// # Errors
/// A file that is there and cannot be read.
pub fn verify_outputs(root: &Path, record: &Record) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (path, recorded) in record.outputs() {
        findings.extend(verify_output(root, &path, recorded)?);
    }
    Ok(findings)
}

fn verify_output(root: &Path, path: &str, recorded: Digest) -> Result<Option<Finding>> {
    let finding = |code, why: String| Some(Finding::error(code, why).at_path(path));
    if let Some(why) = portable::why_unsafe(path) {
        let message = format!("the record names an output outside of the project, {}: {why}", shown(path));
        return Ok(finding("output-escapes", message));
    }
    let place = root.join(path);
    let missing =
        || finding("output-missing", format!("{} is not there; the record says {recorded}", shown(path)));
    match std::fs::metadata(&place) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Ok(missing()),
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            return Ok(missing());
        }
        Err(error) => return Err(Fault::file("read", &place, error)),
    }
    let digest = File::open(&place).and_then(|file| digest_through(file, |_| Ok(())));
    let (found, _) = digest.map_err(|error| Fault::file("read", &place, error))?;
    if found == recorded {
        return Ok(None);
    }
    let message = format!("{} is {found}, and the record says {recorded}", shown(path));
    Ok(finding("output-differs", message))
}
