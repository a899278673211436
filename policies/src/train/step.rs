//! A step of an algorithm that learns from every instance once.

use crate::model::Model;
use crate::native::Misfit;
use crate::train::collect::{Tally, instance, number};
use crate::train::config::Config;
use crate::train::engine::{Divergence, Engine, Share};
use crate::train::error::TrainError;
use crate::train::problem::Train;

/// What decides a step.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub config: &'a Config,
    pub number: u64,
    pub sizes: &'a [usize],
    pub rate: f64,
}

impl Step<'_> {
    /// Numbers of the instances in the whole run.
    pub fn numbers(&self) -> Vec<u64> {
        (0..self.config.batch).map(|i| number(self.number, self.config.batch, i)).collect()
    }

    /// The instance with this number.
    pub fn instance<P: Train>(&self, index: u64) -> Result<P, TrainError> {
        instance(self.config.seed, index, self.sizes, &self.config.distribution)
    }

    /// Takes the step: `learn` adds the gradient of an instance with its number. No instance fails once the first has
    /// not: size and distribution decide that.
    pub fn run<P: Train>(
        &self,
        engine: &mut Engine<P>,
        learn: impl Fn(&P::Model, &P, u64, &mut Share<P>) -> Result<(), Misfit> + Sync,
    ) -> Result<Result<Tally, Divergence>, TrainError> {
        let numbers = self.numbers();
        engine.model.fits(&self.instance(numbers[0])?)?;
        Ok(engine.update(&numbers, self.rate, |model, &index, share| {
            if let Ok(problem) = self.instance(index) {
                // Cannot fail, as said above.
                let _ = learn(model, &problem, index, share);
            }
        }))
    }
}
