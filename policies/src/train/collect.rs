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

/// First actions of `most` trajectories: all openings in order if `most` is none, else different ones, as far as there
/// are enough, in random order.
pub(super) fn starts<P: Train>(
    model: &P::Model,
    problem: &P,
    most: Option<usize>,
    (seed, index): (u64, u64),
) -> Vec<Option<u32>> {
    let mut openings = model.openings(problem);
    let Some(most) = most else {
        return if openings.is_empty() { vec![None] } else { openings.into_iter().map(Some).collect() };
    };
    if openings.is_empty() {
        return vec![None; most];
    }
    openings.shuffle(&mut stream(seed, "openings", index));
    openings.into_iter().map(Some).cycle().take(most).collect()
}

/// Samples one trajectory per start of the instance, which it encodes. Those that break a rule are left out: they have
/// no cost.
pub(super) fn sample<P: Train>(
    model: &P::Model,
    problem: &P,
    starts: &[Option<u32>],
    (seed, index): (u64, u64),
    Buffers { encoded, scratch }: &mut Buffers<P>,
) -> Result<Sampled, Misfit> {
    model.encode(problem, encoded)?;
    // 2^20 trajectories per instance are more than memory holds.
    let mut streams: Vec<Stream> =
        (0..starts.len() as u64).map(|i| stream(seed, "choices", (index << 20) + i)).collect();
    let sampled = model.decode(problem, encoded, starts, &mut streams, Decode::Sample { temperature: 1.0 }, scratch);
    let path = |Trajectory { actions, cost, log_prob }| Some(Path { actions, cost: cost.ok()?, log_prob });
    let paths = sampled.into_iter().filter_map(path).collect();
    Ok(Sampled { paths, forced: usize::from(starts.first().is_some_and(Option::is_some)) })
}

/// The least cost of greedy trajectories from the first `most` openings; none if all break a rule.
pub(super) fn greedy<P: Train>(
    model: &P::Model,
    problem: &P,
    most: Option<usize>,
    Buffers { encoded, scratch }: &mut Buffers<P>,
) -> Option<Cost> {
    model.encode(problem, encoded).ok()?;
    let mut starts = starts(model, problem, None, (0, 0));
    starts.truncate(most.unwrap_or(usize::MAX));
    let found = model.decode(problem, encoded, &starts, &mut [], Decode::Greedy, scratch);
    found.into_iter().filter_map(|trajectory| trajectory.cost.ok()).min()
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
}

impl Tally {
    /// Adds sampled trajectories.
    pub fn count(&mut self, sampled: &Sampled) {
        self.instances += 1;
        for Path { actions, cost, log_prob } in &sampled.paths {
            self.trajectories += 1;
            self.cost += *cost as f64;
            self.choices += (actions.len() - sampled.forced) as u64;
            self.log_prob += f64::from(*log_prob);
        }
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        self.instances += other.instances;
        self.loss += other.loss;
        self.trajectories += other.trajectories;
        self.cost += other.cost;
        self.choices += other.choices;
        self.log_prob += other.log_prob;
    }
}
