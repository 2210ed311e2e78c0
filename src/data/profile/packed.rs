//! Integers in few characters: in seven bits a byte (LEB128), and the bytes in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Integers as a text.
#[must_use]
pub fn pack(integers: impl IntoIterator<Item = u64>) -> String {
    let mut bytes = Vec::new();
    for mut integer in integers {
        while integer >= 0x80 {
            bytes.push((integer & 0x7f) as u8 | 0x80);
            integer >>= 7;
        }
        bytes.push(integer as u8);
    }
    STANDARD.encode(bytes)
}

/// The integers of a text; none where it is not one that [`pack`] makes, or holds more than `most`.
#[must_use]
pub fn unpack(text: &str, most: usize) -> Option<Vec<u64>> {
    // Ten bytes an integer, and four characters for three bytes.
    if text.len() > most.saturating_mul(14).saturating_add(4) {
        return None;
    }
    let bytes = STANDARD.decode(text).ok()?;
    let mut integers = Vec::new();
    let (mut integer, mut shift) = (0_u64, 0);
    for byte in bytes {
        let part = u64::from(byte & 0x7f);
        if shift > 63 || part << shift >> shift != part {
            return None;
        }
        integer |= part << shift;
        shift += 7;
        if byte < 0x80 {
            integers.push(integer);
            (integer, shift) = (0, 0);
        }
    }
    (shift == 0 && integers.len() <= most).then_some(integers)
}

/// A signed integer as one without a sign, small when it is near nought.
#[must_use]
pub const fn unsigned(integer: i64) -> u64 {
    ((integer << 1) ^ (integer >> 63)).cast_unsigned()
}

/// The inverse of [`unsigned`].
#[must_use]
pub const fn signed(integer: u64) -> i64 {
    (integer >> 1).cast_signed() ^ -((integer & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_list_of_integers_is_refused() {
        // Not base64; cut off within an integer; beyond 64 bits.
        for text in ["?", "gA==", "////////////fw==", "/////////////w8="] {
            assert_eq!(unpack(text, 100), None, "{text}");
        }
        assert_eq!(unpack(&pack([1, 2, 3]), 2), None);
    }

    proptest! {
        #[test]
        fn integers_come_back(integers in prop::collection::vec(any::<u64>(), 0..50), small in any::<i64>()) {
            prop_assert_eq!(unpack(&pack(integers.clone()), 50), Some(integers));
            prop_assert_eq!(signed(unsigned(small)), small);
        }

        #[test]
        fn no_text_panics(text in "[A-Za-z0-9+/]{0,40}={0,2}") {
            let _ = unpack(&text, 10);
        }
    }
}
