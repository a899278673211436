//! The models that ship with the crate, by name. Every one has a card beside it in `zoo/`: the command that trained it,
//! what that took, and its score with the command that measures it.

use crate::weights::{Weights, WeightsError};

/// A shipped model.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Name on the command line.
    pub name: &'static str,
    /// Name of the problem.
    pub problem: &'static str,
    /// Markdown; the first line says what it is.
    pub card: &'static str,
    bytes: &'static [u8],
}

impl Model {
    /// The weights.
    pub fn weights(&self) -> Result<Weights, WeightsError> {
        Weights::from_bytes(self.bytes)
    }

    /// The first line of the card, without marks.
    pub fn about(&self) -> &'static str {
        self.card.lines().next().unwrap_or_default().trim_start_matches(['#', ' '])
    }
}

/// The model of the file `zoo/NAME.safetensors` with the card `zoo/NAME.md`.
macro_rules! model {
    ($name:literal, $problem:literal) => {
        Model {
            name: $name,
            problem: $problem,
            card: include_str!(concat!("../zoo/", $name, ".md")),
            bytes: include_bytes!(concat!("../zoo/", $name, ".safetensors")),
        }
    };
}

/// Every shipped model: a line per file of `zoo/`.
pub const MODELS: &[Model] = &[
    model!("tsp", "tsp"),
    model!("cvrp", "cvrp"),
    model!("knapsack", "knapsack"),
    model!("jssp", "jssp"),
    model!("ffsp", "ffsp"),
    model!("tsp-poppy", "tsp"),
    model!("tsp-compass", "tsp"),
];

/// The shipped model called `name`.
pub fn find(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name == name)
}

/// The model for instances of a problem where none is named: the first of the list.
pub fn of(problem: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.problem == problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_model_can_be_read_and_has_a_name_and_a_card() {
        for (place, model) in MODELS.iter().enumerate() {
            model.weights().unwrap();
            assert!(!model.about().is_empty(), "{}", model.name);
            assert!(MODELS[..place].iter().all(|other| other.name != model.name), "{}", model.name);
        }
    }

    #[test]
    fn every_file_of_the_zoo_is_shipped() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/zoo");
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if path.extension().is_some_and(|extension| extension == "safetensors") {
                assert!(find(&stem).is_some(), "{stem} is missing in the list of models");
            }
        }
    }
}
