//! Identical items in bundles of 1, 2, 4, ...: any number of them is a choice of bundles, of which there are few (S.
//! Martello and P. Toth, "Knapsack Problems", 1990, section 3.2).

use std::ops::Range;

use super::split::{Entry, ratio};

/// Which items each bundle holds.
#[derive(Debug, Default)]
pub(super) struct Bundles {
    /// Items, those of a bundle side by side.
    members: Vec<u32>,
    /// Places of a bundle's items, by its number.
    places: Vec<Range<usize>>,
}

impl Bundles {
    /// Bundles of `items`, the most efficient first (`left`: the least efficient) and small ones first among equally
    /// efficient ones. An entry's `item` is then the number of its bundle.
    pub fn pack(&mut self, mut items: Vec<Entry>, left: bool) -> Vec<Entry> {
        items.sort_unstable_by_key(|entry| (entry.profit, entry.weight, entry.item));
        let mut packed: Vec<(Entry, Range<usize>)> = Vec::new();
        for alike in items.chunk_by(|a, b| (a.profit, a.weight) == (b.profit, b.weight)) {
            let (mut rest, mut size) = (alike, 1);
            while !rest.is_empty() {
                let (bundle, others) = rest.split_at(size.min(rest.len()));
                let [first, ..] = bundle else { break };
                let count = bundle.len() as i64;
                let whole = Entry {
                    profit: count * first.profit,
                    weight: count * first.weight,
                    count: count as i32,
                    item: first.item,
                };
                let start = self.members.len();
                self.members.extend(bundle.iter().map(|entry| entry.item));
                packed.push((whole, start..self.members.len()));
                (rest, size) = (others, 2 * size);
            }
        }
        packed.sort_unstable_by(|(a, _), (b, _)| {
            let outwards = if left { ratio(a, b) } else { ratio(b, a) };
            outwards.then((a.count, a.item).cmp(&(b.count, b.item)))
        });
        let number = |(mut entry, places): (Entry, Range<usize>)| {
            entry.item = self.places.len() as u32;
            self.places.push(places);
            entry
        };
        packed.into_iter().map(number).collect()
    }

    /// The items of the bundle of this number.
    pub fn items(&self, bundle: u32) -> &[u32] {
        &self.members[self.places[bundle as usize].clone()]
    }
}
