//! A step of proximal policy optimisation: sample with the policy as it is, then several passes of updates over what
//! was sampled.

use heuron_problems::stream;
use rand::seq::SliceRandom;

use crate::model::Model;
use crate::native::{Misfit, Pull, Replay, StepWeights};
use crate::net::{Gradients, Learner};
use crate::train::batched::{Batch, sample_all};
use crate::train::collect::{Buffers, Sampled, Tally, sample, starts};
use crate::train::engine::{Divergence, Engine, Share, add};
use crate::train::error::TrainError;
use crate::train::ppo::{Normal, Pulled, Record};
use crate::train::problem::Train;
use crate::train::step::Step;

/// A step of several passes.
pub(super) struct Passes<'a> {
    pub at: Step<'a>,
    /// Rewards are costs divided by this.
    pub unit: f64,
}

/// An instance and what was sampled of it.
struct Episode<P> {
    problem: P,
    traces: Vec<Vec<u32>>,
    forced: usize,
    record: Record,
}

impl Passes<'_> {
    /// Takes the step. The losses are those of the first pass.
    pub fn run<P: Train>(&self, engine: &mut Engine<P>) -> Result<Result<Tally, Divergence>, TrainError> {
        let (mut tally, episodes) = match &engine.on_device {
            Some(model) => self.collect_on_device::<P>(model)?,
            None => self.collect::<P>(engine)?,
        };
        for epoch in 0..self.at.config.ppo.epochs {
            let mut order: Vec<&Episode<P>> = episodes.iter().collect();
            let pass = self.at.number * self.at.config.ppo.epochs as u64 + epoch as u64;
            order.shuffle(&mut stream(self.at.config.seed, "minibatches", pass));
            for part in order.chunks(order.len().div_ceil(self.at.config.ppo.minibatches)) {
                let normal = Normal::of(part.iter().map(|episode| &episode.record));
                let update = match &engine.on_device {
                    Some(model) => {
                        let (tally, gradient) = self.learn_on_device(model, part, normal)?;
                        engine.apply(self.at.rate, gradient).map(|()| tally)
                    }
                    None => engine.update(part, self.at.rate, |model, episode, share| {
                        // The instance was encoded before: it fits.
                        let _ = self.learn(model, episode, normal, share);
                    }),
                };
                match update {
                    Ok(update) if epoch == 0 => tally.loss += update.loss / self.at.config.ppo.minibatches as f64,
                    Ok(_) => {}
                    Err(divergence) => return Ok(Err(divergence)),
                }
            }
        }
        Ok(Ok(tally))
    }

    fn collect<P: Train>(&self, engine: &mut Engine<P>) -> Result<(Tally, Vec<Episode<P>>), TrainError> {
        let numbers = self.at.numbers();
        let (mut sum, mut episodes) = (Tally::default(), Vec::with_capacity(numbers.len()));
        for result in engine.map(&numbers, |model, buffers, &index| self.episode(model, buffers, index)) {
            let (tally, episode) = result?;
            sum.add(&tally);
            episodes.push(episode);
        }
        Ok((sum, episodes))
    }

    fn episode<P: Train>(
        &self,
        model: &P::Model,
        buffers: &mut Buffers<P>,
        index: u64,
    ) -> Result<(Tally, Episode<P>), TrainError> {
        let seed = self.at.config.seed;
        let problem: P = self.at.instance(index)?;
        let starts = starts(&problem, self.at.config.starts, seed, index);
        let sampled = sample(model, &problem, &starts, (seed, index), buffers)?;
        let mut tally = Tally::default();
        tally.count(&sampled);
        let traces: Vec<Vec<u32>> = sampled.paths.iter().map(|path| path.actions.clone()).collect();
        let replay = model.replay(&problem, &buffers.encoded, &traces, sampled.forced);
        Ok((tally, self.record(problem, sampled, replay)))
    }

    fn collect_on_device<P: Train>(&self, model: &P::OnDevice) -> Result<(Tally, Vec<Episode<P>>), TrainError> {
        let numbers = self.at.numbers();
        let (mut tally, mut episodes) = (Tally::default(), Vec::with_capacity(numbers.len()));
        for Batch { problems, sampled, replays, .. } in sample_all::<P>(model, self.at.config, &numbers, self.at.sizes)?
        {
            for ((problem, sampled), replay) in problems.into_iter().zip(sampled).zip(replays) {
                tally.count(&sampled);
                episodes.push(self.record(problem, sampled, replay));
            }
        }
        Ok((tally, episodes))
    }

    fn record<P: Train>(&self, problem: P, Sampled { paths, forced }: Sampled, replay: Replay) -> Episode<P> {
        let traces: Vec<Vec<u32>> = paths.into_iter().map(|path| path.actions).collect();
        let rewards: Vec<Vec<f32>> = traces.iter().map(|trace| self.rewards(&problem, trace, forced)).collect();
        let record = self.at.config.ppo.record(&rewards, replay.log_probs, replay.values);
        Episode { problem, traces, forced, record }
    }

    /// What each choice of a trace adds to the cost, negated \[choices\].
    fn rewards<P: Train>(&self, problem: &P, trace: &[u32], forced: usize) -> Vec<f32> {
        let increments = problem.increments(trace).into_iter().skip(forced);
        increments.map(|cost| (-cost as f64 / self.unit) as f32).collect()
    }

    /// Adds the gradient of an instance: one encoding, all choices at once.
    fn learn<P: Train>(
        &self,
        model: &P::Model,
        Episode { problem, traces, forced, record }: &Episode<P>,
        normal: Normal,
        Share { gradient, tally, buffers }: &mut Share<P>,
    ) -> Result<(), Misfit> {
        model.encode(problem, &mut buffers.encoded)?;
        let replay = model.replay(problem, &buffers.encoded, traces, *forced);
        let pulled = self.at.config.ppo.pull(record, &replay.log_probs, &replay.values, normal);
        tally.loss += pulled.loss;
        model.backward(problem, &buffers.encoded, traces, *forced, &self.pull(&pulled, normal), gradient);
        Ok(())
    }

    /// The gradient of some episodes: those of one width at once.
    fn learn_on_device<P: Train>(
        &self,
        model: &P::OnDevice,
        episodes: &[&Episode<P>],
        normal: Normal,
    ) -> Result<(Tally, Gradients), Misfit> {
        let mut tally = Tally::default();
        let mut sum: Gradients = model.architecture().sizes().map(|count| vec![0.0; count]).collect();
        let mut sorted = episodes.to_vec();
        sorted.sort_by_key(|episode| episode.problem.width());
        for group in sorted.chunk_by(|a, b| a.problem.width() == b.problem.width()) {
            let problems: Vec<&P> = group.iter().map(|episode| &episode.problem).collect();
            let traces: Vec<Vec<Vec<u32>>> = group.iter().map(|episode| episode.traces.clone()).collect();
            let forced = group[0].forced;
            let replays = model.replay(&problems, &traces, forced)?;
            let pulled = |(episode, replay): (&&Episode<P>, &Replay)| {
                self.at.config.ppo.pull(&episode.record, &replay.log_probs, &replay.values, normal)
            };
            let pulled: Vec<Pulled> = group.iter().zip(&replays).map(pulled).collect();
            tally.loss += pulled.iter().map(|pulled| pulled.loss).sum::<f64>();
            let pulls: Vec<Pull<'_>> = pulled.iter().map(|pulled| self.pull(pulled, normal)).collect();
            add(&mut sum, model.backward(&problems, &traces, forced, &pulls)?);
        }
        Ok((tally, sum))
    }

    fn pull<'a>(&self, pulled: &'a Pulled, normal: Normal) -> Pull<'a> {
        let entropy = -self.at.config.ppo.entropy / normal.count.max(1) as f32;
        Pull { log_prob: StepWeights::Step(&pulled.log_probs), value: Some(&pulled.values), entropy }
    }
}
