//! Replaces secrets in a stream of bytes by `***`, wherever the chunks are cut.

use std::ffi::OsString;

const STARS: &[u8] = b"***";

/// A secret of fewer characters is not masked: it would blot out ordinary text, and show where it stands.
pub const SHORTEST: usize = 4;

/// What replaces secrets in one stream.
///
/// Only the values themselves are found: not their base64, nor an escaped form.
pub struct Mask {
    secrets: Vec<Vec<u8>>,
    /// Which bytes a secret can start with.
    starts: Box<[bool; 256]>,
    /// The end of what came in, which may be the beginning of a secret.
    held: Vec<u8>,
    /// How many bytes of `held` belong to a secret for which `***` has been written.
    covered: usize,
}

impl Mask {
    /// Masks the values. Each line of a value of many lines is a secret of its own, because it is by lines
    /// that keys and certificates are shown.
    pub fn new(values: &[OsString]) -> Self {
        let mut secrets: Vec<Vec<u8>> = Vec::new();
        for value in values {
            for line in value.as_encoded_bytes().split(|byte| *byte == b'\n') {
                let line = line.trim_ascii();
                if String::from_utf8_lossy(line).chars().count() >= SHORTEST {
                    secrets.push(line.to_vec());
                }
            }
        }
        let mut starts = Box::new([false; 256]);
        for secret in &secrets {
            starts[usize::from(secret[0])] = true;
        }
        Self { secrets, starts, held: Vec::new(), covered: 0 }
    }

    /// Whether there is nothing to mask.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Takes a chunk in, and gives out all that is known to be no part of a secret.
    pub fn take<'a>(&'a mut self, chunk: &'a [u8]) -> std::borrow::Cow<'a, [u8]> {
        if self.secrets.is_empty() {
            return chunk.into();
        }
        self.held.extend_from_slice(chunk);
        self.release(false).into()
    }

    /// The stream has ended: gives out the rest.
    pub fn finish(&mut self) -> Vec<u8> {
        self.release(true)
    }

    fn release(&mut self, is_all: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.held.len());
        let mut at = 0;
        while at < self.held.len() {
            let rest = &self.held[at..];
            if self.starts[usize::from(rest[0])] {
                let longest =
                    self.secrets.iter().filter(|secret| rest.starts_with(secret)).map(Vec::len).max();
                if let Some(longest) = longest {
                    // Secrets that overlap are one blot.
                    if at >= self.covered {
                        out.extend_from_slice(STARS);
                    }
                    self.covered = self.covered.max(at + longest);
                }
                let may_go_on = |secret: &Vec<u8>| secret.len() > rest.len() && secret.starts_with(rest);
                if !is_all && self.secrets.iter().any(may_go_on) {
                    break;
                }
            }
            if at >= self.covered {
                out.push(self.held[at]);
            }
            at += 1;
        }
        self.held.drain(..at);
        self.covered = self.covered.saturating_sub(at);
        out
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;

    fn masked<'a>(secrets: &[&str], chunks: impl IntoIterator<Item = &'a [u8]>) -> String {
        let values: Vec<OsString> = secrets.iter().map(OsString::from).collect();
        let mut mask = Mask::new(&values);
        let mut out = Vec::new();
        for chunk in chunks {
            out.extend_from_slice(&mask.take(chunk));
        }
        out.extend(mask.finish());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn secrets_are_masked_and_all_else_is_left() {
        let cases: [(&[&str], &str, &str); 8] = [
            (&["hunter2"], "the password is hunter2.", "the password is ***."),
            (&["hunter2"], "hunter hunter", "hunter hunter"),
            (&["abcd", "abcdef"], "abcdef abcd abcde", "*** *** ***e"),
            (&["abcd", "cdef"], "xabcdefx", "x***x"),
            (&["aaaa"], "aaaaa", "***"),
            (&["abc"], "abc", "abc"),
            (&["-----BEGIN-----\nMIIEow\n-----END-----\n"], "key: MIIEow\r\n", "key: ***\r\n"),
            (&[], "anything", "anything"),
        ];
        for (secrets, text, expected) in cases {
            assert_eq!(masked(secrets, [text.as_bytes()]), expected);
        }
    }

    #[test]
    fn what_cannot_be_a_secret_is_not_held_back() {
        let mut mask = Mask::new(&["hunter2".into()]);
        assert_eq!(&*mask.take(b"epoch 1\nhu"), b"epoch 1\n");
        assert_eq!(&*mask.take(b"ge"), b"huge");
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(
            secrets in prop::collection::vec("[ab]{4,7}", 1..4),
            text in "[abc]{0,60}",
            cuts in prop::collection::vec(0_usize..60, 0..8),
        ) {
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                chunks.push(&text.as_bytes()[from..cut]);
                from = cut;
            }
            let whole = masked(&secrets, [text.as_bytes()]);
            prop_assert_eq!(&masked(&secrets, chunks), &whole);
            for secret in secrets {
                prop_assert!(!whole.contains(secret), "{} in {}", secret, whole);
            }
        }
    }
}
