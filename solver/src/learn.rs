//! Training of models: what a run is, and the one place where problems meet the trainer of their kind.

use std::path::Path;

use heuron_policies::Weights;
use heuron_policies::train::{Budget, Config, Hooks, Job, Progress, Summary, train};
use heuron_problems::{Cvrp, Knapsack, Tsp};
use heuron_search::Stop;

use crate::error::Error;
use crate::instance::Kind;
use crate::teacher::{Teachable, reference};

/// A training run of the library: `heuron train` as a function.
pub struct Training {
    /// What the model constructs.
    pub problem: Kind,
    /// How it is trained.
    pub config: Config,
    /// For how long.
    pub budget: Budget,
    /// Threads.
    pub threads: usize,
    /// Whether to go on from the folder's checkpoint.
    pub resume: bool,
    /// Weights to begin with; none: random ones.
    pub initial: Option<Weights>,
    /// Cancels the run; what is reached is kept.
    pub stop: Stop,
}

impl Training {
    /// Trains, with all files in `folder`, which exists. `listen` hears of every step.
    ///
    /// # Errors
    /// [`Error::Train`].
    pub fn run(self, folder: &Path, listen: &mut dyn FnMut(&Progress)) -> Result<Summary, Error> {
        match self.problem {
            Kind::Tsp => self.of::<Tsp>(folder, listen),
            Kind::Cvrp => self.of::<Cvrp>(folder, listen),
            Kind::Knapsack => self.of::<Knapsack>(folder, listen),
        }
    }

    fn of<P: Teachable>(self, folder: &Path, listen: &mut dyn FnMut(&Progress)) -> Result<Summary, Error> {
        let Self { config, budget, threads, resume, initial, stop, .. } = self;
        let job = Job { config, budget, threads, folder: folder.into(), resume, initial };
        let hooks = Hooks::<P> {
            reference: &reference::<P>,
            improve: &|problem, solution| problem.improve(solution),
            listen,
            is_over: &|| stop.is_cancelled(),
        };
        Ok(train(&job, hooks)?)
    }
}
