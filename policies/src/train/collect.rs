//! Sampling: trajectories of one instance from its openings. Every draw has a stream named by the instance's number in
//! the run, so that neither threads nor a restart change it.

use heuron_problems::{Cost, Generate, Stream, stream};
use rand::Rng;
use rand::seq::SliceRandom;

use crate::model::Model;
use crate::native::{Misfit, Trajectory};
use crate::rollout::Decode;
use crate::train::error::TrainError;
use crate::train::problem::Train;

/// Memory of a model at work on one instance after another.
pub(super) struct Buffers<P: Train> {
    pub encoded: <P::Model as Model<P>>::Encoded,
    pub scratch: <P::Model as Model<P>>::Scratch,
}

impl<P: Train> Default for Buffers<P> {
    fn default() -> Self {
        Self { encoded: Default::default(), scratch: Default::default() }
    }
}

/// A feasible trajectory.
pub(super) struct Path {
    pub actions: Vec<u32>,
    pub cost: Cost,
    pub log_prob: f32,
}

/// Trajectories of an instance under the policy that is being trained.
pub(super) struct Sampled {
    pub paths: Vec<Path>,
    /// Actions at the beginning that were forced: 1 with openings, 0 without.
    pub forced: usize,
}

/// Number of the `i`-th instance of a step in the whole run.
pub(super) fn number(step: u64, batch: usize, i: usize) -> u64 {
    step * batch as u64 + i as u64
}

/// The instance with number `index`. Its size is one of `sizes`, drawn as well.
pub(super) fn instance<P: Generate>(
    seed: u64,
    index: u64,
    sizes: &[usize],
    distribution: &str,
) -> Result<P, TrainError> {
    let mut rng = stream(seed, "instance", index);
    let n = sizes[rng.random_range(0..sizes.len())];
    Ok(P::generate(&P::spec(n, distribution)?, &mut rng))
}

/// First actions of greedy trajectories: all openings in order, or none at all of a problem that has no openings.
pub(super) fn openings<P: Train>(problem: &P) -> Vec<Option<u32>> {
    let openings = P::Model::openings(problem);
    if openings.is_empty() { vec![None] } else { openings.into_iter().map(Some).collect() }
}

/// Trajectories per instance of a problem without openings, where no number is set.
const SAMPLES: usize = 16;

/// First actions of `most` trajectories: all openings in order if `most` is none, else different ones, as far as there
/// are enough, in random order.
pub(super) fn starts<P: Train>(problem: &P, most: Option<usize>, seed: u64, index: u64) -> Vec<Option<u32>> {
    let mut openings = openings(problem);
    if openings == [None] {
        return vec![None; most.unwrap_or(SAMPLES)];
    }
    let Some(most) = most else { return openings };
    openings.shuffle(&mut stream(seed, "openings", index));
    openings.into_iter().cycle().take(most).collect()
}

/// Samples one trajectory per start of the instance, which it encodes. Those that break a rule are left out: they have
/// no cost.
pub(super) fn sample<P: Train>(
    model: &P::Model,
    problem: &P,
    starts: &[Option<u32>],
    draws: (u64, u64),
    buffers: &mut Buffers<P>,
) -> Result<Sampled, Misfit> {
    model.encode(problem, &mut buffers.encoded)?;
    let sampled = roll(model, problem, starts, draws, buffers);
    let path = |Trajectory { actions, cost, log_prob }| Some(Path { actions, cost: cost.ok()?, log_prob });
    let paths = sampled.into_iter().filter_map(path).collect();
    Ok(Sampled { paths, forced: usize::from(starts.first().is_some_and(Option::is_some)) })
}

/// Samples one trajectory per start of the instance that is encoded.
pub(super) fn roll<P: Train>(
    model: &P::Model,
    problem: &P,
    starts: &[Option<u32>],
    (seed, index): (u64, u64),
    Buffers { encoded, scratch }: &mut Buffers<P>,
) -> Vec<Trajectory> {
    // 2^20 trajectories per instance are more than memory holds.
    let mut streams: Vec<Stream> =
        (0..starts.len() as u64).map(|i| stream(seed, "choices", (index << 20) + i)).collect();
    model.decode(problem, encoded, starts, &mut streams, Decode::Sample { temperature: 1.0 }, scratch)
}

/// The least cost of greedy trajectories from the first `most` openings, of every agent and latent vector; none if all
/// break a rule.
pub(super) fn greedy<P: Train>(
    model: &P::Model,
    problem: &P,
    most: Option<usize>,
    latents: &[Vec<f32>],
    Buffers { encoded, scratch }: &mut Buffers<P>,
) -> Option<Cost> {
    model.encode_for_decoding(problem, encoded).ok()?;
    let mut starts = openings(problem);
    starts.truncate(most.unwrap_or(usize::MAX));
    let lanes: Vec<Option<u32>> = starts.iter().copied().cycle().take(starts.len() * latents.len().max(1)).collect();
    let best = |agent: usize| {
        let agent = model.agent(agent, encoded);
        agent.condition(encoded, latents);
        let found = agent.decode(problem, encoded, &lanes, &mut [], Decode::Greedy, scratch);
        found.into_iter().filter_map(|trajectory| trajectory.cost.ok()).min()
    };
    (0..model.agents()).filter_map(best).min()
}

/// Sums over the instances of a step.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub instances: u64,
    pub loss: f64,
    pub trajectories: u64,
    pub cost: f64,
    pub choices: u64,
    pub log_prob: f64,
    /// Starts at which candidates (agents, latent vectors) were compared, and those with a strictly best one.
    pub compared: u64,
    pub decided: u64,
    /// Starts at which every agent was strictly the best.
    pub wins: Vec<u64>,
}

impl Tally {
    /// Adds sampled trajectories.
    pub fn count(&mut self, sampled: &Sampled) {
        self.instances += 1;
        for Path { actions, cost, log_prob } in &sampled.paths {
            self.count_one(actions, *cost, *log_prob, sampled.forced);
        }
    }

    /// Adds the feasible ones of some trajectories.
    pub fn count_found(&mut self, found: &[Trajectory], forced: usize) {
        for Trajectory { actions, cost, log_prob } in found {
            if let Ok(cost) = cost {
                self.count_one(actions, *cost, *log_prob, forced);
            }
        }
    }

    fn count_one(&mut self, actions: &[u32], cost: Cost, log_prob: f32, forced: usize) {
        self.trajectories += 1;
        self.cost += cost as f64;
        self.choices += (actions.len() - forced) as u64;
        self.log_prob += f64::from(log_prob);
    }

    /// Adds comparisons of candidates, `decided` of them with a strictly best one.
    pub fn compare(&mut self, compared: usize, decided: usize) {
        self.compared += compared as u64;
        self.decided += decided as u64;
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        self.instances += other.instances;
        self.loss += other.loss;
        self.trajectories += other.trajectories;
        self.cost += other.cost;
        self.choices += other.choices;
        self.log_prob += other.log_prob;
        self.compared += other.compared;
        self.decided += other.decided;
        self.wins.resize(self.wins.len().max(other.wins.len()), 0);
        self.wins.iter_mut().zip(&other.wins).for_each(|(wins, more)| *wins += more);
    }
}
