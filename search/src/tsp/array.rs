//! The tour as an array of nodes with their positions, edge exchanges on it, and a journal that takes them back.
//!
//! An exchange removes k edges, which cuts the cyclic order into k segments, and joins their ends anew. The longest
//! segment keeps its place; all others are rewritten, so an exchange costs the length of what lies between its edges.

use heuron_problems::Cost;

use super::graph::Graph;

/// Most edges that one exchange replaces.
pub(super) const MAX_EXCHANGE: usize = 5;

/// A cyclic order of nodes.
#[derive(Clone, Debug)]
pub(super) struct ArrayTour {
    order: Vec<u32>,
    /// Position of every node in `order` \[n\].
    position: Vec<u32>,
    /// Length of the edge from each position to the next \[n\]; `UNCACHED` where it needs more bits.
    ahead: Vec<i32>,
}

/// Stands for an edge length that must be computed.
const UNCACHED: i32 = i32::MAX;

/// Replaces `size` edges of a tour. Segment j ends at position `cuts[j]` and begins after position `cuts[j - 1]`
/// (cyclically); its left end is called `2 j`, its right end `2 j + 1`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Exchange {
    pub(super) size: usize,
    /// Positions of the left nodes of the removed edges, ascending.
    pub(super) cuts: [u32; MAX_EXCHANGE],
    /// The end that each end is joined to.
    pub(super) mate: [u8; 2 * MAX_EXCHANGE],
}

impl Exchange {
    /// Whether the result is one cycle.
    #[inline(always)]
    pub(super) fn is_tour(&self) -> bool {
        let mut end = 1;
        let mut visited = 0;
        loop {
            end = self.mate[end] as usize ^ 1;
            visited += 1;
            if end == 1 || visited > self.size {
                return visited == self.size;
            }
        }
    }

    /// The pure exchange of `cuts` that visits the segments in the opposite order, none of them reversed: with four
    /// cuts the double bridge (Martin, Otto and Felten, 1991).
    pub(super) fn bridge(cuts: &mut [u32]) -> Self {
        cuts.sort_unstable();
        let size = cuts.len();
        let mut exchange = Self { size, ..Self::default() };
        exchange.cuts[..size].copy_from_slice(cuts);
        for segment in 0..size {
            let next = (segment + size - 1) % size;
            exchange.mate[2 * segment + 1] = 2 * next as u8;
            exchange.mate[2 * next] = 2 * segment as u8 + 1;
        }
        exchange
    }
}

/// What exchanges have overwritten, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    nodes: Vec<u32>,
    /// Lengths of the edges before each of `nodes`, and of the edge behind every stretch.
    lengths: Vec<i32>,
    /// First position and length of every overwritten stretch.
    stretches: Vec<(u32, u32)>,
}

impl Journal {
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.lengths.clear();
        self.stretches.clear();
    }
}

impl ArrayTour {
    pub(super) fn new(graph: &Graph, order: Vec<u32>) -> Self {
        let mut position = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &node)| position[node as usize] = at as u32);
        let next = order.iter().cycle().skip(1);
        let ahead = order.iter().zip(next).map(|(&a, &b)| cached(graph.distance(a, b))).collect();
        Self { order, position, ahead }
    }

    /// Length of the edge from `position` to the next.
    #[inline(always)]
    pub(super) fn length_ahead(&self, graph: &Graph, position: u32) -> Cost {
        match self.ahead[position as usize] {
            UNCACHED => graph.distance(self.at(position), self.at(self.after(position))),
            length => length.into(),
        }
    }

    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    #[inline(always)]
    pub(super) fn at(&self, position: u32) -> u32 {
        self.order[position as usize]
    }

    #[inline(always)]
    pub(super) fn position(&self, node: u32) -> u32 {
        self.position[node as usize]
    }

    /// The position after `position`.
    #[inline(always)]
    pub(super) fn after(&self, position: u32) -> u32 {
        if position as usize + 1 == self.order.len() { 0 } else { position + 1 }
    }

    /// The position before `position`.
    #[inline(always)]
    pub(super) fn before(&self, position: u32) -> u32 {
        if position == 0 { self.order.len() as u32 - 1 } else { position - 1 }
    }

    /// The node at an end of a segment of `exchange`.
    #[inline(always)]
    pub(super) fn end(&self, exchange: &Exchange, end: usize) -> u32 {
        let segment = end / 2;
        if end % 2 == 1 {
            self.at(exchange.cuts[segment])
        } else {
            self.at(self.after(exchange.cuts[if segment == 0 { exchange.size - 1 } else { segment - 1 }]))
        }
    }

    /// Nodes in a segment of `exchange`.
    #[inline(always)]
    fn segment_len(&self, exchange: &Exchange, segment: usize) -> u32 {
        match segment {
            0 => exchange.cuts[0] + self.order.len() as u32 - exchange.cuts[exchange.size - 1],
            _ => exchange.cuts[segment] - exchange.cuts[segment - 1],
        }
    }

    /// The longest segment, and the number of nodes outside of it: what carrying out the exchange costs.
    #[inline(always)]
    pub(super) fn effort(&self, exchange: &Exchange) -> (usize, u32) {
        let lengths = (0..exchange.size).map(|segment| (segment, self.segment_len(exchange, segment)));
        let (longest, length) = lengths.max_by_key(|&(_, length)| length).unwrap_or((0, 0));
        (longest, self.order.len() as u32 - length)
    }

    /// Carries out an exchange whose result is one cycle, and notes in the journal how to take it back.
    pub(super) fn apply(&mut self, graph: &Graph, exchange: &Exchange, journal: &mut Journal) {
        let n = self.order.len() as u32;
        let (longest, effort) = self.effort(exchange);
        let start = self.after(exchange.cuts[longest]);
        let base = journal.nodes.len();
        let lengths = journal.lengths.len();
        self.note(start, effort, journal);
        let mut to = start;
        let mut end = exchange.mate[2 * longest + 1] as usize;
        while end / 2 != longest {
            let segment = end / 2;
            let length = self.segment_len(exchange, segment) as usize;
            let left = self.after(exchange.cuts[if segment == 0 { exchange.size - 1 } else { segment - 1 }]);
            let offset = (if left >= start { left - start } else { left + n - start }) as usize;
            let nodes = &journal.nodes[base + offset..base + offset + length];
            let inner = &journal.lengths[lengths + offset + 1..lengths + offset + length];
            self.join(graph, to, if end % 2 == 1 { nodes[length - 1] } else { nodes[0] });
            if end % 2 == 1 {
                to = self.write(to, nodes.iter().rev(), inner.iter().rev());
            } else if left == to {
                to = if to + length as u32 >= n { to + length as u32 - n } else { to + length as u32 };
            } else {
                to = self.write(to, nodes.iter(), inner.iter());
            }
            end = exchange.mate[end ^ 1] as usize;
        }
        self.join(graph, to, self.at(to));
    }

    /// Notes the stretch of `length` nodes from position `start` on.
    fn note(&self, start: u32, length: u32, journal: &mut Journal) {
        journal.stretches.push((start, length));
        journal.lengths.push(self.ahead[self.before(start) as usize]);
        let tail = (self.order.len() as u32 - start).min(length) as usize;
        let (from, rest) = (start as usize, length as usize - tail);
        journal.nodes.extend_from_slice(&self.order[from..from + tail]);
        journal.nodes.extend_from_slice(&self.order[..rest]);
        journal.lengths.extend_from_slice(&self.ahead[from..from + tail]);
        journal.lengths.extend_from_slice(&self.ahead[..rest]);
    }

    /// Writes `nodes` and the lengths between them from position `to` on; returns the position behind.
    #[inline(always)]
    fn write<'a>(
        &mut self,
        mut to: u32,
        nodes: impl Iterator<Item = &'a u32>,
        mut inner: impl Iterator<Item = &'a i32>,
    ) -> u32 {
        for &node in nodes {
            self.order[to as usize] = node;
            self.position[node as usize] = to;
            if let Some(&length) = inner.next() {
                self.ahead[to as usize] = length;
            }
            to = self.after(to);
        }
        to
    }

    /// Records the length of the edge that leads to `node`, which comes to stand at position `to`.
    #[inline(always)]
    fn join(&mut self, graph: &Graph, to: u32, node: u32) {
        let before = self.before(to);
        self.ahead[before as usize] = cached(graph.distance(self.at(before), node));
    }

    /// Takes back all exchanges of the journal, the last one first, and empties it.
    pub(super) fn undo(&mut self, journal: &mut Journal) {
        while let Some((start, length)) = journal.stretches.pop() {
            let nodes = journal.nodes.len() - length as usize;
            let lengths = journal.lengths.len() - length as usize;
            let before = self.before(start) as usize;
            self.ahead[before] = journal.lengths[lengths - 1];
            self.write(start, journal.nodes[nodes..].iter(), journal.lengths[lengths..].iter());
            journal.nodes.truncate(nodes);
            journal.lengths.truncate(lengths - 1);
        }
    }
}

#[inline(always)]
fn cached(length: Cost) -> i32 {
    i32::try_from(length).unwrap_or(UNCACHED)
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Distances, Metric, Tsp, stream};
    use rand::Rng;
    use rand::seq::SliceRandom;

    use super::*;

    /// Bridges of three to five random edges, some of them around the end of the array.
    #[test]
    fn undo_restores_the_tour_exactly() {
        let mut rng = stream(1, "array", 0);
        let points: Vec<[f64; 2]> =
            (0..40).map(|_| [rng.random_range(0.0..99.0), rng.random_range(0.0..99.0)]).collect();
        let graph = Graph::new(&Tsp::new("points", Distances::new(Metric::Ceil, points)));
        let mut order: Vec<u32> = (0..40).collect();
        order.shuffle(&mut rng);
        let mut tour = ArrayTour::new(&graph, order);
        let mut positions: Vec<u32> = (0..40).collect();
        for round in 0..200 {
            let (before, mut journal) = (tour.clone(), Journal::default());
            for size in 3..=5 {
                positions.shuffle(&mut rng);
                let exchange = Exchange::bridge(&mut positions[..size].to_vec());
                // Visiting the segments in the opposite order is one cycle for any number of them.
                assert!(exchange.is_tour());
                tour.apply(&graph, &exchange, &mut journal);
                let fresh = ArrayTour::new(&graph, tour.order.clone());
                assert_eq!((&tour.position, &tour.ahead), (&fresh.position, &fresh.ahead));
            }
            if round % 2 == 0 {
                tour.undo(&mut journal);
                assert_eq!((tour.order.as_slice(), &tour.ahead), (before.order.as_slice(), &before.ahead));
                assert_eq!(tour.position, before.position);
            }
        }
    }
}
