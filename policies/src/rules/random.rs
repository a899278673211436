//! Every allowed action alike.

use heuron_problems::Construct;

use crate::policy::{Lanes, Policy};

/// Has no preference: sampling is uniform, greedy takes the first allowed action.
#[derive(Clone, Copy, Debug, Default)]
pub struct Random;

impl<P: Construct> Policy<P> for Random {
    type Memory = ();

    fn encode(&self, _: &[P]) {}

    fn score(&self, (): &mut (), _: &Lanes<'_, P>, logits: &mut [f32]) {
        logits.fill(0.0);
    }
}
