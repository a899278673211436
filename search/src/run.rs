//! One run of a solver on one instance: its clock, budget, cancellation, listener and incumbent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use heuron_problems::{Cost, Problem, Stream, stream};

/// Cancels runs from another thread or a signal handler. Clones share one flag.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks every run that holds a clone to return its best solution as soon as possible.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether `cancel` was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The time limit.
    Time,
    /// The iteration limit.
    Iterations,
    /// So many iterations without a better solution.
    NoImprovement,
    /// The target cost was reached.
    Target,
    /// The solution is proven optimal.
    Optimal,
    /// Cancelled by a signal or by [`Stop::cancel`].
    Interrupted,
}

/// What times mean: elapsed and left.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    /// CPU time of the process at the start, and the threads that share it; none: wall time.
    cpu: Option<(Duration, u32)>,
}

impl Clock {
    /// Wall time since `started`. Deadlines are hard: the usual choice.
    pub fn wall(started: Instant) -> Self {
        Self { started, cpu: None }
    }

    /// CPU time that this process uses from now on, divided by the `threads` that it keeps busy: comparable figures on
    /// a busy machine.
    pub fn cpu(threads: usize) -> Self {
        let used = ProcessTime::now().as_duration();
        Self { started: Instant::now(), cpu: Some((used, threads.max(1) as u32)) }
    }

    /// Time since the start: about 30 ns for wall time, some hundreds for CPU time.
    #[inline]
    pub fn elapsed(&self) -> Duration {
        match self.cpu {
            None => self.started.elapsed(),
            Some((used, threads)) => (ProcessTime::now().as_duration() - used) / threads,
        }
    }
}

/// When a run ends: at the first limit met. By default there is none, and the run ends when it is cancelled or nothing
/// is left to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Elapsed time at which the answer must be there.
    pub time: Option<Duration>,
    /// Iterations, summed over all islands. What one iteration is, is stated by each search.
    pub iterations: Option<u64>,
    /// Iterations since the last improvement.
    pub no_improvement: Option<u64>,
    /// Stop once a solution costs no more than this.
    pub target: Option<Cost>,
}

impl Budget {
    /// So many iterations, and no other limit: the answer is the same on every machine.
    pub fn iterations(limit: u64) -> Self {
        Self { iterations: Some(limit), ..Self::default() }
    }
}

/// How a run is carried out. None of it changes what the run optimises.
#[derive(Clone, Debug)]
pub struct Setup {
    /// When the run ends.
    pub budget: Budget,
    /// Seed of every random stream.
    pub seed: u64,
    /// Threads that execute the islands.
    pub threads: usize,
    /// Logical islands. Together with seed and iteration budget they determine the answer; threads do not.
    pub islands: usize,
    /// Cancellation flag.
    pub stop: Stop,
    /// What elapsed time means.
    pub clock: Clock,
}

impl Setup {
    /// One island on one thread with seed 1, and wall time from now on: what is to differ is said by struct update.
    pub fn new(budget: Budget) -> Self {
        let clock = Clock::wall(Instant::now());
        Self { budget, seed: 1, threads: 1, islands: 1, stop: Stop::default(), clock }
    }
}

/// A new incumbent, as told to the listener.
#[derive(Debug)]
pub struct Progress<'a, P: Problem> {
    /// Since the start of the run.
    pub elapsed: Duration,
    /// Iterations so far.
    pub iterations: u64,
    /// Cost of the best solution; none before the first.
    pub cost: Option<Cost>,
    /// Proven lower bound on the cost.
    pub bound: Option<Cost>,
    /// Name of the stage that is running.
    pub method: &'static str,
    /// The new best solution; none for a mere sign of life.
    pub improved: Option<&'a P::Solution>,
}

/// Receives every new incumbent, and a sign of life at every mark of the search.
pub type Listener<'a, P> = dyn FnMut(&Progress<'_, P>) + 'a;

/// The part of a run that islands may look at from any thread: whether it is time to return.
#[derive(Clone, Debug)]
pub struct Watch {
    clock: Clock,
    limit: Option<Duration>,
    target: Option<Cost>,
    stop: Stop,
}

impl Watch {
    /// A watch without limits, which never says stop.
    pub fn never() -> Self {
        Self { clock: Clock::wall(Instant::now()), limit: None, target: None, stop: Stop::default() }
    }

    /// Whether an island whose best solution costs `best` should return now. Reads the clock (about 30 ns): islands
    /// call it once per few microseconds of work, and within every loop that can last longer than 10 ms.
    #[inline]
    pub fn is_over(&self, best: Cost) -> bool {
        self.stop.is_cancelled()
            || self.target.is_some_and(|target| best <= target)
            || self.limit.is_some_and(|limit| self.clock.elapsed() >= limit)
    }

    /// As `is_over` where there is no solution yet, or where the target does not matter.
    #[inline]
    pub fn is_late(&self) -> bool {
        self.is_over(Cost::MAX)
    }

    /// Time left, if there is a time limit.
    pub fn remaining(&self) -> Option<Duration> {
        self.limit.map(|limit| limit.saturating_sub(self.clock.elapsed()))
    }

    /// The same watch with the limit moved forward to at most `span` from now: a stage's share of the time.
    pub fn within(&self, span: Duration) -> Self {
        let end = self.clock.elapsed() + span;
        Self { limit: Some(self.limit.map_or(end, |limit| limit.min(end))), ..self.clone() }
    }
}

/// Owns clock, budget, cancellation, listener and incumbent. Searches ask it whether to go on and offer it solutions.
pub struct Run<'a, P: Problem> {
    problem: &'a P,
    setup: Setup,
    listener: &'a mut Listener<'a, P>,
    best: Option<(Cost, P::Solution)>,
    bound: Option<Cost>,
    method: &'static str,
    iterations: u64,
    /// Iteration and time of the last improvement.
    improved: (u64, Duration),
    /// Whether there was one since iterations were counted.
    is_fresh: bool,
    reason: Option<StopReason>,
    has_model: bool,
}

impl<'a, P: Problem> Run<'a, P> {
    /// A run without a solution.
    pub fn new(problem: &'a P, setup: Setup, listener: &'a mut Listener<'a, P>) -> Self {
        Self {
            problem,
            setup,
            listener,
            best: None,
            bound: None,
            method: "",
            iterations: 0,
            improved: (0, Duration::ZERO),
            is_fresh: false,
            reason: None,
            has_model: false,
        }
    }

    /// Threads, islands, seed and budget.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The random stream called `name` of island `island`.
    pub fn stream(&self, name: &str, island: u64) -> Stream {
        stream(self.setup.seed, name, island)
    }

    /// The clock, target and cancellation flag, for the islands of a stage.
    pub fn watch(&self) -> Watch {
        Watch {
            clock: self.setup.clock,
            limit: self.setup.budget.time,
            target: self.setup.budget.target,
            stop: self.setup.stop.clone(),
        }
    }

    /// Names the stage that is running.
    pub fn set_method(&mut self, method: &'static str) {
        self.method = method;
    }

    /// The stage that is running.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// Counts `iterations` done since the last call and says whether to go on. False: return now, nothing is lost.
    pub fn proceed(&mut self, iterations: u64) -> bool {
        self.iterations += iterations;
        // What was found in these iterations may be as late as the last of them.
        if std::mem::take(&mut self.is_fresh) {
            self.improved.0 = self.iterations;
        }
        if self.reason.is_none() {
            self.reason = self.verdict();
        }
        self.tell(false);
        self.reason.is_none()
    }

    fn verdict(&self) -> Option<StopReason> {
        let budget = &self.setup.budget;
        let cost = self.cost();
        if self.bound.is_some_and(|bound| cost.is_some_and(|cost| cost <= bound)) {
            Some(StopReason::Optimal)
        } else if budget.target.is_some_and(|target| cost.is_some_and(|cost| cost <= target)) {
            Some(StopReason::Target)
        } else if self.setup.stop.is_cancelled() {
            Some(StopReason::Interrupted)
        } else if budget.time.is_some_and(|limit| self.elapsed() >= limit) {
            Some(StopReason::Time)
        } else if budget.iterations.is_some_and(|limit| self.iterations >= limit) {
            Some(StopReason::Iterations)
        } else if budget.no_improvement.is_some_and(|limit| self.iterations - self.improved.0 >= limit) {
            Some(StopReason::NoImprovement)
        } else {
            None
        }
    }

    /// Iterations that the budget still allows; at most `wanted`. Searches size their rounds with it.
    pub fn allowance(&self, wanted: u64) -> u64 {
        let budget = &self.setup.budget;
        let left = budget.iterations.map_or(wanted, |limit| limit.saturating_sub(self.iterations).min(wanted));
        budget.no_improvement.map_or(left, |limit| (limit - (self.iterations - self.improved.0).min(limit)).min(left))
    }

    /// Evaluates `solution` exactly, keeps it if it is feasible and better, and tells the listener.
    pub fn offer(&mut self, solution: &P::Solution) -> bool {
        let Ok(cost) = self.problem.evaluate(solution) else { return false };
        if self.cost().is_some_and(|best| best <= cost) {
            return false;
        }
        self.best = Some((cost, solution.clone()));
        self.improved = (self.iterations, self.elapsed());
        self.is_fresh = true;
        self.tell(true);
        true
    }

    /// Notes that a learned model has made a feasible solution, whether it was better or not.
    pub fn credit_model(&mut self) {
        self.has_model = true;
    }

    /// Whether a learned model has made a feasible solution.
    pub fn has_model(&self) -> bool {
        self.has_model
    }

    /// Records a proven lower bound on the optimal cost.
    pub fn raise_bound(&mut self, bound: Cost) {
        self.bound = Some(self.bound.map_or(bound, |old| old.max(bound)));
    }

    /// Declares the incumbent optimal: the search has proven it.
    pub fn prove(&mut self) {
        if let Some(cost) = self.cost() {
            self.raise_bound(cost);
        }
    }

    /// The best solution and its cost: the warm start of the next stage.
    pub fn best(&self) -> Option<&(Cost, P::Solution)> {
        self.best.as_ref()
    }

    /// Cost of the best solution.
    pub fn cost(&self) -> Option<Cost> {
        self.best.as_ref().map(|&(cost, _)| cost)
    }

    /// The best proven lower bound.
    pub fn bound(&self) -> Option<Cost> {
        self.bound
    }

    /// Iterations so far.
    pub fn iterations(&self) -> u64 {
        self.iterations
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.setup.clock.elapsed()
    }

    /// Time from the start to the last improvement.
    pub fn time_to_best(&self) -> Duration {
        self.improved.1
    }

    /// Why the run ended; none while it goes on.
    pub fn reason(&self) -> Option<StopReason> {
        self.reason
    }

    /// The incumbent at the end, if any.
    pub fn into_best(self) -> Option<(Cost, P::Solution)> {
        self.best
    }

    fn tell(&mut self, improved: bool) {
        let progress = Progress {
            elapsed: self.setup.clock.elapsed(),
            iterations: self.iterations,
            cost: self.cost(),
            bound: self.bound,
            method: self.method,
            improved: if improved { self.best.as_ref().map(|(_, solution)| solution) } else { None },
        };
        (self.listener)(&progress);
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Distances, Tour, Tsp};

    use super::*;

    /// Four nodes on a line; visiting them in order costs 6, any crossing order 8.
    fn line() -> Tsp {
        let weights = (0..16).map(|at| ((at / 4) as Cost - (at % 4) as Cost).abs()).collect();
        Tsp::new("line", Distances::from_matrix(4, weights))
    }

    fn tour(nodes: [u32; 4]) -> Tour {
        Tour { nodes: nodes.to_vec() }
    }

    #[test]
    fn only_better_feasible_solutions_become_the_incumbent() {
        let (problem, mut costs) = (line(), Vec::new());
        let mut listener = |progress: &Progress<'_, Tsp>| {
            if progress.improved.is_some() {
                costs.push(progress.cost.unwrap());
            }
        };
        let mut run = Run::new(&problem, Setup::new(Budget::default()), &mut listener);
        assert!(run.offer(&tour([0, 2, 1, 3])));
        assert!(!run.offer(&tour([0, 1, 1, 3])), "a node is visited twice");
        assert!(run.offer(&tour([0, 1, 2, 3])));
        assert!(!run.offer(&tour([3, 2, 1, 0])), "no better");
        assert_eq!(run.into_best(), Some((6, tour([0, 1, 2, 3]))));
        assert_eq!(costs, [8, 6]);
    }

    #[test]
    fn each_limit_ends_the_run_with_its_reason() {
        let problem = line();
        let reason = |budget: Budget, prepare: fn(&mut Run<'_, Tsp>)| {
            let mut listener = |_: &Progress<'_, Tsp>| ();
            let mut run = Run::new(&problem, Setup::new(budget), &mut listener);
            run.offer(&tour([0, 2, 1, 3]));
            run.proceed(0);
            prepare(&mut run);
            run.proceed(10);
            run.reason()
        };
        let none = Budget::default;
        assert_eq!(reason(none(), |_| ()), None);
        assert_eq!(reason(Budget::iterations(10), |_| ()), Some(StopReason::Iterations));
        assert_eq!(reason(Budget::iterations(11), |_| ()), None);
        assert_eq!(reason(Budget { no_improvement: Some(10), ..none() }, |_| ()), Some(StopReason::NoImprovement));
        assert_eq!(reason(Budget { target: Some(8), ..none() }, |_| ()), Some(StopReason::Target));
        assert_eq!(reason(Budget { time: Some(Duration::ZERO), ..none() }, |_| ()), Some(StopReason::Time));
        assert_eq!(reason(none(), |run| run.setup.stop.cancel()), Some(StopReason::Interrupted));
        assert_eq!(reason(none(), |run| run.raise_bound(7)), None);
        assert_eq!(reason(none(), |run| run.prove()), Some(StopReason::Optimal));
    }

    #[test]
    fn an_improvement_renews_the_allowance_of_idle_iterations() {
        let problem = line();
        let mut listener = |_: &Progress<'_, Tsp>| ();
        let budget = Budget { no_improvement: Some(30), ..Budget::iterations(100) };
        let mut run = Run::new(&problem, Setup::new(budget), &mut listener);
        assert_eq!(run.allowance(50), 30);
        assert!(run.proceed(20));
        assert_eq!(run.allowance(50), 10);
        run.offer(&tour([0, 1, 2, 3]));
        assert_eq!(run.allowance(50), 30);
        assert!(run.proceed(29));
        assert_eq!(run.allowance(50), 30, "it may have been found in the last of the 29");
        assert!(!run.proceed(40));
        assert_eq!(run.reason(), Some(StopReason::NoImprovement));
    }

    #[test]
    fn a_cancelled_stop_is_seen_by_every_watch() {
        let problem = line();
        let mut listener = |_: &Progress<'_, Tsp>| ();
        let budget = Budget { target: Some(6), ..Budget::default() };
        let run = Run::new(&problem, Setup::new(budget), &mut listener);
        let watch = run.watch();
        assert!(!watch.is_late() && !watch.is_over(7) && watch.is_over(6));
        assert!(watch.within(Duration::ZERO).is_late());
        run.setup().stop.clone().cancel();
        assert!(watch.is_late());
    }
}
