//! Prioritised experience replay: transitions are drawn in proportion to a power of their last error.
//!
//! T. Schaul, J. Quan, I. Antonoglou and D. Silver, ICLR 2016, section 3.3.

use heuron_problems::Stream;
use rand::Rng;
use serde::{Deserialize, Serialize};

/// A ring of items with priorities in a sum tree.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Replay<T> {
    items: Vec<T>,
    capacity: usize,
    /// Where the next item goes once the ring is full.
    next: usize,
    /// Node i has the children 2 i and 2 i + 1; leaves begin at `capacity` \[2 capacity\].
    sums: Vec<f64>,
    largest: f64,
    alpha: f64,
}

impl<T> Replay<T> {
    /// Nothing yet. `alpha` 0 makes sampling uniform.
    pub fn new(capacity: usize, alpha: f64) -> Self {
        let capacity = capacity.max(1).next_power_of_two();
        Self { items: Vec::new(), capacity, next: 0, sums: vec![0.0; 2 * capacity], largest: 1.0, alpha }
    }

    /// Items held.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Adds an item at the largest priority so far, in the place of the oldest.
    pub fn push(&mut self, item: T) {
        let place = if self.items.len() < self.capacity {
            self.items.push(item);
            self.items.len() - 1
        } else {
            self.items[self.next] = item;
            self.next
        };
        self.next = (place + 1) % self.capacity;
        self.set(place, self.largest);
    }

    /// Draws an item: its place and its probability times the number of items, which is 1 where sampling is uniform.
    /// None of nothing.
    pub fn draw(&self, rng: &mut Stream) -> Option<(usize, f64)> {
        if self.is_empty() {
            return None;
        }
        let (mut node, mut at) = (1, self.sums[1] * rng.random::<f64>());
        while node < self.capacity {
            node *= 2;
            // The right one where the left one ends before, unless rounding led to an empty one.
            if at >= self.sums[node] && self.sums[node + 1] > 0.0 {
                at -= self.sums[node];
                node += 1;
            }
        }
        let place = (node - self.capacity).min(self.items.len() - 1);
        Some((place, self.sums[self.capacity + place] / self.sums[1] * self.len() as f64))
    }

    /// The item at a place.
    pub fn get(&self, place: usize) -> &T {
        &self.items[place]
    }

    /// A new error of an item.
    pub fn update(&mut self, place: usize, error: f64) {
        let priority = error.abs() + 1e-3;
        self.largest = self.largest.max(priority);
        self.set(place, priority);
    }

    fn set(&mut self, place: usize, priority: f64) {
        let mut node = self.capacity + place;
        self.sums[node] = priority.powf(self.alpha);
        while node > 1 {
            node /= 2;
            self.sums[node] = self.sums[2 * node] + self.sums[2 * node + 1];
        }
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::stream;

    use super::*;

    #[test]
    fn items_are_drawn_by_their_errors_and_the_oldest_make_room() {
        let mut replay = Replay::new(4, 1.0);
        (0..6).for_each(|item| replay.push(item));
        assert_eq!((0..4).map(|place| *replay.get(place)).collect::<Vec<i32>>(), [4, 5, 2, 3]);
        [0.0, 3.0, 1.0, 0.0].iter().enumerate().for_each(|(place, &error)| replay.update(place, error));
        let mut rng = stream(1, "test", 0);
        let mut drawn = [0; 4];
        for _ in 0..4_000 {
            let (place, weight) = replay.draw(&mut rng).unwrap();
            drawn[place] += 1;
            assert!((weight - 4.0 * (replay.sums[4 + place] / replay.sums[1])).abs() < 1e-12);
        }
        assert!((2_800..3_200).contains(&drawn[1]) && (800..1_200).contains(&drawn[2]), "{drawn:?}");
        assert!(drawn[0] + drawn[3] < 20);
    }

    #[test]
    fn without_an_exponent_all_are_drawn_alike() {
        let mut replay = Replay::new(5, 0.0);
        (0..5).for_each(|item| replay.push(item));
        replay.update(2, 1e6);
        let mut rng = stream(1, "test", 1);
        assert!(
            (0..100)
                .all(|_| replay.draw(&mut rng).is_some_and(|(place, weight)| place < 5 && (weight - 1.0).abs() < 1e-9))
        );
    }
}
