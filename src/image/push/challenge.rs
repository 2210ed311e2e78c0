//! What a registry asks for before it answers: the header `WWW-Authenticate`.

use std::collections::BTreeMap;

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token, which another server gives.
    Bearer {
        /// Where.
        realm: String,
        /// For whom, in the words of that server.
        service: Option<String>,
        /// What for.
        scope: Option<String>,
    },
    /// The user and the password.
    Basic,
}

impl Challenge {
    /// What the values of the header ask for; a token where there is the choice.
    pub(super) fn read<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let found: Vec<Self> = values.into_iter().flat_map(challenges).collect();
        let bearer = found.iter().find(|challenge| matches!(challenge, Self::Bearer { .. }));
        bearer.or(found.first()).cloned()
    }
}

/// The challenges of one value. What is of another kind, or of no form, is left out.
fn challenges(value: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    let mut rest = value.trim_start_matches([' ', ',', '\t']);
    while !rest.is_empty() {
        let end = rest.find([' ', ',', '=', '\t']).unwrap_or(rest.len());
        let (word, after) = (rest[..end].to_ascii_lowercase(), &rest[end..]);
        if let Some(text) = after.trim_start().strip_prefix('=') {
            let Some((text, after)) = parameter(text.trim_start()) else { break };
            if let Some((_, parameters)) = found.last_mut() {
                parameters.entry(word).or_insert(text);
            }
            rest = after;
        } else {
            found.push((word, BTreeMap::new()));
            rest = after;
        }
        let next = rest.trim_start_matches([' ', ',', '\t']);
        if next.len() == rest.len() && !rest.is_empty() {
            break;
        }
        rest = next;
    }
    found.into_iter().filter_map(|(scheme, parameters)| challenge(&scheme, parameters)).collect()
}

fn challenge(scheme: &str, mut parameters: BTreeMap<String, String>) -> Option<Challenge> {
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: parameters.remove("realm")?,
            service: parameters.remove("service"),
            scope: parameters.remove("scope"),
        }),
        _ => None,
    }
}

/// The value of a parameter, in quotes or bare, and what comes after it.
fn parameter(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', ',', '\t']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            letter => value.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Option<Challenge> {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Some(Challenge::Bearer { realm: realm.into(), service: owned(service), scope: owned(scope) })
    }

    #[test]
    fn the_forms_that_registries_use() {
        for (value, expected) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                bearer(
                    "https://auth.docker.io/token",
                    Some("registry.docker.io"),
                    Some("repository:a/b:pull,push"),
                ),
            ),
            (r#"bearer realm="https://x/t" , Service=x"#, bearer("https://x/t", Some("x"), None)),
            (r#"Basic realm="Registry Realm""#, Some(Challenge::Basic)),
            ("Basic", Some(Challenge::Basic)),
            (r#"Basic realm="a", Bearer realm="https://x/t""#, bearer("https://x/t", None, None)),
            (r#"Bearer realm="a\"b",error="insufficient_scope""#, bearer("a\"b", None, None)),
            (r#"Negotiate, Basic realm="x, y""#, Some(Challenge::Basic)),
            ("Negotiate", None),
            ("", None),
            (",,,", None),
            ("Bearer service=x", None),
            (r#"Bearer realm="never ends"#, None),
            ("=", None),
        ] {
            assert_eq!(Challenge::read([value]), expected, "{value}");
        }
        let both = Challenge::read(["Basic realm=x", r#"Bearer realm="https://x/t""#]);
        assert_eq!(both, bearer("https://x/t", None, None));
    }

    proptest! {
        #[test]
        fn any_value_is_read_to_its_end(value in "[ -~é]{0,60}") {
            let _ = Challenge::read([value.as_str()]);
        }
    }
}
