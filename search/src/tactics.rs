//! How attempts are spent on one instance, so that populations, latent vectors, active search and plain samples can be
//! compared attempt by attempt, and the same as a search of the solver.

use std::sync::Arc;

use heuron_policies::native::Misfit;
use heuron_policies::{Architecture, AttentionModel, Learnable};

use crate::active;
use crate::latent::{self, Strategy};
use crate::population::{Attempts, Found};
use crate::run::Run;
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
    /// Agents (Poppy), greedy first, then samples from the best.
    Population,
}

impl Tactic {
    /// Whether the model has what the tactic needs.
    ///
    /// # Errors
    /// [`Misfit::NoLatents`] and [`Misfit::OneAgent`].
    pub fn fits(self, architecture: &Architecture) -> Result<(), Misfit> {
        match self {
            Self::Latent(_) if architecture.latent.is_none() => Err(Misfit::NoLatents),
            Self::Population if architecture.agents.is_none() => Err(Misfit::OneAgent),
            _ => Ok(()),
        }
    }

    /// Spends `attempts` on the instance of `tries` and calls `take` with what each found, until that says stop. `draws`
    /// are a seed and the instance's number.
    pub fn spend<P: Learnable>(
        self,
        tries: &mut Attempts<'_, P>,
        attempts: u64,
        draws: (u64, u64),
        mut take: impl FnMut(Found) -> bool,
    ) {
        match self {
            Self::Sample => {
                for attempt in 0..attempts {
                    if !take(tries.sample(attempt).into_iter().min()) {
                        return;
                    }
                }
            }
            Self::Active(config) => active::search(tries, config, attempts, take),
            Self::Latent(strategy) => {
                latent::search(tries, strategy, attempts, draws, |found| found.into_iter().all(&mut take));
            }
            Self::Population => tries.two_steps(attempts, take),
        }
    }
}

/// A tactic as a search: an iteration is an attempt.
pub struct Adapt {
    /// The model, which has what the tactic needs.
    pub model: Arc<AttentionModel>,
    /// How attempts are spent.
    pub tactic: Tactic,
}

impl<P: Learnable> Search<P> for Adapt {
    fn search(&mut self, problem: &P, run: &mut Run<'_, P>) {
        run.set_method("attempts");
        let (seed, watch) = (run.setup().seed, run.watch());
        let is_over = || watch.is_late();
        let Some(mut tries) = Attempts::new(&self.model, problem, seed, &is_over) else { return };
        self.tactic.spend(&mut tries, u64::MAX, (seed, 0), |found| {
            if let Some((_, actions)) = found {
                let mut state = problem.start();
                actions.iter().for_each(|&action| problem.step(&mut state, action));
                run.offer(&problem.finish(&state));
            }
            run.proceed(1)
        });
    }
}

#[cfg(test)]
mod tests {
    use heuron_policies::Weights;
    use heuron_problems::{Cost, Cvrp, Generate, Knapsack, Tsp, stream};
    use rand::Rng;

    use super::*;

    /// A model with latent vectors that matter, or with agents that differ.
    fn model<P: Learnable>(latent: Option<usize>, agents: Option<usize>) -> AttentionModel {
        let architecture = Architecture { latent, agents, ..Architecture::new(P::TASK, 16, 2, 1, 16) };
        let mut weights = Weights::random(architecture, 1).unwrap();
        for (slot, ((name, _), values)) in weights.architecture.tensors().iter().zip(&mut weights.tensors).enumerate() {
            let mut stream = stream(4, "tactics", slot as u64);
            if name.contains("latent") {
                values.iter_mut().for_each(|value| *value = 0.02 * (stream.random::<f32>() - 0.5));
            }
        }
        AttentionModel::new(&weights).unwrap()
    }

    /// The least cost after every attempt.
    fn curve<P: Learnable>(model: &AttentionModel, problem: &P, tactic: Tactic, attempts: u64) -> Vec<Cost> {
        tactic.fits(model.architecture()).unwrap();
        let mut tries = Attempts::new(model, problem, 1, &|| false).unwrap();
        let (mut best, mut curve) = (Cost::MAX, Vec::new());
        tactic.spend(&mut tries, attempts, (1, 0), |found| {
            if let Some((cost, actions)) = found {
                let mut state = problem.start();
                actions.iter().for_each(|&action| problem.step(&mut state, action));
                assert_eq!(problem.evaluate(&problem.finish(&state)), Ok(cost));
                best = best.min(cost);
            }
            curve.push(best);
            true
        });
        assert_eq!(tries.trajectories, attempts * problem.openings().len().max(1) as u64);
        curve
    }

    fn every_tactic_spends_what_it_is_given<P: Learnable + Generate>() {
        let problem = P::generate(&P::spec(14, "uniform").unwrap(), &mut stream(101, "tactics", 0));
        let (latent, population) = (model::<P>(Some(16), None), model::<P>(None, Some(3)));
        let cases = [
            (Tactic::Sample, &latent),
            (Tactic::Active(active::Config::default()), &latent),
            (Tactic::Active(active::Config { attempts: 8, ..active::Config::default() }), &population),
            (Tactic::Latent(Strategy::Uniform), &latent),
            (Tactic::Latent(Strategy::default()), &latent),
            (Tactic::Population, &population),
        ];
        for (tactic, model) in cases {
            let curve = self::curve(model, &problem, tactic, 70);
            assert_eq!(curve.len(), 70, "{tactic:?}");
            assert!(curve[69] < Cost::MAX && curve.windows(2).all(|pair| pair[1] <= pair[0]));
            assert_eq!(self::curve(model, &problem, tactic, 70), curve);
            // Fewer attempts are the first ones.
            assert_eq!(self::curve(model, &problem, tactic, 7), curve[..7]);
        }
    }

    #[test]
    fn attempts_are_counted_and_the_best_is_kept() {
        every_tactic_spends_what_it_is_given::<Tsp>();
        every_tactic_spends_what_it_is_given::<Cvrp>();
        every_tactic_spends_what_it_is_given::<Knapsack>();
    }

    #[test]
    fn models_without_vectors_or_agents_are_refused() {
        let plain = model::<Tsp>(None, None);
        assert_eq!(Tactic::Latent(Strategy::Uniform).fits(plain.architecture()), Err(Misfit::NoLatents));
        assert_eq!(Tactic::Population.fits(plain.architecture()), Err(Misfit::OneAgent));
        assert_eq!(Tactic::Sample.fits(plain.architecture()), Ok(()));
    }
}
