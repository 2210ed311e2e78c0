//! Untrusted text as Markdown that means nothing but itself.

use super::section::Section;
use crate::report::text::{clean, clipped};

/// A space of no width. It keeps the forges from making a mention, a reference or a link of what they
/// find in the rendered text, where no escape of Markdown reaches.
const BREAK: char = '\u{200b}';

/// Prose, with all that Markdown, HTML, GitHub or GitLab would give a meaning taken out of it.
pub fn sentence(text: &str, limit: usize) -> String {
    let text = clipped(text.trim(), limit);
    let mut shown = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    let mut chars = text.trim().chars().peekable();
    // Where a line begins, a few characters more make a heading, a list or a rule.
    if let Some(c) = chars.next_if(|c| matches!(c, '-' | '+' | '=')) {
        shown.extend(['\\', c]);
    }
    while let Some(c) = chars.next_if(|c| c.is_ascii_digit() || matches!(c, '.' | ')')) {
        let lists = !c.is_ascii_digit() && chars.peek().is_none_or(|next| next.is_whitespace());
        shown.extend(lists.then_some('\\'));
        shown.push(c);
    }
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let names = next.is_alphanumeric() || matches!(next, '_' | '"' | '/');
        match c {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            // GitHub reads mathematics between two of them, escaped or not.
            '$' => shown.push_str("<span>$</span>"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' => shown.extend(['\\', c]),
            // Mentions and references of both forges: @user #1 !1 ~label %1. Links begin with «://» or «www.».
            '@' | '#' | '!' | '~' | '%' if names => shown.extend(['\\', c, BREAK]),
            '#' | '!' | '~' => shown.extend(['\\', c]),
            ':' if next == '/' => shown.extend(['\\', c, BREAK]),
            '.' if matches!(before, 'w' | 'W') => shown.extend([BREAK, c]),
            // GH-1 is a reference too.
            '-' if matches!(before, 'h' | 'H') && next.is_ascii_digit() => shown.extend([c, BREAK]),
            _ => shown.push(c),
        }
        before = c;
    }
    shown
}

/// A name, a value or a path as code, which neither forge looks into. Empty text is empty.
pub fn code(text: &str, limit: usize) -> String {
    let text = clipped(text, limit);
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    // A table looks for its bars even in code, and takes the backslash in front of a bar away.
    let text = text.replace("\\|", &format!("\\{BREAK}|")).replace('|', "\\|");
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Lines in a fence that is longer than any run of backticks within.
pub fn fenced(lines: &[String]) -> Section {
    let lines: Vec<String> = lines.iter().map(|line| clipped(&line.replace('\t', "    "), 500)).collect();
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    Section::fence(format!("{fence}text\n"), lines, format!("{fence}\n"))
}

/// The address, if it is one of the web and has nothing in it that could end it early.
pub fn link(url: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&+,;=%".contains(c);
    let web = url.starts_with("https://") || url.starts_with("http://");
    (web && url.len() <= 2000 && url.chars().all(plain) && clean(url) == url).then(|| url.to_owned())
}
