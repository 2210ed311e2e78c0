//! Where a test failed, out of what its runner says.

/// Where the tests ran.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The folder of the project, absolute.
    pub root: &'a str,
    /// The folder that the tests ran in, relative to the project with forward slashes.
    pub working_directory: &'a str,
}

/// A place in a file of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Relative to the project, with forward slashes.
    pub path: String,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// The line that failed, out of the texts; else the place that the test case declares.
///
/// Python lists the calls from the outside to the inside, so its last line in the project counts;
/// every other language the other way round. A line in the test's own file wins over others.
pub fn find(texts: &[&str], declared: Option<(&str, Option<u32>)>, origin: Origin<'_>) -> Option<Spot> {
    let declared = declared.and_then(|(path, line)| {
        Some(Spot { path: in_project(path, origin)?, line: line.filter(|line| *line > 0), column: None })
    });
    let spots: Vec<Spot> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(mention)
        .filter_map(|spot| Some(Spot { path: in_project(&spot.path, origin)?, ..spot }))
        .collect();
    let own = |spot: &&Spot| declared.as_ref().is_some_and(|declared| declared.path == spot.path);
    let python = spots.first().is_some_and(|spot| spot.path.ends_with(".py"));
    let chosen = if python {
        spots.iter().rev().find(own).or(spots.last())
    } else {
        spots.iter().find(own).or(spots.first())
    };
    chosen.cloned().or(declared)
}

/// The file and line that a line of a traceback names, whoever's file it is.
pub fn mention(line: &str) -> Option<Spot> {
    python_frame(line).or_else(|| line.split_whitespace().find_map(colons))
}

/// `File "tests/test_a.py", line 12, in test_a`
fn python_frame(line: &str) -> Option<Spot> {
    let (path, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some(Spot { path: path.to_owned(), line: digits.parse().ok(), column: None })
}

/// `tests/test_a.py:12:`, `(src/a.test.js:5:10)`, `src/lib.rs:2:20`
fn colons(word: &str) -> Option<Spot> {
    let word = word.rsplit('(').next()?.trim_matches([')', ',', ';', '\'', '"']);
    // Windows has a colon of its own behind the drive.
    let drive = if word.get(1..3).is_some_and(|start| matches!(start, ":\\" | ":/")) { 2 } else { 0 };
    let (path, rest) = word.split_at(drive + word[drive..].find(':')?);
    let mut numbers = rest[1..].split(':').map(|part| part.parse::<u32>().ok());
    let line = numbers.next()??;
    let extension = path.rsplit_once('.')?.1;
    if line == 0 || !SOURCES.contains(&extension.to_ascii_lowercase().as_str()) {
        return None;
    }
    Some(Spot { path: path.to_owned(), line: Some(line), column: numbers.next().flatten() })
}

/// What tests are written in. Without the list, `example.com:8080` would be a file. The JVM's languages
/// are left out: their traces name a file without its folder.
const SOURCES: [&str; 27] = [
    "py", "pyx", "ipynb", "rs", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "c", "cc", "cpp",
    "cxx", "h", "hpp", "cu", "go", "rb", "r", "jl", "sh", "swift", "cs", "php",
];

/// Folders below the project that hold other people's code.
const FOREIGN: [&str; 4] = ["site-packages", "node_modules", "dist-packages", ".venv"];

/// The path relative to the project; none for a file that is not the project's own.
fn in_project(path: &str, origin: Origin<'_>) -> Option<String> {
    let path = path.replace('\\', "/");
    let root = origin.root.replace('\\', "/");
    let absolute = path.starts_with('/') || path.get(1..2) == Some(":");
    let whole = if absolute {
        path.strip_prefix(root.trim_end_matches('/'))?.strip_prefix('/')?.to_owned()
    } else {
        format!("{}/{path}", origin.working_directory)
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ if FOREIGN.contains(&part) => return None,
            _ => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HERE: Origin<'static> = Origin { root: "/home/me/project", working_directory: "." };

    fn at(text: &str) -> Option<(String, u32, Option<u32>)> {
        find(&[text], None, HERE).map(|spot| (spot.path, spot.line.unwrap(), spot.column))
    }

    #[test]
    fn every_runner_has_its_own_way_to_say_where() {
        let cases = [
            ("tests/test_a.py:6: AssertionError", ("tests/test_a.py", 6, None)),
            ("tests/test_a.py:8: in test_deep\n    boom()\nlib.py:2: in boom", ("lib.py", 2, None)),
            ("  File \"/home/me/project/u/test_u.py\", line 3, in test_a", ("u/test_u.py", 3, None)),
            (
                "thread 'bad' (1) panicked at src/lib.rs:2:20:\n  at ./src/other.rs:9:1",
                ("src/lib.rs", 2, Some(20)),
            ),
            ("    at Object.<anonymous> (src/a.test.js:5:10)", ("src/a.test.js", 5, Some(10))),
            ("src/foo_test.cc:12: Failure", ("src/foo_test.cc", 12, None)),
        ];
        for (text, (path, line, column)) in cases {
            assert_eq!(at(text), Some((path.to_owned(), line, column)), "{text}");
        }
    }

    #[test]
    fn what_is_not_the_projects_own_is_no_place() {
        for text in [
            "/usr/lib/python3.11/importlib/__init__.py:126: in import_module",
            "at /rustc/5980/library/core/src/ops/function.rs:250:5",
            ".venv/lib/python3.11/site-packages/x.py:3: in f",
            "/home/me/project2/x.py:3: in f",
            "../x.py:3: in f",
            "connect to example.com:8080 at 12:30:45",
            "at com.example.ScorerTest.wrong(ScorerTest.java:21)",
            "a.py:0: nothing",
            "a.py:99999999999999999999: nothing",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    #[test]
    fn the_tests_own_file_wins_and_the_folder_counts() {
        let here = Origin { working_directory: "pkg", ..HERE };
        let text = "tests/test_a.py:8: \nlib.py:2: ValueError";
        let spot = find(&[text], Some(("tests/test_a.py", Some(7))), here).unwrap();
        assert_eq!((spot.path.as_str(), spot.line), ("pkg/tests/test_a.py", Some(8)));
        let spot = find(&["no place at all"], Some(("tests/test_a.py", Some(7))), here).unwrap();
        assert_eq!((spot.path.as_str(), spot.line), ("pkg/tests/test_a.py", Some(7)));
    }
}
