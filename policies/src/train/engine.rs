//! The model under training with what changes it: weights, optimiser, and gradients that threads fill.

use burn::tensor::Device;

use crate::model::Model;
use crate::native::Gradient;
use crate::native::spread::spread;
use crate::net::Learner;
use crate::train::collect::{Buffers, Tally};
use crate::train::config::Config;
use crate::train::error::TrainError;
use crate::train::optimiser::{Moments, Optimiser, clip};
use crate::train::problem::Train;
use crate::weights::Weights;

/// Parts of a batch whose gradients are summed on their own. Fixed, so that the sum does not depend on the threads;
/// more than eight threads have nothing to do.
const SHARES: usize = 8;

/// The sum over a part of a batch, with the memory that it takes.
pub(super) struct Share<P: Train> {
    pub gradient: Gradient,
    pub tally: Tally,
    pub buffers: Buffers<P>,
}

/// A model that learns.
pub(super) struct Engine<P: Train> {
    pub weights: Weights,
    pub model: P::Model,
    /// The same weights where instances are learnt from, unless that is the processor.
    pub on_device: Option<P::OnDevice>,
    optimiser: Optimiser,
    shares: Vec<Share<P>>,
    threads: usize,
    clip_norm: f64,
}

impl<P: Train> Engine<P> {
    pub fn new(
        config: &Config,
        weights: Weights,
        moments: &Moments,
        threads: usize,
        device: Option<&Device>,
    ) -> Result<Self, TrainError> {
        let model = P::Model::prepare(&weights)?;
        let on_device = device.map(|device| P::OnDevice::bring(&weights, device)).transpose()?;
        let share = |_| Share { gradient: model.gradient(), tally: Tally::default(), buffers: Buffers::default() };
        Ok(Self {
            shares: (0..SHARES).map(share).collect(),
            optimiser: Optimiser::new(config.weight_decay, moments),
            clip_norm: config.clip_norm,
            model,
            on_device,
            weights,
            threads,
        })
    }

    pub fn moments(&self) -> Moments {
        self.optimiser.moments()
    }

    /// The results of `work` on all items, in order.
    pub fn map<T: Sync, R: Send>(
        &mut self,
        items: &[T],
        work: impl Fn(&P::Model, &mut Buffers<P>, &T) -> R + Sync,
    ) -> Vec<R> {
        let parts = items.chunks(items.len().div_ceil(SHARES).max(1));
        let mut slots: Vec<_> = parts.zip(&mut self.shares).map(|(part, share)| (part, share, Vec::new())).collect();
        let model = &self.model;
        spread(self.threads, &mut slots, |_, (part, share, results)| {
            results.extend(part.iter().map(|item| work(model, &mut share.buffers, item)));
        });
        slots.into_iter().flat_map(|(_, _, results)| results).collect()
    }

    /// Sums the gradients of `items` by `work`, which adds those of one item, and takes a step of rate `rate`.
    pub fn update<T: Sync>(
        &mut self,
        items: &[T],
        rate: f64,
        work: impl Fn(&P::Model, &T, &mut Share<P>) + Sync,
    ) -> Result<Tally, Divergence> {
        let parts = items.chunks(items.len().div_ceil(SHARES).max(1));
        let mut slots: Vec<_> = parts.zip(&mut self.shares).collect();
        let model = &self.model;
        spread(self.threads, &mut slots, |_, (part, share)| {
            share.gradient.zero();
            share.tally = Tally::default();
            part.iter().for_each(|item| work(model, item, share));
        });
        let mut shares = slots.into_iter().map(|(_, share)| share);
        let Some(sum) = shares.next() else { return Ok(Tally::default()) };
        for share in shares {
            sum.gradient.add(&share.gradient);
            sum.tally.add(&share.tally);
        }
        let (gradient, tally) = (sum.gradient.tensors(), sum.tally.clone());
        self.apply(rate, gradient).map(|()| tally)
    }

    /// Takes a step of rate `rate` against a gradient.
    pub fn apply(&mut self, rate: f64, mut gradient: Vec<Vec<f32>>) -> Result<(), Divergence> {
        if !clip(&mut gradient, self.clip_norm).is_finite() {
            return Err(Divergence);
        }
        self.optimiser.step(rate, &mut self.weights.tensors, &gradient);
        // Fails where a weight is not finite.
        match &mut self.on_device {
            Some(model) => model.set(&self.weights).map_err(|_| Divergence)?,
            None => self.model = P::Model::prepare(&self.weights).map_err(|_| Divergence)?,
        }
        Ok(())
    }
}

/// Adds a gradient of the same model.
pub(super) fn add(sum: &mut [Vec<f32>], gradient: Vec<Vec<f32>>) {
    sum.iter_mut().flatten().zip(gradient.into_iter().flatten()).for_each(|(sum, x)| *sum += x);
}

/// A gradient or a weight is not finite.
pub(super) struct Divergence;
