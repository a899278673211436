//! Workers with capacities: every action is done by one worker and takes its cost from the capacity.
//!
//! Actions of equal cost are interchangeable, so a set is allowed or not by its number of actions of every cost alone.
//! The packable vectors of such numbers are tabulated once: a test is then a look into the table, and the best set for
//! linear values takes the best actions of every cost, for one of the maximal vectors.

use super::coupling::Row;
use crate::config::{ConfigError, require};

/// The largest table: numbers of actions of every cost.
const MOST_ENTRIES: usize = 1 << 20;

/// Costs, capacities, and the table of what can be packed.
#[derive(Clone, Debug, PartialEq)]
pub struct Capacity {
    costs: Vec<u32>,
    workers: Vec<u32>,
    /// The different costs, ascending.
    classes: Vec<u32>,
    /// Class of every action.
    class: Vec<u32>,
    /// Numbers of actions of the classes run from 0 to these, both included \[classes\].
    most: Vec<usize>,
    /// Whether a vector of numbers can be packed, in mixed radix.
    packable: Vec<bool>,
    /// Packable vectors that no other packable one contains.
    maximal: Vec<Vec<usize>>,
}

impl Capacity {
    /// Tabulates what can be packed.
    ///
    /// # Errors
    /// The field that is wrong: costs must be positive, and the table must have at most 2^20 entries, which is much
    /// with up to six different costs.
    pub fn new(costs: Vec<u32>, workers: Vec<u32>) -> Result<Self, ConfigError> {
        require(!costs.contains(&0), "constraint.costs", "numbers from 1 on", 0)?;
        let mut classes = costs.clone();
        classes.sort_unstable();
        classes.dedup();
        let class: Vec<u32> = costs.iter().map(|cost| classes.partition_point(|other| other < cost) as u32).collect();
        let most: Vec<usize> = (0..classes.len())
            .map(|index| {
                let packed: usize = workers.iter().map(|&worker| (worker / classes[index]) as usize).sum();
                packed.min(class.iter().filter(|&&other| other as usize == index).count())
            })
            .collect();
        let entries = most.iter().try_fold(1_usize, |product, most| product.checked_mul(most + 1));
        let Some(entries) = entries.filter(|&entries| entries <= MOST_ENTRIES) else {
            let expected =
                format!("so few different costs and workers that at most {MOST_ENTRIES} loads are to be told apart");
            return Err(ConfigError { field: "constraint.costs", expected, found: "more".into() });
        };
        let mut capacity =
            Self { costs, workers, classes, class, most, packable: vec![false; entries], maximal: Vec::new() };
        capacity.tabulate();
        Ok(capacity)
    }

    /// Cost of every action.
    pub fn costs(&self) -> &[u32] {
        &self.costs
    }

    /// Capacity of every worker.
    pub fn workers(&self) -> &[u32] {
        &self.workers
    }

    /// Class of every action: actions of one class cost the same.
    pub fn class(&self) -> &[u32] {
        &self.class
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes.len()
    }

    /// Vectors of numbers per class that can be packed and that no other such vector contains.
    pub fn maximal(&self) -> &[Vec<usize>] {
        &self.maximal
    }

    /// The most actions that can be packed.
    pub fn most(&self) -> usize {
        self.maximal.iter().map(|counts| counts.iter().sum()).max().unwrap_or(0)
    }

    /// Whether the actions can be packed.
    pub fn fits(&self, list: &[u32]) -> bool {
        let mut counts = vec![0; self.classes.len()];
        list.iter().for_each(|&action| counts[self.class[action as usize] as usize] += 1);
        self.place(&counts).is_some_and(|place| self.packable[place])
    }

    /// The total of the costs and the number of actions are at most those that can be packed, and no class has more
    /// than can be packed of it alone.
    pub fn rows(&self) -> Vec<Row> {
        let cost = |counts: &Vec<usize>| -> u64 {
            counts.iter().zip(&self.classes).map(|(&count, &cost)| count as u64 * u64::from(cost)).sum()
        };
        let total = self.maximal.iter().map(cost).max().unwrap_or(0);
        let terms: Vec<(u32, f64)> = (0..).zip(&self.costs).map(|(action, &cost)| (action, f64::from(cost))).collect();
        // The total of the costs says most: prices are looked for on the first row first.
        let mut rows = vec![Row { terms, least: f64::NEG_INFINITY, limit: total as f64 }];
        rows.push(Row::cardinality(0..self.costs.len() as u32, self.most()));
        for (class, &most) in self.most.iter().enumerate() {
            let members = (0..).zip(&self.class).filter(|(_, other)| **other as usize == class).map(|(a, _)| a);
            rows.push(Row::cardinality(members, most));
        }
        rows
    }

    /// Place of a vector in the table; none outside of it.
    fn place(&self, counts: &[usize]) -> Option<usize> {
        counts
            .iter()
            .zip(&self.most)
            .try_fold(0, |place, (&count, &most)| (count <= most).then(|| place * (most + 1) + count))
    }

    /// The vector at a place.
    fn counts(&self, mut place: usize) -> Vec<usize> {
        let mut counts = vec![0; self.most.len()];
        for (count, most) in counts.iter_mut().zip(&self.most).rev() {
            *count = place % (most + 1);
            place /= most + 1;
        }
        counts
    }

    /// Workers are filled one by one, the largest first. Of every vector the least state is kept in which it is packed:
    /// how many workers are full, and what the next one has taken. An action that can follow a state can follow a
    /// lesser one, and leads to a state that is no greater, so the least states are enough: one pass over the table.
    fn tabulate(&mut self) {
        let mut workers = self.workers.clone();
        workers.sort_unstable_by(|a, b| b.cmp(a));
        let follow = |(worker, taken): (usize, u32), cost: u32| {
            if workers.get(worker)? - taken >= cost {
                return Some((worker, taken + cost));
            }
            // Those behind are no larger.
            workers.get(worker + 1).filter(|&&capacity| capacity >= cost).map(|_| (worker + 1, cost))
        };
        // Distance in the table of two vectors that differ by one action of a class.
        let mut strides = vec![1; self.classes.len()];
        for class in (1..self.classes.len()).rev() {
            strides[class - 1] = strides[class] * (self.most[class] + 1);
        }
        let mut least: Vec<Option<(usize, u32)>> = vec![None; self.packable.len()];
        least[0] = Some((0, 0));
        for place in 1..least.len() {
            let counts = self.counts(place);
            let last = |class: usize| follow(least[place - strides[class]]?, self.classes[class]);
            least[place] = (0..counts.len()).filter(|&class| counts[class] > 0).filter_map(last).min();
        }
        self.packable = least.iter().map(Option::is_some).collect();
        for place in (0..least.len()).filter(|&place| self.packable[place]) {
            let counts = self.counts(place);
            let fits_more = |class: usize| counts[class] < self.most[class] && self.packable[place + strides[class]];
            if !(0..counts.len()).any(fits_more) {
                self.maximal.push(counts);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packs by trying every worker for every action.
    fn packs(costs: &[u32], workers: &mut [u32]) -> bool {
        let Some((&cost, rest)) = costs.split_first() else { return true };
        (0..workers.len()).any(|worker| {
            workers[worker] >= cost && {
                workers[worker] -= cost;
                let packed = packs(rest, workers);
                workers[worker] += cost;
                packed
            }
        })
    }

    #[test]
    fn table_agrees_with_trying_every_worker() {
        let costs = vec![2, 3, 3, 4, 5, 6, 2, 6];
        let capacity = Capacity::new(costs.clone(), vec![7, 4, 5]).unwrap();
        let mut packable = 0;
        for set in 0..1_u32 << costs.len() {
            let list: Vec<u32> = (0..costs.len() as u32).filter(|action| set >> action & 1 == 1).collect();
            let chosen: Vec<u32> = list.iter().map(|&action| costs[action as usize]).collect();
            let fits = packs(&chosen, &mut [7, 4, 5]);
            assert_eq!(capacity.fits(&list), fits, "{list:?}");
            packable += u32::from(fits);
        }
        assert!(packable > 20 && packable < 200, "{packable}");
    }

    #[test]
    fn many_large_workers_are_tabulated_at_once_and_large_numbers_do_not_overflow() {
        // Nearly the largest table. By the maximal loads of every worker it took more than two minutes.
        let costs: Vec<u32> = (0..75).map(|action| 2 + action % 5).collect();
        let capacity = Capacity::new(costs, vec![100; 3]).unwrap();
        assert_eq!(capacity.most(), 75);
        let capacity = Capacity::new(vec![4_000_000_000; 3], vec![4_000_000_000; 2]).unwrap();
        assert_eq!((capacity.most(), capacity.rows()[0].limit), (2, 8e9));
    }

    #[test]
    fn costs_of_too_many_kinds_are_refused() {
        assert!(Capacity::new((1..60).collect(), vec![60; 40]).unwrap_err().expected.contains("so few"));
        assert_eq!(Capacity::new(vec![0], vec![1]).unwrap_err().found, "0");
    }
}
