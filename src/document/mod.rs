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

/// Parses YAML. Merge keys (`<<`) are resolved.
///
/// # Errors
/// The first syntax error. Aliases that multiply beyond reason are one.
pub fn yaml(text: &str) -> Result<Node, SyntaxError> {
    let text = text.trim_start_matches('\u{feff}');
    if nests_too_deep(text) {
        let message = "the brackets are nested too deep, or are not closed".to_owned();
        return Err(SyntaxError { message, place: None });
    }
    // libyaml's own words for a tab are of no help to somebody who cannot see it.
    if let Some(place) = indenting_tab(text) {
        let message = "a tab indents this line; YAML indents with spaces only".to_owned();
        return serde_yaml::from_str::<Node>(text)
            .map(node::merge)
            .map_err(|_| SyntaxError { message, place: Some(place) });
    }
    if text.trim().is_empty() {
        return Ok(Node::Null);
    }
    serde_yaml::from_str::<Node>(text).map(node::merge).map_err(|error| SyntaxError::of_yaml(&error))
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
        if !wider || nests_too_deep(text) {
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
        Self { message: without_place(&error.to_string()), place }
    }
}

/// libyaml takes a time that grows with the square of the depth of brackets, long before serde_yaml
/// refuses the depth. Brackets within texts are counted too: nobody writes a thousand that stay open.
fn nests_too_deep(text: &str) -> bool {
    let mut depth = 0_u32;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > 1000
    })
}

fn indenting_tab(text: &str) -> Option<Place> {
    text.lines().enumerate().find_map(|(index, line)| {
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
        assert!(yaml("run: |\n  a <<E\n  \tb\n  E\n").is_ok(), "a tab within a block is text");
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
        assert!(error.is_some_and(|error| error.message.contains("repetition limit")));
    }

    #[test]
    fn merge_keys_give_way_to_what_stands_beside_them() {
        let node = yaml("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n").unwrap_or(Node::Null);
        let merged = node.get("y").and_then(|y| Some((y.get("a")?.clone(), y.get("b")?.clone())));
        assert_eq!(merged, Some((Node::Integer(1), Node::Integer(3))));
    }

    #[test]
    fn duplicate_keys_survive() {
        for parsed in [yaml("a: 1\na: 2\n"), json("{\"a\": 1, \"a\": 2}")] {
            assert!(matches!(parsed, Ok(Node::Map(entries)) if entries.len() == 2));
        }
    }
}
