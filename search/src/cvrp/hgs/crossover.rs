//! Order crossover (OX) on giant tours.
//!
//! Source: I. M. Oliver, D. J. Smith, J. R. C. Holland, "A study of permutation crossover operators on the traveling
//! salesman problem" (1987); used in HGS by Vidal (2022), section 3.2.

use heuron_problems::Stream;
use rand::Rng;

/// Writes to `child` a part of `a` in place, the rest in the order of `b`, both read circularly from the part's end.
/// `taken` is scratch memory.
pub(super) fn order_crossover(a: &[u32], b: &[u32], child: &mut Vec<u32>, taken: &mut Vec<bool>, rng: &mut Stream) {
    let n = a.len();
    child.clear();
    child.extend_from_slice(a);
    if n < 2 {
        return;
    }
    let start = rng.random_range(0..n);
    let end = (start + rng.random_range(1..n)) % n;
    taken.clear();
    taken.resize(n + 1, false);
    let mut place = start;
    while place != end {
        taken[a[place] as usize] = true;
        place = (place + 1) % n;
    }
    for from in (end..n).chain(0..end) {
        if !taken[b[from] as usize] {
            child[place] = b[from];
            place = if place + 1 == n { 0 } else { place + 1 };
        }
    }
}
