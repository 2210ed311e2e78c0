//! What the engine wants to see of a folder, as the metadata of its call say it.

use tonic::metadata::MetadataMap;

/// The folder, and which part of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// `context` or `dockerfile`.
    pub folder: String,
    /// Only what these match; all where there are none.
    pub include: Vec<String>,
    /// Nothing of what these match, in the manner of .dockerignore.
    pub exclude: Vec<String>,
    /// Only these paths, links in them followed; all where there are none.
    pub follow: Vec<String>,
}

impl Wanted {
    /// As the metadata say.
    pub fn of(metadata: &MetadataMap) -> Self {
        Self {
            folder: values(metadata, "dir-name").pop().unwrap_or_default(),
            include: values(metadata, "include-patterns"),
            exclude: values(metadata, "exclude-patterns"),
            follow: values(metadata, "followpaths"),
        }
    }
}

/// All values of a key. What is not ASCII comes as in the query of a URL, and a second key says so.
fn values(metadata: &MetadataMap, key: &str) -> Vec<String> {
    let is_encoded = metadata
        .get(format!("{key}-encoded"))
        .is_some_and(|value| matches!(value.as_bytes(), b"1" | b"true"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    metadata
        .get_all(key)
        .iter()
        .map(|value| if is_encoded { text(&decoded(value.as_bytes())) } else { text(value.as_bytes()) })
        .collect()
}

/// `a+b%C3%A9` is `a bé`. What is no escape stays as it is.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match (text[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 2;
            }
            (b'+', ..) => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn metadata_say_which_part_of_which_folder() {
        let mut metadata = MetadataMap::new();
        metadata.append("dir-name", "context".parse().unwrap());
        metadata.append("exclude-patterns", "*.log".parse().unwrap());
        metadata.append("exclude-patterns", "a+b".parse().unwrap());
        metadata.append("followpaths", "caf%C3%A9+1%zz".parse().unwrap());
        metadata.append("followpaths-encoded", "1".parse().unwrap());
        let expected = Wanted {
            folder: "context".into(),
            include: vec![],
            exclude: vec!["*.log".into(), "a+b".into()],
            follow: vec!["café 1%zz".into()],
        };
        assert_eq!(Wanted::of(&metadata), expected);
        assert_eq!(Wanted::of(&MetadataMap::new()), Wanted::default());
    }
}
