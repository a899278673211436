//! Training of models: what a run is, and the one place where problems meet the trainer.

use std::path::Path;

use heuron_policies::Weights;
use heuron_policies::device::Kind as Device;
use heuron_policies::train::{Budget, Config, Hooks, Job, Progress, Summary, Train, train};
use heuron_problems::{Cvrp, Ffsp, Jssp, Knapsack, Tsp, stream};
use heuron_search::{Improve, Stop};

use crate::error::Error;
use crate::instance::{Instance, Kind};
use crate::reference::reference;

/// A training run: `heuron train` as a function.
pub struct Training {
    /// What the model constructs.
    pub problem: Kind,
    /// How it is trained.
    pub config: Config,
    /// For how long.
    pub budget: Budget,
    /// Threads.
    pub threads: usize,
    /// Whether to go on from the folder's checkpoint, which must exist.
    pub resume: bool,
    /// Weights to begin with; none: random ones.
    pub initial: Option<Weights>,
    /// Cancels the run; what is reached is kept.
    pub stop: Stop,
}

/// Hears of every step; costs divided by the second argument are in the units of files.
pub type Listen<'a> = dyn FnMut(&Progress, f64) + 'a;

impl Training {
    /// Trains, with all files in `folder`, which exists.
    ///
    /// # Errors
    /// [`Error::Train`].
    pub fn run(self, folder: &Path, listen: &mut Listen<'_>) -> Result<Summary, Error> {
        self.run_on(Device::Cpu, folder, listen)
    }

    /// As [`Self::run`], on a device. On other devices than the processor the model depends on the device.
    ///
    /// # Errors
    /// [`Error::Train`], also where the build or the machine does not have the device.
    pub fn run_on(self, device: Device, folder: &Path, listen: &mut Listen<'_>) -> Result<Summary, Error> {
        match self.problem {
            Kind::Tsp => self.of::<Tsp>(device, folder, listen),
            Kind::Cvrp => self.of::<Cvrp>(device, folder, listen),
            Kind::Knapsack => self.of::<Knapsack>(device, folder, listen),
            Kind::Jssp => self.of::<Jssp>(device, folder, listen),
            Kind::Ffsp => self.of::<Ffsp>(device, folder, listen),
            Kind::Bandit => {
                let expected = "tsp, cvrp, knapsack, jssp or ffsp, whose models construct solutions".into();
                Err(Error::Option { key: "problem", expected, found: self.problem.to_string() })
            }
        }
    }

    fn of<P>(self, device: Device, folder: &Path, listen: &mut Listen<'_>) -> Result<Summary, Error>
    where
        P: Train + Improve + Clone,
        Instance: From<P>,
    {
        let Self { config, budget, threads, resume, initial, stop, .. } = self;
        // All instances of a distribution have the same.
        let scale = config.sizes.first().map_or(1.0, |&n| scale::<P>(n, &config.distribution));
        let job = Job { config, budget, threads, device, folder: folder.into(), resume, initial };
        let hooks = Hooks {
            reference: &|problem: &P| reference(&problem.clone().into(), &stop),
            improve: &|problem: &P, solution| problem.improve(solution),
            listen: &mut |progress| listen(progress, scale),
            is_over: &|| stop.is_cancelled(),
        };
        Ok(train(&job, hooks)?)
    }
}

/// What costs are divided by to be in the units of files; 1 where there are no such instances, which training refuses.
fn scale<P: Train>(n: usize, distribution: &str) -> f64
where
    Instance: From<P>,
{
    let instance = |spec| Instance::from(P::generate(&spec, &mut stream(1, "scale", 0)));
    P::spec(n, distribution).map_or(1.0, |spec| instance(spec).scale())
}
