//! The best allowed set where actions share arms, exactly: actions fall into blocks that share no arm.
//!
//! A score without a network is a sum over arms, so it is a sum over the connected components of the graph in which
//! actions are neighbours if they reach the same arm. Of every block the best set of every size is found by looking at
//! all its sets; how many actions each block gets is a knapsack over sizes (R. Bellman, 1957). Local search misses such
//! sets: where it takes three actions together to move an arm, no single exchange gains anything.

use heuron_problems::Bandit;
use heuron_problems::bandit::Coupling;

use super::score::Score;

/// The most actions of a block: all sets of them are looked at.
const LARGEST: usize = 12;

/// The blocks of an instance whose rule counts actions only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// Most actions, and whether it must be that many.
    most: usize,
    exact: bool,
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    /// Ascending.
    actions: Vec<u32>,
    /// Arms that the actions reach, and which of them: bits of the places in `actions`.
    arms: Vec<(u32, u16)>,
}

impl Blocks {
    /// The blocks; none if the rule is another one, or a block is too large.
    pub fn new(bandit: &Bandit) -> Option<Self> {
        let (Coupling::Budget(_) | Coupling::Exactly(_)) = bandit.coupling else { return None };
        let mut part: Vec<u32> = (0..bandit.actions as u32).collect();
        for arm in &bandit.arms {
            let Some(&first) = arm.actions.first() else { continue };
            for &action in &arm.actions {
                let (to, from) = (part[first as usize], part[action as usize]);
                part.iter_mut().filter(|part| **part == from).for_each(|part| *part = to);
            }
        }
        let mut blocks: Vec<Block> = Vec::new();
        for name in 0..bandit.actions as u32 {
            let actions: Vec<u32> = (0..).zip(&part).filter(|(_, part)| **part == name).map(|(a, _)| a).collect();
            if actions.len() > LARGEST {
                return None;
            }
            let bits = |list: &[u32]| {
                let inside = (0..).zip(&actions).filter(|(_, action)| list.contains(action));
                inside.fold(0_u16, |bits, (place, _): (u16, _)| bits | 1 << place)
            };
            let arms = (0..).zip(&bandit.arms).map(|(index, arm)| (index, bits(&arm.actions)));
            let arms = arms.filter(|(_, bits)| *bits != 0).collect();
            if !actions.is_empty() {
                blocks.push(Block { actions, arms });
            }
        }
        Some(Self { most: bandit.coupling.most(bandit.actions), exact: bandit.coupling.is_exact(), blocks })
    }

    /// The allowed set of the largest total of the arms' values, ascending; of a score without a network.
    pub fn best(&self, score: &Score<'_>) -> Vec<u32> {
        // Largest total of the first blocks with so many actions, and how many and which of the last one make it.
        let mut totals: Vec<f64> = vec![f64::NEG_INFINITY; self.most + 1];
        totals[0] = 0.0;
        let mut choices: Vec<Vec<u16>> = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let bests = block.bests(score);
            let mut next = vec![f64::NEG_INFINITY; self.most + 1];
            let mut choice = vec![0_u16; self.most + 1];
            for (before, total) in totals.iter().enumerate() {
                for (size, &(value, set)) in bests.iter().enumerate().take(self.most + 1 - before) {
                    if total + value > next[before + size] {
                        (next[before + size], choice[before + size]) = (total + value, set);
                    }
                }
            }
            totals = next;
            choices.push(choice);
        }
        let mut size = self.most;
        if !self.exact {
            // The smallest of the best sizes.
            size = (0..=self.most).fold(0, |best, size| if totals[size] > totals[best] { size } else { best });
        }
        let mut list = Vec::with_capacity(size);
        for (block, choice) in self.blocks.iter().zip(choices).rev() {
            let set = choice[size];
            list.extend(
                (0..).zip(&block.actions).filter(|(place, _)| set >> place & 1 == 1).map(|(_, &action)| action),
            );
            size -= set.count_ones() as usize;
        }
        list.sort_unstable();
        list
    }
}

impl Block {
    /// The largest total of every number of actions, and its set \[actions + 1\].
    fn bests(&self, score: &Score<'_>) -> Vec<(f64, u16)> {
        let mut bests = vec![(f64::NEG_INFINITY, 0); self.actions.len() + 1];
        for set in 0..1_u16 << self.actions.len() {
            let value = |&(arm, bits): &(u32, u16)| score.arms[arm as usize][(set & bits).count_ones() as usize];
            let value: f64 = self.arms.iter().map(value).sum();
            let best = &mut bests[set.count_ones() as usize];
            if value > best.0 {
                *best = (value, set);
            }
        }
        bests
    }
}
