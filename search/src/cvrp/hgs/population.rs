//! Two sub-populations, feasible and infeasible, whose survivors are chosen by cost and by what they add to diversity.
//!
//! Source: Vidal (2022), section 3.4: biased fitness = rank by cost + (1 - elites / size) x rank by diversity, where
//! diversity is the average broken-pairs distance to the closest individuals.

use heuron_problems::Stream;
use rand::Rng;

use super::HgsConfig;
use crate::cvrp::local::penalty::Penalty;
use crate::cvrp::local::plan::{Plan, Score};

/// A solution of the population.
#[derive(Clone, Debug, Default)]
struct Individual {
    plan: Plan,
    score: Score,
    /// Neighbours of each customer on its route, 0 for the depot \[customers + 1\].
    links: Vec<[u32; 2]>,
    /// Broken-pairs distance and slot of all others of the sub-population, closest first.
    others: Vec<(u32, u32)>,
    /// Rank by cost and diversity; small is good.
    fitness: f64,
}

/// One sub-population: slots of its individuals, cheapest first.
#[derive(Debug, Default)]
struct Group {
    order: Vec<u32>,
    /// `fitness` of its individuals is out of date.
    stale: bool,
}

/// The population.
#[derive(Debug)]
pub(super) struct Population {
    /// Parents kept after a selection of survivors.
    size: usize,
    /// Offspring added before the next selection.
    generation: usize,
    elites: usize,
    close: usize,
    /// All individuals; slots in no group are in `free` and keep their memory.
    slots: Vec<Individual>,
    free: Vec<u32>,
    /// Feasible and infeasible.
    groups: [Group; 2],
    ranking: Vec<(u64, u32)>,
}

impl Population {
    pub fn new(config: &HgsConfig) -> Self {
        Self {
            size: config.first_population,
            generation: config.generation,
            elites: config.elites,
            close: config.close,
            slots: Vec::new(),
            free: Vec::new(),
            groups: Default::default(),
            ranking: Vec::new(),
        }
    }

    /// Forgets all individuals.
    pub fn clear(&mut self) {
        for group in &mut self.groups {
            self.free.append(&mut group.order);
        }
    }

    /// Individuals of both groups.
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.order.len()).sum()
    }

    /// Sets the sizes for a population that has seen `iterations` since its start.
    pub fn grow(&mut self, config: &HgsConfig, iterations: u64) {
        let (first, last) = (config.first_population.min(config.population), config.population);
        let done = iterations.min(config.growth);
        self.size = first + ((last - first) as u64 * done / config.growth) as usize;
        self.generation = (config.generation * self.size).div_ceil(last);
    }

    /// Adds a copy of `plan`, then selects survivors if its group has grown by a generation.
    pub fn add(&mut self, plan: &Plan, score: Score, penalty: Penalty) {
        let side = usize::from(!score.is_feasible());
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Individual::default());
            self.slots.len() as u32 - 1
        });
        let mut new = std::mem::take(&mut self.slots[slot as usize]);
        new.plan.copy(plan);
        new.score = score;
        new.relink();
        new.others.clear();
        for &other in &self.groups[side].order {
            let member = &mut self.slots[other as usize];
            let distance = new.broken_pairs(member);
            new.others.push((distance, other));
            let place = member.others.partition_point(|&entry| entry < (distance, slot));
            member.others.insert(place, (distance, slot));
        }
        new.others.sort_unstable();
        self.slots[slot as usize] = new;
        let cost = score.cost(penalty);
        let group = &mut self.groups[side];
        let place = group.order.partition_point(|&other| self.slots[other as usize].score.cost(penalty) <= cost);
        group.order.insert(place, slot);
        group.stale = true;
        if group.order.len() >= self.size + self.generation {
            while self.groups[side].order.len() > self.size {
                self.remove_worst(side);
            }
        }
    }

    /// Sorts the infeasible group anew: the penalties have changed.
    pub fn reorder(&mut self, penalty: Penalty) {
        let slots = &self.slots;
        self.groups[1].order.sort_by_key(|&slot| slots[slot as usize].score.cost(penalty));
        self.groups[1].stale = true;
    }

    /// Two parents by binary tournaments; the second differs from the first if it can.
    pub fn parents(&mut self, rng: &mut Stream) -> Option<(&Plan, &Plan)> {
        self.refresh(0);
        self.refresh(1);
        let first = self.tournament(rng)?;
        let mut second = self.tournament(rng)?;
        for _ in 0..8 {
            if second != first {
                break;
            }
            second = self.tournament(rng)?;
        }
        Some((&self.slots[first as usize].plan, &self.slots[second as usize].plan))
    }

    fn tournament(&self, rng: &mut Stream) -> Option<u32> {
        let total = self.len();
        if total == 0 {
            return None;
        }
        let pick = |index: usize| {
            let feasible = &self.groups[0].order;
            if index < feasible.len() { feasible[index] } else { self.groups[1].order[index - feasible.len()] }
        };
        let (a, b) = (pick(rng.random_range(0..total)), pick(rng.random_range(0..total)));
        let fitness = |slot: u32| self.slots[slot as usize].fitness;
        Some(if fitness(a) < fitness(b) { a } else { b })
    }

    /// Computes the biased fitness of a group.
    fn refresh(&mut self, side: usize) {
        if !std::mem::take(&mut self.groups[side].stale) {
            return;
        }
        let order = &self.groups[side].order;
        let size = order.len();
        self.ranking.clear();
        for (rank, &slot) in order.iter().enumerate() {
            // Most diverse first; equal diversity by cost.
            self.ranking.push((u64::MAX - self.slots[slot as usize].diversity(self.close), rank as u32));
        }
        self.ranking.sort_unstable();
        let weight = if size <= self.elites { 0.0 } else { 1.0 - self.elites as f64 / size as f64 };
        let unit = 1.0 / (size.max(2) - 1) as f64;
        for (diversity, &(_, rank)) in self.ranking.iter().enumerate() {
            let slot = order[rank as usize];
            self.slots[slot as usize].fitness = unit * (f64::from(rank) + weight * diversity as f64);
        }
    }

    /// Removes the clone or individual of the worst fitness, never the cheapest.
    fn remove_worst(&mut self, side: usize) {
        self.refresh(side);
        let order = &self.groups[side].order;
        let clone = |slot: u32| self.slots[slot as usize].others.first().is_some_and(|&(distance, _)| distance == 0);
        let key = |slot: u32| (clone(slot), self.slots[slot as usize].fitness);
        let mut worst = order.len() - 1;
        for place in 1..order.len() {
            if key(order[place]) > key(order[worst]) {
                worst = place;
            }
        }
        let group = &mut self.groups[side];
        let slot = group.order.remove(worst);
        group.stale = true;
        for &other in &self.groups[side].order {
            let others = &mut self.slots[other as usize].others;
            others.retain(|&(_, entry)| entry != slot);
        }
        self.free.push(slot);
    }
}

impl Individual {
    fn relink(&mut self) {
        self.links.clear();
        self.links.resize(self.plan.tour.len() + 1, [0; 2]);
        for route in self.plan.routes() {
            let mut before = 0;
            for (index, &customer) in route.iter().enumerate() {
                let after = route.get(index + 1).copied().unwrap_or(0);
                self.links[customer as usize] = [before, after];
                before = customer;
            }
        }
    }

    /// Links of this individual that the other does not have.
    fn broken_pairs(&self, other: &Self) -> u32 {
        let pairs = self.links.iter().zip(&other.links).skip(1);
        pairs
            .map(|(&[before, after], theirs)| {
                u32::from(!theirs.contains(&after)) + u32::from(before == 0 && !theirs.contains(&0))
            })
            .sum()
    }

    /// Sum of the distances to the closest individuals, scaled to their number.
    fn diversity(&self, close: usize) -> u64 {
        let count = close.min(self.others.len()).max(1) as u64;
        self.others.iter().take(close).map(|&(distance, _)| u64::from(distance)).sum::<u64>() * 1024 / count
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cost, stream};
    use rand::seq::SliceRandom;

    use super::*;

    fn plan(rng: &mut Stream) -> Plan {
        let mut tour: Vec<u32> = (1..=12).collect();
        tour.shuffle(rng);
        Plan { tour, ends: vec![rng.random_range(1..6), rng.random_range(6..12), 12] }
    }

    #[test]
    fn groups_stay_within_their_size_and_keep_the_cheapest() {
        let config = HgsConfig { first_population: 5, population: 5, generation: 7, elites: 2, ..HgsConfig::default() };
        let penalty = Penalty::new(256, 256, [1_000_000; 2]);
        let mut population = Population::new(&config);
        let mut rng = stream(1, "population", 0);
        let mut least = Cost::MAX;
        for _ in 0..200 {
            let score =
                Score { distance: rng.random_range(100..10_000), overload: rng.random_range(0..2), overtime: 0 };
            population.add(&plan(&mut rng), score, penalty);
            least = if score.is_feasible() { least.min(score.distance) } else { least };
            assert!(population.groups.iter().all(|group| group.order.len() < 12));
            if let Some(&best) = population.groups[0].order.first() {
                assert_eq!(population.slots[best as usize].score.distance, least);
            }
            assert!(population.parents(&mut rng).is_some());
        }
        assert!(population.slots.len() <= 24, "slots are reused");
    }

    #[test]
    fn distance_lists_hold_every_other_individual_once() {
        let config = HgsConfig { first_population: 4, population: 4, generation: 4, ..HgsConfig::default() };
        let mut population = Population::new(&config);
        let mut rng = stream(2, "population", 0);
        for _ in 0..50 {
            let score = Score { distance: rng.random_range(100..10_000), ..Score::default() };
            population.add(&plan(&mut rng), score, Penalty::new(1, 1, [1; 2]));
            let order = &population.groups[0].order;
            for &slot in order {
                let one = &population.slots[slot as usize];
                let mut expected: Vec<u32> = order.iter().copied().filter(|&other| other != slot).collect();
                let mut listed: Vec<u32> = one.others.iter().map(|&(_, other)| other).collect();
                expected.sort_unstable();
                listed.sort_unstable();
                assert_eq!(listed, expected);
                assert!(one.others.windows(2).all(|pair| pair[0] <= pair[1]));
            }
        }
    }
}
