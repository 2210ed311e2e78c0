//! Hashes: the same on any machine, in any run, and of values that the file's author may have chosen only to be spread.

use std::hash::{BuildHasherDefault, Hasher};

use twox_hash::XxHash3_128;

use super::order;
use super::stream::mixed;

/// Sixty-four bits of which each depends on all of the number's: the end of SplitMix64 (Steele, Lea and Flood 2014).
///
/// No two numbers have the same, so whoever counts hashes of numbers counts numbers.
#[must_use]
#[inline]
pub const fn mix(number: u64) -> u64 {
    mixed(number.wrapping_add(0x9e37_79b9_7f4a_7c15))
}

/// The hash of a number; minus nought has that of nought.
#[must_use]
pub fn of_number(number: f64) -> u64 {
    mix(order::key(number + 0.0))
}

/// The hash of a text: half of xxh3's.
#[must_use]
pub fn of_text(text: &str) -> u64 {
    half(text.as_bytes())
}

#[expect(clippy::cast_possible_truncation, reason = "either half is as good")]
fn half(bytes: &[u8]) -> u64 {
    XxHash3_128::oneshot(bytes) as u64
}

/// A hasher for maps whose keys are numbers or texts, three times as fast as the standard library's.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mixer(u64);

/// Makes [`Mixer`]s.
pub type Mixing = BuildHasherDefault<Mixer>;

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix(self.0 ^ half(bytes));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = mix(self.0 ^ number);
    }

    fn write_u128(&mut self, number: u128) {
        #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
        self.write_u64((number >> 64) as u64 ^ number as u64);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number.cast_unsigned());
    }

    // What ends a text: a map's keys are one text each, so nothing needs an end.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
