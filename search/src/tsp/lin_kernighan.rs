//! The improvement step: sequential exchanges of up to five edges, found as Lin and Kernighan (1973) find them.
//!
//! From an end t1 of a removed edge (t1, t2) the chain adds an edge to a neighbour of its loose end and removes one of the
//! two tour edges there, as long as the sum of gains stays positive, and takes the first exchange that closes to a
//! shorter tour. Whether k removed and k added edges form one cycle is decided on the positions alone, for every
//! exchange and not only for reversals (Helsgaun, 2009, section 4), so nothing is moved before a gain is certain.

use heuron_problems::Cost;

use super::array::{ArrayTour, Exchange, MAX_EXCHANGE};
use super::graph::Graph;

/// How many continuations are followed after the first removed edge, after the second, and so on.
pub(super) const BREADTH: [usize; MAX_EXCHANGE - 1] = [8, 4, 3, 1];

/// The chain of edges removed so far.
pub(super) struct Chain<'a> {
    graph: &'a Graph,
    tour: &'a ArrayTour,
    links: [Link; MAX_EXCHANGE],
    /// Longest stretch that an exchange may rewrite.
    reach: u32,
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

impl<'a> Chain<'a> {
    pub(super) fn new(graph: &'a Graph, tour: &'a ArrayTour, reach: u32) -> Self {
        Self { graph, tour, links: [Link::default(); MAX_EXCHANGE], reach }
    }

    /// An exchange that removes a tour edge at `node`, and its gain (positive).
    pub(super) fn improve(&mut self, node: u32) -> Option<(Exchange, Cost)> {
        [true, false].into_iter().find_map(|forward| {
            let link = self.link(node, forward);
            if self.graph.is_fixed(link.from, link.to) {
                return None;
            }
            self.links[0] = link;
            self.extend(1, self.graph.distance(link.from, link.to))
        })
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

    /// Tries to continue and close the chain of `size` removed edges; `gain` is the length removed minus that added.
    fn extend(&mut self, size: usize, gain: Cost) -> Option<(Exchange, Cost)> {
        let (graph, tour) = (self.graph, self.tour);
        let (start, loose) = (self.links[0].from, self.links[size - 1].to);
        let breadth = if size < MAX_EXCHANGE - 1 { BREADTH[size - 1] } else { 0 };
        let mut best = [Candidate::default(); 8];
        let mut kept = 0;
        for &neighbour in graph.near(loose) {
            let added = gain - graph.to_near(loose, neighbour);
            if added <= 0 {
                break;
            }
            for forward in [true, false] {
                let link = self.link(neighbour.node, forward);
                if link.to == loose || self.links[..size].iter().any(|l| l.cut == link.cut) {
                    continue;
                }
                if graph.is_fixed(link.from, link.to) {
                    continue;
                }
                let gain = added + graph.distance(link.from, link.to);
                let closed = gain - graph.distance(link.to, start);
                self.links[size] = link;
                if closed > 0
                    && let Some(exchange) = self.close(size + 1)
                {
                    return Some((exchange, closed));
                }
                if breadth > 0 {
                    let mut at = kept;
                    while at > 0 && best[at - 1].gain < gain {
                        at -= 1;
                    }
                    if at < breadth {
                        kept = (kept + 1).min(breadth);
                        best[at..kept].rotate_right(1);
                        best[at] = Candidate { gain, link };
                    }
                }
            }
        }
        let _ = tour;
        for candidate in &best[..kept] {
            self.links[size] = candidate.link;
            if let Some(found) = self.extend(size + 1, candidate.gain) {
                return Some(found);
            }
        }
        None
    }

    /// The exchange of the first `size` links, if it leaves one cycle and is not too long to carry out.
    #[inline(always)]
    fn close(&self, size: usize) -> Option<Exchange> {
        let links = &self.links[..size];
        if size == 2 && links[0].forward != links[1].forward {
            return None;
        }
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
        (exchange.is_tour() && self.tour.effort(&exchange).1 <= self.reach).then_some(exchange)
    }
}
