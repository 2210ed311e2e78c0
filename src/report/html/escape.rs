//! What comes from outside, made safe to stand in a page.

use std::fmt::{self, Write};

/// Writes text so that it is only ever text: in an element and in a quoted attribute alike, in HTML
/// and in XML alike.
///
/// Nothing is dropped: what cannot be seen, or would reorder its surroundings, is written out, such
/// as `␀` and `[U+202E]`.
pub(super) struct Escaper<'a>(pub &'a mut String);

impl Write for Escaper<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            '&' => self.0.write_str("&amp;"),
            '<' => self.0.write_str("&lt;"),
            '>' => self.0.write_str("&gt;"),
            '"' => self.0.write_str("&quot;"),
            '\'' => self.0.write_str("&#39;"),
            '\t' | '\n' => self.0.write_char(c),
            '\0'..='\x1f' => self.0.write_char(char::from_u32(0x2400 + u32::from(c)).unwrap_or('␦')),
            '\x7f' => self.0.write_char('␡'),
            _ if is_unseen(c) => write!(self.0, "[U+{:04X}]", u32::from(c)),
            _ => self.0.write_char(c),
        })
    }
}

/// Whether a character shows nothing itself and yet changes what its neighbours seem to be.
const fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'                            // C1 controls
        | '\u{61c}' | '\u{200e}' | '\u{200f}'          // marks of direction
        | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' // embeddings, overrides, isolates
        | '\u{200b}' | '\u{2060}' | '\u{feff}'         // spaces without width
        | '\u{2028}' | '\u{2029}'                      // separators of lines
        | '\u{fffe}' | '\u{ffff}'                      // no characters at all
        | '\u{e0000}'..='\u{e007f}' // tags
    )
}

/// At most `most` characters of a text, and how many were left out, so that one long name does not
/// take the page.
pub(super) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => {
            let left = text[end..].chars().count();
            format!("{}… ({left} more characters in run.json)", &text[..end])
        }
    }
}

/// The address, where it is one that a reader may safely follow: plain http or https to a named
/// host, without credentials that make one host look like another.
pub(super) fn safe_url(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = url.chars().all(|c| !c.is_control() && !c.is_whitespace() && !is_unseen(c) && c != '\\');
    (is_plain && !host.is_empty() && !host.contains('@') && url.len() <= 2048).then_some(url)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        Escaper(&mut out).write_str(text).unwrap();
        out
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(
            escaped("<script>\"a\" & 'b'</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;"
        );
        assert_eq!(escaped("a\tb\nc"), "a\tb\nc");
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(escaped("\0\x1b[31m\r\x7f"), "␀␛[31m␍␡");
        assert_eq!(escaped("a\u{202e}b\u{85}\u{ffff}"), "a[U+202E]b[U+0085][U+FFFF]");
        assert_eq!(escaped("ünïcödé 日本 🙂"), "ünïcödé 日本 🙂");
    }

    #[test]
    fn only_plain_web_addresses_are_links() {
        for good in ["https://github.com/a/b/actions/runs/1", "http://ci.local:8080/job?x=1#y"] {
            assert_eq!(safe_url(good), Some(good));
        }
        for bad in [
            "",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,<script>",
            "//evil.example",
            "/relative",
            "https://",
            "https:///x",
            "https://github.com@evil.example/",
            "https://a\u{202e}b",
            "https://a\\b",
            "https://a b",
            " https://a",
            "ftp://a",
        ] {
            assert_eq!(safe_url(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_clipped_text_says_how_much_is_missing() {
        assert_eq!(clip("äöü", 3), "äöü");
        assert_eq!(clip("äöüß", 3), "äöü… (1 more characters in run.json)");
    }
}
