//! Bar charts of gaps on a logarithmic axis, a group per set of instances.

use std::fmt::Write;

use super::frame::{HEAD, escaped, open_sheet};
use super::{Caption, palette};

/// Bars under one heading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// Heading.
    pub name: String,
    /// Bars, from above.
    pub marks: Vec<Mark>,
}

/// A bar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    /// Text to the left.
    pub label: String,
    /// In percent.
    pub value: f64,
    /// Drawn as a line over the bar's end.
    pub interval: Option<[f64; 2]>,
    /// Whether it stands out.
    pub ours: bool,
}

/// Pixels: room for labels, length of the longest bar, room for values.
const LABELS: f64 = 470.0;
const WIDTH: f64 = 620.0;
const VALUES: f64 = 110.0;
/// Heights of a bar's row and of a heading.
const ROW: f64 = 22.0;
const HEADING: f64 = 46.0;

/// The left end of the axis, in percent: whatever is below it has no bar.
const LEAST: f64 = 1e-3;

/// The chart.
pub fn bars(groups: &[Group], caption: &Caption) -> String {
    let marks = || groups.iter().flat_map(|group| &group.marks);
    let ends = marks().map(|mark| mark.interval.map_or(mark.value, |[_, high]| high.max(mark.value)));
    let most = ends.fold(1.0, f64::max);
    let decades = (most / LEAST).log10();
    let x = |percent: f64| LABELS + WIDTH * ((percent.max(LEAST) / LEAST).log10() / decades).min(1.0);
    let height = HEAD + HEADING * groups.len() as f64 + ROW * marks().count() as f64 + 40.0;
    let mut svg = String::new();
    open_sheet(&mut svg, [LABELS + WIDTH + VALUES, height], caption);
    let bottom = height - 34.0;
    for decade in -3..=(most.log10().floor() as i32) {
        let at = x(10_f64.powi(decade));
        let _ = writeln!(
            svg,
            r#"<path stroke="{}" d="M{at:.1} {HEAD}V{bottom:.1}"/><text x="{at:.1}" y="{:.1}" font-size="13" fill="{}"
text-anchor="middle">{}</text>"#,
            palette::FAINT,
            bottom + 18.0,
            palette::GREY,
            10_f64.powi(decade)
        );
    }
    let mut top = HEAD;
    for group in groups {
        let name = escaped(&group.name);
        let _ = writeln!(
            svg,
            r#"<text x="36" y="{:.1}" font-size="17" font-weight="600" fill="{}">{name}</text>"#,
            top + HEADING - 14.0,
            palette::DARK
        );
        top += HEADING;
        for mark in &group.marks {
            draw(&mut svg, mark, top, &x);
            top += ROW;
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// A label that fits the room for labels; what does not fit is cut off in the middle, since both ends say something.
fn cut(label: &str) -> String {
    const MOST: usize = 66;
    let characters: Vec<char> = label.chars().collect();
    match characters.len().checked_sub(MOST) {
        None | Some(0) => label.into(),
        Some(_) => {
            let (head, tail) = (&characters[..MOST / 2 - 1], &characters[characters.len() - MOST / 2..]);
            head.iter().chain(&['…']).chain(tail).collect()
        }
    }
}

fn draw(svg: &mut String, mark: &Mark, top: f64, x: &impl Fn(f64) -> f64) {
    let (colour, end, base) = (if mark.ours { palette::INK } else { palette::GREY }, x(mark.value), top + 15.0);
    let _ = write!(
        svg,
        r#"<text x="{:.1}" y="{base:.1}" font-size="13" fill="{}" text-anchor="end">{}</text>
<rect x="{LABELS}" y="{:.1}" width="{:.1}" height="{:.1}" fill="{colour}"/>"#,
        LABELS - 8.0,
        palette::DARK,
        escaped(&cut(&mark.label)),
        top + 3.0,
        (end - LABELS).max(1.0),
        ROW - 6.0
    );
    if let Some([low, high]) = mark.interval {
        let _ = write!(
            svg,
            r#"<path stroke="{}" stroke-width="1.5" d="M{:.1} {:.1}H{:.1}"/>"#,
            palette::DARK,
            x(low),
            top + ROW / 2.0,
            x(high)
        );
    }
    let value = x(mark.interval.map_or(mark.value, |[_, high]| high.max(mark.value))) + 6.0;
    let _ = writeln!(
        svg,
        r#"<text x="{value:.1}" y="{base:.1}" font-size="13" fill="{}">{:.3}</text>"#,
        palette::GREY,
        mark.value
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_labels_keep_both_ends() {
        let long = format!("begin {} end", "x".repeat(200));
        let short = cut(&long);
        assert!(short.starts_with("begin ") && short.ends_with(" end") && short.chars().count() == 66, "{short}");
        assert_eq!(cut("as it is"), "as it is");
    }

    #[test]
    fn longer_bars_are_larger_gaps_and_nothing_leaves_the_axis() {
        let mark = |value: f64| Mark { value, interval: Some([value - 0.1, value + 0.1]), ..Mark::default() };
        let marks = [-0.5, 0.0, 0.01, 3.0, 250.0].map(mark).to_vec();
        let svg = bars(&[Group { name: "a".into(), marks }], &Caption::default());
        let width = |part: &str| part.split(" width=\"").nth(1)?.split('"').next()?.parse::<f64>().ok();
        let widths: Vec<f64> = svg.split("<rect x=").skip(1).filter_map(width).collect();
        assert_eq!(widths.len(), 5);
        assert!(widths.windows(2).all(|pair| pair[0] <= pair[1]) && widths[4] <= WIDTH, "{widths:?}");
    }
}
