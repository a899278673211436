//! Iterated greedy search over permutations of the jobs: some jobs are taken out and put back where they fit best (R.
//! Ruiz and T. Stützle, "A simple and effective iterated greedy algorithm for the permutation flowshop scheduling
//! problem", EJOR 177, 2007). Every new plan goes through a walk of reinsertions.

use heuron_problems::{Cost, Ffsp, Stream};
use rand::Rng;

use super::decode::Decoder;
use super::reinsert::{Reinsertion, plan};
use crate::run::Watch;

/// Jobs that are taken out. (Ruiz and Stützle, 2007.)
const DESTROYED: usize = 4;

/// Temperature of acceptance in mean processing times. (As above.)
const TEMPERATURE: f64 = 0.04;

/// Work of a walk in visited operations, which bounds its patience on large instances.
const WALK: usize = 400_000;

/// One island of iterated greedy search.
#[derive(Clone, Debug)]
pub struct Greedy<'p> {
    ffsp: &'p Ffsp,
    rng: Stream,
    decoder: Decoder<'p>,
    walk: Reinsertion<'p>,
    /// The permutation that the next one starts from, and the makespan of its plan after the walk.
    current: (Cost, Vec<u32>),
    /// The best sequences \[stages\]\[machines\] and their makespan.
    best: (Cost, Vec<Vec<Vec<u32>>>),
    temperature: f64,
    bound: Cost,
}

impl<'p> Greedy<'p> {
    /// An island that begins with `permutation`. `bound` is a lower bound on the makespan.
    pub fn new(ffsp: &'p Ffsp, permutation: Vec<u32>, bound: Cost, rng: Stream) -> Self {
        let mut decoder = Decoder::new(ffsp);
        let sequences = decoder.sequences(&permutation);
        let walk = Reinsertion::new(ffsp, sequences.clone());
        let times: Vec<Cost> = ffsp.times.iter().flatten().flatten().copied().collect();
        let mean = times.iter().sum::<Cost>() as f64 / times.len().max(1) as f64;
        Self {
            ffsp,
            rng,
            decoder,
            current: (walk.makespan(), permutation),
            best: (walk.makespan(), sequences),
            walk,
            temperature: TEMPERATURE * mean,
            bound,
        }
    }

    /// The best sequences so far and their makespan.
    pub fn best(&self) -> &(Cost, Vec<Vec<Vec<u32>>>) {
        &self.best
    }

    /// Continues from the sequences of another plan.
    pub fn adopt(&mut self, sequences: &[Vec<Vec<u32>>]) {
        let tasks = plan(self.ffsp, sequences).tasks;
        let mut permutation = self.current.1.clone();
        permutation.sort_by_key(|&job| tasks[job as usize].first().map(|task| task.start));
        self.walk.load(sequences.to_vec());
        self.current = (self.walk.makespan(), permutation);
        self.keep();
    }

    /// Up to `count` destructions and reconstructions; fewer only if the watch says stop or the best plan is optimal.
    pub fn evolve(&mut self, count: u64, watch: &Watch) -> u64 {
        for done in 0..count {
            if self.best.0 <= self.bound || watch.is_over(self.best.0) {
                return done;
            }
            let mut permutation = self.current.1.clone();
            let taken: Vec<u32> = (0..DESTROYED.min(permutation.len()))
                .map(|_| permutation.remove(self.rng.random_range(0..permutation.len())))
                .collect();
            for job in taken {
                if !insert_best(&mut self.decoder, &mut permutation, job, watch) {
                    return done;
                }
            }
            let makespan = self.improve(&permutation, watch);
            let worse = (makespan - self.current.0) as f64;
            if worse <= 0.0 || self.rng.random::<f64>() < (-worse / self.temperature.max(1e-9)).exp() {
                self.current = (makespan, permutation);
            }
        }
        count
    }

    /// The makespan of the permutation's plan after a walk.
    fn improve(&mut self, permutation: &[u32], watch: &Watch) -> Cost {
        self.walk.load(self.decoder.sequences(permutation));
        let operations = self.ffsp.jobs * self.ffsp.stages();
        let patience = (WALK / (operations * (self.ffsp.stages() + 10))).clamp(10, 500) as u64;
        self.walk.walk(patience, self.bound, &mut self.rng, watch);
        self.keep();
        self.walk.best().0
    }

    fn keep(&mut self) {
        if self.walk.best().0 < self.best.0 {
            self.best.clone_from(self.walk.best());
        }
    }
}

/// Inserts a job where the partial permutation's makespan is least, at the first such place; false, and anywhere, if
/// the watch says stop before.
fn insert_best(decoder: &mut Decoder<'_>, permutation: &mut Vec<u32>, job: u32, watch: &Watch) -> bool {
    let (mut best, mut chosen) = (Cost::MAX, 0);
    permutation.push(job);
    for at in (0..permutation.len()).rev() {
        let makespan = decoder.makespan(permutation);
        if makespan <= best {
            (best, chosen) = (makespan, at);
        }
        if at > 0 {
            permutation.swap(at, at - 1);
        }
        if at % 16 == 0 && watch.is_late() {
            return false;
        }
    }
    permutation[..=chosen].rotate_left(1);
    true
}

/// Jobs by falling work, each inserted where it fits best (M. Nawaz, E. E. Enscore and I. Ham, 1983). Jobs that there
/// is no time to insert well come last.
pub fn neh(ffsp: &Ffsp, watch: &Watch) -> Vec<u32> {
    let work = |&job: &u32| -> Cost { ffsp.times.iter().map(|stage| stage[job as usize].iter().sum::<Cost>()).sum() };
    let mut jobs: Vec<u32> = (0..ffsp.jobs as u32).collect();
    jobs.sort_by_key(|job| std::cmp::Reverse(work(job)));
    let mut decoder = Decoder::new(ffsp);
    let mut permutation = Vec::with_capacity(jobs.len());
    for (done, &job) in jobs.iter().enumerate() {
        if !insert_best(&mut decoder, &mut permutation, job, watch) {
            permutation.extend_from_slice(&jobs[done + 1..]);
            break;
        }
    }
    permutation
}
