//! The best allowed set for linear values of the actions, exactly, by the structure of every rule.
//!
//! - Budget and exact count: the best actions.
//! - Capacity: actions of one cost are interchangeable, so the best of every cost, for one of the maximal vectors of
//!   numbers that can be packed ([`heuron_problems::bandit::capacity`]).
//! - Schedule: actions with the same slots are interchangeable. In half actions (single units of work) the rule is a
//!   polymatroid, over which the greedy algorithm is optimal (J. Edmonds, 1970); a class left with half an action is
//!   branched on.
//! - Path: depth-first search over stations by value, with the tests of closed walks remembered from call to call.

use std::collections::HashMap;

use heuron_problems::Bandit;
use heuron_problems::bandit::Coupling;
use heuron_problems::bandit::capacity::Capacity;
use heuron_problems::bandit::path::Path;
use heuron_problems::bandit::schedule::Schedule;

/// Tests of walks in a path search after which the best set found must do.
const MOST_TESTS: usize = 50_000;

/// Sets of stations whose test is remembered.
const MOST_REMEMBERED: usize = 500_000;

/// Finds best sets of an instance.
pub struct Oracle<'a> {
    bandit: &'a Bandit,
    /// Tests of closed walks, by ascending stations.
    walks: HashMap<Vec<u32>, bool>,
    /// Answers that may not be the best, because the search was cut short.
    pub unproven: u64,
}

impl<'a> Oracle<'a> {
    /// An oracle that has seen nothing yet.
    pub fn new(bandit: &'a Bandit) -> Self {
        Self { bandit, walks: HashMap::new(), unproven: 0 }
    }

    /// The allowed set of the largest total of `values` \[actions\], ascending. Actions without a positive value are
    /// left out where the rule lets them be.
    pub fn best(&mut self, values: &[f64]) -> Vec<u32> {
        let mut order: Vec<u32> = (0..values.len() as u32).collect();
        order.sort_by(|&a, &b| values[b as usize].total_cmp(&values[a as usize]).then(a.cmp(&b)));
        let bandit = self.bandit;
        if !bandit.coupling.is_exact() {
            order.retain(|&action| values[action as usize] > 0.0);
        }
        let mut best = match &bandit.coupling {
            Coupling::Budget(most) | Coupling::Exactly(most) => order.into_iter().take(*most).collect(),
            Coupling::Capacity(capacity) => packed(capacity, &order, values),
            Coupling::Schedule(schedule) => staffed(schedule, &order, values),
            Coupling::Path(path) => self.walked(path, &order, values),
        };
        best.sort_unstable();
        debug_assert!(bandit.coupling.check(&best).is_ok(), "{best:?}");
        best
    }

    /// Whether the actions in `list`, ascending, can be part of an allowed set; walks are remembered.
    pub fn fits(&mut self, list: &[u32]) -> bool {
        let Coupling::Path(path) = &self.bandit.coupling else { return self.bandit.coupling.fits(list) };
        if let Some(&fits) = self.walks.get(list) {
            return fits;
        }
        let fits = path.fits(list);
        if self.walks.len() < MOST_REMEMBERED {
            self.walks.insert(list.to_vec(), fits);
        }
        fits
    }

    fn walked(&mut self, path: &Path, order: &[u32], values: &[f64]) -> Vec<u32> {
        let reachable = |&&stop: &&u32| 2 * path.distance(path.depot(), stop) <= path.length();
        let order: Vec<u32> = order.iter().filter(reachable).copied().collect();
        let mut walk = Walk { order: &order, values, budget: path.budget(), best: (0.0, Vec::new()), tests: 0 };
        walk.extend(self, 0, 0.0, &mut Vec::new());
        self.unproven += u64::from(walk.tests > MOST_TESTS);
        walk.best.1
    }
}

/// Depth-first search over sets of stations: the best free station in, then out.
struct Walk<'a> {
    order: &'a [u32],
    values: &'a [f64],
    budget: usize,
    best: (f64, Vec<u32>),
    tests: usize,
}

impl Walk<'_> {
    fn extend(&mut self, oracle: &mut Oracle<'_>, from: usize, value: f64, chosen: &mut Vec<u32>) {
        if value > self.best.0 {
            self.best = (value, chosen.clone());
        }
        let mut open = Vec::with_capacity(self.order.len() - from);
        if chosen.len() == self.budget {
            return;
        }
        // Stations that no longer fit beside those chosen are out of everything below.
        for &stop in &self.order[from..] {
            let ahead: f64 = open.iter().take(self.budget - chosen.len()).map(|&s: &u32| self.values[s as usize]).sum();
            let enough = open.len() >= self.budget - chosen.len();
            if enough && value + ahead <= self.best.0 {
                return;
            }
            let mut list = chosen.clone();
            list.insert(list.partition_point(|&other| other < stop), stop);
            self.tests += 1;
            if oracle.fits(&list) {
                open.push(stop);
            }
        }
        for (place, &stop) in open.iter().enumerate() {
            let ahead = open[place..].iter().take(self.budget - chosen.len());
            let ahead: f64 = ahead.map(|&stop| self.values[stop as usize]).sum();
            if value + ahead <= self.best.0 + 1e-12 || self.tests > MOST_TESTS {
                return;
            }
            let at = chosen.partition_point(|&other| other < stop);
            chosen.insert(at, stop);
            let mut below = Walk {
                order: &open[place + 1..],
                values: self.values,
                budget: self.budget,
                best: std::mem::take(&mut self.best),
                tests: self.tests,
            };
            below.extend(oracle, 0, value + self.values[stop as usize], chosen);
            (self.best, self.tests) = (std::mem::take(&mut below.best), below.tests);
            chosen.remove(at);
        }
    }
}

/// The actions of every class, in the order given.
fn by_class(order: &[u32], class: impl Fn(u32) -> usize, classes: usize) -> Vec<Vec<u32>> {
    let mut members = vec![Vec::new(); classes];
    order.iter().for_each(|&action| members[class(action)].push(action));
    members
}

fn packed(capacity: &Capacity, order: &[u32], values: &[f64]) -> Vec<u32> {
    let members = by_class(order, |action| capacity.class()[action as usize] as usize, capacity.classes());
    // Value of the best so many actions of a class.
    let totals: Vec<Vec<f64>> = members.iter().map(|members| totals(members, values)).collect();
    let value = |counts: &[usize]| -> f64 {
        counts.iter().zip(&totals).map(|(&count, totals)| totals[count.min(totals.len() - 1)]).sum()
    };
    let mut best: (f64, &[usize]) = (f64::NEG_INFINITY, &[]);
    for counts in capacity.maximal() {
        let value = value(counts);
        if value > best.0 {
            best = (value, counts);
        }
    }
    best.1.iter().zip(&members).flat_map(|(&count, members)| members.iter().take(count).copied()).collect()
}

/// Sums of the first so many values.
fn totals(members: &[u32], values: &[f64]) -> Vec<f64> {
    let mut totals = vec![0.0];
    for &action in members {
        totals.push(totals[totals.len() - 1] + values[action as usize]);
    }
    totals
}

fn staffed(schedule: &Schedule, order: &[u32], values: &[f64]) -> Vec<u32> {
    let mut masks: Vec<u16> = order.iter().map(|&action| schedule.masks()[action as usize]).collect();
    masks.sort_unstable();
    masks.dedup();
    let class = |action: u32| masks.partition_point(|&mask| mask < schedule.masks()[action as usize]);
    let members = by_class(order, class, masks.len());
    let mut halves: Vec<(f64, usize)> = Vec::with_capacity(2 * order.len());
    for &action in order {
        halves.extend([(0.5 * values[action as usize], class(action)); 2]);
    }
    let most = members.iter().map(|members| members.len().min(schedule.budget())).collect::<Vec<_>>();
    let mut staff = Staff { schedule, masks: &masks, halves: &halves, best: (-1.0, vec![0; masks.len()]) };
    staff.branch(&vec![0; masks.len()], &most, &members, values);
    let counts = staff.best.1;
    counts.iter().zip(&members).flat_map(|(&count, members)| members.iter().take(count).copied()).collect()
}

/// Branch and bound over numbers of actions per class of slots.
struct Staff<'a> {
    schedule: &'a Schedule,
    masks: &'a [u16],
    /// Value and class of every half action, best first.
    halves: &'a [(f64, usize)],
    best: (f64, Vec<usize>),
}

impl Staff<'_> {
    /// The best numbers from `least` to `most`.
    fn branch(&mut self, least: &[usize], most: &[usize], members: &[Vec<u32>], values: &[f64]) {
        let mut units: Vec<usize> = least.iter().map(|count| 2 * count).collect();
        if !self.holds(&units) {
            return;
        }
        let fixed = least.iter().zip(members).flat_map(|(&count, members)| members.iter().take(count));
        let mut value: f64 = fixed.map(|&action| values[action as usize]).sum();
        let mut passed = vec![0; least.len()];
        for &(half, class) in self.halves {
            passed[class] += 1;
            if passed[class] <= 2 * least[class] || units[class] == 2 * most[class] {
                continue;
            }
            units[class] += 1;
            if self.holds(&units) {
                value += half;
            } else {
                units[class] -= 1;
            }
        }
        if value <= self.best.0 + 1e-12 {
            return;
        }
        let Some(odd) = units.iter().position(|units| units % 2 == 1) else {
            self.best = (value, units.iter().map(|units| units / 2).collect());
            return;
        };
        let mut bounds = [least.to_vec(), most.to_vec()];
        bounds[0][odd] = units[odd] / 2 + 1;
        self.branch(&bounds[0], most, members, values);
        bounds[1][odd] = units[odd] / 2;
        self.branch(least, &bounds[1], members, values);
    }

    /// Whether the units can be given.
    fn holds(&self, units: &[usize]) -> bool {
        let inside = |set: usize| -> usize {
            units.iter().zip(self.masks).filter(|(_, mask)| **mask as usize & !set == 0).map(|(units, _)| units).sum()
        };
        units.iter().sum::<usize>() <= 2 * self.schedule.budget()
            && self.schedule.units().iter().enumerate().all(|(set, &limit)| inside(set) <= limit)
    }
}
