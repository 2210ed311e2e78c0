//! Documents that people and tools write: YAML and JSON as one tree that loses nothing.
//!
//! A map keeps its order and its duplicate keys, and every place in the tree can be found again in
//! the text by line and column. This room is the only one that knows `serde_yaml`, which upstream no
//! longer develops.

mod decode;
mod locate;
mod node;

pub use decode::{DecodeError, Trouble, decode};
pub use locate::{At, Place, Segment, locate};
pub use node::Node;

/// Why a text is no document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// A lowercase fragment.
    pub message: String,
    /// Where, as far as the parser knows.
    pub place: Option<Place>,
}

/// Untrusted text as it may be put into a message: one line, at most 60 characters, and nothing in it
/// that a terminal would obey or that a reader would not see.
#[must_use]
pub fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown = String::new();
    for c in text.chars().take(MOST) {
        match c {
            c if !deceives(c) => shown.push(c),
            c if c.is_control() => shown.extend(c.escape_debug()),
            c => shown.extend(c.escape_unicode()),
        }
    }
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a terminal would obey the character, or a reader would not see it: control characters,
/// zero-width and bidirectional marks.
#[must_use]
pub fn deceives(c: char) -> bool {
    let mark =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    mark || c.is_control()
}

/// Untrusted text for a sentence: a space in the place of every character that [`deceives`].
#[must_use]
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if deceives(c) { ' ' } else { c }).collect()
}

/// Parses YAML. Merge keys (`<<`) are resolved.
///
/// # Errors
/// The first syntax error. Aliases that multiply beyond reason are one.
pub fn yaml(text: &str) -> Result<Node, SyntaxError> {
    let text = text.trim_start_matches('\u{feff}');
    if let Some(place) = too_deep(text) {
        let message = format!("brackets nest more than {DEEPEST} deep here");
        return Err(SyntaxError { message, place: Some(place) });
    }
    if text.trim().is_empty() {
        return Ok(Node::Null);
    }
    serde_yaml::from_str::<Node>(text).map(node::merge).map_err(|error| {
        let error = SyntaxError::of_yaml(&error);
        // libyaml's own words for a tab are of no help to somebody who cannot see it.
        match error.place.and_then(|place| indenting_tab(text, place.line)) {
            None => error,
            Some(tab) => SyntaxError {
                message: "a tab indents this line; YAML indents with spaces only".to_owned(),
                place: Some(tab),
            },
        }
    })
}

/// The parser's words, where they are no help, in ours.
fn plain(message: &str) -> String {
    match message {
        "repetition limit exceeded" => "its aliases multiply to more than is read".to_owned(),
        "recursion limit exceeded" => "lists and maps are nested too deeply".to_owned(),
        m if m.contains("more than one document") => {
            "there is more than one document; `---` may stand only at the top".to_owned()
        }
        m => m.to_owned(),
    }
}

/// Parses JSON, and what Python's `json` writes besides: `NaN`, `Infinity` and `-Infinity` become
/// texts, as do numbers too large for a 64-bit float.
///
/// # Errors
/// The first syntax error.
pub fn json(text: &str) -> Result<Node, SyntaxError> {
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str::<Node>(text).or_else(|error| {
        let place = Place::new(error.line(), error.column().max(1));
        let strict = SyntaxError { message: without_place(&error.to_string()), place: Some(place) };
        // YAML contains JSON and is wider: it takes a bare NaN or 1e999 as a text.
        let wider = ["NaN", "Infinity"].iter().any(|word| text.contains(word))
            || error.to_string().contains("out of range");
        if !wider || too_deep(text).is_some() {
            return Err(strict);
        }
        serde_yaml::from_str::<Node>(text).map_err(|error| match stumbled_on_python(text, place) {
            true => SyntaxError::of_yaml(&error),
            false => strict,
        })
    })
}

/// Whether strict JSON got no further than a word that Python writes. Then that is not what is wrong.
fn stumbled_on_python(text: &str, place: Place) -> bool {
    let line = usize::try_from(place.line - 1).ok().and_then(|index| text.lines().nth(index));
    let column = usize::try_from(place.column - 1).ok();
    let rest = line.zip(column).and_then(|(line, column)| line.get(column..)).unwrap_or_default();
    ["NaN", "Infinity", "aN", "nfinity"].iter().any(|word| rest.starts_with(word))
}

impl SyntaxError {
    fn of_yaml(error: &serde_yaml::Error) -> Self {
        let place = error.location().map(|at| Place::new(at.line(), at.column()));
        Self { message: plain(&without_place(&error.to_string())), place }
    }
}

/// Far beyond what the parser accepts in the end; it only needs the square of the depth to find out.
const DEEPEST: usize = 1000;

/// Where more brackets are open than any document has. Quotes are not looked at: no text has a thousand
/// brackets that it never closes.
fn too_deep(text: &str) -> Option<Place> {
    let mut open = 0_usize;
    for (index, line) in text.lines().enumerate() {
        for (column, c) in line.chars().enumerate() {
            match c {
                '[' | '{' => open += 1,
                ']' | '}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > DEEPEST {
                return Some(Place::new(index + 1, column + 1));
            }
        }
    }
    None
}

/// The tab that indents the line of an error, or the line before it.
fn indenting_tab(text: &str, line: u32) -> Option<Place> {
    let line = line as usize;
    let near = text.lines().enumerate().take(line).skip(line.saturating_sub(2));
    near.into_iter().find_map(|(index, line)| {
        let column = line.find(|c: char| c != ' ')?;
        line[column..].starts_with('\t').then(|| Place::new(index + 1, column + 1))
    })
}

/// The parsers write the place into the message as well; it is shown once, in front.
fn without_place(message: &str) -> String {
    let end = message.find(" at line ").unwrap_or(message.len());
    message[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_writes_json_that_is_not_json() {
        let node = json("{\"loss\": NaN, \"worst\": -Infinity, \"big\": 1e999}").unwrap_or(Node::Null);
        assert_eq!(node.get("loss"), Some(&Node::Text("NaN".into())));
        assert_eq!(node.get("worst"), Some(&Node::Text("-Infinity".into())));
        assert_eq!(node.get("big"), Some(&Node::Text("1e999".into())));
    }

    #[test]
    fn broken_json_says_where() {
        let error = json("{\n  \"a\": ,\n}").err();
        assert_eq!(error.and_then(|error| error.place), Some(Place::new(2, 8)));
    }

    #[test]
    fn broken_json_with_a_nan_is_blamed_for_what_is_broken() {
        for word in ["NaN", "-Infinity", "Infinity"] {
            let text = format!("{{\n \"loss\": {word},\n \"a\": [1, 2\n}}\n");
            let place = json(&text).err().and_then(|error| error.place);
            assert!(place.is_some_and(|place| place.line > 2), "{word}: {:?}", json(&text));
        }
    }

    #[test]
    fn a_tab_is_named_in_so_many_words() {
        let error = yaml("model: x\ntrain:\n\trun: y\n").err();
        assert!(error.as_ref().is_some_and(|error| error.message.contains("tab")), "{error:?}");
        assert_eq!(error.and_then(|error| error.place), Some(Place::new(3, 1)));
        let error = yaml("train:\n  run: x\n  \ttest: y\n").err();
        assert_eq!(error.and_then(|error| error.place), Some(Place::new(3, 3)));
        assert!(yaml("run: |\n  a <<E\n  \tb\n  E\n").is_ok(), "a tab within a block is text");
        let error = yaml("run: |\n  a\n  \tb\nx: 1\ny: [\n").err();
        assert!(
            error.as_ref().is_some_and(|error| !error.message.contains("tab")),
            "an innocent tab: {error:?}"
        );
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let text = "\u{feff}a: 1\r\nb: 2\r\n";
        assert_eq!(yaml(text), yaml("a: 1\nb: 2\n"));
        let place = locate(text, &[Segment::Key("b".into())], At::Value);
        assert_eq!(place, Some(Place::new(2, 4)));
    }

    #[test]
    fn bottomless_nesting_is_refused() {
        let brackets = "[".repeat(200_000);
        for text in [brackets.clone(), format!("a: NaN\nb: {brackets}"), "- ".repeat(200_000)] {
            assert!(yaml(&text).is_err());
            assert!(json(&text).is_err());
        }
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}", level - 1);
            bomb += &format!("a{level}: &a{level} [{}]\n", [before.as_str(); 9].join(","));
        }
        let error = yaml(&bomb).err();
        assert!(error.is_some_and(|error| error.message.contains("aliases multiply")));
    }

    #[test]
    fn deep_nesting_is_refused_at_once() {
        for bracket in ["[", "{a: ", "- "] {
            let deep = format!("a:\n  {}\n", bracket.repeat(100_000));
            assert!(yaml(&deep).is_err(), "{bracket}");
        }
        assert!(json(&format!("[NaN, {}", "[".repeat(100_000))).is_err());
        let error = yaml(&format!("a: {}1{}\n", "[".repeat(200), "]".repeat(200))).err();
        assert!(error.is_some_and(|error| error.message.contains("nested too deeply")));
    }

    #[test]
    fn text_is_shown_on_one_line_and_without_tricks() {
        assert_eq!(shown("it's «fine» ä"), "it's «fine» ä");
        assert_eq!(shown("a\nb\u{1b}[31m\u{202e}"), "a\\nb\\u{1b}[31m\\u{202e}");
        assert_eq!(shown(&"x".repeat(61)), format!("{}…", "x".repeat(60)));
    }

    #[test]
    fn merge_keys_give_way_to_what_stands_beside_them() {
        let node = yaml("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n").unwrap_or(Node::Null);
        let merged = node.get("y").and_then(|y| Some((y.get("a")?.clone(), y.get("b")?.clone())));
        assert_eq!(merged, Some((Node::Integer(1), Node::Integer(3))));
    }

    #[test]
    fn a_whole_number_of_any_size_is_a_number() {
        let numbers = [
            ("9223372036854775807", Node::Integer(i64::MAX)),
            ("18446744073709551615", Node::Float(18446744073709551615.0)),
            ("18446744073709551616", Node::Float(18446744073709551616.0)),
            ("-9223372036854775809", Node::Float(-9223372036854775808.0)),
            ("1000000000000000000000000000000000000000000", Node::Float(1e42)),
        ];
        for (text, number) in numbers {
            let map = Node::Map(vec![("a".into(), number)]);
            assert_eq!(
                (yaml(&format!("a: {text}")), json(&format!("{{\"a\": {text}}}"))),
                (Ok(map.clone()), Ok(map))
            );
            let place = locate(&format!("a: {text}"), &[Segment::Key("a".into())], At::Value);
            assert_eq!(place, Some(Place::new(1, 4)), "{text}");
        }
    }

    #[test]
    fn duplicate_keys_survive() {
        for parsed in [yaml("a: 1\na: 2\n"), json("{\"a\": 1, \"a\": 2}")] {
            assert!(matches!(parsed, Ok(Node::Map(entries)) if entries.len() == 2));
        }
    }
}
