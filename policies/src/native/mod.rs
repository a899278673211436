//! Attention models and dispatch models on plain slices: forward passes and their gradients by hand, without a tensor
//! library.
//!
//! One instance at a time: all its matrices fit the L2 cache, and callers spread instances over threads
//! ([`spread::spread`]). The network is that of Kwon et al., "POMO: policy optimization with multiple optima", NeurIPS
//! 2020; see [`crate::architecture`] for its options and tensors.

mod allowed;
mod backward;
mod compact;
mod decode;
mod decoder;
mod direct;
mod distances;
mod encoder;
mod encoder_backward;
mod feature_layer;
mod gradient;
mod kernels;
mod keys;
mod latent;
mod layer;
mod layer_backward;
mod local;
mod matrix;
mod mlp;
mod model;
pub(crate) mod norm;
mod packed;
mod policy;
#[cfg(test)]
mod reference;
mod replay;
pub mod shop;
pub mod spread;
mod tables;
#[cfg(test)]
mod tests;
mod value;

pub use backward::{Pull, StepWeights};
pub use decode::{Rollout, Scratch, Trajectory};
pub use encoder::Encoded;
pub use gradient::Gradient;
pub use kernels::spin;
pub use keys::{Keys, Lessons};
pub use mlp::{Adam, Layer, Mlp, MlpError, Passed};
pub use model::{AttentionModel, Misfit};
pub use policy::Memory;
pub use replay::Replay;
pub use shop::DispatchModel;
