//! Iterated greedy search for the flexible flow shop, over permutations of the jobs and over the machines' sequences.

pub mod bound;
pub mod decode;
pub mod exact;
pub mod greedy;
pub mod sequences;

use heuron_problems::Ffsp;

use crate::run::Run;
use crate::search::{Search, islands};
use bound::lower_bound;
use decode::Decoder;
use greedy::{Greedy, neh};
use sequences::plan;

/// Rounds after which every island continues from the best plan of its neighbour.
const EXCHANGE: u64 = 50;

/// Part of the time that the first permutation may take, which grows with the cube of the jobs.
const FIRST: f64 = 0.1;

/// Iterated greedy search. An iteration is a walk of reinsertions.
#[derive(Clone, Copy, Debug, Default)]
pub struct IteratedGreedy {
    /// Walks after which it leaves the rest to the next stage; none: never.
    pub walks: Option<u64>,
}

impl Search<Ffsp> for IteratedGreedy {
    fn search(&mut self, ffsp: &Ffsp, run: &mut Run<'_, Ffsp>) {
        run.set_method("iterated-greedy");
        // The order of the file is an answer in any case.
        let order: Vec<u32> = (0..ffsp.jobs as u32).collect();
        let mut decoder = Decoder::new(ffsp);
        let initial = run.best().map(|(_, plan)| ffsp.orders(plan));
        run.offer(&plan(ffsp, &decoder.sequences(&order)));
        run.raise_bound(lower_bound(ffsp));
        let bound = run.bound().unwrap_or(0);
        let watch = run.watch();
        let early = watch.remaining().map_or(watch.clone(), |time| watch.within(time.mul_f64(FIRST)));
        let permutation = neh(ffsp, &early);
        run.offer(&plan(ffsp, &decoder.sequences(&permutation)));
        let orders = decoder.sequences(&permutation);
        // A later stage of this search must not walk where an earlier one has been.
        let (islands, before) = (run.setup().islands.max(1) as u64, run.iterations());
        let stream = |index| run.stream("ffsp", before * islands + index);
        let island = |index| Greedy::new(ffsp, orders.clone(), bound, stream(index));
        let mut group: Vec<(Greedy<'_>, u64)> = (0..islands).map(|index| (island(index), 0)).collect();
        if let (Some(sequences), Some((first, _))) = (initial, group.first_mut()) {
            first.adopt(&sequences);
        }
        let mut left = self.walks.unwrap_or(u64::MAX);
        for round in 1.. {
            if left == 0 || !run.proceed(0) {
                return;
            }
            left -= evolve(ffsp, &mut group, left, run);
            if round % EXCHANGE == 0 && group.len() > 1 {
                let elites: Vec<_> = group.iter().map(|(island, _)| island.best().1.clone()).collect();
                let count = group.len();
                elites.iter().enumerate().for_each(|(index, elite)| group[(index + 1) % count].0.adopt(elite));
            }
        }
    }
}

/// One round of all islands, of `most` walks in all; returns the walks done.
fn evolve(ffsp: &Ffsp, group: &mut [(Greedy<'_>, u64)], most: u64, run: &mut Run<'_, Ffsp>) -> u64 {
    let (count, threads, watch) = (group.len() as u64, run.setup().threads, run.watch());
    let round = (20_000 / (ffsp.jobs * ffsp.stages()).max(1) as u64).clamp(1, 100);
    let allowed = run.allowance((round * count).min(most));
    islands(threads, group, |index, (island, done)| {
        let share = allowed / count + u64::from((index as u64) < allowed % count);
        *done = island.evolve(share, &watch);
    });
    for (island, _) in group.iter() {
        let (makespan, sequences) = island.best();
        if run.cost().is_none_or(|cost| *makespan < cost) {
            run.offer(&plan(ffsp, sequences));
        }
    }
    let done = group.iter().map(|(_, done)| done).sum();
    run.proceed(done);
    done
}
