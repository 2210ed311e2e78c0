//! What has changed between two keys, in words.

use std::collections::BTreeMap;

use super::Key;
use crate::name::Digest;

/// How many names are said before the rest is only counted.
const NAMED: usize = 3;

/// What differs between the key of `run` and this one, such as `train.py has changed since run …`.
pub(super) fn difference(last: &Key, key: &Key, run: &str) -> String {
    let mut parts = Vec::new();
    if last.script != key.script {
        parts.push("the command has changed".to_owned());
    }
    if last.image != key.image {
        parts.push("the image that it runs in has changed".to_owned());
    }
    let env = Changes::between(&last.env, &key.env);
    parts.extend(said(&env.changed, "has changed", "have changed"));
    parts.extend(said(&env.new, "is new in the environment", "are new in the environment"));
    parts.extend(said(&env.gone, "has left the environment", "have left the environment"));
    for (kind, before, now) in
        [("input", &last.inputs, &key.inputs), ("output of the steps before", &last.upstream, &key.upstream)]
    {
        let files = Changes::between(before, now);
        parts.extend(said(&files.changed, "has changed", "have changed"));
        parts.extend(counted(kind, &files.new, "new"));
        parts.extend(counted(kind, &files.gone, "gone"));
    }
    if last.outputs != key.outputs {
        parts.push("the list of outputs has changed".to_owned());
    }
    let run = shown(run);
    match parts.as_slice() {
        [] => format!("the cache no longer holds what run {run} made"),
        [only] => format!("{only} since run {run}"),
        _ => format!("since run {run}: {}", parts.join("; ")),
    }
}

/// Names that changed, came and went.
struct Changes<'a> {
    changed: Vec<&'a str>,
    new: Vec<&'a str>,
    gone: Vec<&'a str>,
}

impl<'a> Changes<'a> {
    fn between(before: &'a BTreeMap<String, Digest>, now: &'a BTreeMap<String, Digest>) -> Self {
        let other = |name: &String, digest: &Digest| before.get(name).is_some_and(|old| old != digest);
        let changed = now.iter().filter(|(name, digest)| other(name, digest));
        Self {
            changed: changed.map(|(name, _)| name.as_str()).collect(),
            new: now.keys().filter(|name| !before.contains_key(*name)).map(String::as_str).collect(),
            gone: before.keys().filter(|name| !now.contains_key(*name)).map(String::as_str).collect(),
        }
    }
}

/// `a has changed`, `a and b have changed`; nothing of no names.
fn said(names: &[&str], of_one: &str, of_many: &str) -> Option<String> {
    match names {
        [] => None,
        [only] => Some(format!("{} {of_one}", shown(only))),
        _ => Some(format!("{} {of_many}", listed(names))),
    }
}

/// `1 input is new (a)`, `2 inputs are gone (a and b)`; nothing of no names.
fn counted(kind: &str, names: &[&str], how: &str) -> Option<String> {
    let many = kind.replacen("put", "puts", 1);
    match names {
        [] => None,
        [only] => Some(format!("1 {kind} is {how} ({})", shown(only))),
        _ => Some(format!("{} {many} are {how} ({})", names.len(), listed(names))),
    }
}

/// `a, b and c`, `a, b, c and 7 more`.
pub(super) fn listed(names: &[&str]) -> String {
    let first: Vec<String> = names.iter().take(NAMED).map(|name| shown(name)).collect();
    match (names.len().checked_sub(NAMED), first.split_last()) {
        (Some(more @ 1..), _) => format!("{} and {more} more", first.join(", ")),
        (_, Some((last, rest))) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => first.concat(),
    }
}

/// A name on one line, whatever is in it.
pub(super) fn shown(name: &str) -> String {
    if name.chars().any(char::is_control) { name.escape_debug().to_string() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Step;

    fn named(names: &[(&str, u8)]) -> BTreeMap<String, Digest> {
        names.iter().map(|&(name, number)| (name.to_owned(), Digest::from_bytes([number; 32]))).collect()
    }

    fn key() -> Key {
        Key {
            step: Step::Train,
            script: "[]".into(),
            env: named(&[("PYTHONHASHSEED", 0)]),
            inputs: named(&[("params.json", 0), ("train.py", 0)]),
            upstream: named(&[]),
            outputs: vec!["model.joblib".into()],
            image: None,
        }
    }

    #[test]
    fn one_change_is_a_plain_sentence() {
        let say = |changed: Key| difference(&key(), &changed, "7f3a");
        let changed = Key { inputs: named(&[("params.json", 1), ("train.py", 0)]), ..key() };
        assert_eq!(say(changed), "params.json has changed since run 7f3a");
        let changed = Key { inputs: named(&[("params.json", 1), ("train.py", 1)]), ..key() };
        assert_eq!(say(changed), "params.json and train.py have changed since run 7f3a");
        assert_eq!(say(Key { script: "x".into(), ..key() }), "the command has changed since run 7f3a");
        assert_eq!(
            say(Key { image: Some(Digest::from_bytes([1; 32])), ..key() }),
            "the image that it runs in has changed since run 7f3a"
        );
        assert_eq!(
            say(Key { env: named(&[("PYTHONHASHSEED", 1)]), ..key() }),
            "PYTHONHASHSEED has changed since run 7f3a"
        );
        let more = named(&[("params.json", 0), ("train.py", 0), ("a", 0), ("b\n", 0)]);
        assert_eq!(say(Key { inputs: more, ..key() }), r"2 inputs are new (a and b\n) since run 7f3a");
        assert_eq!(say(key()), "the cache no longer holds what run 7f3a made");
    }

    #[test]
    fn several_changes_are_a_list_and_many_names_are_counted() {
        let changed = Key {
            script: "x".into(),
            env: named(&[]),
            inputs: named(&[("a", 0), ("b", 0), ("c", 0), ("d", 0), ("train.py", 0)]),
            upstream: named(&[("model.joblib", 0)]),
            outputs: vec![],
            ..key()
        };
        assert_eq!(
            difference(&key(), &changed, "7f3a"),
            "since run 7f3a: the command has changed; PYTHONHASHSEED has left the environment; \
             4 inputs are new (a, b, c and 1 more); 1 input is gone (params.json); \
             1 output of the steps before is new (model.joblib); the list of outputs has changed"
        );
    }
}
