//! Why a knapsack instance makes no sense. Any other has a solution: the empty one.

use thiserror::Error;

use super::Knapsack;
use crate::problem::COST_LIMIT;

/// Numbers that no instance may have.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Infeasible {
    /// Not even the empty selection fits.
    #[error("the capacity is {capacity}")]
    Capacity {
        /// Below 0.
        capacity: i64,
    },
    /// An item that adds capacity or costs money.
    #[error("item {item} has profit {profit} and weight {weight}")]
    Negative {
        /// From 0.
        item: usize,
        /// One of the two is below 0.
        profit: i64,
        /// One of the two is below 0.
        weight: i64,
    },
    /// Sums that do not fit the arithmetic of searches.
    #[error("the sums of profits and weights exceed 2^60 at item {item}")]
    TooLarge {
        /// From 0.
        item: usize,
    },
}

impl Knapsack {
    /// The first reason found why the instance makes no sense. O(items).
    pub fn infeasibility(&self) -> Option<Infeasible> {
        if self.capacity < 0 {
            return Some(Infeasible::Capacity { capacity: self.capacity });
        }
        let (mut profits, mut weights) = (0_i64, 0_i64);
        for (index, item) in self.items.iter().enumerate() {
            if item.profit < 0 || item.weight < 0 {
                return Some(Infeasible::Negative { item: index, profit: item.profit, weight: item.weight });
            }
            (profits, weights) = (profits.saturating_add(item.profit), weights.saturating_add(item.weight));
            if profits > COST_LIMIT || weights > COST_LIMIT {
                return Some(Infeasible::TooLarge { item: index });
            }
        }
        None
    }
}
