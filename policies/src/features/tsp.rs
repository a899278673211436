//! Nodes are x and y; the context is the first and the last node (Kwon et al., POMO, 2020).

use heuron_problems::Tsp;
use heuron_problems::tsp::construct::Path;

use super::{Context, Features, Learnable, unit_square};
use crate::architecture::Task;

impl Learnable for Tsp {
    const TASK: Task = Task::Tsp;

    fn features(&self) -> Option<Features> {
        let points = unit_square(&self.distances)?;
        Some(Features { nodes: points.iter().flatten().copied().collect(), points })
    }

    fn context(&self, path: &Path) -> Context {
        Context { first: path.first(), last: path.current(), left: 0.0 }
    }
}
