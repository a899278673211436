//! Random instances, and the named random streams that every random choice of the project comes from.

use rand::{RngCore, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use thiserror::Error;

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

    /// The distributions that [`Generate::spec`] knows, as on the command line.
    const DISTRIBUTIONS: &'static [&'static str];

    /// The spec of an instance of size `n` (nodes of a tour, customers of a route plan) from its words on the command
    /// line. `distribution` is one of [`Generate::DISTRIBUTIONS`], some of which take settings.
    fn spec(n: usize, distribution: &str) -> Result<Self::Spec, SpecError>;

    /// Draws one instance.
    fn generate(spec: &Self::Spec, rng: &mut dyn RngCore) -> Self;
}

/// The largest size that is generated: more would not fit the node numbers and memory of the engines.
pub const MAX_SIZE: usize = 10_000_000;

/// A spec that no instance fits.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SpecError {
    /// The size is out of bounds.
    #[error("the distribution {distribution} makes instances of 1 to {limit} nodes, {n} were asked for")]
    Size {
        /// As given.
        distribution: String,
        /// The largest size.
        limit: usize,
        /// The size asked for.
        n: usize,
    },
    /// A word that is not one of the known ones.
    #[error("{found:?} is no {what}; known are: {}", known.join(", "))]
    Unknown {
        /// What the word should name.
        what: &'static str,
        /// The words that would do.
        known: Vec<&'static str>,
        /// The word given.
        found: String,
    },
    /// A number that does not parse or is out of bounds.
    #[error("{setting} must be a number of at least {least}, found {found:?}")]
    Number {
        /// Name of the setting.
        setting: &'static str,
        /// The smallest value allowed.
        least: u32,
        /// The text given.
        found: String,
    },
}

/// Checks that `1 <= n <= limit`.
pub(crate) fn check_size(distribution: &str, n: usize, limit: usize) -> Result<(), SpecError> {
    if (1..=limit).contains(&n) {
        return Ok(());
    }
    Err(SpecError::Size { distribution: distribution.into(), limit, n })
}

/// The value that `word` names in `table`; `what` says what it should name.
pub(crate) fn pick<T: Copy>(what: &'static str, word: &str, table: &[(&'static str, T)]) -> Result<T, SpecError> {
    let known = || table.iter().map(|&(name, _)| name).collect();
    let found = table.iter().find(|(name, _)| *name == word);
    found.map(|&(_, value)| value).ok_or_else(|| SpecError::Unknown { what, known: known(), found: word.into() })
}

/// The word for `value` in `table`.
pub(crate) fn name_of<T: PartialEq>(value: T, table: &[(&'static str, T)]) -> &'static str {
    table.iter().find(|(_, other)| *other == value).map_or("", |&(name, _)| name)
}
