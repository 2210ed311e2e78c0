//! A mistake in modelgate.yml, and how it is shown.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthChar;

use crate::document::{Place, deceives};
use crate::store::without_secrets;

/// More problems than anybody reads at once.
pub(super) const MOST_SHOWN: usize = 100;

/// A mistake in modelgate.yml, or in another file of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The dotted key, such as `gate.rules.f1.min`; empty for the file as a whole.
    pub key: String,
    /// Where in the file, as far as it is known.
    pub place: Option<Place>,
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line of the file at `place`; none where there is no place, or the line is too long to show.
    pub line: Option<String>,
}

impl Problem {
    pub(crate) fn new(
        key: impl Into<String>,
        place: Option<Place>,
        message: String,
        help: Option<String>,
    ) -> Self {
        Self { key: key.into(), place, message, help, line: None }
    }

    /// The same problem with the line of `text` that it is about.
    pub(crate) fn with_line(mut self, text: &str) -> Self {
        const LONGEST: usize = 400;
        let line = self.place.and_then(|place| text.lines().nth(place.line.saturating_sub(1) as usize));
        self.line = line.filter(|line| line.len() <= LONGEST).map(without_secrets);
        self
    }
}

/// Shows problems as compilers do: what, where, the line itself, and what to do. `file` is what the
/// reader calls the file.
#[must_use]
pub fn render(problems: &[Problem], file: &str, color: bool) -> String {
    let paint = Paint { color };
    let shown: Vec<String> = problems.iter().map(|problem| show(problem, file, paint)).collect();
    shown.join("\n")
}

#[derive(Clone, Copy)]
struct Paint {
    color: bool,
}

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn error(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    fn frame(self, text: &str) -> String {
        self.with(AnsiColor::Blue.on_default().bold(), text)
    }

    fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }
}

fn show(problem: &Problem, file: &str, paint: Paint) -> String {
    let Problem { key, place, message, help, line } = problem;
    let named = |before, after| message.contains(&format!("{before}{key}{after}"));
    let said = key.is_empty() || named("«", "»") || named("`", "`") || named("`", ".");
    let about = if said { message.clone() } else { format!("{message} ({key})") };
    let mut out = format!("{}{}\n", paint.error("error"), paint.bold(&format!(": {about}")));
    let at = place.map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
    let _ = writeln!(out, "  {} {file}{at}", paint.frame("-->"));
    if let (Some(place), Some(line)) = (place, line) {
        excerpt(&mut out, *place, line, paint);
    }
    if let Some(help) = help {
        let _ = writeln!(out, "  {} {help}", paint.bold("help:"));
    }
    out
}

fn excerpt(out: &mut String, place: Place, line: &str, paint: Paint) {
    let number = place.line.to_string();
    let margin = " ".repeat(number.len());
    let start = place.column.saturating_sub(1) as usize;
    let before: String = line.chars().take(start).map(visible).collect();
    let token: String = token(line, start).chars().map(visible).collect();
    let all: String = line.trim_end().chars().map(visible).collect();
    let bar = paint.frame("|");
    let indent = " ".repeat(width(&before));
    let carets = paint.error(&"^".repeat(width(&token).max(1)));
    let _ = writeln!(out, "{margin} {bar}");
    let _ = writeln!(out, "{} {bar} {all}", paint.frame(&number));
    let _ = writeln!(out, "{margin} {bar} {indent}{carets}");
}

/// A character of the file as one that neither moves the cursor nor hides.
fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        c if deceives(c) => '\u{fffd}',
        c => c,
    }
}

fn width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// What begins at the character `start`: a quoted text, a bracket, a key, or a value.
fn token(line: &str, start: usize) -> &str {
    let rest = line.char_indices().nth(start).map_or("", |(at, _)| &line[at..]);
    let first = rest.chars().next();
    let end = match first {
        Some(quote @ ('"' | '\'')) => rest[1..].find(quote).map(|at| at + 2),
        Some('[' | '{') => Some(1),
        _ => [": ", ", ", "]", "}", " #"].iter().filter_map(|mark| rest.find(mark)).min(),
    };
    let token = &rest[..end.unwrap_or(rest.len())];
    let token = token.trim_end();
    token.strip_suffix([':', ',']).unwrap_or(token)
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn what_is_marked_is_a_whole_key_or_value() {
        assert_eq!(token("train:", 0), "train");
        assert_eq!(token("  a: b c # d", 5), "b c");
        assert_eq!(token("x: { a: b, c: d }", 5), "a");
        assert_eq!(token("x: { a: b, c: d }", 8), "b");
        assert_eq!(token("x: [a, b]", 7), "b");
        assert_eq!(token("x: [a, b]", 3), "[");
        assert_eq!(token("x: \"a: b\" # c", 3), "\"a: b\"");
        assert_eq!(token("ä: \"a", 3), "\"a");
        assert_eq!(token("x", 7), "");
    }
}
