//! Learned policies: the Q-network of one instance (SEQUOIA), and the planner with a learned residual.

use heuron_policies::native::Mlp;
use heuron_policies::sequoia::residual::{Fit, Seen, see, unit};
use heuron_policies::sequoia::{Config, Env, Learned, Residual, learn};
use heuron_problems::bandit::Dual;
use heuron_problems::bandit::dual::Start;
use heuron_problems::bandit::play::mean;
use heuron_problems::{Bandit, Stream};
use serde::{Deserialize, Serialize};

use super::argmax::{Argmax, FEW_SETS, Tier};
use super::baselines::random_set;
use super::local::greedy;
use super::oracle::Oracle;
use super::planner::{Planner, tier};
use super::score::{Gate, Score};
use super::simulate::Player;

/// A model of a policy, as in files.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// A Q-network of one instance.
    Sequoia(Learned),
    /// A residual on Lagrangian values, for any instance.
    Residual(Residual),
}

impl Model {
    /// Checks that the model can play `bandit`.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, bandit: &Bandit) -> Result<(), String> {
        match self {
            Self::Sequoia(learned) => learned.check(bandit),
            Self::Residual(residual) => residual.check(),
        }
    }

    /// The policy.
    pub fn player<'a>(&self, bandit: &'a Bandit) -> Box<dyn Player + 'a> {
        match self {
            Self::Sequoia(learned) => Box::new(Sequoia::new(bandit, learned.clone(), Tier::Enumerate(FEW_SETS))),
            Self::Residual(residual) => Box::new(Corrected::new(bandit, residual)),
        }
    }
}

/// The network with the state folded into its first layer.
pub fn gate(bandit: &Bandit, network: &Mlp, state: &[f64]) -> Gate {
    let (first, tail) = (&network.layers[0], network.layers[1..].to_vec());
    let mut offset = first.bias.clone();
    for (index, &value) in state.iter().enumerate() {
        let row = first.row(bandit.actions + index);
        offset.iter_mut().zip(row).for_each(|(offset, weight)| *offset += value * weight);
    }
    Gate { offset, columns: first.weight[..bandit.actions * first.outputs()].to_vec(), tail }
}

/// Takes the best action under a Q-network.
pub struct Sequoia<'a> {
    bandit: &'a Bandit,
    learned: Learned,
    reach: Vec<Vec<u32>>,
    argmax: Argmax<'a>,
    /// Adds the best action again and again: the baseline called iterative DQN.
    iterative: bool,
}

impl<'a> Sequoia<'a> {
    /// A policy that thinks as hard as `tier` says.
    pub fn new(bandit: &'a Bandit, learned: Learned, tier: Tier) -> Self {
        let (reach, argmax) = (bandit.reach(), Argmax::new(bandit, tier));
        Self { bandit, learned, reach, argmax, iterative: false }
    }

    /// The same network, its actions chosen one by one.
    pub fn iterative(bandit: &'a Bandit, learned: Learned) -> Self {
        Self { iterative: true, ..Self::new(bandit, learned, Tier::Local) }
    }
}

impl Player for Sequoia<'_> {
    fn begin(&mut self, _: u64) {
        self.argmax.begin();
    }

    fn act(&mut self, step: usize, state: &[u8]) -> Vec<u32> {
        let inputs = self.learned.state(self.bandit, state, step);
        let score = Score::of_gate(self.bandit, &self.reach, gate(self.bandit, &self.learned.network, &inputs));
        if self.iterative { greedy(&score, &mut self.argmax.oracle) } else { self.argmax.best(&score, &[]) }
    }
}

/// Learns a Q-network of `bandit`.
///
/// # Errors
/// A setting that cannot be.
pub fn sequoia(bandit: &Bandit, config: &Config) -> Result<Learned, String> {
    let (mut oracle, mut argmax) = (Oracle::new(bandit), Argmax::new(bandit, Tier::Local));
    let reach = bandit.reach();
    let mut random = |rng: &mut Stream| random_set(bandit, &mut oracle, rng);
    let mut best = |learned: &Learned, state: &[u8], step: usize| {
        let inputs = learned.state(bandit, state, step);
        let score = Score::of_gate(bandit, &reach, gate(bandit, &learned.network, &inputs));
        argmax.begin();
        argmax.best(&score, &[])
    };
    learn(&mut Env { bandit, random: &mut random, best: &mut best }, config)
}

/// Subgradient steps for the prices behind a residual.
const ITERATIONS: usize = 200;

/// The index policy, its values corrected by a residual.
pub struct Corrected<'a> {
    bandit: &'a Bandit,
    reach: Vec<Vec<u32>>,
    /// Corrected values with so many steps done \[steps + 1\]\[arms\]\[levels\].
    values: Vec<Vec<Vec<f64>>>,
    argmax: Argmax<'a>,
}

impl<'a> Corrected<'a> {
    /// Values of `bandit` less what `residual` takes off.
    pub fn new(bandit: &'a Bandit, residual: &Residual) -> Self {
        let dual = Dual::solve(bandit, &Start::law(bandit), bandit.horizon, ITERATIONS);
        Self::of(bandit, &dual, residual)
    }

    /// As [`Corrected::new`], with the dual at hand.
    pub fn of(bandit: &'a Bandit, dual: &Dual, residual: &Residual) -> Self {
        let correct = |step: usize| {
            let mut values: Vec<Vec<f64>> = (0..bandit.arms.len()).map(|arm| dual.levels(step, arm).to_vec()).collect();
            let left = bandit.horizon - step;
            // After the last step nothing is left to lose.
            if left > 0 {
                let losses = residual.losses(bandit, &see(bandit, dual, step, left));
                let pairs = values.iter_mut().flatten().zip(losses.into_iter().flatten());
                pairs.for_each(|(value, loss)| *value -= loss);
            }
            values
        };
        let values = (0..=bandit.horizon).map(correct).collect();
        Self { bandit, reach: bandit.reach(), values, argmax: Argmax::new(bandit, tier(bandit)) }
    }
}

impl Player for Corrected<'_> {
    fn begin(&mut self, _: u64) {
        self.argmax.begin();
    }

    fn act(&mut self, step: usize, state: &[u8]) -> Vec<u32> {
        let arms = self.bandit.arms.iter().zip(&self.values[step + 1]).zip(state).map(|((arm, value), &level)| {
            let worth = |count| arm.expected(level, count, &arm.reward) + arm.expected(level, count, value);
            (0..arm.up.len()).map(worth).collect()
        });
        let score = Score { bandit: self.bandit, reach: &self.reach, arms: arms.collect(), gate: None };
        self.argmax.best(&score, &[])
    }
}

/// How a residual is trained.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResidualConfig {
    /// Hidden layers.
    pub hidden: Vec<usize>,
    /// Rounds of policy improvement.
    pub rounds: usize,
    /// Episodes per instance and round.
    pub episodes: u64,
    /// Passes over the samples of a round.
    pub epochs: usize,
    /// Step length.
    pub rate: f64,
    /// Episodes by which corrections are compared, per instance.
    pub validation: u64,
    /// Subgradient steps per step of the planner that plays the first round.
    pub again: usize,
    /// Seed.
    pub seed: u64,
}

impl Default for ResidualConfig {
    fn default() -> Self {
        Self {
            hidden: vec![16, 16],
            rounds: 2,
            episodes: 200,
            epochs: 10,
            rate: 3e-3,
            validation: 100,
            again: 0,
            seed: 101,
        }
    }
}

/// An instance in training.
struct Ground<'a> {
    bandit: &'a Bandit,
    dual: Dual,
    /// What is seen with so many steps done \[steps\].
    seen: Vec<Seen>,
}

/// Episodes of a policy: states with so many steps done, and the losses to come \[samples\].
fn collect(
    ground: &Ground<'_>,
    player: &mut dyn Player,
    name: &str,
    episodes: u64,
    seed: u64,
) -> Vec<(usize, Vec<u8>, f64)> {
    let bandit = ground.bandit;
    let mut samples = Vec::new();
    for episode in 0..episodes {
        let scenario = bandit.luck(seed, name, episode, bandit.start);
        let mut state = scenario.start.clone();
        player.begin(episode);
        let begin = samples.len();
        for step in 0..bandit.horizon {
            let taken = bandit.flags(&player.act(step, &state));
            samples.push((step, state.clone(), ground.dual.loss(bandit, step, &state, &taken)));
            bandit.advance(&mut state, step, &taken, &scenario);
        }
        let mut ahead = 0.0;
        for sample in samples[begin..].iter_mut().rev() {
            ahead += sample.2;
            sample.2 = ahead;
        }
    }
    samples
}

/// Trains a residual on `bandits`: policies are played, losses to come are fitted, and the corrected policy plays the
/// next round. The correction that loses least in other episodes is kept, at full or half strength; none if none helps.
pub fn residual(bandits: &[Bandit], config: &ResidualConfig) -> Residual {
    let ground = |bandit| {
        let dual = Dual::solve(bandit, &Start::law(bandit), bandit.horizon, ITERATIONS);
        let seen = (0..bandit.horizon).map(|step| see(bandit, &dual, step, bandit.horizon - step)).collect();
        Ground { bandit, dual, seen }
    };
    let grounds: Vec<Ground<'_>> = bandits.iter().map(ground).collect();
    let none = Residual::new(&config.hidden, config.seed);
    let lost = |residual: &Residual| {
        let lost = |ground: &Ground<'_>| {
            let mut player = Corrected::of(ground.bandit, &ground.dual, residual);
            let samples = collect(ground, &mut player, "residual validation", config.validation, config.seed);
            let first = samples.iter().filter(|(step, ..)| *step == 0).map(|(.., loss)| *loss);
            mean(&first.collect::<Vec<f64>>()) / unit(ground.bandit)
        };
        mean(&grounds.iter().map(lost).collect::<Vec<f64>>())
    };
    let (mut best, mut least) = (none.clone(), lost(&none));
    let mut current = none;
    for round in 0..config.rounds {
        let mut samples = Vec::new();
        for (index, ground) in grounds.iter().enumerate() {
            let mut player: Box<dyn Player> = match round {
                0 => Box::new(Planner::new(ground.bandit, config.again)),
                _ => Box::new(Corrected::of(ground.bandit, &ground.dual, &best)),
            };
            let name = format!("residual {round} {index}");
            samples.push(collect(ground, player.as_mut(), &name, config.episodes, config.seed));
        }
        let views: Vec<(&Seen, &[u8], f64)> = grounds
            .iter()
            .zip(&samples)
            .flat_map(|(ground, samples)| {
                let unit = unit(ground.bandit);
                samples.iter().map(move |(step, state, loss)| (&ground.seen[*step], state.as_slice(), loss / unit))
            })
            .collect();
        let seed = config.seed + round as u64;
        current.fit(&views, &Fit { epochs: config.epochs, rate: config.rate, batch: 32, seed });
        for strength in [1.0, 0.5] {
            let mut trial = current.clone();
            if let Some(last) = trial.network.layers.last_mut() {
                last.weight.iter_mut().chain(&mut last.bias).for_each(|number| *number *= strength);
            }
            let found = lost(&trial);
            if found < least {
                (best, least) = (trial, found);
            }
        }
    }
    best
}
