//! What training and inference ask of a network, whatever it is inside.

use std::sync::Arc;

use heuron_problems::{Construct, Stream};

use crate::architecture::Task;
use crate::features::Learnable;
use crate::features::shop::Shop;
use crate::native::shop;
use crate::native::{
    AttentionModel, DispatchModel, Encoded, Gradient, Misfit, Pull, Replay, Rollout, Scratch, Trajectory,
};
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
    fn openings(problem: &P) -> Vec<u32>;

    /// Encodes one instance.
    fn encode(&self, problem: &P, into: &mut Self::Encoded) -> Result<(), Misfit>;

    /// Encodes one instance for [`Self::decode`] alone.
    fn encode_for_decoding(&self, problem: &P, into: &mut Self::Encoded) -> Result<(), Misfit> {
        self.encode(problem, into)
    }

    /// Number of decoders that share the encoder.
    fn agents(&self) -> usize;

    /// The model with the decoder of an agent, which takes over what is encoded.
    fn agent(&self, index: usize, encoded: &mut Self::Encoded) -> &Self;

    /// Makes equal consecutive parts of the lanes (or traces) follow a latent vector each, until the next encoding; a
    /// model that takes none ignores them.
    fn condition(&self, encoded: &mut Self::Encoded, latents: &[Vec<f32>]);

    /// Constructs a solution per start. Sampling draws from one stream per start.
    fn decode(
        &self,
        problem: &P,
        encoded: &Self::Encoded,
        starts: &[Option<u32>],
        streams: &mut [Stream],
        decode: Decode,
        scratch: &mut Self::Scratch,
    ) -> Vec<Trajectory> {
        let rollout = Rollout { starts, streams, decode, is_over: &|| false };
        self.decode_unless(problem, encoded, rollout, scratch).unwrap_or_default()
    }

    /// As [`Self::decode`]; none if the rollout is over before its end.
    fn decode_unless(
        &self,
        problem: &P,
        encoded: &Self::Encoded,
        rollout: Rollout<'_>,
        scratch: &mut Self::Scratch,
    ) -> Option<Vec<Trajectory>>;

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
    ) {
        self.backward_decoder(problem, encoded, traces, forced, pull, gradient);
        self.backward_encoder(encoded, gradient);
    }

    /// The decoder's part of [`Self::backward`], of the same instance for several agents before the encoder's.
    fn backward_decoder(
        &self,
        problem: &P,
        encoded: &Self::Encoded,
        traces: &[Vec<u32>],
        forced: usize,
        pull: &Pull<'_>,
        gradient: &mut Gradient,
    );

    /// The encoder's part.
    fn backward_encoder(&self, encoded: &Self::Encoded, gradient: &mut Gradient);
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

/// Hands the methods of [`Model`] over to those of the same names; the last argument holds those that differ.
macro_rules! model {
    ($model:ty, $bound:ident, $encoded:ty, $scratch:ty, { $($own:item)* }) => {
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

            fn encode(&self, problem: &P, into: &mut $encoded) -> Result<(), Misfit> {
                self.encode(problem, into)
            }

            fn agents(&self) -> usize {
                self.agents()
            }

            fn agent(&self, index: usize, encoded: &mut $encoded) -> &Self {
                let agent = self.agent(index);
                agent.take_over(encoded);
                agent
            }

            fn condition(&self, encoded: &mut $encoded, latents: &[Vec<f32>]) {
                self.condition(encoded, latents)
            }

            fn decode_unless(
                &self,
                problem: &P,
                encoded: &$encoded,
                rollout: Rollout<'_>,
                scratch: &mut $scratch,
            ) -> Option<Vec<Trajectory>> {
                self.decode_unless(problem, encoded, rollout, scratch)
            }

            fn replay(&self, problem: &P, encoded: &$encoded, traces: &[Vec<u32>], forced: usize) -> Replay {
                self.replay(problem, encoded, traces, forced)
            }

            fn backward_decoder(
                &self,
                problem: &P,
                encoded: &$encoded,
                traces: &[Vec<u32>],
                forced: usize,
                pull: &Pull<'_>,
                gradient: &mut Gradient,
            ) {
                self.backward_decoder(problem, encoded, traces, forced, pull, gradient)
            }

            fn backward_encoder(&self, encoded: &$encoded, gradient: &mut Gradient) {
                self.backward_encoder(encoded, gradient)
            }

            $($own)*
        }
    };
}

model!(AttentionModel, Learnable, Encoded, Scratch, {
    fn openings(problem: &P) -> Vec<u32> {
        problem.openings()
    }

    fn encode_for_decoding(&self, problem: &P, into: &mut Encoded) -> Result<(), Misfit> {
        self.encode_for_decoding(problem, into, &|| false).map(drop)
    }
});

model!(DispatchModel, Shop, shop::Encoded, shop::Scratch, {
    /// None: the first action is a choice like any other, to force it would leave the active schedules.
    fn openings(_: &P) -> Vec<u32> {
        Vec::new()
    }
});

#[cfg(test)]
mod tests {
    use heuron_problems::{Generate, Jssp, Tsp, stream};

    use super::*;
    use crate::architecture::Architecture;
    use crate::native::StepWeights;

    /// What all agents of a population ask for is the same in one pass through the encoder and in a pass for each.
    fn check<P: Construct, M: Model<P>>(architecture: Architecture, problem: &P, starts: &[Option<u32>]) {
        let architecture = Architecture { agents: Some(3), ..architecture };
        let model = M::prepare(&Weights::random(architecture, 1).unwrap()).unwrap();
        let (mut encoded, [mut each, mut together]) = (M::Encoded::default(), [model.gradient(), model.gradient()]);
        model.encode(problem, &mut encoded).unwrap();
        for index in 0..3 {
            let agent = model.agent(index, &mut encoded);
            let mut streams: Vec<Stream> =
                (0..starts.len()).map(|i| stream(index as u64, "agents", i as u64)).collect();
            let decode = Decode::Sample { temperature: 1.0 };
            let found = agent.decode(problem, &encoded, starts, &mut streams, decode, &mut M::Scratch::default());
            let traces: Vec<Vec<u32>> = found.into_iter().map(|found| found.actions).collect();
            let weights: Vec<f32> = (0..starts.len()).map(|i| i as f32 - 0.7).collect();
            let pull = Pull { log_prob: StepWeights::Trajectory(&weights), value: None, entropy: 0.0 };
            agent.backward(problem, &encoded, &traces, 1, &pull, &mut each);
            agent.backward_decoder(problem, &encoded, &traces, 1, &pull, &mut together);
        }
        model.backward_encoder(&encoded, &mut together);
        let [each, all] = [&each, &together].map(Gradient::tensors);
        for (a, b) in each.iter().flatten().zip(all.iter().flatten()) {
            assert!((a - b).abs() <= 1e-4 * (1.0 + a.abs()), "{a} {b}");
        }
        assert!(each.iter().flatten().any(|&x| x.abs() > 0.1));
        // Nothing is left to pull.
        model.backward_encoder(&encoded, &mut together);
        assert_eq!(together.tensors(), all);
    }

    #[test]
    fn agents_share_a_pass_through_the_encoder() {
        let tsp = Tsp::generate(&Tsp::spec(13, "uniform").unwrap(), &mut stream(1, "agents", 0));
        check::<Tsp, AttentionModel>(Architecture::new(Task::Tsp, 16, 2, 2, 16), &tsp, &[Some(3), Some(0), Some(7)]);
        let jssp = Jssp::generate(&Jssp::spec(5, "uniform").unwrap(), &mut stream(1, "agents", 0));
        check::<Jssp, DispatchModel>(Architecture::new(Task::Jssp, 16, 1, 2, 16), &jssp, &[None; 3]);
    }
}
