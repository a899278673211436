//! The options of a run: one struct for command-line flags, TOML and JSON.

use std::thread;
use std::time::{Duration, Instant};

use heuron_problems::{Cost, Rounding};
use heuron_search::{Budget, Clock, Setup, Stop};
use serde::Deserialize;

use crate::error::Error;
use crate::instance::{Kind, Solution};
use crate::models::Models;
use crate::span;

/// Time limit where no other limit is given.
pub const DEFAULT_TIME: Duration = Duration::from_secs(10);

/// Logical islands of a run whose answer must not depend on the machine: enough to occupy common core counts, few
/// enough that each still converges.
pub const FIXED_ISLANDS: usize = 4;

/// More threads or islands than this are a typing error.
const MOST_THREADS: usize = 1024;

/// How an instance is read and solved. Every field may be absent; unknown keys are refused by name.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::Args))]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Problem; detected from the file when absent
    #[cfg_attr(feature = "cli", arg(long, value_enum))]
    pub problem: Option<Kind>,

    /// How Euclidean distances become costs [default: nearest; use `none` for Golden, Li, Tai, CMT]
    #[cfg_attr(feature = "cli", arg(long, value_enum))]
    pub round: Option<Round>,

    /// Stop after this time, reading and writing included: 10s, 500ms, 2m, 1h [default: 10s if there is no other limit]
    #[cfg_attr(feature = "cli", arg(long, value_name = "SPAN", value_parser = span::parse))]
    #[serde(deserialize_with = "span::deserialize")]
    pub time: Option<Duration>,

    /// Stop after N iterations: the answer then depends on version, seed and N only, not on threads or machine
    #[cfg_attr(feature = "cli", arg(long, value_name = "N"))]
    pub iterations: Option<u64>,

    /// Stop after N iterations without a better solution
    #[cfg_attr(feature = "cli", arg(long, value_name = "N"))]
    #[serde(alias = "no-improvement")]
    pub no_improvement: Option<u64>,

    /// Stop at a solution that costs no more than this, in the instance's integer units (knapsack: minus the profit)
    #[cfg_attr(feature = "cli", arg(long, value_name = "COST", allow_negative_numbers = true))]
    pub target: Option<Cost>,

    /// Seed of every random choice [default: 1]
    #[cfg_attr(feature = "cli", arg(long, value_name = "S"))]
    pub seed: Option<u64>,

    /// Threads [default: all cores]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N"))]
    pub threads: Option<usize>,

    /// Logical islands of the search [default: one per thread; 4 with --iterations or --no-improvement]
    #[cfg_attr(feature = "cli", arg(long, value_name = "N"))]
    pub islands: Option<usize>,

    /// Method; `heuron methods PROBLEM` lists the names [default: auto]
    #[cfg_attr(feature = "cli", arg(long, value_name = "NAME"))]
    pub method: Option<String>,

    /// Learned model, by name (`heuron models`) or file; without a method it asks for policy+local
    #[cfg_attr(feature = "cli", arg(long, value_name = "FILE|NAME", conflicts_with = "no_model"))]
    pub model: Option<String>,

    /// A rule takes the place of the learned model
    #[cfg_attr(feature = "cli", arg(long))]
    #[serde(alias = "no-model")]
    pub no_model: bool,

    /// What time limits count: wall time, or CPU seconds per thread for measurements on busy machines [default: wall]
    #[cfg_attr(feature = "cli", arg(long, value_enum))]
    pub clock: Option<Timer>,

    /// Best known cost, for the gap in the report.
    #[cfg_attr(feature = "cli", arg(skip))]
    #[serde(alias = "best-known")]
    pub best_known: Option<Cost>,

    /// Warm start. The answer is never worse.
    #[cfg_attr(feature = "cli", arg(skip))]
    #[serde(skip)]
    pub initial: Option<Solution>,

    /// Models that are ready for work.
    #[cfg_attr(feature = "cli", arg(skip))]
    #[serde(skip)]
    pub models: Models,

    /// Keep a clone to cancel the run from another thread.
    #[cfg_attr(feature = "cli", arg(skip))]
    #[serde(skip)]
    pub stop: Stop,
}

/// How Euclidean distances become integer costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Round {
    /// To the nearest integer, as TSPLIB says
    #[default]
    Nearest,
    /// Not at all: costs are counted in millionths
    None,
}

impl From<Round> for Rounding {
    fn from(round: Round) -> Self {
        match round {
            Round::Nearest => Self::Nearest,
            Round::None => Self::None,
        }
    }
}

/// What time limits count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Timer {
    /// Wall time: the deadline is hard
    #[default]
    Wall,
    /// CPU time of the process divided by the threads
    Cpu,
}

impl Options {
    /// The options in a TOML text. The message of a refusal names line and key.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string().trim_end().to_string())
    }

    /// The options in a JSON object.
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    /// These options where they say something, `base` where they do not: flags over a configuration file.
    pub fn over(self, base: Self) -> Self {
        Self {
            problem: self.problem.or(base.problem),
            round: self.round.or(base.round),
            time: self.time.or(base.time),
            iterations: self.iterations.or(base.iterations),
            no_improvement: self.no_improvement.or(base.no_improvement),
            target: self.target.or(base.target),
            seed: self.seed.or(base.seed),
            threads: self.threads.or(base.threads),
            islands: self.islands.or(base.islands),
            method: self.method.or(base.method),
            model: self.model.or(base.model),
            no_model: self.no_model || base.no_model,
            clock: self.clock.or(base.clock),
            best_known: self.best_known.or(base.best_known),
            initial: self.initial.or(base.initial),
            models: self.models,
            stop: self.stop,
        }
    }

    /// Refuses values that cannot be, and options that exclude each other.
    ///
    /// # Errors
    /// [`Error::Option`] and [`Error::Conflict`].
    pub fn check(&self) -> Result<(), Error> {
        for (key, value) in [("threads", self.threads), ("islands", self.islands)] {
            if let Some(found) = value.filter(|n| !(1..=MOST_THREADS).contains(n)) {
                let expected = format!("a number from 1 to {MOST_THREADS}");
                return Err(Error::Option { key, expected, found: found.to_string() });
            }
        }
        match &self.model {
            Some(found) if self.no_model => {
                let reason = "it asks for a rule in the place of the model".into();
                let remedy = format!("leave `no_model` out, or the model {found}");
                Err(Error::Conflict { key: "model", other: "`no_model`".into(), reason, remedy })
            }
            _ => Ok(()),
        }
    }

    /// When the run ends; the default time limit where there is no limit at all.
    pub fn budget(&self) -> Budget {
        let Self { time, iterations, no_improvement, target, .. } = *self;
        let unlimited = time.is_none() && iterations.is_none() && no_improvement.is_none() && target.is_none();
        let time = if unlimited { Some(DEFAULT_TIME) } else { time };
        Budget { time, iterations, no_improvement, target }
    }

    /// Threads to use.
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
    }

    /// Logical islands: one per thread, but a fixed number where an iteration limit promises a reproducible answer.
    pub fn islands(&self) -> usize {
        let reproducible = self.iterations.is_some() || self.no_improvement.is_some();
        self.islands.unwrap_or_else(|| if reproducible { FIXED_ISLANDS } else { self.threads() })
    }

    /// The clock of a run that began at `started` (CPU time counts from now).
    pub fn clock(&self, started: Instant) -> Clock {
        match self.clock.unwrap_or_default() {
            Timer::Wall => Clock::wall(started),
            Timer::Cpu => Clock::cpu(self.threads()),
        }
    }

    pub(crate) fn setup(&self, clock: Clock) -> Setup {
        Setup {
            budget: self.budget(),
            seed: self.seed.unwrap_or(1),
            threads: self.threads(),
            islands: self.islands(),
            stop: self.stop.clone(),
            clock,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_key_is_refused_by_name() {
        let message = Options::from_toml("time = \"2s\"\ncolour = 3\n").unwrap_err();
        assert!(message.contains("colour") && message.contains("line 2"), "{message}");
        assert!(Options::from_json(r#"{"colour": 3}"#).unwrap_err().contains("colour"));
    }

    #[test]
    fn toml_and_json_read_the_same_options() {
        let toml = Options::from_toml("time = \"500ms\"\nno_improvement = 7\nproblem = \"cvrp\"\n").unwrap();
        let json = Options::from_json(r#"{"time": 0.5, "no-improvement": 7, "problem": "cvrp"}"#).unwrap();
        assert_eq!(format!("{toml:?}"), format!("{json:?}"));
    }

    #[test]
    fn flags_win_over_the_file() {
        let flags = Options { seed: Some(5), ..Options::default() };
        let file = Options { seed: Some(3), threads: Some(2), ..Options::default() };
        let both = flags.over(file);
        assert_eq!((both.seed, both.threads), (Some(5), Some(2)));
    }

    #[test]
    fn time_limit_is_set_only_where_nothing_else_ends_the_run() {
        assert_eq!(Options::default().budget().time, Some(DEFAULT_TIME));
        assert_eq!(Options { iterations: Some(1), ..Options::default() }.budget().time, None);
    }

    #[test]
    fn islands_follow_threads_unless_the_answer_must_be_reproducible() {
        let timed = Options { threads: Some(3), ..Options::default() };
        assert_eq!(timed.islands(), 3);
        assert_eq!(Options { iterations: Some(1), ..timed.clone() }.islands(), FIXED_ISLANDS);
        assert_eq!(Options { islands: Some(7), ..timed }.islands(), 7);
    }

    #[test]
    fn zero_threads_are_refused_by_name() {
        let error = Options { threads: Some(0), ..Options::default() }.check().unwrap_err();
        assert!(error.to_string().contains("threads"), "{error}");
        assert_eq!(error.code(), 2);
    }
}
