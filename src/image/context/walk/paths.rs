//! Paths by number: what the engine asks for by the number under which it was announced.

use super::{Entry, File};

/// So many entries stand behind each other, each with only what differs from the one before it.
const BLOCK: u32 = 64;

/// The files of a walk by their number in it, in a few bytes each.
#[derive(Debug, Default)]
pub struct Paths {
    /// Full blocks.
    blocks: Vec<Box<[u8]>>,
    /// The block that is being filled.
    open: Vec<u8>,
    last: String,
    count: u32,
}

impl Paths {
    /// Adds the next entry; the first is number 0.
    pub fn push(&mut self, entry: &Entry) {
        if self.count.is_multiple_of(BLOCK) {
            if self.count > 0 {
                self.blocks.push(self.open.as_slice().into());
            }
            self.open.clear();
            self.last.clear();
        }
        let (path, last) = (entry.path.as_str(), self.last.as_str());
        let same =
            path.chars().zip(last.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
        let ends = path[same..].chars().rev().zip(last[same..].chars().rev());
        let end: usize = ends.take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
        let middle = &path[same..path.len() - end];
        for length in [same, end, middle.len()] {
            write(&mut self.open, length as u64);
        }
        self.open.extend_from_slice(middle.as_bytes());
        // 0 is no file.
        let file = entry.file();
        write(&mut self.open, file.as_ref().map_or(0, |file| file.size.saturating_add(1)));
        if let Some(file) = file {
            self.open.extend_from_slice(&file.modified.to_le_bytes());
        }
        self.last.clone_from(&entry.path);
        self.count += 1;
    }

    /// A file by its number; none when there is no such number, or when it is no regular file.
    #[must_use]
    pub fn file(&self, number: u32) -> Option<File> {
        if number >= self.count {
            return None;
        }
        let block = self.blocks.get((number / BLOCK) as usize);
        let mut block: &[u8] = block.map_or(&self.open, |block| block);
        let mut path = String::new();
        for _ in 0..number % BLOCK {
            read(&mut block, &mut path)?;
        }
        let (size, modified) = read(&mut block, &mut path)??;
        Some(File { path, size, modified })
    }
}

/// Reads an entry behind `path`, which becomes its own: the size and time of a file.
fn read(block: &mut &[u8], path: &mut String) -> Option<Option<(u64, i64)>> {
    let same = usize::try_from(number(block)?).ok()?;
    let end = usize::try_from(number(block)?).ok()?;
    let length = usize::try_from(number(block)?).ok()?;
    let middle = std::str::from_utf8(block.split_off(..length)?).ok()?;
    path.replace_range(same..path.len() - end, middle);
    let Some(size) = number(block)?.checked_sub(1) else { return Some(None) };
    let time = block.split_off(..8)?.try_into().ok()?;
    Some(Some((size, i64::from_le_bytes(time))))
}

/// Seven bits a byte, the lowest first.
fn write(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::image::context::Kind;

    #[test]
    fn every_number_gives_back_its_file() {
        let kinds =
            [Kind::Folder, Kind::File(0), Kind::Link("x".into()), Kind::File(u64::MAX - 1), Kind::File(300)];
        let entry = |number: usize| Entry {
            path: format!("données/{}é{}/f", "é".repeat(number % 7), number / 3),
            kind: kinds[number % kinds.len()].clone(),
            mode: 0,
            modified: number as i64 * 1_000_000_007,
        };
        let mut paths = Paths::default();
        for count in 0..300 {
            assert_eq!(paths.file(count), None);
            paths.push(&entry(count as usize));
            for number in [0, count / 2, count] {
                assert_eq!(paths.file(number), entry(number as usize).file(), "{number} of {count}");
            }
        }
    }

    #[test]
    fn a_file_takes_less_than_20_bytes() {
        let mut paths = Paths::default();
        let mut entry = Entry { path: String::new(), kind: Kind::File(1 << 14), mode: 0, modified: 1 };
        for number in 0..100_000_u32 {
            entry.path = format!("data/part-{:04}/sample-{number:08}.parquet", number / 1000);
            paths.push(&entry);
        }
        let bytes: usize = paths.blocks.iter().map(|block| block.len() + 32).sum();
        assert!(bytes < 2_000_000, "{bytes}");
        assert_eq!(paths.file(54_321).unwrap().path, "data/part-0054/sample-00054321.parquet");
    }
}
