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

#[cfg(test)]
mod tests {
    use heuron_problems::stream;
    use rand::seq::SliceRandom;

    use super::*;

    #[test]
    fn child_is_a_permutation_of_its_parents() {
        let mut rng = stream(1, "crossover", 0);
        let (mut child, mut taken) = (Vec::new(), Vec::new());
        for n in 1..40 {
            let mut a: Vec<u32> = (1..=n).collect();
            a.shuffle(&mut rng);
            let mut b = a.clone();
            b.shuffle(&mut rng);
            order_crossover(&a, &b, &mut child, &mut taken, &mut rng);
            child.sort_unstable();
            assert!(child.iter().copied().eq(1..=n));
        }
    }

    #[test]
    fn child_of_twins_is_the_same_tour_turned() {
        let mut rng = stream(2, "crossover", 0);
        let (mut child, mut taken) = (Vec::new(), Vec::new());
        let tour: Vec<u32> = (1..=20).collect();
        order_crossover(&tour, &tour, &mut child, &mut taken, &mut rng);
        assert_eq!(child, tour);
    }
}
