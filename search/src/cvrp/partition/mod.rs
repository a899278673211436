//! Set partitioning over routes that a search has met (B. A. Foster and D. M. Ryan, "An integer programming approach to
//! the vehicle scheduling problem", Operational Research Quarterly 27, 1976; as the last step of a heuristic: Y. Rochat
//! and E. D. Taillard, "Probabilistic diversification and intensification in local search for vehicle routing", Journal
//! of Heuristics 1, 1995).
//!
//! The whole program takes a MIP solver seconds to minutes. Here it is solved for a few neighbouring routes of the
//! incumbent at a time ([`regions`]): which other routes serve the same customers for less? Prices of the customers
//! ([`prices`]) cut off what cannot, in an exact cover by depth-first search ([`cover`]).

mod cover;
mod lists;
mod pool;
mod prices;
mod regions;

#[cfg(test)]
mod tests;

use heuron_problems::Cost;

pub use pool::Pool;

use crate::run::Watch;
use cover::cover;
use lists::Lists;
use prices::reduce;
use regions::Regions;

/// The prices may take one part in so many of the time left.
const PRICES: u32 = 3;

/// Routes of a region, one pass after the other. On five files of set X of 469 to 957 customers no single size is best.
const SIZES: [usize; 4] = [4, 6, 9, 14];

/// A route and its length.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its length.
    pub cost: Cost,
    /// Its customers, in order.
    pub customers: Vec<u32>,
}

/// Routes to choose from.
struct Choice {
    cost: Vec<Cost>,
    /// Customers of every route.
    customers: Lists,
    /// Routes of every customer \[customers + 1\].
    routes: Lists,
    /// Costs less the prices of the customers, none below 0 \[routes\].
    reduced: Vec<f64>,
    /// Routes of the incumbent.
    chosen: Vec<u32>,
}

impl Choice {
    fn total(&self) -> Cost {
        self.chosen.iter().map(|&route| self.cost[route as usize]).sum()
    }
}

/// Puts `incumbent`, which serves every customer once, and the routes `met` together anew. Gives the routes of a
/// cheaper solution if it finds one; of as many routes at most, if `fleet` is limited.
///
/// `far` is the distance of every node from the depot, which is node 0.
pub fn recombine(
    incumbent: &[Route],
    met: &[Route],
    far: &[Cost],
    fleet: bool,
    watch: &Watch,
) -> Option<Vec<Vec<u32>>> {
    let all: Vec<&Route> = incumbent.iter().chain(met).collect();
    let customers = Lists::new(all.iter().map(|route| route.customers.iter().copied()));
    let cost: Vec<Cost> = all.iter().map(|route| route.cost).collect();
    let routes = customers.turned(far.len());
    let chosen: Vec<u32> = (0..incumbent.len() as u32).collect();
    let soon = watch.remaining().map_or_else(|| watch.clone(), |left| watch.within(left / PRICES));
    let reduced = reduce(&cost, &customers, &chosen, far, &soon);
    let mut choice = Choice { cost, customers, routes, reduced, chosen };
    let before = choice.total();
    let mut regions = Regions::new(&choice);
    for size in SIZES {
        // Where the incumbent is dearest by the prices, there is most to gain.
        let mut seeds = choice.chosen.clone();
        seeds.sort_by(|&a, &b| choice.reduced[b as usize].total_cmp(&choice.reduced[a as usize]));
        for seed in seeds {
            if watch.is_late() {
                break;
            }
            let Some(place) = choice.chosen.iter().position(|&route| route == seed) else { continue };
            let region: Vec<u32> =
                regions.around(place, size).iter().map(|&place| choice.chosen[place as usize]).collect();
            let most = if fleet { region.len() } else { usize::MAX };
            if let Some(better) = cover(&choice, &region, regions.complete(), most, watch) {
                choice.chosen.retain(|route| !region.contains(route));
                choice.chosen.extend(better);
                regions = Regions::new(&choice);
            }
        }
    }
    let customers = |&route: &u32| all[route as usize].customers.clone();
    (choice.total() < before).then(|| choice.chosen.iter().map(customers).collect())
}
