//! Search for the latent vector that makes a policy best on one instance: F. Chalumeau et al., "Combinatorial
//! optimization with policy adaptation using latent space search" (COMPASS), NeurIPS 2023, section 3.3.
//!
//! An attempt is one vector: greedy constructions from all openings, of which the best counts; of a shop, a sampled
//! schedule. Generations of 16 vectors come from three evolution strategies in turn.

use std::sync::LazyLock;

use heuron_problems::{Stream, stream};
use rand::Rng;

use crate::cmaes::{Components, Config, spread_means};
use crate::population::Found;

/// Half width of the prior that models are trained with.
pub const AMPLITUDE: f64 = 100.0;

/// Evolution strategies.
const COMPONENTS: usize = 3;

/// Points whose clusters are the strategies' first means.
const POINTS: usize = 10_000;

/// Numbers of a latent vector as published, for which the means are computed once.
const LENGTH: usize = 16;

/// Where vectors come from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strategy {
    /// Evolution strategies whose first step is so wide.
    Evolve {
        /// The paper: 100.
        step: f64,
    },
    /// The prior: what the evolution is compared with.
    Uniform,
}

impl Default for Strategy {
    fn default() -> Self {
        Self::Evolve { step: AMPLITUDE }
    }
}

/// A model at work on one instance that latent vectors steer.
pub trait Follow {
    /// Numbers of a latent vector.
    fn length(&self) -> usize;

    /// The best vectors of a generation of 16, which make the next mean.
    fn parents(&self) -> usize;

    /// The best of an attempt per latent vector.
    fn follow(&mut self, latents: &[Vec<f32>]) -> Vec<Found>;
}

/// The strategies' first means, the same for all instances.
fn means(length: usize) -> Vec<Vec<f64>> {
    static PUBLISHED: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| compute(LENGTH));
    if length == LENGTH { PUBLISHED.clone() } else { compute(length) }
}

fn compute(length: usize) -> Vec<Vec<f64>> {
    spread_means(COMPONENTS, length, -AMPLITUDE..AMPLITUDE, POINTS, &mut stream(1, "latent means", 0))
}

/// Tries `attempts` latent vectors and calls `take` with what each of a generation found, which says whether to
/// go on. The choices are those of stream `index`.
pub fn search(
    tries: &mut impl Follow,
    strategy: Strategy,
    attempts: u64,
    (seed, index): (u64, u64),
    mut take: impl FnMut(Vec<Found>) -> bool,
) {
    let length = tries.length();
    let published = Config { parents: tries.parents(), ..Config::default() };
    let config = match strategy {
        Strategy::Evolve { step } => Config { step, ..published },
        Strategy::Uniform => published,
    };
    let mut components = Components::new(means(length), config);
    let mut rng = stream(seed, "latent search", index);
    let mut left = attempts;
    while left > 0 {
        let mut vectors = match strategy {
            Strategy::Evolve { .. } => components.current().ask(&mut rng),
            Strategy::Uniform => (0..config.samples).map(|_| uniform(length, &mut rng)).collect(),
        };
        vectors.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= vectors.len() as u64;
        let narrow: Vec<Vec<f32>> = vectors.iter().map(|v| v.iter().map(|&x| x as f32).collect()).collect();
        let found = tries.follow(&narrow);
        // A vector without a feasible construction is the worst. Equals keep their order.
        let mut ranking: Vec<usize> = (0..vectors.len()).collect();
        ranking.sort_by_key(|&i| found[i].as_ref().map_or(i64::MAX, |(cost, _)| *cost));
        let is_whole = vectors.len() == config.samples;
        if !take(found) {
            return;
        }
        if matches!(strategy, Strategy::Evolve { .. }) && is_whole {
            let ranked: Vec<Vec<f64>> = ranking.into_iter().map(|i| std::mem::take(&mut vectors[i])).collect();
            components.tell(&ranked);
        }
    }
}

fn uniform(length: usize, rng: &mut Stream) -> Vec<f64> {
    (0..length).map(|_| AMPLITUDE * (2.0 * rng.random::<f64>() - 1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prefers vectors with a large first number, and writes all down.
    struct Climb {
        parents: usize,
        vectors: Vec<Vec<f32>>,
    }

    impl Follow for Climb {
        fn length(&self) -> usize {
            2
        }

        fn parents(&self) -> usize {
            self.parents
        }

        fn follow(&mut self, latents: &[Vec<f32>]) -> Vec<Found> {
            self.vectors.extend_from_slice(latents);
            latents.iter().map(|latent| Some((-(100.0 * latent[0]) as i64, Vec::new()))).collect()
        }
    }

    fn vectors(parents: usize) -> Vec<Vec<f32>> {
        let mut climb = Climb { parents, vectors: Vec::new() };
        search(&mut climb, Strategy::default(), 4 * 16, (1, 0), |_| true);
        climb.vectors
    }

    #[test]
    fn as_many_parents_as_the_problem_names_make_the_next_mean() {
        let (half, more) = (vectors(8), vectors(12));
        // The first of the three strategies learns after its generation and has its second turn after the others.
        assert_eq!(half[..48], more[..48]);
        let mean = |vectors: &[Vec<f32>]| vectors[48..].iter().map(|vector| vector[0]).sum::<f32>();
        assert!(mean(&half) > mean(&more), "the best 8 of 16 lie farther out than the best 12");
    }
}
