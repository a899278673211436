//! The assignment relaxation of asymmetric instances: every city is left once and entered once.
//!
//! Shortest augmenting paths (Jonker and Volgenant, 1987) keep the dual variables feasible all the time, so their sum
//! is a lower bound also when the time is over before the assignment is complete.

use heuron_problems::{Cost, Distances};

use crate::run::Watch;

/// Not assigned.
const NONE: usize = usize::MAX;

/// The value of the relaxation, or a smaller bound if the watch says stop; none if it does so at once, or if sums could
/// overflow.
pub fn lower_bound(distances: &Distances, watch: &Watch) -> Option<Cost> {
    let n = distances.len();
    if distances.max() > (1 << 60) / n as Cost {
        return None;
    }
    let length = |i: usize, j: usize| if i == j { Cost::MAX / 4 } else { distances.get(i, j) };
    // Dual variables of rows (leaving) and columns (entering): row[i] + column[j] <= length(i, j).
    let mut column = vec![Cost::MAX; n];
    for i in 0..n {
        if watch.is_late() {
            return None;
        }
        column.iter_mut().enumerate().for_each(|(j, least)| *least = length(i, j).min(*least));
    }
    let mut row: Vec<Cost> = Vec::with_capacity(n);
    for i in 0..n {
        if watch.is_late() {
            return None;
        }
        row.push((0..n).map(|j| length(i, j) - column[j]).min().unwrap_or(0));
    }
    let mut row_of = vec![NONE; n];
    let mut slack = vec![0; n];
    let mut from = vec![NONE; n];
    let mut done = vec![false; n];
    for start in 0..n {
        if watch.is_late() {
            break;
        }
        slack.fill(Cost::MAX);
        done.fill(false);
        let (mut i, mut distance) = (start, 0);
        let mut previous = NONE;
        let end = loop {
            let mut next = (Cost::MAX, NONE);
            for j in (0..n).filter(|&j| !done[j]) {
                let through = distance + length(i, j) - row[i] - column[j];
                if through < slack[j] {
                    slack[j] = through;
                    from[j] = previous;
                }
                next = next.min((slack[j], j));
            }
            (distance, previous) = next;
            if row_of[previous] == NONE {
                break previous;
            }
            done[previous] = true;
            i = row_of[previous];
        };
        // The duals of the scanned rows and columns take up the path's length.
        row[start] += distance;
        for j in (0..n).filter(|&j| done[j]) {
            row[row_of[j]] += distance - slack[j];
            column[j] -= distance - slack[j];
        }
        let mut j = end;
        while from[j] != NONE {
            row_of[j] = row_of[from[j]];
            j = from[j];
        }
        row_of[j] = start;
    }
    Some(row.iter().sum::<Cost>() + column.iter().sum::<Cost>())
}
