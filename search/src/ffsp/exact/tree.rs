//! The tree: schedules grow by tasks in the order in which these begin.
//!
//! Only active schedules count (B. Giffler and G. L. Thompson, "Algorithms for solving production-scheduling problems",
//! Operations Research 8, 1960): nothing begins when another task could have been over on a machine that is idle until
//! then. Among schedules within the limit, the one with the least sum of all starts and ends is active, since that task
//! would begin or end sooner there, and nothing else would change. Machines that are alike are chosen by one rule.
//!
//! What can still become of a partial schedule depends on few numbers; partial schedules that agree in them are looked
//! at once (L. Schrage and K. R. Baker, "Dynamic programming solution of sequencing problems with precedence
//! constraints", Operations Research 26, 1978).

use std::cmp::Reverse;
use std::collections::HashSet;
use std::ops::Range;

use heuron_problems::{Cost, Ffsp};

use crate::ffsp::bound::{Least, weighted, weights};
use crate::run::Watch;

/// Most partial schedules that are remembered: some hundred bytes each.
const REMEMBERED: usize = 500_000;

/// A time and a stage are remembered in 32 bits.
const STAGE_BITS: u32 = 5;
const LONGEST: Cost = 1 << (32 - STAGE_BITS);

/// What does not change.
#[derive(Clone, Debug)]
pub struct Shop<'p> {
    ffsp: &'p Ffsp,
    least: Least,
    /// Machines of each stage, counted over all stages \[stages\].
    lines_of: Vec<Range<usize>>,
    /// Machines that are alike, counted over all stages \[stages\]\[classes\].
    classes: Vec<Vec<Vec<usize>>>,
    /// Weights of a stage's machines, and the work of the jobs by them: all 1, then perhaps others \[stages\].
    loads: Vec<Vec<(Vec<Cost>, Vec<Cost>)>>,
}

impl<'p> Shop<'p> {
    /// Whether a shop and its makespan are within what is remembered in 32 bits.
    pub fn fits(ffsp: &Ffsp, makespan: Cost) -> bool {
        ffsp.stages() < 1 << STAGE_BITS && makespan < LONGEST
    }

    /// What the search needs of an instance, which must fit.
    pub fn new(ffsp: &'p Ffsp) -> Self {
        let (mut first, least) = (0, Least::new(ffsp));
        let (mut lines_of, mut classes, mut loads) = (Vec::new(), Vec::new(), Vec::new());
        for (stage, &machines) in ffsp.machines.iter().enumerate() {
            lines_of.push(first..first + machines);
            let are_alike = |a: usize, b: usize| ffsp.times[stage].iter().all(|row| row[a - first] == row[b - first]);
            let mut alike: Vec<Vec<usize>> = Vec::new();
            for line in first..first + machines {
                match alike.iter_mut().find(|class| are_alike(class[0], line)) {
                    Some(class) => class.push(line),
                    None => alike.push(vec![line]),
                }
            }
            classes.push(alike);
            // Weights are below 2^20 and times below 2^27: sums over the jobs fit.
            let work = |weights: &[Cost]| weighted(ffsp, stage, weights).map(|work| work as Cost).collect();
            let all = [Some(vec![1; machines]), weights(ffsp, &least, stage)].into_iter().flatten();
            loads.push(all.map(|weights| (work(&weights), weights)).map(|(work, weights)| (weights, work)).collect());
            first += machines;
        }
        Self { ffsp, least, lines_of, classes, loads }
    }
}

/// Start, end and number of a task. Tasks come in this order: those of length 0 before others that begin with them.
type Key = (Cost, Cost, usize);

/// Before all tasks.
const NOTHING: Key = (0, -1, 0);

/// A task that may come next.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    key: Key,
    job: usize,
    line: usize,
}

/// A node on the path.
#[derive(Clone, Debug)]
struct Node {
    /// The task that it added, and when its machine and its job were free before; none at the root.
    added: Option<(Candidate, Cost, Cost)>,
    /// Where its candidates begin, and whether it had any.
    from: usize,
    has_candidates: bool,
}

/// The search for a plan that ends at a limit, which can be interrupted after any node.
#[derive(Clone, Debug)]
pub struct Tree<'s, 'p> {
    shop: &'s Shop<'p>,
    limit: Cost,
    /// The least makespan above the limit that nothing so far has refuted (R. E. Korf, "Depth-first
    /// iterative-deepening", Artificial Intelligence 27, 1985).
    next: Cost,
    /// Stage of the job's next task, and when its last one ends \[jobs\].
    stage: Vec<usize>,
    ready: Vec<Cost>,
    /// When the machine's last task ends, and its jobs in order \[machines\].
    free: Vec<Cost>,
    lines: Vec<Vec<u32>>,
    path: Vec<Node>,
    /// Candidates of all nodes on the path that are still to be tried, the last one of a node first.
    candidates: Vec<Candidate>,
    /// Partial schedules without a plan within the limit, by their [`Tree::describe`].
    refuted: HashSet<Box<[u32]>>,
    /// Earliest end of the job's next task \[jobs\].
    reach: Vec<Cost>,
    arrivals: Vec<Cost>,
    openings: Vec<Cost>,
    floors: Vec<Cost>,
    description: Vec<u32>,
}

/// How an exploration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Jobs in order \[stages\]\[machines\] of a plan within the limit.
    Found(Vec<Vec<Vec<u32>>>),
    /// There is none, nor one that ends before this.
    Exhausted(Cost),
    /// There is more to explore.
    Open,
}

impl<'s, 'p> Tree<'s, 'p> {
    /// The root.
    pub fn new(shop: &'s Shop<'p>, limit: Cost) -> Self {
        let (jobs, machines) = (shop.ffsp.jobs, shop.ffsp.machines.iter().sum());
        let mut tree = Self {
            shop,
            limit,
            next: Cost::MAX,
            stage: vec![0; jobs],
            ready: vec![0; jobs],
            free: vec![0; machines],
            lines: vec![Vec::new(); machines],
            path: vec![Node { added: None, from: 0, has_candidates: true }],
            candidates: Vec::new(),
            refuted: HashSet::new(),
            reach: vec![0; jobs],
            arrivals: Vec::new(),
            openings: Vec::new(),
            floors: Vec::new(),
            description: Vec::new(),
        };
        tree.branch(NOTHING);
        tree
    }

    /// Up to `count` nodes, and how many.
    pub fn explore(&mut self, count: u64, watch: &Watch) -> (Outcome, u64) {
        let mut done = 0;
        while let Some(node) = self.path.last() {
            if self.candidates.len() == node.from {
                self.retreat();
                continue;
            }
            if done == count || watch.is_late() {
                return (Outcome::Open, done);
            }
            done += 1;
            if let Some(candidate) = self.candidates.pop() {
                self.add(candidate);
                if self.stage.iter().all(|&stage| stage == self.shop.ffsp.stages()) {
                    return (Outcome::Found(self.orders()), done);
                }
                self.branch(candidate.key);
            }
        }
        (Outcome::Exhausted(self.next), done)
    }

    fn orders(&self) -> Vec<Vec<Vec<u32>>> {
        self.shop.lines_of.iter().map(|lines| self.lines[lines.clone()].to_vec()).collect()
    }

    fn add(&mut self, candidate: Candidate) {
        let Candidate { key: (_, end, _), job, line } = candidate;
        let before = (std::mem::replace(&mut self.free[line], end), std::mem::replace(&mut self.ready[job], end));
        self.lines[line].push(job as u32);
        self.stage[job] += 1;
        let added = Some((candidate, before.0, before.1));
        self.path.push(Node { added, from: self.candidates.len(), has_candidates: false });
    }

    /// Leaves the last node, which has no plan within the limit.
    fn retreat(&mut self) {
        let Some(Node { added: Some((candidate, free, ready)), has_candidates, .. }) = self.path.pop() else { return };
        let Candidate { key, job, line } = candidate;
        if has_candidates && self.refuted.len() < REMEMBERED {
            self.describe(key);
            self.refuted.insert(self.description.as_slice().into());
        }
        self.lines[line].pop();
        self.stage[job] -= 1;
        (self.free[line], self.ready[job]) = (free, ready);
    }

    /// Lists the candidates after a task, unless bounds or a search before say that there is no plan.
    fn branch(&mut self, last: Key) {
        let from = self.candidates.len();
        let earliest = self.list(last);
        let active = |candidate: &Candidate| candidate.key.0 < earliest || candidate.key.1 == earliest;
        let mut at = from;
        while at < self.candidates.len() {
            if active(&self.candidates[at]) {
                at += 1;
            } else {
                self.candidates.swap_remove(at);
            }
        }
        if at > from {
            let late = self.lateness(last.0);
            if late > 0 {
                self.next = self.next.min(self.limit + late);
            }
            self.describe(last);
            if late > 0 || self.refuted.contains(self.description.as_slice()) {
                self.candidates.truncate(from);
            }
        }
        // The task that ends first is tried first.
        self.candidates[from..].sort_unstable_by_key(|task| Reverse((task.key.1, task.key, task.line)));
        if let Some(node) = self.path.last_mut() {
            node.has_candidates = self.candidates.len() > from;
        }
    }

    /// Adds every task that may come next in the order of the keys, and returns the earliest end of any; no task where
    /// a job cannot end within the limit.
    fn list(&mut self, last: Key) -> Cost {
        let (shop, from, now) = (self.shop, self.candidates.len(), last.0);
        let (ffsp, mut earliest) = (shop.ffsp, Cost::MAX);
        for job in 0..ffsp.jobs {
            let (stage, ready) = (self.stage[job], self.ready[job]);
            if stage == ffsp.stages() {
                continue;
            }
            let (mut reach, tail) = (Cost::MAX, shop.least.tails[stage][job]);
            for class in &shop.classes[stage] {
                // Of machines that are alike, the one that begins first, and of those the one that is free last: what
                // comes later on both could change places.
                let start = |line: usize| self.free[line].max(ready);
                let choice = class.iter().copied().min_by_key(|&line| (start(line), Reverse(self.free[line])));
                let Some(line) = choice else { continue };
                let time = ffsp.time(stage, job, line - shop.lines_of[stage].start);
                let key = (start(line), start(line) + time, stage * ffsp.jobs + job);
                earliest = earliest.min(key.1);
                reach = reach.min(key.0.max(now) + time);
                if key > last && key.1 + tail <= self.limit {
                    self.candidates.push(Candidate { key, job, line });
                } else if key > last {
                    self.next = self.next.min(key.1 + tail);
                }
            }
            if reach + tail > self.limit {
                self.next = self.next.min(reach + tail);
                self.candidates.truncate(from);
                return earliest;
            }
            self.reach[job] = reach;
        }
        earliest
    }

    /// By how much the limit is too early for the machines of a stage to do all that is left, where nothing more begins
    /// before `now`; 0 if it may not be.
    fn lateness(&mut self, now: Cost) -> Cost {
        let shop = self.shop;
        let late = (0..shop.ffsp.stages()).map(|stage| {
            let (heads, tails) = (&shop.least.heads, &shop.least.tails[stage]);
            self.arrivals.clear();
            let mut tail = Cost::MAX;
            for job in (0..shop.ffsp.jobs).filter(|&job| self.stage[job] <= stage) {
                let next = self.stage[job];
                self.arrivals.push(match next == stage {
                    true => self.ready[job].max(now),
                    false => self.reach[job] + heads[stage][job] - heads[next + 1][job],
                });
                tail = tail.min(tails[job]);
            }
            if self.arrivals.is_empty() {
                return 0;
            }
            self.arrivals.sort_unstable();
            let end = self.limit - tail;
            let lines = &self.free[shop.lines_of[stage].clone()];
            self.openings.clear();
            self.openings.extend(lines.iter().map(|&free| free.max(self.arrivals[0])));
            let left = |work: &[Cost]| -> Cost {
                let jobs = work.iter().zip(&self.stage).filter(|(_, next)| **next <= stage);
                jobs.map(|(work, _)| work).sum()
            };
            let weighted = shop.loads[stage][1..].iter().map(|(weights, work)| {
                let spans = self.openings.iter().zip(weights).map(|(&opening, weight)| (end - opening).max(0) * weight);
                per(left(work) - spans.sum::<Cost>(), weights.iter().sum())
            });
            let weighted = weighted.max().unwrap_or(0);
            // The machine that is free first has the first job, and so on.
            self.openings.sort_unstable();
            let spans = self.openings.iter().zip(&self.arrivals).map(|(&opening, &arrival)| end - opening.max(arrival));
            let spans: Cost = spans.map(|span| span.max(0)).sum();
            weighted.max(per(left(&shop.loads[stage][0].1) - spans, lines.len() as Cost))
        });
        late.fold(0, Cost::max)
    }

    /// Describes all that decides what can follow a task, so that equal descriptions have equal trees.
    ///
    /// Times before now count as now, but where a job waits beside an idle machine: then it matters since when.
    fn describe(&mut self, last: Key) {
        let (shop, now) = (self.shop, last.0);
        let pack = |time: Cost| (time as u32) << STAGE_BITS;
        self.description.clear();
        self.description.push(pack(now));
        self.floors.clear();
        let mut is_tied = false;
        for (stage, lines) in shop.lines_of.iter().enumerate() {
            let waiting = self.ready.iter().zip(&self.stage).filter(|(_, next)| **next == stage);
            let ready = waiting.map(|(&ready, _)| ready).min().unwrap_or(Cost::MAX);
            let free = self.free[lines.clone()].iter().copied().min().unwrap_or(Cost::MAX);
            is_tied |= ready <= now && free <= now;
            self.floors.push(if ready < now && free < now { 0 } else { now });
        }
        for (&ready, &stage) in self.ready.iter().zip(&self.stage) {
            let time = if stage < shop.ffsp.stages() { ready.max(self.floors[stage]) } else { 0 };
            self.description.push(pack(time) | stage as u32);
        }
        let first = self.stage.iter().copied().min().unwrap_or(0);
        for (stage, classes) in shop.classes.iter().enumerate() {
            for class in classes {
                let from = self.description.len();
                // No job comes to the machines of the stages before the first.
                let time =
                    |&line: &usize| if stage < first { 0 } else { pack(self.free[line].max(self.floors[stage])) };
                self.description.extend(class.iter().map(time));
                self.description[from..].sort_unstable();
            }
        }
        if is_tied {
            self.description.extend([pack(last.1), last.2 as u32]);
        }
    }
}

/// So much work for each of some machines, or of the units of their weights, rounded up; 0 where there is none.
fn per(work: Cost, machines: Cost) -> Cost {
    (work + machines - 1).max(0) / machines
}
