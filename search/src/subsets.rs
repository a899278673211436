//! Shortest paths through sets of nodes, by dynamic programming (R. Bellman, J. ACM 9, 1962; M. Held and R. M. Karp,
//! SIAM J. 10, 1962).

use heuron_problems::Cost;

/// The shortest paths from node 0 through every set of the other nodes, by their last node. Bit j of a set stands for
/// node j + 1.
#[derive(Debug)]
pub(crate) struct Paths {
    others: usize,
    /// Length and the place of the node before the last one \[sets x others\].
    table: Vec<(Cost, u8)>,
}

impl Paths {
    /// Of node 0 and `others` more, with the lengths from one node to another. O(2^others others^2).
    pub fn new(others: usize, length: impl Fn(usize, usize) -> Cost) -> Self {
        let mut table = vec![(Cost::MAX, 0_u8); others << others];
        for set in 1..1_usize << others {
            for last in members(set) {
                let rest = set ^ (1 << last);
                let through =
                    |before: usize| (table[rest * others + before].0 + length(before + 1, last + 1), before as u8);
                let alone = || (length(0, last + 1), 0);
                table[set * others + last] = members(rest).map(through).min().unwrap_or_else(alone);
            }
        }
        Self { others, table }
    }

    /// The shortest round trip through the members of a set, which may not be empty: its length and the place of its
    /// last node. `home` is the length from a node to node 0.
    pub fn closed(&self, set: usize, home: impl Fn(usize) -> Cost) -> Option<(Cost, usize)> {
        members(set).map(|last| (self.table[set * self.others + last].0 + home(last + 1), last)).min()
    }

    /// The nodes of the shortest path through `set` to the place `last`, in their order, without node 0.
    pub fn nodes(&self, mut set: usize, mut last: usize) -> Vec<u32> {
        let mut nodes = Vec::with_capacity(set.count_ones() as usize);
        while set != 0 {
            nodes.push(last as u32 + 1);
            let before = self.table[set * self.others + last].1;
            set ^= 1 << last;
            last = before.into();
        }
        nodes.reverse();
        nodes
    }
}

/// The places that are set, in their order.
pub(crate) fn members(mut set: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(place)
    })
}
