//! Iterated greedy search: parts of a plan are taken out and put back where they fit best (R. Ruiz and T. Stützle, "A
//! simple and effective iterated greedy algorithm for the permutation flowshop scheduling problem", EJOR 177, 2007).
//!
//! The part is an operation, mostly a critical one, which goes to any place of any machine of its stage: a walk of such
//! reinsertions. Where the machines of the stages are alike, walks begin at permutations of the jobs, from which jobs
//! were taken out and put back: the rule that turns a permutation into a plan then finds good machines by itself. Where
//! they are not, it would lose what a walk has found, and walks go on where the last one ended.

use heuron_problems::{Cost, Ffsp, Stream};
use rand::Rng;

use super::decode::Decoder;
use super::sequences::{Operation, Sequences, plan};
use crate::run::Watch;

/// Jobs that are taken out of a permutation, and operations that are moved where a search goes back. (Ruiz and Stützle,
/// 2007.)
const DESTROYED: usize = 4;

/// Temperature of the acceptance of permutations, in mean processing times. (As above.)
const TEMPERATURE: f64 = 0.04;

/// Reinsertions without a better plan that end a walk. (As all numbers below: generated and public instances, by seeds
/// above 100.)
const PATIENCE: u64 = 200;

/// Temperature of the acceptance of reinsertions, in mean processing times.
const WARMTH: f64 = 0.05;

/// What a unit of processing time more counts, in units of makespan: most places for an operation leave the makespan as
/// it is, and fast machines leave room for others.
const LOAD: f64 = 0.5;

/// Part of the reinsertions whose operation may be any, not a critical one.
const ANY: f64 = 0.2;

/// Walks without a new best plan after which the search goes back to the best one.
const STALE: u64 = 200;

/// Operations that are scheduled again between two looks at the clock.
const POLL: usize = 20_000;

/// One island of iterated greedy search.
#[derive(Clone, Debug)]
pub struct Greedy<'p> {
    ffsp: &'p Ffsp,
    rng: Stream,
    decoder: Decoder<'p>,
    current: Sequences,
    /// Where machines are alike: the permutation that the next one starts from, and the makespan after its walk.
    accepted: Option<(Cost, Vec<u32>)>,
    /// Orders \[stages\]\[machines\] of the best plan, and its makespan.
    best: (Cost, Vec<Vec<Vec<u32>>>),
    /// Walks since the best plan, or since the search went back to it.
    stale: u64,
    /// Mean processing time.
    mean: f64,
    bound: Cost,
    path: Vec<Operation>,
}

impl<'p> Greedy<'p> {
    /// An island that begins with jobs in order \[stages\]\[machines\]. `bound` is a lower bound on the makespan.
    pub fn new(ffsp: &'p Ffsp, orders: Vec<Vec<Vec<u32>>>, bound: Cost, rng: Stream) -> Self {
        let times = || ffsp.times.iter().flatten().flatten();
        let alike = ffsp.times.iter().flatten().all(|row| row.iter().all(|time| *time == row[0]));
        let current = Sequences::new(ffsp, &orders);
        Self {
            rng,
            decoder: Decoder::new(ffsp),
            accepted: alike.then(|| (current.makespan(), permutation(ffsp, &orders))),
            best: (current.makespan(), orders),
            current,
            mean: times().sum::<Cost>() as f64 / times().count().max(1) as f64,
            stale: 0,
            bound,
            path: Vec::new(),
            ffsp,
        }
    }

    /// The orders \[stages\]\[machines\] of the best plan so far, and its makespan.
    pub fn best(&self) -> &(Cost, Vec<Vec<Vec<u32>>>) {
        &self.best
    }

    /// Continues from the orders \[stages\]\[machines\] of another plan.
    pub fn adopt(&mut self, orders: &[Vec<Vec<u32>>]) {
        self.current.load(orders);
        if let Some(accepted) = &mut self.accepted {
            *accepted = (self.current.makespan(), permutation(self.ffsp, orders));
        }
        self.keep();
    }

    /// Up to `count` walks; fewer only if the watch says stop or the best plan is optimal.
    pub fn evolve(&mut self, count: u64, watch: &Watch) -> u64 {
        for done in 0..count {
            if self.best.0 <= self.bound || watch.is_over(self.best.0) {
                return done;
            }
            match self.accepted.take() {
                Some(accepted) => self.reconstruct(accepted, watch),
                None => self.go_on(watch),
            }
        }
        count
    }

    /// A walk from a permutation that some jobs were taken out of and put back into.
    fn reconstruct(&mut self, before: (Cost, Vec<u32>), watch: &Watch) {
        let mut permutation = before.1.clone();
        let taken: Vec<u32> = (0..DESTROYED.min(permutation.len()))
            .map(|_| permutation.remove(self.rng.random_range(0..permutation.len())))
            .collect();
        for job in taken {
            if !insert_best(&mut self.decoder, &mut permutation, job, watch) {
                self.accepted = Some(before);
                return;
            }
        }
        self.current.load(&self.decoder.sequences(&permutation));
        self.keep();
        let makespan = self.walk(watch);
        let is_accepted = self.accepts((makespan - before.0) as f64, TEMPERATURE);
        self.accepted = Some(if is_accepted { (makespan, permutation) } else { before });
    }

    /// A walk from where the last one ended, or from near the best plan if many walks have not found a better one.
    fn go_on(&mut self, watch: &Watch) {
        let record = self.best.0;
        if self.stale == STALE {
            self.stale = 0;
            self.current.load(&self.best.1);
            (0..DESTROYED).for_each(|_| self.put_anywhere());
        }
        self.walk(watch);
        self.stale = if self.best.0 < record { 0 } else { self.stale + 1 };
    }

    /// Takes any operation out and puts it anywhere.
    fn put_anywhere(&mut self) {
        let operation = self.any();
        let own = self.current.place(operation);
        self.current.take(operation, own);
        let (mut count, mut chosen) = (0, own);
        let rng = &mut self.rng;
        self.current.places(operation, |place, _| {
            count += 1;
            if rng.random_range(0..count) == 0 {
                chosen = place;
            }
        });
        self.current.put(operation, chosen);
        self.keep();
    }

    /// Reinsertions until many in a row bring nothing; returns the least makespan.
    pub fn walk(&mut self, watch: &Watch) -> Cost {
        let poll = (POLL / (self.current.stages() * self.current.jobs()).max(1)).max(1) as u64;
        let (mut least, mut idle) = (self.current.makespan(), 0);
        while idle < PATIENCE && least > self.bound {
            if idle % poll == 0 && watch.is_over(self.best.0) {
                break;
            }
            self.reinsert();
            idle += 1;
            if self.current.makespan() < least {
                (least, idle) = (self.current.makespan(), 0);
            }
        }
        least
    }

    /// Takes an operation out and puts it at the best other place, or back where that is too bad.
    fn reinsert(&mut self) {
        let Some(operation) = self.operation() else { return };
        let (own, before) = (self.current.place(operation), self.current.makespan());
        self.current.take(operation, own);
        let (mut least, mut ties, mut chosen) = (f64::INFINITY, 0, None);
        let (current, rng) = (&self.current, &mut self.rng);
        current.places(operation, |place, makespan| {
            let energy = makespan as f64 + LOAD * current.time(place.line, operation.job) as f64;
            if energy > least || place == own {
                return;
            }
            ties = if energy < least { 1 } else { ties + 1 };
            least = energy;
            if rng.random_range(0..ties) == 0 {
                chosen = Some(place);
            }
        });
        let worse = least - (before as f64 + LOAD * current.time(own.line, operation.job) as f64);
        match chosen.filter(|_| self.accepts(worse, WARMTH)) {
            Some(place) => {
                self.current.put(operation, place);
                self.keep();
            }
            None => self.current.put_back(operation, own),
        }
    }

    /// An operation of a random critical path, or any; none without jobs.
    fn operation(&mut self) -> Option<Operation> {
        if self.current.jobs() > 0 && self.rng.random_bool(ANY) {
            return Some(self.any());
        }
        self.current.critical_path(&mut self.rng, &mut self.path);
        (!self.path.is_empty()).then(|| self.path[self.rng.random_range(0..self.path.len())])
    }

    fn any(&mut self) -> Operation {
        let stage = self.rng.random_range(0..self.current.stages());
        Operation { stage, job: self.rng.random_range(0..self.current.jobs() as u32) }
    }

    /// Metropolis' criterion at a temperature in mean processing times.
    fn accepts(&mut self, worse: f64, temperature: f64) -> bool {
        worse <= 0.0 || self.rng.random::<f64>() < (-worse / (temperature * self.mean).max(1e-9)).exp()
    }

    fn keep(&mut self) {
        if self.current.makespan() < self.best.0 {
            self.best = (self.current.makespan(), self.current.orders());
        }
    }
}

/// Jobs as they begin.
fn permutation(ffsp: &Ffsp, orders: &[Vec<Vec<u32>>]) -> Vec<u32> {
    let tasks = plan(ffsp, orders).tasks;
    let mut jobs: Vec<u32> = (0..ffsp.jobs as u32).collect();
    jobs.sort_by_key(|&job| tasks[job as usize].first().map(|task| task.start));
    jobs
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
