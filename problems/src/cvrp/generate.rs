//! Random CVRP instances: the uniform law of the learned benchmarks, and the scheme of the X set.
//!
//! - `uniform`: depot and customers uniform, demands 1..=9 and capacity as in Kool, van Hoof and Welling, "Attention,
//!   learn to solve routing problems!", ICLR 2019.
//! - `x`: E. Uchoa, D. Pecin, A. Pessoa, M. Poggi, T. Vidal and A. Subramanian, "New benchmark instances for the
//!   capacitated vehicle routing problem", EJOR 257, 2017, section 3. See [`Scheme`].

use rand::{Rng, RngCore};

use crate::cvrp::Cvrp;
use crate::cvrp::scheme::Scheme;
use crate::generate::{Generate, MAX_SIZE, SpecError, check_size};
use crate::metric::{Distances, Metric};
use crate::mutate::Mutation;

/// Side of the square of `uniform` instances.
const SIDE: u32 = 1_000_000;

/// How depot, customers and demands are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Everything uniform, as in the learned benchmarks, on an integer grid.
    Uniform,
    /// As the X set.
    X(Scheme),
    /// As `uniform`, the customers after a mutation; the depot stays.
    Mutated(Mutation),
}

/// What decides a random CVRP instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// Number of customers.
    pub n: usize,
    /// Their distribution.
    pub distribution: Distribution,
}

impl Generate for Cvrp {
    type Spec = Spec;

    const DISTRIBUTIONS: &'static [&'static str] = &["uniform", "x", "mutated"];

    /// `x` takes settings after commas, see [`Scheme`]: `x,depot=central,demand=1-100`. Attributes that are not set
    /// are drawn as the paper does. `mutated` takes those of a [`Mutation`].
    fn spec(n: usize, distribution: &str) -> Result<Spec, SpecError> {
        check_size(distribution, n, MAX_SIZE)?;
        let distribution = match distribution.split_once(',').unwrap_or((distribution, "")) {
            ("uniform", "") => Distribution::Uniform,
            ("x", settings) => Distribution::X(settings.parse()?),
            ("mutated", settings) => Distribution::Mutated(settings.parse()?),
            _ => {
                let (what, known) = ("distribution of CVRP instances", Self::DISTRIBUTIONS.to_vec());
                return Err(SpecError::Unknown { what, known, found: distribution.into() });
            }
        };
        Ok(Spec { n, distribution })
    }

    fn generate(spec: &Spec, rng: &mut dyn RngCore) -> Self {
        match &spec.distribution {
            Distribution::Uniform => uniform(spec.n, None, rng),
            Distribution::X(scheme) => scheme.instance(spec.n, rng),
            Distribution::Mutated(mutation) => uniform(spec.n, Some(mutation), rng),
        }
    }
}

fn uniform(n: usize, mutation: Option<&Mutation>, rng: &mut dyn RngCore) -> Cvrp {
    let mut points: Vec<[f64; 2]> = (0..=n).map(|_| [0, 1].map(|_| f64::from(rng.random_range(0..SIDE)))).collect();
    if let Some(mutation) = mutation {
        let side = f64::from(SIDE);
        let before: Vec<[f64; 2]> = points[1..].iter().map(|point| point.map(|x| x / side)).collect();
        let mut unit = before.clone();
        mutation.apply(&mut unit, rng);
        // Rounding must not move those that stay.
        let moved = points[1..].iter_mut().zip(before).zip(unit).filter(|((_, old), new)| old != new);
        moved.for_each(|((point, _), new)| *point = new.map(|x| (x * side).trunc()));
    }
    let demands = uniform_demands(n, rng);
    let distances = Distances::new(Metric::Euclid { scale: 1.0 }, points);
    let name = mutation.map_or("uniform".into(), Mutation::name);
    Cvrp::new(format!("{name}-{n}"), distances, demands, uniform_capacity(n))
}

/// The depot's, which is 0, then the customers' \[n + 1\].
pub(crate) fn uniform_demands(n: usize, rng: &mut dyn RngCore) -> Vec<i64> {
    (0..=n).map(|node| if node == 0 { 0 } else { rng.random_range(1..=9) }).collect()
}

/// The line through the published capacities (40, 50, 55, 60, 70 for 50, 100, 125, 150, 200 customers); constant from
/// 1 000 customers on, so that routes keep a realistic number of stops.
pub(crate) fn uniform_capacity(n: usize) -> i64 {
    30 + n.min(1_000) as i64 / 5
}
