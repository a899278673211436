//! Searches, sequences of searches, and logical islands executed by threads.

use heuron_problems::Problem;

use crate::run::Run;

/// Something that looks for better solutions.
pub trait Search<P: Problem> {
    /// Improves the run's incumbent until `run.proceed` says no or the search has nothing left to do.
    fn search(&mut self, problem: &P, run: &mut Run<'_, P>);
}

/// The searches of a recipe, in their order.
pub type Stages<P> = Vec<Box<dyn Search<P>>>;

/// Runs the stages of a recipe one after the other; each starts from the incumbent of those before.
pub fn sequence<P: Problem>(stages: &mut [Box<dyn Search<P>>], problem: &P, run: &mut Run<'_, P>) {
    for stage in stages {
        if !run.proceed(0) && run.best().is_some() {
            return;
        }
        stage.search(problem, run);
    }
}

/// Works on every island with its index, on at most `threads` threads, and returns when all are done.
///
/// Islands must not share mutable state: then the outcome does not depend on the number of threads.
pub use heuron_policies::native::spread::spread as islands;
