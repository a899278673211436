//! The nodes whose neighbourhood is worth a look: don't-look bits (Bentley, 1992) as a first-in first-out queue.

/// A queue of distinct nodes 0..n.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    /// Ring buffer; the capacity is a power of two not below n.
    ring: Vec<u32>,
    head: usize,
    len: usize,
    queued: Vec<bool>,
}

impl Queue {
    /// All of `nodes`, a permutation of 0..n, in this order.
    pub(super) fn full(nodes: &[u32]) -> Self {
        let mut ring = nodes.to_vec();
        ring.resize(nodes.len().next_power_of_two(), 0);
        Self { ring, head: 0, len: nodes.len(), queued: vec![true; nodes.len()] }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline(always)]
    pub(super) fn push(&mut self, node: u32) {
        if !std::mem::replace(&mut self.queued[node as usize], true) {
            let mask = self.ring.len() - 1;
            self.ring[(self.head + self.len) & mask] = node;
            self.len += 1;
        }
    }

    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let node = self.ring[self.head];
        self.head = (self.head + 1) & (self.ring.len() - 1);
        self.len -= 1;
        self.queued[node as usize] = false;
        Some(node)
    }
}
