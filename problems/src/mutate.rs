//! Mutations of points in the unit square, which make uniform instances uneven: J. Bossek, P. Kerschke, A. Neumann, M.
//! Wagner, F. Neumann, H. Trautmann, "Evolving diverse TSP instances by means of novel and creative mutation
//! operators", FOGA 2019.
//!
//! F. Chalumeau et al., COMPASS, NeurIPS 2023, say that the power of a mutation is the probability that it changes a
//! node. For the operators that work on a region that is a choice: here a node is changed if it is in the region and
//! drawn.

use std::collections::HashSet;
use std::str::FromStr;

use rand::{Rng, RngCore};

use crate::generate::{SpecError, name_of, pick};
use crate::normal::box_muller;

/// A point of the unit square.
type Point = [f64; 2];

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Throws the points around a centre out of a circle.
    Explosion,
    /// Pulls the points around a centre towards it.
    Implosion,
    /// Gathers points around a centre.
    Cluster,
    /// Turns and shifts points.
    Rotation,
    /// Puts points on a line, each below or above where it was.
    LinearProjection,
    /// Puts points on a line parallel to an axis.
    AxisProjection,
    /// Throws the points around a line out of a strip.
    Expansion,
    /// Pulls the points around a line towards it.
    Compression,
    /// Puts the points of a box on a lattice.
    Grid,
}

/// Every operator by name.
pub const OPERATORS: [(&str, Operator); 9] = [
    ("explosion", Operator::Explosion),
    ("implosion", Operator::Implosion),
    ("cluster", Operator::Cluster),
    ("rotation", Operator::Rotation),
    ("linear-projection", Operator::LinearProjection),
    ("axis-projection", Operator::AxisProjection),
    ("expansion", Operator::Expansion),
    ("compression", Operator::Compression),
    ("grid", Operator::Grid),
];

/// A mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mutation {
    /// The operator; none: each one with the same probability.
    pub operator: Option<Operator>,
    /// Probability that a point is changed, in percent.
    pub power: u32,
}

impl FromStr for Mutation {
    type Err = SpecError;

    /// `operator=grid,power=30`; without an operator it is drawn, without a power it is 50.
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let mut mutation = Self { operator: None, power: 50 };
        for setting in text.split(',').filter(|setting| !setting.is_empty()) {
            match setting.split_once('=').unwrap_or((setting, "")) {
                ("operator", word) => mutation.operator = Some(pick("mutation operator", word, &OPERATORS)?),
                ("power", word) => {
                    let power = word.parse().ok().filter(|power| *power <= 100);
                    let refusal = || SpecError::Number { setting: "power", least: 0, found: word.into() };
                    mutation.power = power.ok_or_else(refusal)?;
                }
                (word, _) => {
                    let known = vec!["operator", "power"];
                    return Err(SpecError::Unknown { what: "setting of mutated", known, found: word.into() });
                }
            }
        }
        Ok(mutation)
    }
}

impl Mutation {
    /// The word for it, as in names of instances.
    pub fn name(&self) -> String {
        let operator = self.operator.map_or("mutated", |operator| name_of(operator, &OPERATORS));
        format!("{operator}{}", self.power)
    }

    /// Uniform points of the unit square after the mutation.
    pub fn points(&self, n: usize, rng: &mut dyn RngCore) -> Vec<[f64; 2]> {
        let mut points: Vec<Point> = (0..n).map(|_| uniform(rng)).collect();
        self.apply(&mut points, rng);
        points
    }

    /// Changes points of the unit square: at least two, or none. What leaves the square or meets another point is drawn
    /// anew.
    pub fn apply(&self, points: &mut [Point], rng: &mut dyn RngCore) {
        let operator = self.operator.unwrap_or_else(|| OPERATORS[rng.random_range(0..OPERATORS.len())].1);
        let drawn: Vec<usize> = (0..points.len()).filter(|_| rng.random_range(0..100) < self.power).collect();
        if drawn.len() < FEWEST {
            return;
        }
        let before = points.to_vec();
        match operator {
            Operator::Explosion | Operator::Implosion => around_a_centre(operator, points, &drawn, rng),
            Operator::Expansion | Operator::Compression => around_a_line(operator, points, &drawn, rng),
            Operator::Cluster => cluster(points, &drawn, rng),
            Operator::Rotation => rotate(points, &drawn, rng),
            Operator::LinearProjection => {
                let line = Line::draw(rng);
                drawn.iter().for_each(|&i| points[i][1] = line.origin + line.slope * points[i][0]);
            }
            Operator::AxisProjection => project(points, &drawn, rng),
            Operator::Grid => lattice(points, &drawn, rng),
        }
        let inside = |point: &Point| point.iter().all(|x| (0.0..1.0).contains(x));
        // Of 0 and -0 there is one.
        let bits = |point: &Point| point.map(|x| (x + 0.0).to_bits());
        let still = points.iter().zip(&before).filter(|(point, old)| point == old);
        let mut taken: HashSet<[u64; 2]> = still.map(|(point, _)| bits(point)).collect();
        for (point, _) in points.iter_mut().zip(&before).filter(|(point, old)| point != old) {
            while !inside(point) || !taken.insert(bits(point)) {
                *point = uniform(rng);
            }
        }
    }
}

/// With fewer points chosen nothing changes.
const FEWEST: usize = 2;

fn uniform(rng: &mut dyn RngCore) -> Point {
    [0, 1].map(|_| rng.random())
}

/// Exponential with mean 0.1.
fn leap(rng: &mut dyn RngCore) -> f64 {
    -0.1 * (1.0 - rng.random::<f64>()).ln()
}

/// A number between two bounds.
fn between(low: f64, high: f64, rng: &mut dyn RngCore) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// The drawn points within a distance of an origin, each with the way from there; none where they are too few. A point
/// at its origin has no direction to go.
fn chosen(points: &[Point], drawn: &[usize], radius: f64, origin: impl Fn(Point) -> Point) -> Vec<(usize, Point, f64)> {
    let way = |&i: &usize| {
        let from = origin(points[i]);
        let away = [0, 1].map(|axis| points[i][axis] - from[axis]);
        (i, away, away[0].hypot(away[1]))
    };
    let mut chosen: Vec<_> = drawn.iter().map(way).filter(|&(.., far)| 0.0 < far && far < radius).collect();
    if chosen.len() < FEWEST {
        chosen.clear();
    }
    chosen
}

fn around_a_centre(operator: Operator, points: &mut [Point], drawn: &[usize], rng: &mut dyn RngCore) {
    let is_explosion = operator == Operator::Explosion;
    let (centre, radius) = (uniform(rng), between(0.1, if is_explosion { 0.4 } else { 0.3 }, rng));
    for (i, away, distance) in chosen(points, drawn, radius, |_| centre) {
        // The authors' explosion throws points to the opposite side.
        let factor =
            if is_explosion { -(radius + leap(rng)) / distance } else { 1.0 - box_muller(rng).abs().min(radius) };
        points[i] = [0, 1].map(|axis| centre[axis] + factor * away[axis]);
    }
}

/// y = origin + slope x, through the square.
struct Line {
    origin: f64,
    slope: f64,
}

impl Line {
    fn draw(rng: &mut dyn RngCore) -> Self {
        let origin = rng.random();
        let slope = between(0.0, 3.0, rng);
        Self { origin, slope: if origin < 0.5 { slope } else { -slope } }
    }

    /// The nearest point of the line.
    fn foot(&self, [x, y]: Point) -> Point {
        let along = (x + self.slope * (y - self.origin)) / (1.0 + self.slope * self.slope);
        [along, self.origin + self.slope * along]
    }
}

fn around_a_line(operator: Operator, points: &mut [Point], drawn: &[usize], rng: &mut dyn RngCore) {
    let (width, line) = (between(0.1, 0.3, rng), Line::draw(rng));
    for (i, away, distance) in chosen(points, drawn, width, |point| line.foot(point)) {
        let foot = line.foot(points[i]);
        let factor = match operator {
            Operator::Expansion => (width + leap(rng)) / distance,
            _ => 1.0 - box_muller(rng).abs().min(1.0),
        };
        points[i] = [0, 1].map(|axis| foot[axis] + factor * away[axis]);
    }
}

fn cluster(points: &mut [Point], drawn: &[usize], rng: &mut dyn RngCore) {
    let (centre, deviation) = (uniform(rng), between(0.001, 0.3, rng));
    for &i in drawn {
        // Just inside, so that the border counts as inside.
        points[i] = centre.map(|x| (x + deviation * box_muller(rng)).clamp(0.0, 1.0 - 1e-9));
    }
}

fn rotate(points: &mut [Point], drawn: &[usize], rng: &mut dyn RngCore) {
    let (angle, shift) = (between(0.0, std::f64::consts::TAU, rng), uniform(rng));
    for &i in drawn {
        let ([x, y], (sine, cosine)) = (points[i], angle.sin_cos());
        points[i] = [cosine * x - sine * y + shift[0], sine * x + cosine * y + shift[1]];
    }
}

fn project(points: &mut [Point], drawn: &[usize], rng: &mut dyn RngCore) {
    let axis = rng.random_range(0..2);
    let values = || drawn.iter().map(|&i| points[i][axis]);
    let (low, high) = (values().fold(1.0, f64::min), values().fold(0.0, f64::max));
    let value = between(low, high.max(low), rng);
    drawn.iter().for_each(|&i| points[i][axis] = value);
}

fn lattice(points: &mut [Point], drawn: &[usize], rng: &mut dyn RngCore) {
    let size = [0, 1].map(|_| between(0.1, 0.3, rng));
    let corner = size.map(|size| between(0.0, 1.0 - size, rng));
    let inside = |point: Point| (0..2).all(|axis| (0.0..size[axis]).contains(&(point[axis] - corner[axis])));
    let mut members: Vec<usize> = drawn.iter().copied().filter(|&i| inside(points[i])).collect();
    let side = members.len().isqrt();
    if side < 2 {
        return;
    }
    for place in 0..side * side {
        // A random one of those that are left.
        let member = members.swap_remove(rng.random_range(0..members.len()));
        let steps = [place % side, place / side];
        points[member] = [0, 1].map(|axis| corner[axis] + size[axis] * steps[axis] as f64 / (side - 1) as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::stream;

    fn points(seed: u64) -> Vec<Point> {
        let mut rng = stream(seed, "mutation test", 0);
        (0..200).map(|_| uniform(&mut rng)).collect()
    }

    fn mutated(operator: Operator, power: u32, seed: u64) -> (Vec<Point>, Vec<Point>) {
        let before = points(seed);
        let mut after = before.clone();
        Mutation { operator: Some(operator), power }.apply(&mut after, &mut stream(seed, "mutate", 0));
        (before, after)
    }

    fn changed(operator: Operator, power: u32, seed: u64) -> usize {
        let (before, after) = mutated(operator, power, seed);
        before.iter().zip(&after).filter(|(a, b)| a != b).count()
    }

    #[test]
    fn points_stay_in_the_square_and_no_power_changes_nothing() {
        for (_, operator) in OPERATORS {
            for seed in 0..20 {
                assert_eq!(changed(operator, 0, seed), 0);
                let (_, after) = mutated(operator, 100, seed);
                assert!(after.iter().flatten().all(|x| (0.0..1.0).contains(x)), "{operator:?} {seed}");
            }
        }
    }

    #[test]
    fn one_chosen_point_stays_where_it_is() {
        for (name, operator) in OPERATORS {
            // Of two points at 60 %, only one is drawn in half of the seeds.
            let change = |seed| {
                let mut after = vec![[0.45, 0.5], [0.55, 0.5]];
                let before = after.clone();
                Mutation { operator: Some(operator), power: 60 }.apply(&mut after, &mut stream(seed, "one", 0));
                before.iter().zip(&after).filter(|(a, b)| a != b).count()
            };
            let changes: Vec<usize> = (0..300).map(change).collect();
            assert!(!changes.contains(&1), "{name}");
            // The smallest lattice has four points.
            assert_eq!(changes.contains(&2), operator != Operator::Grid, "{name}");
        }
    }

    #[test]
    fn points_that_meet_are_drawn_anew() {
        // Points of a vertical line have one projection along it.
        let mut met = 0;
        for seed in 0..40 {
            let mut points: Vec<Point> = (0..50).map(|i| [0.25, f64::from(i) / 50.0]).collect();
            let mutation = Mutation { operator: Some(Operator::LinearProjection), power: 90 };
            mutation.apply(&mut points, &mut stream(seed, "meet", 0));
            met += points.iter().filter(|point| point[0] != 0.25).count();
            let distinct: HashSet<_> = points.iter().map(|point| point.map(f64::to_bits)).collect();
            assert_eq!(distinct.len(), points.len(), "{seed}");
        }
        assert!(met > 1_000, "{met}");
    }

    #[test]
    fn power_is_the_part_of_the_points_that_change() {
        for operator in [Operator::Cluster, Operator::Rotation, Operator::LinearProjection] {
            let sum: usize = (0..20).map(|seed| changed(operator, 30, seed)).sum();
            assert!((900..1_500).contains(&sum), "{operator:?}: {sum} of 4000");
        }
        // In a region only.
        let sum: usize = (0..20).map(|seed| changed(Operator::Implosion, 100, seed)).sum();
        assert!((40..1_500).contains(&sum), "{sum}");
    }

    #[test]
    fn explosion_empties_its_circle_and_compression_shrinks_its_strip() {
        let spread = |points: &[Point]| {
            points.iter().flat_map(|a| points.iter().map(move |b| (a[0] - b[0]).hypot(a[1] - b[1]))).sum::<f64>()
        };
        let (mut wider, mut narrower) = (0, 0);
        for seed in 0..30 {
            let (before, after) = mutated(Operator::Explosion, 100, seed);
            let moved = |list: &[Point]| {
                let moved = list.iter().zip(before.iter().zip(&after)).filter(|(_, (a, b))| a != b);
                moved.map(|(point, _)| *point).collect::<Vec<_>>()
            };
            wider += usize::from(spread(&moved(&after)) > spread(&moved(&before)));
            let (before, after) = mutated(Operator::Compression, 100, seed);
            narrower += usize::from(spread(&after) < spread(&before));
        }
        assert!(wider >= 25 && narrower >= 24, "{wider} {narrower}");
    }

    #[test]
    fn settings_are_read_and_refused_by_name() {
        assert_eq!("".parse(), Ok(Mutation { operator: None, power: 50 }));
        let grid: Mutation = "operator=grid,power=30".parse().unwrap();
        assert_eq!((grid, grid.name().as_str()), (Mutation { operator: Some(Operator::Grid), power: 30 }, "grid30"));
        for wrong in ["operator=crash", "power=101", "power=x", "strength=3"] {
            assert!(wrong.parse::<Mutation>().is_err(), "{wrong}");
        }
    }
}
