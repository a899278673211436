//! Dispatch models on plain slices: networks that are asked what a machine should do next.
//!
//! The encoder runs once per instance: layers in which every node hears the means over its job and its machine, and its
//! neighbours in the job (equivariant matrix layers as in J. Hartford, D. Graham, K. Leyton-Brown and S. Ravanbakhsh,
//! "Deep models of interactions across sets", ICML 2018); or, of flow shops, mixed-score attention (MatNet). The
//! decoder is a small perceptron that compares the choices of one decision, from the embeddings of what they schedule
//! and the state of the shop, as in A. Corsini, A. Porrello, S. Calderara and M. Dell'Amico, "Self-labeling the job
//! shop scheduling problem", NeurIPS 2024.

mod backward;
mod decide;
mod decode;
mod encoder;
mod encoder_backward;
mod latent;
mod mixed;
mod mixed_backward;
mod mixer;
mod model;
#[cfg(test)]
mod reference;
mod replay;
#[cfg(test)]
mod tests;

pub use backward::Buffers;
pub use decode::Scratch;
pub use encoder::Encoded;
pub use model::DispatchModel;
