//! The fixed set that a model is judged by, and its references, which are computed once.

use std::path::Path;

use heuron_problems::{Cost, stream};
use serde::{Deserialize, Serialize};

use crate::native::spread::spread;
use crate::train::batched::greedy_all;
use crate::train::checkpoint::write_whole;
use crate::train::collect::greedy;
use crate::train::config::{Algorithm, Config};
use crate::train::engine::Engine;
use crate::train::error::TrainError;
use crate::train::problem::Train;

/// The cost that an instance's solutions are compared with, by a solver that is given from outside; none: it found
/// none.
pub type Reference<'a, P> = dyn Fn(&P) -> Option<Cost> + Sync + 'a;

/// Instances with references.
pub(super) struct Validation<P> {
    instances: Vec<P>,
    references: Vec<Cost>,
    /// Vectors that a model which follows any is judged by, the best of them on every instance.
    latents: Vec<Vec<f32>>,
}

/// Number of those vectors.
const LATENTS: usize = 16;

/// References, and what they belong to.
#[derive(Deserialize, PartialEq, Serialize)]
struct Cache {
    problem: String,
    distribution: String,
    sizes: Vec<usize>,
    count: usize,
    seed: u64,
    references: Vec<Cost>,
}

impl<P: Train> Validation<P> {
    /// The set of `config`. References are read from `file` if it holds those of this set, else computed and kept
    /// there.
    pub fn new(config: &Config, threads: usize, reference: &Reference<'_, P>, file: &Path) -> Result<Self, TrainError> {
        let (sizes, settings) = (config.validation_sizes(), &config.validation);
        let instance = |i: usize| {
            let spec = P::spec(sizes[i % sizes.len()], &config.distribution)?;
            Ok(P::generate(&spec, &mut stream(settings.seed, "validation", i as u64)))
        };
        let instances: Vec<P> = (0..settings.count).map(instance).collect::<Result<_, TrainError>>()?;
        let mut cache = Cache {
            problem: P::NAME.into(),
            distribution: config.distribution.clone(),
            sizes: sizes.to_vec(),
            count: settings.count,
            seed: settings.seed,
            references: Vec::new(),
        };
        cache.references = match recall(&cache, file) {
            Some(references) => references,
            None => compute(&instances, threads, reference)?,
        };
        let text = serde_json::to_vec(&cache).map_err(|error| TrainError::damaged(file, error))?;
        write_whole(file, &text)?;
        let count = if config.algorithm == Algorithm::Compass { LATENTS } else { 0 };
        let latents = config.compass.draw(count, &mut stream(settings.seed, "validation latents", 0));
        Ok(Self { instances, references: cache.references, latents })
    }

    /// Mean cost of the references, without sign: what costs are large or small compared with.
    pub fn unit(&self) -> f64 {
        let sum: f64 = self.references.iter().map(|&cost| (cost as f64).abs()).sum();
        (sum / self.references.len() as f64).max(1.0)
    }

    /// Mean gap of the model's best greedy trajectories to the references. The sum has a fixed order.
    pub fn gap(&self, engine: &mut Engine<P>, starts: Option<usize>) -> f64 {
        let latents = &self.latents;
        let best = match &engine.on_device {
            Some(model) => greedy_all(model, &self.instances, starts),
            None => {
                engine.map(&self.instances, |model, buffers, problem| greedy(model, problem, starts, latents, buffers))
            }
        };
        let gap = |(cost, &reference): (Option<Cost>, &Cost)| {
            let reference = reference as f64;
            cost.map_or(f64::INFINITY, |cost| (cost as f64 - reference) / reference.abs().max(1.0))
        };
        best.into_iter().zip(&self.references).map(gap).sum::<f64>() / self.references.len() as f64
    }
}

/// The references of `file` if all else is as in `cache`.
fn recall(cache: &Cache, file: &Path) -> Option<Vec<Cost>> {
    let mut found: Cache = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    let references = std::mem::take(&mut found.references);
    (found == *cache && references.len() == cache.count).then_some(references)
}

fn compute<P: Train>(instances: &[P], threads: usize, reference: &Reference<'_, P>) -> Result<Vec<Cost>, TrainError> {
    let mut found = vec![None; instances.len()];
    spread(threads, &mut found, |i, cost| *cost = reference(&instances[i]));
    found.into_iter().enumerate().map(|(index, cost)| cost.ok_or(TrainError::NoReference { index })).collect()
}
