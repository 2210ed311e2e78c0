//! By what a comment of ours is found again among those of a pull or merge request.

/// What nobody sees and we know a comment by: its model, and the workflow or the job that writes it. No name can end it,
/// and no two names share one.
pub(super) fn marker(model: &str, job: &str) -> String {
    format!("<!-- modelgate: {}/{} -->", plain(model), plain(job))
}

/// The name in characters that mean nothing in HTML; every other one by its number.
fn plain(name: &str) -> String {
    let mut shown = String::new();
    for c in name.chars().take(200) {
        match c {
            '-' if !shown.ends_with('-') => shown.push(c),
            ' ' | '.' | '_' => shown.push(c),
            _ if c.is_ascii_alphanumeric() => shown.push(c),
            _ => shown += &format!("%{:x};", u32::from(c)),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_cannot_end_the_marker() {
        assert_eq!(marker("churn-eu", "Ship it"), "<!-- modelgate: churn-eu/Ship it -->");
        assert_eq!(marker("a", "x --> <b>"), "<!-- modelgate: a/x -%2d;%3e; %3c;b%3e; -->");
        assert_ne!(marker("a", "b/c"), marker("a/b", "c"));
    }

    proptest! {
        #[test]
        fn no_two_names_share_a_marker(one in "[-a%;/>]{0,6}", other in "[-a%;/>]{0,6}", any in any::<String>()) {
            prop_assert_eq!(one == other, plain(&one) == plain(&other));
            let text = marker(&any, &one);
            let within = &text["<!-- ".len()..text.len() - " -->".len()];
            prop_assert!(!within.contains("--") && !within.contains('>') && !within.contains('<'), "{}", text);
            prop_assert!(text.is_ascii() && text.len() < 4000);
        }
    }
}
