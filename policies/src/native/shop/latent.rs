//! Latent vectors that the decoder of a dispatch model follows (COMPASS; see [`crate::native::latent`]).
//!
//! The paper appends the vector to the inputs of the perceptrons. What it adds to the hidden units of the first layer
//! is the same for all choices of a schedule: a vector costs one row.

use super::encoder::Encoded;
use super::model::DispatchModel;
use crate::native::Gradient;
use crate::native::latent::{part_of, rows};
use crate::native::matrix::Matrix;

/// Latent vectors of a shop, and what they add.
#[derive(Clone, Debug, Default)]
pub(super) struct Latents {
    /// \[latents, length\].
    vectors: Matrix,
    /// To the hidden units of the first layer \[latents, hidden\].
    pub shifts: Matrix,
}

impl Latents {
    /// No vectors: as if they were zero.
    pub fn clear(&mut self) {
        self.vectors.reshape(0, 0);
        self.shifts.reshape(0, 0);
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.vectors.rows()
    }

    /// The vector of lane `lane` of `lanes`; 0 without vectors.
    pub fn of_lane(&self, lane: usize, lanes: usize) -> u32 {
        part_of(lane, lanes, self.len()) as u32
    }
}

impl DispatchModel {
    /// Makes the lanes of later calls follow latent vectors: equal consecutive parts of the lanes (or traces) follow
    /// one each, in order. Encoding a shop forgets them, and a model that takes none ignores them.
    pub fn condition(&self, encoded: &mut Encoded, latents: &[Vec<f32>]) {
        let Latents { vectors, shifts } = &mut encoded.latents;
        let (Some(latent), Some(length), false) = (&self.decoder.latent, self.architecture.latent, latents.is_empty())
        else {
            return encoded.latents.clear();
        };
        rows(latents, length, vectors);
        shifts.reshape(latents.len(), self.hidden);
        latent.forward.apply(self.level, latents.len(), vectors, shifts, false);
    }

    /// Learns what the latent vectors add, from the pulls on that \[latents, hidden\].
    pub(super) fn pull_latents(&self, encoded: &Encoded, pulls: &Matrix, gradient: &mut Gradient) {
        if let (Some(latent), count @ 1..) = (&self.decoder.latent, encoded.latents.len()) {
            gradient.learn(self.level, latent.slot, count, &encoded.latents.vectors, pulls);
        }
    }
}
