//! Which evaluation set it is: one digest over every row's id, truth and weight, in whatever order.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::name::Digest;
use crate::statistics::hash::mix;

/// Two sums of hashes: the same for the same rows in another order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fingerprint([u64; 2]);

/// Where each sum's hash starts: the digits of π, as nobody chose them.
const SEEDS: [u64; 2] = [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344];

impl Fingerprint {
    /// Adds a row: what tells it from others, and its weight.
    #[inline]
    pub fn add(&mut self, key: u128, weight: f64) {
        // Minus nought is nought.
        let weight = (weight + 0.0).to_bits();
        for (sum, seed) in self.0.iter_mut().zip(SEEDS) {
            let hash = mix(mix(mix(seed ^ key as u64) ^ (key >> 64) as u64) ^ weight);
            *sum = sum.wrapping_add(hash);
        }
    }

    /// Adds a row with a truth that is a number.
    #[inline]
    pub fn add_number(&mut self, key: u128, weight: f64, truth: f64) {
        let turned = (truth + 0.0).to_bits().rotate_left(32);
        self.add(key ^ u128::from(mix(turned)) << 32, weight);
    }

    /// Adds others.
    pub fn merge(&mut self, other: Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum = sum.wrapping_add(more));
    }
}

/// The digest of the rows of each truth, by its text.
#[must_use]
pub fn digest(by_truth: &BTreeMap<String, Fingerprint>) -> Digest {
    let mut hash = Sha256::new();
    for (text, fingerprint) in by_truth {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
        fingerprint.0.iter().for_each(|sum| hash.update(sum.to_le_bytes()));
    }
    Digest::from_bytes(hash.finalize().into())
}
