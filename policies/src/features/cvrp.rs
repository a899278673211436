//! Nodes are x, y and demand / capacity; the context is the last node, at first the depot, and the share of the
//! capacity that is left (Kwon et al., POMO, 2020).

use heuron_problems::Cvrp;
use heuron_problems::cvrp::construct::Plan;

use super::{Context, Features, Learnable, unit_square};
use crate::architecture::Task;

impl Learnable for Cvrp {
    const TASK: Task = Task::Cvrp;

    fn features(&self) -> Option<Features> {
        let points = unit_square(&self.distances)?;
        // A capacity of 0 holds customers without demand.
        let capacity = self.capacity.max(1) as f32;
        let node = |(&[x, y], &demand): (&[f32; 2], &i64)| [x, y, demand as f32 / capacity];
        Some(Features { nodes: points.iter().zip(&self.demands).flat_map(node).collect(), points })
    }

    fn context(&self, plan: &Plan) -> Context {
        let left = (self.capacity - plan.load()) as f32 / self.capacity.max(1) as f32;
        Context { first: None, last: Some(plan.current()), left }
    }
}
