//! A set of sub-tours that came from one tour by exchanging a few edges, in O(edges) instead of O(n) space and time
//! (Nagata & Kobayashi 2013, section 3.2).
//!
//! The removed edges cut the tour's order into segments. Every segment has two ends: end 2s is the left and end 2s + 1
//! the right one of segment s, and every end is joined to one other end. The order is read only, so several offspring
//! of one parent need no undoing.

/// The segments of one intermediate solution. Its buffers are reused.
#[derive(Default)]
pub struct Segments {
    /// First and last position of segment s \[segments\].
    range: Vec<[u32; 2]>,
    /// Sub-tour of segment s \[segments\].
    tour: Vec<u32>,
    /// The end that end e is joined to [2 segments].
    joined: Vec<u32>,
    /// First position of each segment and the segment, in the order of the positions \[segments\].
    sorted: Vec<(u32, u32)>,
    /// Nodes of every sub-tour; 0: merged into another \[sub-tours\].
    size: Vec<u32>,
    /// Sub-tours that remain.
    count: usize,
}

/// A direction along the order: towards lower positions (0) or higher ones (1).
pub type Side = u32;

impl Segments {
    /// Cuts the order of `n` positions between `p` and `p + 1` for every `p` of `cuts`, sorted; the last is `n - 1`,
    /// the closing edge. The ends are joined by [`Segments::join`].
    pub fn cut(&mut self, cuts: &[u32]) {
        self.range.clear();
        self.sorted.clear();
        let mut first = 0;
        for (segment, &last) in cuts.iter().enumerate() {
            self.range.push([first, last]);
            self.sorted.push((first, segment as u32));
            first = last + 1;
        }
        self.joined.clear();
        self.joined.resize(2 * cuts.len(), u32::MAX);
    }

    /// Joins two ends by an edge.
    pub fn join(&mut self, e: u32, f: u32) {
        self.joined[e as usize] = f;
        self.joined[f as usize] = e;
    }

    /// Follows the joined segments and numbers the sub-tours that they form.
    pub fn label(&mut self) {
        self.tour.clear();
        self.tour.resize(self.range.len(), u32::MAX);
        self.size.clear();
        for first in 0..self.range.len() as u32 {
            if self.tour[first as usize] != u32::MAX {
                continue;
            }
            let number = self.size.len() as u32;
            let (mut segment, mut entry, mut size) = (first, 0, 0);
            while self.tour[segment as usize] == u32::MAX {
                self.tour[segment as usize] = number;
                let [low, high] = self.range[segment as usize];
                size += high - low + 1;
                let end = self.joined[(2 * segment + 1 - entry) as usize];
                (segment, entry) = (end / 2, end % 2);
            }
            self.size.push(size);
        }
        self.count = self.size.len();
    }

    /// Number of sub-tours.
    pub fn tours(&self) -> usize {
        self.count
    }

    /// The sub-tour with the fewest nodes.
    pub fn smallest(&self) -> u32 {
        let sizes = self.size.iter().enumerate().filter(|&(_, &size)| size > 0);
        sizes.min_by_key(|&(_, &size)| size).map_or(0, |(number, _)| number as u32)
    }

    /// The sub-tour at a position.
    #[inline]
    pub fn tour_at(&self, position: u32) -> u32 {
        self.tour[self.at(position) as usize]
    }

    /// Ranges of positions that sub-tour `number` consists of.
    pub fn ranges(&self, number: u32) -> impl Iterator<Item = [u32; 2]> + '_ {
        self.tour.iter().zip(&self.range).filter(move |&(&tour, _)| tour == number).map(|(_, &range)| range)
    }

    /// The position next to `position` on that side, along the sub-tour.
    #[inline]
    pub fn neighbour(&self, position: u32, side: Side) -> u32 {
        let segment = self.at(position);
        if self.range[segment as usize][side as usize] == position {
            self.position(self.joined[(2 * segment + side) as usize])
        } else {
            position + 2 * side - 1
        }
    }

    /// Exchanges the edges at the given sides of `p` and `q`, which lie on different sub-tours, for an edge between `p`
    /// and `q` and one between their former neighbours, and merges the sub-tours.
    pub fn merge(&mut self, (p, p_side): (u32, Side), (q, q_side): (u32, Side)) {
        let e = self.end(p, p_side);
        let f = self.end(q, q_side);
        let (e_mate, f_mate) = (self.joined[e as usize], self.joined[f as usize]);
        self.join(e, f);
        self.join(e_mate, f_mate);
        let (from, into) = (self.tour[(e / 2) as usize], self.tour[(f / 2) as usize]);
        debug_assert_ne!(from, into, "sub-tours are merged once");
        self.size[into as usize] += std::mem::take(&mut self.size[from as usize]);
        self.tour.iter_mut().filter(|tour| **tour == from).for_each(|tour| *tour = into);
        self.count -= 1;
    }

    /// The segment at a position.
    #[inline]
    fn at(&self, position: u32) -> u32 {
        self.sorted[self.sorted.partition_point(|&(first, _)| first <= position) - 1].1
    }

    /// The position of an end.
    #[inline]
    fn position(&self, end: u32) -> u32 {
        self.range[(end / 2) as usize][(end % 2) as usize]
    }

    /// The end at that side of `position`; cuts its segment there unless it ends there.
    fn end(&mut self, position: u32, side: Side) -> u32 {
        let segment = self.at(position);
        let [low, high] = self.range[segment as usize];
        if [low, high][side as usize] == position {
            return 2 * segment + side;
        }
        // The right part becomes a new segment.
        let last = position + side - 1;
        let new = self.range.len() as u32;
        self.range[segment as usize] = [low, last];
        self.range.push([last + 1, high]);
        self.tour.push(self.tour[segment as usize]);
        let place = self.sorted.partition_point(|&(first, _)| first <= last);
        self.sorted.insert(place, (last + 1, new));
        let outer = self.joined[(2 * segment + 1) as usize];
        self.joined.extend([0, 0]);
        self.join(2 * new + 1, outer);
        self.join(2 * segment + 1, 2 * new);
        if side == 0 { 2 * new } else { 2 * segment + 1 }
    }
}
