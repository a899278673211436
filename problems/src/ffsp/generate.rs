//! Random flexible flow shops.
//!
//! - `uniform`: 3 stages of 4 unrelated machines, times 2 to 9: the law of Y.-D. Kwon, J. Choo, I. Yoon, M. Park, D.
//!   Park and Y. Gwon, "Matrix encoding networks for neural combinatorial optimization", NeurIPS 2021.
//! - `identical`: 5 stages of 3 identical machines, times 1 to 99, as in B. Naderi, R. Ruiz and M. Zandieh, "Algorithms
//!   for a realistic variant of flowshop scheduling", Computers & Operations Research 37, 2010.
//!
//! Both take settings: `uniform,stages=3,machines=4`.

use rand::{Rng, RngCore};

use super::Ffsp;
use crate::generate::{Generate, SpecError, check_size};
use crate::problem::Cost;

/// The most times that are generated.
const MAX_TIMES: usize = 10_000_000;

/// What decides a random flexible flow shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Number of jobs.
    pub n: usize,
    /// Number of stages.
    pub stages: usize,
    /// Machines per stage.
    pub machines: usize,
    /// Whether the machines of a stage are alike.
    pub identical: bool,
}

impl Generate for Ffsp {
    type Spec = Spec;

    const DISTRIBUTIONS: &'static [&'static str] = &["uniform", "identical"];

    fn spec(n: usize, distribution: &str) -> Result<Spec, SpecError> {
        let mut words = distribution.split(',');
        let word = words.next().unwrap_or_default();
        let mut spec = match word {
            "uniform" => Spec { n, stages: 3, machines: 4, identical: false },
            "identical" => Spec { n, stages: 5, machines: 3, identical: true },
            _ => {
                let (what, known) = ("distribution of flexible flow shops", Self::DISTRIBUTIONS.to_vec());
                return Err(SpecError::Unknown { what, known, found: word.into() });
            }
        };
        for word in words {
            let (name, number) = word.split_once('=').unwrap_or((word, ""));
            let (setting, place) = match name {
                "stages" => ("stages", &mut spec.stages),
                "machines" => ("machines", &mut spec.machines),
                _ => {
                    let known = vec!["stages", "machines"];
                    return Err(SpecError::Unknown { what: "setting", known, found: name.into() });
                }
            };
            let refusal = || SpecError::Number { setting, least: 1, found: number.into() };
            *place = number.parse().ok().filter(|&number| number > 0).ok_or_else(refusal)?;
        }
        check_size(distribution, n, MAX_TIMES / spec.stages.saturating_mul(spec.machines))?;
        Ok(spec)
    }

    fn generate(&Spec { n, stages, machines, identical }: &Spec, rng: &mut dyn RngCore) -> Self {
        let mut row = || {
            if identical {
                vec![rng.random_range(1..=99); machines]
            } else {
                (0..machines).map(|_| rng.random_range(2..=9)).collect()
            }
        };
        let times: Vec<Vec<Vec<Cost>>> = (0..stages).map(|_| (0..n).map(|_| row()).collect()).collect();
        let name = if identical { "identical" } else { "uniform" };
        Ffsp { name: format!("{name}-{n}x{stages}x{machines}"), times, machines: vec![machines; stages], jobs: n }
    }
}
