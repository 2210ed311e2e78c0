//! The regular expressions that Docker makes of patterns, and no others: characters, classes, `[^/]*`, `(.*/)?`.

use std::iter::Peekable;
use std::str::Chars;

/// An expression that matches a path as a whole.
#[derive(Debug, Clone, Default)]
pub struct Expression {
    alternatives: Vec<Alternative>,
}

#[derive(Debug, Clone, Default)]
struct Alternative {
    nodes: Vec<Node>,
    /// What every match ends with. To compare it is much cheaper than to run the machine.
    ending: String,
}

#[derive(Debug, Clone)]
enum Node {
    One(Set),
    Maybe(Set),
    Many(Set),
    /// `(.*/)?`: nothing, or something that ends in a slash.
    Folders,
    /// `^`
    Start,
}

#[derive(Debug, Clone)]
enum Set {
    Any,
    Char(char),
    /// `.`: all but a line feed.
    Dot,
    Class {
        is_negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Set {
    fn has(&self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Char(own) => *own == c,
            Self::Dot => c != '\n',
            Self::Class { is_negated, ranges } => {
                ranges.iter().any(|&(from, to)| from <= c && c <= to) != *is_negated
            }
        }
    }
}

impl Expression {
    /// Reads an expression that begins with `^`, and ends with the text.
    ///
    /// # Errors
    /// Go would not accept it, or it is one of the few escapes that have no meaning in a path.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut alternatives = vec![Vec::new()];
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            if c == '|' {
                alternatives.push(Vec::new());
            } else if let Some(nodes) = alternatives.last_mut() {
                nodes.extend(piece(c, nodes.is_empty(), &mut rest)?);
            }
        }
        // The `^` holds the first alternative only, and the `$` the last.
        let last = alternatives.len() - 1;
        for (number, nodes) in alternatives.iter_mut().enumerate() {
            if number > 0 {
                nodes.insert(0, Node::Many(Set::Any));
            }
            if number < last {
                nodes.push(Node::Many(Set::Any));
            }
        }
        Ok(Self { alternatives: alternatives.into_iter().map(Alternative::new).collect() })
    }

    /// Whether it matches all of the text. Takes time with the product of both lengths, whatever the pattern.
    pub fn matches(&self, text: &str) -> bool {
        self.alternatives.iter().any(|alternative| alternative.matches(text))
    }
}

/// The next piece, which begins with `c`.
fn piece(c: char, is_first: bool, rest: &mut Peekable<Chars<'_>>) -> Result<Vec<Node>, String> {
    let set = match c {
        '^' => {
            let times = times(rest)?.unwrap_or((1, Some(1)));
            let nodes = match times.0 {
                // Repeated no times: the expression may begin anywhere.
                0 if is_first => vec![Node::Many(Set::Any)],
                0 => Vec::new(),
                _ => vec![Node::Start],
            };
            return once(rest, nodes);
        }
        // Only the star of `**` makes a group, and it makes this one.
        '(' => {
            rest.by_ref().take("(.*/)?".len() - 1).for_each(drop);
            return once(rest, vec![Node::Folders]);
        }
        '{' if is_first && times_ahead(c, rest).is_some() => {
            return Err("a number in «{…}» repeats what stands before it, and nothing does".into());
        }
        '.' => Set::Dot,
        '[' => class(rest)?,
        '\\' => escaped(rest)?,
        c => Set::Char(c),
    };
    if rest.next_if_eq(&'*').is_some() {
        return once(rest, vec![Node::Many(set)]);
    }
    let Some((least, most)) = times(rest)? else { return Ok(vec![Node::One(set)]) };
    let mut nodes = vec![Node::One(set.clone()); least];
    match most {
        Some(most) => nodes.extend(vec![Node::Maybe(set); most - least]),
        None => nodes.push(Node::Many(set)),
    }
    once(rest, nodes)
}

/// The nodes, unless they are repeated once more.
fn once(rest: &mut Peekable<Chars<'_>>, nodes: Vec<Node>) -> Result<Vec<Node>, String> {
    match times(rest)? {
        Some(_) => Err("a number in «{…}» repeats what is repeated already".into()),
        None => Ok(nodes),
    }
}

/// Takes `{2}`, `{2,}` or `{2,3}`, if that comes next: how often at least, and at most.
fn times(rest: &mut Peekable<Chars<'_>>) -> Result<Option<(usize, Option<usize>)>, String> {
    const MOST: usize = 1000;
    let mut ahead = rest.clone();
    let Some((length, least, most)) = ahead.next().and_then(|c| times_ahead(c, &ahead)) else {
        return Ok(None);
    };
    rest.by_ref().take(length).for_each(drop);
    if least > MOST || most.is_some_and(|most| most > MOST || most < least) {
        return Err("a number in «{…}» is above 1000, or the second is below the first".into());
    }
    Ok(Some((least, most)))
}

/// What [`times`] takes: its length in characters, and both numbers. None when it is plain text.
fn times_ahead(first: char, rest: &Peekable<Chars<'_>>) -> Option<(usize, usize, Option<usize>)> {
    let text: String = rest.clone().take_while(|c| *c != '}').collect();
    if first != '{' || rest.clone().count() <= text.chars().count() {
        return None;
    }
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_canonical = digits.len() == 1 || !digits.starts_with('0');
        (is_number && is_canonical).then(|| digits.parse().unwrap_or(usize::MAX))
    };
    let (least, most) = match text.split_once(',') {
        None => (number(&text)?, Some(number(&text)?)),
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    Some((text.len() + 2, least, most))
}

impl Alternative {
    fn new(nodes: Vec<Node>) -> Self {
        let last = nodes.iter().rev().map_while(|node| match node {
            Node::One(Set::Char(c)) => Some(*c),
            _ => None,
        });
        let ending: Vec<char> = last.collect();
        Self { nodes, ending: ending.into_iter().rev().collect() }
    }

    fn matches(&self, text: &str) -> bool {
        if !text.ends_with(&self.ending) {
            return false;
        }
        // The nodes before which the machine stands. Within `Folders` it stands at the node's double.
        let end = self.nodes.len();
        let mut now = vec![false; 2 * (end + 1)];
        let mut next = now.clone();
        self.enter(0, true, &mut now);
        for c in text.chars() {
            next.fill(false);
            for at in 0..end {
                let (outside, within) = (now[2 * at], now[2 * at + 1]);
                match &self.nodes[at] {
                    Node::One(set) | Node::Maybe(set) if outside && set.has(c) => {
                        self.enter(at + 1, false, &mut next);
                    }
                    Node::Many(set) if outside && set.has(c) => self.enter(at, false, &mut next),
                    Node::Folders if outside || within => {
                        next[2 * at + 1] |= c != '\n';
                        if c == '/' {
                            self.enter(at + 1, false, &mut next);
                        }
                    }
                    _ => {}
                }
            }
            std::mem::swap(&mut now, &mut next);
        }
        now[2 * end]
    }

    /// Stands before a node, and before those after it that need no character.
    fn enter(&self, mut at: usize, is_start: bool, states: &mut [bool]) {
        loop {
            if std::mem::replace(&mut states[2 * at], true) {
                return;
            }
            match self.nodes.get(at) {
                Some(Node::Many(_) | Node::Maybe(_) | Node::Folders) => at += 1,
                Some(Node::Start) if is_start => at += 1,
                Some(Node::Start | Node::One(_)) | None => return,
            }
        }
    }
}

/// A class, after its `[`.
fn class(rest: &mut Peekable<Chars<'_>>) -> Result<Set, String> {
    let unclosed = || "a «[» has no «]»".to_owned();
    let is_negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    let mut is_first = true;
    loop {
        let c = rest.next().ok_or_else(unclosed)?;
        if c == ']' && !is_first {
            return Ok(Set::Class { is_negated, ranges });
        }
        is_first = false;
        if c == '[' && rest.peek() == Some(&':') && named(rest, &mut ranges)? {
            continue;
        }
        let from = if c == '\\' { escaped(rest)? } else { Set::Char(c) };
        let Set::Char(from) = from else {
            add(from, &mut ranges)?;
            continue;
        };
        // A `-` before the `]` is one.
        let is_range = {
            let mut ahead = rest.clone();
            ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']')
        };
        let mut to = from;
        if is_range {
            rest.next();
            let set = match rest.next().ok_or_else(unclosed)? {
                '\\' => escaped(rest)?,
                c => Set::Char(c),
            };
            let Set::Char(last) = set else { return Err("a range in «[…]» ends in a class".into()) };
            to = last;
        }
        if to < from {
            return Err(format!("the range «{from}-{to}» ends before it begins"));
        }
        ranges.push((from, to));
    }
}

/// `[:name:]` within a class, after its `[`. False when it is none but a plain `[`.
fn named(rest: &mut Peekable<Chars<'_>>, ranges: &mut Vec<(char, char)>) -> Result<bool, String> {
    let ahead: String = rest.clone().collect();
    let Some((name, _)) = ahead[1..].split_once(":]") else { return Ok(false) };
    let known: &[(char, char)] = match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return Err(format!("«[:{name}:]» is no class of characters")),
    };
    ranges.extend(known);
    rest.by_ref().take(name.chars().count() + 3).for_each(drop);
    Ok(true)
}

/// Puts a class into a class.
fn add(set: Set, ranges: &mut Vec<(char, char)>) -> Result<(), String> {
    let Set::Class { is_negated, ranges: mut inner } = set else { return Ok(()) };
    if !is_negated {
        ranges.append(&mut inner);
        return Ok(());
    }
    inner.sort_unstable();
    let mut from = '\0';
    for (low, high) in inner {
        if from < low {
            ranges.push((from, char::from_u32(u32::from(low) - 1).unwrap_or(low)));
        }
        from = char::from_u32(u32::from(high) + 1).unwrap_or(char::MAX);
    }
    ranges.push((from, char::MAX));
    Ok(())
}

/// What follows a `\`: itself, or what a regular expression takes it for.
fn escaped(rest: &mut Peekable<Chars<'_>>) -> Result<Set, String> {
    let c = rest.next().ok_or("nothing follows the last «\\»")?;
    let class = |is_negated, ranges: &[(char, char)]| Set::Class { is_negated, ranges: ranges.to_vec() };
    const SPACE: &[(char, char)] = &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')];
    const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
    Ok(match c {
        'd' | 'D' => class(c == 'D', &[('0', '9')]),
        's' | 'S' => class(c == 'S', SPACE),
        'w' | 'W' => class(c == 'W', WORD),
        'a' => Set::Char('\x07'),
        'f' => Set::Char('\x0c'),
        'n' => Set::Char('\n'),
        'r' => Set::Char('\r'),
        't' => Set::Char('\t'),
        'v' => Set::Char('\x0b'),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Set::Char(c),
        c => return Err(format!("«\\{c}» is no character that can be escaped: write «{c}»")),
    })
}
