//! A page that is well-formed by construction: every element closes, and all that is not a literal
//! of this program is escaped. There is no way to write a string as it is.

use std::fmt::{Display, Write};

use super::escape::{Escaper, safe_url};

/// The elements after which a line ends: a page can be read and compared, and words that only the
/// style sets apart are apart without it too. Not those within a drawing, nor within `pre`.
const LINES: [&str; 42] = [
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "nav",
    "main",
    "section",
    "footer",
    "article",
    "div",
    "h1",
    "h2",
    "h3",
    "p",
    "ol",
    "ul",
    "li",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "dl",
    "dt",
    "dd",
    "pre",
    "details",
    "summary",
    "svg",
    "figure",
    "figcaption",
    "a",
    "b",
    "bdi",
    "code",
    "span",
    "time",
];

/// An opening tag.
pub(super) struct Tag {
    name: &'static str,
    attributes: String,
}

/// An element with classes: `td`, or `td.value.wide`.
pub(super) fn tag(element: &'static str) -> Tag {
    let mut parts = element.split('.');
    let name = parts.next().unwrap_or_default();
    let classes: Vec<&str> = parts.collect();
    let tag = Tag { name, attributes: String::new() };
    if classes.is_empty() { tag } else { tag.set("class", classes.join(" ")) }
}

impl Tag {
    /// The same tag with one more attribute, whose value is escaped.
    pub(super) fn set(mut self, name: &'static str, value: impl Display) -> Self {
        // Writing into a string cannot fail.
        let _ = write!(self.attributes, " {name}=\"");
        let _ = write!(Escaper(&mut self.attributes), "{value}");
        self.attributes.push('"');
        self
    }
}

impl From<&'static str> for Tag {
    fn from(element: &'static str) -> Self {
        tag(element)
    }
}

/// The page so far.
pub(super) struct Markup {
    out: String,
}

impl Markup {
    /// A page with nothing but its document type.
    pub(super) fn new() -> Self {
        Self { out: "<!DOCTYPE html>\n".into() }
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// An element around what `inside` writes.
    pub(super) fn element(&mut self, tag: impl Into<Tag>, inside: impl FnOnce(&mut Self)) {
        let tag = tag.into();
        let _ = write!(self.out, "<{}{}>", tag.name, tag.attributes);
        inside(self);
        let _ = write!(self.out, "</{}>", tag.name);
        if LINES.contains(&tag.name) {
            self.out.push('\n');
        }
    }

    /// An element around one text.
    pub(super) fn leaf(&mut self, tag: impl Into<Tag>, text: impl Display) {
        self.element(tag, |m| m.text(text));
    }

    /// An element without content: a shape, or an ornament.
    pub(super) fn empty(&mut self, tag: impl Into<Tag>) {
        self.element(tag, |_| {});
    }

    /// `meta`, the one element here that HTML never closes.
    pub(super) fn meta(&mut self, attributes: Tag) {
        let _ = writeln!(self.out, "<meta{} />", attributes.attributes);
    }

    /// The style sheet. HTML reads it as it is and XML as text, so it has neither `<` nor `&`.
    pub(super) fn style(&mut self, sheet: &'static str) {
        let _ = writeln!(self.out, "<style>\n{sheet}</style>");
    }

    /// Text, escaped.
    pub(super) fn text(&mut self, text: impl Display) {
        let _ = write!(Escaper(&mut self.out), "{text}");
    }

    /// A name that is one word for a browser: it may break after `_` and `.`, where a reader sees its parts.
    pub(super) fn name(&mut self, name: impl Display) {
        let name = name.to_string();
        let mut parts = name.split_inclusive(['_', '.']);
        if let Some(first) = parts.next() {
            self.text(first);
        }
        for part in parts {
            // HTML never closes it.
            self.out.push_str("<wbr />");
            self.text(part);
        }
    }

    /// A link where the address is one to follow; else the address as text.
    pub(super) fn link(&mut self, url: &str) {
        match safe_url(url) {
            Some(url) => self.leaf(tag("a").set("href", url).set("rel", "noopener noreferrer nofollow"), url),
            None => self.leaf("code", super::escape::clip(url, 300)),
        }
    }

    /// A header cell of a column, for each.
    pub(super) fn columns(&mut self, names: &[&'static str]) {
        self.element("thead", |m| {
            m.element("tr", |m| {
                for name in names {
                    m.leaf(tag("th").set("scope", "col"), name);
                }
            });
        });
    }
}
