//! Which keys a set surely does not have, so that they need not be written.

use crate::data::keyed::Keyed;

/// A bit for each beginning of a key: whether some row has it.
#[derive(Debug)]
pub struct Filter {
    bits: Vec<u64>,
    /// How many bits follow the beginning in the first half of a key.
    shift: u32,
}

/// So many bits a row are enough: one in thirty-two rows passes that should not.
const BITS: u64 = 32;

impl Filter {
    /// For so many rows, in at most so many bytes.
    #[must_use]
    pub fn new(rows: u64, most: u64) -> Self {
        let wanted = rows.saturating_mul(BITS).min(most.saturating_mul(8)).max(u64::from(u64::BITS));
        let log = wanted.ilog2();
        let words = usize::try_from(1_u64 << (log - u64::BITS.ilog2())).unwrap_or(usize::MAX);
        Self { bits: vec![0; words], shift: u64::BITS - log }
    }

    /// Notes that a row is there.
    pub fn note(&mut self, row: Keyed) {
        let (word, bit) = self.place(row);
        if let Some(word) = self.bits.get_mut(word) {
            *word |= bit;
        }
    }

    /// Whether a row with this key may be there.
    #[must_use]
    pub fn may_have(&self, row: Keyed) -> bool {
        let (word, bit) = self.place(row);
        self.bits.get(word).is_none_or(|word| word & bit != 0)
    }

    #[expect(clippy::cast_possible_truncation, reason = "there are as many words as can be counted")]
    const fn place(&self, row: Keyed) -> (usize, u64) {
        let beginning = row.high >> self.shift;
        ((beginning / u64::BITS as u64) as usize, 1 << (beginning % u64::BITS as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::hash::mix;

    #[test]
    fn what_is_there_passes_and_little_else() {
        let row = |of: u64| Keyed { high: mix(of), low: 0, row: of };
        for most in [0, 100, 1 << 20] {
            let mut filter = Filter::new(1000, most);
            (0..1000).for_each(|of| filter.note(row(of)));
            assert!((filter.bits.len() * size_of::<u64>()) as u64 <= most.max(8));
            assert!((0..1000).all(|of| filter.may_have(row(of))));
            let passed = (1000..11_000).filter(|of| filter.may_have(row(*of))).count();
            assert!(most < 1 << 20 || passed < 1000, "{passed}");
        }
    }
}
