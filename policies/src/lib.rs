//! Policies: what chooses the next action of a construction, and the rollouts that turn choices into solutions.

pub mod architecture;
pub mod augment;
pub mod device;
pub mod features;
pub mod inference;
pub mod model;
pub mod native;
#[cfg(feature = "train")]
pub mod net;
pub mod policy;
pub mod rollout;
pub mod rules;
pub mod sequoia;
#[cfg(feature = "train")]
pub mod train;
pub mod weights;
pub mod zoo;

pub use architecture::{Architecture, ArchitectureError, Task};
pub use augment::Symmetry;
pub use features::shop::Shop;
pub use features::{Context, Features, Learnable};
pub use model::{Model, Prepared};
pub use native::{AttentionModel, DispatchModel};
pub use policy::{Lanes, Policy};
pub use rollout::{Decode, Outcome, Start, rollout};
pub use weights::{Weights, WeightsError};
