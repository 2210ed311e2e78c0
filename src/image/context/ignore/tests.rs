#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn ignore(text: &str) -> Ignore {
    Ignore::parse(text.as_bytes(), ".dockerignore")
        .unwrap_or_else(|findings| panic!("{text:?}: {findings:?}"))
}

/// The paths that a file of these lines ignores, and those that it keeps.
#[track_caller]
fn case(text: &str, ignored: &[&str], kept: &[&str]) {
    let ignore = ignore(text);
    for (paths, is_ignored) in [(ignored, true), (kept, false)] {
        for path in paths {
            assert_eq!(ignore.matches(path), is_ignored, "{path:?} with {text:?}");
        }
    }
}

#[test]
fn a_pattern_begins_at_the_root_and_carries_below() {
    case("data", &["data", "data/a", "data/b/c"], &["src/data", "data2", "dat"]);
    case("data/raw", &["data/raw", "data/raw/a"], &["data", "data/rawer"]);
    case("/data/", &["data", "data/a"], &["src/data"]);
    case("./data/../data//raw/.", &["data/raw"], &["data"]);
    case("../data", &[], &["data", "data/x"]);
    case("/", &[], &["a"]);
    case(".", &[], &["a"]);
}

#[test]
fn stars_stop_at_slashes_and_two_of_them_do_not() {
    case("*", &["a", ".env", "a/b"], &[]);
    case("*.py", &["a.py", ".py", "a.py/b"], &["a/b.py", "a.pyc"]);
    case("*/cache", &["a/cache", "a/cache/b"], &["cache", "a/b/cache"]);
    case("**/cache", &["cache", "a/cache", "a/b/cache/c"], &["acache", "a/xcache"]);
    case("**cache", &["cache", "xcache", "a/xcache"], &["cached"]);
    case("**/*.pyc", &["a.pyc", "a/b.pyc"], &["a.py"]);
    case("data/**", &["data/a", "data/a/b"], &["data", "database"]);
    case("data**", &["data", "database", "data/a"], &["a/data"]);
    case("data/**/tmp", &["data/tmp", "data/a/b/tmp"], &["data/atmp", "tmp"]);
    case("**", &["a", "a/b"], &[]);
    case("a?c", &["abc", "aéc"], &["ac", "a/c", "abbc"]);
}

#[test]
fn the_last_pattern_that_matches_decides() {
    case("*\n!keep.py", &["a.py", "sub"], &["keep.py"]);
    case("data\n!data/small", &["data", "data/big"], &["data/small", "data/small/a"]);
    case("!a.py\n*.py", &["a.py"], &[]);
    case("*\n!src\nsrc/private", &["a", "src/private", "src/private/a"], &["src", "src/a.py"]);
    // What a pattern would not change above, it does not carry below: then the last line does not win, for Docker
    // neither.
    case("data/a\n!data", &["data/a"], &["data", "data/b"]);
    case(
        "**\n!src/**/*.py\nsrc/private",
        &["a", "src/a.txt"],
        &["src/a.py", "src/b/c.py", "src/private/a.py"],
    );
}

#[test]
fn classes_are_gos_and_what_docker_makes_of_them() {
    case("[a-c]x", &["ax", "cx"], &["dx", "x"]);
    case("[^a-c]x", &["dx", "éx"], &["ax"]);
    case("a[^b]c", &["a/c"], &["abc"]);
    case("[\\]\\-]", &["]", "-"], &["\\"]);
    case("[!a]", &["!", "a"], &["b"]);
    case("v\\*", &["v*"], &["v1", "v\\*"]);
    // Accidents of the way over a regular expression. To be Docker's they have to be kept.
    case("v\\d", &["v1"], &["vd"]);
    case("[[:alpha:]]1", &["a1"], &[":1"]);
    case("[a*]b", &["a]b", "aa]b", "^]b"], &["ab", "*b"]);
    case("a^*", &[], &["a^b"]);
    case("a|*.py", &["abc", "b.py", "sub/b.py"], &["b.txt"]);
    case("a{2}?", &["aab"], &["a{2}b"]);
    case("{a,b}.*", &["{a,b}.c"], &["a.c"]);
    case("a|b", &["a|b"], &["a", "b"]);
    case("a.b+(c)$", &["a.b+(c)$"], &["axb+(c)$"]);
}

#[test]
fn lines_are_read_as_docker_reads_them() {
    case("\u{feff}a\r\n  b\t\r\n\r\n#c\r\n #d\r\ne#f", &["a", "b", "#d", "e#f"], &["#c", "c", "d", "e"]);
    case("*\n!  a", &["b"], &["a"]);
    case("*\n!/a", &["b"], &["a"]);
    case("!!a", &[], &["!a", "a"]);
    case("\\#a\n\\!b", &["#a", "!b"], &["a", "b"]);
    case("a b", &["a b"], &["a", "b"]);
    case("", &[], &["a"]);
    assert!(ignore("# nothing\n\n").is_empty());
}

#[test]
fn what_is_no_pattern_is_a_finding_with_its_line() {
    let long = "a".repeat(LONGEST_LINE);
    let lines =
        ["ok", "[", "!", "! ", "!/", "a[]", "[a", "[c-a]", "b\\", "\\z", "x{2}{3}*", "[[:alfa:]]", &long];
    let mut text = lines.join("\n").into_bytes();
    text.extend(b"\nlatin-\xe9\n");
    let findings = Ignore::parse(&text, "app/.dockerignore").unwrap_err();
    let shown: Vec<String> =
        findings.iter().map(|finding| format!("{}: {}", finding.place(), finding.message)).collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert!(findings.iter().all(|finding| finding.code == "image-ignore" && finding.help.is_some()));
}

#[test]
fn the_engine_is_told_which_of_its_patterns_is_none() {
    let patterns = |lines: &[&str]| {
        Ignore::of_patterns(&lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(patterns(&["a", "[b"]).unwrap_err(), "«[b»: a «[» has no «]»");
    assert!(patterns(&["a", "!a/b"]).unwrap().matches("a/c"));
}

#[test]
fn what_is_kept_is_kept_whatever_its_name() {
    let ignore = ignore("**").keeping("a/[Docker]*").keeping(".dockerignore");
    assert!(!ignore.matches("a/[Docker]*") && !ignore.matches(".dockerignore"));
    assert!(ignore.matches("a/D") && ignore.matches("b"));
}

#[test]
fn a_folder_is_entered_only_when_something_below_it_can_be_wanted() {
    let can = |text: &str, folder: &str| ignore(text).can_except_below(folder);
    assert!(!can("a", "a"));
    assert!(can("a\n!a/b/c", "a") && can("a\n!a/b/c", "a/b"));
    assert!(!can("a\n!a/b/c", "a/d") && !can("a\n!ab", "a"));
    assert!(can("a\n!a/*", "a") && can("a\n!a/**", "a"));
    assert!(can("a\n!**/c", "a/b/d"), "anything can be below");
}

#[test]
fn a_hostile_pattern_takes_no_time() {
    let stars = "a*".repeat(200);
    let path = "a".repeat(4000);
    assert!(!ignore(&format!("{stars}b")).matches(&path));
    assert!(!ignore(&format!("{}*b?", "**/a".repeat(200))).matches(&path));
    assert!(!ignore("a{1000}{1}").matches(&path), "an exact text");
    assert!(!ignore("x{1000}*y?").matches(&path));
}
