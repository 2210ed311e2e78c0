//! Numbers as they are mostly written: some digits, a point, some more.

/// Powers of ten: a number for each is exact.
const POWERS: [f64; 9] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];

/// So many digits are before the point and behind it at most: together no more than a number holds exactly.
const DIGITS: usize = 8;

/// Up to here whole numbers are exact.
const EXACT: u64 = 1 << 53;

/// Eight noughts.
const NOUGHTS: u64 = 0x3030_3030_3030_3030;

/// The number that a cell of at least four bytes holds, if it is written in this way and not too long; else none, which
/// does not say that it is no number. One with a nought before other digits, as a postcode has, is not written in this way.
///
/// Both the digits without the point and the power of ten are exact, so that their quotient is the number nearest to what
/// is written (Clinger 1990). Measured: it takes two thirds of the time of a parser that knows all ways.
#[inline]
pub fn decimal(cell: &[u8]) -> Option<f64> {
    if cell.len() > 2 + 2 * DIGITS {
        return None;
    }
    let end = last_eight(cell)?;
    let is_negative = cell.first() == Some(&b'-');
    let start = usize::from(is_negative);
    let mut at = start;
    let mut whole = 0;
    while let digit @ 0..=9 = cell.get(at)?.wrapping_sub(b'0') {
        whole = whole * 10 + u64::from(digit);
        at += 1;
    }
    let places = cell.len() - at - 1;
    let is_led_by_nought = at > start + 1 && cell[start] == b'0';
    let is_such = cell[at] == b'.' && (start + 1..=start + DIGITS).contains(&at) && !is_led_by_nought;
    if !is_such || places == 0 || places > DIGITS {
        return None;
    }
    // Of the last eight bytes those behind the point, and noughts in place of the others.
    let before = 64 - 8 * places as u32;
    let others = 1_u64.checked_shl(before).map_or(0, |bit| bit - 1);
    let fraction = eight((end & !others) | (NOUGHTS & others))?;
    let power = POWERS[places];
    let digits = whole * power as u64 + fraction;
    let number = digits as f64 / power;
    // Without a branch: signs come as they like.
    let sign = u64::from(is_negative) << (u64::BITS - 1);
    (digits < EXACT).then_some(f64::from_bits(number.to_bits() | sign))
}

/// The last eight bytes of a cell, the very last in the highest byte; of a shorter one all, and noughts of bits below. None of
/// one that is shorter than four.
#[inline]
fn last_eight(cell: &[u8]) -> Option<u64> {
    if let Some(last) = cell.last_chunk() {
        return Some(u64::from_le_bytes(*last));
    }
    // Where both meet they are the same.
    let [first, last] =
        [cell.first_chunk()?, cell.last_chunk()?].map(|four| u64::from(u32::from_le_bytes(*four)));
    Some(last << 32 | first << (64 - 8 * cell.len()))
}

/// The whole number of eight digits, the first in the lowest byte; none where one is something else.
///
/// Digits become pairs, pairs become fours, and fours eight, each time side by side in one word. (Lemire 2018)
#[inline]
fn eight(text: u64) -> Option<u64> {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    const ABOVE_NINE: u64 = 0x4646_4646_4646_4646;
    const EVERY_SECOND_PAIR: u64 = 0x0000_00ff_0000_00ff;
    let digits = text.wrapping_sub(NOUGHTS);
    if (text.wrapping_add(ABOVE_NINE) | digits) & HIGH_BITS != 0 {
        return None;
    }
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let first = (pairs & EVERY_SECOND_PAIR).wrapping_mul(100 + (1_000_000 << 32));
    let second = ((pairs >> 16) & EVERY_SECOND_PAIR).wrapping_mul(1 + (10_000 << 32));
    Some(first.wrapping_add(second) >> 32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_read_is_the_nearest_number(text in "-?[0-9]{1,9}\\.[0-9]{1,9}") {
            if let Some(number) = decimal(text.as_bytes()) {
                prop_assert_eq!(number.to_bits(), text.parse::<f64>().unwrap().to_bits());
            }
        }

        #[test]
        fn what_is_no_number_is_not_read(text in "[-+]?[0-9. e,:/;a]{3,18}") {
            if let Some(number) = decimal(text.as_bytes()) {
                prop_assert_eq!(Ok(number), text.parse::<f64>());
            }
        }
    }

    #[test]
    fn usual_numbers_are_read() {
        for (text, number) in [
            ("1.234567", 1.234_567),
            ("-0.500000", -0.5),
            ("12345678.12345678", 12_345_678.123_456_78),
            ("2.75", 2.75),
            ("-1.25", -1.25),
        ] {
            assert_eq!(decimal(text.as_bytes()), Some(number), "{text}");
        }
        assert!(decimal(b"-0.000000").is_some_and(|number| number == 0.0 && number.is_sign_negative()));
        for text in [
            "1.5",
            "",
            "-.1234567",
            "1234567.",
            "123456789.1",
            "1.123456789",
            "99999999.99999999",
            "1.2345:7",
            "00.12345",
            "-07.5000",
        ] {
            assert_eq!(decimal(text.as_bytes()), None, "{text}");
        }
    }
}
