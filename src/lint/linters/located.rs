//! From the paths that linters print to paths of the project.

use std::path::{Component, Path, PathBuf};

use crate::finding::Finding;

/// Where the project is, and where in it a linter ran. Nothing here looks at the disk.
#[derive(Debug, Clone)]
pub(in crate::lint) struct Project {
    /// The project's folder, as we and as the system may spell it.
    roots: Vec<PathBuf>,
    /// Where the linter ran, relative to the project.
    folder: PathBuf,
}

impl Project {
    /// A linter that runs in `folder` of the project in `root`.
    pub(in crate::lint) fn new(root: PathBuf, folder: &str) -> Self {
        Self { roots: vec![root], folder: PathBuf::from(folder) }
    }

    /// Another spelling of the project's folder: linters print what the system tells them.
    pub(in crate::lint) fn also_at(mut self, root: PathBuf) -> Self {
        if !self.roots.contains(&root) {
            self.roots.push(root);
        }
        self
    }

    /// Puts a finding at a path as a linter printed it. A path outside of the project is named in the message.
    pub(super) fn place(&self, finding: Finding, path: &str) -> Finding {
        let path = path.trim();
        let named = !(path.is_empty() || path == "<stdin>" || path == "-");
        if let Some(inside) = self.relative(path).filter(|_| named) {
            return finding.at_path(inside);
        }
        let place = Finding { path: Some(path.to_owned()), ..finding.clone() }.place();
        let message = if named { format!("{place}: {}", finding.message) } else { finding.message };
        // A line of no file is no place.
        Finding { message, line: None, column: None, ..finding }
    }

    fn relative(&self, path: &str) -> Option<String> {
        let path = from_uri(path);
        let drive =
            matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
        let path = Path::new(&path);
        if path.to_string_lossy().contains("://") || (drive && !path.is_absolute()) {
            return None;
        }
        let inside = if path.is_absolute() {
            let path = tidy(path)?;
            self.roots.iter().find_map(|root| path.strip_prefix(root).ok().map(Path::to_owned))?
        } else {
            tidy(&self.folder.join(path))?
        };
        let text = inside.to_str()?;
        let text = if std::path::MAIN_SEPARATOR == '/' { text.to_owned() } else { text.replace('\\', "/") };
        (!text.is_empty()).then_some(text)
    }
}

/// The path without `.` and `..`; none when it leads out of where it starts.
fn tidy(path: &Path) -> Option<PathBuf> {
    let mut tidy = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !tidy.pop() {
                    return None;
                }
            }
            other => tidy.push(other),
        }
    }
    Some(tidy)
}

fn from_uri(path: &str) -> String {
    let Some(rest) = path.strip_prefix("file:") else { return path.to_owned() };
    // file:///a, file://localhost/a and file:/a are the same; file:///C:/a begins with its drive.
    let rest = rest.strip_prefix("//").map_or(rest, |rest| rest.strip_prefix("localhost").unwrap_or(rest));
    let path = percent_decoded(rest);
    match path.strip_prefix('/') {
        Some(drive) if drive.as_bytes().get(1) == Some(&b':') => drive.to_owned(),
        _ => path,
    }
}

/// Replaces `%20` and the like; what is no UTF-8 afterwards stays as it was.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (first, after) {
            (b'%', [high, low, then @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                rest = then;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_project_with_forward_slashes() {
        let project = Project::new("/work/churn".into(), "src").also_at("/private/churn".into());
        for (printed, path) in [
            ("a.py", Some("src/a.py")),
            ("./a.py", Some("src/a.py")),
            ("../a.py", Some("a.py")),
            ("../../a.py", None),
            ("/work/churn/src/a.py", Some("src/a.py")),
            ("/work/churn/src/../b.py", Some("b.py")),
            ("/private/churn/a.py", Some("a.py")),
            ("/work/churning/a.py", None),
            ("/usr/lib/a.py", None),
            ("file:///work/churn/a%20b.py", Some("a b.py")),
            ("file://localhost/work/churn/a.py", Some("a.py")),
            ("https://example.com/a.py", None),
            ("100%.py", Some("src/100%.py")),
        ] {
            assert_eq!(project.relative(printed).as_deref(), path, "{printed}");
        }
        let outside = project.place(Finding::error("x", "y"), "/usr/lib/a.py");
        assert_eq!((outside.path, outside.message.as_str()), (None, "/usr/lib/a.py: y"));
    }
}
