//! How the values of a column lie, then and now: numbers as two stepped areas one over the other, categories as pairs of
//! bars.

use super::clip;
use super::markup::{Markup, tag};
use super::scale::px;
use crate::number::{percent, short};
use crate::record::data::Picture;

const WIDTH: f64 = 280.0;
/// Where shares begin, and how high the largest of them is.
const GROUND: f64 = 62.0;
const HEIGHT: f64 = 58.0;
/// How high a drawing is: without names below the ground, and with them.
const LOW: f64 = 64.0;
const NAMING: f64 = 78.0;
/// As many bins or categories as a picture of this size can show; more are never recorded.
const MOST: usize = 60;
/// So few categories can be named below their bars.
const NAMED: usize = 4;
/// The columns of a bar, of the two and the gap behind them.
const BAR: f64 = 0.38;

/// Draws a picture; one that does not fit together is left out, because a record may come from anywhere.
pub(super) fn draw(m: &mut Markup, picture: &Picture) {
    let Some(shares) = Shares::of(picture) else { return };
    match picture.edges.as_slice() {
        [low, .., high] => {
            svg(m, &histogram(picture, &shares), LOW, |m| steps(m, &shares));
            m.element("div.ends", |m| [low, high].iter().for_each(|end| m.leaf("span", short(**end))));
        }
        _ => {
            let height = if names_fit(picture) { NAMING } else { LOW };
            svg(m, &listed(picture, &shares), height, |m| bars(m, picture, &shares));
            if let Some(at) = shares.furthest() {
                m.leaf("p.hint", moved(picture, &shares, at, 40));
            }
        }
    }
}

/// The shares of both sides, each between 0 and 1, in the same bins or categories.
struct Shares {
    reference: Vec<f64>,
    current: Vec<f64>,
    /// The largest of them.
    most: f64,
}

impl Shares {
    /// None where both sides and their names do not go together.
    fn of(picture: &Picture) -> Option<Self> {
        let bins = picture.reference.len();
        let names = if picture.edges.is_empty() { picture.categories.len() } else { picture.edges.len() - 1 };
        if bins == 0 || bins > MOST || bins != picture.current.len() || bins != names {
            return None;
        }
        let within = |share: &f64| if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        let [reference, current]: [Vec<f64>; 2] =
            [&picture.reference, &picture.current].map(|side| side.iter().map(within).collect());
        let most = reference.iter().chain(&current).copied().fold(0.0, f64::max);
        (most > 0.0).then_some(Self { reference, current, most })
    }

    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.reference.iter().copied().zip(self.current.iter().copied())
    }

    /// Which has changed most; none where nothing has.
    fn furthest(&self) -> Option<usize> {
        let change = |(then, now): (f64, f64)| (now - then).abs();
        let (at, furthest) =
            self.pairs().map(change).enumerate().max_by(|(_, one), (_, other)| one.total_cmp(other))?;
        (furthest > 0.0).then_some(at)
    }

    /// How high a share is drawn.
    fn height(&self, share: f64) -> f64 {
        HEIGHT * (share / self.most)
    }

    /// How wide each bin is drawn.
    fn step(&self) -> f64 {
        WIDTH / self.reference.len() as f64
    }
}

/// Whether the names of the categories have room below their bars.
fn names_fit(picture: &Picture) -> bool {
    picture.categories.len() <= NAMED
}

fn svg(m: &mut Markup, label: &str, height: f64, inside: impl FnOnce(&mut Markup)) {
    let svg = tag("svg.picture").set("viewBox", format!("0 0 {WIDTH} {height}")).set("role", "img");
    m.element(svg.set("aria-label", label), |m| {
        m.empty(tag("path.grid").set("d", format!("M0 {}H{WIDTH}", px(GROUND))));
        inside(m);
    });
}

fn steps(m: &mut Markup, shares: &Shares) {
    for (name, side) in [("path.then", &shares.reference), ("path.now", &shares.current)] {
        m.empty(tag(name).set("d", stepped(shares, side)));
    }
}

/// The outline of a histogram, from the ground to the ground.
fn stepped(shares: &Shares, side: &[f64]) -> String {
    let step = shares.step();
    let mut path = format!("M0 {}", px(GROUND));
    let mut x = 0.0;
    for share in side {
        x += step;
        path.push_str(&format!("V{}H{}", px(GROUND - shares.height(*share)), px(x)));
    }
    path.push_str(&format!("V{}Z", px(GROUND)));
    path
}

fn bars(m: &mut Markup, picture: &Picture, shares: &Shares) {
    let step = shares.step();
    let named = names_fit(picture);
    // About as many letters as are as wide as a bar's place.
    let letters = 40 / picture.categories.len().max(1);
    for (at, (then, now)) in shares.pairs().enumerate() {
        let left = (at as f64 + 0.5 - BAR) * step;
        m.element("g", |m| {
            m.leaf("title", moved(picture, shares, at, 200));
            for (name, share, x) in [("rect.then", then, left), ("rect.now", now, left + BAR * step)] {
                let height = shares.height(share);
                let rect = tag(name).set("x", px(x)).set("y", px(GROUND - height));
                m.empty(rect.set("width", px(BAR * step)).set("height", px(height)));
            }
        });
        if named {
            let text = tag("text.caption").set("x", px((at as f64 + 0.5) * step)).set("y", px(GROUND + 14.0));
            m.leaf(
                text.set("text-anchor", "middle"),
                crate::report::text::clipped(&picture.categories[at], letters),
            );
        }
    }
}

/// What became of a category: `web: 40 % → 62 %`. Untrusted in part.
fn moved(picture: &Picture, shares: &Shares, at: usize, most: usize) -> String {
    let name = picture.categories.get(at).map(|name| clip(name, most)).unwrap_or_default();
    format!("{name}: {} → {}", percent(shares.reference[at]), percent(shares.current[at]))
}

/// All categories in words.
fn listed(picture: &Picture, shares: &Shares) -> String {
    let all = (0..picture.categories.len()).map(|at| moved(picture, shares, at, 40));
    clip(&format!("Share of each category, then and now: {}", all.collect::<Vec<_>>().join("; ")), 600)
}

/// A histogram in words: where it lies, and where most values are.
fn histogram(picture: &Picture, shares: &Shares) -> String {
    let edges = &picture.edges;
    let peak = |side: &[f64]| {
        let (at, share) = side.iter().enumerate().max_by(|(_, one), (_, other)| one.total_cmp(other))?;
        let (from, to) = (short(*edges.get(at)?), short(*edges.get(at + 1)?));
        Some(format!("{} from {from} to {to}", percent(*share)))
    };
    let ends =
        edges.first().zip(edges.last()).map(|(low, high)| [short(*low), short(*high)]).unwrap_or_default();
    format!(
        "Histogram of {} bins from {} to {}; most values then: {}; now: {}",
        shares.reference.len(),
        ends[0],
        ends[1],
        peak(&shares.reference).unwrap_or_default(),
        peak(&shares.current).unwrap_or_default()
    )
}
