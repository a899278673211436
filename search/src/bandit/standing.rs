//! A planner with standing orders: the best set of actions to take in every step from now on, and a step of policy
//! improvement on it.
//!
//! Under a set that is taken again and again arms do not depend on each other, so its value is an exact sum over arms,
//! whatever actions share. The best such set is found anew in every step, and the step's own actions are the best under
//! its values (open-loop feedback control with a rollout of one step: D. Bertsekas, "Dynamic Programming and Optimal
//! Control", vol. I, 2017, ch. 6). Unlike a dual value, which lets every arm dream of actions of its own, this value
//! can be reached: it is what the policy earns at least.

use heuron_problems::Bandit;

use super::argmax::Argmax;
use super::planner::tier;
use super::score::Score;
use super::simulate::Player;

/// Values of the arms under standing orders.
#[derive(Clone, Debug, PartialEq)]
pub struct Orders {
    /// With so many of the arm's actions taken in every step, so many steps to go, from a level
    /// \[arms\]\[actions of the arm + 1\]\[horizon + 1\]\[levels\].
    values: Vec<Vec<Vec<Vec<f64>>>>,
}

impl Orders {
    /// Values of all arms.
    pub fn new(bandit: &Bandit) -> Self {
        let values = bandit.arms.iter().map(|arm| {
            let under = |count| {
                let mut values = vec![vec![0.0; arm.reward.len()]];
                for left in 0..bandit.horizon {
                    let before = &values[left];
                    let worth = |level: usize| {
                        let level = level as u8;
                        arm.expected(level, count, &arm.reward) + arm.expected(level, count, before)
                    };
                    let next = (0..arm.reward.len()).map(worth).collect();
                    values.push(next);
                }
                values
            };
            (0..arm.up.len()).map(under).collect()
        });
        Self { values: values.collect() }
    }

    /// Values of an arm's levels with `count` of its actions in each of the `left` steps to go.
    pub fn levels(&self, arm: usize, count: usize, left: usize) -> &[f64] {
        &self.values[arm][count][left]
    }

    /// What every arm is worth in a state by the number of its actions that are taken in all of the `left` steps to go.
    pub fn always(&self, state: &[u8], left: usize) -> Vec<Vec<f64>> {
        let arms = self.values.iter().zip(state);
        arms.map(|(counts, &level)| counts.iter().map(|values| values[left][level as usize]).collect()).collect()
    }
}

/// The planner.
pub struct Standing<'a> {
    bandit: &'a Bandit,
    reach: Vec<Vec<u32>>,
    orders: Orders,
    argmax: Argmax<'a>,
    /// The last standing set, a start of the next search.
    last: Vec<u32>,
}

impl<'a> Standing<'a> {
    /// A planner.
    pub fn new(bandit: &'a Bandit) -> Self {
        let argmax = Argmax::new(bandit, tier(bandit));
        Self { bandit, reach: bandit.reach(), orders: Orders::new(bandit), argmax, last: Vec::new() }
    }

    /// What every arm is worth by the number of its actions that are taken in every step from `step` on.
    pub fn always(&self, step: usize, state: &[u8]) -> Vec<Vec<f64>> {
        self.orders.always(state, self.bandit.horizon - step)
    }

    /// The last standing set; empty before the first.
    pub fn last(&self) -> &[u32] {
        &self.last
    }

    /// The best standing set at such worths.
    pub fn order(&mut self, always: Vec<Vec<f64>>) -> Vec<u32> {
        let always = Score { bandit: self.bandit, reach: &self.reach, arms: always, gate: None };
        let hint = (!self.last.is_empty()).then_some(self.last.as_slice());
        self.last = self.argmax.best(&always, hint.as_slice());
        self.last.clone()
    }

    /// What every arm is worth by the number of its actions that are taken now, if `set` is taken afterwards.
    pub fn worth(&self, step: usize, state: &[u8], set: &[u32]) -> Vec<Vec<f64>> {
        let (bandit, left) = (self.bandit, self.bandit.horizon - step);
        let counts = bandit.counts(&bandit.flags(set));
        let arms = bandit.arms.iter().zip(state).zip(counts).enumerate();
        let worth = arms.map(|(index, ((arm, &level), count))| {
            let after = self.orders.levels(index, count, left - 1);
            let at = |count| arm.expected(level, count, &arm.reward) + arm.expected(level, count, after);
            (0..arm.up.len()).map(at).collect()
        });
        worth.collect()
    }

    /// The best actions at such worths.
    pub fn choose(&mut self, worth: Vec<Vec<f64>>, set: &[u32]) -> Vec<u32> {
        let score = Score { bandit: self.bandit, reach: &self.reach, arms: worth, gate: None };
        self.argmax.best(&score, &[set])
    }
}

impl Player for Standing<'_> {
    fn begin(&mut self, _: u64) {
        self.argmax.begin();
        self.last.clear();
    }

    fn act(&mut self, step: usize, state: &[u8]) -> Vec<u32> {
        let set = self.order(self.always(step, state));
        self.choose(self.worth(step, state, &set), &set)
    }
}
