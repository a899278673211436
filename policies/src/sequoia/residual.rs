//! What a planner's values leave out, learned by networks that all arms share.
//!
//! A planner scores actions by sums over arms, twice in a step: the set that it would take again and again, and the
//! step's own actions before that set. What it leaves out is that later steps will find other sets best. Two networks
//! add a correction to every arm, by the number of the arm's actions that are taken and by what is seen of it: level,
//! chances, rewards, what it is worth to the planner and under prices, the time left, and how the coupling binds it. As
//! corrections are sums over arms, the best sets are found as before, and as arms are known by their features only, the
//! networks serve all instances and sizes.
//!
//! They are found by policy search (N. Hansen and A. Ostermeier, 2001, as in T. Salimans et al., "Evolution strategies
//! as a scalable alternative to reinforcement learning", 2017), not by regression on values: a policy is changed by
//! differences of sets in a state only, and these are far smaller than the differences of values between states. For
//! the same reason they are of one layer, linear in the features.

use heuron_problems::Bandit;
use heuron_problems::bandit::Coupling;
use serde::{Deserialize, Serialize};

use crate::native::{Layer, Mlp, MlpError, Passed};

/// Features of an arm and a number of its actions.
pub const FEATURES: usize = 13;

/// The features that are an arm's worth to the planner, and under prices.
const PLANNED: usize = 7;
const PRICED: usize = 8;

/// The networks; what they say is in units of the largest reward.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// What the planner leaves out of an arm's worth in the standing set.
    pub standing: Mlp,
    /// What it leaves out of an arm's worth in the step's own actions.
    pub action: Mlp,
}

/// What is seen of every arm by the number of its actions that are taken \[arms\]\[actions of the
/// arm + 1\]\[features\].
pub type Seen = Vec<Vec<[f64; FEATURES]>>;

/// What a planner thinks of a state.
pub struct View<'a> {
    /// Levels \[arms\].
    pub state: &'a [u8],
    /// Steps to go.
    pub left: usize,
    /// What the arms are worth to the planner \[arms\]\[actions of the arm + 1\].
    pub worth: &'a [Vec<f64>],
    /// The same under prices.
    pub priced: &'a [Vec<f64>],
    /// Numbers of the arms' actions in the standing set; where that is being chosen, in the last one \[arms\].
    pub standing: &'a [usize],
}

/// Largest reward of an instance: the unit of losses.
pub fn unit(bandit: &Bandit) -> f64 {
    bandit.arms.iter().flat_map(|arm| &arm.reward).fold(1e-9, |top: f64, reward| top.max(reward.abs()))
}

/// How scarce an arm is under the coupling, from 0 to about 1: its share of what there is to give.
pub fn scarcity(bandit: &Bandit) -> Vec<f64> {
    let spread = |values: Vec<f64>| {
        let top = values.iter().fold(1e-9, |top: f64, value| top.max(*value));
        values.into_iter().map(|value| value / top).collect()
    };
    let arms = 0..bandit.arms.len();
    match &bandit.coupling {
        Coupling::Path(path) if bandit.is_separable() => {
            let far = |arm| f64::from(path.distance(path.depot(), arm)) / f64::from(path.length().max(1));
            arms.map(|arm| far(arm as u32).min(2.0)).collect()
        }
        Coupling::Capacity(capacity) if bandit.is_separable() => {
            spread(capacity.costs().iter().map(|&cost| f64::from(cost)).collect())
        }
        Coupling::Schedule(schedule) if bandit.is_separable() => {
            // Arms that compete for the units of an arm's slots.
            let competed = |&mask: &u16| {
                let rivals = schedule.masks().iter().filter(|&&other| other & mask != 0).count();
                rivals as f64 / (1.0 + schedule.units()[mask as usize] as f64)
            };
            spread(schedule.masks().iter().map(competed).collect())
        }
        _ => bandit.arms.iter().map(|arm| arm.actions.len() as f64 / 4.0).collect(),
    }
}

/// What is seen of the arms; `scarcity` is that of the instance.
pub fn see(bandit: &Bandit, scarcity: &[f64], view: &View<'_>) -> Seen {
    let unit = unit(bandit);
    let scale = 1.0 / unit;
    let time = view.left as f64 / bandit.horizon as f64;
    let share = bandit.coupling.most(bandit.actions) as f64 / bandit.actions as f64;
    let arms = bandit.arms.iter().zip(scarcity).enumerate();
    let seen = arms.map(|(index, (arm, &scarcity))| {
        let (level, top) = (view.state[index] as usize, arm.reward.len() - 1);
        let (worth, priced) = (&view.worth[index], &view.priced[index]);
        let part = |count: usize| count as f64 / arm.actions.len().max(1) as f64;
        let counts = (0..arm.up.len()).map(|count| {
            [
                level as f64 / top as f64,
                f64::from(u8::from(level == top)),
                f64::from(u8::from(level == 0)),
                arm.reward[top] / unit,
                arm.up[0],
                arm.up[count],
                time,
                scale * (worth[count] - worth[0]),
                scale * (priced[count] - priced[0]),
                part(view.standing[index]),
                part(count),
                scarcity,
                share,
            ]
        });
        counts.collect()
    });
    seen.collect()
}

/// Adds the corrections of a network to what arms are worth \[arms\]\[actions of the arm + 1\], in the instance's
/// rewards. Without actions there is nothing to correct.
pub fn correct(network: &Mlp, bandit: &Bandit, seen: &Seen, worth: &mut [Vec<f64>]) {
    let (unit, mut passed) = (unit(bandit), Passed::default());
    for (seen, worth) in seen.iter().zip(worth) {
        for (features, worth) in seen.iter().zip(worth).skip(1) {
            *worth += unit * network.forward(features, &mut passed);
        }
    }
}

impl Residual {
    /// Networks that put a part `weight` of what prices make of an arm in the place of the planner's own worth, in the
    /// step's actions. The one is too low, because it keeps to its set whatever happens, the other too high, because
    /// every arm may dream of actions of its own.
    pub fn mixture(weight: f64) -> Self {
        let zeros = Mlp { layers: vec![Layer { weight: vec![0.0; FEATURES], bias: vec![0.0] }] };
        let mut action = zeros.clone();
        (action.layers[0].weight[PLANNED], action.layers[0].weight[PRICED]) = (-weight, weight);
        Self { standing: zeros, action }
    }

    /// The same with so much of the corrections.
    pub fn scaled(&self, strength: f64) -> Self {
        let mut scaled = self.clone();
        let lasts = [&mut scaled.standing, &mut scaled.action].map(|network| network.layers.last_mut());
        for last in lasts.into_iter().flatten() {
            last.weight.iter_mut().chain(&mut last.bias).for_each(|number| *number *= strength);
        }
        scaled
    }

    /// All weights and biases.
    pub fn numbers(&self) -> Vec<f64> {
        self.standing.numbers().chain(self.action.numbers()).copied().collect()
    }

    /// Networks of the same sizes with other weights and biases.
    pub fn with(&self, numbers: &[f64]) -> Self {
        let mut other = self.clone();
        let own = other.standing.numbers_mut().chain(other.action.numbers_mut());
        own.zip(numbers).for_each(|(own, number)| *own = *number);
        other
    }

    /// Checks the networks.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(&self) -> Result<(), MlpError> {
        [&self.standing, &self.action].into_iter().try_for_each(|network| network.check_inputs("a residual", FEATURES))
    }
}
