//! Items are weight and profit as shares of the largest ones; the context is the last item and the share of the
//! capacity that is left (after Kwon et al., POMO, 2020, who have the mean embedding in place of the last item).

use heuron_problems::Knapsack;
use heuron_problems::knapsack::Item;
use heuron_problems::knapsack::construct::Packing;

use super::{Context, Features, Learnable};
use crate::architecture::Task;

impl Learnable for Knapsack {
    const TASK: Task = Task::Knapsack;

    fn features(&self) -> Option<Features> {
        let unit = |of: fn(&Item) -> i64| self.items.iter().map(of).max().unwrap_or(0).max(1) as f32;
        let (weight, profit) = (unit(|item| item.weight), unit(|item| item.profit));
        let item = |item: &Item| [item.weight as f32 / weight, item.profit as f32 / profit];
        Some(Features { nodes: self.items.iter().flat_map(item).collect(), points: Vec::new() })
    }

    fn context(&self, packing: &Packing) -> Context {
        let left = packing.room() as f32 / self.capacity.max(1) as f32;
        Context { first: None, last: packing.items().last().copied(), left }
    }
}
