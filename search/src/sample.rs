//! Best of many constructions of a policy: greedily from every opening (POMO; Kwon et al., 2020), then sampled.

use heuron_problems::{Construct, Cost};

use crate::run::Run;
use crate::search::{Search, islands};
use crate::trajectories::Trajectories;

/// Steps times actions that an island scores per round: some tens of milliseconds.
const ROUND_WORK: usize = 20_000_000;

/// Most lanes that an island advances together.
const MAX_LANES: usize = 64;

/// Takes constructions from a source. An iteration is one of them; the k-th depends on seed and k only, so that islands
/// and threads change nothing but the time.
#[derive(Clone, Debug)]
pub struct Sample<T> {
    /// Where they come from.
    pub source: T,
    /// Samples at most, once every greedy construction is there.
    pub samples: u64,
    /// Part of the time left that the search may take.
    pub share: f64,
}

/// The share of one island.
struct Island<P: Construct, M> {
    memory: M,
    /// Number of the first construction of the round, and of the first that is not ours.
    from: u64,
    to: u64,
    best: Option<(Cost, P::Solution)>,
}

impl<P: Construct, T: Trajectories<P>> Search<P> for Sample<T> {
    fn search(&mut self, problem: &P, run: &mut Run<'_, P>) {
        run.set_method("rollouts");
        let (threads, seed, watch) = (run.setup().threads, run.setup().seed, run.watch());
        let watch = watch.remaining().map_or(watch.clone(), |left| watch.within(left.mul_f64(self.share)));
        let greedy = self.source.greedy(problem);
        let limit = greedy.saturating_add(self.samples);
        let lanes = (ROUND_WORK / problem.width().pow(2).max(1)).clamp(1, MAX_LANES) as u64;
        let empty = || Island { memory: T::Memory::default(), from: 0, to: 0, best: None };
        let mut group: Vec<Island<P, T::Memory>> = (0..run.setup().islands.max(1)).map(|_| empty()).collect();
        // The first round is one construction, so that there is a solution as soon as possible.
        let (mut done, mut wanted) = (0, 1);
        loop {
            let count = run.allowance(wanted).min(limit - done);
            deal(&mut group, done, count);
            islands(threads, &mut group, |_, island| {
                let middle = greedy.clamp(island.from, island.to);
                for range in [island.from..middle, middle..island.to].into_iter().filter(|range| !range.is_empty()) {
                    let found = self.source.best(problem, range, seed, &mut island.memory, &watch);
                    let better = found.filter(|(cost, _)| island.best.as_ref().is_none_or(|(best, _)| cost < best));
                    island.best = better.or(island.best.take());
                }
            });
            // Ties go to the lowest number, whatever the islands are: they hold ascending ranges.
            for (_, solution) in group.iter_mut().filter_map(|island| island.best.take()) {
                run.offer(&solution);
                if T::IS_MODEL {
                    run.credit_model();
                }
            }
            done += count;
            if !run.proceed(count) || count == 0 || done == limit || watch.is_late() {
                return;
            }
            wanted = lanes * group.len() as u64;
        }
    }
}

/// Splits the constructions `done..done + count` into consecutive shares, as equal as can be.
fn deal<P: Construct, M>(group: &mut [Island<P, M>], done: u64, count: u64) {
    let parts = group.len() as u64;
    for (index, island) in (0..).zip(group) {
        island.from = done + count * index / parts;
        island.to = done + count * (index + 1) / parts;
    }
}
