//! Untrusted text made fit to be shown, and fitted into columns.
//!
//! Every renderer takes text that it did not write through [`clean`] before its format's own escaping.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text as one line in which nothing is hidden.
///
/// Terminal escape sequences go away, line breaks and tabs become a space, and what would be invisible
/// or turn the reading direction is spelled out: `\u{202e}`.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_control_sequence(&mut chars),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => shown.push(' '),
            _ if is_hidden(c) => shown.extend(c.escape_unicode()),
            _ => shown.push(c),
        }
    }
    shown
}

/// The cleaned text, cut to at most `limit` characters.
#[must_use]
pub fn clipped(text: &str, limit: usize) -> String {
    // An escape sequence can hide any number of characters, so what is cut is the cleaned text; but no
    // more is cleaned than could be wanted of a line that somebody reads.
    let end = text.char_indices().nth(limit.saturating_mul(8)).map_or(text.len(), |(end, _)| end);
    let shown = clean(&text[..end]);
    match shown.char_indices().nth(limit) {
        None if end == text.len() => shown,
        None => format!("{shown}…"),
        Some(_) => shown.chars().take(limit.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// ESC has been read: skips what belongs to it.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars>) {
    match chars.next_if(|c| ('\u{20}'..'\u{7f}').contains(c)) {
        Some('[') => skip_control_sequence(chars),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(chars),
        Some(' '..='/') => {
            chars.next_if(|c| ('0'..='~').contains(c));
        }
        _ => {}
    }
}

fn skip_control_sequence(chars: &mut std::iter::Peekable<std::str::Chars>) {
    while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
    chars.next_if(|c| ('@'..='~').contains(c));
}

/// Skips to the end of a title or a link; one that never ends stops at the end of its line.
fn skip_string(chars: &mut std::iter::Peekable<std::str::Chars>) {
    while let Some(c) = chars.next_if(|c| !matches!(c, '\n' | '\r')) {
        match c {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

/// Whether the character cannot be seen, or changes how its neighbours are seen. The joiners
/// U+200C and U+200D stay: Persian and emoji need them.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e007f}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// How many columns a terminal gives to the text.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// The most columns that the character can take, whatever stands before it: a variation selector
/// can widen the character that it follows.
fn widest(c: char) -> usize {
    match c {
        '\u{fe00}'..='\u{fe0f}' => 1,
        _ => c.width().unwrap_or(0),
    }
}

/// As many characters from the start as fit, and the rest.
pub fn split(text: &str, columns: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += widest(c);
        if used > columns {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// The text within so many columns; what does not fit is cut at the end, visibly.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    match split(text, columns) {
        (_, "") => text.to_owned(),
        _ => format!("{}…", split(text, columns.saturating_sub(1)).0),
    }
}

/// The text within so many columns; what does not fit is cut in the middle, because names tend to
/// differ at their ends.
#[must_use]
pub fn cut_middle(text: &str, columns: usize) -> String {
    if split(text, columns).1.is_empty() {
        return text.to_owned();
    }
    let head = split(text, columns.saturating_sub(1).div_ceil(2)).0;
    let mut room = columns.saturating_sub(1) / 2;
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        match room.checked_sub(widest(c)) {
            Some(left) => (room, start) = (left, at),
            None => break,
        }
    }
    format!("{head}…{}", &text[start..])
}

/// The text filled up with spaces on the right.
#[must_use]
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text filled up with spaces on the left.
#[must_use]
pub fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text in lines of so many columns, broken at spaces where there are any; at most `most` lines,
/// the last one visibly cut.
#[must_use]
pub fn wrap(text: &str, columns: usize, most: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word;
        let gap = usize::from(used > 0);
        if used > 0 && used + gap + width(word) > columns {
            lines.push(String::new());
            used = 0;
        } else if gap == 1 {
            push(&mut lines, " ");
            used += 1;
        }
        while !split(word, columns - used).1.is_empty() && lines.len() <= most {
            let (head, rest) = split(word, columns - used);
            push(&mut lines, head);
            lines.push(String::new());
            (word, used) = (rest, 0);
        }
        push(&mut lines, word);
        used += word.chars().map(widest).sum::<usize>();
        if lines.len() > most {
            break;
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last} …"), columns);
        }
    }
    lines
}

fn push(lines: &mut [String], text: &str) {
    if let Some(last) = lines.last_mut() {
        last.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_stays_hidden() {
        let cases = [
            ("plain «text» 日本 👩‍👧", "plain «text» 日本 👩‍👧"),
            ("a\r\nb\nc\td", "a b c d"),
            ("\u{1b}[1;31mred\u{1b}[0m \u{9b}2Jx", "red x"),
            ("\u{1b}]8;;http://evil\u{7}link\u{1b}]8;;\u{1b}\\.", "link."),
            ("\u{1b}]0;never ends\nnext", " next"),
            ("\u{1b}(Bx\u{1b}cy\u{1b}", "xy"),
            ("txt\u{202e}exe", "txt\\u{202e}exe"),
            ("nul\0 del\u{7f} \u{ffff}", "nul\\u{0} del\\u{7f} \\u{ffff}"),
        ];
        for (input, expected) in cases {
            assert_eq!(clean(input), expected, "{input:?}");
        }
    }

    #[test]
    fn long_text_is_cut_where_it_can_be_seen() {
        assert_eq!(clipped("abcdef", 6), "abcdef");
        assert_eq!(clipped("abcdefg", 6), "abcde…");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("漢字漢字", 6), "漢字…");
        assert_eq!(cut_middle("latency_p95_ms", 9), "late…5_ms");
        assert_eq!(cut_middle("abc", 3), "abc");
        assert_eq!(wrap("the quick brown fox", 10, 9), ["the quick", "brown fox"]);
        assert_eq!(wrap("abcdefghij k", 4, 2), ["abcd", "efg…"]);
        assert_eq!(wrap("", 10, 3), [""]);
    }

    proptest! {
        #[test]
        fn what_is_fitted_fits(text in "\\PC*|.*", columns in 2_usize..60, most in 1_usize..5) {
            let text = clean(&text);
            prop_assert!(width(&cut(&text, columns)) <= columns);
            prop_assert!(width(&cut_middle(&text, columns)) <= columns);
            let lines = wrap(&text, columns, most);
            prop_assert!(lines.len() <= most);
            for line in lines {
                prop_assert!(width(&line) <= columns, "{line:?}");
            }
        }

        #[test]
        fn cleaned_text_is_one_visible_line(text in any::<String>()) {
            let shown = clean(&text);
            prop_assert!(!shown.chars().any(is_hidden));
            prop_assert_eq!(clean(&shown), shown);
        }
    }
}
