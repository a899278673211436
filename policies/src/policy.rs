//! The interface between constructions, which are plain Rust, and what scores their next actions, which may be a
//! network on a device: only logits cross.

use heuron_problems::Construct;

/// Scores the next actions of many constructions at once.
pub trait Policy<P: Construct>: Send + Sync {
    /// What is computed once per instance and used in every step: embeddings and caches.
    type Memory: Send;

    /// Encodes the instances of a batch, which all have the same width.
    fn encode(&self, batch: &[P]) -> Self::Memory;

    /// Writes `logits` [lanes x width]: the larger, the better the action; minus infinity: only if nothing else is
    /// allowed. Entries of actions that are not allowed are ignored. `lanes` holds the batch that was encoded.
    fn score(&self, memory: &mut Self::Memory, lanes: &Lanes<'_, P>, logits: &mut [f32]);
}

/// Constructions under way: several per instance of a batch, grouped by instance.
pub struct Lanes<'a, P: Construct> {
    /// The instances that were encoded.
    pub batch: &'a [P],
    /// Number of the lane's instance in the batch, ascending \[lanes\].
    pub instances: &'a [usize],
    /// Partial solutions \[lanes\].
    pub states: &'a [P::State],
    /// Allowed actions \[lanes x width\]; a row without any belongs to a finished lane.
    pub masks: &'a [bool],
    /// Number of actions.
    pub width: usize,
}

impl<'a, P: Construct> Lanes<'a, P> {
    /// Number of lanes.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether there are no lanes.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// Instance, state, and mask \[width\] of every lane, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &'a P::State, &'a [bool])> {
        let lanes = self.instances.iter().zip(self.states).zip(self.masks.chunks_exact(self.width));
        lanes.map(|((&instance, state), mask)| (instance, state, mask))
    }
}
