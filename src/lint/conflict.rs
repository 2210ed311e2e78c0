//! Merge conflicts that were committed.

use std::borrow::Cow;
use std::ops::Range;

/// One conflict, from the start of `<<<<<<<` to the end of `>>>>>>>`, and our side of it, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conflict {
    /// All of it.
    pub(super) block: Range<usize>,
    /// What stands between `<<<<<<<` and the next mark.
    ours: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Ours,
    Base,
    Middle,
    Theirs,
}

/// The complete conflicts of a text. A lone mark is none: it may be a heading, or a syntax error anyway.
pub(super) fn conflicts(text: &str) -> Vec<Conflict> {
    // Nearly every file ends here. The line feed is for speed: a needle of one byte alone is sought slowly.
    if !text.starts_with("<<<<<<<") && !text.contains("\n<<<<<<<") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut open: Option<Open> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        match (mark(line.trim_end_matches(['\r', '\n'])), &mut open) {
            (Some(Mark::Ours), _) => {
                open = Some(Open { from: start, ours: end, ours_end: None, middle: false })
            }
            (Some(Mark::Base), Some(open)) => open.ours_end = open.ours_end.or(Some(start)),
            (Some(Mark::Middle), Some(open)) => {
                open.ours_end = open.ours_end.or(Some(start));
                open.middle = true;
            }
            (Some(Mark::Theirs), Some(Open { from, ours, ours_end: Some(ours_end), middle: true })) => {
                found.push(Conflict { block: *from..end, ours: *ours..*ours_end });
                open = None;
            }
            _ => {}
        }
        start = end;
    }
    found
}

/// A conflict that has begun.
struct Open {
    from: usize,
    ours: usize,
    ours_end: Option<usize>,
    middle: bool,
}

fn mark(line: &str) -> Option<Mark> {
    let (mark, rest) = line.split_at_checked(7)?;
    let mark = match mark {
        "<<<<<<<" => Mark::Ours,
        "|||||||" => Mark::Base,
        "=======" => Mark::Middle,
        ">>>>>>>" => Mark::Theirs,
        _ => return None,
    };
    (rest.is_empty() || rest.starts_with(' ')).then_some(mark)
}

/// The text with our side of each conflict and nothing else of it; what goes leaves blanks of the same
/// length behind, so that every offset still holds.
pub(super) fn resolved<'a>(text: &'a str, conflicts: &[Conflict]) -> Cow<'a, str> {
    if conflicts.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut resolved = String::with_capacity(text.len());
    let mut done = 0;
    for Conflict { block, ours } in conflicts {
        resolved.push_str(&text[done..block.start]);
        blank(&mut resolved, &text[block.start..ours.start]);
        resolved.push_str(&text[ours.clone()]);
        blank(&mut resolved, &text[ours.end..block.end]);
        done = block.end;
    }
    resolved.push_str(&text[done..]);
    Cow::Owned(resolved)
}

fn blank(to: &mut String, text: &str) {
    to.extend(text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "a = 1\n<<<<<<< HEAD\nb = 1\n||||||| base\nb = 0\n=======\nb = 'ä'\n>>>>>>> topic\nc = 1\n";

    #[test]
    fn a_conflict_is_a_whole_block() {
        let found = conflicts(TEXT);
        assert_eq!(found.len(), 1);
        assert_eq!(found.first().map(|conflict| conflict.block.start), Some(6));
        assert!(conflicts("<<<<<<< HEAD\nx\n").is_empty());
        assert!(conflicts("x\n=======\n>>>>>>> y\n").is_empty());
        assert!(conflicts("<<<<<<<< HEAD\n=======\n>>>>>>> y\n").is_empty());
        assert_eq!(conflicts("<<<<<<< a\r\n=======\r\n>>>>>>> b\r\n").len(), 1);
    }

    #[test]
    fn our_side_stays_where_it_was() {
        let resolved = resolved(TEXT, &conflicts(TEXT));
        assert_eq!(resolved.len(), TEXT.len());
        let words: Vec<_> = resolved.split_whitespace().collect();
        assert_eq!(words.join(" "), "a = 1 b = 1 c = 1");
        let none = "<<<<<<< a\n||||||| b\nx\n=======\ny\n>>>>>>> c\n";
        assert_eq!(super::resolved(none, &conflicts(none)).trim(), "", "our side deleted it");
        assert_eq!(resolved.find("c = 1"), TEXT.find("c = 1"));
    }
}
