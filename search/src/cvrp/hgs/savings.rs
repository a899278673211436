//! Savings: merges round trips while that saves distance, with a random weight on the distance between the ends.
//!
//! Source: G. Clarke, J. W. Wright, "Scheduling of vehicles from a central depot to a number of delivery points",
//! Operations Research 12 (1964); the weight ("route shape") is P. Yellow's, Operational Research Quarterly 21 (1970).

use heuron_problems::Cost;

use crate::cvrp::local::model::Model;
use crate::cvrp::local::plan::Plan;

/// A route under construction, stored at both of its ends.
#[derive(Clone, Copy, Debug)]
struct End {
    route: u32,
    load: i64,
    duration: Cost,
}

/// Builds routes by savings with `shape` / 256 as the weight of the distance between two ends, over granular pairs.
pub(super) fn savings(model: &Model, shape: i64, plan: &mut Plan) {
    let n = model.customers();
    let symmetric = model.is_symmetric();
    let mut pairs: Vec<(Cost, u32, u32)> = Vec::with_capacity(n * 24);
    for a in 1..=n as u32 {
        for &b in model.near(a).iter().filter(|&&b| !symmetric || a < b) {
            let gain = 256 * (model.distance(a, 0) + model.distance(0, b)) - shape * model.distance(a, b);
            if gain > 0 {
                pairs.push((-gain, a, b));
            }
        }
    }
    pairs.sort_unstable();
    let mut links = vec![[0_u32; 2]; n + 1];
    let mut ends: Vec<End> = (0..=n as u32)
        .map(|c| {
            let duration = model.distance(0, c) + model.distance(c, 0) + model.service();
            End { route: c, load: model.demand(c), duration }
        })
        .collect();
    // The other end of the route that a customer ends.
    let mut opposite: Vec<u32> = (0..=n as u32).collect();
    for &(_, a, b) in &pairs {
        // A free link of a as the tail and of b as the head; either link will do for symmetric distances.
        let free = |c: u32, side: usize| {
            let links = &links[c as usize];
            if symmetric { (0..2).find(|&side| links[side] == 0) } else { (links[side] == 0).then_some(side) }
        };
        let (Some(out), Some(into)) = (free(a, 1), free(b, 0)) else { continue };
        let (x, y) = (ends[a as usize], ends[b as usize]);
        let duration = x.duration + y.duration - model.distance(a, 0) - model.distance(0, b) + model.distance(a, b);
        let fits = x.load + y.load <= model.capacity() && model.limit().is_none_or(|limit| duration <= limit);
        if x.route != y.route && fits {
            links[a as usize][out] = b;
            links[b as usize][into] = a;
            let (left, right) = (opposite[a as usize], opposite[b as usize]);
            let merged = End { route: left.min(right), load: x.load + y.load, duration };
            for (end, other) in [(left, right), (right, left)] {
                ends[end as usize] = merged;
                opposite[end as usize] = other;
            }
        }
    }
    trace(&links, symmetric, plan);
}

/// Walks every route from one of its ends.
fn trace(links: &[[u32; 2]], symmetric: bool, plan: &mut Plan) {
    plan.clear();
    let mut seen = vec![false; links.len()];
    let mut route = Vec::new();
    for start in 1..links.len() as u32 {
        let is_end = links[start as usize][0] == 0 || symmetric && links[start as usize][1] == 0;
        if seen[start as usize] || !is_end {
            continue;
        }
        route.clear();
        let (mut before, mut node) = (0, start);
        while node != 0 {
            seen[node as usize] = true;
            route.push(node);
            let [a, b] = links[node as usize];
            let next = if !symmetric || a == before { b } else { a };
            before = std::mem::replace(&mut node, next);
        }
        plan.push(&route);
    }
}
