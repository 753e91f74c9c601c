//! A sheet of SVG: blocks, lines and words, and the memory of where they are.

use crate::colour::{Colour, Theme};
use crate::escape::escape;
use crate::measure::width;
use std::fmt::Write;

/// Fonts in order of preference; the list stays in the SVG, so that a viewer finds one for every script.
pub(crate) const FONTS: &str = "DejaVu Sans, Noto Sans, Helvetica, Arial, Noto Sans CJK KR, Noto Sans CJK JP, \
                                Apple SD Gothic Neo, Malgun Gothic, Microsoft YaHei, Noto Color Emoji, sans-serif";

/// Sizes of type, in pixels: of names and numbers, of what is said in passing, of charts' titles. Nothing is smaller.
pub(crate) const NAMES: f64 = 11.0;
pub(crate) const NOTES: f64 = 10.0;
pub(crate) const TITLES: f64 = 12.5;

/// A place on the sheet: from x to x, from y to y, downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Area {
    pub(crate) fn new((left, top): (f64, f64), (right, bottom): (f64, f64)) -> Self {
        Self { left, top, right, bottom }
    }
    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }
    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
    pub(crate) fn holds(&self, other: &Self) -> bool {
        self.left <= other.left && other.right <= self.right && self.top <= other.top && other.bottom <= self.bottom
    }
}

/// Which part of a text is at its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Left,
    Middle,
    Right,
}

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Type {
    pub(crate) size: f64,
    pub(crate) colour: Colour,
    pub(crate) side: Side,
}

impl Type {
    pub(crate) fn new(size: f64, colour: Colour) -> Self {
        Self { size, colour, side: Side::Left }
    }
    pub(crate) fn at(self, side: Side) -> Self {
        Self { side, ..self }
    }
    /// The place that a text takes whose left, middle or right is at x, and its middle at y.
    pub(crate) fn area(&self, text: &str, (x, y): (f64, f64)) -> Area {
        let wide = width(text, self.size);
        let left = match self.side {
            Side::Left => x,
            Side::Middle => x - wide / 2.0,
            Side::Right => x - wide,
        };
        Area::new((left, y - self.size * 0.56), (left + wide, y + self.size * 0.56))
    }
}

/// What a label must not lie on.
#[derive(Clone, Copy, Debug)]
enum Taken {
    Block(Area),
    Line((f64, f64), (f64, f64)),
}

/// What has been drawn.
#[derive(Clone)]
pub(crate) struct Sheet {
    pub(crate) theme: Theme,
    body: String,
    taken: Vec<Taken>,
}

impl Sheet {
    pub(crate) fn new(theme: Theme) -> Self {
        Self { theme, body: String::new(), taken: Vec::new() }
    }

    /// A filled box, which labels keep away from.
    pub(crate) fn block(&mut self, area: Area, colour: Colour) {
        self.ground(area, colour);
        self.taken.push(Taken::Block(area));
    }

    /// A filled box on which labels may lie.
    pub(crate) fn ground(&mut self, area: Area, colour: Colour) {
        // Crisp edges: boxes side by side leave no seam.
        self.rectangle(area, &format!("fill=\"{}\" shape-rendering=\"crispEdges\"", colour.hex()));
    }

    /// The outline of a box; with `dash`, a broken one.
    pub(crate) fn frame(&mut self, area: Area, colour: Colour, thick: f64, dash: bool) {
        let dash = if dash { " stroke-dasharray=\"3 2\"" } else { "" };
        self.rectangle(area, &format!("fill=\"none\" stroke=\"{}\" stroke-width=\"{thick}\"{dash}", colour.hex()));
    }

    fn rectangle(&mut self, area: Area, look: &str) {
        // Edges are rounded, and not sizes: boxes side by side share theirs.
        let round = |at: f64| (at * 10.0).round() / 10.0;
        let (left, top) = (round(area.left), round(area.top));
        let (wide, high) = ((round(area.right) - left).max(0.0), (round(area.bottom) - top).max(0.0));
        let _ = writeln!(
            self.body,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" {look}/>"
        );
    }

    /// A line through points, which labels keep away from.
    pub(crate) fn line(&mut self, points: &[(f64, f64)], colour: Colour, thick: f64, dash: Option<(f64, f64)>) {
        self.rule(points, colour, thick, dash);
        self.taken.extend(points.windows(2).map(|pair| Taken::Line(pair[0], pair[1])));
    }

    /// A line on which labels may lie, such as one of a grid.
    pub(crate) fn rule(&mut self, points: &[(f64, f64)], colour: Colour, thick: f64, dash: Option<(f64, f64)>) {
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let dash = dash.map_or(String::new(), |(on, off)| format!(" stroke-dasharray=\"{on} {off}\""));
        let _ = writeln!(
            self.body,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{thick}\" stroke-linejoin=\"round\"{dash}/>",
            path.join(" "),
            colour.hex()
        );
    }

    /// A dot; with a `ring`, one that has a hole of that colour.
    pub(crate) fn dot(&mut self, (x, y): (f64, f64), radius: f64, colour: Colour, ring: Option<Colour>) {
        let look = match ring {
            Some(hole) => format!("fill=\"{}\" stroke=\"{}\" stroke-width=\"2\"", hole.hex(), colour.hex()),
            None => format!("fill=\"{}\"", colour.hex()),
        };
        let _ = writeln!(self.body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" {look}/>");
        self.taken.push(Taken::Block(Area::new((x - radius, y - radius), (x + radius, y + radius))));
    }

    /// Text whose left, middle or right is at x, and whose middle (up and down) is at y. Gives the place that it takes.
    pub(crate) fn text(&mut self, text: &str, at: (f64, f64), look: Type) -> Area {
        let area = look.area(text, at);
        self.write(text, at, look, "");
        self.taken.push(Taken::Block(area));
        area
    }

    /// Text that reads upwards, and ends at y.
    pub(crate) fn upright(&mut self, text: &str, (x, y): (f64, f64), look: Type) {
        let turn = format!(" transform=\"rotate(-90 {x:.1} {y:.1})\"");
        self.write(text, (x, y), look.at(Side::Right), &turn);
    }

    fn write(&mut self, text: &str, (x, y): (f64, f64), look: Type, turn: &str) {
        if text.is_empty() {
            return;
        }
        let anchor = match look.side {
            Side::Left => "",
            Side::Middle => " text-anchor=\"middle\"",
            Side::Right => " text-anchor=\"end\"",
        };
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{:.1}\" font-size=\"{}\" fill=\"{}\"{anchor}{turn}>{}</text>",
            y + look.size * 0.36,
            look.size,
            look.colour.hex(),
            escape(text)
        );
    }

    /// Writes text at the first of the places where it lies on nothing and within the area; false where there is none.
    pub(crate) fn place(
        &mut self,
        text: &str,
        within: Area,
        places: impl IntoIterator<Item = ((f64, f64), Side)>,
        look: Type,
    ) -> bool {
        let free = places.into_iter().find(|(at, side)| {
            let area = look.at(*side).area(text, *at);
            within.holds(&area) && self.taken.iter().all(|taken| !taken.touches(&area))
        });
        if let Some((at, side)) = free {
            self.text(text, at, look.at(side));
        }
        free.is_some()
    }

    /// The sheet as a file of its own, so many pixels large and so many times larger than it was drawn, with a title that
    /// screen readers say and browsers show.
    pub(crate) fn finish(self, (width, height): (f64, f64), scale: f64, title: &str) -> String {
        let [wide, high] = [width, height].map(|pixels| (pixels / scale * 100.0).round() / 100.0);
        format!(
            "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {wide} {high}\" xmlns=\"http://www.w3.org/2000/svg\" \
             font-family=\"{FONTS}\" xml:space=\"preserve\" role=\"img\"><title>{}</title>\n\
             <rect x=\"0\" y=\"0\" width=\"{wide}\" height=\"{high}\" fill=\"{}\"/>\n{}</svg>\n",
            escape(title),
            self.theme.paper().hex(),
            self.body
        )
    }
}

impl Taken {
    fn touches(&self, label: &Area) -> bool {
        const AIR: f64 = 3.0;
        let label = Area::new((label.left - AIR, label.top - AIR), (label.right + AIR, label.bottom + AIR));
        match self {
            Self::Block(area) => area.meets(&label),
            Self::Line(from, to) => crosses(*from, *to, &label),
        }
    }
}

/// Whether a line goes through an area (Liang and Barsky 1984).
fn crosses((x0, y0): (f64, f64), (x1, y1): (f64, f64), area: &Area) -> bool {
    let (dx, dy) = (x1 - x0, y1 - y0);
    let (mut enters, mut leaves) = (0.0f64, 1.0f64);
    for (p, q) in [(-dx, x0 - area.left), (dx, area.right - x0), (-dy, y0 - area.top), (dy, area.bottom - y0)] {
        if p == 0.0 {
            if q < 0.0 {
                return false;
            }
        } else if p < 0.0 {
            enters = enters.max(q / p);
        } else {
            leaves = leaves.min(q / p);
        }
    }
    enters <= leaves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_cross_areas_or_pass_them() {
        let area = Area::new((10.0, 10.0), (20.0, 20.0));
        assert!(crosses((0.0, 0.0), (30.0, 30.0), &area) && crosses((12.0, 12.0), (13.0, 12.0), &area));
        assert!(crosses((15.0, 0.0), (15.0, 40.0), &area));
        assert!(!crosses((0.0, 15.0), (9.0, 15.0), &area) && !crosses((0.0, 25.0), (30.0, 25.0), &area));
        assert!(!crosses((0.0, 12.0), (12.0, 0.0), &area));
    }

    #[test]
    fn a_label_takes_the_first_place_that_is_free() {
        let mut sheet = Sheet::new(Theme::Light);
        let (all, look) = (Area::new((0.0, 0.0), (200.0, 100.0)), Type::new(10.0, Theme::Light.ink()));
        sheet.line(&[(0.0, 20.0), (200.0, 20.0)], Theme::Light.ink(), 1.0, None);
        let places = [((5.0, 20.0), Side::Left), ((190.0, 60.0), Side::Left), ((5.0, 40.0), Side::Left)];
        assert!(sheet.place("label", all, places, look));
        assert!(sheet.body.contains("x=\"5.0\" y=\"43.6\""), "{}", sheet.body);
        assert!(!sheet.place("label", all, places, look), "the third place is taken now");
    }
}
