//! The loop of a training run: steps, and at their marks log, validation and checkpoint.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use heuron_problems::Problem;
use heuron_problems::config::require;

use crate::device::{self, Kind};
use crate::train::actor_critic;
use crate::train::checkpoint::{Checkpoint, Position, write_whole};
use crate::train::collect::Tally;
use crate::train::compass;
use crate::train::config::{Algorithm, Config};
use crate::train::engine::Engine;
use crate::train::error::TrainError;
use crate::train::fit::{architecture, fitting};
use crate::train::log::{self, Row};
use crate::train::optimiser::Moments;
use crate::train::policy_gradient::{self, Improve};
use crate::train::poppy;
use crate::train::problem::Train;
use crate::train::reinforce::Baseline;
use crate::train::rival::Rival;
use crate::train::step::Step;
use crate::train::validate::{Reference, Validation};
use crate::weights::Weights;

/// Rows of the log and validations of a run where the configuration does not say.
const ROWS: u64 = 500;
const VALIDATIONS: u64 = 40;

/// When a run is complete; at least one limit must be given. The learning rate follows the limit that is nearer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget {
    /// After so many steps: the weights then do not depend on the machine.
    pub steps: Option<u64>,
    /// After so much time, over all sessions.
    pub time: Option<Duration>,
}

impl Budget {
    /// Part of the budget that is used, at most 1.
    fn used(self, step: u64, elapsed_s: f64) -> f64 {
        // Of no steps all are done.
        let steps = self.steps.map_or(0.0, |steps| if step >= steps { 1.0 } else { step as f64 / steps as f64 });
        let time = self.time.map_or(0.0, |time| elapsed_s / time.as_secs_f64().max(1e-9));
        steps.max(time).min(1.0)
    }
}

/// What is to be done.
pub struct Job {
    /// How.
    pub config: Config,
    /// For how long.
    pub budget: Budget,
    /// Threads.
    pub threads: usize,
    /// Where the network runs. On other devices than the processor the result depends on the device.
    pub device: Kind,
    /// Folder of the run's files; it exists.
    pub folder: PathBuf,
    /// Whether to go on from the folder's checkpoint, which must exist.
    pub resume: bool,
    /// Weights to begin with; none: random ones.
    pub initial: Option<Weights>,
}

/// Names of the files of a run.
pub struct Files;

impl Files {
    /// Everything to go on from.
    pub const CHECKPOINT: &str = "checkpoint.safetensors";
    /// The model that did best on the validation set.
    pub const MODEL: &str = "model.safetensors";
    /// The model of the last checkpoint.
    pub const LAST: &str = "last.safetensors";
    /// The log.
    pub const LOG: &str = "log.csv";
    /// References of the validation set.
    pub const REFERENCES: &str = "references.json";
}

/// What training needs from outside.
pub struct Hooks<'a, P: Problem> {
    /// Solves an instance of the validation set.
    pub reference: &'a Reference<'a, P>,
    /// Improves a sampled solution.
    pub improve: &'a Improve<'a, P>,
    /// Hears of every step.
    pub listen: &'a mut dyn FnMut(&Progress),
    /// Whether to stop; what is reached is kept.
    pub is_over: &'a dyn Fn() -> bool,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Part of the budget that is used.
    pub used: f64,
    /// The row of the log that grows, or was just completed.
    pub row: Row,
    /// Gap of the last validation.
    pub gap: Option<f64>,
    /// Step and gap of the best validation.
    pub best: Option<(u64, f64)>,
    /// Whether the row was just added to the log.
    pub logged: bool,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Where it is.
    pub position: Position,
    /// Gap of the last validation.
    pub gap: Option<f64>,
    /// Whether the budget was used up; a run that was interrupted can be resumed.
    pub complete: bool,
}

/// Trains a model; the folder then holds the [`Files`].
pub fn train<P: Train>(job: &Job, mut hooks: Hooks<'_, P>) -> Result<Summary, TrainError> {
    job.config.check()?;
    let mut run = Run::<P>::start(job, hooks.reference, hooks.is_over)?;
    if !job.resume {
        // What the run began with is known from here on: killed at any moment, it goes on from these weights.
        run.checkpoint()?;
    }
    while run.used() < 1.0 {
        if (hooks.is_over)() {
            run.checkpoint()?;
            return Ok(run.summary(false));
        }
        run.step(hooks.improve)?;
        run.marks(&mut hooks)?;
    }
    run.finish(&mut hooks)?;
    Ok(run.summary(true))
}

struct Run<'j, P: Train> {
    job: &'j Job,
    engine: Engine<P>,
    /// Whose greedy rollouts are the baseline, where the configuration says so.
    rival: Option<Rival<P>>,
    validation: Validation<P>,
    position: Position,
    /// Part of the budget used before the last step.
    before: f64,
    /// The clock of this session, and the time of the sessions before.
    begin: Instant,
    past_s: f64,
    saved: Instant,
    /// Since the last row of the log.
    tally: Tally,
    row_begin_s: f64,
    row_steps: u64,
    gap: Option<f64>,
}

impl<'j, P: Train> Run<'j, P> {
    fn start(job: &'j Job, reference: &Reference<'_, P>, is_over: &dyn Fn() -> bool) -> Result<Self, TrainError> {
        let path = job.folder.join(Files::CHECKPOINT);
        let found = if job.resume { Some(resumed(&path, &job.config)?) } else { None };
        job.device.serves(P::TASK)?;
        let adapts = matches!(job.config.algorithm, Algorithm::Poppy | Algorithm::Compass);
        let good = job.device == Kind::Cpu || !adapts;
        require(good, "algorithm", "one without populations and latent vectors on this device", job.device)?;
        let rolls = job.config.reinforce.baseline == Baseline::Rollout;
        let good = job.device == Kind::Cpu || !rolls;
        require(good, "reinforce.baseline", "mean on this device", "rollout")?;
        let architecture = architecture::<P>(&job.config);
        architecture.check()?;
        let references = job.folder.join(Files::REFERENCES);
        let validation = match Validation::new(&job.config, job.threads, reference, &references) {
            // A solver that was interrupted has no reference.
            Err(TrainError::NoReference { .. }) if is_over() => return Err(TrainError::Early),
            validation => validation?,
        };
        let (weights, rival, moments, position) = match found {
            Some(Checkpoint { architecture, position, weights, rival, moments, .. }) => {
                let weights = Weights { architecture, notes: notes(&job.config), tensors: weights };
                (weights, rival, moments, position)
            }
            None => {
                let weights = match &job.initial {
                    Some(weights) => fitting(weights, architecture, job.config.seed)?,
                    None => Weights::random(architecture, job.config.seed)?,
                };
                let weights = Weights { notes: notes(&job.config), ..weights };
                (weights, None, Moments::default(), Position::default())
            }
        };
        // Of a new run the policy is its own rival.
        let frozen = || Weights { tensors: rival.unwrap_or_else(|| weights.tensors.clone()), ..weights.clone() };
        let rival = rolls.then(|| Rival::new(&frozen())).transpose()?;
        log::rewind(&job.folder.join(Files::LOG), position.step)?;
        let device = (job.device != Kind::Cpu).then(|| device::open(job.device)).transpose()?;
        let engine = Engine::new(&job.config, weights, &moments, job.threads, device.as_ref())?;
        let (now, past_s) = (Instant::now(), position.elapsed_s);
        let tally = Tally::default();
        let mut run = Self {
            job,
            engine,
            rival,
            validation,
            position,
            before: 0.0,
            begin: now,
            past_s,
            saved: now,
            tally,
            row_begin_s: past_s,
            row_steps: 0,
            gap: None,
        };
        run.before = run.used();
        Ok(run)
    }

    fn elapsed_s(&self) -> f64 {
        self.past_s + self.begin.elapsed().as_secs_f64()
    }

    fn used(&self) -> f64 {
        self.job.budget.used(self.position.step, self.elapsed_s())
    }

    fn rate(&self, used: f64) -> f64 {
        self.job.config.learning_rate * self.job.config.schedule.factor(used)
    }

    fn step(&mut self, improve: &Improve<'_, P>) -> Result<(), TrainError> {
        let (config, used) = (&self.job.config, self.used());
        let (number, sizes, rate) = (self.position.step, config.sizes_at(used), self.rate(used));
        let at = Step { config, number, sizes, rate };
        let result = match config.algorithm {
            Algorithm::Ppo => {
                let unit = self.validation.unit();
                actor_critic::Passes { at, unit }.run(&mut self.engine)?
            }
            Algorithm::Poppy => poppy::step(at, &mut self.engine)?,
            Algorithm::Compass => compass::step(at, &mut self.engine)?,
            Algorithm::Reinforce | Algorithm::Preference => {
                let improve = (used >= config.improvement.from && config.improvement.from < 1.0).then_some(improve);
                policy_gradient::Taught { at, rival: self.rival.as_ref(), improve }.run(&mut self.engine)?
            }
        };
        let tally = result.map_err(|_| TrainError::Diverged { step: number })?;
        self.before = used;
        self.position.step += 1;
        self.position.instances += tally.instances;
        self.row_steps += 1;
        self.tally.add(&tally);
        self.challenge()
    }

    /// Puts the policy in its rival's place if it has become better.
    fn challenge(&mut self) -> Result<(), TrainError> {
        let (config, step) = (&self.job.config, self.position.step);
        let Some(rival) = self.rival.as_ref().filter(|_| step.is_multiple_of(config.reinforce.every)) else {
            return Ok(());
        };
        if rival.is_beaten(&mut self.engine, config, step)? {
            self.rival = Some(Rival::new(&self.engine.weights)?);
        }
        Ok(())
    }

    /// Whether the step just taken was the last of one of `parts` equal parts of the budget, or the last of `every`.
    fn is_mark(&self, every: Option<u64>, parts: u64) -> bool {
        let step = self.position.step;
        match (every, self.job.budget) {
            (Some(every), _) => step.is_multiple_of(every),
            (None, Budget { steps: Some(steps), time: None }) => step.is_multiple_of(steps.div_ceil(parts).max(1)),
            (None, _) => (self.used() * parts as f64) as u64 > (self.before * parts as f64) as u64,
        }
    }

    fn marks(&mut self, hooks: &mut Hooks<'_, P>) -> Result<(), TrainError> {
        let validate = self.is_mark(self.job.config.validation.every, VALIDATIONS);
        let logged = validate || self.is_mark(self.job.config.log_every, ROWS);
        let better = validate && self.validate()?;
        let row = self.row(validate);
        if logged {
            log::append(&self.job.folder.join(Files::LOG), &row)?;
            (self.tally, self.row_steps, self.row_begin_s) = (Tally::default(), 0, self.elapsed_s());
        }
        let interval = Duration::from_secs_f64(60.0 * self.job.config.checkpoint_minutes);
        if better || self.saved.elapsed() >= interval {
            self.checkpoint()?;
        }
        let (used, gap, best) = (self.used(), self.gap, self.position.best);
        (hooks.listen)(&Progress { used, row, gap, best, logged });
        Ok(())
    }

    /// Measures the gap. True if it is the best so far; the model is then written.
    fn validate(&mut self) -> Result<bool, TrainError> {
        let gap = self.validation.gap(&mut self.engine, self.job.config.validation.starts);
        self.gap = Some(gap);
        self.position.validated = self.position.step;
        let better = self.position.best.is_none_or(|(_, best)| gap < best);
        if better {
            self.position.best = Some((self.position.step, gap));
            self.export(Files::MODEL, Some(gap))?;
        }
        Ok(better)
    }

    fn row(&self, validated: bool) -> Row {
        let (tally, elapsed_s) = (&self.tally, self.elapsed_s());
        Row {
            step: self.position.step,
            instances: self.position.instances,
            loss: tally.loss / self.row_steps.max(1) as f64,
            cost: tally.cost / tally.trajectories.max(1) as f64,
            gap: self.gap.filter(|_| validated),
            entropy: -tally.log_prob / tally.choices.max(1) as f64,
            speed: tally.instances as f64 / (elapsed_s - self.row_begin_s).max(1e-9),
            rate: self.rate(self.before),
            elapsed_s,
            decided: (tally.compared > 0).then(|| tally.decided as f64 / tally.compared as f64),
            wins: tally.wins.iter().map(|&wins| wins as f64 / tally.decided.max(1) as f64).collect(),
        }
    }

    fn export(&self, name: &str, gap: Option<f64>) -> Result<(), TrainError> {
        let mut weights = self.engine.weights.clone();
        weights.notes.insert("step".into(), self.position.step.to_string());
        if let Some(gap) = gap {
            weights.notes.insert("validation_gap".into(), format!("{gap:.6}"));
        }
        write_whole(&self.job.folder.join(name), &weights.to_bytes()?)
    }

    fn checkpoint(&mut self) -> Result<(), TrainError> {
        self.position.elapsed_s = self.elapsed_s();
        let moments = self.engine.moments();
        self.position.updates = moments.time;
        self.export(Files::LAST, None)?;
        let Weights { architecture, tensors, .. } = &self.engine.weights;
        let checkpoint = Checkpoint {
            config: self.job.config.clone(),
            architecture: architecture.clone(),
            position: self.position.clone(),
            weights: tensors.clone(),
            rival: self.rival.as_ref().map(|rival| rival.tensors.clone()),
            moments,
        };
        checkpoint.write(&self.job.folder.join(Files::CHECKPOINT))?;
        self.saved = Instant::now();
        Ok(())
    }

    /// The last validation and checkpoint.
    fn finish(&mut self, hooks: &mut Hooks<'_, P>) -> Result<(), TrainError> {
        if self.position.validated < self.position.step || self.position.best.is_none() {
            self.validate()?;
            let path = self.job.folder.join(Files::LOG);
            // The last step may be in the log already: its row then gets the gap. Without a step there is nothing to
            // tell.
            let row = if self.row_steps == 0 {
                log::complete(&path, self.position.step, self.gap)?
            } else {
                let row = self.row(true);
                log::append(&path, &row)?;
                Some(row)
            };
            if let Some(row) = row {
                let (gap, best) = (self.gap, self.position.best);
                (hooks.listen)(&Progress { used: 1.0, row, gap, best, logged: true });
            }
        }
        self.checkpoint()
    }

    fn summary(&self, complete: bool) -> Summary {
        Summary { position: self.position.clone(), gap: self.gap, complete }
    }
}

/// The checkpoint to go on from, which is of a run with `config`.
fn resumed(path: &Path, config: &Config) -> Result<Checkpoint, TrainError> {
    if !path.exists() {
        return Err(TrainError::NoCheckpoint { path: path.into() });
    }
    let found = Checkpoint::read(path)?;
    if found.config == *config { Ok(found) } else { Err(TrainError::OtherRun { path: path.into() }) }
}

/// What a model file says about its training.
fn notes(config: &Config) -> std::collections::BTreeMap<String, String> {
    let training = serde_json::to_string(config).unwrap_or_default();
    [("training", training), ("version", env!("CARGO_PKG_VERSION").into())]
        .map(|(key, value)| (key.to_string(), value))
        .into()
}

/// The rows of a run's log; none without a log.
pub fn rows(folder: &Path) -> Result<Vec<Row>, TrainError> {
    let path = folder.join(Files::LOG);
    if path.exists() { log::read(&path) } else { Ok(Vec::new()) }
}
