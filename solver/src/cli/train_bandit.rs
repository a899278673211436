//! `heuron train bandit`: a Q-network of one instance, or a residual for many. Neither needs the feature `train`.

use std::path::Path;
use std::time::Duration;

use clap::ValueEnum;
use heuron::plot::learning_curve;
use heuron::{BanditBudget, BanditRun, BanditTraining, Error, Instance, Kind, Mark, Options, load};
use heuron_policies::device::Kind as Device;
use heuron_problems::Bandit;
use heuron_search::Stop;

use super::place::write_whole;
use super::train::{Algorithm, Train};
use super::{say, signal};

/// Between two checkpoints, each with a row of the log.
const EVERY: Duration = Duration::from_secs(3);

/// What options cannot go with.
const BANDITS: &str = "the problem bandit";

/// Files in the folder.
const MODEL: &str = "model.json";
const CHECKPOINT: &str = "checkpoint.json";
const LOG: &str = "log.csv";
const CURVE: &str = "curve.svg";

impl Train {
    /// Trains, and writes model and checkpoint. An interrupted run is no failure: it can be resumed.
    pub(super) fn bandit(self) -> Result<u8, Error> {
        self.refuse_what_bandits_have_not()?;
        let training = self.bandit_settings()?;
        let (mut run, bandits) = self.bandit_run(training)?;
        let path = self.output.join(CHECKPOINT);
        if self.has_run(CHECKPOINT)? {
            run.resume(&path)?;
        } else if self.resume {
            let expected = "the folder of a run that has begun, or no `--resume`".into();
            let found = format!("no checkpoint in {}", self.output.display());
            return Err(Error::Option { key: "output", expected, found });
        } else {
            self.create_folder()?;
            write_whole(&path, run.checkpoint()?.as_bytes())?;
        }
        let stop = Stop::default();
        signal::listen(&stop);
        let budget = BanditBudget { steps: self.steps, time: self.time, stop: stop.clone() };
        let mut complete = false;
        while !complete && !stop.is_cancelled() {
            complete = run.advance(&bandits, &budget, EVERY)?;
            write_whole(&path, run.checkpoint()?.as_bytes())?;
            self.write_model(&run, &self.output.join(MODEL))?;
            self.write_log(run.history())?;
            if !self.quiet {
                say(&line(&run));
            }
        }
        let end = if complete { "done" } else { "interrupted, go on with --resume" };
        say(&format!("heuron train: {end}: {} steps", run.steps()));
        Ok(0)
    }

    fn bandit_settings(&self) -> Result<BanditTraining, Error> {
        let mut training: BanditTraining = self.read_settings()?;
        training.residual.seed = self.seed.unwrap_or(training.residual.seed);
        let mut config = training.sequoia_config();
        config.seed = self.seed.unwrap_or(config.seed);
        training.sequoia = Some(config);
        training.check().map_err(|source| Error::Value { path: self.place_of_settings(), source })?;
        Ok(training)
    }

    /// What is learned, and from which instances.
    fn bandit_run(&self, training: BanditTraining) -> Result<(BanditRun, Vec<Bandit>), Error> {
        let own = match &self.instance {
            Some(path) => {
                let options = Options { problem: Some(Kind::Bandit), ..Options::default() };
                let Some(Instance::Bandit(bandit)) = load(path, &options)?.pop() else {
                    let expected = "a bandit instance".into();
                    return Err(Error::Option { key: "instance", expected, found: path.display().to_string() });
                };
                Some(bandit)
            }
            None => None,
        };
        match (self.algorithm, own) {
            (Some(Algorithm::Sequoia), Some(bandit)) => Ok((BanditRun::sequoia(training, &bandit), vec![bandit])),
            (Some(Algorithm::Sequoia), None) => {
                let expected = "a file: a Q-network belongs to one instance".into();
                Err(Error::Option { key: "instance", expected, found: "none".into() })
            }
            (Some(Algorithm::Residual) | None, own) => {
                let sizes = if self.n.is_empty() { vec![20] } else { self.n.clone() };
                let bandits = match own {
                    Some(bandit) => vec![bandit],
                    None => training.instances(&sizes)?,
                };
                Ok((BanditRun::residual(training, &bandits), bandits))
            }
            (Some(other), _) => {
                let value = other.to_possible_value();
                let found = value.as_ref().map_or("", |value| value.get_name());
                let reason = format!("{found} trains models that construct");
                let remedy = "give `--algorithm sequoia` or `--algorithm residual`".into();
                Err(Error::Conflict { key: "algorithm", other: BANDITS.into(), reason, remedy })
            }
        }
    }

    fn write_model(&self, run: &BanditRun, path: &Path) -> Result<(), Error> {
        let Some(model) = run.model() else { return Ok(()) };
        let text = serde_json::to_string(&model).map_err(|source| Error::model(path.display().to_string(), source))?;
        write_whole(path, text.as_bytes())
    }

    /// The log, and its picture: the loss in the place of a gap.
    fn write_log(&self, history: &[Mark]) -> Result<(), Error> {
        let row = |mark: &Mark| format!("{},{:.1},{:.6}\n", mark.step, mark.seconds, mark.loss);
        let log = format!("step,elapsed_s,loss\n{}", history.iter().map(row).collect::<String>());
        write_whole(&self.output.join(LOG), log.as_bytes())?;
        let points: Vec<[f64; 2]> = history.iter().map(|mark| [mark.seconds, mark.loss]).collect();
        let title = "heuron train bandit: loss per step against the dual bound, of the largest reward";
        match learning_curve(&points, title) {
            Some(picture) => write_whole(&self.output.join(CURVE), picture.as_bytes()),
            None => Ok(()),
        }
    }

    /// Their training runs on one core, and begins with nothing.
    fn refuse_what_bandits_have_not(&self) -> Result<(), Error> {
        let given = [
            ("model", self.model.is_some()),
            ("threads", self.threads.is_some()),
            ("device", self.device != Device::Cpu),
        ];
        match given.into_iter().find(|&(_, given)| given) {
            Some((key, _)) => {
                let reason = "their models train from the beginning, on one core".into();
                Err(Error::Conflict { key, other: BANDITS.into(), reason, remedy: format!("leave `--{key}` out") })
            }
            None => Ok(()),
        }
    }
}

fn line(run: &BanditRun) -> String {
    let mut line = format!("step {}", run.steps());
    if let Some(mark) = run.history().last() {
        line += &format!(", loss {:.5}", mark.loss);
    }
    if let Some(planner) = run.planner() {
        line += &format!(", of the planner alone {planner:.5}");
    }
    line
}
