//! Rules of thumb written as policies: baselines for learned ones, and doubles for them in tests.

mod dispatch;
mod flow;
mod nearest;
mod random;
mod ratio;
mod savings;

pub use dispatch::{Dispatch, Work};
pub use flow::FlowDispatch;
pub use nearest::NearestNeighbour;
pub use random::Random;
pub use ratio::Ratio;
pub use savings::Savings;

use heuron_problems::{Distances, Near};

/// The mean distance to the nearest other node, at least 1: what rules measure distances in, so that one sampling
/// temperature suits every instance.
fn unit(distances: &Distances) -> f32 {
    let near = Near::nearest(distances, 1);
    let first = |node: usize| near.of(node).first().map_or(0, |&other| distances.get(node, other as usize));
    let sum: f64 = (0..near.len()).map(|node| first(node) as f64).sum();
    (sum / near.len().max(1) as f64).max(1.0) as f32
}
