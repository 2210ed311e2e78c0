//! From the bytes of a Python file to its text: the byte order mark, PEP 263 and what is no text at all.

use std::borrow::Cow;

use super::place::{number, place_in_bytes};
use crate::finding::Finding;

/// The encodings that can be decoded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Cp1252,
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What the bytes 0x80 to 0x9F are in cp1252; five of them are nothing.
const CP1252: [Option<char>; 32] = {
    let mut table = [None; 32];
    let known = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’',
        '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    let mut index = 0;
    while index < 32 {
        if known[index] != '\0' {
            table[index] = Some(known[index]);
        }
        index += 1;
    }
    table
};

/// The text of a Python file; borrowed where it is UTF-8.
///
/// # Errors
/// The finding, without its path, that says why these bytes are no Python source.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Finding> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(trouble((1, 1), "the file is UTF-16, which Python cannot read").help("save it as UTF-8"));
    }
    let body = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let encoding = match cookie(body) {
        None => Encoding::Utf8,
        Some((line, name)) => declared(&name, line, body.len() != bytes.len())?,
    };
    let text = match encoding {
        Encoding::Utf8 => utf8(body).map(Cow::Borrowed),
        Encoding::Ascii => ascii(body).map(Cow::Borrowed),
        Encoding::Latin1 => Ok(Cow::Owned(body.iter().map(|byte| char::from(*byte)).collect())),
        Encoding::Cp1252 => cp1252(body).map(Cow::Owned),
    }?;
    match body.contains(&0) {
        false => Ok(text),
        true => Err(nul(&text)),
    }
}

/// The text of a file that can only be UTF-8.
///
/// # Errors
/// As [`decode`].
pub(super) fn utf8(body: &[u8]) -> Result<&str, Finding> {
    let body = body.strip_prefix(BOM).unwrap_or(body);
    std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        bad_byte(body, at, place_in_bytes(body, at), "UTF-8")
            .help("save the file as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-")
    })
}

fn ascii(body: &[u8]) -> Result<&str, Finding> {
    match body.iter().position(|byte| !byte.is_ascii()) {
        None => utf8(body),
        Some(at) => Err(bad_byte(body, at, place_in_bytes(body, at), "ASCII, which the file declares")
            .help("declare the encoding that the file has")),
    }
}

fn cp1252(body: &[u8]) -> Result<String, Finding> {
    let mut text = String::with_capacity(body.len() + body.len() / 8);
    for (at, byte) in body.iter().enumerate() {
        let decoded = match byte {
            0x80..=0x9F => CP1252[usize::from(byte - 0x80)],
            _ => Some(char::from(*byte)),
        };
        let Some(decoded) = decoded else {
            let place = super::place::Lines::of(&text).place(text.len());
            return Err(bad_byte(body, at, place, "cp1252, which the file declares"));
        };
        text.push(decoded);
    }
    Ok(text)
}

fn nul(text: &str) -> Finding {
    let at = text.find('\0').unwrap_or(0);
    let place = super::place::Lines::of(text).place(at);
    trouble(place, "a NUL byte (0x00), which Python source cannot contain")
        .help("the file is binary, damaged or UTF-16; save it as UTF-8")
}

fn bad_byte(body: &[u8], at: usize, place: (u32, u32), encoding: &str) -> Finding {
    trouble(place, &format!("the byte 0x{:02X} is not {encoding}", body.get(at).copied().unwrap_or(0)))
}

fn trouble((line, column): (u32, u32), message: &str) -> Finding {
    Finding::error("python-encoding", message).at_line(line, Some(column))
}

/// The encoding that a cookie names.
fn declared(name: &str, line: usize, bom: bool) -> Result<Encoding, Finding> {
    let normal = name.to_ascii_lowercase().replace('_', "-");
    let is = |known: &[&str]| known.iter().any(|known| normal == *known);
    let begins = |known: &[&str]| {
        known.iter().any(|known| normal.strip_prefix(known).is_some_and(|rest| rest.starts_with('-')))
    };
    let encoding = if is(&["utf-8", "utf8", "u8", "utf", "cp65001"]) || begins(&["utf-8"]) {
        Encoding::Utf8
    } else if is(&["latin-1", "latin1", "iso-8859-1", "iso8859-1", "iso-latin-1", "l1", "latin", "8859"])
        || begins(&["latin-1", "iso-8859-1", "iso-latin-1"])
    {
        Encoding::Latin1
    } else if is(&["ascii", "us-ascii", "646", "ansi-x3.4-1968"]) {
        Encoding::Ascii
    } else if is(&["cp1252", "windows-1252", "1252"]) {
        Encoding::Cp1252
    } else {
        let message = format!("not checked: the declared encoding «{name}» is not known here");
        return Err(Finding::warning("python-encoding-unknown", message)
            .at_line(number(line), None)
            .help("save the file as UTF-8 and remove the declaration"));
    };
    // Python takes no other spelling here, not even «utf8».
    if bom && !(is(&["utf-8"]) || begins(&["utf-8"])) {
        let message = format!("the file begins with the mark of UTF-8 and declares «{name}»");
        return Err(trouble((number(line), 1), &message).help("remove the declaration"));
    }
    Ok(encoding)
}

/// The line, from 1, and the encoding that a comment in the first two lines declares.
fn cookie(body: &[u8]) -> Option<(usize, String)> {
    let mut lines = body.splitn(3, |byte| *byte == b'\n').take(2).enumerate();
    lines
        .by_ref()
        .map_while(|(index, line)| {
            let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0C'));
            let code = start.map_or(&[][..], |start| &line[start..]);
            // Only a line without code lets the next one declare anything.
            let blank = code.is_empty() || code == b"\r";
            (blank || code.starts_with(b"#")).then(|| coding(code).map(|name| (index + 1, name)))
        })
        .find_map(|found| found)
}

fn coding(comment: &[u8]) -> Option<String> {
    const WORD: &[u8] = b"coding";
    let starts = comment.windows(WORD.len()).enumerate().filter(|(_, window)| *window == WORD);
    starts.map(|(at, _)| &comment[at + WORD.len()..]).find_map(|rest| {
        let rest = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b"="))?;
        let name: String = rest
            .iter()
            .skip_while(|byte| matches!(byte, b' ' | b'\t'))
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            .map(|byte| char::from(*byte))
            .collect();
        (!name.is_empty()).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn wrong(bytes: &[u8]) -> (String, Option<u32>, Option<u32>, String) {
        let finding = decode(bytes).unwrap_err();
        (finding.code, finding.line, finding.column, finding.message)
    }

    #[test]
    fn text_is_decoded_as_python_would() {
        assert_eq!(decode(b"").unwrap(), "");
        assert_eq!(decode(b"\xEF\xBB\xBFx").unwrap(), "x");
        assert_eq!(decode(b"# -*- coding: latin-1 -*-\n\xE9").unwrap(), "# -*- coding: latin-1 -*-\né");
        assert_eq!(decode(b"\n# vim: set fileencoding=cp1252 :\n\x80").unwrap().chars().last(), Some('€'));
        assert_eq!(decode(b"#!x\r\n# coding=ISO_8859_1\r\n\xFC").unwrap().chars().last(), Some('ü'));
        assert!(decode(b"x = 1\n# coding: koi8-r\n").is_ok(), "code in the first line: no declaration");
        assert!(decode(b"\n\n# coding: koi8-r\n").is_ok(), "the third line declares nothing");
        assert!(decode(b"# encoding is hard\n").is_ok());
    }

    #[test]
    fn what_is_no_text_says_where_and_which_byte() {
        let encoding = "python-encoding".to_owned();
        assert_eq!(
            wrong("ä = 'é".as_bytes().iter().chain(b"\xE9").copied().collect::<Vec<_>>().as_slice()),
            (encoding.clone(), Some(1), Some(7), "the byte 0xE9 is not UTF-8".into())
        );
        assert_eq!(wrong(b"# coding: ascii\nx\n\xC3\xA4").0, encoding);
        assert_eq!(wrong(b"# coding: cp1252\n\xE4\x81").2, Some(2));
        assert_eq!(wrong(b"x\n\xFF\n").1, Some(2));
        assert_eq!(wrong(b"a = 1\nb\0").2, Some(2));
        assert!(wrong(b"\xFF\xFEx\0").3.contains("UTF-16"));
        assert_eq!(wrong(b"\xEF\xBB\xBF# coding: latin-1\n").0, encoding);
        assert_eq!(wrong(b"\xEF\xBB\xBF# coding: utf8\n").0, encoding);
        assert!(decode(b"\xEF\xBB\xBF# coding: UTF-8\n").is_ok());
        assert_eq!(wrong(b"# coding: koi8-r\n").0, "python-encoding-unknown");
    }
}
