//! What a network sees of an instance and of a partial solution: numbers per node, and the context of the next choice.

mod cvrp;
pub mod ffsp;
pub mod jssp;
mod knapsack;
pub mod local;
pub mod shop;
mod tsp;

use heuron_problems::{Construct, Distances};

use crate::architecture::Task;

/// What a network sees of an instance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// Numbers per node, scaled so that instances of different units look alike \[nodes x [`Task::features`]\].
    pub nodes: Vec<f32>,
    /// Where the nodes are, in the unit square, for distance biases \[nodes\]; empty for items.
    pub points: Vec<[f32; 2]>,
}

impl Features {
    /// The numbers of one of n nodes.
    pub fn of(&self, node: usize, n: usize) -> &[f32] {
        let count = self.nodes.len() / n.max(1);
        &self.nodes[node * count..][..count]
    }
}

/// What a network sees of a partial solution.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Context {
    /// The first node, where the task has one in its context.
    pub first: Option<u32>,
    /// The last node.
    pub last: Option<u32>,
    /// The share of the capacity that is left, where there is a capacity; else 0.
    pub left: f32,
}

/// A problem that attention models can construct solutions of. Action j goes to node j.
pub trait Learnable: Construct {
    /// What models of this problem are called.
    const TASK: Task;

    /// The numbers of all nodes; none if the instance has no coordinates.
    fn features(&self) -> Option<Features>;

    /// The context of the next choice.
    fn context(&self, state: &Self::State) -> Context;
}

/// Points moved and scaled so that the longer side of their bounding box is 1: what models are trained on. None without
/// coordinates.
fn unit_square(distances: &Distances) -> Option<Vec<[f32; 2]>> {
    let points = distances.points()?;
    let [low, high] = [f64::min, f64::max].map(|pick| {
        let fold = |axis: usize| points.iter().map(|point| point[axis]).reduce(pick).unwrap_or(0.0);
        [fold(0), fold(1)]
    });
    let side = (high[0] - low[0]).max(high[1] - low[1]);
    // Not `side <= 0`: coordinates may be anything that a file can hold.
    let scale = if side > 0.0 { side.recip() } else { 0.0 };
    let place = |point: &[f64; 2]| [0, 1].map(|axis| ((point[axis] - low[axis]) * scale) as f32);
    let scaled: Vec<[f32; 2]> = points.iter().map(place).collect();
    scaled.iter().flatten().all(|x| x.is_finite()).then_some(scaled)
}

#[cfg(test)]
mod tests {
    use heuron_problems::knapsack::Item;
    use heuron_problems::{Cvrp, Knapsack, Metric, Tsp};

    use super::*;

    fn distances(points: &[[f64; 2]]) -> Distances {
        Distances::new(Metric::Euclid { scale: 1.0 }, points.to_vec())
    }

    #[test]
    fn features_do_not_depend_on_place_and_unit() {
        let points = [[3.0, 4.0], [7.0, 5.0], [5.0, 6.0]];
        let moved = points.map(|[x, y]| [1000.0 + 50.0 * x, -7.0 + 50.0 * y]);
        let one = Tsp::new("", distances(&points)).features().unwrap();
        assert_eq!(one, Tsp::new("", distances(&moved)).features().unwrap());
        assert_eq!(one.nodes, [0.0, 0.0, 1.0, 0.25, 0.5, 0.5]);
    }

    #[test]
    fn demands_and_loads_are_shares_of_the_capacity() {
        let cvrp = Cvrp::new("", distances(&[[0.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), vec![0, 5, 10], 20);
        assert_eq!(cvrp.features().unwrap().nodes, [0.0, 0.0, 0.0, 0.0, 1.0, 0.25, 0.5, 0.5, 0.5]);
        let mut plan = cvrp.start();
        assert_eq!(cvrp.context(&plan), Context { first: None, last: Some(0), left: 1.0 });
        cvrp.step(&mut plan, 2);
        assert_eq!(cvrp.context(&plan), Context { first: None, last: Some(2), left: 0.5 });
    }

    #[test]
    fn items_are_shares_of_the_largest() {
        let items = [(10, 4), (5, 8)].map(|(weight, profit)| Item { weight, profit });
        let knapsack = Knapsack::new("", items.to_vec(), 20);
        assert_eq!(knapsack.features().unwrap().nodes, [1.0, 0.5, 0.5, 1.0]);
        let mut packing = knapsack.start();
        assert_eq!(knapsack.context(&packing), Context { first: None, last: None, left: 1.0 });
        knapsack.step(&mut packing, 1);
        assert_eq!(knapsack.context(&packing), Context { first: None, last: Some(1), left: 0.75 });
    }

    #[test]
    fn explicit_matrices_have_no_features_and_single_points_have_finite_ones() {
        assert_eq!(Tsp::new("", Distances::from_matrix(2, vec![0, 1, 1, 0])).features(), None);
        let same = Tsp::new("", distances(&[[5.0, 5.0]; 3])).features().unwrap();
        assert_eq!(same.nodes, [0.0; 6]);
    }
}
