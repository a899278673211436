//! Routes of the solutions that a search met, for recombination by set partitioning.

use std::collections::HashMap;

use heuron_problems::{Cost, Cvrp, Routes, Stream};
use rand::Rng;

/// Distinct customer sets, each with the cheapest order met; the oldest make way for new ones.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// Zobrist keys: the key of a set is the exclusive or over its customers [customers + 1].
    keys: Vec<u64>,
    /// Where a set is in `columns`. Only looked up, never iterated over.
    places: HashMap<u64, u32>,
    columns: Vec<Column>,
    /// The next column to overwrite once there are `capacity`.
    oldest: usize,
    capacity: usize,
}

/// A route that is within all limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Column {
    /// Zobrist key of the set of customers.
    pub key: u64,
    /// Length of the route.
    pub cost: Cost,
    /// Cost of the cheapest solution that a route through these customers was met in.
    pub whole: Cost,
    /// Customers in the order of the visit.
    pub route: Vec<u32>,
}

impl Pool {
    /// An empty pool for so many customers, with keys drawn from `rng`.
    pub fn new(customers: usize, capacity: usize, rng: &mut Stream) -> Self {
        let keys = (0..=customers).map(|_| rng.random()).collect();
        Self { keys, places: HashMap::new(), columns: Vec::new(), oldest: 0, capacity }
    }

    /// The Zobrist key of the customers of `route`.
    fn key(&self, route: &[u32]) -> u64 {
        route.iter().fold(0, |key, &v| key ^ self.keys[v as usize])
    }

    /// Adds a feasible route of length `cost`, met in a solution that costs `whole`.
    pub fn add(&mut self, whole: Cost, cost: Cost, route: &[u32]) {
        let key = self.key(route);
        if let Some(&place) = self.places.get(&key) {
            let column = &mut self.columns[place as usize];
            column.whole = column.whole.min(whole);
            if cost < column.cost {
                column.cost = cost;
                column.route.clear();
                column.route.extend_from_slice(route);
            }
            return;
        }
        let place = if self.columns.len() < self.capacity {
            self.columns.push(Column::default());
            self.columns.len() - 1
        } else {
            let place = self.oldest;
            self.oldest = (place + 1) % self.capacity;
            self.places.remove(&self.columns[place].key);
            place
        };
        let column = &mut self.columns[place];
        (column.key, column.cost, column.whole) = (key, cost, whole);
        column.route.clear();
        column.route.extend_from_slice(route);
        self.places.insert(key, place as u32);
    }
}

/// The routes of `incumbent`, then those of `pools` met in the cheapest solutions, `count` in all. Every set of customers
/// is there once; outside the incumbent with its cheapest order.
pub(super) fn elite<'p>(
    problem: &Cvrp,
    incumbent: &Routes,
    pools: impl Iterator<Item = &'p Pool>,
    count: usize,
) -> Vec<Column> {
    let pools: Vec<&Pool> = pools.collect();
    let Some(first) = pools.first() else { return Vec::new() };
    let used = incumbent.routes.iter().filter(|route| !route.is_empty());
    let column = |route: &Vec<u32>| Column {
        key: first.key(route),
        cost: problem.length(route),
        whole: Cost::MIN,
        route: route.clone(),
    };
    let start: Vec<Column> = used.map(column).collect();
    // By set, the incumbent's first, then the cheapest; the order of pools breaks ties.
    let mut all: Vec<&Column> = start.iter().chain(pools.iter().flat_map(|pool| &pool.columns)).collect();
    all.sort_by_key(|column| (column.key, column.whole != Cost::MIN, column.cost));
    let mut sets: Vec<(Cost, &Column)> = Vec::with_capacity(all.len());
    for column in all {
        match sets.last_mut() {
            Some((whole, last)) if last.key == column.key => *whole = column.whole.min(*whole),
            _ => sets.push((column.whole, column)),
        }
    }
    sets.sort_by_key(|&(whole, column)| (whole, column.key));
    sets.into_iter().take(count.max(start.len())).map(|(_, column)| column.clone()).collect()
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Distances, Metric, stream};

    use super::*;

    #[test]
    fn a_full_pool_keeps_the_newest_sets_each_with_its_cheapest_order() {
        let points = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0].map(|x| [x, 0.0]).to_vec();
        let distances = Distances::new(Metric::Euclid { scale: 1.0 }, points);
        let problem = Cvrp::new("line", distances, vec![0, 1, 1, 1, 1, 1], 5);
        let mut pool = Pool::new(5, 3, &mut stream(1, "pool", 0));
        for (whole, route) in [(50, vec![1]), (40, vec![2, 4, 3]), (60, vec![2, 3, 4]), (30, vec![5]), (20, vec![1, 5])]
        {
            pool.add(whole, problem.length(&route), &route);
        }
        let incumbent = Routes { routes: vec![vec![1, 2], vec![], vec![5, 4, 3]] };
        let all = elite(&problem, &incumbent, std::iter::once(&pool), 9);
        let mut first = [all[0].route.clone(), all[1].route.clone()];
        first.sort();
        assert_eq!(first, [vec![1, 2], vec![5, 4, 3]], "the incumbent comes first");
        let rest: Vec<(Cost, &[u32])> = all[2..].iter().map(|column| (column.whole, &column.route[..])).collect();
        assert_eq!(rest, [(20, &[1, 5][..]), (30, &[5][..]), (40, &[2, 3, 4][..])]);
    }
}
