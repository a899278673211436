//! The eight symmetries of the unit square: instance augmentation (Kwon et al., POMO, 2020, section 3.3). A policy sees
//! eight different instances whose solutions all fit the original.

use std::sync::Arc;

use heuron_problems::{Construct, Cost, Problem, Violation};

use crate::architecture::Task;
use crate::features::{Context, Features, Learnable};

/// A symmetry of the unit square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symmetry {
    /// Whether x and y change places first.
    swap: bool,
    /// Whether x becomes 1 - x, and y becomes 1 - y.
    flip: [bool; 2],
}

impl Symmetry {
    /// All eight; the identity is the first.
    pub fn all() -> [Self; 8] {
        std::array::from_fn(|i| Self { swap: i & 4 != 0, flip: [i & 1 != 0, i & 2 != 0] })
    }

    /// The image of a point of the unit square.
    pub fn apply(self, [x, y]: [f64; 2]) -> [f64; 2] {
        let point = if self.swap { [y, x] } else { [x, y] };
        [0, 1].map(|axis| if self.flip[axis] { 1.0 - point[axis] } else { point[axis] })
    }
}

/// An instance as a model sees it in the mirror: other coordinates, the same solutions and costs.
#[derive(Clone, Debug)]
pub struct Image<P> {
    /// The instance itself.
    pub problem: Arc<P>,
    /// What is done to its coordinates.
    pub symmetry: Symmetry,
}

impl<P: Problem> Problem for Image<P> {
    type Solution = P::Solution;

    const NAME: &'static str = P::NAME;

    fn evaluate(&self, solution: &P::Solution) -> Result<Cost, Violation> {
        self.problem.evaluate(solution)
    }
}

impl<P: Construct> Construct for Image<P> {
    type State = P::State;

    fn width(&self) -> usize {
        self.problem.width()
    }

    fn start(&self) -> P::State {
        self.problem.start()
    }

    fn openings(&self) -> Vec<u32> {
        self.problem.openings()
    }

    fn allowed(&self, state: &P::State, mask: &mut [bool]) {
        self.problem.allowed(state, mask);
    }

    fn step(&self, state: &mut P::State, action: u32) {
        self.problem.step(state, action);
    }

    fn finish(&self, state: &P::State) -> P::Solution {
        self.problem.finish(state)
    }

    fn trace(&self, solution: &P::Solution) -> Vec<u32> {
        self.problem.trace(solution)
    }
}

impl<P: Learnable> Learnable for Image<P> {
    const TASK: Task = P::TASK;

    /// Coordinates come first among the numbers of a node. Images touch both axes, as instances do.
    fn features(&self) -> Option<Features> {
        let mut features = self.problem.features()?;
        if features.points.is_empty() {
            return Some(features);
        }
        let image = |&[x, y]: &[f32; 2]| self.symmetry.apply([f64::from(x), f64::from(y)]);
        let images: Vec<[f64; 2]> = features.points.iter().map(image).collect();
        let low = [0, 1].map(|axis| images.iter().map(|point| point[axis]).fold(f64::INFINITY, f64::min));
        let count = features.nodes.len() / features.points.len();
        for ((point, node), image) in features.points.iter_mut().zip(features.nodes.chunks_mut(count)).zip(images) {
            *point = [0, 1].map(|axis| (image[axis] - low[axis]) as f32);
            node[..2].copy_from_slice(point);
        }
        Some(features)
    }

    fn context(&self, state: &P::State) -> Context {
        self.problem.context(state)
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Distances, Metric, Tsp};

    use super::*;

    #[test]
    fn image_has_mirrored_features_and_the_same_costs() {
        let points = vec![[0.0, 0.0], [40.0, 10.0], [20.0, 20.0]];
        let tsp = Arc::new(Tsp::new("", Distances::new(Metric::Euclid { scale: 1.0 }, points)));
        let images = Symmetry::all().map(|symmetry| Image { problem: tsp.clone(), symmetry });
        assert_eq!(images[0].features(), tsp.features());
        // x becomes 1 - x; the longer side stays x.
        assert_eq!(images[1].features().unwrap().points, [[1.0, 0.0], [0.0, 0.25], [0.5, 0.5]]);
        // x and y change places.
        assert_eq!(images[4].features().unwrap().nodes, [0.0, 0.0, 0.25, 1.0, 0.5, 0.5]);
        let tour = heuron_problems::Tour { nodes: vec![0, 1, 2] };
        assert!(images.iter().all(|image| image.evaluate(&tour) == tsp.evaluate(&tour)));
    }

    const POINTS: [[f64; 2]; 3] = [[0.1, 0.7], [0.25, 0.5], [1.0, 0.0]];

    #[test]
    fn distances_are_preserved_and_the_square_is_not_left() {
        for symmetry in Symmetry::all() {
            for (a, b) in POINTS.iter().flat_map(|a| POINTS.iter().map(move |b| (*a, *b))) {
                let (image, other) = (symmetry.apply(a), symmetry.apply(b));
                let change = (image[0] - other[0]).hypot(image[1] - other[1]) - (a[0] - b[0]).hypot(a[1] - b[1]);
                assert!(change.abs() < 1e-15);
                assert!(image.iter().all(|x| (0.0..=1.0).contains(x)));
            }
        }
    }

    #[test]
    fn the_eight_differ_and_the_first_changes_nothing() {
        let images: Vec<[f64; 2]> = Symmetry::all().iter().map(|symmetry| symmetry.apply(POINTS[0])).collect();
        assert_eq!(images[0], POINTS[0]);
        assert!((0..8).all(|i| (0..i).all(|j| images[i] != images[j])));
    }
}
