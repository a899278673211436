//! The models of a table, which are loaded and checked before anything is measured.

use heuron_policies::{Weights, zoo};
use heuron_search::Tactic;

use crate::error::Error;
use crate::instance::Kind;
use crate::models::{ModelError, model};

/// Which models a table is about.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// Of these problems.
    pub kinds: &'static [Kind],
    /// What they must have.
    pub tactic: Tactic,
    /// What the name of the shipped one ends with, after the problem.
    pub ending: &'static str,
}

/// A model per problem at most.
pub(super) struct Chosen(Vec<(Kind, String, Weights)>);

impl Chosen {
    /// The models called `names`, and the shipped ones of the other problems.
    ///
    /// # Errors [`Error::Model`] for one that does not exist, that the table has no use for, or that is the second of
    /// its problem.
    pub fn new(wanted: Wanted, names: &[String]) -> Result<Self, Error> {
        let mut chosen = Self(Vec::new());
        for name in names {
            let weights = model(name)?;
            let task = weights.architecture.task.name();
            let kind = wanted.kinds.iter().copied().find(|kind| kind.name() == task).ok_or_else(|| {
                let kinds: Vec<&str> = wanted.kinds.iter().map(|kind| kind.name()).collect();
                let takes = if kinds.is_empty() { "no problem".into() } else { kinds.join(", ") };
                Error::model(name, ModelError::NotOfTable { task, takes })
            })?;
            wanted.tactic.fits(&weights.architecture).map_err(|misfit| Error::model(name, misfit))?;
            if let Some((_, other, _)) = chosen.0.iter().find(|(of, ..)| *of == kind) {
                return Err(Error::model(name, ModelError::Second { other: other.clone(), task }));
            }
            chosen.0.push((kind, name.clone(), weights));
        }
        for &kind in wanted.kinds {
            let shipped = zoo::find(&format!("{kind}{}", wanted.ending));
            if let (None, Some(shipped)) = (chosen.of(kind), shipped) {
                chosen.0.push((kind, shipped.name.into(), model(shipped.name)?));
            }
        }
        Ok(chosen)
    }

    /// Name and weights of the model of a problem; none where none was named and none is shipped.
    pub fn of(&self, kind: Kind) -> Option<(&str, &Weights)> {
        self.0.iter().find(|(of, ..)| *of == kind).map(|(_, name, weights)| (name.as_str(), weights))
    }

    /// The same of a problem for which a model is shipped.
    ///
    /// # Errors
    /// [`Error::Model`] if none is.
    pub fn need(&self, kind: Kind) -> Result<(&str, &Weights), Error> {
        let fault = || Error::model("by default", ModelError::NoneShipped(format!("the problem {kind}")));
        self.of(kind).ok_or_else(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Settings, Size, regenerate};

    /// The error of a table with models, before anything is measured.
    fn refused(table: &str, models: &[&str]) -> String {
        let models: Vec<String> = models.iter().map(ToString::to_string).collect();
        let settings = Settings {
            size: Size::Full,
            threads: 1,
            seed: 1,
            models: &models,
            say: &|line| panic!("measured before the models were checked: {line}"),
            keep: &|_| Ok(()),
        };
        regenerate(table, &settings).unwrap_err().to_string()
    }

    #[test]
    fn models_are_checked_before_anything_is_measured() {
        let cases: [(&str, &[&str], &str); 8] = [
            ("compass", &["nosuch"], "nosuch"),
            ("poppy", &["tsp-poppy", "nosuch"], "nosuch"),
            ("compass", &["tsp"], "--algorithm compass"),
            ("poppy", &["tsp-compass"], "--algorithm poppy"),
            ("poppy", &["tsp-poppy", "tsp-poppy"], "one model per problem"),
            ("pomo", &["jssp"], "tsp, cvrp, knapsack"),
            ("rlor", &["no/file.safetensors"], "no/file.safetensors"),
            ("sequoia", &["tsp"], "no problem"),
        ];
        for (table, models, expected) in cases {
            let message = refused(table, models);
            assert!(message.contains(expected), "{table}: {message}");
        }
    }
}
