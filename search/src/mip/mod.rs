//! Mixed-integer programs: small ReLU networks as constraints beside linear rows, for certificates.
//!
//! [`relu`] writes a network of binary inputs as linear constraints with bounds that hold for the inputs at hand,
//! [`argmax`] finds the best inputs under rows and a lazily asked rule. The solver is `microlp` through `good_lp`: pure
//! Rust, and good for networks of up to about 2 x 16 units. Larger ones are a matter for [`crate::bandit::branch`],
//! which needs no solver.

pub mod argmax;
pub mod relu;

pub use argmax::{Certified, MipError, certify};
pub use relu::embed;
