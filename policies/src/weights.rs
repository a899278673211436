//! Weights of a model in memory and in files: `safetensors` with one header entry, `heuron`, that holds the
//! architecture and notes (how the model was trained, how it scored) as JSON.
//!
//! Files are untrusted input: every name, shape and type is checked against the architecture before a tensor is
//! copied, and every number must be finite.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use heuron_problems::stream;
use rand::Rng;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::architecture::{Architecture, ArchitectureError, MIXER_WIDTH, Task, Tensor};

/// Name of the header entry. One entry only: the order of several would differ from file to file.
const HEADER: &str = "heuron";

/// Tensors of a model, with what they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Says which tensors there are.
    pub architecture: Architecture,
    /// Free notes: training spec, seed, score.
    pub notes: BTreeMap<String, String>,
    /// Row-major values, in the order of [`Architecture::tensors`].
    pub tensors: Vec<Vec<f32>>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    architecture: Architecture,
    #[serde(default)]
    notes: BTreeMap<String, String>,
}

/// Why weights cannot be read, written or used.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The bytes are no safetensors file.
    #[error("not a safetensors file: {0}")]
    Format(#[from] safetensors::SafeTensorError),
    /// The file is of another program.
    #[error("the file has no header entry \"heuron\": it is no model of this program")]
    NoHeader,
    /// The header does not say what the model is.
    #[error("the header entry \"heuron\" is damaged: {0}")]
    Header(#[from] serde_json::Error),
    /// The header describes no model.
    #[error("the header describes no model: {0}")]
    Architecture(#[from] ArchitectureError),
    /// The model is of another family than what is built from it.
    #[error("it is a model for {0:?}, which another kind of network serves")]
    Family(Task),
    /// The tensors are not those of the architecture.
    #[error("the architecture has {expected} tensors, found {found}")]
    Count {
        /// Of the architecture.
        expected: usize,
        /// In the file or in memory.
        found: usize,
    },
    /// A tensor that the architecture has and the file has not.
    #[error("tensor {0:?} is missing")]
    Missing(String),
    /// A tensor of the wrong size.
    #[error("tensor {name:?} must be of shape {expected:?}, found {found:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// Of the architecture.
        expected: Vec<usize>,
        /// In the file or in memory.
        found: Vec<usize>,
    },
    /// A tensor of numbers that are not 32-bit floats.
    #[error("tensor {name:?} must hold F32 numbers, found {found}")]
    Type {
        /// The tensor.
        name: String,
        /// Type in the file.
        found: String,
    },
    /// A number that is infinite or none at all.
    #[error("tensor {name:?} holds {value} at position {at}")]
    NotFinite {
        /// The tensor.
        name: String,
        /// Position in row-major order.
        at: usize,
        /// The number.
        value: f32,
    },
}

impl Weights {
    /// Random weights to start training from: matrices uniform within 1 / sqrt(inputs), biases as their matrices, norms
    /// the identity, distance biases and the local policy's last layer 0. One stream per tensor, so that options do not
    /// shift the others' draws.
    pub fn random(architecture: Architecture, seed: u64) -> Result<Self, WeightsError> {
        architecture.check()?;
        let list = architecture.tensors();
        let inputs = |name: &str| {
            // A row of all heads, of which each has its own.
            if name.ends_with("mixer.logit.weight") {
                return MIXER_WIDTH;
            }
            // The bias comes right after its matrix, whose first dimension is the number of inputs.
            let matrix = name.replace(".bias", ".weight");
            list.iter().find(|(other, _)| *other == matrix).map_or(1, |(_, shape)| shape[0])
        };
        let draw = |(index, (name, shape)): (usize, &Tensor)| {
            let count = shape.iter().product();
            match name.rsplit('.').next() {
                Some("scale") => vec![1.0; count],
                Some("shift" | "distance") => vec![0.0; count],
                // Every latent vector begins as the model without one (Chalumeau et al., COMPASS, 2023), and a local
                // policy by saying nothing.
                _ if name.contains(".latent.") || name == "local.out.weight" => vec![0.0; count],
                _ => {
                    let bound = 1.0 / (inputs(name) as f32).sqrt();
                    let mut stream = stream(seed, "weights", index as u64);
                    (0..count).map(|_| bound * (2.0 * stream.random::<f32>() - 1.0)).collect()
                }
            }
        };
        let tensors = list.iter().enumerate().map(draw).collect();
        Ok(Self { architecture, notes: BTreeMap::new(), tensors })
    }

    /// Checks that the tensors are those of the architecture and finite.
    pub fn check(&self) -> Result<(), WeightsError> {
        self.architecture.check()?;
        let list = self.architecture.tensors();
        if list.len() != self.tensors.len() {
            return Err(WeightsError::Count { expected: list.len(), found: self.tensors.len() });
        }
        for ((name, shape), values) in list.into_iter().zip(&self.tensors) {
            if values.len() != shape.iter().product::<usize>() {
                return Err(WeightsError::Shape { name, expected: shape, found: vec![values.len()] });
            }
            if let Some(at) = values.iter().position(|value| !value.is_finite()) {
                return Err(WeightsError::NotFinite { name, at, value: values[at] });
            }
        }
        Ok(())
    }

    /// The values of the tensor called `name`.
    pub fn tensor(&self, name: &str) -> Option<&[f32]> {
        let index = self.architecture.tensors().iter().position(|(other, _)| other == name)?;
        self.tensors.get(index).map(Vec::as_slice)
    }

    /// The weights in the bytes of a file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        let (_, metadata) = SafeTensors::read_metadata(bytes)?;
        let header = metadata.metadata().as_ref().and_then(|entries| entries.get(HEADER));
        let header: Header = serde_json::from_str(header.ok_or(WeightsError::NoHeader)?)?;
        header.architecture.check()?;
        let list = header.architecture.tensors();
        let file = SafeTensors::deserialize(bytes)?;
        if file.len() != list.len() {
            return Err(WeightsError::Count { expected: list.len(), found: file.len() });
        }
        let views: Vec<TensorView<'_>> = list.iter().map(|tensor| find(&file, tensor)).collect::<Result<_, _>>()?;
        let tensors = views.iter().map(|view| floats(view.data())).collect();
        let weights = Self { architecture: header.architecture, notes: header.notes, tensors };
        weights.check()?;
        Ok(weights)
    }

    /// The bytes of a file; equal weights give equal bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WeightsError> {
        self.check()?;
        let header = Header { architecture: self.architecture.clone(), notes: self.notes.clone() };
        let entry = HashMap::from([(HEADER.to_string(), serde_json::to_string(&header)?)]);
        let list = self.architecture.tensors();
        let data: Vec<Vec<u8>> = self.tensors.iter().map(|values| bytes(values)).collect();
        let mut views = Vec::with_capacity(data.len());
        for ((name, shape), data) in list.into_iter().zip(&data) {
            views.push((name, TensorView::new(Dtype::F32, shape, data)?));
        }
        Ok(safetensors::serialize(views, Some(entry))?)
    }

    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let bytes = std::fs::read(path).map_err(|source| WeightsError::File { path: path.into(), source })?;
        Self::from_bytes(&bytes)
    }

    /// Writes a file.
    pub fn write(&self, path: &Path) -> Result<(), WeightsError> {
        let bytes = self.to_bytes()?;
        std::fs::write(path, bytes).map_err(|source| WeightsError::File { path: path.into(), source })
    }
}

/// The tensor of the file with this name, which must have this shape.
fn find<'a>(file: &SafeTensors<'a>, (name, shape): &Tensor) -> Result<TensorView<'a>, WeightsError> {
    let view = file.tensor(name).map_err(|_| WeightsError::Missing(name.clone()))?;
    if view.shape() != shape {
        let (expected, found) = (shape.clone(), view.shape().to_vec());
        return Err(WeightsError::Shape { name: name.clone(), expected, found });
    }
    if view.dtype() != Dtype::F32 {
        return Err(WeightsError::Type { name: name.clone(), found: format!("{:?}", view.dtype()) });
    }
    Ok(view)
}

/// Little-endian numbers.
fn floats(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|&number| f32::from_le_bytes(number)).collect()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn weights() -> Weights {
        let options = Architecture { distance_bias: true, value: true, ..Architecture::new(Task::Cvrp, 8, 2, 2, 12) };
        let mut weights = Weights::random(options, 1).unwrap();
        weights.notes.insert("seed".into(), "1".into());
        weights
    }

    /// A file of the weights after a change that `to_bytes` would not let through.
    fn damaged(change: impl Fn(&mut Vec<(String, Vec<usize>, Vec<f32>)>)) -> WeightsError {
        let weights = weights();
        let header = Header { architecture: weights.architecture.clone(), notes: BTreeMap::new() };
        let named = weights.architecture.tensors().into_iter().zip(weights.tensors);
        let mut tensors: Vec<_> = named.map(|((name, shape), values)| (name, shape, values)).collect();
        change(&mut tensors);
        let data: Vec<_> = tensors.iter().map(|(name, shape, values)| (name, shape.clone(), bytes(values))).collect();
        let views =
            data.iter().map(|(name, shape, data)| (*name, TensorView::new(Dtype::F32, shape.clone(), data).unwrap()));
        let entry = HashMap::from([(HEADER.to_string(), serde_json::to_string(&header).unwrap())]);
        Weights::from_bytes(&safetensors::serialize(views, Some(entry)).unwrap()).unwrap_err()
    }

    #[test]
    fn files_survive_the_round_trip_and_equal_weights_give_equal_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        weights().write(&path).unwrap();
        let read = Weights::read(&path).unwrap();
        assert_eq!(read, weights());
        assert_eq!(std::fs::read(&path).unwrap(), read.to_bytes().unwrap());
    }

    #[test]
    fn random_weights_follow_their_law_and_their_seed() {
        let (one, two) = (weights(), Weights::random(weights().architecture, 2).unwrap());
        assert_ne!(one.tensors, two.tensors);
        let within = |name: &str, bound: f32| {
            let values = one.tensor(name).unwrap();
            values.iter().all(|v| v.abs() <= bound) && values.iter().any(|v| v.abs() > 0.25 * bound)
        };
        assert!(within("layers.0.ff2.weight", 1.0 / 12f32.sqrt()) && within("layers.1.ff1.bias", 1.0 / 8f32.sqrt()));
        assert!(within("embed.weight", 1.0 / 3f32.sqrt()) && within("depot.bias", 1.0 / 2f32.sqrt()));
        assert_eq!(one.tensor("layers.0.norm1.scale").unwrap(), [1.0; 8]);
        assert_eq!(one.tensor("decoder.distance").unwrap(), [0.0]);
    }

    #[test]
    fn tensors_that_do_not_fit_the_header_are_named() {
        let missing = damaged(|tensors| tensors[1].0 = "other".into());
        assert!(matches!(missing, WeightsError::Missing(name) if name == "embed.bias"));
        assert!(matches!(damaged(|tensors| drop(tensors.pop())), WeightsError::Count { .. }));
        let shape = damaged(|tensors| tensors[0].1 = vec![8, 3]);
        assert_eq!(shape.to_string(), "tensor \"embed.weight\" must be of shape [3, 8], found [8, 3]");
        for value in [f32::NAN, f32::INFINITY] {
            let broken = damaged(|tensors| tensors[0].2[5] = value);
            assert!(matches!(broken, WeightsError::NotFinite { at: 5, .. }));
        }
    }

    #[test]
    fn files_of_other_programs_are_refused() {
        let data = [0; 4];
        let view = || [("a", TensorView::new(Dtype::F32, vec![1], &data).unwrap())];
        let plain = safetensors::serialize(view(), None).unwrap();
        assert!(matches!(Weights::from_bytes(&plain), Err(WeightsError::NoHeader)));
        let huge = r#"{"architecture":{"task":"tsp","width":4096,"heads":1,"layers":9999999,"feed_forward":1,"clip":10,
            "distance_bias":false,"value":false}}"#;
        for (header, expected) in [("{}", "damaged"), (huge, "layers must be")] {
            let entry = HashMap::from([(HEADER.to_string(), header.to_string())]);
            let file = safetensors::serialize(view(), Some(entry)).unwrap();
            let error = Weights::from_bytes(&file).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(Weights::read(Path::new("no/such/file")).unwrap_err().to_string().starts_with("no/such/file: "));
    }

    proptest! {
        #[test]
        fn no_damage_to_a_file_ends_in_a_panic(at in 0_usize..4_000, byte: u8, length in 0_usize..40_000) {
            let mut file = weights().to_bytes().unwrap();
            let at = at % file.len();
            file[at] = byte;
            file.truncate(length);
            if let Ok(read) = Weights::from_bytes(&file) {
                prop_assert!(read.check().is_ok());
            }
        }
    }
}
