//! Iterated local search with Lin-Kernighan steps (Applegate, Cook and Rohe, 2003): a kick changes a short stretch of
//! the tour, the step repairs it around the touched nodes, and what got longer is taken back.

use heuron_problems::{Cost, Stream};
use rand::Rng;

use super::array::{ArrayTour, Exchange, Journal};
use super::graph::Graph;
use super::lin_kernighan::Chain;
use super::queue::Queue;
use crate::run::Watch;

/// Kicks or queued nodes between two looks at the clock: about a millisecond.
const POLL: u64 = 16;

/// Longest segment that a kick moves. Shorter ones give more kicks per second and worse tours (d493 .. fqm5087, 1 s).
const SEGMENT: u32 = 80;

/// Longest stretch that an exchange may rewrite: bounds the cost of an exchange on huge tours (Bentley, 1992).
const REACH: u32 = 50_000;

/// Fewest nodes with which kicks are tried.
pub(super) const SMALLEST: usize = 8;

/// A tour and its iterated local search.
#[derive(Clone)]
pub struct Ils<'g> {
    graph: &'g Graph,
    tour: ArrayTour,
    cost: Cost,
    queue: Queue,
    journal: Journal,
    rng: Stream,
}

impl<'g> Ils<'g> {
    /// A search from `tour`, a cyclic order of the graph's nodes that contains all fixed edges. Random choices come
    /// from `rng` alone.
    pub fn new(graph: &'g Graph, tour: Vec<u32>, rng: Stream) -> Self {
        let cost = graph.length(&tour);
        let queue = Queue::full(&tour);
        Self { graph, cost, tour: ArrayTour::new(graph, tour), queue, journal: Journal::default(), rng }
    }

    /// Length of the tour.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The best tour so far.
    pub fn tour(&self) -> &[u32] {
        self.tour.order()
    }

    /// A copy of this search with random choices of its own.
    pub(super) fn with_stream(&self, rng: Stream) -> Self {
        Self { graph: self.graph, rng, ..self.clone() }
    }

    /// Continues from another tour, which no exchange improves.
    pub(super) fn restart(&mut self, tour: Vec<u32>) {
        self.cost = self.graph.length(&tour);
        self.tour = ArrayTour::new(self.graph, tour);
        self.queue.clear();
    }

    /// Declares that no exchange improves the tour.
    pub(super) fn settle(&mut self) {
        self.queue.clear();
    }

    /// The state of the random choices, for the search that follows this one.
    pub(super) fn into_stream(self) -> Stream {
        self.rng
    }

    /// Improves until no node has an improving exchange, or until the watch says stop.
    pub fn optimise(&mut self, watch: &Watch) {
        while !watch.is_over(self.cost) && !self.descend(POLL) {}
    }

    /// Looks for improving exchanges around at most `nodes` nodes; says whether none is left to look at.
    pub(super) fn descend(&mut self, nodes: u64) -> bool {
        self.journal.clear();
        self.repair(nodes);
        self.queue.is_empty()
    }

    /// Up to `kicks` kicks with their repairs; returns how many were done before the watch said stop.
    pub fn kick(&mut self, kicks: u64, watch: &Watch) -> u64 {
        if self.graph.len() < SMALLEST {
            return kicks;
        }
        self.optimise(watch);
        for done in 0..kicks {
            if done % POLL == 0 && watch.is_over(self.cost) {
                return done;
            }
            let before = self.cost;
            self.journal.clear();
            self.disturb();
            self.repair(u64::MAX);
            if self.cost > before {
                self.tour.undo(&mut self.journal);
                self.cost = before;
            }
        }
        debug_assert_eq!(self.cost, self.graph.length(self.tour()));
        kicks
    }

    /// So many kicks without repair.
    pub(super) fn scatter(&mut self, kicks: u64) {
        for _ in 0..kicks {
            self.journal.clear();
            self.disturb();
        }
    }

    /// Processes at most `nodes` queued nodes.
    fn repair(&mut self, nodes: u64) {
        for _ in 0..nodes {
            let Some(node) = self.queue.pop() else { return };
            loop {
                let mut chain = Chain::new(self.graph, &self.tour, REACH);
                let Some(gain) = chain.improve(node) else { break };
                let exchange = *chain.found();
                self.exchange(&exchange);
                self.cost -= gain;
            }
        }
    }

    /// Carries out an exchange and queues the ends of its segments.
    fn exchange(&mut self, exchange: &Exchange) {
        for end in 0..2 * exchange.size {
            self.queue.push(self.tour.end(exchange, end));
        }
        self.tour.apply(self.graph, exchange, &mut self.journal);
    }

    /// A double bridge between four edges close to each other on the tour. Nothing if it would break a fixed edge.
    fn disturb(&mut self) {
        let n = self.graph.len() as u32;
        let longest = SEGMENT.min((n - 2) / 3);
        let mut cuts = [self.rng.random_range(0..n); 4];
        for i in 1..cuts.len() {
            cuts[i] = (cuts[i - 1] + self.rng.random_range(1..=longest)) % n;
        }
        let is_fixed = |cut: u32| self.graph.is_fixed(self.tour.at(cut), self.tour.at(self.tour.after(cut)));
        for cut in &mut cuts {
            if is_fixed(*cut) {
                *cut = self.tour.after(*cut);
            }
        }
        if cuts.iter().any(|&cut| is_fixed(cut)) || (1..cuts.len()).any(|i| cuts[..i].contains(&cuts[i])) {
            return;
        }
        let exchange = Exchange::bridge(&mut cuts);
        let join = |end: usize| (self.tour.end(&exchange, end), self.tour.end(&exchange, exchange.mate[end].into()));
        for segment in 0..exchange.size {
            let added = join(2 * segment + 1);
            let removed = self.tour.length_ahead(self.graph, exchange.cuts[segment]);
            self.cost += self.graph.distance(added.0, added.1) - removed;
        }
        self.exchange(&exchange);
    }
}
