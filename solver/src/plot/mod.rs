//! Pictures of solutions as SVG: legible at a thousand nodes, about a megabyte at a hundred thousand.

mod bars;
mod curve;
mod frame;
mod gantt;
mod lines;
mod palette;

use heuron_problems::{Cvrp, Distances, Metric, Routes, Tour, Tsp};

use crate::instance::Kind;
use crate::report::Report;
pub use bars::{Group, Mark, bars};
pub use curve::learning_curve;
use frame::Frame;
pub(crate) use gantt::{flow_gantt, gantt};
pub use lines::{Line, Panel, lines};

/// Text above a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// First line, large.
    pub title: String,
    /// Second line, small.
    pub subtitle: String,
}

impl Caption {
    /// Name, size, cost and gaps of a run.
    pub fn of(report: &Report) -> Self {
        let nodes = match report.problem {
            Kind::Tsp => "nodes",
            Kind::Cvrp => "customers",
            Kind::Knapsack => "items",
            Kind::Jssp | Kind::Ffsp => "operations",
            Kind::Bandit => "arms",
        };
        let mut facts = vec![format!("{} {nodes}", thousands(&report.size.to_string()))];
        facts.extend(report.cost.map(|cost| format!("cost {}", thousands(&in_units(cost, report.scale)))));
        let percent = |gap: f64, above: &str| match gap {
            0.0 => format!("equal to the {above}"),
            gap if gap < 0.0 => format!("{:.2} % below the {above}", -100.0 * gap),
            gap => format!("{:.2} % above the {above}", 100.0 * gap),
        };
        facts.extend(report.gap_to_bound.map(|gap| percent(gap, "lower bound")));
        facts.extend(report.gap_to_best_known.map(|gap| percent(gap, "best known")));
        Self { title: report.instance.clone(), subtitle: facts.join("  ·  ") }
    }
}

/// A cost in the units of the file, with as many decimals as the scale gives (at most three, none for integers).
pub fn in_units(cost: i64, scale: f64) -> String {
    if scale == 1.0 { cost.to_string() } else { format!("{:.3}", cost as f64 / scale) }
}

/// A mean of costs in the units of the file, with three decimals also where costs are integers.
pub fn mean_in_units(cost: f64, scale: f64) -> String {
    format!("{:.3}", cost / scale)
}

/// Groups digits by thin spaces.
fn thousands(number: &str) -> String {
    let (whole, fraction) = number.find('.').map_or((number, ""), |dot| number.split_at(dot));
    let mut grouped = String::with_capacity(number.len() + number.len() / 3);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push('\u{2009}');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// The tour as one closed line with its nodes; none without coordinates.
pub(crate) fn tour(tsp: &Tsp, tour: &Tour, caption: &Caption) -> Option<String> {
    let points = upright(&tsp.distances, tsp.drawing()?);
    let mut frame = Frame::new(&points, caption);
    frame.line(&tour.nodes, true, palette::INK, 1.0);
    frame.dots(tour.nodes.iter().copied(), palette::DARK);
    Some(frame.finish())
}

/// Every route in its own colour, the legs from and to the depot faint, the depot as a square; none without
/// coordinates.
pub(crate) fn routes(cvrp: &Cvrp, solution: &Routes, caption: &Caption) -> Option<String> {
    let points = upright(&cvrp.distances, cvrp.drawing()?);
    let mut frame = Frame::new(&points, caption);
    let used = by_angle(&points, solution);
    let legs = used.iter().flat_map(|route| [route.first(), route.last()]).flatten().map(|&end| [0, end]);
    frame.segments(legs, palette::FAINT);
    for (index, route) in used.iter().enumerate() {
        let colour = palette::distinct(index);
        frame.line(route, false, &colour, 1.25);
        frame.dots(route.iter().copied(), &colour);
    }
    frame.square(0, palette::DARK);
    Some(frame.finish())
}

/// Routes by the direction of their centre as seen from the depot, so that neighbours get successive colours.
fn by_angle<'a>(points: &[[f64; 2]], solution: &'a Routes) -> Vec<&'a [u32]> {
    let angle = |route: &[u32]| {
        let sum = |axis: usize| route.iter().map(|&c| points[c as usize][axis] - points[0][axis]).sum::<f64>();
        sum(1).atan2(sum(0))
    };
    let mut used: Vec<&[u32]> = solution.routes.iter().map(Vec::as_slice).filter(|route| !route.is_empty()).collect();
    used.sort_by(|a, b| angle(a).total_cmp(&angle(b)));
    used
}

/// Points as a map shows them: `GEO` has (latitude, longitude), and a degree of longitude shrinks towards the poles.
fn upright(distances: &Distances, points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    if distances.metric() != Some(Metric::Geo) {
        return points.to_vec();
    }
    let mean = points.iter().map(|p| p[0]).sum::<f64>() / points.len() as f64;
    let shrink = mean.to_radians().cos().max(0.1);
    points.iter().map(|p| [p[1] * shrink, p[0]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(side: usize) -> Vec<[f64; 2]> {
        (0..side * side).map(|i| [(i % side) as f64, (i / side) as f64]).collect()
    }

    fn euclid(points: Vec<[f64; 2]>) -> Distances {
        Distances::new(Metric::Euclid { scale: 1.0 }, points)
    }

    #[test]
    fn instance_without_coordinates_has_no_picture() {
        let tsp = Tsp::new("x", Distances::from_matrix(2, vec![0, 1, 1, 0]));
        assert_eq!(tour(&tsp, &Tour { nodes: vec![0, 1] }, &Caption::default()), None);
    }

    #[test]
    fn picture_of_many_nodes_stays_small() {
        let tsp = Tsp::new("grid", euclid(grid(317)));
        let nodes = (0..tsp.len() as u32).collect();
        let svg = tour(&tsp, &Tour { nodes }, &Caption::default()).unwrap();
        assert!(svg.len() < 2_000_000, "{} bytes", svg.len());
    }

    #[test]
    fn points_that_coincide_are_drawn() {
        let cvrp = Cvrp::new("dot", euclid(vec![[1.0, 1.0]; 3]), vec![0, 1, 1], 2);
        let svg = routes(&cvrp, &Routes { routes: vec![vec![1, 2], vec![]] }, &Caption::default()).unwrap();
        assert!(svg.ends_with("</svg>\n") && !svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn caption_is_escaped() {
        let caption = Caption { title: "a<b> & \"c\"".into(), subtitle: String::new() };
        let tsp = Tsp::new("x", euclid(grid(2)));
        let svg = tour(&tsp, &Tour { nodes: vec![0, 1, 3, 2] }, &caption).unwrap();
        assert!(svg.contains("a&lt;b&gt; &amp; &quot;c&quot;"), "{svg}");
    }

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(thousands("1234567.5"), "1\u{2009}234\u{2009}567.5");
        assert_eq!(thousands("-123"), "-123");
        assert_eq!(thousands("12"), "12");
    }
}
