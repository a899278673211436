//! Random knapsack instances: the uniform law of the learned benchmarks, and the classes of Pisinger.
//!
//! - `uniform`: profits and weights uniform in [0, 1), capacity 12.5 for 50 items and 25 for 100 and 200, as in I.
//!   Bello et al., "Neural combinatorial optimization with reinforcement learning", 2016, and Kwon et al., "POMO",
//!   NeurIPS 2020.
//! - the classes: see [`Pisinger`].

use rand::{Rng, RngCore};

use crate::generate::{Generate, MAX_SIZE, SpecError, check_size};
use crate::knapsack::pisinger::{NAMES, Pisinger};
use crate::knapsack::{Item, Knapsack};

/// Whole units per unit of profit and weight in `uniform`: seven decimal places, as in the unit square.
const UNIT: i64 = 10_000_000;

/// How profits, weights and capacity are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// As in the learned benchmarks.
    Uniform,
    /// As the published files of a class.
    Pisinger(Pisinger),
}

/// What decides a random knapsack instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Number of items.
    pub n: usize,
    /// Their distribution.
    pub distribution: Distribution,
}

impl Generate for Knapsack {
    type Spec = Spec;

    const DISTRIBUTIONS: &'static [&'static str] = &[
        "uniform",
        NAMES[0].0,
        NAMES[1].0,
        NAMES[2].0,
        NAMES[3].0,
        NAMES[4].0,
        NAMES[5].0,
        NAMES[6].0,
        NAMES[7].0,
        NAMES[8].0,
        NAMES[9].0,
        NAMES[10].0,
        NAMES[11].0,
        NAMES[12].0,
    ];

    /// The classes take settings after commas: `strong,r=10000` has another range, `strong,i=7` is the published file
    /// `knapPI_3_N_1000_7`.
    fn spec(n: usize, distribution: &str) -> Result<Spec, SpecError> {
        check_size(distribution, n, MAX_SIZE)?;
        let class = distribution.split(',').next().unwrap_or_default();
        let distribution = match distribution {
            "uniform" => Distribution::Uniform,
            _ if NAMES.iter().any(|(name, _)| *name == class) => Distribution::Pisinger(distribution.parse()?),
            _ => {
                let (what, known) = ("distribution of knapsack instances", Self::DISTRIBUTIONS.to_vec());
                return Err(SpecError::Unknown { what, known, found: distribution.into() });
            }
        };
        Ok(Spec { n, distribution })
    }

    fn generate(spec: &Spec, rng: &mut dyn RngCore) -> Self {
        match spec.distribution {
            Distribution::Uniform => uniform(spec.n, rng),
            Distribution::Pisinger(pisinger) => pisinger.generate(spec.n, rng),
        }
    }
}

fn uniform(n: usize, rng: &mut dyn RngCore) -> Knapsack {
    let mut unit = || rng.random_range(0..UNIT);
    let items = (0..n).map(|_| Item { profit: unit(), weight: unit() }).collect();
    let scale = UNIT as f64;
    let instance = Knapsack::new(format!("uniform-{n}"), items, uniform_capacity(n));
    Knapsack { scale, weight_scale: scale, ..instance }
}

/// A quarter of the number of items, which is half of the expected weight, but at most 25.
fn uniform_capacity(n: usize) -> i64 {
    (n as i64 * UNIT / 4).min(25 * UNIT)
}
