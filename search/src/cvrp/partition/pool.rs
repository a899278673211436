//! Routes that a search has met lately.

use std::collections::HashMap;

use heuron_problems::Cost;

use super::Route;

/// Routes kept per route of a solution.
const KEPT: usize = 60;

/// Routes by the set of their customers, each set in the best order met.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    routes: Vec<Route>,
    /// The look at which a route was met last \[routes\].
    met: Vec<u64>,
    /// Places in `routes` by the name of the set.
    places: HashMap<u64, usize>,
    looks: u64,
}

impl Pool {
    /// Begins a look at the routes of a solution.
    pub fn look(&mut self) {
        self.looks += 1;
    }

    /// Adds a route, or notes that it was met again.
    pub fn meet(&mut self, customers: impl Iterator<Item = u32> + Clone, cost: Cost) {
        let place = *self.places.entry(name(customers.clone())).or_insert(self.routes.len());
        if place == self.routes.len() {
            self.routes.push(Route { cost, customers: customers.collect() });
            self.met.push(self.looks);
        } else if cost < self.routes[place].cost {
            self.routes[place] = Route { cost, customers: customers.collect() };
        }
        self.met[place] = self.looks;
    }

    /// Forgets routes if there are many for a solution of so many routes: those that were not met for long.
    pub fn limit(&mut self, routes: usize) {
        if self.routes.len() > 2 * KEPT * routes {
            self.keep(KEPT * routes);
        }
    }

    /// Keeps at most so many routes: those that were met last.
    fn keep(&mut self, most: usize) {
        if self.routes.len() > most {
            let mut met = self.met.clone();
            let oldest = *met.select_nth_unstable_by(most, |a, b| b.cmp(a)).1;
            let mut recent = self.met.iter().map(|&met| met > oldest);
            self.routes.retain(|_| recent.next().unwrap_or(false));
            self.met.retain(|&met| met > oldest);
            self.places = self.routes.iter().map(|route| name(route.customers.iter().copied())).zip(0..).collect();
        }
    }

    /// Those that were met last, for a solution of so many routes. All are forgotten.
    pub fn take(&mut self, routes: usize) -> Vec<Route> {
        self.keep(KEPT * routes);
        std::mem::take(self).routes
    }
}

/// A number for a set of customers: the sum of a random-looking one for each (the finaliser of SplitMix64; G. L.
/// Steele, D. Lea and C. H. Flood, 2014).
fn name(customers: impl Iterator<Item = u32>) -> u64 {
    let scrambled = |customer: u32| {
        let mixed = (u64::from(customer) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    customers.map(scrambled).fold(0, u64::wrapping_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_kept_in_its_best_order_and_the_sets_met_last_are_kept_longest() {
        let mut pool = Pool::default();
        for look in 0..500u32 {
            pool.look();
            // The set 1, 2, 3 is met in every look, in the best order in the first one.
            pool.meet([1, 2 + look.min(1), 3 - look.min(1)].into_iter(), if look == 0 { 5 } else { 6 });
            pool.meet([10 + look].into_iter(), 1);
            pool.limit(1);
            assert!(pool.routes.len() <= 2 * KEPT);
        }
        let kept = pool.take(1);
        assert!(kept.len() > KEPT / 2 && kept.len() <= KEPT);
        let common = kept.iter().find(|route| route.customers.len() == 3).expect("it was met in the last look");
        assert_eq!((common.cost, &common.customers[..]), (5, &[1, 2, 3][..]));
        let oldest = kept.iter().filter_map(|route| route.customers.iter().find(|&&v| v >= 10)).min();
        assert!(oldest.is_some_and(|&v| v as usize > 509 - KEPT));
        assert!(pool.take(1).is_empty());
    }
}
