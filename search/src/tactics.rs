//! How attempts are spent on one instance, so that populations, latent vectors, active search and plain samples can be
//! compared attempt by attempt, and the same as a search of the solver.

use std::sync::Arc;

use heuron_policies::native::Misfit;
use heuron_policies::{Architecture, AttentionModel, DispatchModel, Learnable, Shop};
use heuron_problems::Construct;

use crate::active;
use crate::latent::{self, Strategy};
use crate::population::{Attempts, Found};
use crate::run::Run;
use crate::schedules::Schedules;
use crate::search::Search;

/// How attempts are spent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tactic {
    /// Random choices of one policy: what the others must beat.
    Sample,
    /// Random choices of one policy that learns from them (EAS-Emb).
    Active(active::Config),
    /// Latent vectors (COMPASS).
    Latent(Strategy),
    /// Agents (Poppy), greedy first, then samples from the best, of shops from all in turn.
    Population,
}

impl Tactic {
    /// Whether the model has what the tactic needs.
    ///
    /// # Errors
    /// [`Misfit::NoLatents`], [`Misfit::OneAgent`] and [`Misfit::NoSearch`].
    pub fn fits(self, architecture: &Architecture) -> Result<(), Misfit> {
        match self {
            Self::Latent(_) if architecture.latent.is_none() => Err(Misfit::NoLatents),
            Self::Population if architecture.agents.is_none() => Err(Misfit::OneAgent),
            Self::Active(_) if architecture.task.is_shop() => Err(Misfit::NoSearch("active")),
            _ => Ok(()),
        }
    }
}

/// A model at work on one instance, whose attempts a tactic spends.
pub trait Tries {
    /// Spends `attempts` by a tactic that fits the model, and calls `take` with what each found, until that says stop.
    /// `draws` are a seed and the instance's number.
    fn spend(&mut self, tactic: Tactic, attempts: u64, draws: (u64, u64), take: impl FnMut(Found) -> bool);

    /// Constructions so far.
    fn trajectories(&self) -> u64;
}

impl<P: Learnable> Tries for Attempts<'_, P> {
    fn spend(&mut self, tactic: Tactic, attempts: u64, draws: (u64, u64), mut take: impl FnMut(Found) -> bool) {
        match tactic {
            Tactic::Sample => {
                for attempt in 0..attempts {
                    if !take(self.sample(attempt).into_iter().min()) {
                        return;
                    }
                }
            }
            Tactic::Active(config) => active::search(self, config, attempts, take),
            Tactic::Latent(strategy) => {
                latent::search(self, strategy, attempts, draws, |found| found.into_iter().all(&mut take));
            }
            Tactic::Population => self.two_steps(attempts, take),
        }
    }

    fn trajectories(&self) -> u64 {
        self.trajectories
    }
}

impl<P: Shop> Tries for Schedules<'_, P> {
    fn spend(&mut self, tactic: Tactic, attempts: u64, draws: (u64, u64), mut take: impl FnMut(Found) -> bool) {
        match tactic {
            Tactic::Sample => self.samples(attempts, take),
            // Fits no model that schedules.
            Tactic::Active(_) => {}
            Tactic::Latent(strategy) => {
                latent::search(self, strategy, attempts, draws, |found| found.into_iter().all(&mut take));
            }
            Tactic::Population => self.in_turn(attempts, take),
        }
    }

    fn trajectories(&self) -> u64 {
        self.trajectories
    }
}

/// A tactic as a search: an iteration is an attempt.
pub struct Adapt<M> {
    /// The model, which has what the tactic needs.
    pub model: Arc<M>,
    /// How attempts are spent.
    pub tactic: Tactic,
}

impl<P: Learnable> Search<P> for Adapt<AttentionModel> {
    fn search(&mut self, problem: &P, run: &mut Run<'_, P>) {
        let watch = run.watch();
        spend(self.tactic, Attempts::new(&self.model, problem, run.setup().seed, &|| watch.is_late()), problem, run);
    }
}

impl<P: Shop> Search<P> for Adapt<DispatchModel> {
    fn search(&mut self, problem: &P, run: &mut Run<'_, P>) {
        let watch = run.watch();
        spend(self.tactic, Schedules::new(&self.model, problem, run.setup().seed, &|| watch.is_late()), problem, run);
    }
}

/// Attempts until the run ends.
fn spend<P: Construct>(tactic: Tactic, tries: Option<impl Tries>, problem: &P, run: &mut Run<'_, P>) {
    run.set_method("attempts");
    let Some(mut tries) = tries else { return };
    tries.spend(tactic, u64::MAX, (run.setup().seed, 0), |found| {
        if let Some((_, actions)) = found {
            run.offer(&problem.build(&actions));
            run.credit_model();
        }
        run.proceed(1)
    });
}

#[cfg(test)]
mod tests {
    use heuron_policies::{Task, Weights};
    use heuron_problems::{Cost, Cvrp, Ffsp, Generate, Jssp, Knapsack, Tsp, stream};
    use rand::Rng;

    use super::*;

    /// Weights with latent vectors that matter, or with agents that differ.
    fn weights(task: Task, latent: Option<usize>, agents: Option<usize>) -> Weights {
        let heads = if task.is_shop() { 1 } else { 2 };
        let architecture = Architecture { latent, agents, ..Architecture::new(task, 16, heads, 1, 16) };
        let mut weights = Weights::random(architecture, 1).unwrap();
        for (slot, ((name, _), values)) in weights.architecture.tensors().iter().zip(&mut weights.tensors).enumerate() {
            let mut stream = stream(4, "tactics", slot as u64);
            if name.contains("latent") {
                values.iter_mut().for_each(|value| *value = 0.02 * (stream.random::<f32>() - 0.5));
            }
        }
        weights
    }

    /// The least cost after every attempt, each of `constructions`.
    fn curve<P: Construct>(
        tries: Option<impl Tries>,
        problem: &P,
        tactic: Tactic,
        attempts: u64,
        constructions: u64,
    ) -> Vec<Cost> {
        let (mut tries, mut best, mut curve) = (tries.unwrap(), Cost::MAX, Vec::new());
        tries.spend(tactic, attempts, (1, 0), |found| {
            if let Some((cost, actions)) = found {
                assert_eq!(problem.evaluate(&problem.build(&actions)), Ok(cost));
                best = best.min(cost);
            }
            curve.push(best);
            true
        });
        assert_eq!(tries.trajectories(), attempts * constructions);
        curve
    }

    /// Checks a tactic by its curve of so many attempts.
    fn spends_what_it_is_given(tactic: Tactic, curve: impl Fn(u64) -> Vec<Cost>) {
        let whole = curve(70);
        assert_eq!(whole.len(), 70, "{tactic:?}");
        assert!(whole[69] < Cost::MAX && whole.windows(2).all(|pair| pair[1] <= pair[0]), "{tactic:?}");
        assert_eq!(curve(70), whole);
        // Fewer attempts are the first ones.
        assert_eq!(curve(7), whole[..7]);
    }

    fn instance<P: Generate>(n: usize) -> P {
        P::generate(&P::spec(n, "uniform").unwrap(), &mut stream(101, "tactics", 0))
    }

    fn attempts_of_attention_models<P: Learnable + Generate>() {
        let problem = instance::<P>(14);
        let prepare = |latent, agents| AttentionModel::new(&weights(P::TASK, latent, agents)).unwrap();
        let (latent, population) = (prepare(Some(16), None), prepare(None, Some(3)));
        let cases = [
            (Tactic::Sample, &latent),
            (Tactic::Active(active::Config::default()), &latent),
            (Tactic::Active(active::Config { attempts: 8, ..active::Config::default() }), &population),
            (Tactic::Latent(Strategy::Uniform), &latent),
            (Tactic::Latent(Strategy::default()), &latent),
            (Tactic::Population, &population),
        ];
        let each = problem.openings().len().max(1) as u64;
        for (tactic, model) in cases {
            tactic.fits(model.architecture()).unwrap();
            spends_what_it_is_given(tactic, |attempts| {
                curve(Attempts::new(model, &problem, 1, &|| false), &problem, tactic, attempts, each)
            });
        }
    }

    fn attempts_of_dispatch_models<P: Shop + Generate>() {
        let problem = instance::<P>(9);
        let prepare = |latent, agents| DispatchModel::new(&weights(P::TASK, latent, agents)).unwrap();
        let (latent, population) = (prepare(Some(16), None), prepare(None, Some(3)));
        let cases = [
            (Tactic::Sample, &population),
            (Tactic::Latent(Strategy::Uniform), &latent),
            (Tactic::Latent(Strategy::default()), &latent),
            (Tactic::Population, &population),
        ];
        for (tactic, model) in cases {
            tactic.fits(model.architecture()).unwrap();
            spends_what_it_is_given(tactic, |attempts| {
                curve(Schedules::new(model, &problem, 1, &|| false), &problem, tactic, attempts, 1)
            });
        }
        let active = Tactic::Active(active::Config::default());
        assert_eq!(active.fits(latent.architecture()), Err(Misfit::NoSearch("active")));
    }

    #[test]
    fn attempts_are_counted_and_the_best_is_kept() {
        attempts_of_attention_models::<Tsp>();
        attempts_of_attention_models::<Cvrp>();
        attempts_of_attention_models::<Knapsack>();
        attempts_of_dispatch_models::<Jssp>();
        attempts_of_dispatch_models::<Ffsp>();
    }

    #[test]
    fn models_without_vectors_or_agents_are_refused() {
        let plain = weights(Task::Tsp, None, None).architecture;
        assert_eq!(Tactic::Latent(Strategy::Uniform).fits(&plain), Err(Misfit::NoLatents));
        assert_eq!(Tactic::Population.fits(&plain), Err(Misfit::OneAgent));
        assert_eq!(Tactic::Sample.fits(&plain), Ok(()));
    }
}
