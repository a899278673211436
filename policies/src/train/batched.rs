//! Steps on a device other than the processor: the burn network samples and learns for many instances at once, by the
//! same weights per trajectory and step as the native path.
//!
//! Such a run depends on the device too, whose sums have an order of their own.

use heuron_problems::{Cost, stream};

use crate::native::{Misfit, Replay};
use crate::net::Learner;
use crate::rollout::{Decode, Outcome, Start, rollout};
use crate::train::collect::{Path, Sampled, instance, openings, starts};
use crate::train::config::Config;
use crate::train::error::TrainError;
use crate::train::problem::Train;

/// Instances of one width with what was sampled of them.
pub(super) struct Batch<P> {
    pub problems: Vec<P>,
    /// Their numbers in the run.
    pub numbers: Vec<u64>,
    pub sampled: Vec<Sampled>,
    /// Log-probabilities, entropies and values of what was sampled.
    pub replays: Vec<Replay>,
}

impl<P> Batch<P> {
    /// Actions at the beginning of every trajectory that were forced.
    pub fn forced(&self) -> usize {
        self.sampled.first().map_or(0, |sampled| sampled.forced)
    }

    /// The instances.
    pub fn references(&self) -> Vec<&P> {
        self.problems.iter().collect()
    }
}

/// Samples the instances with these numbers, grouped by their width, the narrow ones first.
pub(super) fn sample_all<P: Train>(
    model: &P::OnDevice,
    config: &Config,
    numbers: &[u64],
    sizes: &[usize],
) -> Result<Vec<Batch<P>>, TrainError> {
    let mut groups: Vec<(Vec<P>, Vec<u64>)> = Vec::new();
    for &number in numbers {
        let problem: P = instance(config.seed, number, sizes, &config.distribution)?;
        model.fits(&problem)?;
        match groups.iter_mut().find(|(problems, _)| problems[0].width() == problem.width()) {
            Some((problems, numbers)) => {
                problems.push(problem);
                numbers.push(number);
            }
            None => groups.push((vec![problem], vec![number])),
        }
    }
    groups.sort_by_key(|(problems, _)| problems[0].width());
    Ok(groups
        .into_iter()
        .map(|(problems, numbers)| sample(model, config, problems, numbers))
        .collect::<Result<_, _>>()?)
}

fn sample<P: Train>(
    model: &P::OnDevice,
    config: &Config,
    problems: Vec<P>,
    numbers: Vec<u64>,
) -> Result<Batch<P>, Misfit> {
    let openings = |(instance, (problem, &number)): (usize, (&P, &u64))| {
        let starts = starts(problem, config.starts, config.seed, number);
        let start = move |(i, opening)| Start {
            instance,
            opening,
            stream: stream(config.seed, "choices", (number << 20) + i as u64),
        };
        starts.into_iter().enumerate().map(start).collect::<Vec<_>>()
    };
    let starts: Vec<Start> = problems.iter().zip(&numbers).enumerate().flat_map(openings).collect();
    let forced = usize::from(starts.first().is_some_and(|start| start.opening.is_some()));
    let mut sampled: Vec<Sampled> = problems.iter().map(|_| Sampled { paths: Vec::new(), forced }).collect();
    for (instance, Outcome { actions, cost, .. }) in roll(model, &problems, starts, Decode::Sample { temperature: 1.0 })
    {
        if let Ok(cost) = cost {
            sampled[instance].paths.push(Path { actions, cost, log_prob: 0.0 });
        }
    }
    let traces = |sampled: &Sampled| sampled.paths.iter().map(|path| path.actions.clone()).collect();
    let traces: Vec<Vec<Vec<u32>>> = sampled.iter().map(traces).collect();
    let replays = model.replay(&problems.iter().collect::<Vec<_>>(), &traces, forced)?;
    for (sampled, replay) in sampled.iter_mut().zip(&replays) {
        let paths = sampled.paths.iter_mut().zip(&replay.log_probs);
        paths.for_each(|(path, log_probs)| path.log_prob = log_probs.iter().sum());
    }
    Ok(Batch { problems, numbers, sampled, replays })
}

/// Rollouts with the numbers of their instances.
fn roll<P: Train>(
    model: &P::OnDevice,
    problems: &[P],
    starts: Vec<Start>,
    decode: Decode,
) -> impl Iterator<Item = (usize, Outcome<P>)> {
    let instances: Vec<usize> = starts.iter().map(|start| start.instance).collect();
    let mut memory = crate::policy::Policy::encode(model, problems);
    let outcomes = rollout(model, &mut memory, problems, starts, decode, || false);
    instances.into_iter().zip(outcomes.into_iter().flatten())
}

/// The least costs of greedy trajectories from the first `most` openings, as [`super::collect::greedy`] finds them.
pub(super) fn greedy_all<P: Train>(model: &P::OnDevice, problems: &[P], most: Option<usize>) -> Vec<Option<Cost>> {
    let mut best = vec![None; problems.len()];
    let mut order: Vec<usize> = (0..problems.len()).collect();
    order.sort_by_key(|&index| problems[index].width());
    for group in order.chunk_by(|&a, &b| problems[a].width() == problems[b].width()) {
        let batch: Vec<P> = group.iter().map(|&index| problems[index].clone()).collect();
        let open = |(instance, problem): (usize, &P)| {
            let mut openings = openings(problem);
            openings.truncate(most.unwrap_or(usize::MAX));
            let start = move |opening| Start { instance, opening, stream: stream(0, "greedy", 0) };
            openings.into_iter().map(start).collect::<Vec<_>>()
        };
        let starts = batch.iter().enumerate().flat_map(open).collect();
        for (instance, outcome) in roll(model, &batch, starts, Decode::Greedy) {
            let best: &mut Option<Cost> = &mut best[group[instance]];
            *best = best.iter().copied().chain(outcome.cost.ok()).min();
        }
    }
    best
}
