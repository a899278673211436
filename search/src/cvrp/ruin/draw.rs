//! Random draws that cost a nanosecond or two.

use heuron_problems::Stream;
use rand::RngCore;

/// A number in 0..n, for n > 0. The bias is below n / 2^32, of no consequence here.
#[inline(always)]
pub(super) fn below(rng: &mut Stream, n: usize) -> usize {
    (((rng.next_u64() >> 32) * n as u64) >> 32) as usize
}

/// A number in [0, 1).
#[inline(always)]
pub(super) fn unit(rng: &mut Stream) -> f64 {
    (rng.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// True with probability `p`.
#[inline(always)]
pub(super) fn chance(rng: &mut Stream, p: f64) -> bool {
    unit(rng) < p
}
