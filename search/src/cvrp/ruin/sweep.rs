//! A solution that is there at once.
//!
//! B. Gillett and L. Miller, "A heuristic algorithm for the vehicle-dispatch problem", Operations Research 22, 1974.

use heuron_problems::{Cvrp, Routes};

/// Customers in the order of their angle at the depot (of their number where there are no points), cut into routes
/// whenever capacity or duration is used up. O(n log n).
pub(super) fn sweep(problem: &Cvrp) -> Routes {
    let mut order: Vec<u32> = (1..=problem.customers() as u32).collect();
    if let Some(points) = problem.distances.points() {
        let [x, y] = points[0];
        let angle = |v: u32| (points[v as usize][1] - y).atan2(points[v as usize][0] - x);
        order.sort_by(|&a, &b| angle(a).total_cmp(&angle(b)).then(a.cmp(&b)));
    }
    let distance = |a: u32, b: u32| problem.distances.get(a as usize, b as usize);
    let (mut routes, mut route) = (Vec::new(), Vec::new());
    // Load of the open route, and its duration up to and with its last customer.
    let (mut load, mut spent) = (0, 0);
    for v in order {
        let demand = problem.demands[v as usize];
        let last = route.last().copied().unwrap_or(0);
        let until = spent + distance(last, v) + problem.service;
        let late = problem.limit.is_some_and(|limit| until + distance(v, 0) > limit);
        if !route.is_empty() && (load + demand > problem.capacity || late) {
            routes.push(std::mem::take(&mut route));
            (load, spent) = (demand, distance(0, v) + problem.service);
        } else {
            (load, spent) = (load + demand, until);
        }
        route.push(v);
    }
    routes.push(route);
    Routes { routes }
}
