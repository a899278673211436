//! What the core could do at best: multiply-adds that touch no memory.

use super::simd::{Block, LANES, Simd};
use super::{Kernel, Level};

/// Sums in flight: enough to hide the latency of a multiply-add.
const SUMS: usize = 12;

struct Spin {
    rounds: u64,
}

impl Kernel for Spin {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f32 {
        let factor = simd.load(&std::hint::black_box(Block([0.5; LANES])));
        let mut sums = [factor; SUMS];
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = simd.mul_add(*sum, factor, factor);
            }
        }
        sums.into_iter().map(|sum| simd.sum(sum)).sum()
    }
}

/// Runs `rounds` rounds of independent multiply-adds on this thread and says how many floating-point operations that
/// was: for benchmarks, which relate their own figure to it.
pub fn spin(rounds: u64) -> u64 {
    std::hint::black_box(Level::best().run(Spin { rounds }));
    rounds * (2 * SUMS * LANES) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_tend_to_their_limit_and_operations_are_counted() {
        // x / 2 + 1 / 2 tends to 1 in every lane.
        for level in Level::all() {
            assert!((level.run(Spin { rounds: 50 }) - (SUMS * LANES) as f32).abs() < 1e-3);
        }
        assert_eq!(spin(3), 3 * 2 * 12 * 16);
    }
}
