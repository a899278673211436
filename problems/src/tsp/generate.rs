//! Random TSP instances: points of the plane with TSPLIB's `EUC_2D` distances, and explicit matrices.
//!
//! Uniform and clustered points follow the families E and C of the 8th DIMACS challenge (Johnson, McGeoch, 2002); the
//! matrices are the families tmat and tsmat of Cirasella, Johnson, McGeoch and Zhang (2001).

use rand::{Rng, RngCore};

use crate::generate::{Generate, MAX_SIZE, SpecError, check_size, name_of, pick};
use crate::metric::{Distances, Metric};
use crate::mutate::Mutation;
use crate::normal::polar;
use crate::problem::Cost;
use crate::tsp::Tsp;

/// Side of the square, and upper end of random matrix entries.
const SIDE: u32 = 1_000_000;

/// The largest matrix: its closure under shortest paths takes n^3 steps.
const MAX_MATRIX: usize = 2_000;

/// Where the nodes are, or what their distances are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Integer points, uniform in a square of side 10^6.
    Uniform,
    /// n / 100 centres, uniform in the square; points normal around a random centre, deviation 10^6 / sqrt(n) per axis.
    Clustered,
    /// A random symmetric matrix, closed under shortest paths.
    Matrix,
    /// A random asymmetric matrix, closed under shortest paths.
    Asymmetric,
    /// Uniform points after a mutation.
    Mutated(Mutation),
}

const NAMES: [(&str, Distribution); 4] = [
    ("uniform", Distribution::Uniform),
    ("clustered", Distribution::Clustered),
    ("matrix", Distribution::Matrix),
    ("asymmetric", Distribution::Asymmetric),
];

/// What decides a random TSP instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Number of nodes.
    pub n: usize,
    /// Their distribution.
    pub distribution: Distribution,
}

impl Generate for Tsp {
    type Spec = Spec;

    const DISTRIBUTIONS: &'static [&'static str] = &[NAMES[0].0, NAMES[1].0, NAMES[2].0, NAMES[3].0, "mutated"];

    /// `mutated` takes settings after commas, see [`Mutation`]: `mutated,operator=grid,power=30`.
    fn spec(n: usize, distribution: &str) -> Result<Spec, SpecError> {
        let kind = match distribution.split_once(',').unwrap_or((distribution, "")) {
            ("mutated", settings) => Distribution::Mutated(settings.parse()?),
            _ => pick("distribution of TSP instances", distribution, &NAMES).map_err(|error| match error {
                SpecError::Unknown { what, found, .. } => {
                    SpecError::Unknown { what, known: Self::DISTRIBUTIONS.to_vec(), found }
                }
                other => other,
            })?,
        };
        let limit = match kind {
            Distribution::Uniform | Distribution::Clustered | Distribution::Mutated(_) => MAX_SIZE,
            Distribution::Matrix | Distribution::Asymmetric => MAX_MATRIX,
        };
        check_size(distribution, n, limit)?;
        Ok(Spec { n, distribution: kind })
    }

    fn generate(&Spec { n, distribution }: &Spec, rng: &mut dyn RngCore) -> Self {
        let euclid = |points| Distances::new(Metric::Euclid { scale: 1.0 }, points);
        let distances = match distribution {
            Distribution::Uniform => euclid((0..n).map(|_| uniform_point(rng)).collect()),
            Distribution::Clustered => euclid(clustered(n, rng)),
            Distribution::Matrix => Distances::from_matrix(n, matrix(n, true, rng)),
            Distribution::Asymmetric => Distances::from_matrix(n, matrix(n, false, rng)),
            Distribution::Mutated(mutation) => euclid(mutation.points(n, rng).into_iter().map(on_grid).collect()),
        };
        let name = match distribution {
            Distribution::Mutated(mutation) => mutation.name(),
            named => name_of(named, &NAMES).into(),
        };
        Tsp::new(format!("{name}-{n}"), distances)
    }
}

fn uniform_point(rng: &mut dyn RngCore) -> [f64; 2] {
    [0, 1].map(|_| f64::from(rng.random_range(0..SIDE)))
}

/// An integer point from one of the unit square.
fn on_grid(point: [f64; 2]) -> [f64; 2] {
    point.map(|x| (x * f64::from(SIDE)).trunc())
}

fn clustered(n: usize, rng: &mut dyn RngCore) -> Vec<[f64; 2]> {
    let centres: Vec<[f64; 2]> = (0..(n / 100).max(1)).map(|_| uniform_point(rng)).collect();
    let deviation = f64::from(SIDE) / (n as f64).sqrt();
    let around = |_| {
        let centre = centres[rng.random_range(0..centres.len())];
        let offset = polar(|| rng.random());
        [0, 1].map(|axis| (centre[axis] + deviation * offset[axis]).trunc())
    };
    (0..n).map(around).collect()
}

/// Row-major random weights \[n x n\], closed under shortest paths (Floyd, Warshall, 1962).
fn matrix(n: usize, symmetric: bool, rng: &mut dyn RngCore) -> Vec<Cost> {
    let mut weights: Vec<Cost> = vec![0; n * n];
    for i in 0..n {
        for j in 0..n {
            weights[i * n + j] = match (symmetric, i.cmp(&j)) {
                (_, std::cmp::Ordering::Equal) => 0,
                (true, std::cmp::Ordering::Greater) => weights[j * n + i],
                _ => rng.random_range(1..=SIDE).into(),
            };
        }
    }
    let mut via = vec![0; n];
    for k in 0..n {
        via.copy_from_slice(&weights[k * n..(k + 1) * n]);
        for row in weights.chunks_exact_mut(n) {
            let first = row[k];
            for (weight, &second) in row.iter_mut().zip(&via) {
                *weight = (*weight).min(first + second);
            }
        }
    }
    weights
}
