//! The best allowed set for a score, by the cheapest tier that does.

use heuron_problems::Bandit;

use super::blocks::Blocks;
use super::branch;
use super::enumerate::Sets;
use super::local;
use super::oracle::Oracle;
use super::score::Score;

/// Sets up to which enumeration takes some milliseconds.
pub const FEW_SETS: usize = 5_000;

/// How hard a step is thought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Local search from several starts.
    Local,
    /// All sets are tried where there are at most so many, else local search.
    Enumerate(usize),
    /// Branch and bound from the set that local search finds, at most so many nodes.
    Branch(usize),
}

/// Finds best sets of an instance, and remembers what it needs for that.
pub struct Argmax<'a> {
    /// Best sets of linear values, and tests of sets.
    pub oracle: Oracle<'a>,
    tier: Tier,
    /// Where actions share arms and only their number is ruled.
    blocks: Option<Blocks>,
    sets: Option<Sets>,
    /// The last answer, a start of the next search.
    last: Vec<u32>,
    /// Answers of branch and bound without a proof.
    pub unproven: u64,
}

impl<'a> Argmax<'a> {
    /// Prepares the tier.
    pub fn new(bandit: &'a Bandit, tier: Tier) -> Self {
        let mut oracle = Oracle::new(bandit);
        let blocks = (!bandit.is_separable()).then(|| Blocks::new(bandit)).flatten();
        let sets = match tier {
            Tier::Enumerate(limit) => Sets::all(bandit, &mut oracle, limit),
            _ => None,
        };
        Self { oracle, tier, blocks, sets, last: Vec::new(), unproven: 0 }
    }

    /// Forgets the last answer: what follows does not depend on what was before.
    pub fn begin(&mut self) {
        self.last.clear();
    }

    /// The best set that the tier finds; `hints` are allowed sets that may be good.
    pub fn best(&mut self, score: &Score<'_>, hints: &[&[u32]]) -> Vec<u32> {
        if let Some(values) = score.linear() {
            return self.oracle.best(&values);
        }
        if let Some(blocks) = self.blocks.as_ref().filter(|_| score.gate.is_none()) {
            return blocks.best(score);
        }
        if let Some(sets) = &self.sets {
            return sets.best(score);
        }
        let greedy = local::greedy(score, &mut self.oracle);
        // Before the first step there is no last answer.
        let last = (!self.last.is_empty()).then_some(self.last.as_slice());
        let starts = hints.iter().copied().chain([greedy.as_slice()]).chain(last);
        let Some((value, mut best)) = local::best_climb(score, &mut self.oracle, starts) else { return greedy };
        if let Tier::Branch(nodes) = self.tier {
            let proof = branch::prove(score, &mut self.oracle, (value, best), nodes);
            self.unproven += u64::from(!proof.is_proven);
            best = proof.list;
        }
        self.last.clone_from(&best);
        best
    }
}
