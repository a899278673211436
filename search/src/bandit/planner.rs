//! Lagrangian planners: arms are valued each on its own, under prices of the actions; then the best allowed set is
//! taken.
//!
//! The values come from [`heuron_problems::bandit::dual`]. With the prices of the beginning the policy is the index
//! policy of W. Hu and P. Frazier (2017) with an exact oracle for the coupling; prices found anew from the present
//! state are the certainty-equivalent control of G. Zayas-Cabán, S. Jasin and G. Wang (2019), which follows what luck
//! has changed.

use heuron_problems::Bandit;
use heuron_problems::bandit::Dual;
use heuron_problems::bandit::dual::Start;

use super::argmax::{Argmax, FEW_SETS, Tier};
use super::score::Score;
use super::simulate::Player;

/// Subgradient steps for the first prices.
const FIRST: usize = 200;

/// Values of the arms, followed through an episode.
pub struct Values<'a> {
    bandit: &'a Bandit,
    /// The arms that every action reaches.
    pub reach: Vec<Vec<u32>>,
    /// From the law of the starts.
    first: Dual,
    /// From the present state, where prices are found anew.
    now: Option<Dual>,
    /// Subgradient steps in every step; 0: prices stay.
    again: usize,
}

impl<'a> Values<'a> {
    /// Prices for the instance's starts; `again` subgradient steps in every step.
    pub fn new(bandit: &'a Bandit, again: usize) -> Self {
        let first = Dual::solve(bandit, &Start::law(bandit), bandit.horizon, FIRST);
        Self { bandit, reach: bandit.reach(), first, now: None, again }
    }

    /// A new episode.
    pub fn begin(&mut self) {
        self.now = None;
    }

    /// The dual for the present step, and the step's number in it.
    pub fn look(&mut self, step: usize, state: &[u8]) -> (&Dual, usize) {
        if self.again == 0 {
            return (&self.first, step);
        }
        let prices = match &self.now {
            Some(dual) if dual.steps() == self.bandit.horizon - step + 1 => dual.prices().shifted(),
            _ => (0..step).fold(self.first.prices().clone(), |prices, _| prices.shifted()),
        };
        let dual = Dual::resolve(self.bandit, &Start::state(self.bandit, state), prices, self.again);
        (self.now.insert(dual), 0)
    }
}

/// What every arm is worth by the number of its actions that are taken: the next reward and the value behind it.
pub fn lookahead(bandit: &Bandit, dual: &Dual, step: usize, state: &[u8]) -> Vec<Vec<f64>> {
    let arms = bandit.arms.iter().zip(state).enumerate();
    let worth = arms.map(|(index, (arm, &level))| {
        let value = dual.levels(step + 1, index);
        let at = |count| arm.expected(level, count, &arm.reward) + arm.expected(level, count, value);
        (0..arm.up.len()).map(at).collect()
    });
    worth.collect()
}

/// The planner.
pub struct Planner<'a> {
    bandit: &'a Bandit,
    values: Values<'a>,
    argmax: Argmax<'a>,
}

impl<'a> Planner<'a> {
    /// A planner that finds prices anew by `again` subgradient steps in every step; 0: prices stay.
    pub fn new(bandit: &'a Bandit, again: usize) -> Self {
        Self { bandit, values: Values::new(bandit, again), argmax: Argmax::new(bandit, tier(bandit)) }
    }
}

/// Linear scores need no tier; others are enumerated where sets are few.
pub fn tier(bandit: &Bandit) -> Tier {
    if bandit.is_separable() { Tier::Local } else { Tier::Enumerate(FEW_SETS) }
}

impl Player for Planner<'_> {
    fn begin(&mut self, _: u64) {
        self.values.begin();
        self.argmax.begin();
    }

    fn act(&mut self, step: usize, state: &[u8]) -> Vec<u32> {
        let (dual, at) = self.values.look(step, state);
        let arms = lookahead(self.bandit, dual, at, state);
        let score = Score { bandit: self.bandit, reach: &self.values.reach, arms, gate: None };
        self.argmax.best(&score, &[])
    }
}
