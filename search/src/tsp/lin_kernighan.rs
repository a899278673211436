//! The improvement step: sequential exchanges of up to five edges, found as Lin and Kernighan (1973) find them.
//!
//! From an end t1 of a removed edge (t1, t2) the chain adds an edge to a neighbour of its loose end and removes one of
//! the two tour edges there, as long as the sum of gains stays positive. Where an edge closes the chain to a shorter
//! tour, the best such edge is taken (taking the first one costs a third more of the gap); elsewhere the most promising
//! edges are followed. Whether k removed and k added edges form one cycle is decided on the positions alone, for every
//! exchange and not only for reversals (Helsgaun, 2009, section 4), so nothing is moved before a gain is certain.

use heuron_problems::Cost;

use super::array::{ArrayTour, Exchange, MAX_EXCHANGE};
use super::graph::Graph;

/// How many continuations are followed after one, two and three removed edges. Measured on d493 .. fqm5087 at 1 s.
const BREADTH: Breadth = [5, 3, 1];

/// The same for entries and exits, where every continuation has one way to go instead of two. 3 s, against [5, 3, 1],
/// all lengths reduced (one seed): -0.44 % and -0.13 % on 1 000 cities of two geometric kinds, -0.15 and 0.00 on 316,
/// +0.3 and +0.2 on random weights.
const BREADTH_DIRECTED: Breadth = [10, 5, 3];

type Breadth = [usize; MAX_EXCHANGE - 2];

/// The chain of edges removed so far.
pub(super) struct Chain<'a> {
    graph: &'a Graph,
    tour: &'a ArrayTour,
    links: [Link; MAX_EXCHANGE],
    breadth: Breadth,
    /// Longest stretch that an exchange may rewrite.
    reach: u32,
    found: Exchange,
}

/// A removed edge: the chain arrives at `from` (t1, t3, ...) and leaves from `to` (t2, t4, ...).
#[derive(Clone, Copy, Debug, Default)]
struct Link {
    from: u32,
    to: u32,
    /// Position of the left node of the edge.
    cut: u32,
    /// Whether `from` is the left node.
    forward: bool,
}

/// A continuation of the chain, and the sum of gains with it.
#[derive(Clone, Copy, Default)]
struct Candidate {
    gain: Cost,
    link: Link,
}

/// The continuations with the largest gains, largest first.
#[derive(Default)]
struct Shortlist {
    entries: [Candidate; BREADTH_DIRECTED[0]],
    len: usize,
}

impl Shortlist {
    #[inline(always)]
    fn insert(&mut self, limit: usize, candidate: Candidate) {
        if self.len == limit {
            if self.entries[limit - 1].gain >= candidate.gain {
                return;
            }
        } else {
            self.len += 1;
        }
        let mut at = self.len - 1;
        while at > 0 && self.entries[at - 1].gain < candidate.gain {
            self.entries[at] = self.entries[at - 1];
            at -= 1;
        }
        self.entries[at] = candidate;
    }
}

impl<'a> Chain<'a> {
    pub(super) fn new(graph: &'a Graph, tour: &'a ArrayTour, reach: u32) -> Self {
        let breadth = if graph.is_directed() { BREADTH_DIRECTED } else { BREADTH };
        Self { graph, tour, links: [Link::default(); MAX_EXCHANGE], breadth, reach, found: Exchange::default() }
    }

    /// Looks for an exchange that removes a tour edge at `node`; its gain, or none. The exchange is then `found`.
    pub(super) fn improve(&mut self, node: u32) -> Option<Cost> {
        for forward in [true, false] {
            let link = self.link(node, forward);
            if self.graph.is_fixed(link.from, link.to) {
                continue;
            }
            self.links[0] = link;
            let gain = self.extend::<1>(self.tour.length_ahead(self.graph, link.cut));
            if gain > 0 {
                return Some(gain);
            }
        }
        None
    }

    /// The exchange of the last `improve` that returned a gain.
    pub(super) fn found(&self) -> &Exchange {
        &self.found
    }

    /// The tour edge from `node` to its successor (forward) or predecessor.
    #[inline(always)]
    fn link(&self, node: u32, forward: bool) -> Link {
        let at = self.tour.position(node);
        if forward {
            Link { from: node, to: self.tour.at(self.tour.after(at)), cut: at, forward }
        } else {
            let cut = self.tour.before(at);
            Link { from: node, to: self.tour.at(cut), cut, forward }
        }
    }

    /// `extend` for a size that is only known when it runs.
    #[inline(always)]
    fn follow(&mut self, size: usize, gain: Cost) -> Cost {
        match size {
            2 => self.extend::<2>(gain),
            3 => self.extend::<3>(gain),
            _ => self.extend::<4>(gain),
        }
    }

    /// Continues the chain of `SIZE` removed edges; `gain` is the length removed minus that added. Returns the gain of
    /// the best exchange that closes with the next edge, or else the first one further down; 0 if there is none.
    fn extend<const SIZE: usize>(&mut self, gain: Cost) -> Cost {
        let (graph, tour) = (self.graph, self.tour);
        let (start, loose) = (self.links[0].from, self.links[SIZE - 1].to);
        // The last edge can only close.
        let breadth = self.breadth.get(SIZE - 1).copied().unwrap_or(0);
        let at = tour.position(loose);
        let around = [tour.at(tour.before(at)), tour.at(tour.after(at))];
        let mut best = Shortlist::default();
        let mut best_closed = 0;
        for &neighbour in graph.near(loose) {
            let added = gain - graph.to_near(loose, neighbour);
            if added <= 0 {
                break;
            }
            if around.contains(&neighbour.node) {
                continue;
            }
            for forward in [true, false] {
                let link = self.link(neighbour.node, forward);
                if self.links[..SIZE].iter().any(|l| l.cut == link.cut) || graph.is_fixed(link.from, link.to) {
                    continue;
                }
                let gain = added + tour.length_ahead(graph, link.cut);
                // Two edges leave one cycle only if both are left in the same direction.
                if (SIZE > 1 || forward == self.links[0].forward)
                    && let Some(added) = graph.distance_below(link.to, start, gain - best_closed)
                {
                    self.links[SIZE] = link;
                    if self.close(SIZE + 1) {
                        best_closed = gain - added;
                    }
                }
                if breadth > 0 {
                    best.insert(breadth, Candidate { gain, link });
                }
            }
        }
        for candidate in &best.entries[..best.len] {
            if best_closed > 0 {
                break;
            }
            self.links[SIZE] = candidate.link;
            best_closed = self.follow(SIZE + 1, candidate.gain);
        }
        best_closed
    }

    /// Whether the exchange of the first `size` links leaves one cycle and is not too long to carry out; it is then
    /// `found`.
    #[inline(always)]
    fn close(&mut self, size: usize) -> bool {
        let links = &self.links[..size];
        let mut exchange = Exchange { size, ..Exchange::default() };
        let mut ends = [(0, 0); MAX_EXCHANGE];
        for (link, ends) in links.iter().zip(&mut ends) {
            let rank = links.iter().filter(|other| other.cut < link.cut).count();
            exchange.cuts[rank] = link.cut;
            let right = 2 * rank as u8 + 1;
            let left = if rank + 1 == size { 0 } else { right + 1 };
            *ends = if link.forward { (right, left) } else { (left, right) };
        }
        for at in 0..size {
            let (leave, arrive) = (ends[at].1, ends[if at + 1 == size { 0 } else { at + 1 }].0);
            exchange.mate[leave as usize] = arrive;
            exchange.mate[arrive as usize] = leave;
        }
        let valid = exchange.is_tour() && self.tour.effort(&exchange).1 <= self.reach;
        if valid {
            self.found = exchange;
        }
        valid
    }
}
