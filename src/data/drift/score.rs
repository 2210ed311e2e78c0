//! How far one column has moved, by the method that is asked for.

use super::sketch::Sketch;
use super::values::{Ascending, Side, Values, aligned, distinct};
use crate::config::{DriftMethod, Measured};
use crate::statistics::Ranked;
use crate::statistics::drift::{Cuts, Edges, alibi, auto, evidently};
use crate::statistics::two_sample::{self, KsP};
use crate::table::Type;

/// How far a column has moved, before other columns are looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// What was measured, in a word.
    pub method: &'static str,
    /// How it shows that it has drifted; none where there is nothing to compare, or nothing that the method compares.
    pub sign: Option<Sign>,
}

/// What shows that a column has drifted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    /// A distance that is at least the bound.
    Distance {
        /// The distance.
        score: f64,
        /// The bound.
        bound: f64,
    },
    /// A p-value below a level, or at it.
    Test {
        /// The p-value.
        p: f64,
        /// The level.
        level: f64,
        /// Whether the level itself is drift.
        closed: bool,
    },
    /// An effect that is at least the bound, and no chance.
    Effect {
        /// The effect beyond chance.
        size: f64,
        /// The bound.
        bound: f64,
        /// How often chance brings about as much.
        p: f64,
    },
}

impl Sign {
    /// The number that is held against the threshold.
    #[must_use]
    pub const fn score(self) -> f64 {
        match self {
            Self::Distance { score, .. } => score,
            Self::Test { p, .. } => p,
            Self::Effect { size, .. } => size,
        }
    }

    /// The threshold.
    #[must_use]
    pub const fn threshold(self) -> f64 {
        match self {
            Self::Distance { bound, .. } | Self::Effect { bound, .. } => bound,
            Self::Test { level, .. } => level,
        }
    }

    /// The p-value, where there is one.
    #[must_use]
    pub const fn p(self) -> Option<f64> {
        match self {
            Self::Distance { .. } => None,
            Self::Test { p, .. } | Self::Effect { p, .. } => Some(p),
        }
    }
}

const NOTHING: Score = Score { method: "none", sign: None };

/// Measures a column of this type.
pub fn score<R: Ascending, N: Ascending>(
    measured: Measured,
    alpha: f64,
    holds: Type,
    reference: &Side<R>,
    current: &Side<N>,
) -> Score {
    if reference.present() == 0 || current.present() == 0 {
        return NOTHING;
    }
    let how = How { measured, alpha };
    let evidently = measured.method == DriftMethod::Evidently && current.missing + current.strange > 0;
    let holds = match holds {
        // pandas has whole numbers with gaps as floating point numbers, which are no categories to Evidently,
        Type::Integer if evidently => Type::Number,
        // and truth values with gaps as objects, which are nothing to it.
        Type::Boolean if evidently => return NOTHING,
        holds => holds,
    };
    match (&reference.values, &current.values) {
        (Values::Numbers(one), Values::Numbers(other)) => how.numbers(holds, one, other),
        (Values::Sketched(sketch), Values::Numbers(other)) => how.sketched(sketch, other),
        (Values::Categories(one), Values::Categories(other)) => {
            let (_, [one, other]) = aligned(one, other);
            how.categories(holds, &one, &other)
        }
        _ => NOTHING,
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
struct How {
    measured: Measured,
    alpha: f64,
}

impl How {
    fn bound(self, usual: f64) -> f64 {
        self.measured.threshold.unwrap_or(usual)
    }

    fn distance(self, method: &'static str, score: f64, usual: f64) -> Score {
        // Minus nought is nought.
        let sign = Sign::Distance { score: score + 0.0, bound: self.bound(usual) };
        Score { method, sign: score.is_finite().then_some(sign) }
    }

    fn test(self, method: &'static str, p: Option<f64>, closed: bool) -> Score {
        let level = self.bound(self.alpha);
        Score { method, sign: p.filter(|p| !p.is_nan()).map(|p| Sign::Test { p, level, closed }) }
    }

    fn effect(self, method: &'static str, effect: Option<auto::Effect>, usual: f64) -> Score {
        let bound = self.bound(usual);
        let sign = |effect: auto::Effect| Sign::Effect { size: effect.size, bound, p: effect.p };
        Score { method, sign: effect.map(sign) }
    }

    fn numbers(self, holds: Type, one: &impl Ascending, other: &impl Ascending) -> Score {
        match self.measured.method {
            DriftMethod::Auto => {
                let Some([reference, current]) = deciles(one, other) else { return NOTHING };
                let p = two_sample::ks_p(two_sample::ks(one, other), one.rows(), other.rows(), KsP::Auto);
                self.effect("psi", auto::numbers(&reference, &current, p), auto::PSI_BOUND)
            }
            DriftMethod::Evidently => self.as_evidently(holds, one, other),
            DriftMethod::Alibi => {
                let score = alibi::numbers(two_sample::ks(one, other), one.rows(), other.rows());
                self.test("ks", Some(f64::from(score.p)), false)
            }
            DriftMethod::Ks => {
                let p = two_sample::ks_p(two_sample::ks(one, other), one.rows(), other.rows(), KsP::Auto);
                self.test("ks", Some(p), false)
            }
            DriftMethod::Wasserstein => self.wasserstein(one, other),
            DriftMethod::Psi => {
                let Some([reference, current]) = deciles(one, other) else { return NOTHING };
                self.index(&reference, &current)
            }
            DriftMethod::JensenShannon => self.binned_jensen_shannon(one, other),
            DriftMethod::ChiSquare => {
                let [reference, current] = by_value(one, other);
                self.table(&reference, &current)
            }
        }
    }

    /// Against a sketch: over bins of its deciles, as far as it tells them apart.
    fn sketched(self, sketch: &Sketch, other: &impl Ascending) -> Score {
        if sketch.is_coarse() {
            return NOTHING;
        }
        let beside = sketch.beside(other);
        let [reference, current] = beside.deciles();
        match self.measured.method {
            DriftMethod::Auto => {
                let effect = auto::numbers(&reference, &current, beside.ks_p());
                self.effect("psi", effect, auto::PSI_BOUND)
            }
            DriftMethod::Psi => self.index(&reference, &current),
            _ => NOTHING,
        }
    }

    fn index(self, reference: &[u64], current: &[u64]) -> Score {
        let seen = auto::numbers(reference, current, 1.0).map_or(f64::NAN, |effect| effect.seen);
        self.distance("psi", seen, auto::PSI_BOUND)
    }

    fn categories(self, holds: Type, reference: &[u64], current: &[u64]) -> Score {
        match self.measured.method {
            DriftMethod::Auto => {
                let effect = auto::categories(reference, current);
                self.effect("jensen-shannon", effect, auto::JENSEN_SHANNON_BOUND)
            }
            DriftMethod::Evidently => self.counts_as_evidently(holds, reference, current),
            DriftMethod::Alibi => {
                let p = alibi::categories(reference, current).map(|score| f64::from(score.p));
                self.test("chi-square", p, false)
            }
            DriftMethod::ChiSquare => self.table(reference, current),
            DriftMethod::Psi => {
                let score = evidently::psi(reference, current).unwrap_or(f64::NAN);
                self.distance("psi", score, auto::PSI_BOUND)
            }
            DriftMethod::JensenShannon => {
                let score = evidently::jensen_shannon(reference, current).unwrap_or(f64::NAN);
                self.distance("jensen-shannon", score, evidently::Method::JensenShannon.bound())
            }
            // They are of numbers.
            DriftMethod::Ks | DriftMethod::Wasserstein => NOTHING,
        }
    }

    fn table(self, reference: &[u64], current: &[u64]) -> Score {
        let test = two_sample::chi_square_table(reference, current, false);
        self.test("chi-square", test.map(|test| test.p), false)
    }

    fn wasserstein(self, one: &impl Ascending, other: &impl Ascending) -> Score {
        let distance = match span(one, other) {
            Some((least, greatest)) if (greatest - least).is_finite() => {
                let deviation = deviation(one, greatest - least);
                evidently::wasserstein(ordered(one, other).wasserstein, deviation)
            }
            // Nothing is a part of what is infinitely far away.
            _ => f64::NAN,
        };
        self.distance("wasserstein", distance, evidently::Method::Wasserstein.bound())
    }

    fn binned_jensen_shannon(self, one: &impl Ascending, other: &impl Ascending) -> Score {
        let counts =
            if evidently::binned(few(one)) { sturges(one, other) } else { Some(by_value(one, other)) };
        let score = counts.and_then(|[reference, current]| evidently::jensen_shannon(&reference, &current));
        self.distance("jensen-shannon", score.unwrap_or(f64::NAN), evidently::Method::JensenShannon.bound())
    }

    /// As Evidently, which knows no infinities, and takes whole numbers of few values for categories.
    fn as_evidently(self, holds: Type, one: &impl Ascending, other: &impl Ascending) -> Score {
        let (one, other) = (Finite::of(one), Finite::of(other));
        if one.rows() == 0 || other.rows() == 0 {
            return NOTHING;
        }
        // The kind is that of what is held against the reference.
        let kind = match holds {
            Type::Integer => evidently::Kind::of_whole(few(&other)),
            Type::Boolean => evidently::Kind::Category,
            _ => evidently::Kind::Number,
        };
        let union = together(&one, &other);
        let Some(method) = evidently::Method::of(kind, one.rows(), union) else { return NOTHING };
        match method {
            evidently::Method::Ks => {
                let p = two_sample::ks_p(two_sample::ks(&one, &other), one.rows(), other.rows(), KsP::Auto);
                self.test("ks", Some(p), true)
            }
            evidently::Method::Wasserstein => self.wasserstein(&one, &other),
            evidently::Method::JensenShannon if kind == evidently::Kind::Number => {
                self.binned_jensen_shannon(&one, &other)
            }
            method => {
                let [reference, current] = by_value(&one, &other);
                self.by_evidently(method, &reference, &current)
            }
        }
    }

    fn counts_as_evidently(self, holds: Type, reference: &[u64], current: &[u64]) -> Score {
        let sum = |side: &[u64]| side.iter().sum::<u64>();
        let now = current.iter().filter(|count| **count > 0).count() as u64;
        let kind = match holds {
            Type::Text if self.measured.holds.is_none() => evidently::Kind::of_strings(now, sum(current)),
            _ => evidently::Kind::Category,
        };
        match evidently::Method::of(kind, sum(reference), reference.len() as u64) {
            Some(method) => self.by_evidently(method, reference, current),
            None => NOTHING,
        }
    }

    fn by_evidently(self, method: evidently::Method, reference: &[u64], current: &[u64]) -> Score {
        match method {
            evidently::Method::ChiSquare => {
                self.test("chi-square", evidently::chi_square(reference, current), false)
            }
            evidently::Method::Z => self.test("z-test", evidently::z(reference, current), false),
            _ => {
                let score = evidently::jensen_shannon(reference, current).unwrap_or(f64::NAN);
                self.distance("jensen-shannon", score, method.bound())
            }
        }
    }
}

/// One more value than Evidently counts by value.
const BINNED: usize = 21;

fn ordered(one: &impl Ascending, other: &impl Ascending) -> two_sample::Ordered {
    two_sample::ordered(one.walk(), other.walk(), one.rows(), other.rows())
}

/// The counts of both sides in bins of the reference's deciles.
fn deciles(one: &impl Ascending, other: &impl Ascending) -> Option<[Vec<u64>; 2]> {
    let cuts = Cuts::deciles(one)?;
    Some([cuts.counts(one), cuts.counts(other)])
}

/// The counts of both sides in bins of one width.
fn sturges(one: &impl Ascending, other: &impl Ascending) -> Option<[Vec<u64>; 2]> {
    let (least, greatest) = span(one, other)?;
    let edges = Edges::sturges(least, greatest, one.rows() + other.rows())?;
    Some([edges.counts(one.walk()), edges.counts(other.walk())])
}

/// The least and the greatest of both sides; none where one of them has none.
pub fn span(one: &impl Ascending, other: &impl Ascending) -> Option<(f64, f64)> {
    let ((least, greatest), (other_least, other_greatest)) = (range(one)?, range(other)?);
    Some((least.min(other_least), greatest.max(other_greatest)))
}

fn range(side: &impl Ascending) -> Option<(f64, f64)> {
    Some((side.at(0)?, side.at(side.rows().checked_sub(1)?)?))
}

/// From this range on squares of distances may be more than any number, and distances are measured in a unit of their own: a
/// power of two, which takes no digit from them.
const HUGE: f64 = 1e100;
const HUGE_UNIT: f64 = f64::from_bits((1023 + 600) << 52);

/// The standard deviation, of all rows and not of a sample, in two passes, of values that are at most `range` apart. Around
/// the middle value: sums of numbers far from nought would lose what is between them.
fn deviation(side: &impl Ascending, range: f64) -> f64 {
    let unit = if range < HUGE { 1.0 } else { HUGE_UNIT };
    let rows = side.rows() as f64;
    let middle = side.at(side.rows() / 2).unwrap_or_default();
    let off = |value: f64| (value - middle) / unit;
    let mean = side.walk().map(off).sum::<f64>() / rows;
    let squares = side.walk().map(|value| (off(value) - mean).powi(2));
    (squares.sum::<f64>() / rows).sqrt() * unit
}

/// How many values there are, as far as Evidently asks.
fn few(side: &impl Ascending) -> u64 {
    distinct(side.walk()).take(BINNED).count() as u64
}

/// How many values both have together, as far as it matters.
fn together(one: &impl Ascending, other: &impl Ascending) -> u64 {
    const MATTERS: usize = 6;
    let first = |side: &mut dyn Iterator<Item = f64>| side.take(MATTERS).collect::<Vec<_>>();
    let mut values = [first(&mut distinct(one.walk())), first(&mut distinct(other.walk()))].concat();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values.len() as u64
}

/// The counts of both sides by value.
fn by_value(one: &impl Ascending, other: &impl Ascending) -> [Vec<u64>; 2] {
    two_sample::by_value(one.walk(), other.walk())
}

/// Whether any number is finite.
pub fn has_finite(side: &impl Ascending) -> bool {
    Finite::of(side).rows > 0
}

/// A sample without its infinities.
struct Finite<'a, N> {
    of: &'a N,
    /// How many infinities are below it.
    below: u64,
    rows: u64,
}

impl<'a, N: Ascending> Finite<'a, N> {
    fn of(of: &'a N) -> Self {
        let below = of.up_to(f64::NEG_INFINITY);
        Self { of, below, rows: of.below(f64::INFINITY) - below }
    }
}

impl<N: Ascending> Ranked for Finite<'_, N> {
    fn rows(&self) -> u64 {
        self.rows
    }

    fn at(&self, rank: u64) -> Option<f64> {
        (rank < self.rows).then(|| self.of.at(self.below + rank)).flatten()
    }

    fn up_to(&self, value: f64) -> u64 {
        self.of.up_to(value).saturating_sub(self.below).min(self.rows)
    }

    fn below(&self, value: f64) -> u64 {
        self.of.below(value).saturating_sub(self.below).min(self.rows)
    }

    fn within(&self, low: f64, high: f64, into: &mut Vec<f64>) {
        let first = into.len();
        self.of.within(low, high, into);
        if high == f64::INFINITY {
            into.extract_if(first.., |number| !number.is_finite()).for_each(drop);
        }
    }

    fn marks(&self) -> Vec<f64> {
        self.of.marks()
    }
}

impl<N: Ascending> Ascending for Finite<'_, N> {
    fn walk(&self) -> impl Iterator<Item = f64> {
        let [below, rows] = [self.below, self.rows].map(|rows| usize::try_from(rows).unwrap_or(usize::MAX));
        self.of.walk().skip(below).take(rows)
    }
}
