//! Learning curves: validation gap over time, both axes as useful.

use std::fmt::Write;

use super::palette;

/// Size of the sheet, and its rims: left, top, right, bottom.
const SHEET: [f64; 2] = [960.0, 540.0];
const RIM: [f64; 4] = [88.0, 72.0, 32.0, 64.0];

/// Steps of a logarithmic scale.
const STEPS: [f64; 3] = [1.0, 2.0, 5.0];

/// SVG of `points`: seconds and gaps above 0, on a linear and a logarithmic axis. None for fewer than two points.
pub fn learning_curve(points: &[[f64; 2]], title: &str) -> Option<String> {
    // A gap of 0 or below has no place on a logarithmic axis: it is drawn at the lower end.
    let least = points.iter().map(|&[_, gap]| gap).filter(|&gap| gap > 0.0).fold(f64::INFINITY, f64::min);
    if points.len() < 2 || !least.is_finite() {
        return None;
    }
    let most = points.iter().map(|&[_, gap]| gap).fold(least, f64::max);
    let end = points.iter().map(|&[time, _]| time).fold(1e-9, f64::max);
    let (low, high) = (least.ln() - 0.1, most.ln() + 0.1);
    let (width, height) = (SHEET[0] - RIM[0] - RIM[2], SHEET[1] - RIM[1] - RIM[3]);
    let x = |time: f64| RIM[0] + width * time / end;
    let y = |gap: f64| RIM[1] + height * (high - gap.max(least).ln()) / (high - low);
    let (dark, grey, faint, paper) = (palette::DARK, palette::GREY, palette::FAINT, palette::PAPER);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{0:.0}" height="{1:.0}" viewBox="0 0 {0:.0} {1:.0}">
<rect width="100%" height="100%" fill="{paper}"/>
<g font-family="Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="14" fill="{grey}">
<text x="{2}" y="40" font-size="22" font-weight="600" fill="{dark}">{title}</text>
<text x="{2}" y="60">gap to the references in %, over time</text>
"#,
        SHEET[0], SHEET[1], RIM[0]
    );
    for gap in scale(low.exp(), high.exp()) {
        let (left, right, at, percent) = (RIM[0], SHEET[0] - RIM[2], y(gap), 100.0 * gap);
        let (text, base) = (left - 10.0, at + 5.0);
        let _ = writeln!(
            svg,
            r#"<path stroke="{faint}" d="M{left} {at:.1}H{right}"/>
<text x="{text}" y="{base:.1}" text-anchor="end">{percent}</text>"#,
        );
    }
    for part in 0..=4 {
        let time = end * f64::from(part) / 4.0;
        let (at, below) = (x(time), SHEET[1] - RIM[3] + 24.0);
        let _ = writeln!(svg, r#"<text x="{at:.1}" y="{below:.1}" text-anchor="middle">{}</text>"#, span(time, end));
    }
    svg += &format!(r#"<path fill="none" stroke-width="2" stroke-linejoin="round" stroke="{}" d=""#, palette::INK);
    for (index, &[time, gap]) in points.iter().enumerate() {
        let _ = write!(svg, "{}{:.1} {:.1}", if index == 0 { 'M' } else { 'L' }, x(time), y(gap));
    }
    svg.push_str("\"/>\n</g>\n</svg>\n");
    Some(svg)
}

/// Round numbers between two gaps.
fn scale(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let marks = decades.flat_map(|decade| STEPS.map(|step| step * 10_f64.powi(decade)));
    // Through the text, so that 0.07 is not written as 0.07000000000000001.
    let round = |mark: f64| format!("{mark:.3e}").parse().unwrap_or(mark);
    marks.map(round).filter(move |&mark| low <= mark && mark <= high)
}

/// A time in the unit that suits the whole.
fn span(time: f64, whole: f64) -> String {
    match whole {
        0.0..300.0 => format!("{time:.0} s"),
        300.0..18_000.0 => format!("{:.1} min", time / 60.0),
        _ => format!("{:.1} h", time / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curve_stays_on_the_sheet_and_needs_two_points() {
        assert_eq!(learning_curve(&[[1.0, 0.5]], "a"), None);
        assert_eq!(learning_curve(&[[1.0, 0.0], [2.0, -0.1]], "a"), None);
        let svg = learning_curve(&[[0.0, 2.0], [60.0, 0.05], [400.0, -0.001]], "tsp").unwrap();
        let (_, path) = svg.rsplit_once(" d=\"").unwrap();
        let numbers = path.split(['M', 'L', ' ', '"']).filter_map(|word| word.parse::<f64>().ok());
        let numbers: Vec<f64> = numbers.collect();
        assert_eq!(numbers.len(), 6);
        assert!(numbers.chunks(2).all(|at| (88.0..=928.0).contains(&at[0]) && (72.0..=476.0).contains(&at[1])));
    }

    #[test]
    fn scale_has_round_numbers() {
        assert_eq!(scale(0.004, 0.06).collect::<Vec<_>>(), [0.005, 0.01, 0.02, 0.05]);
    }
}
