//! What can go wrong in training.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use heuron_problems::{ConfigError, SpecError};
use thiserror::Error;

use crate::architecture::ArchitectureError;
use crate::device::DeviceError;
use crate::native::Misfit;
use crate::weights::WeightsError;

/// Why training ends without a model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A setting that cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A network that cannot be.
    #[error("network: {0}")]
    Architecture(#[from] ArchitectureError),
    /// A size or distribution of which no instances are generated.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// Weights that cannot be used.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A device that the build or the machine does not have.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Weights that cannot become those of the configuration's network.
    #[error(
        "the weights are those of another network or problem than the configuration's, which may have more layers \
         (attention models), but must be equal in everything else"
    )]
    Mismatch,
    /// Instances that the model cannot read, for example without coordinates.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// A file that cannot be used.
    #[error("{}: cannot {action}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the operating system says.
        source: io::Error,
    },
    /// A checkpoint or log that does not make sense.
    #[error("{}: {message}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A gradient that is not finite.
    #[error("step {step}: the gradient is not finite; lower learning_rate, or check the cost range of the instances")]
    Diverged {
        /// The step.
        step: u64,
    },
    /// A checkpoint of a run with another configuration.
    #[error("{}: the checkpoint is of a run with another configuration", path.display())]
    OtherRun {
        /// The checkpoint.
        path: PathBuf,
    },
    /// Nothing to go on from.
    #[error("{}: there is no checkpoint to go on from", path.display())]
    NoCheckpoint {
        /// Where it would be.
        path: PathBuf,
    },
    /// Stopped while the references of the validation set were computed.
    #[error("interrupted before the first step: start the run anew")]
    Early,
    /// An instance of the validation set without a reference.
    #[error("validation instance {index} has no reference solution")]
    NoReference {
        /// Its number.
        index: usize,
    },
}

impl TrainError {
    pub(crate) fn file(path: &Path, action: &'static str, source: io::Error) -> Self {
        Self::File { path: path.into(), action, source }
    }

    pub(crate) fn damaged(path: &Path, message: impl Display) -> Self {
        Self::Damaged { path: path.into(), message: message.to_string() }
    }
}
