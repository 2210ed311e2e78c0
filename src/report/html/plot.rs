//! A square in which both axes go from 0 to 1: where shares are drawn against shares.

use super::markup::{Markup, tag};
use super::scale::px;

const LEFT: f64 = 44.0;
const BOTTOM: f64 = 246.0;
const SIDE: f64 = 236.0;
/// As many points as a line needs to look like all of them.
const POINTS: usize = 300;

/// A figure in the making.
pub(super) struct Plot<'a> {
    /// What it shows.
    pub title: &'a str,
    /// The number that says it in short, and its interval.
    pub number: Option<(String, String)>,
    /// The drawing in words.
    pub label: String,
    /// The titles of the axes: across, up.
    pub axes: [&'static str; 2],
}

impl Plot<'_> {
    /// Writes the figure; `inside` draws over the grid, and `below` stands under the drawing.
    pub(super) fn write(
        self,
        m: &mut Markup,
        inside: impl FnOnce(&mut Markup),
        below: impl FnOnce(&mut Markup),
    ) {
        m.element("figure.chart.plot", |m| {
            m.element("figcaption", |m| {
                m.leaf("b.name", self.title);
                if let Some((number, interval)) = &self.number {
                    m.leaf("span.now", number);
                    m.leaf("span.change", interval);
                }
            });
            let svg = tag("svg").set("viewBox", "0 0 294 282").set("role", "img");
            m.element(svg.set("aria-label", &self.label), |m| {
                grid(m, self.axes);
                inside(m);
            });
            below(m);
        });
    }
}

fn grid(m: &mut Markup, [across, up]: [&'static str; 2]) {
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let lines = format!(
            "M{} {}V{}M{} {}H{}",
            at(tick),
            px(BOTTOM),
            px(BOTTOM - SIDE),
            px(LEFT),
            up_at(tick),
            px(LEFT + SIDE)
        );
        m.empty(tag("path.grid").set("d", lines));
    }
    for (tick, words) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
        let text = tag("text.caption").set("x", at(tick)).set("y", px(BOTTOM + 15.0));
        m.leaf(text.set("text-anchor", "middle"), words);
        let text = tag("text.caption").set("x", px(LEFT - 7.0)).set("y", px(y(tick) + 4.0));
        m.leaf(text.set("text-anchor", "end"), words);
    }
    let middle = px(LEFT + SIDE / 2.0);
    let text = tag("text.caption").set("x", middle).set("y", px(BOTTOM + 31.0));
    m.leaf(text.set("text-anchor", "middle"), across);
    let middle = px(BOTTOM - SIDE / 2.0);
    let turned = tag("text.caption").set("transform", format!("translate(11 {middle}) rotate(-90)"));
    m.leaf(turned.set("text-anchor", "middle"), up);
}

/// Where a share lies across.
pub(super) fn x(share: f64) -> f64 {
    LEFT + SIDE * within(share)
}

/// Where a share lies up.
pub(super) fn y(share: f64) -> f64 {
    BOTTOM - SIDE * within(share)
}

fn at(share: f64) -> String {
    px(x(share))
}

fn up_at(share: f64) -> String {
    px(y(share))
}

/// A record may come from anywhere, and a share that is none is drawn at the edge.
fn within(share: f64) -> f64 {
    if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
}

/// The points as the path of a line, thinned where they are many.
pub(super) fn line(points: &[[f64; 2]]) -> String {
    let step = points.len().div_ceil(POINTS).max(1);
    let last = points.len().saturating_sub(1);
    let shown = points.iter().enumerate().filter(|(i, _)| i % step == 0 || *i == last);
    let mut path = String::new();
    for (i, [across, up]) in shown {
        path.push(if i == 0 { 'M' } else { 'L' });
        path.push_str(&format!("{} {}", at(*across), up_at(*up)));
    }
    path
}

/// The line from corner to corner.
pub(super) fn diagonal(m: &mut Markup) {
    m.empty(tag("path.bound").set("d", line(&[[0.0, 0.0], [1.0, 1.0]])));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_many_points_keeps_its_ends() {
        let points: Vec<[f64; 2]> = (0..10_001).map(|i| [f64::from(i) / 10_000.0; 2]).collect();
        let path = line(&points);
        assert!(path.starts_with("M44 246L") && path.ends_with("L280 10"), "{path}");
        assert!(path.matches('L').count() <= POINTS + 1);
        assert_eq!(line(&[]), "");
    }

    #[test]
    fn nothing_leaves_the_square() {
        for share in [f64::NAN, f64::INFINITY, -1.0, f64::MAX] {
            assert!((LEFT..=LEFT + SIDE).contains(&x(share)) && (BOTTOM - SIDE..=BOTTOM).contains(&y(share)));
        }
    }
}
