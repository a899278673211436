//! How good a model alone is: the best of its constructions for every instance of a set.

use std::sync::Arc;

use heuron_policies::inference::Effort;
use heuron_policies::native::spread::spread;
use heuron_policies::{Learnable, Prepared, Shop, Weights, device};
use heuron_problems::Cost;
use heuron_search::inference::{Buffers, Found, dispatch, solve};
use heuron_search::population::Attempts;
use heuron_search::schedules::Schedules;
use heuron_search::{Stop, Tactic, Tries};

use crate::error::Error;
use crate::instance::Instance;
use crate::models::ModelError;

/// Instances that one thread takes at a time.
const CHUNK: usize = 16;

/// A model and how hard it tries.
pub struct Evaluation<'a> {
    /// Name for messages.
    pub name: &'a str,
    /// The model.
    pub weights: &'a Weights,
    /// How hard it tries.
    pub effort: Effort,
    /// Threads; they change nothing but the time.
    pub threads: usize,
}

/// A model whose attempts are counted: plain samples, latent vectors or a population.
pub struct Campaign<'a> {
    /// Name for messages.
    pub name: &'a str,
    /// The model.
    pub weights: &'a Weights,
    /// How attempts are spent.
    pub tactic: Tactic,
    /// Numbers of attempts, ascending, after which the best cost is noted.
    pub marks: &'a [u64],
    /// Seed of all random choices.
    pub seed: u64,
    /// Threads; they change nothing but the time.
    pub threads: usize,
}

/// What attempts made of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// The best cost at every mark; none before the first feasible construction.
    pub costs: Vec<Option<Cost>>,
    /// Constructions.
    pub trajectories: u64,
}

impl Campaign<'_> {
    /// Spends the attempts of the last mark on every instance, in order.
    ///
    /// # Errors
    /// [`Error::Model`] for a model that does not fit the instances or the tactic.
    pub fn run(&self, instances: &[Instance]) -> Result<Vec<Spent>, Error> {
        Ok(self.run_until(instances, &Stop::default())?.into_iter().flatten().collect())
    }

    /// As [`Self::run`], but none for the instances that were not done when `stop` was cancelled.
    ///
    /// # Errors
    /// [`Error::Model`] for a model that does not fit the instances or the tactic, before the first attempt.
    pub fn run_until(&self, instances: &[Instance], stop: &Stop) -> Result<Vec<Option<Spent>>, Error> {
        let refusal = |source: ModelError| Error::model(self.name, source);
        self.tactic.fits(&self.weights.architecture).map_err(|misfit| refusal(misfit.into()))?;
        let model = fitting(self.name, self.weights, instances)?;
        let mut slots: Vec<_> = instances.iter().map(|instance| (instance, Ok(None))).collect();
        spread(self.threads, &mut slots, |index, (instance, spent)| {
            *spent = match instance {
                Instance::Tsp(tsp) => self.construct(&model, tsp, index, stop),
                Instance::Cvrp(cvrp) => self.construct(&model, cvrp, index, stop),
                Instance::Knapsack(knapsack) => self.construct(&model, knapsack, index, stop),
                Instance::Jssp(jssp) => self.schedule(&model, jssp, index, stop),
                Instance::Ffsp(ffsp) => self.schedule(&model, ffsp, index, stop),
                Instance::Bandit(_) => Err(no_model(instance)),
            };
        });
        slots.into_iter().map(|(_, spent)| spent.map_err(refusal)).collect()
    }

    fn construct<P: Learnable>(
        &self,
        model: &Prepared,
        problem: &P,
        index: usize,
        stop: &Stop,
    ) -> Result<Option<Spent>, ModelError> {
        let model = model.attention(P::TASK)?;
        let is_over = || stop.is_cancelled();
        Ok(self.spend(Attempts::new(model, problem, self.seed_of(index), &is_over), index, stop))
    }

    fn schedule<P: Shop>(
        &self,
        model: &Prepared,
        problem: &P,
        index: usize,
        stop: &Stop,
    ) -> Result<Option<Spent>, ModelError> {
        let model = model.dispatch(P::TASK)?;
        let is_over = || stop.is_cancelled();
        Ok(self.spend(Schedules::new(model, problem, self.seed_of(index), &is_over), index, stop))
    }

    /// Instances have different draws under one seed.
    fn seed_of(&self, index: usize) -> u64 {
        self.seed + ((index as u64) << 32)
    }

    /// None where `stop` came before the end.
    fn spend(&self, tries: Option<impl Tries>, index: usize, stop: &Stop) -> Option<Spent> {
        let (mut tries, mut spent) = (tries?, Spent::default());
        let (mut best, mut used) = (None, 0);
        let attempts = self.marks.last().copied().unwrap_or(0);
        tries.spend(self.tactic, attempts, (self.seed_of(index), 0), |found| {
            best = best.into_iter().chain(found.map(|(cost, _)| cost)).min();
            used += 1;
            spent.costs.extend(self.marks.iter().filter(|&&mark| mark == used).map(|_| best));
            !stop.is_cancelled()
        });
        spent.trajectories = tries.trajectories();
        // A tactic that had nothing to go on with keeps what it has.
        spent.costs.resize(self.marks.len(), best);
        (!stop.is_cancelled()).then_some(spent)
    }
}

/// What the model made of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// Cost of its best solution; none if all break a rule.
    pub cost: Option<Cost>,
    /// No solution costs less; none where that is not known.
    pub bound: Option<Cost>,
    /// Constructions.
    pub trajectories: u64,
}

impl Evaluation<'_> {
    /// As [`Self::run_until`], on a device: on others than the processor the instances of a size go together.
    ///
    /// # Errors
    /// [`Error::Device`] where the build or the machine does not have the device; [`Error::Model`].
    pub fn run_on(
        &self,
        device: device::Kind,
        instances: &[Instance],
        stop: &Stop,
    ) -> Result<Vec<Option<Judged>>, Error> {
        device.serves(self.weights.architecture.task)?;
        match device {
            device::Kind::Cpu => self.run_until(instances, stop),
            other => on_device::run(self, other, instances, stop),
        }
    }

    /// Judges the model on every instance, in order.
    ///
    /// # Errors
    /// [`Error::Model`] for a model that does not fit the instances.
    pub fn run(&self, instances: &[Instance]) -> Result<Vec<Judged>, Error> {
        Ok(self.run_until(instances, &Stop::default())?.into_iter().flatten().collect())
    }

    /// As [`Self::run`], but none for the instances that were not begun when `stop` was cancelled.
    ///
    /// # Errors
    /// [`Error::Model`] for a model that does not fit the instances, before the first construction.
    pub fn run_until(&self, instances: &[Instance], stop: &Stop) -> Result<Vec<Option<Judged>>, Error> {
        let refusal = |source: ModelError| Error::model(self.name, source);
        let model = fitting(self.name, self.weights, instances)?;
        let parts = instances.chunks(CHUNK).enumerate();
        let mut slots: Vec<_> = parts.map(|(index, part)| (index * CHUNK, part, Vec::new())).collect();
        spread(self.threads, &mut slots, |_, (first, part, results)| {
            let mut buffers = Buffers::default();
            for (index, instance) in (*first as u64..).zip(part.iter()) {
                if stop.is_cancelled() {
                    results.push(Ok(None));
                    continue;
                }
                let mut of = Judge { model: &model, index, effort: self.effort, buffers: &mut buffers };
                let judged = match instance {
                    Instance::Tsp(tsp) => of.judge(tsp),
                    Instance::Cvrp(cvrp) => of.judge(cvrp),
                    Instance::Knapsack(knapsack) => of.judge(knapsack),
                    Instance::Jssp(jssp) => of.dispatch(jssp),
                    Instance::Ffsp(ffsp) => of.dispatch(ffsp),
                    Instance::Bandit(_) => Err(no_model(instance)),
                };
                results.push(judged.map(Some));
            }
        });
        slots.into_iter().flat_map(|(_, _, results)| results).map(|result| result.map_err(refusal)).collect()
    }
}

/// A model at work on instance number `index` of a set.
struct Judge<'a> {
    model: &'a Prepared,
    index: u64,
    effort: Effort,
    buffers: &'a mut Buffers,
}

impl Judge<'_> {
    fn judge<P: Learnable + Clone>(&mut self, problem: &P) -> Result<Judged, ModelError> {
        let model = self.model.attention(P::TASK)?;
        let found = solve(model, &Arc::new(problem.clone()), self.index, self.effort, self.buffers);
        Ok(judged(found?))
    }

    fn dispatch<P: Shop>(&mut self, problem: &P) -> Result<Judged, ModelError> {
        let model = self.model.dispatch(P::TASK)?;
        let found = dispatch(model, problem, self.index, self.effort, self.buffers);
        Ok(judged(found?))
    }
}

fn judged<S>(found: Found<S>) -> Judged {
    Judged { cost: found.best.map(|(cost, _)| cost), bound: None, trajectories: found.trajectories }
}

/// The model, which fits every instance.
fn fitting(name: &str, weights: &Weights, instances: &[Instance]) -> Result<Prepared, Error> {
    let refusal = |source: ModelError| Error::model(name, source);
    let model = Prepared::new(weights).map_err(|error| refusal(error.into()))?;
    let fits = |instance: &Instance| match instance {
        Instance::Tsp(tsp) => constructs(&model, tsp),
        Instance::Cvrp(cvrp) => constructs(&model, cvrp),
        Instance::Knapsack(knapsack) => constructs(&model, knapsack),
        Instance::Jssp(jssp) => schedules(&model, jssp),
        Instance::Ffsp(ffsp) => schedules(&model, ffsp),
        Instance::Bandit(_) => Err(no_model(instance)),
    };
    instances.iter().try_for_each(fits).map_err(refusal)?;
    Ok(model)
}

fn constructs<P: Learnable>(model: &Prepared, problem: &P) -> Result<(), ModelError> {
    Ok(model.attention(P::TASK)?.fits(problem)?)
}

fn schedules<P: Shop>(model: &Prepared, problem: &P) -> Result<(), ModelError> {
    Ok(model.dispatch(P::TASK)?.fits(problem)?)
}

fn no_model(instance: &Instance) -> ModelError {
    ModelError::NoConstruction(instance.kind())
}

#[cfg(not(feature = "train"))]
mod on_device {
    use super::*;

    /// Says how to get a build that does.
    pub fn run(_: &Evaluation<'_>, kind: device::Kind, _: &[Instance], _: &Stop) -> Result<Vec<Option<Judged>>, Error> {
        Err(device::DeviceError::Feature { kind }.into())
    }
}

#[cfg(feature = "train")]
mod on_device {
    use heuron_policies::net::{DeviceModel, Learner};
    use heuron_search::inference::solve_all;

    use super::*;

    /// The problems of instances that are all of one kind.
    macro_rules! all {
        ($part:expr, $kind:ident) => {{
            let problem = |instance: &Instance| match instance {
                Instance::$kind(problem) => Some(Arc::new(problem.clone())),
                _ => None,
            };
            $part.iter().filter_map(problem).collect()
        }};
    }

    /// Instances that go together, and of which a signal ends all.
    const TOGETHER: usize = 1_000;

    pub fn run(
        of: &Evaluation<'_>,
        kind: device::Kind,
        instances: &[Instance],
        stop: &Stop,
    ) -> Result<Vec<Option<Judged>>, Error> {
        let refusal = |source: ModelError| Error::model(of.name, source);
        let device = device::open(kind)?;
        fitting(of.name, of.weights, instances)?;
        let model = DeviceModel::new(of.weights, &device).map_err(|error| refusal(error.into()))?;
        let mut judged = Vec::with_capacity(instances.len());
        let alike = |a: &Instance, b: &Instance| a.size() == b.size() && a.kind() == b.kind();
        for part in instances.chunk_by(alike).flat_map(|part| part.chunks(TOGETHER)) {
            if stop.is_cancelled() {
                break;
            }
            let first = judged.len() as u64;
            let found = match &part[0] {
                Instance::Tsp(_) => judge(&model, all!(part, Tsp), first, of.effort),
                Instance::Cvrp(_) => judge(&model, all!(part, Cvrp), first, of.effort),
                Instance::Knapsack(_) => judge(&model, all!(part, Knapsack), first, of.effort),
                other => Err(no_model(other)),
            };
            judged.extend(found.map_err(refusal)?.into_iter().map(Some));
        }
        judged.resize(instances.len(), None);
        Ok(judged)
    }

    fn judge<P: Learnable>(
        model: &DeviceModel,
        problems: Vec<Arc<P>>,
        first: u64,
        effort: Effort,
    ) -> Result<Vec<Judged>, ModelError> {
        if let Some(misfit) = problems.iter().find_map(|problem| model.fits(problem.as_ref()).err()) {
            return Err(misfit.into());
        }
        Ok(solve_all(model, &problems, first, effort).into_iter().map(judged).collect())
    }
}
