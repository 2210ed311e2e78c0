//! Which columns have drifted, when all of them are looked at together, and whether the data has.

use rayon::prelude::*;

use super::picture::picture;
use super::score::{Score, Sign, has_finite, score, span};
use super::sketch::Sketch;
use super::values::{Ascending, Side, Values};
use super::words;
use crate::config::{Drift, DriftCorrection, DriftMethod, Measured};
use crate::record::data::{self as record, ColumnDrift, Role};
use crate::statistics::quantiles::Error;
use crate::statistics::two_sample::z_proportions;
use crate::statistics::{benjamini_hochberg, holm_adjusted};
use crate::table::Type;

/// A column that both sides have.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared<R, N = R> {
    /// Its name.
    pub column: String,
    /// What it is to the model.
    pub role: Role,
    /// What is held against the reference holds.
    pub holds: Type,
    /// How it is measured.
    pub measured: Measured,
    /// The reference.
    pub reference: Side<R>,
    /// What is held against it.
    pub current: Side<N>,
}

/// Why a column cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// The reference has no value, and there are some now.
    Before,
    /// There is no value now, and the reference has some.
    Now,
    /// There are infinite numbers, and the method knows none.
    Infinite,
    /// The numbers are so far apart that no number says how far.
    Far,
    /// A row on each side is no sample.
    Few,
    /// The method is of the values, and the profile has a sketch.
    Method,
    /// The numbers lie so near each other, and so far from 0, that the sketch's buckets do not tell them apart.
    Coarse,
    /// The values are to be counted, and there are too many to be in a profile.
    Counts,
}

impl<R: Ascending, N: Ascending> Compared<R, N> {
    /// Why its values, which have no score, have none; nothing where the method is not meant for such values at all.
    #[must_use]
    pub fn lacks(&self) -> Option<Lack> {
        match [self.reference.present(), self.current.present()] {
            [0, 0] => return None,
            [0, _] => return Some(Lack::Before),
            [_, 0] => return Some(Lack::Now),
            _ => {}
        }
        match (&self.reference.values, &self.current.values) {
            (_, Values::Prose(_)) => None,
            // Of texts that are to be read as numbers the profile has only the most frequent.
            (Values::Prose(_), Values::Numbers(_)) => Some(Lack::Counts),
            // To Evidently these are nothing.
            (Values::Numbers(_), _)
                if self.measured.method == DriftMethod::Evidently && self.holds == Type::Boolean =>
            {
                None
            }
            (Values::Numbers(one), Values::Numbers(other)) => {
                Some(unmeasured(self.measured.method, one, other))
            }
            (Values::Uncounted(_), _) => Some(Lack::Counts),
            (Values::Sketched(_), _) if !Sketch::measures(self.measured.method) => Some(Lack::Method),
            (Values::Sketched(sketch), _) if sketch.is_coarse() => Some(Lack::Coarse),
            _ => None,
        }
    }
}

/// Why numbers have no score.
fn unmeasured(method: DriftMethod, one: &impl Ascending, other: &impl Ascending) -> Lack {
    let has_infinite = |(least, greatest): (f64, f64)| least.is_infinite() || greatest.is_infinite();
    match method {
        DriftMethod::Wasserstein | DriftMethod::JensenShannon
            if span(one, other).is_some_and(has_infinite) =>
        {
            Lack::Infinite
        }
        DriftMethod::Evidently if !has_finite(one) || !has_finite(other) => Lack::Infinite,
        DriftMethod::Wasserstein | DriftMethod::JensenShannon | DriftMethod::Evidently => Lack::Far,
        _ => Lack::Few,
    }
}

/// From which change of the share of rows without a value on a column has drifted, whatever its values do; and from which
/// share of rows on whose category the reference has never seen. The field has no number for it: with five in a hundred a
/// model meets something that it did not learn in every twentieth row.
const SHARE: f64 = 0.05;

/// What was measured of a column.
struct Weighed {
    score: Score,
    /// Of the missing values, and of the categories that are new.
    besides: Vec<(Besides, Sign)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Besides {
    Missing,
    Unseen,
}

/// The drift of the columns, and of the data set. `reference` is what it is called.
pub fn drift<R: Ascending + Send, N: Ascending + Send>(
    config: &Drift,
    reference: String,
    columns: &[Compared<R, N>],
) -> record::Drift {
    let weighed: Vec<Weighed> = columns.par_iter().map(|column| weigh(config, column)).collect();
    let adjusted = adjusted(config, &weighed);
    let mut told: Vec<ColumnDrift> = columns
        .par_iter()
        .zip(&weighed)
        .zip(&adjusted)
        .map(|((column, weighed), p)| tell(column, weighed, p, config.alpha))
        .collect();
    told.sort_by(|one, other| other.drifted.cmp(&one.drifted).then(far(other).total_cmp(&far(one))));
    // A column without any value now has no score, and has drifted all the same.
    let counts =
        |column: &&ColumnDrift| column.role == Role::Feature && (column.score.is_some() || column.drifted);
    let features: Vec<&ColumnDrift> = told.iter().filter(counts).collect();
    let drifted = features.iter().filter(|column| column.drifted).count();
    let share = if features.is_empty() { 0.0 } else { drifted as f64 / features.len() as f64 };
    // Of alibi-detect one column is the whole batch.
    let bound = match config.measure.method {
        DriftMethod::Alibi if !features.is_empty() => config.share.min(1.0 / features.len() as f64),
        _ => config.share,
    };
    record::Drift {
        reference,
        profile: None,
        current: config.current.clone(),
        rows: columns.first().map(|column| [gone(&column.reference).1, gone(&column.current).1]),
        method: config.measure.method.word().into(),
        share,
        bound,
        drifted: drifted > 0 && share >= bound,
        columns: told,
    }
}

fn weigh<R: Ascending, N: Ascending>(config: &Drift, column: &Compared<R, N>) -> Weighed {
    let Compared { holds, measured, reference, current, .. } = column;
    let score = score(*measured, config.alpha, *holds, reference, current);
    let besides = if measured.method == DriftMethod::Auto { besides(column) } else { Vec::new() };
    Weighed { score, besides }
}

/// What has drifted where the values that are there have not.
fn besides<R: Ascending, N: Ascending>(column: &Compared<R, N>) -> Vec<(Besides, Sign)> {
    let Compared { reference, current, .. } = column;
    let of_shares = |one: (u64, u64), other: (u64, u64)| {
        let share = |(part, of): (u64, u64)| part as f64 / of as f64;
        let p = z_proportions(one, other)?.p;
        Some(Sign::Effect { size: (share(other) - share(one)).abs(), bound: SHARE, p })
    };
    let missing = of_shares(gone(reference), gone(current)).map(|sign| (Besides::Missing, sign));
    let unseen = unseen(reference, current).and_then(|(rows, _)| {
        // As many rows as have a category that no other has are about as many as the next sample has new ones. (Good 1953)
        let Values::Categories(counts) = &reference.values else { return None };
        let once = counts.values().filter(|count| **count == 1).count() as u64;
        let sign = of_shares((once, reference.present()), (rows, current.present()))?;
        let more = rows as f64 / current.present() as f64 > once as f64 / reference.present() as f64;
        more.then_some((Besides::Unseen, sign))
    });
    missing.into_iter().chain(unseen).collect()
}

/// How many rows have no value that could be compared, and how many there are.
fn gone<N: Ascending>(side: &Side<N>) -> (u64, u64) {
    (side.gone(), side.present() + side.gone())
}

/// How many rows now have a category that the reference does not have, and their share; none of other columns.
fn unseen<R: Ascending, N: Ascending>(reference: &Side<R>, current: &Side<N>) -> Option<(u64, f64)> {
    let (Values::Categories(known), Values::Categories(now)) = (&reference.values, &current.values) else {
        return None;
    };
    let all: u64 = now.values().sum();
    let rows: u64 = now.iter().filter(|(name, _)| !known.contains_key(*name)).map(|(_, rows)| rows).sum();
    (all > 0 && !known.is_empty()).then(|| (rows, rows as f64 / all as f64))
}

/// The p-values after the correction for all of them: for each column that of its values, then those besides.
fn adjusted(config: &Drift, weighed: &[Weighed]) -> Vec<Vec<Option<f64>>> {
    let signs = |weighed: &Weighed| -> Vec<Option<f64>> {
        let own = weighed.score.sign.and_then(Sign::p);
        std::iter::once(own).chain(weighed.besides.iter().map(|(_, sign)| sign.p())).collect()
    };
    let mut all: Vec<Vec<Option<f64>>> = weighed.iter().map(signs).collect();
    let p: Vec<f64> = all.iter().flatten().copied().flatten().collect();
    let corrected = match correction(config) {
        DriftCorrection::None => p,
        DriftCorrection::Holm => holm_adjusted(&p),
        DriftCorrection::Fdr => benjamini_hochberg(&p),
        DriftCorrection::Bonferroni => {
            let columns = p.len() as f64;
            p.into_iter().map(|p| (p * columns).min(1.0)).collect()
        }
    };
    all.iter_mut().flatten().flatten().zip(corrected).for_each(|(p, corrected)| *p = corrected);
    all
}

/// What is done about many columns where the file does not say: what the method's own users know.
fn correction(config: &Drift) -> DriftCorrection {
    config.correction.unwrap_or(match config.measure.method {
        DriftMethod::Evidently => DriftCorrection::None,
        DriftMethod::Alibi => DriftCorrection::Bonferroni,
        _ => DriftCorrection::Holm,
    })
}

/// Whether a sign shows drift, when chance was corrected to `p`.
fn shows(sign: Sign, p: Option<f64>, alpha: f64) -> bool {
    match sign {
        Sign::Distance { score, bound } => score >= bound,
        Sign::Test { p: own, level, closed } => {
            let p = p.unwrap_or(own);
            p < level || (closed && p <= level)
        }
        Sign::Effect { size, bound, p: own } => size >= bound && p.unwrap_or(own) < alpha,
    }
}

/// How far a column is beyond what it may be: 1 at the threshold.
fn far(column: &ColumnDrift) -> f64 {
    let Some(score) = column.score else { return -1.0 };
    if column.is_by_test() {
        // Of p-values the order of magnitude tells.
        score.max(f64::MIN_POSITIVE).ln() / column.threshold.ln()
    } else {
        score / column.threshold
    }
}

/// How far off the numbers are that are known of the reference; none where they are exact.
fn sketch<R: Ascending>(reference: &Side<R>) -> Option<record::Sketch> {
    let Values::Sketched(sketch) = &reference.values else { return None };
    Some(match sketch.error() {
        Error::Relative(error) => record::Sketch::RelativeError(error),
        Error::Absolute(error) => record::Sketch::AbsoluteError(error),
    })
}

fn tell<R: Ascending, N: Ascending>(
    column: &Compared<R, N>,
    weighed: &Weighed,
    p: &[Option<f64>],
    alpha: f64,
) -> ColumnDrift {
    let Compared { reference, current, .. } = column;
    let sign = weighed.score.sign;
    let own = p.first().copied().flatten();
    let by_values = sign.is_some_and(|sign| shows(sign, own, alpha));
    let beside: Vec<Besides> = weighed
        .besides
        .iter()
        .zip(p.iter().skip(1))
        .filter(|((_, sign), p)| shows(*sign, **p, alpha))
        .map(|((what, _), _)| *what)
        .collect();
    let shares = [gone(reference), gone(current)].map(|(gone, rows)| gone as f64 / rows.max(1) as f64);
    let unseen = unseen(reference, current).map(|(_, share)| share);
    let mut reasons = vec![words::values(column, &weighed.score, own, by_values, alpha)];
    reasons.extend(beside.iter().map(|what| match what {
        Besides::Missing => words::missing(shares),
        Besides::Unseen => words::unseen(unseen.unwrap_or_default()),
    }));
    ColumnDrift {
        column: column.column.clone(),
        role: column.role,
        method: weighed.score.method.into(),
        score: sign.map(Sign::score),
        threshold: sign.map_or(0.0, Sign::threshold),
        p: own,
        drifted: by_values || !beside.is_empty(),
        because: reasons.join("; "),
        missing: shares,
        unseen,
        sketch: sketch(reference),
        picture: picture(reference, current),
    }
}
