//! What training asks of a network on a device: as [`crate::model::Model`], for many instances of one width at once.

use burn::tensor::Device;
use heuron_problems::Construct;

use super::Gradients;
use crate::architecture::Architecture;
use crate::native::{Misfit, Pull, Replay};
use crate::policy::{Lanes, Policy};
use crate::weights::{Weights, WeightsError};

/// A network on a device that constructs solutions of `P` and learns from recorded constructions.
pub trait Learner<P: Construct>: Policy<P> + Sized {
    /// Brings weights to a device.
    fn bring(weights: &Weights, device: &Device) -> Result<Self, WeightsError>;

    /// Takes other weights.
    fn set(&mut self, weights: &Weights) -> Result<(), WeightsError>;

    /// What the network is.
    fn architecture(&self) -> &Architecture;

    /// Whether it can work on an instance.
    fn fits(&self, problem: &P) -> Result<(), Misfit>;

    /// Follows recorded constructions \[instance\]\[trajectory\] of instances of equally many nodes, as
    /// [`crate::model::Model::replay`] does for one.
    fn replay(&self, problems: &[&P], traces: &[Vec<Vec<u32>>], forced: usize) -> Result<Vec<Replay>, Misfit>;

    /// The gradient of what `pulls` ask for, one per instance, as [`crate::model::Model::backward`] adds it up; all
    /// pull on the same things.
    fn backward(
        &self,
        problems: &[&P],
        traces: &[Vec<Vec<u32>>],
        forced: usize,
        pulls: &[Pull<'_>],
    ) -> Result<Gradients, Misfit>;
}

/// The network of problems whose models run on the processor only: there is none.
#[derive(Clone, Copy, Debug)]
pub enum Nowhere {}

impl<P: Construct> Policy<P> for Nowhere {
    type Memory = ();

    fn encode(&self, _: &[P]) {
        match *self {}
    }

    fn score(&self, (): &mut (), _: &Lanes<'_, P>, _: &mut [f32]) {
        match *self {}
    }
}

impl<P: Construct> Learner<P> for Nowhere {
    fn bring(weights: &Weights, _: &Device) -> Result<Self, WeightsError> {
        Err(WeightsError::Family(weights.architecture.task))
    }

    fn set(&mut self, _: &Weights) -> Result<(), WeightsError> {
        match *self {}
    }

    fn architecture(&self) -> &Architecture {
        match *self {}
    }

    fn fits(&self, _: &P) -> Result<(), Misfit> {
        match *self {}
    }

    fn replay(&self, _: &[&P], _: &[Vec<Vec<u32>>], _: usize) -> Result<Vec<Replay>, Misfit> {
        match *self {}
    }

    fn backward(&self, _: &[&P], _: &[Vec<Vec<u32>>], _: usize, _: &[Pull<'_>]) -> Result<Gradients, Misfit> {
        match *self {}
    }
}
