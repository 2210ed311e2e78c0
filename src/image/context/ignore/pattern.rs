//! One pattern of a `.dockerignore`.
//!
//! Docker checks a pattern as a Go `filepath` glob, then turns it into a regular expression, and some of what
//! a class holds gets another meaning on that way (`[a*]` is one). Whoever wants Docker's exact meaning has to go
//! the same way, so [`Pattern::new`] does: glob, expression, and from that a small machine.

use super::expression::Expression;

/// A pattern that can be matched against paths.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Without its `!`, cleaned.
    text: String,
    /// Whether it began with `!`: what it matches is not ignored.
    pub is_exception: bool,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    /// The path is the text.
    Exact,
    /// `text**`: the path begins with the text before the `**`.
    Prefix(usize),
    /// `**text` or `**/text`: the path ends with what follows the `**`.
    Suffix,
    Expression(Expression),
}

impl Pattern {
    /// A pattern as Docker's matcher takes it: trimmed, `!` for an exception, not yet cleaned. None for a blank.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment.
    pub fn new(written: &str) -> Result<Option<Self>, String> {
        let written = written.trim();
        if written.is_empty() {
            return Ok(None);
        }
        // With the `!`, which is therefore a part of the first name: `!/` is a lone `!`.
        let cleaned = clean(written);
        let (text, is_exception) = match cleaned.strip_prefix('!') {
            Some("") => return Err("a «!» needs a pattern after it".into()),
            Some(rest) => (rest.to_owned(), true),
            None => (cleaned, false),
        };
        check(&text)?;
        let test = test(&text)?;
        Ok(Some(Self { text, is_exception, test }))
    }

    /// As it would be written.
    pub fn written(&self) -> String {
        format!("{}{}", if self.is_exception { "!" } else { "" }, self.text)
    }

    /// The exception for one path, whatever marks are in it.
    pub fn keeping(path: &str) -> Self {
        Self { text: path.to_owned(), is_exception: true, test: Test::Exact }
    }

    /// Whether it matches the path itself, not one of the folders above it.
    pub fn matches(&self, path: &str) -> bool {
        match &self.test {
            Test::Exact => path == self.text,
            Test::Prefix(length) => path.as_bytes().starts_with(&self.text.as_bytes()[..*length]),
            Test::Suffix => {
                let suffix = &self.text[2..];
                path.ends_with(suffix) || suffix.strip_prefix('/').is_some_and(|name| name == path)
            }
            Test::Expression(expression) => expression.matches(path),
        }
    }

    /// The text without a last `/**` or `/*`, when no other mark is in it: only below that path, or on the way to
    /// it, can it match anything.
    pub fn stem(&self) -> Option<&str> {
        let stem = self.text.strip_suffix("/**").unwrap_or(&self.text);
        let stem = stem.strip_suffix("/*").unwrap_or(stem);
        (!stem.contains(['*', '[', ']', '?', '^', '\\'])).then_some(stem)
    }
}

/// How the pattern is matched. Follows Docker's way through the text: what it has seen so far decides.
fn test(text: &str) -> Result<Test, String> {
    let mut expression = String::from("^");
    let mut kind = Test::Exact;
    let is_expression = || Test::Expression(Expression::default());
    let mut rest = text.chars().peekable();
    let mut is_first = true;
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                if rest.peek().is_some() {
                    expression.push_str("(.*/)?");
                    kind = is_expression();
                } else if matches!(kind, Test::Exact) {
                    kind = Test::Prefix(text.len() - 2);
                } else {
                    expression.push_str(".*");
                    kind = is_expression();
                }
                if is_first {
                    kind = Test::Suffix;
                }
            }
            '*' => {
                expression.push_str("[^/]*");
                kind = is_expression();
            }
            '?' => {
                expression.push_str("[^/]");
                kind = is_expression();
            }
            // Not `|`, `{` and `}`: Docker means to, and does not.
            '.' | '+' | '(' | ')' | '$' => expression.extend(['\\', c]),
            '\\' => {
                expression.push('\\');
                expression.extend(rest.next());
                kind = is_expression();
            }
            '[' | ']' => {
                expression.push(c);
                kind = is_expression();
            }
            _ => expression.push(c),
        }
        is_first = false;
    }
    if let Test::Expression(_) = kind {
        kind = Test::Expression(Expression::new(&expression)?);
    }
    Ok(kind)
}

/// Go's `filepath.Clean` for a path with forward slashes.
pub fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut names: Vec<&str> = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => {
                names.pop();
            }
            ".." if is_rooted => {}
            name => names.push(name),
        }
    }
    let joined = names.join("/");
    match (is_rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

/// Whether Go's `filepath.Match` accepts it when it is asked about `.`, which is how Docker checks a pattern.
///
/// It reads no further than to the first piece between stars that does not match, so a `[-a]` behind one is let
/// through; the expression then decides.
fn check(text: &str) -> Result<(), String> {
    let mut rest = text;
    let mut has_dot = true;
    while !rest.is_empty() {
        let piece = rest.trim_start_matches('*');
        let is_star = piece.len() < rest.len();
        let (piece, after) = piece.split_at(piece_end(piece));
        rest = after;
        if is_star && piece.is_empty() {
            return Ok(());
        }
        let left = match check_piece(piece, has_dot)? {
            Some(left) if !left || !rest.is_empty() => Some(left),
            // The star takes the dot.
            _ if is_star && has_dot => check_piece(piece, false)?,
            _ => None,
        };
        let Some(left) = left else { return Ok(()) };
        has_dot = left;
    }
    Ok(())
}

/// Where a piece ends: at the next star that is in no class.
fn piece_end(piece: &str) -> usize {
    let (mut is_escaped, mut is_class) = (false, false);
    for (at, c) in piece.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => is_class = true,
            ']' => is_class = false,
            '*' if !is_class => return at,
            _ => {}
        }
    }
    piece.len()
}

/// Whether a piece matches the beginning of `.`, or of nothing, and if so whether the dot is left.
fn check_piece(piece: &str, mut has_dot: bool) -> Result<Option<bool>, String> {
    let mut rest = piece;
    let mut matches = true;
    while let Some(mut c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        matches &= has_dot;
        let is_dot = match c {
            '?' => true,
            '[' => check_class(&mut rest)?,
            _ => {
                if c == '\\' {
                    c = rest.chars().next().ok_or("nothing follows the last «\\»")?;
                    rest = &rest[c.len_utf8()..];
                }
                c == '.'
            }
        };
        matches &= is_dot;
        has_dot = false;
    }
    Ok(matches.then_some(has_dot))
}

/// Takes a class after its `[`: whether a dot is in it.
fn check_class(rest: &mut &str) -> Result<bool, String> {
    let is_negated = rest.starts_with('^');
    *rest = rest.strip_prefix('^').unwrap_or(rest);
    let (mut has_dot, mut is_empty) = (false, true);
    loop {
        if let Some(after) = rest.strip_prefix(']')
            && !is_empty
        {
            *rest = after;
            return Ok(has_dot != is_negated);
        }
        let low = check_character(rest)?;
        let mut high = low;
        if let Some(after) = rest.strip_prefix('-') {
            *rest = after;
            high = check_character(rest)?;
        }
        has_dot |= low <= '.' && '.' <= high;
        is_empty = false;
    }
}

/// Takes a character of a class.
fn check_character(rest: &mut &str) -> Result<char, String> {
    let unclosed = "a «[» has no «]»";
    let mut left = rest.chars();
    let mut c = left.next().ok_or(unclosed)?;
    match c {
        ']' => return Err("a «[…]» is empty, or a range in it has no end".into()),
        '-' => return Err("a range in «[…]» has no beginning: write «\\-» for a «-»".into()),
        '\\' => c = left.next().ok_or(unclosed)?,
        _ => {}
    }
    *rest = left.as_str();
    if rest.is_empty() { Err(unclosed.into()) } else { Ok(c) }
}
