//! A step of the algorithms whose gradient is a weight per trajectory: sample, weigh, replay what carries weight.

use heuron_problems::{Cost, Problem, stream};

use crate::model::Model;
use crate::native::{Misfit, Pull, StepWeights};
use crate::train::collect::{Buffers, Path, Sampled, Tally, instance, number, sample, starts};
use crate::train::config::{Algorithm, Config};
use crate::train::engine::{Divergence, Engine, Share};
use crate::train::error::TrainError;
use crate::train::loss::{Group, Weighed};
use crate::train::problem::{Train, build};
use crate::train::reinforce;

/// Improves a solution by local search; never makes it worse.
pub type Improve<'a, P> = dyn Fn(&P, &<P as Problem>::Solution) -> <P as Problem>::Solution + Sync + 'a;

/// What decides a step.
pub(super) struct Step<'a, P: Train> {
    pub config: &'a Config,
    pub number: u64,
    pub sizes: &'a [usize],
    pub rate: f64,
    /// The teacher, while it teaches.
    pub improve: Option<&'a Improve<'a, P>>,
}

impl<P: Train> Step<'_, P> {
    /// Takes the step. No instance fails once the first has not: size and distribution decide that.
    pub fn run(&self, engine: &mut Engine<P>) -> Result<Result<Tally, Divergence>, TrainError> {
        let numbers: Vec<u64> = (0..self.config.batch).map(|i| number(self.number, self.config.batch, i)).collect();
        engine.model.fits(&self.instance(numbers[0])?)?;
        Ok(engine.update(&numbers, self.rate, |model, &index, share| {
            if let Ok(problem) = self.instance(index) {
                // Cannot fail, as said above.
                let _ = self.learn(model, &problem, index, share);
            }
        }))
    }

    fn instance(&self, index: u64) -> Result<P, TrainError> {
        instance(self.config.seed, index, self.sizes, &self.config.distribution)
    }

    /// Adds the gradient of one instance.
    fn learn(&self, model: &P::Model, problem: &P, index: u64, share: &mut Share<P>) -> Result<(), Misfit> {
        let seed = self.config.seed;
        let starts = starts(model, problem, self.config.starts, (seed, index));
        let mut sampled = sample(model, problem, &starts, (seed, index), &mut share.buffers)?;
        share.tally.count(&sampled);
        if let Some(improve) = self.improve {
            self.teach(model, &share.buffers, problem, improve, &mut sampled);
        }
        let weighed = self.weigh(&sampled, index);
        share.tally.loss += weighed.loss / self.config.batch as f64;
        let chosen = weighed.informative(self.config.informative);
        if chosen.is_empty() {
            return Ok(());
        }
        let traces: Vec<Vec<u32>> = chosen.iter().map(|&i| sampled.paths[i].actions.clone()).collect();
        let weights: Vec<f32> = chosen.iter().map(|&i| weighed.weights[i] / self.config.batch as f32).collect();
        let pull = Pull { log_prob: StepWeights::Trajectory(&weights), value: None, entropy: 0.0 };
        let (encoded, gradient) = (&share.buffers.encoded, &mut share.gradient);
        model.backward(problem, encoded, &traces, sampled.forced, &pull, gradient);
        Ok(())
    }

    fn weigh(&self, sampled: &Sampled, index: u64) -> Weighed {
        let group = Group {
            costs: sampled.paths.iter().map(|path| path.cost).collect(),
            log_probs: sampled.paths.iter().map(|path| path.log_prob).collect(),
            choices: sampled.paths.iter().map(|path| path.actions.len() - sampled.forced).collect(),
        };
        match self.config.algorithm {
            Algorithm::Preference => {
                self.config.preference.weigh(&group, &mut stream(self.config.seed, "pairs", index))
            }
            Algorithm::Reinforce | Algorithm::Ppo => reinforce::weigh(&group),
        }
    }

    /// Adds what local search makes of the best trajectories, where it is better (Pan et al., 2025, section 4.3).
    fn teach(
        &self,
        model: &P::Model,
        buffers: &Buffers<P>,
        problem: &P,
        improve: &Improve<'_, P>,
        sampled: &mut Sampled,
    ) {
        let mut ranking: Vec<&Path> = sampled.paths.iter().collect();
        ranking.sort_by_key(|path| path.cost);
        let count = (self.config.improvement.share * ranking.len() as f64).ceil() as usize;
        let label = |path: &&Path| {
            let improved = improve(problem, &build(problem, &path.actions));
            let cost = problem.evaluate(&improved).ok().filter(|&cost| cost < path.cost)?;
            Some((problem.label(&improved, &path.actions), cost))
        };
        let (labels, costs): (Vec<Vec<u32>>, Vec<Cost>) = ranking.iter().take(count).filter_map(label).unzip();
        let replay = model.replay(problem, &buffers.encoded, &labels, sampled.forced);
        for ((actions, cost), log_probs) in labels.into_iter().zip(costs).zip(&replay.log_probs) {
            let log_prob: f32 = log_probs.iter().sum();
            // A label that the policy could not build is none.
            if log_prob.is_finite() {
                sampled.paths.push(Path { actions, cost, log_prob });
            }
        }
    }
}
