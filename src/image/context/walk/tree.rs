//! The names of a folder's entries in order, without what a filter leaves out.

use std::collections::VecDeque;
use std::io::ErrorKind;

use crate::image::context::ignore::{Above, Ignore};
use crate::image::context::{Folder, Result};

/// Which entries are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these; none is all.
    include: Option<Ignore>,
    /// Not these.
    exclude: Ignore,
    /// What tells this filter from others.
    pub name: String,
}

impl Filter {
    pub fn ignoring(exclude: Ignore) -> Self {
        Self { name: "whole".into(), exclude, include: None }
    }

    /// # Errors
    /// What is wrong with a pattern.
    pub fn new(include: &[String], exclude: &[String]) -> std::result::Result<Self, String> {
        let included = if include.is_empty() { None } else { Some(Ignore::of_patterns(include)?) };
        let name = format!("{include:?}{exclude:?}");
        Ok(Self { include: included, exclude: Ignore::of_patterns(exclude)?, name })
    }
}

/// What a name is of, as far as its folder tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Folder,
    Other,
    /// A name that is not UTF-8.
    Unnamed,
}

/// A name that was not left out.
#[derive(Debug)]
pub struct Name {
    pub path: String,
    pub sort: Sort,
}

/// The names one by one.
#[derive(Debug)]
pub struct Tree {
    folder: Folder,
    filter: Filter,
    /// Relative to the folder, with forward slashes.
    ours: Vec<String>,
    /// From the root to where we are.
    levels: Vec<Level>,
    /// Folders that nobody wanted until something below them was, and that thing.
    ready: VecDeque<Name>,
    is_begun: bool,
}

/// A folder that is being walked.
#[derive(Debug, Default)]
struct Level {
    path: String,
    names: Names,
    next: usize,
    include: Above,
    exclude: Above,
    is_given: bool,
}

/// The names in a folder, sorted by their bytes, in as little memory as possible.
#[derive(Debug, Default)]
struct Names {
    bytes: String,
    items: Vec<(u32, u16, Sort)>,
}

impl Names {
    fn of(path: &std::path::Path) -> std::io::Result<Self> {
        let mut names = Self::default();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name();
            let shown = name.to_string_lossy();
            let is_folder = || entry.file_type().is_ok_and(|kind| kind.is_dir());
            let sort = match () {
                () if name.to_str().is_none() => Sort::Unnamed,
                () if is_folder() => Sort::Folder,
                () => Sort::Other,
            };
            let (Ok(begin), Ok(length)) = (u32::try_from(names.bytes.len()), u16::try_from(shown.len()))
            else {
                return Err(std::io::Error::other("there are too many files in it"));
            };
            names.bytes.push_str(&shown);
            names.items.push((begin, length, sort));
        }
        let Self { bytes, items } = &mut names;
        items.sort_unstable_by_key(|&(begin, length, _)| &bytes.as_bytes()[range(begin, length)]);
        Ok(names)
    }

    fn get(&self, number: usize) -> Option<(&str, Sort)> {
        let &(begin, length, sort) = self.items.get(number)?;
        Some((&self.bytes[range(begin, length)], sort))
    }
}

fn range(begin: u32, length: u16) -> std::ops::Range<usize> {
    begin as usize..begin as usize + usize::from(length)
}

impl Tree {
    pub fn new(folder: &Folder, filter: Filter) -> Self {
        let inside = |path: &std::path::PathBuf| {
            let path = path.strip_prefix(&folder.root).ok()?.to_str()?;
            (!path.is_empty()).then(|| path.replace(std::path::MAIN_SEPARATOR, "/"))
        };
        let ours = folder.shared.ours.iter().filter_map(inside).collect();
        let (levels, ready) = (Vec::new(), VecDeque::new());
        Self { folder: folder.clone(), filter, ours, levels, ready, is_begun: false }
    }

    pub fn is_over(&self) -> bool {
        self.is_begun && self.levels.is_empty() && self.ready.is_empty()
    }

    /// The next name that is wanted.
    pub fn next(&mut self) -> Option<Result<Name>> {
        if !self.is_begun {
            self.is_begun = true;
            if let Err(trouble) = self.enter(Level { is_given: true, ..Level::default() }, true) {
                return Some(Err(trouble));
            }
        }
        loop {
            if let Some(name) = self.ready.pop_front() {
                return Some(Ok(name));
            }
            let level = self.levels.last_mut()?;
            let Some((name, sort)) = level.names.get(level.next) else {
                self.levels.pop();
                continue;
            };
            level.next += 1;
            let path = if level.path.is_empty() { name.to_owned() } else { format!("{}/{name}", level.path) };
            if self.ours.contains(&path) {
                continue;
            }
            let step = if sort == Sort::Folder { self.folder(path) } else { self.other(path, sort) };
            if let Err(trouble) = step {
                return Some(Err(trouble));
            }
        }
    }

    fn other(&mut self, path: String, sort: Sort) -> Result<()> {
        let Some(level) = self.levels.last() else { return Ok(()) };
        let is_included =
            self.filter.include.as_ref().is_none_or(|include| include.decide(&path, &level.include));
        if is_included && !self.filter.exclude.decide(&path, &level.exclude) {
            self.give(Name { path, sort });
        }
        Ok(())
    }

    fn folder(&mut self, path: String) -> Result<()> {
        let Some(above) = self.levels.last() else { return Ok(()) };
        let mut level = Level { path, ..Level::default() };
        let mut is_wanted = true;
        if let Some(include) = &self.filter.include {
            (is_wanted, level.include) = include.below(&level.path, &above.include);
            if !is_wanted && !include.can_match_below(&level.path) {
                return Ok(());
            }
        }
        let (is_ignored, exclude) = self.filter.exclude.below(&level.path, &above.exclude);
        level.exclude = exclude;
        if is_ignored && !self.filter.exclude.can_except_below(&level.path) {
            return Ok(());
        }
        level.is_given = is_wanted && !is_ignored;
        if level.is_given {
            self.give(Name { path: level.path.clone(), sort: Sort::Folder });
        }
        let is_given = level.is_given;
        self.enter(level, is_given)
    }

    /// Reads a folder. One that is not wanted itself may be closed to us.
    fn enter(&mut self, mut level: Level, is_wanted: bool) -> Result<()> {
        match Names::of(&self.folder.root.join(&level.path)) {
            Ok(names) => level.names = names,
            Err(error) if super::is_gone(&error) && !level.path.is_empty() => return Ok(()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied && !is_wanted => return Ok(()),
            Err(error) => return Err(super::trouble(&self.folder, &level.path, error)),
        }
        self.levels.push(level);
        Ok(())
    }

    /// Gives a name, and first the folders above it that were not given yet.
    fn give(&mut self, name: Name) {
        for level in self.levels.iter_mut().filter(|level| !level.is_given) {
            level.is_given = true;
            self.ready.push_back(Name { path: level.path.clone(), sort: Sort::Folder });
        }
        self.ready.push_back(name);
    }
}
