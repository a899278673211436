//! One instance solved: recipe, run, and what survives a bug in a search.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use heuron_problems::Cost;
use heuron_search::{Listener, Progress, Run, sequence};

use crate::error::Error;
use crate::instance::{Instance, Solution, Solvable, each, matching};
use crate::learned::{self, Plan};
use crate::options::Options;
use crate::report::{Report, Used};

/// A solution and the report of the run that found it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The best solution found; feasible.
    pub solution: Solution,
    /// Cost, bound, time and how the run ended.
    pub report: Report,
}

/// A sign of life of a run: a new best solution, or merely another mark of the search.
#[derive(Debug)]
pub struct Event<'a> {
    /// Since the start of the run.
    pub elapsed: Duration,
    /// Iterations so far.
    pub iterations: u64,
    /// Cost of the best solution; none before the first.
    pub cost: Option<Cost>,
    /// Proven lower bound on the cost.
    pub bound: Option<Cost>,
    /// Stage that is running.
    pub method: &'static str,
    /// The new best solution; none for a mere sign of life.
    pub improved: Option<&'a Solution>,
}

/// Solves `instance` within the limits of `options` and tells `listener` about every new best solution.
///
/// To cancel from another thread, keep a clone of `options.stop`: the best solution found is returned
/// (`solver/examples/embed.rs`).
///
/// # Errors
/// [`Error::Option`], [`Error::Conflict`] and [`Error::Method`] for options that cannot be; [`Error::Infeasible`] and
/// [`Error::Initial`] before the search; [`Error::NoSolution`] when the budget was too small; [`Error::Internal`] for a
/// bug in a search, with the best solution met until then.
///
/// ```
/// use heuron::problems::{Distances, Tsp};
/// use heuron::{Instance, Options, Solution, solve};
///
/// let square = vec![0, 1, 2, 1, 1, 0, 1, 2, 2, 1, 0, 1, 1, 2, 1, 0];
/// let instance = Instance::from(Tsp::new("square", Distances::from_matrix(4, square)));
/// let options = Options { iterations: Some(100), ..Options::default() };
/// let outcome = solve(&instance, &options, |_| {})?;
/// assert_eq!(outcome.report.cost, Some(4));
/// let Solution::Tsp(tour) = outcome.solution else { unreachable!("a tsp has tours") };
/// assert_eq!(tour.nodes.len(), 4);
/// # Ok::<(), heuron::Error>(())
/// ```
pub fn solve(instance: &Instance, options: &Options, listener: impl FnMut(&Event<'_>)) -> Result<Outcome, Error> {
    solve_since(Instant::now(), instance, options, listener)
}

/// As [`solve`], with a clock that began at `started`: the time limit then covers the reading of the instance too.
pub fn solve_since(
    started: Instant,
    instance: &Instance,
    options: &Options,
    mut listener: impl FnMut(&Event<'_>),
) -> Result<Outcome, Error> {
    options.check()?;
    each!(instance, p => solve_problem(started, p, options, &mut listener))
}

fn solve_problem<P: Solvable>(
    started: Instant,
    problem: &P,
    options: &Options,
    listener: &mut dyn FnMut(&Event<'_>),
) -> Result<Outcome, Error> {
    let plan = learned::plan(problem, options)?;
    if let Some(reason) = problem.infeasibility() {
        return Err(Error::Infeasible { place: problem.name().into(), line: None, reason });
    }
    let warm = match &options.initial {
        Some(initial) => {
            let solution = matching(problem, initial)?;
            problem.evaluate(solution).map_err(|source| Error::Initial { source })?;
            Some(solution)
        }
        None => None,
    };
    execute(started, problem, &plan, warm, options, &mut |progress| {
        let improved = progress.improved.map(|solution| P::wrap(solution.clone()));
        listener(&event(progress, improved.as_ref()));
    })
}

fn event<'a, P: Solvable>(progress: &Progress<'_, P>, improved: Option<&'a Solution>) -> Event<'a> {
    let Progress { elapsed, iterations, cost, bound, method, .. } = *progress;
    Event { elapsed, iterations, cost, bound, method, improved }
}

/// Runs the stages. The incumbent lives here, outside the searches, so that a panic in one of them does not lose it.
fn execute<P: Solvable>(
    started: Instant,
    problem: &P,
    plan: &Plan<P>,
    warm: Option<&P::Solution>,
    options: &Options,
    listener: &mut Listener<'_, P>,
) -> Result<Outcome, Error> {
    let cpu = ProcessTime::now();
    let mut run = Run::new(problem, options.setup(options.clock(started)), listener);
    if let Some(solution) = warm {
        run.set_method("initial");
        run.offer(solution);
    }
    let fault = catch_unwind(AssertUnwindSafe(|| {
        let mut stages = (plan.stages)(problem, run.setup());
        sequence(&mut stages, problem, &mut run);
        run.proceed(0);
    }));
    let used = Used { wall: started.elapsed(), cpu: cpu.elapsed() };
    let report = Report::new(problem, plan, options, &run, used);
    let outcome = run.into_best().map(|(_, solution)| Outcome { solution: P::wrap(solution), report: report.clone() });
    match (fault, outcome) {
        (Ok(()), Some(outcome)) => Ok(outcome),
        (Ok(()), None) => Err(Error::NoSolution { place: problem.name().into(), report: Box::new(report) }),
        (Err(panic), outcome) => Err(Error::Internal { message: text(&*panic), rescued: outcome.map(Box::new) }),
    }
}

/// The text of a panic.
fn text(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).into(),
        (_, Some(text)) => text.clone(),
        _ => "a search panicked".into(),
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Distances, Tour, Tsp};
    use heuron_search::{Search, Stages};

    use super::*;

    /// Finds a tour, then fails.
    struct Faulty;

    impl Search<Tsp> for Faulty {
        fn search(&mut self, problem: &Tsp, run: &mut Run<'_, Tsp>) {
            run.offer(&Tour { nodes: (0..problem.len() as u32).collect() });
            panic!("out of luck");
        }
    }

    /// Finds nothing.
    struct Idle;

    impl Search<Tsp> for Idle {
        fn search(&mut self, _: &Tsp, _: &mut Run<'_, Tsp>) {}
    }

    fn execute_one(stages: fn(&Tsp, &heuron_search::Setup) -> Stages<Tsp>) -> Result<Outcome, Error> {
        let tsp = Tsp::new("pair", Distances::from_matrix(2, vec![0, 3, 3, 0]));
        let plan = Plan { method: "test", model: None, stages: Box::new(stages) };
        let options = Options { iterations: Some(1), ..Options::default() };
        execute(Instant::now(), &tsp, &plan, None, &options, &mut |_| {})
    }

    #[test]
    fn panic_in_a_search_does_not_lose_the_incumbent() {
        let error = execute_one(|_, _| vec![Box::new(Faulty)]).unwrap_err();
        assert_eq!(error.code(), 3);
        let Error::Internal { message, rescued: Some(outcome) } = error else { panic!("{error}") };
        assert_eq!(message, "out of luck");
        assert_eq!(outcome.report.cost, Some(6));
    }

    #[test]
    fn run_without_a_solution_reports_that() {
        let error = execute_one(|_, _| vec![Box::new(Idle)]).unwrap_err();
        assert_eq!((error.code(), error.remedy().as_str()), (1, "give more time or more iterations"));
        let Error::NoSolution { report, .. } = error else { panic!("{error}") };
        assert!(!report.feasible && report.cost.is_none());
    }

    #[test]
    fn infeasible_warm_start_is_refused_before_the_search() {
        let instance = Instance::from(Tsp::new("pair", Distances::from_matrix(2, vec![0, 3, 3, 0])));
        let initial = Some(Solution::Tsp(Tour { nodes: vec![0, 0] }));
        let error = solve(&instance, &Options { initial, ..Options::default() }, |_| {}).unwrap_err();
        assert!(matches!(error, Error::Initial { .. }), "{error}");
    }
}
