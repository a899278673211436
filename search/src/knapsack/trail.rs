//! How states came to be: the decisions of dynamic programming, in blocks of 32 that states share.

use super::expand::State;

/// Decisions per block.
pub(super) const BLOCK: usize = u32::BITS as usize;

/// No block before this one.
const NONE: u32 = u32::MAX;

/// The decisions of one state: the last ones as bits, the earlier ones as a chain of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// Decisions since the last whole block, the latest in the lowest bit.
    pub bits: u32,
    /// The last whole block.
    block: u32,
}

impl Mark {
    /// Before any decision.
    pub const START: Self = Self { bits: 0, block: NONE };

    /// After one more decision.
    #[inline(always)]
    pub fn then(self, taken: bool) -> Self {
        Self { bits: self.bits << 1 | u32::from(taken), ..self }
    }
}

/// 32 decisions and the block before them.
#[derive(Clone, Copy, Debug)]
struct Block {
    bits: u32,
    before: u32,
}

/// All blocks that a living state may descend from.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// A block comes after the one before it.
    blocks: Vec<Block>,
    /// Blocks that survived the last collection.
    kept: usize,
}

impl Trail {
    /// Ends the block of every state. To be called after every [`BLOCK`] decisions.
    pub fn close(&mut self, states: &mut [State]) {
        for State { mark, .. } in states {
            self.blocks.push(Block { bits: mark.bits, before: mark.block });
            *mark = Mark { bits: 0, block: (self.blocks.len() - 1) as u32 };
        }
    }

    /// Whether enough blocks have gathered for a collection to pay.
    pub fn is_due(&self) -> bool {
        self.blocks.len() > 2 * self.kept + (1 << 20)
    }

    /// Forgets blocks that none of the states descends from.
    pub fn collect(&mut self, states: &mut [State]) {
        let mut place = vec![NONE; self.blocks.len()];
        for State { mark, .. } in states.iter().filter(|state| state.mark.block != NONE) {
            place[mark.block as usize] = 0;
        }
        for at in (0..self.blocks.len()).rev() {
            if place[at] != NONE && self.blocks[at].before != NONE {
                place[self.blocks[at].before as usize] = 0;
            }
        }
        let mut kept = 0;
        for at in 0..self.blocks.len() {
            if place[at] == NONE {
                continue;
            }
            let Block { bits, before } = self.blocks[at];
            let before = if before == NONE { NONE } else { place[before as usize] };
            self.blocks[kept] = Block { bits, before };
            place[at] = kept as u32;
            kept += 1;
        }
        self.blocks.truncate(kept);
        self.blocks.shrink_to(2 * kept);
        self.kept = kept;
        for State { mark, .. } in states.iter_mut().filter(|state| state.mark.block != NONE) {
            mark.block = place[mark.block as usize];
        }
    }

    /// The numbers of the decisions that were taken, of `made` in all, at least one of which came after the last block.
    pub fn taken(&self, mark: Mark, made: usize) -> Vec<usize> {
        let mut taken = Vec::new();
        let (Mark { mut bits, mut block }, mut end) = (mark, made);
        let mut length = (made - 1) % BLOCK + 1;
        loop {
            let first = end - length;
            taken.extend((first..end).filter(|at| bits >> (end - 1 - at) & 1 == 1));
            if block == NONE {
                return taken;
            }
            let Block { bits: earlier, before } = self.blocks[block as usize];
            (bits, block, end, length) = (earlier, before, first, BLOCK);
        }
    }
}
