//! Newtypes for the names and digests that travel through the whole program.
//!
//! Each can only be made from text that is valid, so no later room has to ask again.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not a name of the wanted kind: a lowercase fragment that says what would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid(pub String);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Invalid {}

/// Declares a newtype over a validated `String`.
macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks `text` and wraps it.
            ///
            /// # Errors
            /// [`Invalid`] says which form was expected.
            pub fn new(text: impl Into<String>) -> Result<Self, Invalid> {
                let text = text.into();
                $check(&text)?;
                Ok(Self(text))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(from)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

text_name!(
    /// The name of a model: up to 128 letters, digits, `.`, `_` and `-`, not starting with a mark,
    /// so that it is safe in a path, a git ref, an image tag and the name of a check.
    ModelName,
    check_model
);

text_name!(
    /// The dotted name of a metric, as its metrics file spells it: one line, at most 256 characters.
    MetricName,
    check_metric
);

text_name!(
    /// A git commit: 40 or 64 lowercase hexadecimal digits.
    Commit,
    check_commit
);

fn check_model(text: &str) -> Result<(), Invalid> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    // Git refuses «..» and a trailing «.lock» or «.» in a ref, and a model's records live in one.
    let fits_ref = !text.contains("..") && !text.ends_with('.') && !text.ends_with(".lock");
    if starts_well && fits_ref && text.len() <= 128 && text.chars().all(allowed) {
        return Ok(());
    }
    Err(Invalid(format!(
        "«{text}» is not a model name: use 1 to 128 letters, digits, «.», «_» and «-», starting with a letter or digit"
    )))
}

fn check_metric(text: &str) -> Result<(), Invalid> {
    if text.trim().is_empty() {
        return Err(Invalid("a metric name is empty".into()));
    }
    if text.chars().count() > 256 || text.chars().any(char::is_control) {
        return Err(Invalid(format!(
            "«{}» is not a metric name: use one line of at most 256 characters",
            text.escape_debug().take(80).collect::<String>()
        )));
    }
    Ok(())
}

fn check_commit(text: &str) -> Result<(), Invalid> {
    let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if hex && matches!(text.len(), 40 | 64) {
        return Ok(());
    }
    Err(Invalid(format!("«{}» is not a git commit", text.escape_debug())))
}

impl Commit {
    /// The first seven digits, as git shows a commit to people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..7]
    }
}

/// The SHA-256 of some bytes, written `sha256:` and 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps the 32 bytes of a finished hash.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the form that [`fmt::Display`] writes.
    ///
    /// # Errors
    /// [`Invalid`] when `text` has another form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid(format!("«{}» is not a sha256 digest", text.escape_debug()));
        let hex = text.strip_prefix("sha256:").ok_or_else(invalid)?.as_bytes();
        if hex.len() != 64 {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = hex_digit(pair[0]).ok_or_else(invalid)? << 4 | hex_digit(pair[1]).ok_or_else(invalid)?;
        }
        Ok(Self(bytes))
    }

    /// The 32 bytes of the hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hexadecimal digits without the `sha256:` in front.
    #[must_use]
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = String::with_capacity(64);
        for byte in self.0 {
            hex.push(char::from(DIGITS[usize::from(byte >> 4)]));
            hex.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        hex
    }

    /// The first twelve hexadecimal digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.hex()[..12].to_owned()
    }
}

const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_names_are_safe_in_paths_and_refs() {
        for good in ["churn", "a", "churn-v2.1", "X_9"] {
            assert!(ModelName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-x", "a/b", "../x", "a..b", "a.lock", "a.", "a b", "ä", &"x".repeat(129)] {
            assert!(ModelName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_digest_reads_back_what_it_writes() {
        let digest = Digest::from_bytes(std::array::from_fn(|i| u8::try_from(i * 7).unwrap_or(0)));
        assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
        assert!(Digest::parse("sha256:00").is_err());
        assert!(Digest::parse(&digest.to_string().to_uppercase()).is_err());
    }

    #[test]
    fn metric_names_are_one_line() {
        assert!(MetricName::new("roc_auc/weighted (ovr)").is_ok());
        assert!(MetricName::new("a\nb").is_err());
        assert!(MetricName::new("  ").is_err());
    }
}
