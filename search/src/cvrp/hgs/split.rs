//! Split: the cheapest way to cut a giant tour into routes, overload allowed at its price.
//!
//! Source: T. Vidal, "Split algorithm in O(n) for the capacitated vehicle routing problem", Computers & Operations
//! Research 69 (2016): the variant with soft capacity, and the one with a limited fleet. With a duration limit the
//! price of a route is no longer a sum of terms of its ends; then plain Bellman does it, over routes of at most 1.5
//! vehicle loads where the fleet does not bind.

use std::collections::VecDeque;

use heuron_problems::Cost;

use crate::cvrp::local::model::Model;
use crate::cvrp::local::penalty::Penalty;
use crate::cvrp::local::plan::Plan;
use crate::cvrp::terrain::Terrain;

/// "Not reachable", small enough to add costs to.
const FAR: Cost = Cost::MAX / 4;

/// Split with its memory. All costs are in 1/256 of a unit, which makes them exactly linear in the load.
#[derive(Debug, Default)]
pub(super) struct Split {
    /// Running sums over the giant tour, position 0 being the depot \[customers + 1\].
    sums: Vec<Sums>,
    /// Cheapest cost of the first i customers in a number of routes; one layer, or fleet + 1 of them.
    cost: Vec<Cost>,
    /// Where the last route of that starts.
    from: Vec<u32>,
    queue: VecDeque<u32>,
    cuts: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    load: i64,
    distance: Cost,
    /// Distance from the depot to this customer and back.
    out: Cost,
    back: Cost,
}

impl Split {
    /// Cuts `tour` into at most `most` routes.
    pub fn split(&mut self, model: &Model, penalty: Penalty, tour: &[u32], most: usize, plan: &mut Plan) {
        self.prepare(model, tour);
        let n = tour.len();
        self.cuts.clear();
        if !self.unlimited(model, penalty, n, most) {
            self.limited(model, penalty, n, most);
        }
        plan.tour.clear();
        plan.tour.extend_from_slice(tour);
        plan.ends.clear();
        plan.ends.extend(self.cuts.iter().rev());
    }

    fn prepare(&mut self, model: &Model, tour: &[u32]) {
        self.sums.clear();
        self.sums.push(Sums::default());
        let (mut sum, mut before) = (Sums::default(), 0);
        for &customer in tour {
            sum.load += model.demand(customer);
            sum.distance += Penalty::exact_distance(model.distance(before, customer));
            sum.out = Penalty::exact_distance(model.distance(0, customer));
            sum.back = Penalty::exact_distance(model.distance(customer, 0));
            self.sums.push(sum);
            before = customer;
        }
    }

    /// Cost of a route of the customers i+1..=j of the giant tour.
    #[inline(always)]
    fn route(&self, model: &Model, penalty: Penalty, i: usize, j: usize) -> Cost {
        let (before, first, last) = (&self.sums[i], &self.sums[i + 1], &self.sums[j]);
        let distance = first.out + last.distance - first.distance + last.back;
        let overload = (last.load - before.load - model.capacity()).max(0);
        let overtime = model.limit().map_or(0, |limit| {
            let service = model.service() * (j - i) as Cost;
            (distance / Penalty::exact_distance(1) + service - limit).max(0)
        });
        distance + penalty.exact(overload, overtime)
    }

    /// Fills `cost` and `from` of a layer from those of `source`, the layer before (or itself: as many routes as
    /// wanted), where only positions from `first` on can be reached.
    fn layer(&mut self, model: &Model, penalty: Penalty, n: usize, source: usize, target: usize, first: usize) {
        if model.limit().is_some() {
            self.bellman(model, penalty, n, source, target, first);
        } else {
            self.linear(model, penalty, n, source, target, first);
        }
    }

    /// O(n B) for routes of at most B customers.
    fn bellman(&mut self, model: &Model, penalty: Penalty, n: usize, source: usize, target: usize, first: usize) {
        // Layers must reach the end with few routes, however overloaded.
        let most = if source == target { model.capacity().saturating_add(model.capacity() / 2) } else { i64::MAX };
        for i in first..n {
            let base = self.cost[source + i];
            if base >= FAR {
                continue;
            }
            for j in i + 1..=n {
                // The limit must not leave a single customer out.
                if j > i + 1 && self.sums[j].load - self.sums[i].load > most {
                    break;
                }
                let cost = base + self.route(model, penalty, i, j);
                if cost < self.cost[target + j] {
                    (self.cost[target + j], self.from[target + j]) = (cost, i as u32);
                }
            }
        }
    }

    /// O(n): a queue of start positions of which none is dominated, the best for the current end in front.
    fn linear(&mut self, model: &Model, penalty: Penalty, n: usize, source: usize, target: usize, first: usize) {
        let reach = |split: &Self, i: u32, j: usize| {
            split.cost[source + i as usize] + split.route(model, penalty, i as usize, j)
        };
        // Cost of starting a route after i, less what does not depend on i.
        let key = |split: &Self, i: usize| split.cost[source + i] + split.sums[i + 1].out - split.sums[i + 1].distance;
        self.queue.clear();
        self.queue.push_back(first as u32);
        for j in first + 1..=n {
            let Some(&front) = self.queue.front() else { return };
            (self.cost[target + j], self.from[target + j]) = (reach(self, front, j), front);
            if j == n {
                return;
            }
            // A later start j carries less: it loses against i only if it costs more by all that i pays for its load.
            let dominated = self.queue.back().is_some_and(|&i| {
                let more = penalty.exact(self.sums[j].load - self.sums[i as usize].load, 0);
                key(self, j) >= key(self, i as usize) + more
            });
            if !dominated && self.cost[source + j] < FAR {
                while self.queue.back().is_some_and(|&i| key(self, j) <= key(self, i as usize)) {
                    self.queue.pop_back();
                }
                self.queue.push_back(j as u32);
            }
            while self.queue.len() > 1 && reach(self, self.queue[0], j + 1) >= reach(self, self.queue[1], j + 1) {
                self.queue.pop_front();
            }
        }
    }

    /// As many routes as wanted; false if those are more than the fleet.
    fn unlimited(&mut self, model: &Model, penalty: Penalty, n: usize, most: usize) -> bool {
        self.clear_layers(1, n);
        self.layer(model, penalty, n, 0, 0, 0);
        let mut end = n;
        while end > 0 {
            self.cuts.push(end as u32);
            end = self.from[end] as usize;
        }
        self.cuts.len() <= most
    }

    /// At most as many routes as the fleet: one layer per route, O(n fleet).
    fn limited(&mut self, model: &Model, penalty: Penalty, n: usize, fleet: usize) {
        let width = n + 1;
        self.clear_layers(fleet + 1, n);
        for k in 0..fleet {
            self.layer(model, penalty, n, k * width, (k + 1) * width, k);
        }
        let best = (1..=fleet).min_by_key(|&k| (self.cost[k * width + n], k)).unwrap_or(fleet);
        self.cuts.clear();
        let mut end = n;
        for k in (1..=best).rev() {
            self.cuts.push(end as u32);
            end = self.from[k * width + end] as usize;
        }
    }

    fn clear_layers(&mut self, layers: usize, n: usize) {
        self.cost.clear();
        self.cost.resize(layers * (n + 1), FAR);
        self.cost[0] = 0;
        self.from.clear();
        self.from.resize(layers * (n + 1), 0);
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Distances, stream};
    use rand::Rng;

    use super::*;
    use crate::cvrp::local::plan::route_score;

    fn exact(model: &Model, penalty: Penalty, plan: &Plan) -> Cost {
        let price = |route: &[u32]| {
            let score = route_score(model, route);
            Penalty::exact_distance(score.distance) + penalty.exact(score.overload, score.overtime)
        };
        plan.routes().map(price).sum()
    }

    /// The cheapest of all 2^(n - 1) ways to cut; with a duration limit and a free fleet only routes that Split tries.
    fn cheapest(model: &Model, penalty: Penalty, tour: &[u32], fleet: usize, most: i64) -> Cost {
        let n = tour.len();
        let mut best = Cost::MAX;
        for cuts in 0..1_u32 << (n - 1) {
            let mut plan =
                Plan { tour: tour.to_vec(), ends: (1..n as u32).filter(|i| cuts >> (i - 1) & 1 == 1).collect() };
            plan.ends.push(n as u32);
            let load = |route: &[u32]| route.iter().map(|&c| model.demand(c)).sum::<i64>();
            if plan.ends.len() <= fleet && plan.routes().all(|route| route.len() == 1 || load(route) <= most) {
                best = best.min(exact(model, penalty, &plan));
            }
        }
        best
    }

    #[test]
    fn split_is_as_cheap_as_the_best_of_all_cuts() {
        for seed in 0..300 {
            let mut rng = stream(seed, "split", 0);
            let n: usize = rng.random_range(1..=9);
            let weights = (0..(n + 1) * (n + 1)).map(|_| rng.random_range(0..100)).collect();
            let demands = (0..=n).map(|node| if node == 0 { 0 } else { rng.random_range(0..10) }).collect();
            let mut problem = Cvrp::new("split", Distances::from_matrix(n + 1, weights), demands, 12);
            if seed % 2 == 1 {
                (problem.limit, problem.service) = (Some(rng.random_range(50..300)), 7);
            }
            let fleet = rng.random_range(1..=n);
            let model = Model::new(&problem, 5, fleet);
            let penalty = Penalty::new(rng.random_range(1..2_000), rng.random_range(1..1_000), [1_000_000; 2]);
            let tour: Vec<u32> = (1..=n as u32).collect();
            let (mut split, mut plan) = (Split::default(), Plan::default());
            split.split(&model, penalty, &tour, model.fleet(), &mut plan);
            assert_eq!(plan.tour, tour);
            assert!(plan.ends.len() <= fleet && plan.routes().all(|route| !route.is_empty()));
            let most = if problem.limit.is_some() { 18 } else { i64::MAX };
            let free = cheapest(&model, penalty, &tour, n, most);
            let bound = cheapest(&model, penalty, &tour, fleet, i64::MAX);
            let found = exact(&model, penalty, &plan);
            assert!(found == bound || found == free, "seed {seed}: {found}, not {bound} or {free}");
        }
    }
}
