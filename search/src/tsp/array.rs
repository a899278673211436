//! The tour as an array of nodes with their positions, edge exchanges on it, and a journal that takes them back.
//!
//! An exchange removes k edges, which cuts the cyclic order into k segments, and joins their ends anew. The longest
//! segment keeps its place; all others are rewritten, so an exchange costs the length of what lies between its edges.

/// Most edges that one exchange replaces.
pub(super) const MAX_EXCHANGE: usize = 5;

/// A cyclic order of nodes.
#[derive(Clone, Debug)]
pub(super) struct ArrayTour {
    order: Vec<u32>,
    /// Position of every node in `order` [n].
    position: Vec<u32>,
}

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

    /// The pure exchange of `cuts` that visits the segments in the opposite order, none of them reversed: with four cuts
    /// the double bridge (Martin, Otto and Felten, 1991).
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
    /// First position and length of every overwritten stretch.
    stretches: Vec<(u32, u32)>,
}

impl Journal {
    pub(super) fn clear(&mut self) {
        self.nodes.clear();
        self.stretches.clear();
    }
}

impl ArrayTour {
    pub(super) fn new(order: Vec<u32>) -> Self {
        let mut position = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &node)| position[node as usize] = at as u32);
        Self { order, position }
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
    pub(super) fn apply(&mut self, exchange: &Exchange, journal: &mut Journal) {
        let n = self.order.len() as u32;
        let (longest, effort) = self.effort(exchange);
        let start = self.after(exchange.cuts[longest]);
        let base = journal.nodes.len();
        journal.stretches.push((start, effort));
        let tail = (n - start).min(effort);
        journal.nodes.extend_from_slice(&self.order[start as usize..(start + tail) as usize]);
        journal.nodes.extend_from_slice(&self.order[..(effort - tail) as usize]);
        let mut to = start;
        let mut end = exchange.mate[2 * longest + 1] as usize;
        while end / 2 != longest {
            let segment = end / 2;
            let length = self.segment_len(exchange, segment);
            let left = self.after(exchange.cuts[if segment == 0 { exchange.size - 1 } else { segment - 1 }]);
            let offset = if left >= start { left - start } else { left + n - start };
            let from = base + offset as usize;
            let source = &journal.nodes[from..from + length as usize];
            let reversed = end % 2 == 1;
            if left == to && !reversed {
                to = if to + length >= n { to + length - n } else { to + length };
            } else if to + length <= n {
                write(&mut self.order[to as usize..(to + length) as usize], &mut self.position, to, source, reversed);
                to = if to + length == n { 0 } else { to + length };
            } else {
                for index in 0..source.len() {
                    let node = source[if reversed { source.len() - 1 - index } else { index }];
                    self.order[to as usize] = node;
                    self.position[node as usize] = to;
                    to = if to + 1 == n { 0 } else { to + 1 };
                }
            }
            end = exchange.mate[end ^ 1] as usize;
        }
    }

    /// Takes back all exchanges of the journal, the last one first, and empties it.
    pub(super) fn undo(&mut self, journal: &mut Journal) {
        let n = self.order.len() as u32;
        while let Some((start, length)) = journal.stretches.pop() {
            let base = journal.nodes.len() - length as usize;
            let tail = (n - start).min(length) as usize;
            let (head, rest) = journal.nodes[base..].split_at(tail);
            let from = start as usize;
            write(&mut self.order[from..from + tail], &mut self.position, start, head, false);
            write(&mut self.order[..rest.len()], &mut self.position, 0, rest, false);
            journal.nodes.truncate(base);
        }
    }
}

/// Writes `source`, possibly reversed, to the stretch `target` of the order, which begins at position `first`.
#[inline(always)]
fn write(target: &mut [u32], position: &mut [u32], first: u32, source: &[u32], reversed: bool) {
    let mut place = |at: u32, slot: &mut u32, node: u32| {
        *slot = node;
        position[node as usize] = at;
    };
    if reversed {
        (first..).zip(target.iter_mut()).zip(source.iter().rev()).for_each(|((at, slot), &node)| place(at, slot, node));
    } else {
        (first..).zip(target.iter_mut()).zip(source).for_each(|((at, slot), &node)| place(at, slot, node));
    }
}
