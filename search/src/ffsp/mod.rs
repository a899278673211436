//! Iterated greedy search for the flexible flow shop, over permutations of the jobs and over the machines' sequences.

pub mod bound;
pub mod decode;
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
pub struct IteratedGreedy;

impl Search<Ffsp> for IteratedGreedy {
    fn search(&mut self, ffsp: &Ffsp, run: &mut Run<'_, Ffsp>) {
        run.set_method("iterated-greedy");
        let bound = lower_bound(ffsp);
        run.raise_bound(bound);
        // The order of the file is an answer in any case.
        let order: Vec<u32> = (0..ffsp.jobs as u32).collect();
        let mut decoder = Decoder::new(ffsp);
        let initial = run.best().map(|(_, plan)| ffsp.orders(plan));
        run.offer(&plan(ffsp, &decoder.sequences(&order)));
        let watch = run.watch();
        let early = watch.remaining().map_or(watch.clone(), |time| watch.within(time.mul_f64(FIRST)));
        let permutation = neh(ffsp, &early);
        run.offer(&plan(ffsp, &decoder.sequences(&permutation)));
        let orders = decoder.sequences(&permutation);
        let island = |index| Greedy::new(ffsp, orders.clone(), bound, run.stream("ffsp", index));
        let mut group: Vec<(Greedy<'_>, u64)> =
            (0..run.setup().islands.max(1) as u64).map(|index| (island(index), 0)).collect();
        if let (Some(sequences), Some((first, _))) = (initial, group.first_mut()) {
            first.adopt(&sequences);
        }
        for round in 1.. {
            if !run.proceed(0) {
                return;
            }
            evolve(ffsp, &mut group, run);
            if round % EXCHANGE == 0 && group.len() > 1 {
                let elites: Vec<_> = group.iter().map(|(island, _)| island.best().1.clone()).collect();
                let count = group.len();
                elites.iter().enumerate().for_each(|(index, elite)| group[(index + 1) % count].0.adopt(elite));
            }
        }
    }
}

/// One round of all islands.
fn evolve(ffsp: &Ffsp, group: &mut [(Greedy<'_>, u64)], run: &mut Run<'_, Ffsp>) {
    let (count, threads, watch) = (group.len() as u64, run.setup().threads, run.watch());
    let round = (20_000 / (ffsp.jobs * ffsp.stages()).max(1) as u64).clamp(1, 100);
    let allowed = run.allowance(round * count);
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
    run.proceed(group.iter().map(|(_, done)| done).sum());
}
