//! Where links lead: an engine that wants `model` wants what `model` links to as well.

use std::collections::BTreeSet;
use std::path::Path;

use crate::image::context::ignore::matches_name;

/// No chain of links that makes sense is longer.
const MOST: usize = 10_000;

/// The paths and patterns, and those that links on their way lead to. `.` is everything.
pub fn follow(root: &Path, wanted: &[String]) -> Vec<String> {
    let mut resolver = Resolver { root, found: BTreeSet::new(), left: MOST };
    for path in wanted {
        resolver.add(&inside("", path));
    }
    resolver.found.into_iter().collect()
}

struct Resolver<'a> {
    root: &'a Path,
    found: BTreeSet<String>,
    left: usize,
}

impl Resolver<'_> {
    /// Adds a clean path: every link on it is followed as if the root were the root of all.
    fn add(&mut self, path: &str) {
        if path.is_empty() {
            self.found.insert(".".into());
            return;
        }
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let (current, rest) = (&path[..end], path[end..].trim_start_matches('/'));
            let targets = self.targets(current);
            if targets.is_empty() && !rest.is_empty() {
                continue;
            }
            let Some(left) = self.left.checked_sub(1) else { return };
            self.left = left;
            // A link that leads back is known by now.
            if !self.found.insert(current.to_owned()) {
                return;
            }
            for target in targets {
                self.add(&inside(&target, rest));
            }
            return;
        }
    }

    /// What the links lead to that are called so; none when there is no link.
    fn targets(&self, path: &str) -> Vec<String> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if !has_marks(name) {
            return self.target(path).into_iter().collect();
        }
        let Ok(entries) = std::fs::read_dir(self.root.join(folder)) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|entry| matches_name(name, entry)).collect();
        names.sort_unstable();
        names.iter().filter_map(|name| self.target(&inside(folder, name))).collect()
    }

    fn target(&self, path: &str) -> Option<String> {
        let target = std::fs::read_link(self.root.join(path)).ok()?;
        let target = target.to_str()?.replace(std::path::MAIN_SEPARATOR, "/");
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        Some(if target.starts_with('/') { inside("", &target) } else { inside(folder, &target) })
    }
}

/// A path from a folder, clean; what would lead out of the root ends there. Empty for the root.
fn inside(folder: &str, path: &str) -> String {
    crate::image::context::ignore::clean(&format!("/{folder}/{path}"))[1..].to_owned()
}

fn has_marks(name: &str) -> bool {
    let mut characters = name.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => drop(characters.next()),
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_on_the_way_and_at_the_end_and_never_out() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join(name);
        std::fs::create_dir_all(path("data/new")).unwrap();
        std::fs::write(path("data/new/a.py"), "").unwrap();
        for (target, link) in [
            ("data/new", "now"),
            ("/data", "absolute"),
            ("../../../etc", "out"),
            ("loop-b", "loop-a"),
            ("loop-a", "loop-b"),
            ("self/below", "self"),
            (".", "here"),
            ("nowhere", "lost"),
        ] {
            symlink(target, path(link)).unwrap();
        }
        let follow = |wanted: &str| follow(root.path(), &[wanted.to_owned()]).join(" ");
        assert_eq!(follow("data/new/a.py"), "data/new/a.py");
        assert_eq!(follow("/data/../data/./new"), "data/new");
        assert_eq!(follow("now/a.py"), "data/new/a.py now");
        assert_eq!(follow("absolute"), "absolute data");
        assert_eq!(follow("out/passwd"), "etc/passwd out");
        assert_eq!(follow("../../x"), "x");
        assert_eq!(follow("loop-a/x"), "loop-a loop-b");
        assert_eq!(follow("self/x"), "self");
        assert_eq!(follow("here"), ". here");
        assert_eq!(follow("lost"), "lost nowhere");
        assert_eq!(follow("n*"), "data/new n*");
        assert_eq!(follow("data/*/a.py"), "data/*/a.py");
        assert_eq!(follow("missing/x"), "missing/x");
        assert_eq!(follow("."), ".");
    }
}
