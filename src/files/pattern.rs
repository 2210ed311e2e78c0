//! One pattern: where it begins, and what it matches below.

use std::io::{self, ErrorKind};
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::walk::{Found, Skip, walk};
use super::{Expanded, ProjectFile};
use crate::fault::{Fault, Result};

/// A pattern, ready to look.
pub(super) struct Pattern<'a> {
    root: &'a Path,
    text: &'a str,
    /// The text as a path, for whoever named a file `data[1].csv`.
    literal: PathBuf,
    glob: Option<Glob>,
}

/// A pattern with marks in it, taken apart so that only the folder before the first mark is walked.
struct Glob {
    base: PathBuf,
    /// None of a glob that matches everything.
    below: Option<GlobMatcher>,
    /// How many folders deep a match can lie; none is without limit.
    deepest: Option<usize>,
}

impl<'a> Pattern<'a> {
    pub(super) fn new(root: &'a Path, text: &'a str) -> Result<Self> {
        let literal = normal(&root.join(text));
        let glob = text.contains(['*', '?', '[', '{', '\\']).then(|| Glob::new(root, text)).transpose()?;
        Ok(Self { root, text, literal, glob })
    }

    /// What it matches, in no order.
    pub(super) fn expand(&self, skip: &Skip) -> Result<Expanded> {
        let kind = match std::fs::metadata(&self.literal) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if is_absent(&error) => return self.matches(skip),
            Err(error) => return Err(Fault::file("look at", &self.literal, error)),
        };
        if kind.is_dir() {
            return self.expanded(walk(&self.literal, None, skip, &|_| true)?);
        }
        let files = if kind.is_file() { vec![self.literal.clone()] } else { Vec::new() };
        self.expanded(Found { files, ..Found::default() })
    }

    fn matches(&self, skip: &Skip) -> Result<Expanded> {
        let Some(glob) = &self.glob else { return self.expanded(Found::default()) };
        if skip.covers(&glob.base, self.root) {
            return self.expanded(Found::default());
        }
        let found = walk(&glob.base, glob.deepest, skip, &|below| {
            glob.below.as_ref().is_none_or(|glob| glob.is_match(below))
        })?;
        self.expanded(found)
    }

    fn expanded(&self, Found { files, dangling }: Found) -> Result<Expanded> {
        let unmatched = if files.is_empty() { vec![self.text.to_owned()] } else { Vec::new() };
        let files = files.into_iter().map(|path| self.project_file(path)).collect::<Result<_>>()?;
        let dangling = dangling.into_iter().filter_map(|path| self.project_file(path).ok()).collect();
        Ok(Expanded { files, dangling, unmatched })
    }

    /// A name that is not UTF-8 has no place in a record, and any spelling of it could be another file's.
    fn project_file(&self, on_disk: PathBuf) -> Result<ProjectFile> {
        let shown = below(self.root, &on_disk).unwrap_or(&on_disk);
        let Some(path) = shown.to_str() else {
            let cause = format!("the name {shown:?} is not UTF-8");
            return Err(Fault::new(format!("expand «{}»", self.text), cause)
                .help("rename the file, or write a pattern that does not match it"));
        };
        let path = if MAIN_SEPARATOR == '/' { path.to_owned() } else { path.replace(MAIN_SEPARATOR, "/") };
        Ok(ProjectFile { path, on_disk })
    }
}

impl Glob {
    fn new(root: &Path, text: &str) -> Result<Self> {
        let first_mark = text.find(['*', '?', '[', '{', '\\']).unwrap_or(text.len());
        let split = text[..first_mark].rfind('/').map_or(0, |slash| slash + 1);
        let (base, below) = text.split_at(split);
        let below: Vec<&str> = below.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        let across = below.contains(&"**") || below.iter().any(|part| part.contains("**"));
        // «{a/b,c}» has a slash within braces, and then the slashes do not count the folders.
        let braces = below.len() > 1 && text.contains('{');
        let deepest = (!across && !braces).then_some(below.len());
        let all = below == ["**"];
        let matcher =
            GlobBuilder::new(&below.join("/")).literal_separator(true).backslash_escape(true).build();
        let matcher = matcher.map_err(|error| {
            Fault::new(format!("read the pattern «{text}»"), error)
                .help("write «[*]», «[?]», «[[]» or «[{]» where the mark itself is meant")
        })?;
        Ok(Self { base: normal(&root.join(base)), below: (!all).then(|| matcher.compile_matcher()), deepest })
    }
}

/// The path below the root. Most often the texts tell, which is cheaper than comparing part by part.
pub fn below<'a>(root: &Path, path: &'a Path) -> Option<&'a Path> {
    let by_text = || path.to_str()?.strip_prefix(root.to_str()?)?.strip_prefix(MAIN_SEPARATOR);
    match by_text() {
        Some(below) if !below.starts_with(MAIN_SEPARATOR) => Some(Path::new(below)),
        _ => path.strip_prefix(root).ok(),
    }
}

/// The path without `.` and `..`, by its text alone.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// Whether the error only says that there is no such file.
pub(super) fn is_absent(error: &io::Error) -> bool {
    use ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidFilename | InvalidInput)
}
