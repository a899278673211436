//! Solutions at once, so that there is an answer before a slow source of constructions has its first.

use heuron_problems::Construct;

use crate::run::Run;
use crate::search::Search;
use crate::trajectories::Trajectories;

/// Takes the last allowed action of every choice: what comes last in the file first. A depot is the first node: routes
/// are filled up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Listed;

/// Up to so many actions the solution is there in some tens of milliseconds, and no clock is asked for it.
const BRIEF: usize = 20_000;

impl<P: Construct> Search<P> for Listed {
    fn search(&mut self, problem: &P, run: &mut Run<'_, P>) {
        run.set_method("listed");
        let (watch, is_brief) = (run.watch(), problem.width() <= BRIEF);
        let (mut state, mut mask) = (problem.start(), vec![false; problem.width()]);
        loop {
            problem.allowed(&state, &mut mask);
            let Some(action) = mask.iter().rposition(|&allowed| allowed) else { break };
            if !is_brief && watch.is_late() {
                return;
            }
            problem.step(&mut state, action as u32);
        }
        run.offer(&problem.finish(&state));
    }
}

/// The first construction of a source alone; it is no iteration.
#[derive(Clone, Copy, Debug)]
pub struct First<T>(pub T);

impl<P: Construct, T: Trajectories<P>> Search<P> for First<T> {
    fn search(&mut self, problem: &P, run: &mut Run<'_, P>) {
        run.set_method("first");
        let found = self.0.best(problem, 0..1, run.setup().seed, &mut T::Memory::default(), &run.watch());
        if let Some((_, solution)) = found {
            run.offer(&solution);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use heuron_policies::rules::Savings;
    use heuron_problems::{Cvrp, Ffsp, Generate, Jssp, Knapsack, stream};

    use super::*;
    use crate::{Budget, Clock, Rule, Setup, Stop};

    /// The cost that a search comes to when the time is already over.
    fn late<P: Construct + Generate>(n: usize, search: &mut dyn Search<P>) -> Option<i64> {
        let problem = P::generate(&P::spec(n, "uniform").unwrap(), &mut stream(101, "first", 0));
        let budget = Budget { time: Some(Duration::ZERO), ..Budget::default() };
        let clock = Clock::wall(Instant::now());
        let setup = Setup { budget, seed: 1, threads: 1, islands: 1, stop: Stop::default(), clock };
        let mut listener = |_: &crate::Progress<'_, P>| ();
        let mut run = Run::new(&problem, setup, &mut listener);
        search.search(&problem, &mut run);
        run.cost()
    }

    #[test]
    fn listed_solution_is_feasible_and_needs_no_time() {
        assert!(late::<Cvrp>(50, &mut Listed).is_some());
        assert!(late::<Knapsack>(50, &mut Listed).is_some());
        assert!(late::<Jssp>(6, &mut Listed).is_some());
        assert!(late::<Ffsp>(6, &mut Listed).is_some());
        let mut rule = First(Rule { policy: Savings, temperature: 1.0 });
        assert_eq!(late::<Cvrp>(50, &mut rule), None, "a rule keeps the deadline");
    }
}
