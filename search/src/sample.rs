//! Best of many rollouts of a policy: greedily from every opening (POMO; Kwon et al., 2020), then sampled.

use heuron_policies::{Decode, Policy, Start};
use heuron_problems::{Construct, Cost};

use crate::run::{Run, Watch};
use crate::search::{Search, islands};

/// Steps times actions that an island scores per round: some tens of milliseconds for a rule.
const ROUND_WORK: usize = 20_000_000;

/// Most lanes that an island advances together.
const MAX_LANES: usize = 64;

/// Rolls out a policy. An iteration is one trajectory; the k-th depends on seed and k only, so that islands and
/// threads change nothing but the time.
#[derive(Clone, Debug)]
pub struct Sample<A> {
    /// What chooses.
    pub policy: A,
    /// Once every opening was tried greedily, actions are sampled at this temperature; none: the search ends there.
    pub temperature: Option<f32>,
    /// Part of the time left that the search may take; 1: all of it.
    pub share: f64,
}

/// The share of one island.
struct Island<P: Construct, M> {
    memory: Option<M>,
    /// Number of the first trajectory of the round, and of the first that is not ours.
    from: u64,
    to: u64,
    best: Option<(Cost, P::Solution)>,
}

impl<P: Construct, A: Policy<P>> Search<P> for Sample<A> {
    fn search(&mut self, problem: &P, run: &mut Run<'_, P>) {
        run.set_method("rollouts");
        let openings = problem.openings();
        let (threads, seed, watch) = (run.setup().threads, run.setup().seed, run.watch());
        let watch = watch.remaining().map_or(watch.clone(), |left| watch.within(left.mul_f64(self.share)));
        let limit = if self.temperature.is_none() { openings.len().max(1) as u64 } else { u64::MAX };
        let lanes = (ROUND_WORK / problem.width().pow(2).max(1)).clamp(1, MAX_LANES) as u64;
        let empty = || Island::<P, A::Memory> { memory: None, from: 0, to: 0, best: None };
        let mut group: Vec<_> = (0..run.setup().islands.max(1)).map(|_| empty()).collect();
        // The first round is one trajectory, so that there is a solution as soon as possible.
        let (mut done, mut wanted) = (0, 1);
        loop {
            let count = run.allowance(wanted).min(limit - done);
            deal(&mut group, done, count);
            islands(threads, &mut group, |_, island| {
                self.trajectories(problem, &openings, seed, &watch, island);
            });
            // Ties go to the lowest trajectory, whatever the islands are: they hold ascending ranges.
            for (_, solution) in group.iter_mut().filter_map(|island| island.best.take()) {
                run.offer(&solution);
            }
            done += count;
            if !run.proceed(count) || count == 0 || done == limit || watch.is_late() {
                return;
            }
            wanted = lanes * group.len() as u64;
        }
    }
}

/// Splits the trajectories `done..done + count` into consecutive shares, as equal as can be.
fn deal<P: Construct, M>(group: &mut [Island<P, M>], done: u64, count: u64) {
    let parts = group.len() as u64;
    for (index, island) in (0..).zip(group) {
        island.from = done + count * index / parts;
        island.to = done + count * (index + 1) / parts;
    }
}

impl<A> Sample<A> {
    /// Rolls out the island's share: the greedy ones together, then the sampled ones.
    fn trajectories<P: Construct>(
        &self,
        problem: &P,
        openings: &[u32],
        seed: u64,
        watch: &Watch,
        island: &mut Island<P, A::Memory>,
    ) where
        A: Policy<P>,
    {
        if island.from == island.to {
            return;
        }
        let batch = std::slice::from_ref(problem);
        let memory = island.memory.get_or_insert_with(|| self.policy.encode(batch));
        let greedy = (openings.len().max(1) as u64).clamp(island.from, island.to);
        let sample = self.temperature.map_or(Decode::Greedy, |temperature| Decode::Sample { temperature });
        for (range, decode) in [(island.from..greedy, Decode::Greedy), (greedy..island.to, sample)] {
            let start = |k: u64| Start {
                instance: 0,
                // Sampled trajectories go through the openings again and again.
                opening: openings.get(k as usize % openings.len().max(1)).copied(),
                stream: heuron_problems::stream(seed, "rollout", k),
            };
            let starts = range.map(start).collect();
            let Some(outcomes) = self.policy.construct(memory, batch, starts, decode, &|| watch.is_late()) else {
                return;
            };
            for outcome in outcomes {
                if let Ok(cost) = outcome.cost
                    && island.best.as_ref().is_none_or(|(best, _)| cost < *best)
                {
                    island.best = Some((cost, outcome.solution));
                }
            }
        }
    }
}
