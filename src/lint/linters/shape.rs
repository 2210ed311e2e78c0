//! The shapes that a line of a linter can have.

use super::json;
use crate::finding::Severity;

/// `path:line:column`, and what follows.
pub(super) struct Located<'a> {
    pub(super) path: &'a str,
    pub(super) line: u64,
    pub(super) column: Option<u64>,
    pub(super) rest: &'a str,
}

/// How much the letter of a code weighs for its linter.
pub(super) fn severity_of(tool: &str, id: &str) -> Severity {
    match (tool, id.as_bytes().first()) {
        ("pylint", Some(b'W')) | ("flake8" | "pycodestyle", Some(b'W')) => Severity::Warning,
        ("pylint", Some(b'C' | b'R' | b'I')) => Severity::Notice,
        _ => Severity::Error,
    }
}

/// Finds the first `:line:`, `:line:column:`, `:line:column:line:column:` or `:line:column -`.
pub(super) fn located(line: &str) -> Option<Located<'_>> {
    line.match_indices(':').find_map(|(colon, _)| {
        let (number, mut rest) = digits(&line[colon + 1..])?;
        let mut column = None;
        let mut count = 0;
        while let Some((next, after)) = rest.strip_prefix(':').and_then(digits) {
            count += 1;
            column = column.or(Some(next));
            rest = after;
            if count == 3 {
                break;
            }
        }
        let rest = match rest.strip_prefix(':') {
            Some(rest) => rest.strip_prefix(' ').unwrap_or(rest),
            None => rest.strip_prefix(' ').filter(|rest| rest.starts_with("- "))?,
        };
        (colon > 0).then_some(Located { path: &line[..colon], line: number, column, rest })
    })
}

fn digits(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..end].parse().ok()?;
    Some((number, &text[end..]))
}

/// `path:line:column` and nothing after it.
pub(super) fn place_of(place: &str) -> Option<(&str, u64, Option<u64>)> {
    let mut parts = place.trim().rsplitn(3, ':');
    let column = parts.next()?.parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((parts.next()?, line, Some(column)))
}

/// The heading of a finding in full: `F401 [*] message`, `invalid-syntax: message`, `error[code]: message`.
pub(super) fn heading_of(heading: &str) -> (Option<Severity>, &str, &str) {
    let (first, message) = heading.split_once(' ').unwrap_or((heading, ""));
    let message = message.strip_prefix("[*] ").unwrap_or(message);
    let word = first.trim_end_matches(':');
    if let Some((severity, code)) = word.strip_suffix(']').and_then(|word| word.split_once('[')) {
        return (json::severity(severity), code, message);
    }
    if is_code(word) || first.ends_with(':') {
        return (None, word, message);
    }
    (None, "", heading)
}

/// `E501`, `PLR0913`, `invalid-syntax`.
pub(super) fn is_code(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let numbers = text.len() - letters;
    let numbered = (1..=10).contains(&letters)
        && (1..=6).contains(&numbers)
        && text.bytes().skip(letters).all(|byte| byte.is_ascii_digit());
    numbered || text == "invalid-syntax"
}

/// `unused-import`.
pub(super) fn is_symbol(text: &str) -> bool {
    text.contains('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        || matches!(text, "fixme" | "reimported" | "unreachable")
}

/// The message and the code of `message  [code]`.
pub(super) fn mypy_code(message: &str) -> (&str, Option<&str>) {
    let parts = message.strip_suffix(']').and_then(|message| message.rsplit_once(" ["));
    match parts {
        Some((text, code))
            if !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_,".contains(&b)) =>
        {
            (text.trim_end(), Some(code))
        }
        _ => (message, None),
    }
}

/// The message and the rule of `message (rule)`.
pub(super) fn pyright_rule(message: &str) -> (&str, Option<&str>) {
    let parts = message.strip_suffix(')').and_then(|message| message.rsplit_once(" ("));
    parts
        .filter(|(_, rule)| rule.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .map_or((message, None), |(text, rule)| (text, Some(rule)))
}

/// The line without the escape sequences that colour it.
pub(super) fn without_colors(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after.find(|c: char| c.is_ascii_alphabetic()).map_or(after.len(), |end| end + 1);
        rest = &after[end..];
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_from_words() {
        for code in ["E501", "PLR0913", "W6", "invalid-syntax", "FURB105"] {
            assert!(is_code(code), "{code}");
        }
        for word in ["error", "E", "501", "E50x", "É501", "", "ABCDEFGHIJKL1", "E1234567"] {
            assert!(!is_code(word), "{word}");
        }
    }

    #[test]
    fn a_place_may_have_up_to_four_numbers() {
        let of = |line| located(line).map(|at| (at.path, at.line, at.column, at.rest));
        assert_eq!(of("a.py:1: x"), Some(("a.py", 1, None, "x")));
        assert_eq!(of("a.py:1:2: x"), Some(("a.py", 1, Some(2), "x")));
        assert_eq!(of("a.py:1:2:3:4: x"), Some(("a.py", 1, Some(2), "x")));
        assert_eq!(of("a.py:1:2 - error: x"), Some(("a.py", 1, Some(2), "- error: x")));
        assert_eq!(of("C:/a.py:1:2: x"), Some(("C:/a.py", 1, Some(2), "x")));
        assert_eq!(of("a.py:99999999999999999999: x"), None);
        assert_eq!(of(":1: x"), None);
    }
}
