//! How often each row is drawn in a resample.

use super::stream::Stream;

/// Up to this many rows exactly as many are drawn as there are.
const EXACT: usize = 65_536;
/// In the table: more bits are needed to tell.
const UNDECIDED: u8 = u8::MAX;
/// More draws of one row than these have a probability below 10⁻¹⁵.
const MOST: usize = 18;

/// A Poisson distribution with mean 1, to draw from it by a byte a row.
pub(super) struct Weights {
    /// What a byte decides: the whole 256ths of each probability.
    table: [u8; 256],
    /// What it does not: the sums of the rests, of which all together are `undecided` 256ths.
    rests: [f64; MOST],
    undecided: f64,
}

impl Weights {
    pub fn new() -> Self {
        let mut table = [UNDECIDED; 256];
        let mut rests = [0.0; MOST];
        let (mut probability, mut decided, mut sum) = (256.0 / std::f64::consts::E, 0, 0.0);
        for (draws, rest) in rests.iter_mut().enumerate() {
            let whole = probability as usize;
            table[decided..decided + whole].fill(draws as u8);
            decided += whole;
            sum += probability - whole as f64;
            *rest = sum;
            probability /= (draws + 1) as f64;
        }
        Self { table, rests, undecided: (256 - decided) as f64 }
    }

    /// Fills in how often each row is drawn.
    pub fn draw(&self, stream: &mut Stream, drawn: &mut [u8]) {
        if drawn.len() <= EXACT { exactly(stream, drawn) } else { self.each(stream, drawn) }
    }

    fn each(&self, stream: &mut Stream, drawn: &mut [u8]) {
        for eight in drawn.chunks_mut(8) {
            let bits = stream.bits().to_le_bytes();
            for (drawn, byte) in eight.iter_mut().zip(bits) {
                *drawn = self.table[usize::from(byte)];
                if *drawn == UNDECIDED {
                    *drawn = self.undecided(stream);
                }
            }
        }
    }

    #[cold]
    fn undecided(&self, stream: &mut Stream) -> u8 {
        let point = stream.share() * self.undecided;
        self.rests.iter().position(|rest| point <= *rest).unwrap_or(MOST) as u8
    }
}

/// Draws as many rows as there are.
fn exactly(stream: &mut Stream, drawn: &mut [u8]) {
    drawn.fill(0);
    for _ in 0..drawn.len() {
        let place = stream.below(drawn.len() as u64) as usize;
        drawn[place] = drawn[place].saturating_add(1);
    }
}
