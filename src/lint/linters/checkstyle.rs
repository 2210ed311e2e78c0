//! The XML of Checkstyle, which linters of every language can write.

use roxmltree::{Document, Node, ParsingOptions};

use super::Spotted;
use super::json::severity;
use super::located::Project;
use crate::finding::Finding;

/// More nodes than any linter has findings; an XML bomb stops here.
const MAX_NODES: u32 = 2_000_000;
/// The format nests three deep, and the parser recurses.
const MAX_DEPTH: usize = 100;

/// The document at the start of `text`, and how long it is: to its end tag, or to the end of the text.
///
/// # Errors
/// Why it is none.
pub(super) fn read(text: &str, project: &Project, tools: &[&str]) -> Result<(Vec<Finding>, usize), String> {
    const END: &str = "</checkstyle>";
    let length = text.find(END).map_or(text.len(), |end| end + END.len());
    let text = &text[..length];
    if too_deep(text) {
        return Err("XML that is nested too deeply".into());
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document =
        Document::parse_with_options(text, options).map_err(|error| format!("not XML: {error}"))?;
    let root = document.root_element();
    if root.tag_name().name() != "checkstyle" {
        return Err(format!("XML of a form that is not known, «{}»", root.tag_name().name()));
    }
    let files = root.children().filter(|node| node.has_tag_name("file"));
    let findings = files.flat_map(|file| {
        let errors = file.children().filter(|node| node.has_tag_name("error"));
        errors.map(move |error| spotted(file, error, tools).finding(project))
    });
    Ok((findings.collect(), length))
}

fn spotted<'a>(file: Node<'a, '_>, error: Node<'a, '_>, tools: &[&'a str]) -> Spotted<'a> {
    // Checkstyle itself gives the class of the check; the others give the rule.
    let source = error.attribute("source").unwrap_or_default();
    let number = |name| error.attribute(name).and_then(|number: &str| number.trim().parse().ok());
    Spotted {
        tool: tools.first().copied().unwrap_or("lint"),
        code: source.rsplit('.').next().unwrap_or_default(),
        severity: error.attribute("severity").and_then(severity),
        message: error.attribute("message").unwrap_or_default(),
        path: file.attribute("name").unwrap_or_default().into(),
        line: number("line"),
        column: number("column"),
        help: None,
    }
}

fn too_deep(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    bytes.windows(2).any(|pair| {
        match pair {
            b"</" | b"/>" => depth = depth.saturating_sub(1),
            [b'<', next] if next.is_ascii_alphabetic() => depth += 1,
            _ => {}
        }
        depth > MAX_DEPTH
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn checkstyle() {
        let output = r#"<?xml version="1.0" encoding="UTF-8"?>
<checkstyle version="4.3">
  <file name="./src/a.py">
    <error line="3" column="7" severity="error" message="undefined name &apos;x&apos;" source="F821"/>
    <error line="4" severity="warning" message="long" source="com.puppycrawl.tools.LineLengthCheck"/>
  </file>
  <file name="/usr/lib/b.py"><error line="0" severity="info" message="odd"/></file>
</checkstyle>
Found 3.
"#;
        insta::assert_snapshot!(shown(output, "flake8 --format=checkstyle"), @r"
        error   src/a.py:3:7 flake8/F821: undefined name 'x'
        warning src/a.py:4 flake8/LineLengthCheck: long
        notice   flake8/message: /usr/lib/b.py: odd
        ");
    }
}
