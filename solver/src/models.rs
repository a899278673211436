//! Learned models by name or file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use heuron_policies::native::{Misfit, MlpError};
use heuron_policies::{Prepared, Weights, WeightsError, zoo};

use crate::error::Error;
use crate::instance::Kind;

/// What is wrong with a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file cannot be read, or holds no model.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// It is for other instances or another search.
    #[error(transparent)]
    Misfit(#[from] Misfit),
    /// The network of a bandit's model does not work, or is one of another instance.
    #[error(transparent)]
    Network(#[from] MlpError),
    /// The file of a bandit's model cannot be made sense of, or holds what no file can.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It is neither a file nor shipped.
    #[error("no model of this name is shipped (known: {}), and it is no file name", known.join(", "))]
    Unknown {
        /// Names of the shipped ones.
        known: Vec<&'static str>,
    },
    /// Nothing is shipped for this problem or method.
    #[error("none is shipped for {0}")]
    NoneShipped(String),
    /// The instance is larger than models are asked about.
    #[error("models take up to {most} nodes, the instance has {nodes}")]
    TooLarge {
        /// The most nodes; of shops operations, or pairs of a job and a machine.
        most: usize,
        /// Those of the instance.
        nodes: usize,
    },
    /// Solutions of this problem are not constructed by models.
    #[error("no model of this kind constructs a {0}")]
    NoConstruction(Kind),
    /// A table has no use for it.
    #[error("it is for {task}, the table takes models of {takes}")]
    NotOfTable {
        /// The model's problem.
        task: &'static str,
        /// Those of the table.
        takes: String,
    },
    /// A table has one for its problem.
    #[error("{other} is for {task} too, the table takes one model per problem")]
    Second {
        /// The table's model.
        other: String,
        /// The problem.
        task: &'static str,
    },
}

/// The weights of a shipped model, or of a file: whatever has a folder or an extension in its name is a file.
///
/// # Errors
/// [`Error::Model`] with the names that exist, or with what is wrong with the file.
pub fn model(name: &str) -> Result<Weights, Error> {
    let read = || -> Result<Weights, ModelError> {
        match zoo::find(name) {
            Some(model) => Ok(model.weights()?),
            None if Path::new(name).components().count() > 1 || name.contains('.') => {
                Ok(Weights::read(Path::new(name))?)
            }
            None => Err(ModelError::Unknown { known: zoo::MODELS.iter().map(|model| model.name).collect() }),
        }
    };
    read().map_err(|source| Error::model(name, source))
}

/// The model that was used last, ready for work: a batch of instances prepares it once. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Models(Arc<Mutex<Option<Ready>>>);

#[derive(Clone, Debug)]
struct Ready {
    name: String,
    model: Prepared,
}

impl Models {
    /// The model of this name or file.
    pub(crate) fn get(&self, name: &str) -> Result<Prepared, Error> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = last.as_ref().filter(|ready| ready.name == name) {
            return Ok(ready.model.clone());
        }
        let model = Prepared::new(&model(name)?).map_err(|source| Error::model(name, source))?;
        *last = Some(Ready { name: name.into(), model: model.clone() });
        Ok(model)
    }
}
