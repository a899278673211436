//! A step of the algorithms whose gradient is a weight per trajectory: sample, weigh, replay what carries weight.

use std::collections::BTreeMap;

use heuron_problems::{Cost, Problem, stream};

use crate::model::Model;
use crate::native::{Misfit, Pull, Replay, StepWeights};
use crate::net::{Gradients, Learner};
use crate::train::batched::sample_all;
use crate::train::collect::{Path, Sampled, Tally, sample, starts};
use crate::train::config::Algorithm;
use crate::train::engine::{Divergence, Engine, Share, add};
use crate::train::error::TrainError;
use crate::train::loss::{Group, Weighed};
use crate::train::problem::Train;
use crate::train::reinforce;
use crate::train::rival::Rival;
use crate::train::step::Step;

/// Improves a solution by local search; never makes it worse.
pub type Improve<'a, P> = dyn Fn(&P, &<P as Problem>::Solution) -> <P as Problem>::Solution + Sync + 'a;

/// A step, perhaps with a teacher or a rival.
pub(super) struct Taught<'a, P: Train> {
    pub at: Step<'a>,
    /// Whose greedy rollouts are the baseline.
    pub rival: Option<&'a Rival<P>>,
    /// The teacher, while it teaches.
    pub improve: Option<&'a Improve<'a, P>>,
}

/// What an instance teaches.
struct Lesson {
    /// Trajectories to replay.
    traces: Vec<Vec<u32>>,
    /// Derivatives of the loss by their log-probabilities.
    weights: Vec<f32>,
}

impl Lesson {
    fn pull(&self) -> Pull<'_> {
        Pull { log_prob: StepWeights::Trajectory(&self.weights), value: None, entropy: 0.0 }
    }
}

impl<P: Train> Taught<'_, P> {
    /// Takes the step.
    pub fn run(&self, engine: &mut Engine<P>) -> Result<Result<Tally, Divergence>, TrainError> {
        if let Some(model) = &engine.on_device {
            let (tally, gradient) = self.learn_on_device(model)?;
            return Ok(engine.apply(self.at.rate, gradient).map(|()| tally));
        }
        self.at.run(engine, |model, problem, index, share| self.learn(model, problem, index, share))
    }

    /// Adds the gradient of one instance.
    fn learn(&self, model: &P::Model, problem: &P, index: u64, share: &mut Share<P>) -> Result<(), Misfit> {
        let Share { gradient, tally, buffers } = share;
        let starts = starts(problem, self.at.config.starts, self.at.config.seed, index);
        let rival = self.rival.map(|rival| rival.costs(problem, &starts, buffers)).transpose()?;
        let mut sampled = sample(model, problem, &starts, (self.at.config.seed, index), buffers)?;
        let forced = sampled.forced;
        let replay = |labels: &[Vec<u32>]| Ok(model.replay(problem, &buffers.encoded, labels, forced));
        let baselines = rival.map(|rival| baselines(&sampled, &rival));
        let lesson = self.lesson(problem, index, &mut sampled, baselines.as_deref(), tally, replay)?;
        if !lesson.traces.is_empty() {
            model.backward(problem, &buffers.encoded, &lesson.traces, forced, &lesson.pull(), gradient);
        }
        Ok(())
    }

    /// The gradient of all instances, and what there is to say of them.
    fn learn_on_device(&self, model: &P::OnDevice) -> Result<(Tally, Gradients), TrainError> {
        let mut tally = Tally::default();
        let mut sum: Gradients = model.architecture().sizes().map(|count| vec![0.0; count]).collect();
        for mut batch in sample_all::<P>(model, self.at.config, &self.at.numbers(), self.at.sizes)? {
            let forced = batch.forced();
            let mut lessons = Vec::with_capacity(batch.problems.len());
            for (i, problem) in batch.problems.iter().enumerate() {
                let replay = |labels: &[Vec<u32>]| {
                    let mut replays = model.replay(&[problem], &[labels.to_vec()], forced)?;
                    Ok(replays.pop().unwrap_or_default())
                };
                lessons.push(self.lesson(
                    problem,
                    batch.numbers[i],
                    &mut batch.sampled[i],
                    None,
                    &mut tally,
                    replay,
                )?);
            }
            let pulls: Vec<Pull<'_>> = lessons.iter().map(Lesson::pull).collect();
            let traces: Vec<Vec<Vec<u32>>> = lessons.iter().map(|lesson| lesson.traces.clone()).collect();
            add(&mut sum, model.backward(&batch.references(), &traces, forced, &pulls)?);
        }
        Ok((tally, sum))
    }

    /// From what was sampled to what is learnt of it.
    fn lesson(
        &self,
        problem: &P,
        index: u64,
        sampled: &mut Sampled,
        baselines: Option<&[Cost]>,
        tally: &mut Tally,
        replay: impl Fn(&[Vec<u32>]) -> Result<Replay, Misfit>,
    ) -> Result<Lesson, Misfit> {
        tally.count(sampled);
        if let Some(improve) = self.improve {
            self.teach(problem, improve, sampled, replay)?;
        }
        let weighed = self.weigh(sampled, baselines, index);
        tally.loss += weighed.loss / self.at.config.batch as f64;
        let chosen = weighed.informative(self.at.config.informative);
        Ok(Lesson {
            traces: chosen.iter().map(|&i| sampled.paths[i].actions.clone()).collect(),
            weights: chosen.iter().map(|&i| weighed.weights[i] / self.at.config.batch as f32).collect(),
        })
    }

    fn weigh(&self, sampled: &Sampled, baselines: Option<&[Cost]>, index: u64) -> Weighed {
        let group = Group {
            costs: sampled.paths.iter().map(|path| path.cost).collect(),
            log_probs: sampled.paths.iter().map(|path| path.log_prob).collect(),
            choices: sampled.paths.iter().map(|path| path.actions.len() - sampled.forced).collect(),
        };
        match self.at.config.algorithm {
            Algorithm::Preference => {
                self.at.config.preference.weigh(&group, &mut stream(self.at.config.seed, "pairs", index))
            }
            _ => reinforce::weigh(&group, baselines),
        }
    }

    /// Adds what local search makes of the best trajectories, where it is better (Pan et al., 2025, section 4.3).
    fn teach(
        &self,
        problem: &P,
        improve: &Improve<'_, P>,
        sampled: &mut Sampled,
        replay: impl Fn(&[Vec<u32>]) -> Result<Replay, Misfit>,
    ) -> Result<(), Misfit> {
        let mut ranking: Vec<&Path> = sampled.paths.iter().collect();
        ranking.sort_by_key(|path| path.cost);
        let share = self.at.config.improvement.share.unwrap_or(P::IMPROVED);
        let count = (share * ranking.len() as f64).ceil() as usize;
        let label = |path: &&Path| {
            let improved = improve(problem, &problem.build(&path.actions));
            let cost = problem.evaluate(&improved).ok().filter(|&cost| cost < path.cost)?;
            Some((problem.label(&improved, &path.actions), cost))
        };
        let (labels, costs): (Vec<Vec<u32>>, Vec<Cost>) = ranking.iter().take(count).filter_map(label).unzip();
        let log_probs = replay(&labels)?.log_probs;
        for ((actions, cost), log_probs) in labels.into_iter().zip(costs).zip(&log_probs) {
            let log_prob: f32 = log_probs.iter().sum();
            // A label that the policy could not build is none.
            if log_prob.is_finite() {
                sampled.paths.push(Path { actions, cost, log_prob });
            }
        }
        Ok(())
    }
}

/// What a rival's rollout from the same start cost; a trajectory without any teaches nothing.
fn baselines(sampled: &Sampled, rival: &BTreeMap<Option<u32>, Cost>) -> Vec<Cost> {
    let start = |path: &Path| path.actions.first().copied().filter(|_| sampled.forced > 0);
    sampled.paths.iter().map(|path| rival.get(&start(path)).copied().unwrap_or(path.cost)).collect()
}
