//! What somebody probably meant.

/// The known word nearest to `word`, where one is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |word: &str| word.to_lowercase().replace('_', "-");
    let word = plain(word);
    let far = |known: &str| strsim::damerau_levenshtein(&word, &plain(known));
    let near_enough = |known: &str| far(known) <= (known.len().max(word.len()) / 3).max(1);
    // The longest key has some twenty letters, and the distance takes the product of the two.
    let candidates = known.iter().copied().filter(|_| word.len() <= 64);
    candidates.filter(|known| near_enough(known)).min_by_key(|known| far(known))
}

/// The nearest as a question, or all of them.
pub(crate) fn help(word: &str, known: &[&str], what: &str) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean «{near}»?"),
        None => format!("the {what} here are {}", list(known)),
    }
}

/// The words in code marks, as a sentence has them.
pub(crate) fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => format!("`{word}`"),
        [words @ .., last] => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            format!("{} and `{last}`", words.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_meant() {
        let known = ["timeout", "run", "working-directory", "min"];
        assert_eq!(nearest("tiemout", &known), Some("timeout"));
        assert_eq!(nearest("working_directory", &known), Some("working-directory"));
        assert_eq!(nearest("Run", &known), Some("run"));
        assert_eq!(nearest("banana", &known), None);
        assert_eq!(nearest("a", &known), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), &known), None);
    }
}
