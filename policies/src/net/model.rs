//! The network as a policy and as a learner on a device: rollouts by [`crate::rollout`], gradients by autodiff. It
//! gives and takes what the native kernels do ([`Replay`], [`Pull`]), for many instances at once.

use burn::tensor::{Device, Tensor};

use super::batch::{Choices, Instances, Queries, Walk};
use super::decoder::Tables;
use super::learner::Learner;
use super::parameters::{Gradients, tensor, values};
use super::{AttentionNet, CHUNK, Judgement};
use crate::architecture::Architecture;
use crate::features::Learnable;
use crate::native::{Misfit, Pull, Replay};
use crate::policy::{Lanes, Policy};
use crate::weights::{Weights, WeightsError};

/// An attention model on a device.
#[derive(Clone, Debug)]
pub struct DeviceModel {
    architecture: Architecture,
    /// For rollouts: leaves no graph.
    net: AttentionNet,
    /// The same parameters, followed by autodiff.
    learner: AttentionNet,
    device: Device,
    taped: Device,
}

/// Encoded instances.
#[derive(Clone)]
pub struct Encoding {
    /// Place of every instance among those that the model fits; the others' actions are all scored alike.
    places: Vec<Option<usize>>,
    encoded: Option<(Tables, Instances)>,
}

impl DeviceModel {
    /// Brings weights to a device.
    pub fn new(weights: &Weights, device: &Device) -> Result<Self, WeightsError> {
        let (device, taped) = (device.clone().without_autodiff(), device.clone().autodiff());
        Ok(Self {
            architecture: weights.architecture.clone(),
            net: AttentionNet::import(weights, &device)?,
            learner: AttentionNet::import(weights, &taped)?,
            device,
            taped,
        })
    }

    /// What the model is.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// What the pulls are derivatives of, at these choices.
    fn loss(&self, instances: &Instances, choices: Choices, pulls: &[Pull<'_>]) -> Tensor<1> {
        let Judgement { log_probs, entropies, values, places } =
            self.learner.judge(&self.learner.tables(instances), choices, &self.taped);
        let numbers =
            |of: &dyn Fn(&[usize; 3]) -> f32| tensor(places.iter().map(of).collect(), [places.len()], &self.taped);
        let mut loss = (log_probs * numbers(&|&[i, trace, step]| pulls[i].log_prob.of(trace, step))).sum();
        if let Some(values) = values.filter(|_| pulls.iter().any(|pull| pull.value.is_some())) {
            let weight = |&[i, trace, step]: &[usize; 3]| pulls[i].value.map_or(0.0, |values| values[trace][step]);
            loss = loss + (values * numbers(&weight)).sum();
        }
        if pulls.iter().any(|pull| pull.entropy != 0.0) {
            loss = loss + (entropies * numbers(&|&[i, ..]| pulls[i].entropy)).sum();
        }
        loss
    }
}

impl<P: Learnable> Learner<P> for DeviceModel {
    fn bring(weights: &Weights, device: &Device) -> Result<Self, WeightsError> {
        Self::new(weights, device)
    }

    fn set(&mut self, weights: &Weights) -> Result<(), WeightsError> {
        *self = Self::new(weights, &self.device)?;
        Ok(())
    }

    fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    fn fits(&self, problem: &P) -> Result<(), Misfit> {
        self.architecture.fits(problem).map(drop)
    }

    fn replay(&self, problems: &[&P], traces: &[Vec<Vec<u32>>], forced: usize) -> Result<Vec<Replay>, Misfit> {
        let zeros = |traces: &Vec<Vec<u32>>| -> Vec<Vec<f32>> {
            traces.iter().map(|trace| vec![0.0; trace.len().saturating_sub(forced)]).collect()
        };
        let replay = |traces| Replay {
            log_probs: zeros(traces),
            entropies: zeros(traces),
            values: if self.architecture.value { zeros(traces) } else { Vec::new() },
        };
        let mut replays: Vec<Replay> = traces.iter().map(replay).collect();
        for part in parts(problems, traces, forced) {
            let (problems, replays) = (&problems[part.clone()], &mut replays[part.clone()]);
            self.net.log_probs(problems, &traces[part], &[], forced, &self.device, |judgement| {
                let places = judgement.places;
                let mut fill = |numbers: Tensor<1>, of: fn(&mut Replay) -> &mut Vec<Vec<f32>>| {
                    for (&[instance, trace, step], number) in places.iter().zip(values(numbers)) {
                        of(&mut replays[instance])[trace][step] = number;
                    }
                };
                fill(judgement.log_probs, |replay| &mut replay.log_probs);
                fill(judgement.entropies, |replay| &mut replay.entropies);
                judgement.values.into_iter().for_each(|values| fill(values, |replay| &mut replay.values));
            })?;
        }
        replays.iter_mut().flat_map(|replay| replay.log_probs.iter_mut().flatten()).for_each(forbid);
        Ok(replays)
    }

    fn backward(
        &self,
        problems: &[&P],
        traces: &[Vec<Vec<u32>>],
        forced: usize,
        pulls: &[Pull<'_>],
    ) -> Result<Gradients, Misfit> {
        let parameters = self.learner.parameters();
        let mut sum: Gradients = self.architecture.sizes().map(|count| vec![0.0; count]).collect();
        for part in parts(problems, traces, forced) {
            let (problems, pulls) = (&problems[part.clone()], &pulls[part.clone()]);
            let local = self.architecture.local;
            let instances = Instances::new(problems, local, &self.taped)?;
            for choices in Walk::new(problems, &traces[part], forced, (&instances, local), CHUNK) {
                // Encoded again for every part, so that no graph outlives it.
                let loss = self.loss(&instances, choices, pulls);
                let gradients = loss.backward();
                for (sum, parameter) in sum.iter_mut().zip(&parameters) {
                    sum.iter_mut().zip(parameter.gradient(&gradients)).for_each(|(sum, x)| *sum += x);
                }
            }
        }
        Ok(sum)
    }
}

/// A probability that underflows in 32 bits belongs to an action that was not allowed.
fn forbid(log_prob: &mut f32) {
    if *log_prob < -1e6 {
        *log_prob = f32::NEG_INFINITY;
    }
}

/// Ranges of instances whose choices can be judged together.
fn parts<P: Learnable>(problems: &[&P], traces: &[Vec<Vec<u32>>], forced: usize) -> Vec<std::ops::Range<usize>> {
    let mut parts: Vec<std::ops::Range<usize>> = Vec::new();
    let mut entries = 0;
    for (index, (problem, traces)) in problems.iter().zip(traces).enumerate() {
        let choices: usize = traces.iter().map(|trace| trace.len().saturating_sub(forced)).sum();
        entries += choices * problem.width();
        match parts.last_mut() {
            Some(part) if entries <= CHUNK => part.end = index + 1,
            _ => {
                entries = choices * problem.width();
                parts.push(index..index + 1);
            }
        }
    }
    parts
}

impl<P: Learnable> Policy<P> for DeviceModel {
    type Memory = Encoding;

    fn encode(&self, batch: &[P]) -> Encoding {
        let fitting: Vec<&P> = batch.iter().filter(|problem| self.fits(*problem).is_ok()).collect();
        let mut next = 0..;
        let places = batch.iter().map(|problem| self.fits(problem).ok().and_then(|()| next.next())).collect();
        let instances = Instances::new(&fitting, self.architecture.local, &self.device);
        let encoded = instances.ok().filter(|_| !fitting.is_empty());
        Encoding { places, encoded: encoded.map(|instances| (self.net.tables(&instances), instances)) }
    }

    fn score(&self, memory: &mut Encoding, lanes: &Lanes<'_, P>, logits: &mut [f32]) {
        logits.fill(0.0);
        let Some((tables, instances)) = &memory.encoded else { return };
        let count = memory.places.iter().flatten().count();
        let mut filled = vec![0; count];
        for place in lanes.instances.iter().filter_map(|&instance| memory.places[instance]) {
            filled[place] += 1;
        }
        let most = filled.iter().copied().max().unwrap_or(0).max(1);
        let mut queries = Queries::new(count, most, lanes.width, self.architecture.local);
        filled.fill(0);
        let mut rows = Vec::with_capacity(lanes.len());
        for (instance, state, mask) in lanes.iter() {
            rows.push(memory.places[instance].map(|place| {
                filled[place] += 1;
                let context = lanes.batch[instance].context(state);
                queries.put((place, filled[place] - 1), context, mask, &instances.neighbourhoods)
            }));
        }
        let mask = queries.mask(&self.device);
        let (scores, _) = self.net.decoder.score(tables, &queries, mask, self.net.heads);
        let found = values(scores.tanh() * self.net.clip);
        for (row, to) in rows.into_iter().zip(logits.chunks_exact_mut(lanes.width)) {
            if let Some(row) = row {
                to.copy_from_slice(&found[row * lanes.width..][..lanes.width]);
            }
        }
    }
}
