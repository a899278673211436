//! The sheet of a picture: where points come to lie, how thick lines are, and the SVG text.

use std::fmt::Write;

use heuron_problems::metric::bounding_box;

use super::{Caption, palette};

/// Longer side of the drawing in pixels.
const SIDE: f64 = 1200.0;
/// Blank rim around the drawing.
const RIM: f64 = 36.0;
/// Height of the caption.
pub(super) const HEAD: f64 = 84.0;
/// A caption needs this width.
const NARROWEST: f64 = 640.0;
/// Path coordinates are integers in tenths of a pixel: short, and exact when they are relative.
const FINE: f64 = 10.0;
/// Beyond this many points dots would merge: the lines say it all.
const MOST_DOTS: usize = 20_000;

/// A picture in the making.
pub(super) struct Frame {
    svg: String,
    /// Points on the sheet in tenths of a pixel \[n\], y downwards.
    at: Vec<[i64; 2]>,
    /// Typical distance between neighbouring points, in pixels.
    spacing: f64,
}

impl Frame {
    /// An empty sheet for `points` (x to the right, y upwards), with equal scales on both axes.
    pub fn new(points: &[[f64; 2]], caption: &Caption) -> Self {
        let (low, high) = bounding_box(points);
        let extent = [high[0] - low[0], high[1] - low[1]];
        let longest = extent[0].max(extent[1]);
        let zoom = if longest > 0.0 { SIDE / longest } else { 1.0 };
        let (width, height) = (extent[0] * zoom, extent[1] * zoom);
        let sheet = [(width + 2.0 * RIM).max(NARROWEST), height + 2.0 * RIM + HEAD];
        // A sheet wider than its drawing has it in the middle.
        let left = (sheet[0] - width) / 2.0;
        let place = |p: &[f64; 2]| {
            let x = left + (p[0] - low[0]) * zoom;
            let y = HEAD + RIM + (high[1] - p[1]) * zoom;
            [(x * FINE).round() as i64, (y * FINE).round() as i64]
        };
        // Points in a long thin box lie closer together than the longer side says.
        let area = width.max(SIDE / 20.0) * height.max(SIDE / 20.0);
        let spacing = (area / points.len().max(1) as f64).sqrt();
        let mut frame = Self { svg: String::new(), at: points.iter().map(place).collect(), spacing };
        frame.head(sheet, caption);
        frame
    }

    fn head(&mut self, sheet: [f64; 2], caption: &Caption) {
        open_sheet(&mut self.svg, sheet, caption);
        let scale = 1.0 / FINE;
        let _ = writeln!(
            self.svg,
            r#"</g>
<g transform="scale({scale})" fill="none" stroke-linecap="round" stroke-linejoin="round">"#
        );
    }

    /// A line through `nodes`; `weight` 1 is the usual thickness.
    pub fn line(&mut self, nodes: &[u32], closed: bool, colour: &str, weight: f64) {
        let Some((&first, rest)) = nodes.split_first() else { return };
        let thickness = weight * (0.075 * self.spacing).clamp(0.45, 2.4);
        self.open(colour, thickness);
        let [mut x, mut y] = self.at[first as usize];
        let _ = write!(self.svg, "M{x} {y}l");
        for &node in rest {
            let [to_x, to_y] = self.at[node as usize];
            // A minus sign separates by itself.
            let _ = write!(self.svg, "{}{}{} ", to_x - x, if to_y < y { "" } else { " " }, to_y - y);
            [x, y] = [to_x, to_y];
        }
        if rest.is_empty() {
            self.svg.push_str("0 0");
        }
        self.svg.push_str(if closed { "z\"/>\n" } else { "\"/>\n" });
    }

    /// Straight lines between pairs of nodes.
    pub fn segments(&mut self, pairs: impl Iterator<Item = [u32; 2]>, colour: &str) {
        self.open(colour, (0.05 * self.spacing).clamp(0.4, 1.4));
        for pair in pairs {
            let [[x, y], [to_x, to_y]] = pair.map(|node| self.at[node as usize]);
            let _ = write!(self.svg, "M{x} {y}L{to_x} {to_y}");
        }
        self.svg.push_str("\"/>\n");
    }

    /// Nodes as dots: round ends of lines without length, the shortest way to say it.
    pub fn dots(&mut self, nodes: impl Iterator<Item = u32>, colour: &str) {
        if self.at.len() > MOST_DOTS {
            return;
        }
        self.open(colour, (0.2 * self.spacing).clamp(1.2, 9.0));
        for node in nodes {
            let [x, y] = self.at[node as usize];
            let _ = write!(self.svg, "M{x} {y}h0");
        }
        self.svg.push_str("\"/>\n");
    }

    /// A node as a square with a bright rim that stands out from everything under it.
    pub fn square(&mut self, node: u32, colour: &str) {
        let [x, y] = self.at[node as usize];
        let side = FINE * (0.55 * self.spacing).clamp(12.0, 20.0);
        let (left, top, rim) = (x as f64 - side / 2.0, y as f64 - side / 2.0, side / 6.0);
        let _ = writeln!(
            self.svg,
            r#"<rect x="{left:.0}" y="{top:.0}" width="{side:.0}" height="{side:.0}" fill="{colour}"
stroke="{}" stroke-width="{rim:.0}"/>"#,
            palette::PAPER
        );
    }

    /// The finished SVG text.
    pub fn finish(mut self) -> String {
        self.svg.push_str("</g>\n</svg>\n");
        self.svg
    }

    fn open(&mut self, colour: &str, thickness: f64) {
        let _ = write!(self.svg, r#"<path stroke="{colour}" stroke-width="{:.1}" d=""#, thickness * FINE);
    }
}

/// An empty sheet of this width and height with its caption, and an open group for more text.
pub(super) fn open_sheet(svg: &mut String, [width, height]: [f64; 2], caption: &Caption) {
    let (title, subtitle) = (escaped(&caption.title), escaped(&caption.subtitle));
    let (dark, grey, paper) = (palette::DARK, palette::GREY, palette::PAPER);
    let _ = writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0}" height="{height:.0}"
viewBox="0 0 {width:.0} {height:.0}">
<title>{title}: {subtitle}</title>
<rect width="100%" height="100%" fill="{paper}"/>
<g font-family="Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif">
<text x="{RIM}" y="52" font-size="28" font-weight="600" fill="{dark}">{title}</text>
<text x="{RIM}" y="80" font-size="17" fill="{grey}">{subtitle}</text>"#
    );
}

/// Text that XML takes as it is meant, without control characters.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}
