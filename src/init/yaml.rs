//! Texts of others as YAML: they read back as they were, whatever is in them.

use crate::document::{self, Node};

/// A text as a YAML scalar that reads back as the same text, as a key and within brackets too.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// A list in brackets.
pub(super) fn list<T: AsRef<str>>(texts: &[T]) -> String {
    let items: Vec<String> = texts.iter().map(|text| scalar(text.as_ref())).collect();
    format!("[{}]", items.join(", "))
}

/// A single text as it is, several as a list.
pub(super) fn one_or_many<T: AsRef<str>>(texts: &[T]) -> String {
    match texts {
        [only] => scalar(only.as_ref()),
        many => list(many),
    }
}

/// Text that may stand after `#`: on one line, with nothing that YAML refuses.
pub(super) fn comment(text: &str) -> String {
    text.chars().map(|c| if is_printable(c) { c } else { '\u{fffd}' }).collect()
}

fn is_plain(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let safe = |c: char| c.is_alphanumeric() || "_-./*=+ ".contains(c);
    let same = || document::yaml(&format!("[{text}]")) == Ok(Node::List(vec![Node::Text(text.to_owned())]));
    // Booleans for older readers of YAML, which editors still use.
    let old = ["y", "n", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str());
    begins && text.chars().all(safe) && !old && same()
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            c if is_printable(c) => quoted.push(c),
            c => quoted += &format!("\\U{:08x}", u32::from(c)),
        }
    }
    quoted + "\""
}

/// Whether YAML takes the character as it is, and a reader sees it.
fn is_printable(c: char) -> bool {
    let hidden =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    !c.is_control() && !hidden && !matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_needs_no_quotes_has_none() {
        for plain in ["train.py", "python -m pytest -q", "src/**/*.py", "données.csv", "0a"] {
            assert_eq!(scalar(plain), plain);
        }
        for hostile in
            ["", "true", "1e3", "null", "*.py", "- a", "a: b", "a #b", "x,y", "[", " a", "~", "it's", "No"]
        {
            assert_eq!(scalar(hostile), format!("\"{hostile}\""));
        }
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_it_was(text in any::<String>()) {
            let flow = document::yaml(&format!("a: [x, {}]\n", scalar(&text)));
            let wanted = Node::List(vec![Node::Text("x".into()), Node::Text(text.clone())]);
            prop_assert_eq!(flow.ok().and_then(|node| node.get("a").cloned()), Some(wanted));
            let block = document::yaml(&format!("a: {} # {}\n", scalar(&text), comment(&text)));
            prop_assert_eq!(block, Ok(Node::Map(vec![("a".into(), Node::Text(text))])));
        }
    }
}
