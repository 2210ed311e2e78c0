//! A stream of random bits: xoshiro256++ by Blackman and Vigna (2019), seeded by SplitMix64. Twenty lines of integers,
//! the same on any machine, and never to change: what was recorded can be computed again.

/// A stream of random bits.
#[derive(Debug, Clone)]
pub struct Stream([u64; 4]);

impl Stream {
    /// The stream of this number of a seed. Streams of other numbers share nothing with it.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut state = mixed(seed) ^ number;
        Self([(); 4].map(|()| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            mixed(state)
        }))
    }

    /// The stream of a state.
    #[cfg(test)]
    pub const fn of(state: [u64; 4]) -> Self {
        Self(state)
    }

    /// The next 64 bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        let Self(state) = self;
        let bits = state[0].wrapping_add(state[3]).rotate_left(23).wrapping_add(state[0]);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        bits
    }

    /// A number above 0 and at most 1, in steps of 2⁻⁵³.
    #[inline]
    pub fn share(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 53) as f64;
        ((self.bits() >> 11) + 1) as f64 * STEP
    }

    /// One of `count` numbers from 0 on, each as likely as the others but for a part in 2⁶⁴ / count. (Lemire 2019)
    #[inline]
    pub fn below(&mut self, count: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(count)) >> 64) as u64
    }
}

/// The finaliser of SplitMix64. (Steele, Lea and Flood 2014)
pub(super) const fn mixed(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}
