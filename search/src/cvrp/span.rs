//! A stage's part of the budget, and how much of it is used.

use std::time::Duration;

use heuron_problems::Cvrp;

use crate::run::{Run, Watch};

/// From the beginning of a stage to its end, in whatever the budget limits.
#[derive(Clone, Debug)]
pub(super) struct Span {
    time: Option<(Duration, Duration)>,
    iterations: Option<(u64, u64)>,
}

impl Span {
    /// From now on, `share` (0 to 1) of what is left of the budget.
    pub fn new(run: &Run<'_, Cvrp>, share: f64) -> Self {
        let (budget, now, done) = (&run.setup().budget, run.elapsed(), run.iterations());
        Self {
            time: budget.time.map(|end| (now, now + end.saturating_sub(now).mul_f64(share))),
            iterations: budget.iterations.map(|end| (done, done + (end.saturating_sub(done) as f64 * share) as u64)),
        }
    }

    /// The used share; none without a limit.
    pub fn used(&self, run: &Run<'_, Cvrp>) -> Option<f64> {
        let time = self.time.map(|(start, end)| {
            let span = end.saturating_sub(start).as_secs_f64().max(1e-9);
            run.elapsed().saturating_sub(start).as_secs_f64() / span
        });
        let done = self
            .iterations
            .map(|(start, end)| (run.iterations() - start) as f64 / end.saturating_sub(start).max(1) as f64);
        match (time, done) {
            (None, None) => None,
            _ => Some(time.unwrap_or(0.0).max(done.unwrap_or(0.0))),
        }
    }

    /// The run's watch, which says stop once `share` of the time is used.
    pub fn watch(&self, run: &Run<'_, Cvrp>, share: f64) -> Watch {
        let watch = run.watch();
        self.time.map_or(watch.clone(), |(start, end)| {
            let mark = start + end.saturating_sub(start).mul_f64(share);
            watch.within(mark.saturating_sub(run.elapsed()))
        })
    }

    /// Iterations that the budget still allows until `share` of them are used; at most `wanted`.
    pub fn allowance(&self, run: &Run<'_, Cvrp>, share: f64, wanted: u64) -> u64 {
        let left = self.iterations.map_or(wanted, |(start, end)| {
            let mark = start + (end.saturating_sub(start) as f64 * share).ceil() as u64;
            mark.saturating_sub(run.iterations())
        });
        run.allowance(wanted.min(left))
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Distances, Metric};

    use super::*;
    use crate::run::{Budget, Progress, Setup};

    /// Calls `look` with a run of `budget` that has done 20 iterations.
    fn begun(budget: Budget, look: impl FnOnce(&mut Run<'_, Cvrp>)) {
        let problem = Cvrp::new("two nodes", Distances::new(Metric::Ceil, vec![[0.0, 0.0], [1.0, 0.0]]), vec![0, 1], 1);
        let mut listener = |_: &Progress<'_, Cvrp>| {};
        let mut run = Run::new(&problem, Setup::new(budget), &mut listener);
        run.proceed(20);
        look(&mut run);
    }

    #[test]
    fn iterations_end_exactly_at_a_share_of_what_was_left() {
        begun(Budget::iterations(120), |run| {
            let (all, half) = (Span::new(run, 1.0), Span::new(run, 0.5));
            assert_eq!((all.used(run), half.used(run)), (Some(0.0), Some(0.0)));
            assert_eq!(all.allowance(run, 0.3, 1_000), 30);
            assert_eq!(all.allowance(run, 0.3, 7), 7);
            run.proceed(30);
            assert!(all.used(run).is_some_and(|used| used >= 0.3));
            assert!(half.used(run).is_some_and(|used| used >= 0.6));
            assert_eq!((all.allowance(run, 0.3, 1_000), all.allowance(run, 1.0, 1_000)), (0, 70));
            assert!(!all.watch(run, 0.0).is_late(), "there is no time limit");
        });
    }

    #[test]
    fn a_watch_stops_at_a_share_of_the_time() {
        begun(Budget { time: Some(Duration::from_secs(1_000)), ..Budget::default() }, |run| {
            let span = Span::new(run, 0.5);
            let left = span.watch(run, 0.5).remaining().expect("there is a limit");
            assert!(left > Duration::from_secs(200) && left <= Duration::from_secs(250), "{left:?}");
            assert!(span.watch(run, 0.0).is_late());
            assert!(span.used(run).is_some_and(|used| used < 0.1));
            assert_eq!(span.allowance(run, 0.3, 1_000), 1_000, "iterations are not limited");
        });
    }

    #[test]
    fn nothing_is_used_of_a_budget_without_limits() {
        begun(Budget::default(), |run| assert_eq!(Span::new(run, 1.0).used(run), None));
    }
}
