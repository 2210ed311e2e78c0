//! The zip around the contents, read strictly: every byte of a bundle belongs to a header that could not be
//! another, or to a content. Ordinary readers look from the end, take the first that fits, and let a second
//! entry of the same name hide the first; whoever checks a bundle must not.

use std::io::{BufReader, Read, Seek, SeekFrom};

use super::{COMMENT, DEFLATED, DIRECTORY, SEAL, TOTAL};
use crate::files::portable;
use crate::finding::Finding;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// The 32-bit value that sends a reader to the 64-bit one.
const SEE_64: u32 = u32::MAX;
/// 1980-01-01 00:00, as time and date.
const TIME: u32 = 0x0021_0000;
/// A regular file, `rw-r--r--`.
const MODE: u32 = 0o100_644;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATE: u16 = 8;

/// An entry as the directory gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) method: u16,
    pub(super) size: u64,
    flags: u16,
    crc: u32,
    packed: u64,
    header: u64,
}

/// What stops the reading of a container.
pub(super) enum Trouble {
    /// It is not what a bundle is.
    Finding(Finding),
    /// It cannot be read.
    Io(std::io::Error),
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => unreadable("a header is cut short"),
            _ => Self::Io(error),
        }
    }
}

type Result<T> = std::result::Result<T, Trouble>;

fn unreadable(why: &str) -> Trouble {
    Trouble::Finding(
        Finding::error("bundle-unreadable", format!("this is not a whole bundle: {why}"))
            .help("fetch the bundle again, or make it again with a run"),
    )
}

fn not_canonical(why: impl std::fmt::Display) -> Trouble {
    Trouble::Finding(
        Finding::error("bundle-not-canonical", format!("no run packs a bundle like this: {why}"))
            .help("do not use the bundle; make it again with a run"),
    )
}

fn bomb(why: impl std::fmt::Display) -> Trouble {
    Trouble::Finding(Finding::error(
        "bundle-bomb",
        format!("the bundle is made to exhaust its reader: {why}"),
    ))
}

fn require(holds: bool, why: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(not_canonical(why)) }
}

/// The seal in the last bytes, as text.
pub(super) fn read_seal(file: &mut (impl Read + Seek), length: u64) -> std::io::Result<String> {
    let mut seal = Vec::new();
    file.seek(SeekFrom::Start(length.saturating_sub(SEAL)))?;
    file.take(SEAL).read_to_end(&mut seal)?;
    Ok(String::from_utf8_lossy(&seal).into_owned())
}

/// The entries, when the container is exactly what a run packs. Names may still be bad.
pub(super) fn read(file: &mut (impl Read + Seek), length: u64) -> Result<Vec<Entry>> {
    let directory = read_end(file, length)?;
    let entries = read_directory(file, &directory)?;
    check_sizes(&entries)?;
    let mut cursor = 0;
    for entry in &entries {
        if entry.header < cursor {
            return Err(bomb(format_args!("the entry {} overlaps another", shown(&entry.name))));
        }
        require(entry.header == cursor, "there are bytes between its entries")?;
        cursor = read_local(file, entry)?;
    }
    require(cursor == directory.start, "there are bytes between its entries and its directory")?;
    Ok(entries)
}

/// What is wrong with the names.
pub(super) fn check_names(entries: &[Entry]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut keys = std::collections::BTreeMap::new();
    for Entry { name, .. } in entries {
        if let Some(why) = portable::why_unsafe(name) {
            let message = format!("the entry {} must not be unpacked: {why}", shown(name));
            findings.push(Finding::error("bundle-entry-escapes", message));
        }
        if let Some(other) = keys.insert(portable::key(name), name) {
            let message = match other == name {
                true => format!("the entry {} is there twice", shown(name)),
                false => format!(
                    "the entries {} and {} are one file where names ignore case",
                    shown(other),
                    shown(name)
                ),
            };
            findings.push(Finding::error("bundle-duplicate-entry", message));
        }
    }
    findings
}

/// A name from an untrusted file, on one line.
pub(super) fn shown(name: &str) -> String {
    let name: String = name.escape_debug().take(200).collect();
    format!("«{name}»")
}

fn check_sizes(entries: &[Entry]) -> Result<()> {
    let mut total: u64 = 0;
    for entry in entries {
        let name = shown(&entry.name);
        if entry.method == DEFLATE && entry.size > DEFLATED {
            return Err(bomb(format_args!("the entry {name} is said to inflate to {} bytes", entry.size)));
        }
        if entry.method == STORED && entry.size != entry.packed {
            return Err(not_canonical(format_args!("the entry {name} is stored and has two sizes")));
        }
        total = total.saturating_add(entry.size);
    }
    if total > TOTAL {
        return Err(bomb(format_args!("its contents are said to be {total} bytes")));
    }
    require(entries.is_sorted_by(|one, next| one.name <= next.name), "its entries are not sorted")
}

/// Where the directory is.
struct Directory {
    start: u64,
    length: u64,
    entries: u64,
}

fn read_end(file: &mut (impl Read + Seek), length: u64) -> Result<Directory> {
    let tail = 22 + COMMENT.len() as u64 + SEAL;
    let Some(end) = length.checked_sub(tail) else {
        return Err(unreadable("it is too short"));
    };
    let mut header = Header::at(file, end, 22)?;
    if header.u32() != END {
        return Err(unreadable("it does not end as one; it may be cut short, or something was added"));
    }
    require(header.u32() == 0, "it is a part of several")?;
    let (here, all) = (header.u16(), header.u16());
    require(here == all, "it is a part of several")?;
    let (size, start) = (header.u32(), header.u32());
    require(u64::from(header.u16()) == tail - 22, "its comment is another")?;
    let mut comment = vec![0; COMMENT.len()];
    file.read_exact(&mut comment)?;
    require(comment == COMMENT.as_bytes(), "its comment is another")?;

    let mut directory =
        Directory { start: u64::from(start), length: u64::from(size), entries: u64::from(all) };
    let mut directory_end = end;
    if all == u16::MAX || size == SEE_64 || start == SEE_64 {
        directory_end = read_end_64(file, end, &mut directory)?;
    }
    if directory.length > DIRECTORY {
        return Err(bomb(format_args!("its directory is {} bytes long", directory.length)));
    }
    require(
        directory.start.checked_add(directory.length) == Some(directory_end),
        "there are bytes around its directory",
    )?;
    Ok(directory)
}

/// Reads the 64-bit form of the end, which is where the directory ends.
fn read_end_64(file: &mut (impl Read + Seek), end: u64, directory: &mut Directory) -> Result<u64> {
    let start = end.checked_sub(20 + 56).ok_or_else(|| unreadable("its 64-bit end is missing"))?;
    let mut header = Header::at(file, start, 56 + 20)?;
    require(header.u32() == END_64 && header.u64() == 44, "its 64-bit end is another")?;
    let _versions = header.u32();
    require(header.u64() == 0, "it is a part of several")?;
    let (here, all, size, at) = (header.u64(), header.u64(), header.u64(), header.u64());
    require(here == all, "it is a part of several")?;
    let locator = (header.u32(), header.u32(), header.u64(), header.u32());
    require(locator == (LOCATOR_64, 0, start, 1), "its 64-bit end is another")?;
    let agrees = |short: u64, limit: u64, long: u64| short == limit || short == long;
    require(
        agrees(directory.entries, u64::from(u16::MAX), all)
            && agrees(directory.length, u64::from(SEE_64), size)
            && agrees(directory.start, u64::from(SEE_64), at),
        "its two ends disagree",
    )?;
    *directory = Directory { start: at, length: size, entries: all };
    Ok(start)
}

fn read_directory(file: &mut (impl Read + Seek), directory: &Directory) -> Result<Vec<Entry>> {
    file.seek(SeekFrom::Start(directory.start))?;
    let mut reader = BufReader::new(file.take(directory.length));
    let mut entries = Vec::new();
    for _ in 0..directory.entries {
        entries.push(read_central(&mut reader)?);
    }
    let mut rest = [0];
    require(reader.read(&mut rest)? == 0, "its directory has more than its entries")?;
    Ok(entries)
}

fn read_central(reader: &mut impl Read) -> Result<Entry> {
    let mut header = Header::next(reader, 46)?;
    require(header.u32() == CENTRAL, "its directory is damaged")?;
    let made_by = header.u16();
    let _needed = header.u16();
    let (flags, method) = (header.u16(), header.u16());
    let time = header.u32();
    let (crc, packed, size) = (header.u32(), header.u32(), header.u32());
    let (name, extra, comment) = (header.u16(), header.u16(), header.u16());
    let (disk, internal, external, offset) = (header.u16(), header.u16(), header.u32(), header.u32());
    let name = read_name(reader, name)?;
    let mut extra = Extra::read(reader, extra)?;
    let size = extra.value(size)?;
    let packed = extra.value(packed)?;
    let header = extra.value(offset)?;
    extra.end()?;
    if external >> 16 & 0o170_000 == 0o120_000 {
        let message = format!("the entry {} must not be unpacked: it is a symbolic link", shown(&name));
        return Err(Trouble::Finding(Finding::error("bundle-entry-escapes", message)));
    }
    require(made_by >> 8 == 3 && external == MODE << 16, "an entry is no regular file")?;
    require(time == TIME, "an entry has a time")?;
    require(flags == if name.is_ascii() { 0 } else { 0x800 }, "an entry has other flags")?;
    require(matches!(method, STORED | DEFLATE), "an entry is packed in another way")?;
    require((comment, disk, internal) == (0, 0, 0), "an entry has a comment or attributes")?;
    Ok(Entry { name, method, size, flags, crc, packed, header })
}

/// Compares the header before the content with the directory; returns where the content ends.
fn read_local(file: &mut (impl Read + Seek), entry: &Entry) -> Result<u64> {
    let mut header = Header::at(file, entry.header, 30)?;
    let same = header.u32() == LOCAL
        && header.u16() <= 45
        && header.u16() == entry.flags
        && header.u16() == entry.method
        && header.u32() == TIME
        && header.u32() == entry.crc;
    let (packed, size) = (header.u32(), header.u32());
    let (name_length, extra_length) = (header.u16(), header.u16());
    let name = read_name(file, name_length)?;
    let mut extra = Extra::read(file, extra_length)?;
    let same = same
        && extra.value(size)? == entry.size
        && extra.value(packed)? == entry.packed
        && name == entry.name;
    extra.end()?;
    require(same, &format!("the entry {} and its place in the directory disagree", shown(&entry.name)))?;
    let content = entry.header + 30 + u64::from(name_length) + u64::from(extra_length);
    content.checked_add(entry.packed).ok_or_else(|| not_canonical("an entry has no end"))
}

fn read_name(reader: &mut impl Read, length: u16) -> Result<String> {
    let mut name = vec![0; usize::from(length)];
    reader.read_exact(&mut name)?;
    String::from_utf8(name).map_err(|_| not_canonical("a name is not UTF-8"))
}

/// The extra field of a header: the 64-bit forms of its values, and nothing else.
struct Extra(std::vec::IntoIter<u64>);

impl Extra {
    fn read(reader: &mut impl Read, length: u16) -> Result<Self> {
        if length == 0 {
            return Ok(Self(Vec::new().into_iter()));
        }
        let why = "an entry has extra fields";
        require(matches!(length, 12 | 20 | 28), why)?;
        let mut header = Header::next(reader, usize::from(length))?;
        require(header.u16() == 1 && header.u16() == length - 4, why)?;
        Ok(Self((0..(length - 4) / 8).map(|_| header.u64()).collect::<Vec<_>>().into_iter()))
    }

    fn value(&mut self, short: u32) -> Result<u64> {
        match short {
            SEE_64 => self.0.next().ok_or_else(|| not_canonical("an entry lacks a 64-bit value")),
            short => Ok(u64::from(short)),
        }
    }

    fn end(mut self) -> Result<()> {
        require(self.0.next().is_none(), "an entry has a 64-bit value too many")
    }
}

/// Little-endian fields, one after the other. Never asked for more than was read.
struct Header(std::vec::IntoIter<u8>);

impl Header {
    fn at(file: &mut (impl Read + Seek), offset: u64, length: usize) -> Result<Self> {
        file.seek(SeekFrom::Start(offset))?;
        Self::next(file, length)
    }

    fn next(reader: &mut impl Read, length: usize) -> Result<Self> {
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes)?;
        Ok(Self(bytes.into_iter()))
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.0.next().unwrap_or_default())
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.bytes())
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }
}
