//! What training and inference ask of a network, whatever it is inside.

use std::sync::Arc;

use heuron_problems::{Construct, Stream};

use crate::architecture::Task;
use crate::features::Learnable;
use crate::features::shop::Shop;
use crate::native::shop;
use crate::native::{AttentionModel, DispatchModel, Encoded, Gradient, Misfit, Pull, Replay, Scratch, Trajectory};
use crate::rollout::Decode;
use crate::weights::{Weights, WeightsError};

/// A network that constructs solutions of `P` and learns from recorded constructions.
pub trait Model<P: Construct>: Sized + Send + Sync {
    /// What is computed once per instance.
    type Encoded: Default + Send;

    /// Buffers of a rollout.
    type Scratch: Default + Send;

    /// Prepares weights.
    fn prepare(weights: &Weights) -> Result<Self, WeightsError>;

    /// Zeros in the shape of its weights.
    fn gradient(&self) -> Gradient;

    /// Whether it can work on an instance.
    fn fits(&self, problem: &P) -> Result<(), Misfit>;

    /// First actions that constructions are forced to begin with; none: it chooses itself.
    fn openings(&self, problem: &P) -> Vec<u32>;

    /// Encodes one instance.
    fn encode(&self, problem: &P, into: &mut Self::Encoded) -> Result<(), Misfit>;

    /// Constructs a solution per start. Sampling draws from one stream per start.
    fn decode(
        &self,
        problem: &P,
        encoded: &Self::Encoded,
        starts: &[Option<u32>],
        streams: &mut [Stream],
        decode: Decode,
        scratch: &mut Self::Scratch,
    ) -> Vec<Trajectory>;

    /// Follows recorded constructions, whose first `forced` actions were forced.
    fn replay(&self, problem: &P, encoded: &Self::Encoded, traces: &[Vec<u32>], forced: usize) -> Replay;

    /// Adds to `gradient` what `pull` asks for.
    fn backward(
        &self,
        problem: &P,
        encoded: &Self::Encoded,
        traces: &[Vec<u32>],
        forced: usize,
        pull: &Pull<'_>,
        gradient: &mut Gradient,
    );
}

/// A network of either kind, ready for work. Clones share it.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// For routes and packings.
    Attention(Arc<AttentionModel>),
    /// For schedules.
    Dispatch(Arc<DispatchModel>),
}

impl Prepared {
    /// Prepares weights.
    pub fn new(weights: &Weights) -> Result<Self, WeightsError> {
        if weights.architecture.task.is_shop() {
            Ok(Self::Dispatch(Arc::new(DispatchModel::new(weights)?)))
        } else {
            Ok(Self::Attention(Arc::new(AttentionModel::new(weights)?)))
        }
    }

    /// As a model that routes or packs.
    ///
    /// # Errors
    /// [`Misfit::Task`] for a model of schedules.
    pub fn attention(&self, found: Task) -> Result<&Arc<AttentionModel>, Misfit> {
        match self {
            Self::Attention(model) => Ok(model),
            Self::Dispatch(model) => Err(Misfit::Task { expected: model.architecture().task, found }),
        }
    }

    /// As a model that schedules.
    ///
    /// # Errors
    /// [`Misfit::Task`] for a model of routes or packings.
    pub fn dispatch(&self, found: Task) -> Result<&Arc<DispatchModel>, Misfit> {
        match self {
            Self::Dispatch(model) => Ok(model),
            Self::Attention(model) => Err(Misfit::Task { expected: model.architecture().task, found }),
        }
    }
}

/// Hands the methods of [`Model`] over to those of the same names.
macro_rules! model {
    ($model:ty, $bound:ident, $encoded:ty, $scratch:ty, $openings:expr) => {
        impl<P: $bound> Model<P> for $model {
            type Encoded = $encoded;
            type Scratch = $scratch;

            fn prepare(weights: &Weights) -> Result<Self, WeightsError> {
                Self::new(weights)
            }

            fn gradient(&self) -> Gradient {
                Gradient::new(self.architecture())
            }

            fn fits(&self, problem: &P) -> Result<(), Misfit> {
                self.fits(problem)
            }

            fn openings(&self, problem: &P) -> Vec<u32> {
                $openings(problem)
            }

            fn encode(&self, problem: &P, into: &mut $encoded) -> Result<(), Misfit> {
                self.encode(problem, into)
            }

            fn decode(
                &self,
                problem: &P,
                encoded: &$encoded,
                starts: &[Option<u32>],
                streams: &mut [Stream],
                decode: Decode,
                scratch: &mut $scratch,
            ) -> Vec<Trajectory> {
                self.decode(problem, encoded, starts, streams, decode, scratch)
            }

            fn replay(&self, problem: &P, encoded: &$encoded, traces: &[Vec<u32>], forced: usize) -> Replay {
                self.replay(problem, encoded, traces, forced)
            }

            fn backward(
                &self,
                problem: &P,
                encoded: &$encoded,
                traces: &[Vec<u32>],
                forced: usize,
                pull: &Pull<'_>,
                gradient: &mut Gradient,
            ) {
                self.backward(problem, encoded, traces, forced, pull, gradient)
            }
        }
    };
}

model!(AttentionModel, Learnable, Encoded, Scratch, Construct::openings);
// The first action is a choice like any other: to force it would leave the active schedules.
model!(DispatchModel, Shop, shop::Encoded, shop::Scratch, |_| Vec::new());
