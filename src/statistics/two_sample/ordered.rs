//! What the order of two samples tells.

use std::cmp::Ordering;

/// Terms that are added up apart from the others, so that the sum of many millions keeps its digits.
const BLOCK: u32 = 1024;

/// What the order of two samples tells, of one walk over both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ordered {
    /// The largest distance between the two distribution functions, by Kolmogorov and Smirnov.
    pub ks: f64,
    /// The value at which they are as far apart: SciPy's choice, the lowest of the reference, else of the current data.
    pub location: f64,
    /// 1 where the reference's function is the higher one there, -1 where the current one is.
    pub sign: i8,
    /// The area between the two functions: Wasserstein's distance, in units of the values.
    pub wasserstein: f64,
}

/// Walks two samples of `n` and `m` values once, in constant memory. Both ascend and hold no NaN; an infinity is a value
/// like another, but puts Wasserstein's distance at infinity where it is in a place that tells them apart.
///
/// An empty sample leaves NaN everywhere, and a sign of 0.
pub fn ordered(
    reference: impl Iterator<Item = f64>,
    current: impl Iterator<Item = f64>,
    n: u64,
    m: u64,
) -> Ordered {
    if n == 0 || m == 0 {
        return Ordered { ks: f64::NAN, location: f64::NAN, sign: 0, wasserstein: f64::NAN };
    }
    let (mut high, mut low) = (Farthest::new(), Farthest::new());
    let mut area = Area::default();
    let mut before = Step { value: f64::NAN, gap: 0.0, in_reference: false };
    for step in Steps::new(Side::within(reference, n as f64, 0), Side::within(current, m as f64, 0)) {
        if before.gap != 0.0 {
            area.add(before.gap.abs() * (step.value - before.value));
        }
        high.meet(step.gap, step.value, step.in_reference);
        low.meet(-step.gap, step.value, step.in_reference);
        before = step;
    }
    let (farthest, sign) = if low.gap() > high.gap() { (low, -1) } else { (high, 1) };
    Ordered { ks: farthest.gap(), location: farthest.location(), sign, wasserstein: area.total() }
}

/// How many of each sample have each value that either has, from the lowest value on. Both ascend and hold no NaN.
pub fn by_value(reference: impl Iterator<Item = f64>, current: impl Iterator<Item = f64>) -> [Vec<u64>; 2] {
    let (mut one, mut other) = (Side::within(reference, 0.0, 0), Side::within(current, 0.0, 0));
    let mut counts = [Vec::new(), Vec::new()];
    while let Some(value) = lower(one.next, other.next) {
        let before = [one.gone, other.gone];
        one.pass(value);
        other.pass(value);
        counts[0].push(one.gone - before[0]);
        counts[1].push(other.gone - before[1]);
    }
    counts
}

#[inline]
fn lower(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(if other < one { other } else { one }),
        (one, other) => one.or(other),
    }
}

/// Both samples, value by value.
pub(super) struct Steps<I, J> {
    one: Side<I>,
    other: Side<J>,
}

/// A value that one of the samples has.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub value: f64,
    /// By how much the reference's distribution function is above the other one, at the value and behind it.
    pub gap: f64,
    /// Whether the reference has it.
    pub in_reference: bool,
}

impl<I: Iterator<Item = f64>, J: Iterator<Item = f64>> Steps<I, J> {
    pub fn new(one: Side<I>, other: Side<J>) -> Self {
        Self { one, other }
    }
}

impl<I: Iterator<Item = f64>, J: Iterator<Item = f64>> Iterator for Steps<I, J> {
    type Item = Step;

    #[inline]
    fn next(&mut self) -> Option<Step> {
        let value = lower(self.one.next, self.other.next)?;
        let in_reference = self.one.pass(value);
        self.other.pass(value);
        Some(Step { value, gap: self.one.share - self.other.share, in_reference })
    }
}

/// One of the samples: what comes next, and how much of it is gone.
pub(super) struct Side<I> {
    values: I,
    next: Option<f64>,
    gone: u64,
    count: f64,
    /// What is gone as a share of all.
    share: f64,
}

impl<I: Iterator<Item = f64>> Side<I> {
    /// Of so many values those behind the first `gone`.
    pub fn within(mut values: I, count: f64, gone: u64) -> Self {
        let next = values.next();
        Self { values, next, gone, count, share: gone as f64 / count }
    }

    /// Whether what comes next is not above the value. A NaN, which should not be there, is not, and does not stop the walk.
    #[inline]
    fn has(&self, value: f64) -> bool {
        self.next.is_some_and(|next| next.partial_cmp(&value) != Some(Ordering::Greater))
    }

    /// Passes all that is equal to the value; whether there was any.
    #[inline]
    fn pass(&mut self, value: f64) -> bool {
        if !self.has(value) {
            return false;
        }
        while self.has(value) {
            self.gone += 1;
            self.next = self.values.next();
        }
        self.share = self.gone as f64 / self.count;
        true
    }
}

/// The largest gap on one side, and the first place of it: apart for values of the reference, which SciPy asks first.
struct Farthest {
    reference: (f64, f64),
    current: (f64, f64),
}

impl Farthest {
    const fn new() -> Self {
        Self { reference: (f64::NEG_INFINITY, f64::NAN), current: (f64::NEG_INFINITY, f64::NAN) }
    }

    #[inline]
    fn meet(&mut self, gap: f64, value: f64, in_reference: bool) {
        let best = if in_reference { &mut self.reference } else { &mut self.current };
        if gap > best.0 {
            *best = (gap, value);
        }
    }

    fn best(&self) -> (f64, f64) {
        if self.current.0 > self.reference.0 { self.current } else { self.reference }
    }

    fn gap(&self) -> f64 {
        self.best().0.clamp(0.0, 1.0)
    }

    fn location(&self) -> f64 {
        self.best().1
    }
}

/// A sum in blocks.
#[derive(Default)]
struct Area {
    sum: f64,
    block: f64,
    terms: u32,
}

impl Area {
    #[inline]
    fn add(&mut self, term: f64) {
        self.block += term;
        self.terms += 1;
        if self.terms == BLOCK {
            self.sum += self.block;
            self.block = 0.0;
            self.terms = 0;
        }
    }

    fn total(&self) -> f64 {
        self.sum + self.block
    }
}
