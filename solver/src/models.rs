//! Learned models by name or file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use heuron_policies::{Prepared, Weights, WeightsError, zoo};

use crate::error::Error;

/// The weights of a shipped model, or of a file: whatever has a folder or an extension in its name is a file.
///
/// # Errors
/// [`Error::Model`] with the names that exist, or with what is wrong with the file.
pub fn model(name: &str) -> Result<Weights, Error> {
    let refusal = |source: WeightsError| Error::Model { name: name.into(), message: source.to_string() };
    match zoo::find(name) {
        Some(model) => model.weights().map_err(refusal),
        None if Path::new(name).components().count() > 1 || name.contains('.') => {
            Weights::read(Path::new(name)).map_err(refusal)
        }
        None => {
            let known: Vec<&str> = zoo::MODELS.iter().map(|model| model.name).collect();
            let known = known.join(", ");
            let message = format!("no model of this name is shipped (known: {known}), and it is no file name");
            Err(Error::Model { name: name.into(), message })
        }
    }
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
        let refusal = |source: WeightsError| Error::Model { name: name.into(), message: source.to_string() };
        let model = Prepared::new(&model(name)?).map_err(refusal)?;
        *last = Some(Ready { name: name.into(), model: model.clone() });
        Ok(model)
    }
}
