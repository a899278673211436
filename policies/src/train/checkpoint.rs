//! Everything a run needs to go on exactly where it was, in one file that is replaced as a whole.
//!
//! Random streams are named by the step they serve, so the step is the random position.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use heuron_problems::whole;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use crate::architecture::Architecture;
use crate::train::config::Config;
use crate::train::error::TrainError;
use crate::train::optimiser::Moments;

/// Name of the header entry.
const HEADER: &str = "heuron-checkpoint";

/// Name of the tensor of a rival.
const RIVAL: &str = "rival";

/// Where a run is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Position {
    /// Steps done.
    pub step: u64,
    /// Updates of the optimiser.
    pub updates: usize,
    /// Instances seen.
    pub instances: u64,
    /// Time used, over all sessions.
    pub elapsed_s: f64,
    /// Step and validation gap of the best weights; none before the first validation.
    pub best: Option<(u64, f64)>,
    /// Step of the last validation.
    pub validated: u64,
}

/// A run at rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// What is trained how.
    pub config: Config,
    /// Shape of the model.
    pub architecture: Architecture,
    /// Where the run is.
    pub position: Position,
    /// The weights, one vector per tensor.
    pub weights: Vec<Vec<f32>>,
    /// Those of the policy whose rollouts are the baseline of REINFORCE, if any.
    pub rival: Option<Vec<Vec<f32>>>,
    /// State of the optimiser.
    pub moments: Moments,
}

#[derive(Deserialize, Serialize)]
struct Header {
    config: Config,
    architecture: Architecture,
    position: Position,
}

impl Checkpoint {
    /// Writes the checkpoint so that there is the old one or the new one at any moment.
    pub fn write(&self, path: &Path) -> Result<(), TrainError> {
        let Self { config, architecture, position, weights, rival, moments } = self;
        let header = Header { config: config.clone(), architecture: architecture.clone(), position: position.clone() };
        let header = serde_json::to_string(&header).map_err(|error| TrainError::damaged(path, error))?;
        let weights = weights.concat();
        let rival = rival.as_ref().map(|rival| rival.concat());
        let named = [("weights", &weights), ("first", &moments.first), ("second", &moments.second)];
        let named = named.into_iter().chain(rival.as_ref().map(|rival| (RIVAL, rival)));
        let data: Vec<_> = named.map(|(name, values)| (name, values.len(), bytes(values))).collect();
        let mut views = Vec::with_capacity(data.len());
        for (name, count, data) in &data {
            let view = TensorView::new(Dtype::F32, vec![*count], data);
            views.push((*name, view.map_err(|error| TrainError::damaged(path, error))?));
        }
        let file = safetensors::serialize(views, Some(HashMap::from([(HEADER.to_string(), header)])));
        write_whole(path, &file.map_err(|error| TrainError::damaged(path, error))?)
    }

    /// Reads a checkpoint; its sizes are checked.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let damaged = |error: &dyn std::fmt::Display| TrainError::damaged(path, error);
        let bytes = fs::read(path).map_err(|error| TrainError::file(path, "read", error))?;
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(&e))?;
        let header = metadata.metadata().as_ref().and_then(|entries| entries.get(HEADER));
        let header = header.ok_or_else(|| damaged(&"it is no checkpoint of this program"))?;
        let Header { config, architecture, position } = serde_json::from_str(header).map_err(|e| damaged(&e))?;
        architecture.check().map_err(|e| damaged(&e))?;
        config.check().map_err(|e| damaged(&e))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(&e))?;
        let sizes: Vec<usize> = architecture.tensors().iter().map(|(_, shape)| shape.iter().product()).collect();
        let total: usize = sizes.iter().sum();
        let vector = |name: &str, count: usize| {
            let view = file.tensor(name).map_err(|e| damaged(&e))?;
            let fits = view.dtype() == Dtype::F32 && view.shape() == [count];
            if fits { Ok(floats(view.data())) } else { Err(damaged(&format!("{name} must hold {count} numbers"))) }
        };
        let moments = if position.updates == 0 { 0 } else { total };
        let moments =
            Moments { time: position.updates, first: vector("first", moments)?, second: vector("second", moments)? };
        let tensors = |name| -> Result<Vec<Vec<f32>>, TrainError> {
            let mut rest = vector(name, total)?.into_iter();
            Ok(sizes.iter().map(|&count| rest.by_ref().take(count).collect()).collect())
        };
        let rival = file.names().contains(&RIVAL).then(|| tensors(RIVAL)).transpose()?;
        Ok(Self { config, architecture, position, weights: tensors("weights")?, rival, moments })
    }
}

/// As [`whole::write_whole`].
pub(super) fn write_whole(path: &Path, content: &[u8]) -> Result<(), TrainError> {
    whole::write_whole(path, content).map_err(|error| TrainError::file(path, "write", error))
}

/// Little-endian numbers.
fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|&number| f32::from_le_bytes(number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::Task;

    fn checkpoint() -> Checkpoint {
        let architecture = Architecture::new(Task::Cvrp, 8, 2, 1, 12);
        let shapes = architecture.tensors();
        let weights: Vec<Vec<f32>> = shapes.iter().map(|(_, shape)| vec![0.1; shape.iter().product()]).collect();
        let count = weights.iter().map(Vec::len).sum();
        let best = Some((40, 0.1 + 0.2));
        let position = Position { step: 77, updates: 80, instances: 4928, elapsed_s: 1.0 / 3.0, best, validated: 70 };
        let moments = Moments { time: 80, first: vec![1e-20; count], second: vec![-0.0; count] };
        let rival = Some(weights.iter().map(|tensor| vec![0.2; tensor.len()]).collect());
        Checkpoint { config: Config::default(), architecture, position, weights, rival, moments }
    }

    #[test]
    fn checkpoint_survives_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        checkpoint().write(&path).unwrap();
        checkpoint().write(&path).unwrap();
        assert_eq!(Checkpoint::read(&path).unwrap(), checkpoint());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let alone = Checkpoint { rival: None, ..checkpoint() };
        alone.write(&path).unwrap();
        assert_eq!(Checkpoint::read(&path).unwrap(), alone);
    }

    #[test]
    fn damaged_checkpoints_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        checkpoint().write(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        for length in [0, 7, 100, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(matches!(Checkpoint::read(&path), Err(TrainError::Damaged { .. })), "{length}");
        }
        let missing = Checkpoint::read(&folder.path().join("none"));
        assert!(matches!(missing, Err(TrainError::File { .. })));
    }
}
