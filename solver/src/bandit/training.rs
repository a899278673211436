//! Training of bandits' models: `heuron train bandit` as a function.

use heuron_policies::sequoia::Config;
use heuron_problems::{Bandit, Generate, stream};
use heuron_search::bandit::learned::{Model, ResidualConfig, residual, sequoia};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Where the settings of SEQUOIA begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// Targets that follow, rates that last.
    #[default]
    Repaired,
    /// What the published code does.
    Faithful,
}

/// What is learned from what.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BanditTraining {
    /// Distribution of generated instances, as in `heuron generate`.
    pub distribution: String,
    /// Number of generated instances of every size.
    pub count: u64,
    /// Settings of SEQUOIA that are not given below.
    pub preset: Preset,
    /// Settings of SEQUOIA in full, in the place of the preset.
    pub sequoia: Option<Config>,
    /// Settings of the residual.
    pub residual: ResidualConfig,
}

impl Default for BanditTraining {
    fn default() -> Self {
        Self {
            distribution: "path".into(),
            count: 4,
            preset: Preset::Repaired,
            sequoia: None,
            residual: ResidualConfig::default(),
        }
    }
}

impl BanditTraining {
    /// Instances of these sizes to learn from, of the seed of the residual.
    ///
    /// # Errors
    /// [`Error::Spec`].
    pub fn instances(&self, sizes: &[usize]) -> Result<Vec<Bandit>, Error> {
        let mut bandits = Vec::new();
        for &n in sizes {
            let spec = Bandit::spec(n, &self.distribution);
            let spec = spec.map_err(|source| Error::Spec { key: "distribution", source })?;
            let draw = |index| Bandit::generate(&spec, &mut stream(self.residual.seed, "train bandit", index));
            bandits.extend((0..self.count).map(draw));
        }
        Ok(bandits)
    }

    /// The settings of SEQUOIA: those given, else the preset.
    pub fn sequoia_config(&self) -> Config {
        self.sequoia.clone().unwrap_or_else(|| match self.preset {
            Preset::Repaired => Config::repaired(),
            Preset::Faithful => Config::faithful(),
        })
    }

    /// A Q-network of `bandit`.
    ///
    /// # Errors
    /// [`Error::Config`] for a setting that cannot be.
    pub fn sequoia(&self, bandit: &Bandit) -> Result<Model, Error> {
        let learned = sequoia(bandit, &self.sequoia_config());
        learned.map(Model::Sequoia).map_err(|message| Error::Config { path: "sequoia".into(), message })
    }

    /// A residual for all instances like `bandits`.
    pub fn residual(&self, bandits: &[Bandit]) -> Model {
        Model::Residual(residual(bandits, &self.residual))
    }
}
