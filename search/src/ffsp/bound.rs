//! Lower bounds: the longest job, and every stage alone with heads and tails (D. L. Santos, J. L. Hunsucker and D. E.
//! Deal, "Global lower bounds for flow shops with multiple processors", EJOR 80, 1995), for sets of jobs (J. Carlier,
//! "Scheduling jobs with release dates and tails on identical machines to minimize the makespan", EJOR 29, 1987), and
//! with weights of unrelated machines, which are the dual of fractional assignment (S. L. van de Velde, "Duality-based
//! algorithms for scheduling unrelated parallel machines", ORSA Journal on Computing 5, 1993).

use std::cmp::Reverse;

use heuron_problems::{Cost, Ffsp};

/// About the sum of a stage's weights: they are whole numbers, so that bounds are exact.
const TOTAL: f64 = 1_048_576.0;

/// Steps towards the best weights, and the work that those of all stages may take, in times looked at: some ten
/// milliseconds.
const STEPS: usize = 200;
const WEIGHING: usize = 8_000_000;

/// Work that sets of jobs may take at all stages, in jobs looked at times machines: some ten milliseconds. Where there
/// are more, all jobs count together only.
const CHOOSING: usize = 4_000_000;

/// Shortest times of jobs, and what they take at least before and behind every stage.
#[derive(Clone, Debug)]
pub struct Least {
    /// \[stages\]\[jobs\]
    pub times: Vec<Vec<Cost>>,
    /// \[stages\]\[jobs\]
    pub heads: Vec<Vec<Cost>>,
    /// \[stages\]\[jobs\]
    pub tails: Vec<Vec<Cost>>,
}

impl Least {
    /// Of an instance.
    pub fn new(ffsp: &Ffsp) -> Self {
        let shortest = |row: &Vec<Cost>| row.iter().copied().min().unwrap_or(0);
        let times: Vec<Vec<Cost>> = ffsp.times.iter().map(|stage| stage.iter().map(shortest).collect()).collect();
        let sums = |stages: &mut dyn Iterator<Item = &Vec<Cost>>| -> Vec<Vec<Cost>> {
            let mut sum = vec![0; ffsp.jobs];
            stages
                .map(|stage| {
                    let before = sum.clone();
                    sum.iter_mut().zip(stage).for_each(|(sum, time)| *sum += time);
                    before
                })
                .collect()
        };
        let heads = sums(&mut times.iter());
        let mut tails = sums(&mut times.iter().rev());
        tails.reverse();
        Self { times, heads, tails }
    }
}

/// A lower bound on the makespan.
pub fn lower_bound(ffsp: &Ffsp) -> Cost {
    let least = Least::new(ffsp);
    let longest = least.times.first().zip(least.tails.first()).map_or(0, |(times, tails)| {
        let jobs = times.iter().zip(tails).map(|(time, tail)| time + tail);
        jobs.max().unwrap_or(0)
    });
    let stages = (0..ffsp.stages()).map(|stage| {
        let even = stage_bound(ffsp, &least, stage, &vec![1; ffsp.machines[stage]]);
        weights(ffsp, &least, stage).map_or(even, |weights| even.max(stage_bound(ffsp, &least, stage, &weights)))
    });
    stages.fold(longest, Cost::max)
}

/// Work of jobs at a stage where a unit of a machine's time counts as its weight, and every job takes the machine on
/// which it counts least \[jobs\].
pub fn weighted(ffsp: &Ffsp, stage: usize, weights: &[Cost]) -> impl Iterator<Item = i128> {
    let count = |(&time, &weight): (&Cost, &Cost)| i128::from(time) * i128::from(weight);
    ffsp.times[stage].iter().map(move |row| row.iter().zip(weights).map(count).min().unwrap_or(0))
}

/// Weights \[machines\] by which a stage's bound is high; none where all weigh the same, or there are too many jobs to
/// look at, or too few for `Set::bound`.
pub fn weights(ffsp: &Ffsp, least: &Least, stage: usize) -> Option<Vec<Cost>> {
    let (rows, machines) = (&ffsp.times[stage], ffsp.machines[stage]);
    let steps = STEPS.min(WEIGHING / (ffsp.stages() * rows.len() * machines).max(1));
    if steps < STEPS / 10 || !fills(rows.len(), machines) || rows.iter().all(|row| row.iter().all(|&t| t == row[0])) {
        return None;
    }
    let (heads, tails) = (smallest(&least.heads[stage], machines), smallest(&least.tails[stage], machines));
    let around: Vec<f64> = heads.iter().zip(tails).map(|(head, tail)| (head + tail) as f64).collect();
    let mut current = vec![1.0 / machines as f64; machines];
    let (mut best, mut value) = (current.clone(), 0.0);
    for step in 1..=steps {
        let mut order: Vec<usize> = (0..machines).collect();
        order.sort_by(|&a, &b| current[b].total_cmp(&current[a]));
        let mut loads = vec![0.0; machines];
        order.iter().zip(&around).for_each(|(&machine, around)| loads[machine] += around);
        for row in rows {
            let count = |machine: &usize| row[*machine] as f64 * current[*machine];
            let machine = (0..machines).min_by(|a, b| count(a).total_cmp(&count(b))).unwrap_or(0);
            loads[machine] += row[machine] as f64;
        }
        let bound: f64 = loads.iter().zip(&current).map(|(load, weight)| load * weight).sum();
        if bound > value {
            (value, best) = (bound, current.clone());
        }
        // What has more to do than the others should weigh more.
        let pace = 0.6 * machines as f64 / (loads.iter().sum::<f64>().max(1.0) * (step as f64).sqrt());
        current.iter_mut().zip(&loads).for_each(|(weight, load)| *weight *= (pace * (load - bound)).exp());
        let sum: f64 = current.iter().sum();
        current.iter_mut().for_each(|weight| *weight /= sum);
    }
    Some(best.into_iter().map(|weight| ((TOTAL * weight).round() as Cost).max(1)).collect())
}

/// The least of some numbers, ascending.
fn smallest(numbers: &[Cost], count: usize) -> Vec<Cost> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.truncate(count);
    sorted
}

/// The bound of the jobs whose heads and tails are not below two numbers, for the numbers by which it is highest.
fn stage_bound(ffsp: &Ffsp, least: &Least, stage: usize, weights: &[Cost]) -> Cost {
    let (heads, tails) = (&least.heads[stage], &least.tails[stage]);
    let mut tasks: Vec<(Cost, Cost, i128)> =
        weighted(ffsp, stage, weights).enumerate().map(|(job, work)| (heads[job], tails[job], work)).collect();
    tasks.sort_unstable_by_key(|&(_, tail, _)| Reverse(tail));
    let mut starts = heads.clone();
    starts.sort_unstable();
    starts.dedup();
    if tasks.len().saturating_mul(tasks.len()).saturating_mul(weights.len() * ffsp.stages()) > CHOOSING {
        starts.truncate(1);
    }
    let mut falling = weights.to_vec();
    falling.sort_unstable_by_key(|&weight| Reverse(weight));
    let mut best = 0;
    for start in starts {
        let mut set = Set::default();
        for &(head, tail, work) in tasks.iter().filter(|task| task.0 >= start) {
            set.insert(head, tail, work, weights.len());
            best = best.max(set.bound(&falling));
        }
    }
    best
}

/// Whether so many jobs have one that is neither among the first on any machine nor among the last.
fn fills(jobs: usize, machines: usize) -> bool {
    jobs + 1 >= 2 * machines
}

/// Jobs that pass a stage.
#[derive(Default)]
struct Set {
    jobs: usize,
    work: i128,
    /// The smallest heads and tails, ascending \[up to machines\].
    heads: Vec<Cost>,
    tails: Vec<Cost>,
}

impl Set {
    /// A job with a tail that is not longer than that of any other.
    fn insert(&mut self, head: Cost, tail: Cost, work: i128, machines: usize) {
        self.jobs += 1;
        self.work += work;
        self.heads.insert(self.heads.partition_point(|&other| other < head), head);
        self.heads.truncate(machines);
        self.tails.insert(0, tail);
        self.tails.truncate(machines);
    }

    /// A lower bound by weights, which fall: 1 each, or any where there are enough jobs.
    ///
    /// The used machines' first jobs begin at different heads and different tails follow their last ones; in between
    /// all the work is done. The weighted mean of these ends is least where the heaviest machine has the shortest of
    /// both. Machines without a job count as if they had a head and a tail: with enough jobs, one job has as long a
    /// head as the last of these, and as long a tail, so that the makespan is not below their sum. With fewer jobs,
    /// nobody knows how many machines are used, and the least bound counts.
    fn bound(&self, weights: &[Cost]) -> Cost {
        let around = |used: usize| -> i128 {
            let pairs = self.heads.iter().zip(&self.tails).zip(weights).take(used);
            pairs.map(|((head, tail), weight)| i128::from(head + tail) * i128::from(*weight)).sum()
        };
        let total = |used: usize| weights[..used].iter().map(|&weight| i128::from(weight)).sum::<i128>();
        let bound = |used: usize| (self.work + around(used) + total(used) - 1) / total(used);
        let all = weights.len();
        let bound = if fills(self.jobs, all) {
            bound(all)
        } else if weights.first() == weights.last() {
            (1..=all.min(self.jobs)).map(bound).min().unwrap_or(0)
        } else {
            0
        };
        bound as Cost
    }
}
