//! Prices of customers: a Lagrangian dual of set partitioning, solved by the subgradient method.
//!
//! A solution has at most one route of which a given customer is the farthest from the depot. So among the routes that
//! share their farthest customer only the one of least reduced cost counts in the bound, and near-copies of a route,
//! of which a search meets many, do not add up. Lowering the farthest customer's price by that reduced cost leaves no
//! route below 0 and the bound as it is.

use heuron_problems::Cost;

use super::lists::Lists;
use crate::run::Watch;

/// Steps at most.
const STEPS: usize = 500;

/// Weight of the direction before in the next one (P. M. Camerini, L. Fratta and F. Maffioli, "On improving relaxation
/// methods by modified gradient techniques", Mathematical Programming Study 3, 1975).
const INERTIA: f64 = 0.7;

/// Steps without a better bound after which they get shorter, by this factor, and the shortest.
const PATIENCE: usize = 12;
const SHORTER: f64 = 0.75;
const SHORTEST: f64 = 1e-2;

/// Costs of all routes less the prices of their customers, none of them below 0.
pub(super) fn reduce(cost: &[Cost], customers: &Lists, chosen: &[u32], far: &[Cost], watch: &Watch) -> Vec<f64> {
    let known = chosen.iter().map(|&route| cost[route as usize]).sum::<Cost>() as f64;
    let mut prices = vec![0.0; far.len()];
    for &route in chosen {
        let served = customers.of(route as usize);
        served.iter().for_each(|&v| prices[v as usize] = cost[route as usize] as f64 / served.len() as f64);
    }
    let farthest = |route| customers.of(route).iter().copied().max_by_key(|&v| (far[v as usize], v)).unwrap_or(0);
    let mut dual = Dual {
        cost,
        customers,
        farthest: (0..cost.len()).map(farthest).collect(),
        least: vec![(0.0, None); far.len()],
    };
    let mut best = (f64::NEG_INFINITY, prices.clone());
    let (mut step, mut idle) = (1.0, 0);
    let mut direction = vec![0.0; prices.len()];
    for _ in 0..STEPS {
        let bound = dual.bound(&prices);
        idle += 1;
        if bound > best.0 + 1e-7 * known {
            best.0 = bound;
            best.1.copy_from_slice(&prices);
            idle = 0;
        } else if idle > PATIENCE {
            (step, idle) = (SHORTER * step, 0);
        }
        direction.iter_mut().for_each(|x| *x = 1.0 + INERTIA * *x);
        for route in dual.least.iter().filter_map(|(_, route)| *route) {
            customers.of(route as usize).iter().for_each(|&v| direction[v as usize] -= 1.0);
        }
        // The depot has no price.
        direction[0] = 0.0;
        let norm: f64 = direction.iter().map(|x| x * x).sum();
        if norm < 1e-9 || step < SHORTEST || watch.is_late() {
            break;
        }
        // Polyak's step towards what is known, which is no less than the best bound.
        let length = step * (known - bound).max(1e-6 * known) / norm;
        prices.iter_mut().zip(&direction).for_each(|(price, x)| *price += length * x);
    }
    let mut prices = best.1;
    dual.bound(&prices);
    prices.iter_mut().zip(&dual.least).for_each(|(price, (reduced, _))| *price += reduced);
    (0..cost.len()).map(|route| dual.reduced(route, &prices).max(0.0)).collect()
}

struct Dual<'a> {
    cost: &'a [Cost],
    customers: &'a Lists,
    /// Of every route.
    farthest: Vec<u32>,
    /// The least reduced cost below 0 of the routes with this farthest customer, and the route \[customers + 1\].
    least: Vec<(f64, Option<u32>)>,
}

impl Dual<'_> {
    fn reduced(&self, route: usize, prices: &[f64]) -> f64 {
        self.cost[route] as f64 - self.customers.of(route).iter().map(|&v| prices[v as usize]).sum::<f64>()
    }

    /// A lower bound on the cost of every solution. Fills `least`.
    fn bound(&mut self, prices: &[f64]) -> f64 {
        self.least.fill((0.0, None));
        for route in 0..self.cost.len() {
            let reduced = self.reduced(route, prices);
            let least = &mut self.least[self.farthest[route] as usize];
            if reduced < least.0 {
                *least = (reduced, Some(route as u32));
            }
        }
        prices.iter().sum::<f64>() + self.least.iter().map(|(reduced, _)| reduced).sum::<f64>()
    }
}
