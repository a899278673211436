//! Line charts of gaps over effort, both axes logarithmic, a panel per set of instances.

use std::fmt::Write;

use super::frame::{HEAD, escaped, open_sheet};
use super::{Caption, palette};

/// Lines in one panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// Heading.
    pub name: String,
    /// What is drawn.
    pub lines: Vec<Line>,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// What it shows.
    pub label: String,
    /// Effort and gap in percent, by effort.
    pub points: Vec<[f64; 2]>,
}

/// Pixels: size of a panel's axes, and the rims around them. Labels stand to the right of the lines' ends.
const PANEL: [f64; 2] = [560.0, 300.0];
const RIM: [f64; 4] = [80.0, 48.0, 420.0, 52.0];

/// Gaps below this are drawn here: 0 has no place on a logarithmic axis.
const LEAST: f64 = 1e-3;

/// The chart.
pub fn lines(panels: &[Panel], caption: &Caption) -> String {
    let height = RIM[1] + PANEL[1] + RIM[3];
    let mut svg = String::new();
    let sheet = [RIM[0] + PANEL[0] + RIM[2], HEAD + height * panels.len() as f64 + 16.0];
    open_sheet(&mut svg, sheet, caption);
    for (index, panel) in panels.iter().enumerate() {
        draw(&mut svg, panel, HEAD + height * index as f64);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// A logarithmic axis from `low` to `high` on pixels `from` to `to`.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (low, high) = values.fold((f64::INFINITY, LEAST), |(low, high), x| (low.min(x), high.max(x)));
        let (low, high) = (low.min(high).max(LEAST), high);
        // Room around, also of a single value.
        Self { low: low.ln() - 0.1, high: high.ln() + 0.1, from, to }
    }

    fn at(&self, value: f64) -> f64 {
        let part = (value.max(LEAST).ln() - self.low) / (self.high - self.low);
        self.from + part.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// 1, 2 and 5 times powers of ten.
    fn marks(&self) -> Vec<f64> {
        let (low, high) = (self.low.exp(), self.high.exp());
        let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
        let steps = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|step| step * 10_f64.powi(decade)));
        steps.filter(|mark| (low..=high).contains(mark)).collect()
    }
}

/// A number without the noise of its binary form.
fn short(mark: f64) -> f64 {
    format!("{mark:.3e}").parse().unwrap_or(mark)
}

fn draw(svg: &mut String, panel: &Panel, top: f64) {
    let points = || panel.lines.iter().flat_map(|line| &line.points);
    let (left, bottom) = (RIM[0], top + RIM[1] + PANEL[1]);
    let x = Axis::new(points().map(|point| point[0]), left, left + PANEL[0]);
    let y = Axis::new(points().map(|point| point[1].max(LEAST)), bottom, top + RIM[1]);
    let (grey, faint, right) = (palette::GREY, palette::FAINT, left + PANEL[0]);
    let _ = writeln!(
        svg,
        r#"<text x="36" y="{:.1}" font-size="17" font-weight="600" fill="{}">{}</text>"#,
        top + RIM[1] - 18.0,
        palette::DARK,
        escaped(&panel.name)
    );
    for mark in y.marks() {
        let (at, base, mark) = (y.at(mark), y.at(mark) + 4.0, short(mark));
        let _ = writeln!(
            svg,
            r#"<path stroke="{faint}" d="M{left} {at:.1}H{right}"/>
<text x="{:.1}" y="{base:.1}" font-size="13" fill="{grey}" text-anchor="end">{mark}</text>"#,
            left - 8.0
        );
    }
    for mark in x.marks() {
        let (at, base, mark) = (x.at(mark), bottom + 20.0, short(mark));
        let _ = writeln!(
            svg,
            r#"<text x="{at:.1}" y="{base:.1}" font-size="13" fill="{grey}" text-anchor="middle">{mark}</text>"#
        );
    }
    let mut ends: Vec<(f64, usize)> =
        panel.lines.iter().enumerate().filter_map(|(i, line)| Some((y.at(line.points.last()?[1]), i))).collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut above = f64::NEG_INFINITY;
    for (end, index) in ends {
        let (line, colour) = (&panel.lines[index], palette::distinct(index));
        let path: Vec<String> = line.points.iter().map(|&[a, b]| format!("{:.1} {:.1}", x.at(a), y.at(b))).collect();
        // Labels do not cover each other.
        above = end.max(above + 16.0);
        let _ = writeln!(
            svg,
            r#"<path fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round" d="M{}"/>
<text x="{:.1}" y="{:.1}" font-size="13" fill="{colour}">{}</text>"#,
            path.join("L"),
            right + 10.0,
            above + 4.0,
            escaped(&line.label)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_gaps_are_drawn_lower_and_lines_stay_on_their_panel() {
        let line = |label: &str, gaps: [f64; 3]| Line {
            label: label.into(),
            points: [16.0, 160.0, 1_600.0].into_iter().zip(gaps).map(|(effort, gap)| [effort, gap]).collect(),
        };
        let lines = vec![line("a < b", [3.0, 1.0, 0.5]), line("zero", [0.0, -1.0, 0.0])];
        let svg = super::lines(&[Panel { name: "set".into(), lines }], &Caption::default());
        assert!(svg.contains("a &lt; b") && !svg.contains("NaN") && !svg.contains("inf"));
        let path = |number: usize| -> Vec<f64> {
            let text = svg.split(" d=\"M").filter(|part| part.contains('L')).nth(number).unwrap();
            let text = text.split('"').next().unwrap();
            text.split(['L', ' ']).map(|word| word.parse().unwrap()).collect()
        };
        let first = path(0);
        assert!(first[1] < first[3] && first[3] < first[5], "{first:?}");
        let bottom = HEAD + RIM[1] + PANEL[1];
        assert!(first.iter().chain(&path(1)).all(|&at| (RIM[0]..=bottom.max(RIM[0] + PANEL[0])).contains(&at)));
    }

    #[test]
    fn a_single_point_is_no_reason_to_divide_by_zero() {
        let line = Line { label: "one".into(), points: vec![[16.0, 0.5]] };
        let svg = super::lines(&[Panel { name: "set".into(), lines: vec![line] }], &Caption::default());
        assert!(!svg.contains("NaN"));
    }
}
