//! Decomposition: routes are shared out to islands, each improves its own, and the cut turns from round to round.
//!
//! Routes that lie beside each other in the angle around the depot form a part, as in E. Taillard, "Parallel
//! iterative search methods for vehicle routing problems", Networks 23, 1993.

use heuron_problems::Stream;

use super::draw::{below, unit};
use super::ground::Ground;
use crate::cvrp::terrain::Terrain;

/// Shares `routes` out to `parts` islands, of about equally many customers, cut at a random place.
pub(super) fn split(ground: &Ground, routes: Vec<Vec<u32>>, parts: usize, rng: &mut Stream) -> Vec<Vec<Vec<u32>>> {
    let customers: usize = routes.iter().map(Vec::len).sum();
    let mut keyed: Vec<(f64, Vec<u32>)> = match ground.problem.distances.points() {
        Some(points) => {
            let cut = (unit(rng) * 2.0 - 1.0) * std::f64::consts::PI;
            routes.into_iter().map(|route| (angle(points, &route, cut), route)).collect()
        }
        // Without points: by the distance of the route's middle to a random customer.
        None => {
            let pivot = 1 + below(rng, ground.nodes() - 1) as u32;
            let key = |route: &[u32]| ground.distance(pivot, route[route.len() / 2]) as f64;
            routes.into_iter().map(|route| (key(&route), route)).collect()
        }
    };
    // The first customer breaks ties, so that the order of equal keys is one of a kind.
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1[0].cmp(&b.1[0])));
    let mut shares = vec![Vec::new(); parts];
    let mut before = 0;
    for (_, route) in keyed {
        // By the middle customer of the route.
        let part = (before + route.len() / 2) * parts / customers;
        before += route.len();
        shares[part.min(parts - 1)].push(route);
    }
    shares
}

/// Angle of the barycentre of `route` at the depot, counted from `cut` [0, 2 pi).
fn angle(points: &[[f64; 2]], route: &[u32], cut: f64) -> f64 {
    let [x0, y0] = points[0];
    let (x, y) = route.iter().fold((0.0, 0.0), |(x, y), &v| {
        let [vx, vy] = points[v as usize];
        (x + vx - x0, y + vy - y0)
    });
    (y.atan2(x) - cut).rem_euclid(std::f64::consts::TAU)
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Distances, Generate, stream};

    use super::*;
    use crate::cvrp::ruin::Config;
    use crate::cvrp::ruin::sweep::sweep;
    use crate::run::Watch;

    /// Every route is in one part, and parts differ by little more than a route.
    fn check(problem: &Cvrp) {
        let config = Config { lists: 10, ..Config::default() };
        let ground = Ground::new(problem, &config, &Watch::never()).expect("there is time");
        let routes = sweep(problem).routes;
        let longest = routes.iter().map(Vec::len).max().expect("there are routes");
        let mut rng = stream(1, "parts", 0);
        for parts in 1..=routes.len() {
            let shares = split(&ground, routes.clone(), parts, &mut rng);
            assert_eq!(shares.len(), parts);
            let mut joined: Vec<Vec<u32>> = shares.iter().flatten().cloned().collect();
            let mut whole = routes.clone();
            joined.sort();
            whole.sort();
            assert_eq!(joined, whole);
            let fair = problem.customers() / parts;
            let sizes = shares.iter().map(|share| share.iter().map(Vec::len).sum::<usize>());
            assert!(sizes.into_iter().all(|size| size <= fair + longest + 1));
        }
    }

    #[test]
    fn parts_share_out_every_route_once() {
        let spec = Cvrp::spec(120, "x").expect("the X scheme is known");
        let mut problem = Cvrp::generate(&spec, &mut stream(3, "parts", 1));
        check(&problem);
        let n = problem.customers() + 1;
        let weights = (0..n * n).map(|at| problem.distances.get(at / n, at % n)).collect();
        problem.distances = Distances::from_matrix(n, weights);
        check(&problem);
    }
}
