//! Finds bytes that mark something, many at a time.
//!
//! Fields are short, and a search for the end of each would mostly begin and end. Here 64 bytes become a mask of 64
//! bits, which the compiler does with vectors, and the marks are its ones.

/// The places of some bytes, in order.
#[derive(Debug)]
pub struct Marks<'a> {
    bytes: &'a [u8],
    wanted: [u8; 3],
    /// Where the next 64 bytes are.
    next: usize,
    /// The marks that are left of the 64 bytes before.
    mask: u64,
}

impl<'a> Marks<'a> {
    /// Looks for these.
    pub fn new(bytes: &'a [u8], wanted: [u8; 3]) -> Self {
        Self { bytes, wanted, next: 0, mask: 0 }
    }

    /// Where the next 64 bytes are that have marks, and a mask of them; none at the end. Whoever goes through the mask has it
    /// in a register, other than with [`Self::next`].
    #[inline]
    pub fn of_64(&mut self) -> Option<(usize, u64)> {
        let is_there = self.refill();
        is_there.then(|| (self.next - 64, std::mem::take(&mut self.mask)))
    }

    #[inline]
    fn refill(&mut self) -> bool {
        while self.mask == 0 {
            let Some(rest) = self.bytes.get(self.next..).filter(|rest| !rest.is_empty()) else {
                return false;
            };
            self.mask = match rest.first_chunk::<64>() {
                Some(chunk) => mask(chunk, self.wanted),
                None => last_mask(rest, self.wanted),
            };
            self.next += 64;
        }
        true
    }
}

impl Iterator for Marks<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.mask == 0 && !self.refill() {
            return None;
        }
        let at = self.next - 64 + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(at)
    }
}

#[inline]
fn mask(chunk: &[u8; 64], [one, two, three]: [u8; 3]) -> u64 {
    let mut hits = [0_u8; 64];
    for (hit, byte) in hits.iter_mut().zip(chunk) {
        *hit = u8::from(*byte == one) | u8::from(*byte == two) | u8::from(*byte == three);
    }
    let (eights, _) = hits.as_chunks::<8>();
    eights.iter().rev().fold(0, |mask, eight| mask << 8 | gathered(u64::from_le_bytes(*eight)))
}

/// The lowest bits of eight bytes, side by side: the product adds each of them, shifted to its place, in the top byte.
#[inline]
fn gathered(eight: u64) -> u64 {
    eight.wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cold]
fn last_mask(rest: &[u8], wanted: [u8; 3]) -> u64 {
    let mut chunk = [0; 64];
    for (to, from) in chunk.iter_mut().zip(rest) {
        *to = *from;
    }
    // Zeros after the end are no marks, whatever is looked for.
    mask(&chunk, wanted) & ((1 << rest.len().min(63)) - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn marks_are_where_the_bytes_are(bytes in prop::collection::vec(0_u8..6, 0..300), wanted in any::<[u8; 3]>()) {
            let wanted = wanted.map(|byte| byte % 6);
            let expected: Vec<usize> =
                bytes.iter().enumerate().filter(|(_, byte)| wanted.contains(byte)).map(|(at, _)| at).collect();
            prop_assert_eq!(Marks::new(&bytes, wanted).collect::<Vec<_>>(), expected.as_slice());
            let mut by_64 = Vec::new();
            let mut marks = Marks::new(&bytes, wanted);
            while let Some((first, mask)) = marks.of_64() {
                by_64.extend((0..64).filter(|bit| mask >> bit & 1 == 1).map(|bit| first + bit));
            }
            prop_assert_eq!(by_64, expected);
        }
    }
}
