//! Decomposition: routes are shared out to islands, each improves its own, and the cut turns from round to round.
//!
//! Routes that lie beside each other in the angle around the depot form a part, as in E. Taillard, "Parallel
//! iterative search methods for vehicle routing problems", Networks 23, 1993.

use heuron_problems::Stream;

use super::draw::{below, unit};
use super::ground::Ground;

/// Shares `routes` out to `parts` islands, of about equally many customers, cut at a random place.
pub(super) fn split(ground: &Ground<'_>, routes: Vec<Vec<u32>>, parts: usize, rng: &mut Stream) -> Vec<Vec<Vec<u32>>> {
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
