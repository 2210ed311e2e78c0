//! `.dockerignore`, with Docker's exact meaning.
//!
//! It is not that of a `.gitignore`: patterns begin at the context's root (`foo` is not `sub/foo`), the last one
//! that matches decides, and what is below a folder follows the folder.

mod expression;
mod pattern;

use crate::finding::Finding;
use pattern::Pattern;
pub(super) use pattern::clean;

/// What Docker can read of a line, with the line's end.
const LONGEST_LINE: usize = 64 * 1024;

/// The patterns of a `.dockerignore`, or those that an engine asks for.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

/// Which patterns match a folder: what is below it needs to know. Empty for the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Above(Vec<bool>);

impl Ignore {
    /// Reads a `.dockerignore`; `shown` is how findings call it.
    ///
    /// # Errors
    /// It is not UTF-8, a line is no pattern, a lone `!`: a finding each.
    pub fn parse(text: &[u8], shown: &str) -> Result<Self, Vec<Finding>> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let (mut patterns, mut findings) = (Vec::new(), Vec::new());
        for (line, number) in text.split(|byte| *byte == b'\n').zip(1..) {
            match read_line(line) {
                Ok(pattern) => patterns.extend(pattern),
                Err((message, help)) => {
                    let finding =
                        Finding::error("image-ignore", message).at_path(shown).at_line(number, None);
                    findings.push(finding.help(help));
                }
            }
        }
        if findings.is_empty() { Ok(Self { patterns }) } else { Err(findings) }
    }

    /// Patterns as an engine sends them, `!` before an exception.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn of_patterns(patterns: &[String]) -> Result<Self, String> {
        let new = |text: &String| Pattern::new(text).map_err(|wrong| format!("«{text}»: {wrong}"));
        let patterns: Vec<Option<Pattern>> = patterns.iter().map(new).collect::<Result<_, _>>()?;
        Ok(Self { patterns: patterns.into_iter().flatten().collect() })
    }

    /// The patterns as an engine sends them: cleaned, `!` before an exception.
    #[must_use]
    pub fn patterns(&self) -> Vec<String> {
        self.patterns.iter().map(Pattern::written).collect()
    }

    /// Whether there is no pattern, so that nothing matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Whether a path is ignored, itself or through a folder above it. Relative, with forward slashes, clean.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let mut above = Above::default();
        for (at, _) in path.match_indices('/') {
            above = self.below(&path[..at], &above).1;
        }
        self.decide(path, &above)
    }

    /// The same patterns, and one more that keeps this path if they ignore it.
    #[must_use]
    pub fn keeping(mut self, path: &str) -> Self {
        if self.matches(path) {
            self.patterns.push(Pattern::keeping(path));
        }
        self
    }

    /// Whether a path is ignored, given what is known of the folder above it.
    pub(super) fn decide(&self, path: &str, above: &Above) -> bool {
        self.each(path, above, |_| {})
    }

    /// The same of a folder, and what is then known below it.
    pub(super) fn below(&self, folder: &str, above: &Above) -> (bool, Above) {
        let mut matched = Vec::with_capacity(self.patterns.len());
        let is_ignored = self.each(folder, above, |matches| matched.push(matches));
        (is_ignored, Above(matched))
    }

    fn each(&self, path: &str, above: &Above, mut note: impl FnMut(bool)) -> bool {
        let mut is_ignored = false;
        for (number, pattern) in self.patterns.iter().enumerate() {
            let is_inherited = above.0.get(number).copied().unwrap_or(false);
            // A pattern that could change nothing here is not asked, and does not count below: Docker's way too.
            let matches = is_inherited || (pattern.is_exception == is_ignored && pattern.matches(path));
            if matches {
                is_ignored = !pattern.is_exception;
            }
            note(matches);
        }
        is_ignored
    }

    /// Whether something below an ignored folder can belong to the context all the same.
    pub(super) fn can_except_below(&self, folder: &str) -> bool {
        let mut exceptions = self.patterns.iter().filter(|pattern| pattern.is_exception).peekable();
        exceptions.peek().is_some() && {
            let all: Option<Vec<&str>> = exceptions.map(Pattern::stem).collect();
            all.is_none_or(|stems| stems.iter().any(|stem| leads_to(folder, stem)))
        }
    }

    /// Whether something below a folder that does not match itself can match, by patterns that are none of
    /// exceptions.
    pub(super) fn can_match_below(&self, folder: &str) -> bool {
        let all: Option<Vec<&str>> =
            self.patterns.iter().filter(|pattern| !pattern.is_exception).map(Pattern::stem).collect();
        all.is_none_or(|stems| stems.iter().any(|stem| leads_to(folder, stem)))
    }
}

/// Whether a name matches a pattern for one name; not, when it is none.
pub(super) fn matches_name(pattern: &str, name: &str) -> bool {
    matches!(Pattern::new(pattern), Ok(Some(pattern)) if !pattern.is_exception && pattern.matches(name))
}

/// Whether `stem` is the folder or below it.
fn leads_to(folder: &str, stem: &str) -> bool {
    stem.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The pattern of a line, or what is wrong with it and the remedy.
fn read_line(line: &[u8]) -> Result<Option<Pattern>, (String, &'static str)> {
    let saved = "save the file as UTF-8";
    if line.len() >= LONGEST_LINE {
        return Err(("the line is longer than Docker can read".into(), "no path is longer than 4096 bytes"));
    }
    if line.starts_with(b"#") {
        return Ok(None);
    }
    let line = std::str::from_utf8(line).map_err(|_| ("the line is not UTF-8".to_owned(), saved))?.trim();
    if line.is_empty() {
        return Ok(None);
    }
    let (mark, pattern) = match line.strip_prefix('!') {
        Some(pattern) => ("!", pattern.trim()),
        None => ("", line),
    };
    let cleaned = if pattern.is_empty() { String::new() } else { clean(pattern) };
    let rooted = cleaned.strip_prefix('/').filter(|rest| !rest.is_empty()).unwrap_or(&cleaned);
    Pattern::new(&format!("{mark}{rooted}")).map_err(|wrong| {
        let help =
            "Docker would refuse it too; docs.docker.com/build/concepts/context lists what a pattern can be";
        (format!("«{line}» is no pattern: {wrong}"), help)
    })
}

#[cfg(test)]
mod tests;
