//! Selections built item by item: action j packs item j. Conventions of POMO (Kwon et al., 2020): every item that fits
//! the empty knapsack is an opening, and the construction ends when no item fits any more.

use crate::construct::Construct;
use crate::knapsack::{Knapsack, Selection};

/// A knapsack that is being packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packing {
    /// Items in the order of their packing.
    items: Vec<u32>,
    /// Whether an item is packed \[n\].
    packed: Vec<bool>,
    /// Capacity left.
    room: i64,
}

impl Packing {
    /// Items packed so far, in that order.
    pub fn items(&self) -> &[u32] {
        &self.items
    }

    /// Capacity left.
    pub fn room(&self) -> i64 {
        self.room
    }
}

impl Construct for Knapsack {
    type State = Packing;

    fn width(&self) -> usize {
        self.len()
    }

    fn start(&self) -> Packing {
        Packing { items: Vec::new(), packed: vec![false; self.len()], room: self.capacity }
    }

    fn openings(&self) -> Vec<u32> {
        (0..self.len() as u32).filter(|&item| self.items[item as usize].weight <= self.capacity).collect()
    }

    fn allowed(&self, packing: &Packing, mask: &mut [bool]) {
        let items = self.items.iter().zip(&packing.packed);
        for (allowed, (item, packed)) in mask.iter_mut().zip(items) {
            *allowed = !packed && item.weight <= packing.room;
        }
    }

    fn step(&self, packing: &mut Packing, item: u32) {
        packing.items.push(item);
        packing.packed[item as usize] = true;
        packing.room -= self.items[item as usize].weight;
    }

    fn finish(&self, packing: &Packing) -> Selection {
        let mut items = packing.items.clone();
        items.sort_unstable();
        Selection { items }
    }

    /// The items in ascending order. Where another item still fits beside them, the trace does not end a construction:
    /// `finish` still gives the selection back.
    fn trace(&self, selection: &Selection) -> Vec<u32> {
        selection.items.clone()
    }
}
