//! Lines within a width.

use anstyle::Style;

use super::{BOLD, Look};
use crate::report::text::{cut, width, wrap};

/// A page in the making. Text that it is given has been cleaned.
pub struct Page {
    width: usize,
    color: bool,
    out: String,
}

impl Page {
    /// An empty page.
    pub fn new(look: Look) -> Self {
        let width = match look.width {
            0 => 80,
            width => width.max(40),
        };
        Self { width, color: look.color, out: String::new() }
    }

    /// How many columns a line has.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// The text in the style, where there are colours.
    pub fn paint(&self, style: Style, text: &str) -> String {
        match self.color && style != Style::new() && !text.is_empty() {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }

    /// One line, which is known to fit.
    pub fn line(&mut self, line: &str) {
        // A CI system takes a line that begins with two colons, or has two number signs and a bracket,
        // as a command to itself. A space of no width makes it text, and leaves it to look the same.
        let line = line.trim_end();
        let start = line.len() - line.trim_start().len();
        if line[start..].starts_with("::") {
            self.out.push_str(&line[..start]);
            self.out.push('\u{200b}');
            self.out.push_str(&line[start..].replace("##", "#\u{200b}#"));
        } else {
            self.out.push_str(&line.replace("##", "#\u{200b}#"));
        }
        self.out.push('\n');
    }

    /// An empty line and the title of what follows.
    pub fn heading(&mut self, title: &str) {
        self.out.push('\n');
        for line in wrap(title, self.width, 3) {
            let line = self.paint(BOLD, &line);
            self.line(&line);
        }
    }

    /// A mark and a text that goes on below itself, in at most `most` lines.
    pub fn text(&mut self, mark: &str, mark_style: Style, text: &str, style: Style, most: usize) {
        let indent = width(mark);
        for (at, line) in wrap(text, self.width - indent, most).iter().enumerate() {
            let mark = if at == 0 { self.paint(mark_style, mark) } else { " ".repeat(indent) };
            let line = format!("{mark}{}", self.paint(style, line));
            self.line(&line);
        }
    }

    /// A painted line of `used` columns, and a text in the columns that are left, which goes on below itself.
    pub fn beside(&mut self, line: &str, used: usize, text: &str) {
        for (at, text) in wrap(text, self.width.saturating_sub(used + 2), 5).iter().enumerate() {
            let line = if at == 0 { line.to_owned() } else { " ".repeat(used) };
            self.line(&format!("{line}  {text}"));
        }
    }

    /// A mark, aligned facts, and a reason on the same line; below, where little of it would be seen.
    pub fn entry(&mut self, mark: &str, style: Style, facts: &str, why: &str) {
        let used = width(mark) + width(facts) + 2;
        let shown = self.paint(style, mark);
        if used + 24 <= self.width || used + width(why) <= self.width {
            let line = format!("{shown}{facts}  {}", cut(why, self.width - used));
            self.line(&line);
        } else {
            self.line(&format!("{shown}{facts}"));
            self.text("    ", Style::new(), why, Style::new(), 2);
        }
    }

    /// A line of a command's output, with its spaces; one too long goes on in the next.
    pub fn verbatim(&mut self, bar: &str, line: &str) {
        let columns = self.width - width(bar);
        let bar = self.paint(super::DIM, bar);
        let mut rest = line;
        for _ in 0..4 {
            let (head, tail) = crate::report::text::split(rest, columns);
            self.line(&format!("{bar}{head}"));
            rest = tail;
            if rest.is_empty() {
                return;
            }
        }
        self.line(&format!("{bar}…"));
    }

    /// All lines.
    pub fn finish(self) -> String {
        self.out
    }
}
