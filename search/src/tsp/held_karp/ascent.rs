//! Subgradient ascent on the penalties, with the step sizes of Volgenant and Jonker (1982) and the number of steps of
//! Valenzuela and Jones (1997, "Estimating the Held-Karp lower bound for the geometric TSP").

use heuron_problems::Cost;

use super::one_tree::{Edges, Sparse};
use crate::run::Watch;

/// Fewest steps that are worth a schedule.
const FEWEST: usize = 10;

/// Steps times nodes beyond this gain too little: some seconds.
const MOST_NODES: usize = 30_000_000;

/// Weight of the current subgradient against the one before (Volgenant and Jonker: 0.6 and 0.4).
const CURRENT: f64 = 0.6;

/// Moves `pi` to the best penalties found, and returns the reduced length of their minimum 1-tree. Later rounds take
/// smaller and fewer steps. With a time limit the number of steps is what fits.
pub fn ascend(edges: &Edges, pi: &mut [Cost], round: usize, upper: Option<Cost>, watch: &Watch) -> Cost {
    let n = edges.len();
    let mut tree = Sparse::new(n);
    let before = watch.remaining();
    let mut weight = tree.minimise(edges, pi);
    let wanted = (((28.0 * (n as f64).powf(0.62)) as usize).min(MOST_NODES / n)) >> round;
    let affordable = before.zip(watch.remaining()).map(|(before, after)| {
        let step = before.saturating_sub(after).as_secs_f64().max(1e-9);
        (after.as_secs_f64() / step) as usize
    });
    let steps = affordable.map_or(wanted, |most| most.min(wanted)).max(FEWEST);
    let mut best = (weight - 2 * pi.iter().sum::<Cost>(), weight);
    let mut best_pi = pi.to_vec();
    let mut previous = tree.degree.clone();
    let mut first = best.0.max(1) as f64 / (2 * n) as f64 / f64::from(1_u32 << (2 * round));
    for step in 1..steps {
        let size = first * schedule(step, steps);
        for ((pi, &degree), old) in pi.iter_mut().zip(&tree.degree).zip(&mut previous) {
            let move_by = CURRENT * f64::from(degree - 2) + (1.0 - CURRENT) * f64::from(*old - 2);
            *pi += (size * move_by).round() as Cost;
            *old = degree;
        }
        weight = tree.minimise(edges, pi);
        let bound = weight - 2 * pi.iter().sum::<Cost>();
        if bound > best.0 {
            best = (bound, weight);
            best_pi.copy_from_slice(pi);
            if round == 0 {
                first = bound.max(1) as f64 / (2 * n) as f64;
            }
        }
        if upper.is_some_and(|upper| bound >= upper) || tree.degree.iter().all(|&degree| degree == 2) || watch.is_late()
        {
            break;
        }
    }
    pi.copy_from_slice(&best_pi);
    best.1
}

/// The step size at step m of M as a part of the first: falls from 1 to 0, with a linear decrease of its slope.
fn schedule(m: usize, of: usize) -> f64 {
    let (m, of) = (m as f64, of.max(4) as f64);
    (m - 1.0) * (2.0 * of - 5.0) / (2.0 * (of - 1.0)) - (m - 2.0)
        + 0.5 * (m - 1.0) * (m - 2.0) / ((of - 1.0) * (of - 2.0))
}
