//! The last lines of a command's output, as a person needs them in a report.

/// How many lines are kept.
const LINES: usize = 20;
/// How many characters of a line are kept.
const CHARACTERS: usize = 500;
/// How many bytes of output are looked at: enough for the lines even in four-byte characters.
const BYTES: usize = 64 * 1024;

/// The end of an output, however long.
#[derive(Default)]
pub struct Tail {
    bytes: Vec<u8>,
    /// Whether the beginning of `bytes` is not the beginning of a line.
    is_cut: bool,
}

impl Tail {
    /// More output.
    pub fn take(&mut self, chunk: &[u8]) {
        self.bytes.extend_from_slice(chunk);
        // Twice the size, so that moving the bytes does not cost more than reading them.
        if self.bytes.len() > 2 * BYTES {
            let from = self.bytes.len() - BYTES;
            self.is_cut = self.bytes[from - 1] != b'\n';
            self.bytes.drain(..from);
        }
    }

    /// The last lines that are not blank: without escapes and control characters, and as a terminal shows
    /// them, so of a line that was written over (a progress bar's) only the last state.
    pub fn lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.bytes);
        let mut lines: Vec<String> = text.rsplit('\n').map(last_state).collect();
        if let Some(first) = lines.last_mut().filter(|_| self.is_cut) {
            first.insert(0, '…');
        }
        lines.retain(|line| !line.is_empty());
        lines.truncate(LINES);
        lines.reverse();
        lines
    }
}

/// What a terminal shows in the end of a line that was written over and over.
fn last_state(line: &str) -> String {
    let last = line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
    shorten(plain(last).trim_end())
}

fn shorten(line: &str) -> String {
    match line.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// A line without ANSI escape sequences, control characters and marks that turn the text's direction.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\u{1b}' => match characters.next() {
                // A control sequence ends with a letter or a sign.
                Some('[') => drop(characters.find(|c| matches!(c, '@'..='~'))),
                // A title, a link: ends with a bell, or with an escape and a backslash.
                Some(']' | 'P' | '^' | '_' | 'X') => {
                    while let Some(c) = characters.next() {
                        if c == '\u{7}' || (c == '\u{1b}' && characters.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                    }
                }
                // A choice of character set has one more character.
                Some('(' | ')' | '#' | '%') => drop(characters.next()),
                _ => {}
            },
            '\t' => plain.push_str("    "),
            _ if c.is_control() => {}
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(output: &[u8]) -> Vec<String> {
        let mut tail = Tail::default();
        for chunk in output.chunks(7) {
            tail.take(chunk);
        }
        tail.lines()
    }

    #[test]
    fn the_last_twenty_lines_are_kept() {
        let output: String = (1..=100).map(|n| format!("line {n}\n")).collect();
        let lines = lines(output.as_bytes());
        assert_eq!(lines.len(), 20);
        assert_eq!((lines[0].as_str(), lines[19].as_str()), ("line 81", "line 100"));
    }

    #[test]
    fn lines_are_plain() {
        let cases: [(&[u8], &str); 9] = [
            (b"\x1b[1;31merror\x1b[0m: no\n", "error: no"),
            (b"\x1b]8;;https://x\x1b\\link\x1b]8;;\x07 end", "link end"),
            (b"10 %\r 50 %\r100 %\n", "100 %"),
            (b"windows\r\n", "windows"),
            (b"a\tb\x00\x08c\n", "a    bc"),
            (b"caf\xe9\n", "caf\u{fffd}"),
            ("abc\u{202e}def\u{9b}31m".as_bytes(), "abcdef31m"),
            (b"\x1b(Bplain\x1b", "plain"),
            (b"\n\n  \nonly\n\n", "only"),
        ];
        for (output, expected) in cases {
            assert_eq!(lines(output), [expected], "{}", output.escape_ascii());
        }
        assert_eq!(lines(b""), [""; 0]);
    }

    #[test]
    fn one_endless_line_is_cut_and_says_so() {
        let mut tail = Tail::default();
        for _ in 0..1000 {
            tail.take(&[b'x'; 1000]);
        }
        assert!(tail.bytes.len() <= 2 * BYTES + 1000);
        let lines = tail.lines();
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].chars().count(), 502);
        assert!(lines[0].starts_with("…x") && lines[0].ends_with("x…"));
    }
}
