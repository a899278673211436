//! Tabu search with the neighbourhood N7.
//!
//! Sources: C. Y. Zhang, P. Li, Z. Guan and Y. Rao, 2007 (see [`n7`](super::n7)); B. Peng, Z. Lü and T. C. E. Cheng, "A
//! tabu search/path relinking algorithm to solve the job shop scheduling problem", Computers & Operations Research 53,
//! 2015.
//!
//! What is forbidden is the order of two operations, as in M. Dell'Amico and M. Trubian, "Applying tabu search to the
//! job-shop scheduling problem", Annals of Operations Research 41, 1993. The list of both sources above forbids the
//! whole stretch that a move has changed; but the moves of N7 come back in two smaller steps, each of another stretch,
//! and the search turns in a circle: on ft10 eight walks of 400 000 moves came to 1079 on average; with forbidden
//! orders, 200 000 moves came to 935.

use heuron_problems::{Cost, Stream};
use rand::Rng;

use super::graph::{Graph, Move};
use super::model::Model;
use super::n7::{critical_path, estimate, moves};
use crate::run::Watch;

/// Operations times moves between two looks at the clock: less than a millisecond.
const POLL: usize = 50_000;

/// Orders remembered at a time, a power of two. A later one may overwrite an earlier one, which is then free again:
/// with about a hundred live ones that seldom happens.
const SLOTS: usize = 1 << 11;

/// Shortest tenure of a square instance. Walks of 200 000 moves (means of five or six) on ft10, la29, ta01 and ta11 end
/// better with 5 than with 10 or 20; with 3, walks on ta21 turn in a circle.
const TENURE: u64 = 5;

/// The walk of one tabu search, which can be interrupted after any move.
#[derive(Clone, Debug)]
pub struct Tabu<'m> {
    graph: Graph<'m>,
    rng: Stream,
    /// An order of two operations, and the move from which on it is allowed again \[SLOTS\].
    forbidden: Vec<(u64, u64)>,
    /// Moves since the beginning, over all walks.
    clock: u64,
    /// Shortest time that an order stays forbidden, in moves, and how much longer it may take.
    tenure: (u64, u64),
    /// The best schedule of this walk and its makespan.
    best: (Cost, Vec<u32>),
    /// Moves since it was found, and after how many the walk ends.
    idle: u64,
    patience: u64,
    /// Nothing is shorter than this.
    bound: Cost,
    path: Vec<u32>,
    ends: Vec<Cost>,
}

impl<'m> Tabu<'m> {
    /// A search that makes its random choices from `rng` alone. `bound` is a lower bound on the makespan.
    pub fn new(model: &'m Model, order: &[u32], bound: Cost, rng: Stream) -> Self {
        // Zhang et al., with another constant: L + n / m, up to 1.4 times that, 1.5 if there are many
        // jobs.
        let least = TENURE + (model.jobs() / model.machines().max(1)) as u64;
        let span = if model.jobs() <= 2 * model.machines() { 0.4 } else { 0.5 };
        let graph = Graph::new(model, order);
        Self {
            best: (graph.makespan(), order.to_vec()),
            graph,
            rng,
            forbidden: vec![(0, 0); SLOTS],
            clock: 0,
            tenure: (least, (span * least as f64).ceil() as u64),
            idle: 0,
            patience: 0,
            bound,
            path: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Begins a walk from `order` that ends after `patience` moves without a better schedule.
    pub fn begin(&mut self, order: &[u32], patience: u64) {
        self.graph.load(order);
        self.best.0 = self.graph.makespan();
        self.best.1.clear();
        self.best.1.extend_from_slice(order);
        (self.idle, self.patience) = (0, patience);
        // All that is forbidden now ends before the clock's next value.
        self.clock += self.tenure.0 + self.tenure.1 + 1;
    }

    /// The best schedule of the walk and its makespan.
    pub fn best(&self) -> (Cost, &[u32]) {
        (self.best.0, &self.best.1)
    }

    /// The schedule where the walk is.
    pub fn graph(&self) -> &Graph<'m> {
        &self.graph
    }

    /// Whether the walk is over.
    pub fn is_over(&self) -> bool {
        self.idle >= self.patience || self.best.0 <= self.bound
    }

    /// Up to `count` moves; fewer if the walk ends or the watch says stop. Returns how many.
    pub fn walk(&mut self, count: u64, watch: &Watch) -> u64 {
        let poll = (POLL / self.graph.order().len().max(1)).clamp(1, 32) as u64;
        for done in 0..count {
            if self.is_over() || done % poll == 0 && watch.is_over(self.best.0) {
                return done;
            }
            let Some(change) = self.choose() else {
                // Operations of length 0 can leave no safe move.
                self.idle = self.patience;
                return done + 1;
            };
            self.perform(change);
            self.idle += 1;
            self.keep();
        }
        count
    }

    fn keep(&mut self) {
        if self.graph.makespan() < self.best.0 {
            self.best.0 = self.graph.makespan();
            self.best.1.copy_from_slice(self.graph.order());
            self.idle = 0;
        }
    }

    /// The move with the least estimate that is not forbidden or promises a new best schedule; a random one if all are
    /// forbidden; none if there is none.
    fn choose(&mut self) -> Option<Move> {
        critical_path(&self.graph, &mut self.rng, &mut self.path);
        let (mut best, mut ties, mut chosen) = (Cost::MAX, 0_u32, None);
        let Self { graph, rng, forbidden, clock, best: (record, _), path, ends, .. } = self;
        moves(graph, path, |change| {
            let value = estimate(graph, change, best, ends);
            if value > best {
                return;
            }
            if value >= *record && restores(graph, change, |name| is_forbidden(forbidden, name, *clock)) {
                return;
            }
            if value < best {
                (best, ties, chosen) = (value, 1, Some(change));
            } else {
                ties += 1;
                if rng.random_range(0..ties) == 0 {
                    chosen = Some(change);
                }
            }
        });
        chosen.or_else(|| {
            let mut count = 0_u32;
            moves(graph, path, |change| {
                count += 1;
                if rng.random_range(0..count) == 0 {
                    chosen = Some(change);
                }
            });
            chosen
        })
    }

    /// Forbids to restore the orders that the move reverses, then moves.
    fn perform(&mut self, change: Move) {
        let until = self.clock + self.tenure.0 + self.rng.random_range(0..=self.tenure.1);
        let (Move::Behind { operation, .. } | Move::Before { operation, .. }) = change;
        for passed in self.graph.passed(change) {
            let name = match change {
                Move::Behind { .. } => name(operation, passed),
                Move::Before { .. } => name(passed, operation),
            };
            self.forbidden[slot(name)] = (name, until);
        }
        self.clock += 1;
        self.graph.apply(change);
    }
}

/// Whether an order that the move brings about satisfies `holds`.
fn restores(graph: &Graph<'_>, change: Move, holds: impl Fn(u64) -> bool) -> bool {
    let (Move::Behind { operation, .. } | Move::Before { operation, .. }) = change;
    graph.passed(change).any(|passed| match change {
        Move::Behind { .. } => holds(name(passed, operation)),
        Move::Before { .. } => holds(name(operation, passed)),
    })
}

/// The name of the order `first` before `second`.
fn name(first: u32, second: u32) -> u64 {
    u64::from(first) << u32::BITS | u64::from(second)
}

fn is_forbidden(forbidden: &[(u64, u64)], name: u64, clock: u64) -> bool {
    let (known, until) = forbidden[slot(name)];
    known == name && until > clock
}

/// Multiplicative hashing (D. E. Knuth, The Art of Computer Programming, 6.4).
fn slot(name: u64) -> usize {
    (name.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SLOTS.trailing_zeros())) as usize
}
