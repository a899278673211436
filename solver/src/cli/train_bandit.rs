//! `heuron train bandit`: a Q-network of one instance, or a residual for many. Neither needs the feature `train`.

use std::fs;

use clap::ValueEnum;
use heuron::{BanditTraining, Error, Instance, Kind, Options, load};
use heuron_policies::device::Kind as Device;

use super::place::write_whole;
use super::say;
use super::train::{Algorithm, Train};

impl Train {
    /// Trains and writes `model.json`.
    pub(super) fn bandit(self) -> Result<u8, Error> {
        self.refuse_what_bandits_have_not()?;
        let mut training = match &self.config {
            Some(path) => toml::from_str(&heuron::load_text(path)?).map_err(|error| Error::Config {
                path: path.display().to_string(),
                message: error.to_string().trim_end().into(),
            })?,
            None => BanditTraining::default(),
        };
        training.residual.seed = self.seed.unwrap_or(training.residual.seed);
        training.residual.episodes = self.steps.unwrap_or(training.residual.episodes);
        let mut config = training.sequoia_config();
        (config.seed, config.episodes) = (self.seed.unwrap_or(config.seed), self.steps.unwrap_or(config.episodes));
        training.sequoia = Some(config);
        let model = match (self.algorithm, &self.instance) {
            (Some(Algorithm::Sequoia), Some(path)) => {
                let options = Options { problem: Some(Kind::Bandit), ..Options::default() };
                let Some(Instance::Bandit(bandit)) = load(path, &options)?.pop() else {
                    let expected = "a bandit instance".into();
                    return Err(Error::Option { key: "instance", expected, found: path.display().to_string() });
                };
                training.sequoia(&bandit)?
            }
            (Some(Algorithm::Sequoia), None) => {
                let expected = "a file: a Q-network belongs to one instance".into();
                return Err(Error::Option { key: "instance", expected, found: "none".into() });
            }
            (Some(Algorithm::Residual) | None, Some(path)) => {
                let expected = "none: a residual is learned on generated instances".into();
                return Err(Error::Option { key: "instance", expected, found: path.display().to_string() });
            }
            (Some(Algorithm::Residual) | None, None) => {
                let sizes = if self.n.is_empty() { vec![20] } else { self.n.clone() };
                training.residual(&training.instances(&sizes)?)
            }
            (Some(other), _) => {
                let found = other.to_possible_value().map_or(String::new(), |value| value.get_name().into());
                return Err(Error::Option {
                    key: "algorithm",
                    expected: "sequoia or residual for bandits".into(),
                    found,
                });
            }
        };
        fs::create_dir_all(&self.output).map_err(|source| Error::File {
            path: self.output.display().to_string(),
            action: "create",
            source,
        })?;
        let path = self.output.join("model.json");
        let text = serde_json::to_string(&model)
            .map_err(|error| Error::Model { name: path.display().to_string(), message: error.to_string() })?;
        write_whole(&path, text.as_bytes())?;
        if !self.quiet {
            say(&format!("heuron train: done: {}", path.display()));
        }
        Ok(0)
    }
    /// Their training is short, on one core, and measured in episodes.
    fn refuse_what_bandits_have_not(&self) -> Result<(), Error> {
        let given = [
            ("time", self.time.is_some()),
            ("resume", self.resume),
            ("model", self.model.is_some()),
            ("threads", self.threads.is_some()),
            ("device", self.device != Device::Cpu),
        ];
        match given.into_iter().find(|&(_, given)| given) {
            Some((key, _)) => {
                let expected = "none for bandits: they train for `--steps` episodes on one core".into();
                Err(Error::Option { key, expected, found: format!("--{key}") })
            }
            None => Ok(()),
        }
    }
}
