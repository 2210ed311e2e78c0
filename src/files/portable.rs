//! Which paths of outputs mean the same file below a folder on every system, so that a bundle can hold them.

use unicode_normalization::UnicodeNormalization;

/// Why a name may not be unpacked; none for a name that may.
#[must_use]
pub fn why_unsafe(name: &str) -> Option<&'static str> {
    let drive =
        |part: &str| part.as_bytes().get(1) == Some(&b':') && part.as_bytes()[0].is_ascii_alphabetic();
    if name.is_empty() {
        return Some("it has no name");
    }
    if name.starts_with('/') {
        return Some("it is absolute");
    }
    if name.contains('\\') {
        return Some("it contains a backslash, which some systems take for a folder");
    }
    if name.chars().any(char::is_control) {
        return Some("it contains a control character");
    }
    if name.len() > 4096 {
        return Some("it is longer than 4096 bytes");
    }
    name.split('/').find_map(|part| match part {
        "" => Some("it has an empty part, as a folder would"),
        "." | ".." => Some("it leads elsewhere"),
        part if drive(part) => Some("it names a drive"),
        _ => None,
    })
}

/// Names with the same key are one file on systems that ignore case and the forms of Unicode.
#[must_use]
pub fn key(name: &str) -> String {
    name.nfd().flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_below_the_folder_are_safe() {
        for good in ["run.json", "outputs/a b/ü.bin", "outputs/...", "ab:c", "outputs/..a"] {
            assert_eq!(why_unsafe(good), None, "{good}");
        }
        let bad = ["", "/a", "../a", "a/../b", "a/..", "./a", "a//b", "a/", "a\\b", "C:/a", "o/c:", "a\nb"];
        for bad in bad {
            assert!(why_unsafe(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn case_and_form_make_no_other_file() {
        assert_eq!(key("Ä/X"), key("a\u{308}/x"));
        assert_ne!(key("a"), key("b"));
    }
}
