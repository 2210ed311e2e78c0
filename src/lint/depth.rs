//! How deep Python source is nested: an upper bound, so that nothing recursive is let loose on a tree that
//! would overflow the stack.

use ruff_python_ast::token::{Token, TokenKind};
use ruff_text_size::Ranged;

/// Every Python since 3.8 refuses more brackets within each other.
const MAX_BRACKETS: usize = 200;
/// Every Python refuses more levels of indentation.
const MAX_INDENTS: usize = 100;
/// What the checks that walk the tree can bear; far more than anybody writes.
pub(super) const MAX_LEVELS: usize = 1_500;
/// A file below this size cannot make the parser's own stack a burden.
const SMALL: usize = 256 * 1024;
/// So many brackets cost the parser some hundred megabytes of stack.
const MAX_UNPARSED_BRACKETS: usize = 50_000;

/// What is nested too deeply, and the byte offset where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooDeep {
    /// More brackets than Python takes.
    Brackets(usize),
    /// More indentation than Python takes.
    Indents(usize),
    /// More operators, calls and the like than can be followed here; Python may take them.
    Levels(usize),
}

/// Whether a text is so deep that it should not even be parsed: one quick look at large files.
pub(super) fn hopeless(text: &str) -> bool {
    let mut depth = 0_usize;
    text.len() > SMALL
        && text.bytes().any(|byte| {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > MAX_UNPARSED_BRACKETS
        })
}

/// Looks at the tokens of a file; none when a walk over its tree is safe.
pub(super) fn too_deep(tokens: &[Token]) -> Option<TooDeep> {
    let mut depth = Depth::default();
    tokens.iter().find_map(|token| depth.take(token.kind(), token.start().to_usize()))
}

/// The levels that are open: one count for each bracket, and those that no comma closes.
#[derive(Default)]
struct Depth {
    /// Operators and calls since the last comma, for each open bracket outside the innermost.
    outer: Vec<usize>,
    /// The same within the innermost bracket.
    chain: usize,
    /// All counts together.
    levels: usize,
    /// Lambdas of the logical line: their commas close nothing.
    lambdas: usize,
    /// Open blocks.
    indents: usize,
}

impl Depth {
    fn take(&mut self, kind: TokenKind, at: usize) -> Option<TooDeep> {
        match kind {
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => {
                // `f(1)(2)(3)` nests as deep as it is long.
                self.link();
                self.outer.push(self.chain);
                self.chain = 0;
                if self.outer.len() > MAX_BRACKETS {
                    return Some(TooDeep::Brackets(at));
                }
            }
            TokenKind::Rpar
            | TokenKind::Rsqb
            | TokenKind::Rbrace
            | TokenKind::FStringEnd
            | TokenKind::TStringEnd => {
                self.levels -= self.chain;
                // A bracket too many closes nothing.
                self.chain = self.outer.pop().unwrap_or(0);
            }
            TokenKind::Comma => self.unlink(),
            TokenKind::Newline | TokenKind::Semi => {
                self.unlink();
                if self.outer.is_empty() {
                    self.lambdas = 0;
                }
            }
            TokenKind::Indent => {
                self.indents += 1;
                if self.indents >= MAX_INDENTS {
                    return Some(TooDeep::Indents(at));
                }
            }
            TokenKind::Dedent => self.indents = self.indents.saturating_sub(1),
            TokenKind::Lambda | TokenKind::Async => self.lambdas += 1,
            TokenKind::Dot
            | TokenKind::Await
            | TokenKind::Not
            | TokenKind::Yield
            | TokenKind::If
            | TokenKind::Else => {
                self.link();
            }
            // A colon nests only where it makes no sense; there the parser's recovery may nest.
            kind if kind.is_operator() || kind == TokenKind::Colon => self.link(),
            // Most tokens; the sum below is as it was.
            _ => return None,
        }
        let all = self.levels + self.lambdas + self.outer.len();
        (all > MAX_LEVELS).then_some(TooDeep::Levels(at))
    }

    fn link(&mut self) {
        self.chain += 1;
        self.levels += 1;
    }

    fn unlink(&mut self) {
        self.levels -= self.chain;
        self.chain = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

    fn of(text: &str) -> Option<TooDeep> {
        let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
        let deep = too_deep(parsed.tokens());
        // Dropping a deep tree recurses as well.
        std::mem::forget(parsed);
        deep
    }

    #[test]
    fn what_people_write_is_not_deep() {
        let table =
            "x = [".to_owned() + &"-1.5, {'a': f(b.c.d(1)[2]), 'b': lambda x: -x}, ".repeat(1_000) + "]\n";
        assert_eq!(of(&table), None);
        assert_eq!(of(&"x = a.b(c)[d] + 1\n".repeat(3_000)), None);
        assert_eq!(of(&("x = ".to_owned() + &"'a' + ".repeat(1_000) + "'b'\n")), None);
        assert_eq!(of(&format!("x = {}1{}\n", "(".repeat(200), ")".repeat(200))), None);
    }

    #[test]
    fn every_way_down_is_seen() {
        assert_eq!(
            of(&format!("x = {}1{}\n", "(".repeat(201), ")".repeat(201))),
            Some(TooDeep::Brackets(204))
        );
        for way in ["-", "not ", "1 + ", "a.", "lambda: ", "lambda a, b: ", "1 if 1 else ", "2 ** ", "await "]
        {
            let text = way.repeat(2_000) + "x\n";
            assert!(matches!(of(&text), Some(TooDeep::Levels(_))), "{way}");
        }
        assert!(matches!(of(&("f".to_owned() + &"()".repeat(2_000))), Some(TooDeep::Levels(_))));
        let blocks: String = (0..120).map(|n| format!("{}if 1:\n", " ".repeat(n))).collect();
        assert!(matches!(of(&blocks), Some(TooDeep::Indents(_))));
    }

    #[test]
    fn a_large_file_of_brackets_is_not_even_parsed() {
        assert!(hopeless(&"(".repeat(300_000)));
        assert!(!hopeless(&"(".repeat(100_000)), "small");
        assert!(!hopeless(&"()".repeat(300_000)));
    }
}
