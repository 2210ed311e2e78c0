//! What a file is: by the end of its name, and by its first bytes where the name says nothing or another thing.

use crate::finding::Finding;

use super::unpack::Packing;

/// The format of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Text with delimiters; the one to try first.
    Delimited(u8),
    /// An object a line.
    JsonLines,
    /// Text, of which its first character says what it is.
    Text,
    /// Parquet.
    Parquet,
    /// An Arrow file, which is Feather too.
    ArrowFile,
    /// A stream of Arrow.
    ArrowStream,
}

/// How many first bytes say what a file is.
pub const HEAD: usize = 16;

/// How files begin that are no tables of ours, and what they are.
const OTHERS: [(&[u8], &str); 13] = [
    (b"PK\x03\x04", "a zip archive, such as Excel, NumPy and PyTorch write"),
    (b"\xd0\xcf\x11\xe0", "a document of an old Excel"),
    (b"BZh", "packed with bzip2"),
    (b"\xfd7zXZ\x00", "packed with xz"),
    (b"\x04\"M\x18", "packed with lz4"),
    (b"FEA1", "the first version of Feather"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PARE", "an encrypted Parquet file"),
    (b"%PDF", "a PDF"),
];

/// The format of a file with this name that begins with these bytes, without a path in the finding.
pub fn of(path: &str, head: &[u8]) -> Result<(Format, Packing), Box<Finding>> {
    let packing = Packing::of(head);
    let named = of_name(path);
    if packing != Packing::None {
        return match named {
            Some(Format::Parquet | Format::ArrowFile | Format::ArrowStream) => {
                let message =
                    format!("the file is packed with {}, and only text may be packed", packing.word());
                let help = "unpack it; Parquet and Arrow compress their columns themselves";
                Err(unreadable(message).help(help).into())
            }
            named => Ok((named.unwrap_or(Format::Text), packing)),
        };
    }
    if let Some(format) = of_head(head) {
        return Ok((format, packing));
    }
    if let Some((_, what)) = OTHERS.iter().find(|(start, _)| head.starts_with(start)) {
        return Err(unreadable(format!("the file is {what}, and no table that can be read here"))
            .help(HELP)
            .into());
    }
    match named {
        Some(Format::Parquet) => Err(misnamed("Parquet", "PAR1").into()),
        Some(Format::ArrowFile) => Err(misnamed("Arrow", "ARROW1, or as a stream does").into()),
        named => Ok((named.unwrap_or(Format::Text), packing)),
    }
}

/// What text that has no name of ours is.
pub fn of_text(text: &[u8]) -> Result<Format, Box<Finding>> {
    match text.trim_ascii_start().first() {
        Some(b'{') => Ok(Format::JsonLines),
        Some(b'[') => Err(unreadable("the file is a JSON list, not JSON lines".into())
            .help("write one object a line: in pandas, to_json(…, orient=\"records\", lines=True)")
            .into()),
        _ => Ok(Format::Delimited(b',')),
    }
}

const HELP: &str = "write CSV, TSV, JSON lines, Parquet or Arrow";

fn of_name(path: &str) -> Option<Format> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let packed = [".gz", ".gzip", ".zst", ".zstd"].iter().find_map(|end| name.strip_suffix(end));
    match packed.unwrap_or(&name).rsplit_once('.')?.1 {
        "csv" => Some(Format::Delimited(b',')),
        "tsv" | "tab" => Some(Format::Delimited(b'\t')),
        "jsonl" | "ndjson" => Some(Format::JsonLines),
        "parquet" | "pq" => Some(Format::Parquet),
        "arrow" | "ipc" | "feather" | "arrows" => Some(Format::ArrowFile),
        _ => None,
    }
}

fn of_head(head: &[u8]) -> Option<Format> {
    match head {
        [b'P', b'A', b'R', b'1', ..] => Some(Format::Parquet),
        [b'A', b'R', b'R', b'O', b'W', b'1', 0, 0, ..] => Some(Format::ArrowFile),
        // A stream begins with a mark and the length of its schema, which is less than 16 MiB.
        [0xff, 0xff, 0xff, 0xff, _, _, _, 0, ..] => Some(Format::ArrowStream),
        _ => None,
    }
}

fn misnamed(name: &str, start: &str) -> Finding {
    let message = format!("the file is named as {name} and does not begin with {start}");
    unreadable(message).help(HELP)
}

fn unreadable(message: String) -> Finding {
    Finding::error("table-format", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;

    #[test]
    fn names_and_first_bytes_say_what_a_file_is() {
        let cases: [(&str, &[u8], Format, Packing); 12] = [
            ("a/p.csv", b"a,b", Format::Delimited(b','), Packing::None),
            ("p.CSV.GZ", b"\x1f\x8b\x08", Format::Delimited(b','), Packing::Gzip),
            ("p.csv.gz", b"a,b", Format::Delimited(b','), Packing::None),
            ("p.tsv.zst", b"\x28\xb5\x2f\xfd", Format::Delimited(b'\t'), Packing::Zstd),
            ("p.ndjson", b"{", Format::JsonLines, Packing::None),
            ("p.txt", b"a\tb", Format::Text, Packing::None),
            ("p", b"", Format::Text, Packing::None),
            ("p.csv", b"PAR1\x15", Format::Parquet, Packing::None),
            ("p.pq", b"PAR1\x15", Format::Parquet, Packing::None),
            ("p.parquet", b"ARROW1\0\0", Format::ArrowFile, Packing::None),
            ("p.arrow", b"\xff\xff\xff\xff\x10\x01\0\0", Format::ArrowStream, Packing::None),
            ("p.dat", b"\x1f\x8b\x08", Format::Text, Packing::Gzip),
        ];
        for (name, head, format, packing) in cases {
            assert_eq!(of(name, head), Ok((format, packing)), "{name}");
        }
        for (name, head) in [("p.parquet", b"a,b" as &[u8]), ("p.arrow", b"a,b"), ("p.csv", b"PK\x03\x04")] {
            assert_eq!(of(name, head).unwrap_err().code, "table-format", "{name}");
        }
        assert!(of("p.parquet.gz", b"\x1f\x8b\x08").is_err());
    }
}
