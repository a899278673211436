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
    /// # Errors The field that is wrong: costs must be positive, and the table must have at most 2^20 entries, which is
    /// much with up to six different costs.
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
        let cost =
            |counts: &Vec<usize>| counts.iter().zip(&self.classes).map(|(&count, &cost)| count as u32 * cost).sum();
        let total: u32 = self.maximal.iter().map(cost).max().unwrap_or(0);
        let terms: Vec<(u32, f64)> = (0..).zip(&self.costs).map(|(action, &cost)| (action, f64::from(cost))).collect();
        let mut rows = vec![Row::cardinality(0..self.costs.len() as u32, self.most())];
        rows.push(Row { terms, least: f64::NEG_INFINITY, limit: f64::from(total) });
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

    /// One worker after the other: a vector can be packed if what one of the worker's maximal loads leaves of it could
    /// be packed before.
    fn tabulate(&mut self) {
        self.packable[0] = true;
        for &worker in &self.workers {
            let mut loads = Vec::new();
            self.loads(worker, 0, &mut vec![0; self.classes.len()], &mut loads);
            let before = self.packable.clone();
            for place in 0..before.len() {
                let counts = self.counts(place);
                let rest = |load: &Vec<usize>| counts.iter().zip(load).map(|(c, l)| c.saturating_sub(*l)).collect();
                let fits = |rest: Vec<usize>| self.place(&rest).is_some_and(|place| before[place]);
                self.packable[place] = before[place] || loads.iter().map(rest).any(fits);
            }
        }
        let more = |counts: &[usize], class: usize| {
            let mut counts = counts.to_vec();
            counts[class] += 1;
            self.place(&counts).is_some_and(|place| self.packable[place])
        };
        let all = (0..self.packable.len()).filter(|&place| self.packable[place]).map(|place| self.counts(place));
        self.maximal = all.filter(|counts| !(0..counts.len()).any(|class| more(counts, class))).collect();
    }

    /// The maximal loads of a worker with `left` units: classes before `class` are decided.
    fn loads(&self, left: u32, class: usize, load: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
        let Some(&cost) = self.classes.get(class) else {
            let fits_more = |(class, &cost): (usize, &u32)| load[class] < self.most[class] && cost <= left;
            if !self.classes.iter().enumerate().any(fits_more) {
                found.push(load.clone());
            }
            return;
        };
        for count in 0..=((left / cost) as usize).min(self.most[class]) {
            load[class] = count;
            self.loads(left - count as u32 * cost, class + 1, load, found);
        }
        load[class] = 0;
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
    fn costs_of_too_many_kinds_are_refused() {
        assert!(Capacity::new((1..60).collect(), vec![60; 40]).unwrap_err().expected.contains("so few"));
        assert_eq!(Capacity::new(vec![0], vec![1]).unwrap_err().found, "0");
    }
}
