//! Random instances, and the named random streams that every random choice of the project comes from.

use rand::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::problem::Problem;

/// The generator behind every stream.
pub type Stream = Xoshiro256PlusPlus;

/// The random stream called `name` with number `index` under `seed`.
///
/// Streams of different names or numbers are independent, so that one more draw in one place never shifts another,
/// and an island's choices do not depend on the thread that runs it.
pub fn stream(seed: u64, name: &str, index: u64) -> Stream {
    // FNV-1a (Fowler, Noll, Vo) over name, index and seed; `seed_from_u64` then spreads the bits by SplitMix64.
    let bytes = name.bytes().chain(index.to_le_bytes()).chain(seed.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    Stream::seed_from_u64(hash)
}

/// Random instances of a problem.
pub trait Generate: Problem + Sized {
    /// Size, distribution and whatever else decides an instance.
    type Spec;

    /// Draws one instance.
    fn generate(spec: &Self::Spec, rng: &mut dyn RngCore) -> Self;
}
