//! Slots in which workers and arms are available: an action needs two workers at times when its arm is there.
//!
//! The paper's text asks for two workers; its program lets one worker come twice, in two slots, and its baselines do
//! not. Here the program's semantics hold, because they are what the published policies were scored by: an action takes
//! two units of work in the slots of its arm, a worker gives at most one unit per slot that it is available in.
//!
//! Workers of a slot are interchangeable, so only their number counts. Units can be distributed exactly if no set T of
//! slots is overbooked: twice the number of actions whose slots all lie in T is at most the workers in T (Hall's
//! condition for a transportation problem). That is one row per set of slots, with action variables only, where the
//! published program has hundreds.

use super::coupling::Row;
use crate::config::{ConfigError, require};

/// The most slots: there is a row for every set of them.
const MOST_SLOTS: usize = 10;

/// Availabilities and a budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    slots: usize,
    budget: usize,
    /// Slots of every arm, as bits.
    arms: Vec<u16>,
    /// Slots of every worker, as bits.
    workers: Vec<u16>,
    /// Units of work that the workers give in a set of slots \[2^slots\].
    units: Vec<usize>,
}

impl Schedule {
    /// `arms` and `workers` list the slots in which they are available.
    ///
    /// # Errors
    /// The field with too many slots, or with a slot that does not exist.
    pub fn new(slots: usize, budget: usize, arms: &[Vec<usize>], workers: &[Vec<usize>]) -> Result<Self, ConfigError> {
        require(
            (1..=MOST_SLOTS).contains(&slots),
            "constraint.slots",
            format!("a number from 1 to {MOST_SLOTS}"),
            slots,
        )?;
        let bits = |field: &'static str, list: &Vec<usize>| match list.iter().find(|&&slot| slot >= slots) {
            Some(slot) => {
                let expected = format!("slots from 0 to {}", slots - 1);
                Err(ConfigError { field, expected, found: slot.to_string() })
            }
            None => Ok(list.iter().fold(0_u16, |bits, slot| bits | 1 << slot)),
        };
        let arms: Vec<u16> = arms.iter().map(|list| bits("constraint.arms", list)).collect::<Result<_, _>>()?;
        let workers: Vec<u16> =
            workers.iter().map(|list| bits("constraint.workers", list)).collect::<Result<_, _>>()?;
        let units = |set: usize| workers.iter().map(|&worker| (worker as usize & set).count_ones() as usize).sum();
        let units = (0..1 << slots).map(units).collect();
        Ok(Self { slots, budget, arms, workers, units })
    }

    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The most actions in a step.
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// The slots of every arm, as bits.
    pub fn masks(&self) -> &[u16] {
        &self.arms
    }

    /// Units of work that the workers give in a set of slots \[2^slots\]; an action takes two.
    pub fn units(&self) -> &[usize] {
        &self.units
    }

    /// The slots of every arm.
    pub fn arms(&self) -> Vec<Vec<usize>> {
        self.arms.iter().map(|&bits| self.listed(bits)).collect()
    }

    /// The slots of every worker.
    pub fn workers(&self) -> Vec<Vec<usize>> {
        self.workers.iter().map(|&bits| self.listed(bits)).collect()
    }

    fn listed(&self, bits: u16) -> Vec<usize> {
        (0..self.slots).filter(|slot| bits >> slot & 1 == 1).collect()
    }

    /// Whether the actions can be staffed.
    pub fn fits(&self, list: &[u32]) -> bool {
        let overbooked = |(set, &units): (usize, &usize)| {
            let inside = list.iter().filter(|&&action| self.arms[action as usize] as usize & !set == 0);
            // The empty set has no units: an arm without slots cannot be acted on.
            2 * inside.count() > units
        };
        list.len() <= self.budget && !self.units.iter().enumerate().any(overbooked)
    }

    /// The budget, and the rows of all sets of slots that can be overbooked.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = vec![Row::cardinality(0..self.arms.len() as u32, self.budget)];
        for (set, &units) in self.units.iter().enumerate() {
            let limit = units / 2;
            let inside: Vec<u32> =
                (0..).zip(&self.arms).filter(|(_, bits)| **bits as usize & !set == 0).map(|(arm, _)| arm).collect();
            if inside.len() > limit && limit < self.budget {
                rows.push(Row::cardinality(inside, limit));
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives units one by one to the slots that have workers left, in every way.
    fn staffs(arms: &[u16], free: &mut [usize], units: usize) -> bool {
        let Some((&arm, rest)) = arms.split_first() else { return true };
        if units == 0 {
            return staffs(rest, free, 2);
        }
        (0..free.len()).any(|slot| {
            arm >> slot & 1 == 1 && free[slot] > 0 && {
                free[slot] -= 1;
                let staffed = staffs(arms, free, units - 1);
                free[slot] += 1;
                staffed
            }
        })
    }

    #[test]
    fn rows_agree_with_trying_every_assignment() {
        let arms = [vec![0, 1], vec![0, 2], vec![1, 2], vec![0, 1], vec![2, 3], vec![0, 3], vec![]];
        let workers = [vec![0, 1, 2], vec![0, 3, 2], vec![0, 1, 3]];
        let schedule = Schedule::new(4, 4, &arms, &workers).unwrap();
        let free = [3, 2, 2, 2];
        let mut staffed = 0;
        for set in 0..1_u32 << arms.len() {
            let list: Vec<u32> = (0..arms.len() as u32).filter(|action| set >> action & 1 == 1).collect();
            let bits: Vec<u16> = list.iter().map(|&action| schedule.arms[action as usize]).collect();
            let fits = list.len() <= 4 && staffs(&bits, &mut free.clone(), 2);
            assert_eq!(schedule.fits(&list), fits, "{list:?}");
            assert_eq!(schedule.rows().iter().all(|row| row.holds(&list)), fits, "{list:?}");
            staffed += u32::from(fits);
        }
        assert!(staffed > 10 && staffed < 60, "{staffed}");
    }
}
