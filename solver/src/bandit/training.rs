//! Training of bandits' models: `heuron train bandit` as a function. What a run needs to go on is in one file.

use std::path::Path;
use std::time::{Duration, Instant};

use heuron_policies::sequoia::{Config, Course};
use heuron_problems::config::at_least;
use heuron_problems::{Bandit, ConfigError, Format, Generate, stream};
use heuron_search::Stop;
use heuron_search::bandit::corrected::{self, ResidualConfig};
use heuron_search::bandit::learned::{CourseError, Model, take_course};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::load::load_text;

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
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct BanditTraining {
    /// Distribution of generated instances, as in `heuron generate`. Default: path.
    pub distribution: String,
    /// Number of generated instances of every size. The last third of all is held out to choose by. Default: 12, of
    /// which the residuals of `benches/versus/bandit.md` were trained.
    pub count: u64,
    /// Settings of SEQUOIA that are not given below. Default: repaired.
    pub preset: Preset,
    /// Settings of SEQUOIA in full, in the place of the preset. Default: none.
    pub sequoia: Option<Config>,
    /// Settings of the residual. Default: [`ResidualConfig::default`].
    pub residual: ResidualConfig,
}

impl Default for BanditTraining {
    fn default() -> Self {
        Self {
            distribution: "path".into(),
            count: 12,
            preset: Preset::Repaired,
            sequoia: None,
            residual: ResidualConfig::default(),
        }
    }
}

impl BanditTraining {
    /// Refuses values that cannot be.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        at_least(1, "count", self.count)?;
        self.residual.check()?;
        self.sequoia_config().check()
    }

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
}

/// How far a run is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Before the first step.
    New,
    /// Q-learning.
    Sequoia(Box<Course>),
    /// Policy search.
    Residual(Box<corrected::Training>),
}

/// A run of training, in memory or in a checkpoint.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BanditRun {
    /// Settings, without numbers of steps: a run may go on for longer.
    training: BanditTraining,
    /// The instances' files: one for a Q-network, any number for a residual.
    instances: Vec<String>,
    /// Whether a Q-network is learned.
    sequoia: bool,
    /// Seconds of all sessions.
    seconds: f64,
    /// What the model lost at the end of every part.
    history: Vec<Mark>,
    state: State,
}

/// A row of the log.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// Steps done.
    pub step: u64,
    /// Seconds of all sessions.
    pub seconds: f64,
    /// What the best model so far loses per step against the dual bound, in units of the largest reward, in episodes
    /// that it did not learn from.
    pub loss: f64,
}

/// A checkpoint as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    #[serde(rename = "crc32")]
    _crc32: u32,
    run: BanditRun,
}

/// What a session of a run may take.
pub struct BanditBudget {
    /// Episodes of Q-learning or generations of policy search, of all sessions.
    pub steps: Option<u64>,
    /// Time of all sessions. Pre-training of a Q-network is not interrupted.
    pub time: Option<Duration>,
    /// Ends the session when cancelled.
    pub stop: Stop,
}

impl BanditRun {
    /// A Q-network of `bandit`.
    pub fn sequoia(training: BanditTraining, bandit: &Bandit) -> Self {
        Self::new(training, std::slice::from_ref(bandit), true)
    }

    /// A residual for all instances like `bandits`.
    pub fn residual(training: BanditTraining, bandits: &[Bandit]) -> Self {
        Self::new(training, bandits, false)
    }

    fn new(training: BanditTraining, bandits: &[Bandit], sequoia: bool) -> Self {
        let file = |bandit: &Bandit| {
            let mut file = Vec::new();
            // Writing to memory does not fail.
            let _ = bandit.write(&mut file);
            String::from_utf8_lossy(&file).into_owned()
        };
        let instances = bandits.iter().map(file).collect();
        Self { training, instances, sequoia, seconds: 0.0, history: Vec::new(), state: State::New }
    }

    /// Goes on from a checkpoint of the same training on the same instances.
    ///
    /// # Errors
    /// [`Error::File`], and [`Error::Checkpoint`] for a checkpoint of other settings or instances, or that was changed.
    pub fn resume(&mut self, path: &Path) -> Result<(), Error> {
        let refusal = |message: String| Error::Checkpoint { path: path.display().to_string(), message };
        let text = load_text(path)?;
        let Saved { run: found, .. } = serde_json::from_str(&text).map_err(|error| refusal(error.to_string()))?;
        // What reads the same is written the same, with the same checksum.
        if found.checkpoint()? != text {
            return Err(refusal("the checkpoint is damaged: its checksum is of something else".into()));
        }
        if (&found.training, &found.instances, found.sequoia) != (&self.training, &self.instances, self.sequoia) {
            return Err(refusal("the checkpoint is of other settings or instances".into()));
        }
        *self = found;
        Ok(())
    }

    /// A checkpoint.
    ///
    /// # Errors
    /// [`Error::Model`] for numbers that are no numbers.
    pub fn checkpoint(&self) -> Result<String, Error> {
        let text = serde_json::to_string(self).map_err(|source| Error::model("checkpoint", source))?;
        Ok(format!("{{\"crc32\":{},\"run\":{text}}}", crc32fast::hash(text.as_bytes())))
    }

    /// Steps done: episodes of Q-learning, generations of policy search.
    pub fn steps(&self) -> u64 {
        match &self.state {
            State::New => 0,
            State::Sequoia(course) => course.episode,
            State::Residual(training) => training.generation,
        }
    }

    /// Loss of the planner on the instances held out, as in [`Mark`]; none: a Q-network is learned.
    pub fn planner(&self) -> Option<f64> {
        match &self.state {
            State::Residual(training) => Some(training.planner),
            _ => None,
        }
    }

    /// Rows of the log, one after every part; none where Q-networks are not compared.
    pub fn history(&self) -> &[Mark] {
        &self.history
    }

    fn loss(&self) -> Option<f64> {
        match &self.state {
            State::New => None,
            State::Sequoia(course) => course.least(),
            State::Residual(training) => Some(training.least),
        }
    }

    /// The model as it is; none before the first step.
    pub fn model(&self) -> Option<Model> {
        match &self.state {
            State::New => None,
            State::Sequoia(course) => Some(Model::Sequoia(course.answer().clone())),
            State::Residual(training) => Some(Model::Residual(training.best.clone())),
        }
    }

    /// A part of the run: to the end of the budget, or for about `most`. Returns whether the budget is used up.
    ///
    /// # Errors
    /// [`Error::Value`] for a setting that cannot be, [`Error::Model`] for a checkpoint of another instance.
    pub fn advance(&mut self, bandits: &[Bandit], budget: &BanditBudget, most: Duration) -> Result<bool, Error> {
        let (begin, before) = (Instant::now(), self.seconds);
        let is_late = |begin: Instant| {
            let time = budget.time.map_or(f64::INFINITY, |time| time.as_secs_f64());
            before + begin.elapsed().as_secs_f64() >= time
        };
        let ends = || budget.stop.is_cancelled() || begin.elapsed() >= most || is_late(begin);
        let refusal = |error| match error {
            CourseError::Config(source) => Error::Value { path: "settings".into(), source },
            CourseError::Network(source) => Error::model("checkpoint", source),
        };
        let steps = budget.steps.unwrap_or(u64::MAX);
        let state = std::mem::replace(&mut self.state, State::New);
        self.state = if self.sequoia {
            let config = Config { episodes: steps, ..self.training.sequoia_config() };
            let course = match state {
                State::Sequoia(course) => Some(*course),
                _ => None,
            };
            State::Sequoia(Box::new(take_course(&bandits[0], &config, course, &mut |_| ends()).map_err(refusal)?))
        } else {
            let config = &self.training.residual;
            let mut training = match state {
                State::Residual(training) => training,
                _ => Box::new(corrected::Training::new(bandits, config)),
            };
            training.run(bandits, config, steps, &mut |_| ends());
            State::Residual(training)
        };
        self.seconds += begin.elapsed().as_secs_f64();
        let (step, seconds) = (self.steps(), self.seconds);
        self.history.extend(self.loss().map(|loss| Mark { step, seconds, loss }));
        Ok(self.steps() >= steps || is_late(begin))
    }
}
