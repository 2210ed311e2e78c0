//! Where the buckets of numbers begin and end.

/// How wide the buckets of a sketch are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// In proportion to the numbers: 1 % of each at first.
    Logarithmic,
    /// The same for all: 1 at first. For points in time, of which only the distances mean something.
    Linear,
}

/// How far what a sketch says may be from the truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Error {
    /// By this share of the true value.
    Relative(f64),
    /// By so much.
    Absolute(f64),
}

/// What is nearer to nought than this counts as nought.
const LEAST: f64 = f64::MIN_POSITIVE;

/// Beyond this, which is no time that anybody means, all points in time are in one bucket.
const FARTHEST: i64 = 1 << 60;

/// A doubling is divided into so many buckets, none of which is wider than a hundredth of a natural logarithm: the
/// polynomial below is nowhere flatter than 10/7 to that, and 70 · 10/7 is 100.
const PER_DOUBLING: f64 = 70.0;

impl Scale {
    /// The number of the bucket of a finite number, at level 0. Numbers that are ordered have buckets that are.
    #[inline]
    #[must_use]
    pub fn bucket(self, number: f64) -> i64 {
        match self {
            Self::Linear => (number.floor() as i64).clamp(-FARTHEST, FARTHEST),
            Self::Logarithmic if number >= LEAST => place(number) + 1,
            Self::Logarithmic if number <= -LEAST => -place(-number) - 1,
            Self::Logarithmic => 0,
        }
    }

    /// The bucket at the next level, where buckets are twice as wide, that takes in this one. Nought stays apart.
    #[inline]
    #[must_use]
    pub const fn widened(self, bucket: i64, levels: u32) -> i64 {
        match self {
            Self::Linear => bucket >> levels,
            Self::Logarithmic if bucket > 0 => ((bucket - 1) >> levels) + 1,
            Self::Logarithmic if bucket < 0 => -((-bucket - 1) >> levels) - 1,
            Self::Logarithmic => 0,
        }
    }

    /// Where a bucket of a level begins and ends.
    #[must_use]
    pub fn bounds(self, bucket: i64, level: u32) -> (f64, f64) {
        let wide = 2.0_f64.powi(level.cast_signed());
        let place = |bucket: i64| number((bucket - 1) as f64 * wide);
        match self {
            Self::Linear => (bucket as f64 * wide, (bucket as f64 + 1.0) * wide),
            Self::Logarithmic if bucket > 0 => (place(bucket), place(bucket + 1)),
            Self::Logarithmic if bucket < 0 => (-place(-bucket + 1), -place(-bucket)),
            Self::Logarithmic => (0.0, 0.0),
        }
    }

    /// The number that is nowhere farther from those in the bucket than the error of the level.
    #[must_use]
    pub fn middle(self, bucket: i64, level: u32) -> f64 {
        let (low, high) = self.bounds(bucket, level);
        match self {
            Self::Linear => low / 2.0 + high / 2.0,
            // As far from both ends in proportion to each: 2lh/(l + h).
            Self::Logarithmic if bucket > 0 => low * (2.0 / (1.0 + low / high)),
            Self::Logarithmic if bucket < 0 => high * (2.0 / (1.0 + high / low)),
            Self::Logarithmic => 0.0,
        }
    }

    /// The error of a level. Relative ones are as (γ - 1)/(γ + 1) of Masson, Rim and Lee, which is tanh(ln(γ)/2).
    #[must_use]
    pub fn error(self, level: u32) -> Error {
        let wide = 2.0_f64.powi(level.cast_signed());
        match self {
            Self::Linear => Error::Absolute(wide / 2.0),
            Self::Logarithmic => Error::Relative(libm::tanh(0.005 * wide)),
        }
    }
}

const MANTISSA: u64 = (1 << 52) - 1;
const ONE: u64 = 1023 << 52;

/// The exponent of a positive number plus a polynomial of its mantissa, in buckets: nearly its logarithm, and a tenth of
/// the cost. (The cubic interpolation of DDSketch's authors.)
#[inline]
fn place(number: f64) -> i64 {
    let bits = number.to_bits();
    let exponent = (bits >> 52) as f64;
    let fraction = f64::from_bits(bits & MANTISSA | ONE) - 1.0;
    ((exponent + cubic(fraction)) * PER_DOUBLING) as i64
}

const CUBIC: [f64; 3] = [6.0 / 35.0, -3.0 / 5.0, 10.0 / 7.0];

/// From 0 at 0 to 1 at 1, as log₂(1 + x) is.
#[inline]
fn cubic(x: f64) -> f64 {
    ((CUBIC[0] * x + CUBIC[1]) * x + CUBIC[2]) * x
}

/// The number of a [`place`], within what numbers can be.
fn number(place: f64) -> f64 {
    let place = place / PER_DOUBLING;
    let exponent = place.floor();
    if exponent < 1.0 {
        return LEAST;
    }
    if exponent > 2046.0 {
        return f64::MAX;
    }
    let target = place - exponent;
    let mut x = target;
    // Newton's method: the cubic is so nearly straight that five steps leave nothing.
    for _ in 0..5 {
        let slope = (3.0 * CUBIC[0] * x + 2.0 * CUBIC[1]) * x + CUBIC[2];
        x = (x - (cubic(x) - target) / slope).clamp(0.0, 1.0);
    }
    f64::from_bits((exponent as u64) << 52) * (1.0 + x)
}
