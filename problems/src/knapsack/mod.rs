//! The 0-1 knapsack problem.

pub mod construct;
mod feasible;
mod format;
pub mod generate;
pub mod pisinger;
mod selection;

use crate::problem::{Cost, Problem, Violation};

pub use feasible::Infeasible;
pub use format::resembles;
pub use selection::read_selection;

/// What may be packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is worth, never negative.
    pub profit: i64,
    /// What it takes of the capacity, never negative.
    pub weight: i64,
}

/// A knapsack instance. Items are numbered from 0, in files too.
#[derive(Clone, Debug, PartialEq)]
pub struct Knapsack {
    /// Name of the instance; files have none.
    pub name: String,
    /// What may be packed.
    pub items: Vec<Item>,
    /// The largest total weight.
    pub capacity: i64,
    /// Profits divided by this are in the units of the file: 1 for whole numbers, a power of ten for decimal fractions.
    pub scale: f64,
    /// Weights and the capacity divided by this are in the units of the file.
    pub weight_scale: f64,
}

/// Items that are packed together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Numbers of the items from 0, ascending.
    pub items: Vec<u32>,
}

impl Knapsack {
    /// An instance in whole numbers.
    pub fn new(name: impl Into<String>, items: Vec<Item>, capacity: i64) -> Self {
        Self { name: name.into(), items, capacity, scale: 1.0, weight_scale: 1.0 }
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Sum of the profits of items that exist.
    pub fn profit(&self, items: &[u32]) -> i64 {
        items.iter().map(|&item| self.items[item as usize].profit).sum()
    }

    /// Sum of the weights of items that exist.
    pub fn weight(&self, items: &[u32]) -> i64 {
        items.iter().map(|&item| self.items[item as usize].weight).sum()
    }
}

impl Problem for Knapsack {
    type Solution = Selection;

    const NAME: &'static str = "knapsack";

    /// Minus the profit, because costs are minimised.
    fn evaluate(&self, selection: &Selection) -> Result<Cost, Violation> {
        let mut packed = vec![false; self.len()];
        for &item in &selection.items {
            let item = item as usize;
            match packed.get(item) {
                None => return Err(Violation::UnknownItem { item }),
                Some(true) => return Err(Violation::RepeatedItem { item }),
                Some(false) => packed[item] = true,
            }
        }
        let weight = self.weight(&selection.items);
        if weight > self.capacity {
            return Err(Violation::Overweight { weight, capacity: self.capacity });
        }
        Ok(-self.profit(&selection.items))
    }
}
