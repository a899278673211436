//! The assignment relaxation of asymmetric instances: every city is left once and entered once.
//!
//! Shortest augmenting paths (Jonker and Volgenant, 1987) keep the dual variables feasible all the time, so their sum
//! is a lower bound also when the time is over before the assignment is complete. Lengths from which they are
//! subtracted rank arcs better than the lengths themselves: an arc of reduced length r is in no tour shorter than the
//! bound plus r.

use heuron_problems::{Cost, Distances};

use crate::run::Watch;

/// Not assigned.
const NONE: usize = usize::MAX;

/// A solution of the relaxation.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    /// Dual variables: `leave[i] + enter[j]` is at most the length of the arc from i to j.
    pub(super) leave: Vec<Cost>,
    pub(super) enter: Vec<Cost>,
    /// The city after each in a shortest assignment \[n\]; none if the watch said stop before it was complete.
    pub(super) next: Option<Vec<u32>>,
}

impl Assignment {
    /// The best dual variables with their assignment, or worse ones if the watch says stop; none if it does so at once,
    /// or if sums could overflow. O(n^3) in the worst case.
    pub(super) fn new(distances: &Distances, watch: &Watch) -> Option<Self> {
        let n = distances.len();
        if distances.max() > (1 << 60) / n as Cost {
            return None;
        }
        let length = |i: usize, j: usize| if i == j { Cost::MAX / 4 } else { distances.get(i, j) };
        let mut enter = vec![Cost::MAX; n];
        for i in 0..n {
            if watch.is_late() {
                return None;
            }
            enter.iter_mut().enumerate().for_each(|(j, least)| *least = length(i, j).min(*least));
        }
        let mut leave: Vec<Cost> = Vec::with_capacity(n);
        for i in 0..n {
            if watch.is_late() {
                return None;
            }
            leave.push((0..n).map(|j| length(i, j) - enter[j]).min().unwrap_or(0));
        }
        let mut source = vec![NONE; n];
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
                    let through = distance + length(i, j) - leave[i] - enter[j];
                    if through < slack[j] {
                        slack[j] = through;
                        from[j] = previous;
                    }
                    next = next.min((slack[j], j));
                }
                (distance, previous) = next;
                if source[previous] == NONE {
                    break previous;
                }
                done[previous] = true;
                i = source[previous];
            };
            // The duals of the scanned rows and columns take up the path's length.
            leave[start] += distance;
            for j in (0..n).filter(|&j| done[j]) {
                leave[source[j]] += distance - slack[j];
                enter[j] -= distance - slack[j];
            }
            let mut j = end;
            while from[j] != NONE {
                source[j] = source[from[j]];
                j = from[j];
            }
            source[j] = start;
        }
        let mut next = vec![0; n];
        source.iter().enumerate().filter(|&(_, &i)| i != NONE).for_each(|(j, &i)| next[i] = j as u32);
        Some(Self { leave, enter, next: (!source.contains(&NONE)).then_some(next) })
    }

    /// No tour is shorter.
    pub(super) fn bound(&self) -> Cost {
        self.leave.iter().sum::<Cost>() + self.enter.iter().sum::<Cost>()
    }
}
