//! `SHA256SUMS`, in the format that `sha256sum -c` reads. Names that need its escapes are refused before.

use std::collections::BTreeMap;

use crate::name::Digest;

pub(super) fn render(digests: &BTreeMap<String, Digest>) -> String {
    digests.iter().map(|(name, digest)| format!("{}  {name}\n", digest.hex())).collect()
}

/// The digests by name; none when a line has another form or a name comes twice.
pub(super) fn parse(text: &str) -> Option<BTreeMap<String, Digest>> {
    let mut digests = BTreeMap::new();
    for line in text.lines() {
        let (hex, name) = line.split_once("  ")?;
        let digest = Digest::parse(&format!("sha256:{hex}")).ok()?;
        if digests.insert(name.to_owned(), digest).is_some() {
            return None;
        }
    }
    Some(digests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_read_back_and_doubtful_ones_do_not() {
        let digest = Digest::from_bytes([7; 32]);
        let digests = BTreeMap::from([("a  b".to_owned(), digest), ("c".to_owned(), digest)]);
        let text = render(&digests);
        assert_eq!(parse(&text), Some(digests));
        assert_eq!(parse(&format!("{text}{text}")), None);
        assert_eq!(parse("x  y\n"), None);
    }
}
