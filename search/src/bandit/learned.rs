//! Learned policies: models in files, and the Q-network of one instance (SEQUOIA).

use heuron_policies::native::{Mlp, MlpError};
use heuron_policies::sequoia::{Config, Course, Env, Learned, Residual, learn};
use heuron_problems::bandit::Dual;
use heuron_problems::bandit::dual::Start;
use heuron_problems::{Bandit, ConfigError, Stream};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::argmax::{Argmax, FEW_SETS, Tier};
use super::baselines::random_set;
use super::corrected::Corrected;
use super::local::greedy;
use super::oracle::Oracle;
use super::score::{Gate, Score};
use super::simulate::Player;

/// Subgradient steps for the dual by which networks are compared.
const ITERATIONS: usize = 200;

/// A model of a policy, as in files.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// A Q-network of one instance.
    Sequoia(Learned),
    /// A residual on a planner's values, for any instance.
    Residual(Residual),
}

impl Model {
    /// Checks that the model can play `bandit`.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, bandit: &Bandit) -> Result<(), MlpError> {
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
pub fn sequoia(bandit: &Bandit, config: &Config) -> Result<Learned, ConfigError> {
    with_env(bandit, |env| learn(env, config))
}

/// Why a course of Q-learning does not go on.
#[derive(Debug, Error)]
pub enum CourseError {
    /// A setting that cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A network that is none of the instance.
    #[error(transparent)]
    Network(#[from] MlpError),
}

/// Goes on with a course of Q-learning of `bandit`, or begins one, until its episodes are done or `stop` says so.
///
/// # Errors
/// [`CourseError`].
pub fn take_course(
    bandit: &Bandit,
    config: &Config,
    course: Option<Course>,
    stop: &mut dyn FnMut(&Course) -> bool,
) -> Result<Course, CourseError> {
    with_env(bandit, |env| {
        let mut course = match course {
            Some(course) => course,
            None => Course::new(env, config)?,
        };
        course.learned.check(bandit)?;
        course.answer().check(bandit)?;
        while course.episode < config.episodes && !stop(&course) {
            course.advance(env, config);
        }
        Ok(course)
    })
}

/// Runs `work` with random sets and best sets of `bandit`.
fn with_env<T>(bandit: &Bandit, work: impl FnOnce(&mut Env<'_>) -> T) -> T {
    let (mut oracle, mut argmax) = (Oracle::new(bandit), Argmax::new(bandit, Tier::Local));
    let reach = bandit.reach();
    let dual = Dual::solve(bandit, &Start::law(bandit), bandit.horizon, ITERATIONS);
    let mut random = |rng: &mut Stream| random_set(bandit, &mut oracle, rng);
    let mut best = |learned: &Learned, state: &[u8], step: usize| {
        let inputs = learned.state(bandit, state, step);
        let score = Score::of_gate(bandit, &reach, gate(bandit, &learned.network, &inputs));
        argmax.begin();
        argmax.best(&score, &[])
    };
    work(&mut Env { bandit, random: &mut random, best: &mut best, dual: &dual })
}
