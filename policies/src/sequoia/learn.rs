//! The pipeline of SEQUOIA: strategic samples, pre-training on one-step rewards, double deep Q-learning with replay.

use std::collections::BTreeMap;

use heuron_problems::bandit::Dual;
use heuron_problems::{Bandit, ConfigError, Stream, stream};
use rand::Rng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::config::{Config, Target};
use super::replay::Replay;
use super::residual::unit;
use crate::native::{Adam, Mlp, MlpError, Passed};

/// A Q-network of one instance: its inputs are the actions (0 or 1), the levels of the arms, and, if it sees time, the
/// part of the horizon that is left.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Learned {
    /// Expected reward from now on of an action in a state.
    pub network: Mlp,
    /// Whether the last input is the time left.
    pub sees_time: bool,
}

impl Learned {
    /// The inputs behind the actions.
    pub fn state(&self, bandit: &Bandit, state: &[u8], step: usize) -> Vec<f64> {
        let mut inputs: Vec<f64> = state.iter().map(|&level| f64::from(level)).collect();
        if self.sees_time {
            inputs.push((bandit.horizon - step) as f64 / bandit.horizon as f64);
        }
        inputs
    }

    /// All inputs.
    fn inputs(&self, bandit: &Bandit, (state, step): (&[u8], usize), list: &[u32]) -> Vec<f64> {
        let mut inputs = vec![0.0; bandit.actions];
        list.iter().for_each(|&action| inputs[action as usize] = 1.0);
        inputs.extend(self.state(bandit, state, step));
        inputs
    }

    /// Checks that the network is one of `bandit`.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, bandit: &Bandit) -> Result<(), MlpError> {
        let inputs = bandit.actions + bandit.arms.len() + usize::from(self.sees_time);
        self.network.check_inputs("the instance", inputs)
    }
}

/// The allowed set of the largest value under a network, in a state and step.
pub type Best<'a> = dyn FnMut(&Learned, &[u8], usize) -> Vec<u32> + 'a;

/// What learning needs of the crates to its right.
pub struct Env<'a> {
    /// The instance.
    pub bandit: &'a Bandit,
    /// A random allowed set.
    pub random: &'a mut dyn FnMut(&mut Stream) -> Vec<u32>,
    /// The best of all sets.
    pub best: &'a mut Best<'a>,
    /// Takes luck out of what networks are compared by.
    pub dual: &'a Dual,
}

impl Env<'_> {
    /// What a network loses against the dual bound in simulated episodes of their own luck, with the instance's starts:
    /// per step, in units of the largest reward.
    fn lost(&mut self, learned: &Learned, config: &Config) -> f64 {
        let (bandit, mut lost) = (self.bandit, 0.0);
        for episode in 0..config.validation {
            let scenario = bandit.luck(config.seed, "q-learning validation", episode, bandit.start);
            let mut state = scenario.start.clone();
            for step in 0..bandit.horizon {
                let taken = bandit.flags(&(self.best)(learned, &state, step));
                lost += self.dual.loss(bandit, step, &state, &taken);
                bandit.advance(&mut state, step, &taken, &scenario);
            }
        }
        lost / (config.validation as usize * bandit.horizon).max(1) as f64 / unit(bandit)
    }
}

/// A step of an episode.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
struct Transition {
    inputs: Vec<f64>,
    reward: f64,
    /// The state after it; none: the episode has ended.
    next: Option<(Vec<u8>, usize)>,
}

/// Answers of the argmax, kept as long as the network that they belong to: over episodes, until the target moves.
type Cache = BTreeMap<(Vec<u8>, usize), (f64, Vec<u32>)>;

/// Q-learning under way: what there is between two episodes. A course that was written and read goes on as it would
/// have.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// The network as it is.
    pub learned: Learned,
    /// The best of those compared, and what it loses; none: networks are not compared.
    best: Option<(f64, Learned)>,
    /// Episodes done.
    pub episode: u64,
    target: Learned,
    #[serde(with = "pairs")]
    cache: Cache,
    replay: Replay<Transition>,
    adam: Adam,
    steps: u64,
}

/// A cache as a list: keys of maps in JSON are texts.
mod pairs {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Cache;

    pub(super) fn serialize<S: Serializer>(cache: &Cache, to: S) -> Result<S::Ok, S::Error> {
        cache.iter().collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Cache, D::Error> {
        Ok(Vec::deserialize(from)?.into_iter().collect())
    }
}

/// Learns a Q-network.
///
/// # Errors
/// A setting that cannot be.
pub fn learn(env: &mut Env<'_>, config: &Config) -> Result<Learned, ConfigError> {
    let mut course = Course::new(env, config)?;
    (0..config.episodes).for_each(|_| course.advance(env, config));
    Ok(course.answer().clone())
}

/// What an action does in a state.
struct Sample {
    state: Vec<u8>,
    step: usize,
    list: Vec<u32>,
    inputs: Vec<f64>,
    /// Of the step itself.
    reward: f64,
}

/// States with none, one, all but one or all arms at level 1, each with random actions and unit ones; and random states
/// with some arms at the top, also with the actions that reach those. Allowed or not: the network must know both.
fn samples(env: &mut Env<'_>, learned: &Learned, config: &Config) -> Vec<Sample> {
    let (bandit, mut rng) = (env.bandit, stream(config.seed, "samples", 0));
    let (arms, actions) = (bandit.arms.len(), bandit.actions as u32);
    let mut states: Vec<(Vec<u8>, Vec<u32>)> = Vec::new();
    for level in [0, 1] {
        states.push((vec![level; arms], Vec::new()));
        for arm in 0..arms {
            let mut state = vec![level; arms];
            state[arm] = 1 - level;
            states.push((state, Vec::new()));
        }
    }
    let most = bandit.coupling.most(bandit.actions);
    for _ in 0..config.states {
        let level = |arm: &heuron_problems::bandit::Arm, rng: &mut Stream| rng.random_range(0..arm.reward.len() as u8);
        let mut state: Vec<u8> = bandit.arms.iter().map(|arm| level(arm, &mut rng)).collect();
        let mut order: Vec<usize> = (0..arms).collect();
        order.shuffle(&mut rng);
        order.truncate(most);
        order.iter().for_each(|&arm| state[arm] = bandit.arms[arm].reward.len() as u8 - 1);
        let mut list: Vec<u32> = order.iter().flat_map(|&arm| bandit.arms[arm].actions.iter().copied()).collect();
        list.sort_unstable();
        list.dedup();
        states.push((state, list));
    }
    let mut samples = Vec::new();
    for (state, own) in states {
        let mut lists = vec![own, (0..actions).collect()];
        lists.extend((0..actions).map(|action| vec![action]));
        lists.extend((0..actions).map(|out| (0..actions).filter(|&action| action != out).collect()));
        lists.extend((0..10).map(|_| (env.random)(&mut rng)));
        for list in lists {
            let step = rng.random_range(0..bandit.horizon);
            let reward = bandit.reward(&state, &bandit.flags(&list));
            let inputs = learned.inputs(bandit, (&state, step), &list);
            samples.push(Sample { state: state.clone(), step, list, inputs, reward });
        }
    }
    samples
}

/// What some samples lead to, for the memory: on-policy steps alone are too much alike to learn values of all actions
/// from.
fn seeds(bandit: &Bandit, samples: Vec<Sample>, config: &Config) -> Vec<Transition> {
    let mut order: Vec<Sample> = samples;
    order.shuffle(&mut stream(config.seed, "seeds", 0));
    let lead = |(index, sample): (u64, Sample)| {
        let Sample { mut state, step, list, inputs, .. } = sample;
        let scenario = bandit.luck(config.seed, "seeds", index, 0.0);
        let reward = bandit.advance(&mut state, step, &bandit.flags(&list), &scenario);
        Transition { inputs, reward, next: next(bandit, config, state, step) }
    };
    (0..).zip(order).take(config.seeds).map(lead).collect()
}

/// The state after a step, and the step that comes then; none at the end of an episode. Without the time as an input
/// the end of an episode is no different from its middle.
fn next(bandit: &Bandit, config: &Config, state: Vec<u8>, step: usize) -> Option<(Vec<u8>, usize)> {
    if config.sees_time { (step + 1 < bandit.horizon).then(|| (state, step + 1)) } else { Some((state, 0)) }
}

/// Least squares on the one-step rewards.
fn pretrain(network: &mut Mlp, samples: &[Sample], config: &Config) {
    let mut adam = Adam::new(network, config.pretrain_rate, 1.5e-4);
    let (mut passed, mut gradient) = (Passed::default(), network.zeros());
    let mut order: Vec<usize> = (0..samples.len()).collect();
    for epoch in 0..config.epochs {
        order.shuffle(&mut stream(config.seed, "pretrain", epoch as u64));
        for part in order.chunks(config.batch) {
            gradient.numbers_mut().for_each(|number| *number = 0.0);
            for &index in part {
                let Sample { inputs, reward, .. } = &samples[index];
                let error = network.forward(inputs, &mut passed) - reward;
                network.backward(&mut passed, 2.0 * error / part.len() as f64, &mut gradient);
            }
            adam.step(network, &gradient, f64::INFINITY);
        }
        adam.rate *= config.epoch_decay;
    }
}

impl Course {
    /// A pre-trained network, before the first episode.
    ///
    /// # Errors
    /// A setting that cannot be.
    pub fn new(env: &mut Env<'_>, config: &Config) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self::begin(env, config, 0, None))
    }

    /// A network after so many episodes of others: pre-trained from weights and samples of its own.
    fn begin(env: &mut Env<'_>, config: &Config, episode: u64, best: Option<(f64, Learned)>) -> Self {
        let (bandit, number) = (env.bandit, episode.checked_div(config.restart).unwrap_or(0));
        let own = Config { seed: config.seed.wrapping_add(number), ..config.clone() };
        let mut sizes = vec![bandit.actions + bandit.arms.len() + usize::from(config.sees_time)];
        sizes.extend(&config.hidden);
        let mut learned = Learned { network: Mlp::random(&sizes, own.seed), sees_time: config.sees_time };
        let samples = samples(env, &learned, &own);
        pretrain(&mut learned.network, &samples, &own);
        let mut replay = Replay::new(config.memory, config.alpha);
        seeds(bandit, samples, &own).into_iter().for_each(|transition| replay.push(transition));
        let mut course = Self {
            best,
            target: learned.clone(),
            cache: Cache::new(),
            replay,
            adam: Adam::new(&learned.network, config.rate, 1.5e-4),
            steps: 0,
            episode,
            learned,
        };
        course.compare(env, config);
        course
    }

    /// Keeps the network if it is the best so far, in the same episodes as all.
    fn compare(&mut self, env: &mut Env<'_>, config: &Config) {
        if config.validation > 0 {
            let lost = env.lost(&self.learned, config);
            if self.best.as_ref().is_none_or(|&(least, _)| lost < least) {
                self.best = Some((lost, self.learned.clone()));
            }
        }
    }

    /// The best network so far.
    pub fn answer(&self) -> &Learned {
        self.best.as_ref().map_or(&self.learned, |(_, best)| best)
    }

    /// What it loses per step against the dual bound, in units of the largest reward; none: networks are not compared.
    pub fn least(&self) -> Option<f64> {
        self.best.as_ref().map(|&(least, _)| least)
    }

    /// An episode of Q-learning.
    pub fn advance(&mut self, env: &mut Env<'_>, config: &Config) {
        if self.episode > 0 && config.restart > 0 && self.episode.is_multiple_of(config.restart) {
            *self = Self::begin(env, config, self.episode, self.best.take());
        }
        let bandit = env.bandit;
        let mut rng = stream(config.seed, "q-learning", self.episode);
        // Half of the arms begin one level up, as in the published training.
        let scenario = bandit.luck(config.seed, "q-learning episode", self.episode, 0.5);
        let mut state = scenario.start.clone();
        for step in 0..bandit.horizon {
            let [first, last, span] = config.explore;
            let explores = rng.random::<f64>() < last + (first - last) * (-(self.steps as f64) / span).exp();
            let list = if explores { (env.random)(&mut rng) } else { (env.best)(&self.learned, &state, step) };
            let inputs = self.learned.inputs(bandit, (&state, step), &list);
            let reward = bandit.advance(&mut state, step, &bandit.flags(&list), &scenario);
            self.replay.push(Transition { inputs, reward, next: next(bandit, config, state.clone(), step) });
            self.steps += 1;
            self.update(env, config, &mut rng);
            match config.target {
                Target::Soft(part) => self.target.network.approach(&self.learned.network, part),
                Target::Hard(every) if self.steps.is_multiple_of(every) => {
                    self.target.clone_from(&self.learned);
                    self.cache.clear();
                }
                Target::Hard(_) => {}
            }
        }
        self.adam.rate *= config.episode_decay;
        self.episode += 1;
        if self.episode.is_multiple_of(config.every) {
            self.compare(env, config);
        }
    }

    /// One step of the network on a batch.
    fn update(&mut self, env: &mut Env<'_>, config: &Config, rng: &mut Stream) {
        let Self { learned, target, cache, replay, adam, .. } = self;
        let (mut passed, mut gradient) = (Passed::default(), learned.network.zeros());
        for _ in 0..config.batch {
            let Some((place, weight)) = replay.draw(rng) else { return };
            let transition = replay.get(place);
            let ahead = transition.next.as_ref().map_or(0.0, |(state, step)| {
                let known = cache.entry((state.clone(), *step)).or_insert_with(|| {
                    // The online network's choice is that of the time when the target last moved, and kept till then.
                    let list = (env.best)(if config.double { learned } else { target }, state, *step);
                    (target.network.value(&target.inputs(env.bandit, (state, *step), &list)), list)
                });
                known.0
            });
            let goal = transition.reward + config.gamma * ahead;
            let error = learned.network.forward(&transition.inputs, &mut passed) - goal;
            // Huber's loss: the error itself within 1, its sign beyond.
            let slope = error.clamp(-1.0, 1.0) * weight.powf(-config.beta) / config.batch as f64;
            learned.network.backward(&mut passed, slope, &mut gradient);
            replay.update(place, error);
        }
        adam.step(&mut learned.network, &gradient, 5.0);
    }
}
