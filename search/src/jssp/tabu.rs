//! Tabu search with the neighbourhood N7.
//!
//! Sources: C. Y. Zhang, P. Li, Z. Guan and Y. Rao, 2007 (see [`n7`](super::n7)); B. Peng, Z. Lü and T. C. E. Cheng, "A tabu
//! search/path relinking algorithm to solve the job shop scheduling problem", Computers & Operations Research 53, 2015,
//! section 2.3. What is forbidden is a stretch of a machine's sequence at its places, as it was before a move.

use heuron_problems::{Cost, Stream};
use rand::{Rng, RngCore};

use super::graph::{Graph, Move};
use super::model::Model;
use super::n7::{critical_path, estimate, moves};
use crate::run::Watch;

/// Moves between two looks at the clock.
const POLL: u64 = 32;

/// Stretches remembered at a time, a power of two. A later one may overwrite an earlier one, which is then free again:
/// with some tens of live ones that hardly happens.
const SLOTS: usize = 1 << 12;

/// The walk of one tabu search, which can be interrupted after any move.
#[derive(Clone, Debug)]
pub struct Tabu<'m> {
    graph: Graph<'m>,
    rng: Stream,
    /// A random number per operation \[nodes\] and an odd one per place: their products add up to the name of a stretch.
    keys: Vec<u64>,
    places: Vec<u64>,
    /// Name of a stretch, and the move from which on it is allowed again \[SLOTS\].
    forbidden: Vec<(u64, u64)>,
    /// Moves since the beginning, over all walks.
    clock: u64,
    /// Shortest time that a stretch stays forbidden, and how much longer it may take.
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
    pub fn new(model: &'m Model, order: &[u32], bound: Cost, mut rng: Stream) -> Self {
        let longest = model.operations().max(1);
        // Peng, Lü and Cheng, section 2.3.3: L = 10 + n / m, up to 1.4 L, or 1.5 L if there are many jobs.
        let least = TEN.load(std::sync::atomic::Ordering::Relaxed) as u64 + (model.jobs() / model.machines().max(1)) as u64;
        let span = if model.jobs() <= 2 * model.machines() { 0.4 } else { 0.5 };
        let graph = Graph::new(model, order);
        Self {
            best: (graph.makespan(), order.to_vec()),
            graph,
            keys: (0..model.nodes()).map(|_| rng.next_u64()).collect(),
            places: (0..longest).map(|_| rng.next_u64() | 1).collect(),
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
        for done in 0..count {
            if self.is_over() || done % POLL == 0 && watch.is_over(self.best.0) {
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

    /// Whether the walk has met a schedule that is as short as the lower bound.
    pub fn is_optimal(&self) -> bool {
        self.best.0 <= self.bound
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
        let (mut best, mut ties) = (Cost::MAX, 0_u32);
        let (mut chosen, mut fallback, mut count) = (None, None, 0_u32);
        let Self { graph, rng, forbidden, clock, best: (record, _), path, ends, .. } = self;
        moves(graph, path, |change| {
            count += 1;
            if rng.random_range(0..count) == 0 {
                fallback = Some(change);
            }
            let value = estimate(graph, change, best, ends);
            if value > best {
                return;
            }
            if value >= *record {
                if is_forbidden(graph, forbidden, *clock, change) {
                    return;
                }
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
        chosen.or(fallback)
    }

    /// Forbids to restore what the move reverses, then moves.
    fn perform(&mut self, change: Move) {
        let until = self.clock + self.tenure.0 + self.rng.random_range(0..=self.tenure.1);
        let (Move::Behind { operation, target } | Move::Before { operation, target }) = change;
        let behind = matches!(change, Move::Behind { .. });
        let mut node = operation;
        while node != target {
            node = if behind { self.graph.node(node).after } else { self.graph.node(node).before };
            let name = if behind { arc(operation, node) } else { arc(node, operation) };
            self.forbidden[slot(name)] = (name, until);
        }
        self.clock += 1;
        self.graph.apply(change);
    }
}

/// first before second
fn arc(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

fn is_forbidden(graph: &Graph<'_>, forbidden: &[(u64, u64)], clock: u64, change: Move) -> bool {
    let (Move::Behind { operation, target } | Move::Before { operation, target }) = change;
    let behind = matches!(change, Move::Behind { .. });
    let mut node = operation;
    let (mut any, mut all) = (false, true);
    while node != target {
        node = if behind { graph.node(node).after } else { graph.node(node).before };
        let name = if behind { arc(node, operation) } else { arc(operation, node) };
        let (known, until) = forbidden[slot(name)];
        let hit = known == name && until > clock;
        any |= hit;
        all &= hit;
    }
    if MODE.load(std::sync::atomic::Ordering::Relaxed) == 0 { any } else { all }
}

/// experiment
pub static MODE: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

fn slot(name: u64) -> usize {
    (name.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SLOTS.trailing_zeros())) as usize
}

/// x
pub static TEN: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(10);
