//! `heuron train`: a model from a configuration, with checkpoints, a log and a learning curve in one folder.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use heuron::{Error, Kind, span};
use heuron_policies::device::Kind as Device;
use serde::de::DeserializeOwned;

/// What to train how, for how long, and where to.
#[derive(Args)]
pub struct Train {
    /// Problem
    #[arg(value_enum)]
    pub(super) problem: Kind,

    /// How trajectories become a gradient [default: preference]
    #[arg(long, value_enum)]
    pub(super) algorithm: Option<Algorithm>,

    /// Settings from a TOML file; flags win. The defaults are the published ones
    #[arg(long, value_name = "FILE.toml")]
    pub(super) config: Option<PathBuf>,

    /// Sizes of the training instances, in equal parts [default: 20]
    #[arg(long, value_name = "N,N...", value_delimiter = ',')]
    pub(super) n: Vec<usize>,

    /// Seed [default: 101]
    #[arg(long, value_name = "S")]
    pub(super) seed: Option<u64>,

    /// Folder for model, checkpoint, log and learning curve
    #[arg(long, value_name = "DIR")]
    pub(super) output: PathBuf,

    /// A bandit to learn from in the place of generated instances: for a Q-network, or a residual of its own
    #[arg(long, value_name = "FILE")]
    pub(super) instance: Option<PathBuf>,

    /// Train for this time, over all sessions: 30m, 2h
    #[arg(long, value_name = "SPAN", value_parser = span::parse, required_unless_present = "steps")]
    pub(super) time: Option<Duration>,

    /// Train for N steps (bandits: episodes of Q-learning, generations of a residual): the model then depends on
    /// version, settings and N only
    #[arg(long, value_name = "N")]
    pub(super) steps: Option<u64>,

    /// Go on from the folder's checkpoint, which the run wrote before its first step
    #[arg(long)]
    pub(super) resume: bool,

    /// Begin with the weights of a model instead of random ones; a model of routes or packings may have fewer layers
    #[arg(long, value_name = "FILE|NAME", conflicts_with = "resume")]
    pub(super) model: Option<String>,

    /// Threads [default: all cores]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<usize>,

    /// Where the network runs: cpu, gpu (Vulkan, Metal, DirectX 12) or cuda, of which a build has those it was made
    /// with
    #[arg(long, value_name = "KIND", default_value_t = Device::Cpu)]
    pub(super) device: Device,

    /// No progress
    #[arg(long)]
    pub(super) quiet: bool,
}

/// How trajectories become a gradient.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Algorithm {
    /// REINFORCE with a shared baseline (POMO; Kwon et al., 2020)
    Reinforce,
    /// Proximal policy optimisation (RLOR; Wan et al., 2023)
    Ppo,
    /// Preference optimisation (Pan et al., 2025)
    Preference,
    /// A population of decoders (Poppy; Grinsztajn et al., 2023), from `--model` (of knapsacks also without)
    Poppy,
    /// A decoder that latent vectors steer (COMPASS; Chalumeau et al., 2023), from `--model` (of knapsacks also
    /// without)
    Compass,
    /// A Q-network of one bandit (SEQUOIA; Xu et al., 2025)
    Sequoia,
    /// A correction of the planner's values, for all bandits
    Residual,
}

impl Train {
    /// The settings of the file, or the defaults.
    pub(super) fn read_settings<T: Default + DeserializeOwned>(&self) -> Result<T, Error> {
        let Some(path) = &self.config else { return Ok(T::default()) };
        toml::from_str(&heuron::load_text(path)?)
            .map_err(|error| Error::Settings { path: path.display().to_string(), message: error.to_string() })
    }

    /// What messages call the settings: their file, where there is one.
    pub(super) fn place_of_settings(&self) -> String {
        self.config.as_ref().map_or("settings".into(), |path| path.display().to_string())
    }

    /// Whether the folder holds a run: one does not silently replace another.
    pub(super) fn has_run(&self, checkpoint: &str) -> Result<bool, Error> {
        let exists = self.output.join(checkpoint).exists();
        if exists && !self.resume {
            let expected = "a new folder, or `--resume` to go on with the run that is in it".into();
            return Err(Error::Option { key: "output", expected, found: self.output.display().to_string() });
        }
        Ok(exists)
    }

    /// Makes the folder.
    pub(super) fn create_folder(&self) -> Result<(), Error> {
        let fault = |source| Error::File { path: self.output.display().to_string(), action: "create", source };
        fs::create_dir_all(&self.output).map_err(fault)
    }
}

#[cfg(not(feature = "train"))]
impl Train {
    /// Says how to get a build that trains.
    pub fn run(self) -> Result<u8, Error> {
        if self.problem == Kind::Bandit {
            return self.bandit();
        }
        Err(Error::Feature { verb: "train", feature: "train" })
    }
}

#[cfg(feature = "train")]
mod with_training {
    use std::io::{self, IsTerminal};
    use std::time::Instant;

    use heuron::plot::{learning_curve, mean_in_units};
    use heuron::{Options, Training, model};
    use heuron_policies::device;
    use heuron_policies::train::{self, Budget, Config, Progress, rows};
    use heuron_search::Stop;
    use indicatif::ProgressBar;

    use super::*;
    use crate::cli::place::write_whole;
    use crate::cli::{say, signal};

    /// Between two lines where lines cannot be updated, and between two updates where they can.
    const EVERY: Duration = Duration::from_secs(10);
    const TICK: Duration = Duration::from_millis(200);

    /// Name of the picture in the folder.
    const CURVE: &str = "curve.svg";

    impl Train {
        /// Trains. An interrupted run is no failure: it can be resumed.
        pub fn run(self) -> Result<u8, Error> {
            if self.problem == Kind::Bandit {
                return self.bandit();
            }
            let config = self.settings()?;
            let options = Options { threads: self.threads, ..Options::default() };
            options.check()?;
            device::open(self.device)?;
            let has_run = self.has_run(train::Files::CHECKPOINT)?;
            self.check_base(&config, has_run)?;
            let initial = self.model.as_deref().map(model).transpose()?;
            if !self.resume {
                self.create_folder()?;
            }
            let stop = Stop::default();
            signal::listen(&stop);
            let training = Training {
                problem: self.problem,
                config,
                budget: Budget { steps: self.steps, time: self.time },
                threads: options.threads(),
                resume: self.resume,
                initial,
                stop,
            };
            let mut teller = Teller::new(self.quiet);
            let mut drawn = Instant::now();
            let summary = training.run_on(self.device, &self.output, &mut |progress, scale| {
                teller.tell(progress, scale);
                // The picture is a convenience: the run does not end because of it.
                if progress.logged && drawn.elapsed() > EVERY {
                    drawn = Instant::now();
                    let _ = self.draw();
                }
            })?;
            self.draw()?;
            teller.close();
            let best = summary.position.best.map_or(String::new(), |(step, gap)| {
                format!(", best validation gap {:.3} % at step {step}", 100.0 * gap)
            });
            let end = if summary.complete { "done" } else { "interrupted, go on with --resume" };
            say(&format!("heuron train: {end}: {} steps{best}", summary.position.step));
            Ok(0)
        }

        fn settings(&self) -> Result<Config, Error> {
            let mut config: Config = self.read_settings()?;
            if let Some(algorithm) = self.algorithm {
                config.algorithm = match algorithm {
                    Algorithm::Reinforce => train::Algorithm::Reinforce,
                    Algorithm::Ppo => train::Algorithm::Ppo,
                    Algorithm::Preference => train::Algorithm::Preference,
                    Algorithm::Poppy => train::Algorithm::Poppy,
                    Algorithm::Compass => train::Algorithm::Compass,
                    Algorithm::Sequoia | Algorithm::Residual => {
                        let other = format!("the problem {}", self.problem);
                        let reason = "sequoia and residual are for bandits".into();
                        let remedy = "choose another algorithm".into();
                        return Err(Error::Conflict { key: "algorithm", other, reason, remedy });
                    }
                };
            }
            if !self.n.is_empty() {
                config.sizes.clone_from(&self.n);
            }
            config.seed = self.seed.unwrap_or(config.seed);
            config.check().map_err(|source| Error::Value { path: self.place_of_settings(), source })?;
            Ok(config)
        }

        /// Agents and latent vectors refine what a policy has learned: from random weights they learn little or
        /// collapse, but for knapsacks.
        fn check_base(&self, config: &Config, has_run: bool) -> Result<(), Error> {
            let adapts = matches!(config.algorithm, train::Algorithm::Poppy | train::Algorithm::Compass);
            if !adapts || self.problem == Kind::Knapsack || self.model.is_some() || has_run {
                return Ok(());
            }
            let expected =
                "a trained model that poppy and compass begin with (`heuron models`), or `--resume` in the folder \
                            of a run that began with one"
                    .into();
            Err(Error::Option { key: "model", expected, found: "none".into() })
        }

        fn draw(&self) -> Result<(), Error> {
            let rows = rows(&self.output)?;
            let points: Vec<[f64; 2]> =
                rows.iter().filter_map(|row| Some([row.elapsed_s, row.gap.filter(|gap| gap.is_finite())?])).collect();
            match learning_curve(&points, &format!("heuron train {}", self.problem)) {
                Some(picture) => write_whole(&self.output.join(CURVE), picture.as_bytes()),
                None => Ok(()),
            }
        }
    }

    /// Tells how training goes on standard error.
    struct Teller {
        bar: Option<ProgressBar>,
        quiet: bool,
        last: Option<Instant>,
        /// Of a collapse.
        warned: bool,
    }

    impl Teller {
        fn new(quiet: bool) -> Self {
            let bar = (!quiet && io::stderr().is_terminal()).then(ProgressBar::new_spinner);
            Self { bar, quiet, last: None, warned: false }
        }

        fn tell(&mut self, progress: &Progress, scale: f64) {
            self.warn(progress);
            let every = if self.bar.is_some() { TICK } else { EVERY };
            if self.quiet || self.last.is_some_and(|last| last.elapsed() < every) {
                return;
            }
            self.last = Some(Instant::now());
            match &self.bar {
                Some(bar) => bar.set_message(line(progress, scale)),
                None => say(&line(progress, scale)),
            }
        }

        /// Says once, also where progress is not wanted, that a population is none any more.
        fn warn(&mut self, progress: &Progress) {
            let Some((agent, part)) = progress.row.collapse().filter(|_| progress.logged && !self.warned) else {
                return;
            };
            self.warned = true;
            let step = progress.row.step;
            let line = format!(
                "heuron train: warning: agent {agent} wins {:.0} % at step {step}: the population has collapsed; begin \
                 with a model that is trained further, or with a lower learning rate",
                100.0 * part
            );
            match &self.bar {
                Some(bar) => bar.println(line),
                None => say(&line),
            }
        }

        fn close(&self) {
            if let Some(bar) = &self.bar {
                bar.finish_and_clear();
            }
        }
    }

    /// Costs are told in the units of files, of which `scale` makes one.
    fn line(Progress { used, row, gap, best, .. }: &Progress, scale: f64) -> String {
        let left = row.elapsed_s * (1.0 - used) / used.max(1e-9);
        let mut line = format!("{:.1} %, {} left, step {}", 100.0 * used, clock(left), row.step);
        let cost = mean_in_units(row.cost, scale);
        line += &format!(
            ", {:.0} instances/s, loss {:.4}, mean cost {cost}, entropy {:.3}",
            row.speed, row.loss, row.entropy
        );
        if let (Some(gap), Some((_, best))) = (gap, best) {
            line += &format!(", gap {:.3} %, best {:.3} %", 100.0 * gap, 100.0 * best);
        }
        line
    }

    /// Hours, minutes and seconds.
    fn clock(seconds: f64) -> String {
        let seconds = seconds.min(1e9) as u64;
        format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    #[cfg(test)]
    mod tests {
        use heuron_policies::train::log::Row;

        use super::*;

        #[test]
        fn progress_tells_loss_and_mean_cost_in_units_of_files() {
            let row = Row { step: 7, loss: 0.6931, cost: 8_454_040.4, speed: 320.0, ..Row::default() };
            let progress = Progress { used: 0.5, row, gap: None, best: None, logged: false };
            assert_eq!(
                line(&progress, 1e6),
                "50.0 %, 0:00:00 left, step 7, 320 instances/s, loss 0.6931, mean cost 8.454, entropy 0.000"
            );
        }
    }
}
