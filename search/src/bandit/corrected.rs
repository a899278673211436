//! The planner with a learned residual, and its training by policy search.

use heuron_policies::native::Mlp;
use heuron_policies::sequoia::Residual;
use heuron_policies::sequoia::residual::{View, correct, scarcity, see, unit};
use heuron_problems::bandit::Dual;
use heuron_problems::bandit::dual::Start;
use heuron_problems::bandit::play::mean;
use heuron_problems::config::{at_least, positive};
use heuron_problems::{Bandit, ConfigError, stream};
use serde::{Deserialize, Serialize};

use super::planner::lookahead;
use super::simulate::Player;
use super::standing::Standing;
use crate::cmaes::{self, CmaEs};

/// Subgradient steps for the prices that a residual sees.
const ITERATIONS: usize = 200;

/// The planner with standing orders, its values corrected by a residual.
pub struct Corrected<'a> {
    bandit: &'a Bandit,
    standing: Standing<'a>,
    dual: Dual,
    residual: Residual,
    scarcity: Vec<f64>,
}

impl<'a> Corrected<'a> {
    /// The planner of `bandit` with `residual`.
    pub fn new(bandit: &'a Bandit, residual: &Residual) -> Self {
        let dual = Dual::solve(bandit, &Start::law(bandit), bandit.horizon, ITERATIONS);
        let (standing, scarcity) = (Standing::new(bandit), scarcity(bandit));
        Self { bandit, standing, dual, residual: residual.clone(), scarcity }
    }
}

impl Player for Corrected<'_> {
    fn begin(&mut self, episode: u64) {
        self.standing.begin(episode);
    }

    fn act(&mut self, step: usize, state: &[u8]) -> Vec<u32> {
        let (bandit, left) = (self.bandit, self.bandit.horizon - step);
        let priced = lookahead(bandit, &self.dual, step, state);
        let corrected = |network: &Mlp, set: &[u32], mut worth: Vec<Vec<f64>>| {
            let standing = bandit.counts(&bandit.flags(set));
            let view = View { state, left, worth: &worth, priced: &priced, standing: &standing };
            let seen = see(bandit, &self.scarcity, &view);
            correct(network, bandit, &seen, &mut worth);
            worth
        };
        let always = corrected(&self.residual.standing, self.standing.last(), self.standing.always(step, state));
        let set = self.standing.order(always);
        let worth = corrected(&self.residual.action, &set, self.standing.worth(step, state, &set));
        self.standing.choose(worth, &set)
    }
}

/// How a residual is trained. Defaults were chosen, not tuned: `benches/versus/bandit.md` has what residuals by them
/// earn.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResidualConfig {
    /// Residuals of a generation, the better half of which make the next mean. Default: 16, as of [`crate::cmaes`].
    pub samples: usize,
    /// Episodes per instance by which they are compared. Default: 10.
    pub episodes: u64,
    /// First step size, in units of a weight: an instance's values are divided by its largest reward. Default: 0.05.
    pub step: f64,
    /// Generations between two comparisons with the best residual so far. Default: 5.
    pub every: u64,
    /// Episodes of these, per instance held out. Default: 50, as the paper's tables have.
    pub validation: u64,
    /// Seed of instances, samples and episodes. Default: 101; 1 to 3 are for published tables.
    pub seed: u64,
}

impl Default for ResidualConfig {
    fn default() -> Self {
        Self { samples: 16, episodes: 10, step: 0.05, every: 5, validation: 50, seed: 101 }
    }
}

impl ResidualConfig {
    /// Refuses values that cannot be.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        at_least(2, "residual.samples", self.samples)?;
        at_least(1, "residual.episodes", self.episodes)?;
        at_least(1, "residual.every", self.every)?;
        at_least(1, "residual.validation", self.validation)?;
        positive("residual.step", self.step)
    }
}

/// Parts of a correction that are tried.
const STRENGTHS: [f64; 3] = [1.0, 0.5, 0.25];

/// Mixtures of which the best is where the strategy begins; 0 is the planner.
const MIXTURES: [f64; 4] = [0.0, 0.2, 0.35, 0.5];

/// An instance with policies on it, and the dual that takes luck out of what they earn.
struct Ground<'a> {
    bandit: &'a Bandit,
    player: Corrected<'a>,
    unit: f64,
}

impl<'a> Ground<'a> {
    fn all(bandits: &'a [Bandit]) -> Vec<Self> {
        let none = Residual::mixture(0.0);
        let ground = |bandit| Self { bandit, player: Corrected::new(bandit, &none), unit: unit(bandit) };
        bandits.iter().map(ground).collect()
    }

    /// Mean loss of the corrected policy against the dual bound in episodes of a named stream, per step and in units of
    /// the largest reward.
    fn lost(&mut self, residual: &Residual, (seed, name): (u64, &str), episodes: std::ops::Range<u64>) -> f64 {
        self.player.residual.clone_from(residual);
        let (bandit, mut lost) = (self.bandit, 0.0);
        let count = (episodes.end - episodes.start).max(1) as f64;
        for episode in episodes {
            let scenario = bandit.luck(seed, name, episode, bandit.start);
            let mut state = scenario.start.clone();
            self.player.begin(episode);
            for step in 0..bandit.horizon {
                let taken = bandit.flags(&self.player.act(step, &state));
                lost += self.player.dual.loss(bandit, step, &state, &taken);
                bandit.advance(&mut state, step, &taken, &scenario);
            }
        }
        lost / count / self.unit / bandit.horizon as f64
    }
}

/// The mean of [`Ground::lost`] over instances.
fn lost(grounds: &mut [Ground<'_>], residual: &Residual, name: (u64, &str), episodes: std::ops::Range<u64>) -> f64 {
    mean(&grounds.iter_mut().map(|ground| ground.lost(residual, name, episodes.clone())).collect::<Vec<f64>>())
}

/// As much of a residual as helps most on `bandit`, in so many simulated episodes of its own: all of it, a part, or
/// nothing.
pub fn fitting(bandit: &Bandit, residual: &Residual, seed: u64, episodes: u64) -> Residual {
    let mut grounds = Ground::all(std::slice::from_ref(bandit));
    let mut lost = |residual: &Residual| lost(&mut grounds, residual, (seed, "residual strength"), 0..episodes);
    let none = residual.scaled(0.0);
    let start = (lost(&none), none);
    let tried = STRENGTHS.iter().map(|&strength| residual.scaled(strength)).map(|trial| (lost(&trial), trial));
    tried.fold(start, |best, trial| if trial.0 < best.0 { trial } else { best }).1
}

/// Training of a residual: what there is between two generations.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Generations done.
    pub generation: u64,
    strategy: CmaEs,
    /// The residual that loses least on the instances held out; none has helped yet: one without correction.
    pub best: Residual,
    /// What it loses per step against the dual bound, in units of the largest reward.
    pub least: f64,
    /// What the planner alone loses.
    pub planner: f64,
}

impl Training {
    /// Before the first generation: the strategy begins at the best mixture of the planner's values with those under
    /// prices. The last third of `bandits` is held out; of a single one, other episodes of it.
    pub fn new(bandits: &[Bandit], config: &ResidualConfig) -> Self {
        let mut others = Ground::all(held_out(bandits));
        let mut measured = |weight: &f64| {
            let mixture = Residual::mixture(*weight);
            (validate(&mut others, &mixture, config), mixture)
        };
        let first = measured(&MIXTURES[0]);
        let planner = first.0;
        let others = MIXTURES[1..].iter().map(&mut measured);
        let (least, best) = others.fold(first, |best, trial| if trial.0 < best.0 { trial } else { best });
        let setup = cmaes::Config { samples: config.samples, parents: config.samples.div_ceil(2), step: config.step };
        let strategy = CmaEs::new(best.numbers(), setup);
        Self { generation: 0, strategy, best, least, planner }
    }

    /// Until `generations` of the evolution strategy are done or `stop` says so. In each all samples play the same
    /// episodes of all lessons, new ones in every generation; every so many the strategy's mean is compared with the
    /// best on the instances held out.
    pub fn run(
        &mut self,
        bandits: &[Bandit],
        config: &ResidualConfig,
        generations: u64,
        stop: &mut dyn FnMut(&Self) -> bool,
    ) {
        let mut lessons = Ground::all(&bandits[..(bandits.len() - held_out(bandits).len()).max(1)]);
        let mut others = Ground::all(held_out(bandits));
        while self.generation < generations && !stop(self) {
            let mut rng = stream(config.seed, "residual generation", self.generation);
            let samples = self.strategy.ask(&mut rng);
            let episodes = self.generation * config.episodes..(self.generation + 1) * config.episodes;
            let mut ranked: Vec<(f64, Vec<f64>)> = samples
                .into_iter()
                .map(|numbers| {
                    let trial = self.best.with(&numbers);
                    (lost(&mut lessons, &trial, (config.seed, "residual"), episodes.clone()), numbers)
                })
                .collect();
            ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
            let ranked: Vec<Vec<f64>> = ranked.into_iter().map(|(_, numbers)| numbers).collect();
            self.strategy.tell(&ranked);
            self.generation += 1;
            if self.generation.is_multiple_of(config.every) {
                let trial = self.best.with(self.strategy.mean());
                let found = validate(&mut others, &trial, config);
                if found < self.least {
                    (self.best, self.least) = (trial, found);
                }
            }
        }
    }
}

/// The instances that residuals are compared on.
fn held_out(bandits: &[Bandit]) -> &[Bandit] {
    &bandits[bandits.len() - bandits.len().div_ceil(3)..]
}

fn validate(grounds: &mut [Ground<'_>], residual: &Residual, config: &ResidualConfig) -> f64 {
    lost(grounds, residual, (config.seed, "residual validation"), 0..config.validation)
}

/// Trains a residual on `bandits`, at least one, for `generations`; `config` must pass [`ResidualConfig::check`].
pub fn residual(bandits: &[Bandit], config: &ResidualConfig, generations: u64) -> Residual {
    let mut training = Training::new(bandits, config);
    training.run(bandits, config, generations, &mut |_| false);
    training.best
}
