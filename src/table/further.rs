//! Looks on where the first rows do not tell what a column holds, because none of them has a value.

use super::blocks::Blocks;
use super::lenient::impression::Impression;

/// How much of a file is looked at for what its columns hold.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// So many rows at first.
    pub rows: usize,
    /// Where a column has no value in these, so many blocks from the beginning of the file on.
    pub blocks: usize,
}

/// Looks for values of the columns that have none yet, behind so many bytes of the head; `see` looks at whole records
/// behind so many rows, and answers how many they are. Each column is guessed by the first block in which it has a value.
/// Answers whether one still has none, and the file goes on.
pub fn look_on(
    blocks: &mut Blocks,
    head: usize,
    most: usize,
    guesses: &mut [Impression],
    see: impl Fn(&[u8], u64, &mut [Impression]) -> u64,
) -> bool {
    blocks.skip(head);
    // What is wrong with a block is told when it is read.
    let mut next = || blocks.next().ok().flatten();
    let mut rows = 0;
    for _ in 0..most {
        if guesses.iter().all(|guess| guess.holds().is_some()) {
            return false;
        }
        let Some(block) = next() else { return false };
        let mut seen: Vec<Impression> = guesses.iter().map(Impression::further).collect();
        rows += see(&block, rows, &mut seen);
        let unknown = guesses.iter_mut().zip(seen).filter(|(known, _)| known.holds().is_none());
        unknown.for_each(|(known, seen)| *known = seen);
    }
    guesses.iter().any(|guess| guess.holds().is_none()) && next().is_some()
}
