//! The file under examination: its text, its tree, and what was found wrong so far.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::Unavailable;
use super::problem::{MOST_SHOWN, Problem};
use crate::document::{self, At, Node, Place, Segment, shown};
use crate::step::Step;

/// No configuration that a person writes comes near it.
pub(super) const LARGEST: u64 = 1024 * 1024;

/// A way from the root of the tree to a place in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyPath(pub Vec<Segment>);

impl KeyPath {
    pub fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| Segment::Key((*key).to_owned())).collect())
    }

    pub fn key(&self, key: &str) -> Self {
        self.with(Segment::Key(key.to_owned()))
    }

    pub fn index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    fn with(&self, segment: Segment) -> Self {
        let mut path = self.0.clone();
        path.push(segment);
        Self(path)
    }

    /// Such as `train.outputs[1]`.
    pub fn dotted(&self) -> String {
        let mut dotted = String::new();
        for segment in &self.0 {
            match segment {
                Segment::Index(index) => dotted += &format!("[{index}]"),
                Segment::Key(key) if dotted.is_empty() => dotted += &shown(key),
                Segment::Key(key) => dotted += &format!(".{}", shown(key)),
            }
        }
        dotted
    }

    /// The last key; indices are passed over.
    pub fn last_key(&self) -> &str {
        let mut keys = self.0.iter().rev().filter_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        });
        keys.next().unwrap_or_default()
    }
}

/// The file under examination.
pub(crate) struct Source<'a> {
    text: &'a str,
    root: &'a Node,
    found: Vec<Problem>,
    more: usize,
    unavailable: Vec<Unavailable>,
}

impl<'a> Source<'a> {
    pub fn new(text: &'a str, root: &'a Node) -> Self {
        Self { text, root, found: Vec::new(), more: 0, unavailable: Vec::new() }
    }

    /// What the file says at `path`.
    pub fn node(&self, path: &KeyPath) -> Option<&'a Node> {
        path.0.iter().try_fold(self.root, |node, segment| match segment {
            Segment::Key(key) => node.get(key),
            Segment::Index(index) => node.items()?.get(*index),
        })
    }

    /// Whether the file says anything at `path`, be it right or wrong.
    pub fn has(&self, path: &KeyPath) -> bool {
        self.node(path).is_some()
    }

    /// The keys of the map at `path`.
    pub fn keys(&self, path: &KeyPath) -> impl Iterator<Item = &'a str> + use<'a> {
        let entries = self.node(path).and_then(Node::entries).unwrap_or_default();
        entries.iter().map(|(key, _)| key.as_str())
    }

    /// The texts at `path`, one or many, and where each stands.
    pub fn texts(&self, path: &KeyPath) -> Vec<(KeyPath, &'a str)> {
        match self.node(path) {
            Some(Node::Text(text)) => vec![(path.clone(), text)],
            Some(Node::List(items)) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| Some((path.index(index), item.text()?)))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// A problem with the value at `path`.
    pub fn value(&mut self, path: &KeyPath, message: impl Into<String>, help: impl Into<String>) {
        self.problem(path, At::Value, message.into(), help.into());
    }

    /// A problem with the key at the end of `path`, such as what is missing below it.
    pub fn key(&mut self, path: &KeyPath, message: impl Into<String>, help: impl Into<String>) {
        self.problem(path, At::Key(0), message.into(), help.into());
    }

    /// A problem with the key at the end of `path`, the first being number 0.
    pub fn duplicate(&mut self, path: &KeyPath, number: usize) {
        if self.found.len() >= MOST_SHOWN {
            self.more += 1;
            return;
        }
        let first = document::locate(self.text, &path.0, At::Key(0));
        let help = first.map_or_else(
            || "keep one of them".to_owned(),
            |first| format!("the first one is in line {}: keep one of them", first.line),
        );
        let message = format!("duplicate key «{}»", shown(path.last_key()));
        self.problem(path, At::Key(number), message, help);
    }

    /// A problem with something that is not there, so that it has no place.
    pub fn missing(&mut self, key: &str, help: impl Into<String>) {
        let message = format!("`{key}` is missing");
        self.push(Problem::new(key, None, message, Some(help.into())));
    }

    /// Finding a place means reading the text again, so nobody waits for the ten-thousandth.
    fn problem(&mut self, path: &KeyPath, at: At, message: String, help: String) {
        let enough = self.found.len() >= MOST_SHOWN;
        let place = if enough { None } else { document::locate(self.text, &path.0, at) };
        self.push(Problem::new(path.dotted(), place, message, Some(help)));
    }

    fn push(&mut self, problem: Problem) {
        if self.found.len() >= MOST_SHOWN {
            self.more += 1;
        } else {
            self.found.push(problem.with_line(self.text));
        }
    }

    /// Something at `path` that is valid and that this version cannot do.
    pub fn unavailable(&mut self, step: Step, path: &KeyPath, whole_step: bool) {
        let place = document::locate(self.text, &path.0, At::Key(0));
        self.unavailable.push(Unavailable { step, key: path.dotted(), whole_step, place });
    }

    /// Everything unavailable in the order of the work, or every problem in the order of the file.
    pub fn finish(self) -> Result<Vec<Unavailable>, Vec<Problem>> {
        let Self { mut found, more, mut unavailable, .. } = self;
        if found.is_empty() {
            unavailable.sort_by_key(|part| (part.step, part.place));
            return Ok(unavailable);
        }
        found.sort_by_key(|problem| problem.place);
        if more > 0 {
            let message = format!("there are at least {more} more problems");
            found.push(Problem::new("", None, message, Some("mend the ones above first".into())));
        }
        Err(found)
    }
}

/// Reads the text of the file.
pub(crate) fn read(path: &Path) -> Result<String, Problem> {
    let whole = |message: String, help: &str| Problem::new("", None, message, Some(help.to_owned()));
    let cannot = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => {
            whole("the file does not exist".into(), "`modelgate init` writes one; `--config` names another")
        }
        ErrorKind::IsADirectory => {
            whole("this is a folder, not a file".into(), "name the file, such as `--config modelgate.yml`")
        }
        _ => whole(format!("the file cannot be read: {error}"), "check who owns the file and its folder"),
    };
    let mut bytes = Vec::new();
    // A pipe would be waited for without end, already when it is opened.
    let kind = std::fs::metadata(path).map_err(cannot)?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        let help = "name the file, such as `--config modelgate.yml`";
        return Err(whole("this is a pipe, a socket or a device, not a file".into(), help));
    }
    let file = File::open(path).map_err(cannot)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(cannot)?;
    small_enough(bytes.len(), LARGEST)?;
    String::from_utf8(bytes).map_err(|error| not_utf8(error.as_bytes(), error.utf8_error().valid_up_to()))
}

/// Refuses what no person wrote.
pub(crate) fn small_enough(bytes: usize, largest: u64) -> Result<(), Problem> {
    if u64::try_from(bytes).is_ok_and(|bytes| bytes <= largest) {
        return Ok(());
    }
    let help = "is it the right file? A configuration has some dozens of lines";
    let message = format!("the file is larger than {} MiB", largest >> 20);
    Err(Problem::new("", None, message, Some(help.into())))
}

fn not_utf8(bytes: &[u8], valid: usize) -> Problem {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        let help = "save it as UTF-8; PowerShell does with `-Encoding utf8`";
        return Problem::new("", None, "the file is UTF-16, not UTF-8".into(), Some(help.into()));
    }
    let before = String::from_utf8_lossy(&bytes[..valid]);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let byte = bytes.get(valid).copied().unwrap_or_default();
    let message = format!("the file is not UTF-8: the byte 0x{byte:02x} at offset {valid}");
    Problem::new("", Some(Place::new(line, column)), message, Some("save the file as UTF-8".into()))
}
