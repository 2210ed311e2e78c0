//! The house keeps its order: each module imports only those above it in lib.rs, and what one file alone
//! may do, no other does.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file below `folder`, with its path relative to `src` and its code: no comments, no tests.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("src can be read") {
        let path = entry.expect("src can be read").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if ["tests.rs", "fixtures.rs"].iter().any(|end| name.ends_with(end))
            || ["fixtures", "tests"].contains(&name.as_str())
        {
            // Tests may reach for whatever they need.
        } else if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name =
                path.strip_prefix(source()).expect("it is below src").to_string_lossy().replace('\\', "/");
            found.push((name, code(&fs::read_to_string(&path).expect("it is text"))));
        }
    }
    found.sort();
    found
}

/// The code without comments and without what follows `#[cfg(test)] mod tests`.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text[..end].lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

/// The modules in the order of lib.rs.
fn order() -> Vec<String> {
    let text = fs::read_to_string(source().join("lib.rs")).expect("lib.rs is there");
    text.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect()
}

/// The module that a file belongs to: `gate/judge.rs` and `gate.rs` belong to `gate`.
fn module(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or(file)
}

/// The top-level modules that code names after `crate::`, groups in braces too.
fn imports(code: &str) -> Vec<String> {
    let word =
        |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut found = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(group) => {
                // Only names at the first level of the group are modules.
                let mut depth = 0;
                let mut start = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if c.is_whitespace() => {}
                        _ if start => {
                            found.push(word(&group[at..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
            None => found.push(word(after)),
        }
    }
    found
}

#[test]
fn modules_import_only_those_above_them() {
    let order = order();
    let place: BTreeMap<&str, usize> =
        order.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    assert!(place.len() > 20, "lib.rs lists the modules: {order:?}");
    let mut wrong = Vec::new();
    for (file, code) in files(&source()) {
        let Some(&own) = place.get(module(&file)) else {
            assert!(matches!(file.as_str(), "lib.rs" | "main.rs"), "{file} belongs to no module of lib.rs");
            continue;
        };
        for import in imports(&code) {
            match place.get(import.as_str()) {
                Some(&above) if above <= own => {}
                Some(_) => wrong.push(format!("{file} imports {import}, which stands below it")),
                None => wrong.push(format!("{file} imports crate::{import}, which is no module")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Words that only some files may use, and why they are theirs.
const RESERVED: [(&[&str], &[&str]); 6] = [
    // The only reader of the environment and the clock.
    (&["env::var", "vars_os", "env::current_", "SystemTime::now", "Instant::now"], &["environment.rs"]),
    // Upstream no longer develops it, so that it can be replaced in one place.
    (&["serde_yaml"], &["document/"]),
    // For the outermost edge.
    (&["anyhow"], &["cli/", "main.rs"]),
    // What a user sees on standard output is decided in one place.
    (&["println!", "print!(", "stdout()"], &["cli/", "environment.rs"]),
    (&["process::exit"], &[]),
    // Nothing is pushed without an approval.
    (&["image::push(", "push::push("], &["deploy/registry.rs"]),
];

#[test]
fn what_one_file_alone_may_do_no_other_does() {
    let mut wrong = Vec::new();
    for (file, code) in files(&source()) {
        for (words, homes) in RESERVED {
            if homes.iter().any(|home| file.starts_with(home)) {
                continue;
            }
            // `eprintln!` contains `println!` and is not meant.
            let code = code.replace("eprint", "");
            wrong.extend(
                words.iter().filter(|word| code.contains(*word)).map(|word| format!("{file}: {word}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_check_sees_what_it_must_see() {
    assert_eq!(imports("use crate::gate::judge;\nlet x = crate::name::Digest;"), ["gate", "name"]);
    assert_eq!(imports("use crate::{gate::{Row, judge}, report, test};"), ["gate", "report", "test"]);
    assert_eq!(
        code("// crate::a\nuse crate::b;\n#[cfg(test)]\nmod tests { use crate::c; }"),
        "use crate::b;"
    );
}
