//! Random job shop instances.
//!
//! - `uniform`: as many machines as jobs, or `uniform,machines=M`, or `uniform,machines=5-15`: any number of them;
//!   durations 1 to 99 and a random order of the machines for every job, the law of Taillard (1993) with draws of our
//!   own.
//! - `flow,machines=M`: the first half of the machines before the second half, as in the hard instances of Storer, Wu
//!   and Vaccari (1992) and Demirkol, Mehta and Uzsoy (1998); durations 1 to 200.

use rand::seq::SliceRandom;
use rand::{Rng, RngCore};

use super::{Jssp, Operation};
use crate::generate::{Generate, SpecError, check_size};
use crate::problem::Cost;

/// The most operations that are generated.
const MAX_OPERATIONS: usize = 10_000_000;

/// How machines are ordered and durations drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Any order of the machines, durations 1 to 99.
    Uniform,
    /// First the first half of the machines, then the second, each in any order; durations 1 to 200.
    Flow,
}

/// What decides a random job shop instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Number of jobs.
    pub n: usize,
    /// Number of machines.
    pub machines: usize,
    /// Up to so many more, at random.
    pub more: usize,
    /// Orders and durations.
    pub distribution: Distribution,
}

impl Generate for Jssp {
    type Spec = Spec;

    const DISTRIBUTIONS: &'static [&'static str] = &["uniform", "flow"];

    fn spec(n: usize, distribution: &str) -> Result<Spec, SpecError> {
        let (word, settings) = distribution.split_once(',').unwrap_or((distribution, ""));
        let kind = match word {
            "uniform" => Distribution::Uniform,
            "flow" => Distribution::Flow,
            _ => {
                let (what, known) = ("distribution of job shop instances", Self::DISTRIBUTIONS.to_vec());
                return Err(SpecError::Unknown { what, known, found: word.into() });
            }
        };
        let (machines, most) = match settings.split_once('=') {
            None if settings.is_empty() => (n, n),
            Some(("machines", numbers)) => {
                let refusal = || SpecError::Number { setting: "machines", least: 1, found: numbers.into() };
                let (low, high) = numbers.split_once('-').unwrap_or((numbers, numbers));
                let range = low.parse().ok().zip(high.parse().ok());
                range.filter(|&(low, high): &(usize, usize)| 0 < low && low <= high).ok_or_else(refusal)?
            }
            _ => {
                let found = settings.split('=').next().unwrap_or(settings).into();
                return Err(SpecError::Unknown { what: "setting", known: vec!["machines"], found });
            }
        };
        check_size(distribution, n, MAX_OPERATIONS / most.max(1))?;
        Ok(Spec { n, machines, more: most - machines, distribution: kind })
    }

    fn generate(&Spec { n, machines, more, distribution }: &Spec, rng: &mut dyn RngCore) -> Self {
        // No draw where there is nothing to draw: instances of a fixed size stay what they were.
        let machines = if more > 0 { machines + rng.random_range(0..=more) } else { machines };
        let (name, halfway, longest) = match distribution {
            Distribution::Uniform => ("uniform", 0, 99),
            Distribution::Flow => ("flow", machines / 2, 200),
        };
        let job = |_| {
            let mut order: Vec<u32> = (0..machines as u32).collect();
            let (first, second) = order.split_at_mut(halfway);
            first.shuffle(rng);
            second.shuffle(rng);
            let operation = |machine| Operation { machine, duration: rng.random_range(1..=longest) as Cost };
            order.into_iter().map(operation).collect()
        };
        let jobs = (0..n).map(job).collect();
        Jssp::new(format!("{name}-{n}x{machines}"), machines, jobs)
    }
}
