//! What can go wrong, the exit code it leads to, and what to do about it.

use std::io;
use std::path::Path;

use heuron_policies::device::DeviceError;
#[cfg(feature = "train")]
use heuron_policies::train::TrainError;
use heuron_problems::{ConfigError, ParseError, SpecError, Violation};
use thiserror::Error;

use crate::instance::{Instance, Kind};
use crate::load::{is_set, load_text};
use crate::models::ModelError;
use crate::report::Report;
use crate::run::Outcome;

/// Why there is no answer. The message names the place and the cause; [`Error::remedy`] says what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory that cannot be used.
    #[error("{path}: cannot {action}: {source}")]
    File {
        /// As the user gave it.
        path: String,
        /// What was tried: `read`, `write`, ...
        action: &'static str,
        /// What the operating system says.
        source: io::Error,
    },
    /// An instance or solution file that does not make sense.
    #[error("{path}: {source}")]
    Parse {
        /// As the user gave it.
        path: String,
        /// Line, what was expected and what was found.
        source: ParseError,
    },
    /// An option with a value that cannot be.
    #[error("option `{key}`: expected {expected}, found {found}")]
    Option {
        /// The key as in configuration files; on the command line with dashes.
        key: &'static str,
        /// What is allowed.
        expected: String,
        /// What was given.
        found: String,
    },
    /// Options, or an option and a problem, each of which could be, that exclude each other.
    #[error("option `{key}` cannot go with {other}: {reason}")]
    Conflict {
        /// The key, as in [`Error::Option`].
        key: &'static str,
        /// What it cannot go with.
        other: String,
        /// Why.
        reason: String,
        /// Which of them to change, and how.
        remedy: String,
    },
    /// A size or distribution of which no instances are generated.
    #[error("option `{key}`: {source}")]
    Spec {
        /// The key.
        key: &'static str,
        /// What is allowed.
        source: SpecError,
    },
    /// A configuration file with an unknown key or a value of the wrong type.
    #[error("{path}: {}", cut(message))]
    Config {
        /// As the user gave it.
        path: String,
        /// Line, key, expectation.
        message: String,
    },
    /// Settings of a training run with an unknown key or a value of the wrong type.
    #[error("{path}: {}", cut(message))]
    Settings {
        /// As the user gave it.
        path: String,
        /// Line, key, expectation.
        message: String,
    },
    /// A setting of a training run with a value that cannot be.
    #[error("{path}: {source}")]
    Value {
        /// The file with the settings as the user gave it; `settings` where they are from elsewhere.
        path: String,
        /// Field, what was expected and what was found.
        source: ConfigError,
    },
    /// A checkpoint of another run, or one that was changed.
    #[error("{path}: {message}")]
    Checkpoint {
        /// The checkpoint.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// A method that the problem does not have.
    #[error("problem {problem} has no method `{found}`")]
    Method {
        /// Name of the problem.
        problem: &'static str,
        /// What was asked for.
        found: String,
        /// The names that exist.
        known: Vec<&'static str>,
    },
    /// A verb that this build does not have.
    #[error("this build has no `heuron {verb}`: it was made without the cargo feature `{feature}`")]
    Feature {
        /// The verb.
        verb: &'static str,
        /// The feature that adds it.
        feature: &'static str,
    },
    /// A device that the build or the machine does not have.
    #[error("option `device`: {0}")]
    Device(#[from] DeviceError),
    /// A learned model that cannot be used.
    #[error("model {name}: {source}")]
    Model {
        /// Name or file as given.
        name: String,
        /// What is wrong with it.
        source: ModelError,
    },
    /// A training run that cannot begin or go on.
    #[cfg(feature = "train")]
    #[error("training: {0}")]
    Train(#[from] heuron_policies::train::TrainError),
    /// An instance that has no feasible solution.
    #[error("{place}: {}no solution exists: {reason}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
    Infeasible {
        /// File of the instance, or its name where no file is known.
        place: String,
        /// Line of the file that the reason is about, where it is about one.
        line: Option<usize>,
        /// The customer, route or fleet that cannot be served.
        reason: String,
    },
    /// A solution that breaks a rule of the instance.
    #[error("not feasible: {0}")]
    Broken(#[from] Violation),
    /// A warm start that breaks a rule of the instance.
    #[error("the warm start is not feasible: {source}")]
    Initial {
        /// The first broken rule.
        source: Violation,
    },
    /// A solution of another problem than the instance's.
    #[error("expected a {expected} solution, found one of {found}")]
    Mismatch {
        /// Problem of the instance.
        expected: &'static str,
        /// Problem of the solution.
        found: &'static str,
    },
    /// A picture of an instance without coordinates.
    #[error("{place}: a picture needs coordinates, the instance has explicit weights only")]
    NoCoordinates {
        /// As in [`Error::Infeasible`].
        place: String,
    },
    /// The budget ended before there was a feasible solution.
    #[error("{place}: no feasible solution was found within the budget")]
    NoSolution {
        /// As in [`Error::Infeasible`].
        place: String,
        /// How the run ended.
        report: Box<Report>,
    },
    /// A bug. The best solution met until then is not lost.
    #[error("internal error: {message}")]
    Internal {
        /// Text of the panic.
        message: String,
        /// What had been found.
        rescued: Option<Box<Outcome>>,
    },
}

impl Error {
    /// Exit code of the command line: 1 nothing found, 2 bad usage or input, 3 internal error.
    pub fn code(&self) -> u8 {
        match self {
            Self::NoSolution { .. } | Self::Broken(_) => 1,
            Self::Internal { .. } => 3,
            _ => 2,
        }
    }

    /// What the user can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::File { action, .. } => match *action {
                "read" => "check that the path exists and is readable".into(),
                _ => "name a place that exists, is writable and has room".into(),
            },
            Self::Parse { source, .. } => match source.line {
                Some(line) => format!("correct line {line} of the file"),
                None => "check that this is the file you meant, complete and in a supported format".into(),
            },
            Self::Option { expected, .. } => format!("give {expected}"),
            Self::Conflict { remedy, .. } => remedy.clone(),
            Self::Spec { .. } => "see `heuron generate --help`".into(),
            Self::Config { .. } => "keys are the options of `heuron solve --help`, with underscores".into(),
            Self::Settings { .. } => {
                "correct the setting; CONTRIBUTING.md, \"Train a model\", says where all are listed, \
                                      and policies/zoo/tsp.toml is an example"
                    .into()
            }
            Self::Value { source, .. } => of_setting(source),
            Self::Checkpoint { .. } => {
                "resume with the settings that the run began with, or begin anew in another folder".into()
            }
            Self::Method { problem, known, .. } => {
                format!("choose one of {}; see `heuron methods {problem}`", known.join(", "))
            }
            Self::Feature { feature, .. } => {
                format!("build it with `cargo build --release --package heuron --features {feature}`")
            }
            Self::Model { .. } => "give a file that `heuron train` wrote, or a name of `heuron models`".into(),
            Self::Device(error) => error.remedy(),
            #[cfg(feature = "train")]
            Self::Train(error) => of_training(error),
            Self::Infeasible { line: Some(line), .. } => {
                format!("correct line {line} of the file, or what contradicts it")
            }
            Self::Infeasible { .. } => "correct the demands, capacity, fleet or limit of the instance".into(),
            Self::Broken(_) => "correct the solution".into(),
            Self::Initial { .. } => "give a feasible solution, or start without `--initial`".into(),
            Self::Mismatch { .. } => "give a solution of the same instance".into(),
            Self::NoCoordinates { .. } => "solve without `--plot`, or add a DISPLAY_DATA_SECTION".into(),
            Self::NoSolution { report, .. } => match report.problem {
                Kind::Cvrp => "give more time or more iterations, or allow more vehicles".into(),
                _ => "give more time or more iterations".into(),
            },
            Self::Internal { .. } => "please report it with the instance, the options and the version".into(),
        }
    }

    pub(crate) fn file(path: impl Into<String>, action: &'static str, source: io::Error) -> Self {
        Self::File { path: path.into(), action, source }
    }

    /// The same error with the file `path` in the place of the name of `instance`, and the line where one is known.
    pub fn in_file(self, path: &Path, instance: &Instance) -> Self {
        let is_set = is_set(path);
        let file = path.display();
        let place = if is_set { format!("{file}: {}", instance.name()) } else { file.to_string() };
        match self {
            Self::Infeasible { reason, .. } => {
                // Standard input has been read; sets have no lines.
                let text = if is_set || path == Path::new("-") { None } else { load_text(path).ok() };
                Self::Infeasible { place, line: text.and_then(|text| instance.infeasible_line(&text)), reason }
            }
            Self::NoCoordinates { .. } => Self::NoCoordinates { place },
            Self::NoSolution { report, .. } => Self::NoSolution { place, report },
            other => other,
        }
    }

    /// A fault of the model called `name`.
    pub fn model(name: impl Into<String>, source: impl Into<ModelError>) -> Self {
        Self::Model { name: name.into(), source: source.into() }
    }
}

/// Longest quoted line of a file in a message.
const QUOTED: usize = 80;

/// The message of a parser, its quotations (`3 | key = value`, and the carets below) cut where they are long.
fn cut(message: &str) -> String {
    let cut = |line: &str| {
        let is_quoted = line
            .split_once('|')
            .is_some_and(|(number, _)| number.bytes().all(|byte| byte == b' ' || byte.is_ascii_digit()));
        match line.char_indices().nth(QUOTED) {
            Some((end, _)) if is_quoted => format!("{}...", line[..end].trim_end()),
            _ => line.to_string(),
        }
    };
    message.trim_end().lines().map(cut).collect::<Vec<_>>().join("\n")
}

/// What to do about a setting that cannot be.
fn of_setting(error: &ConfigError) -> String {
    format!("give `{}` as {}", error.field, error.expected)
}

/// What to do about a training run that cannot begin or go on.
#[cfg(feature = "train")]
fn of_training(error: &TrainError) -> String {
    match error {
        TrainError::Config(error) => of_setting(error),
        TrainError::Architecture(_) => "change the sizes or options in `[network]`, or the algorithm".into(),
        TrainError::Spec(_) => "give a distribution of `heuron generate --help`, and sizes that it has".into(),
        TrainError::Weights(_) => {
            "give `--model` a file that `heuron train` wrote, or a name of `heuron models`".into()
        }
        TrainError::Device(error) => error.remedy(),
        TrainError::Mismatch => "make `[network]` that of the model, or begin without `--model`".into(),
        TrainError::Misfit(_) => "give a distribution whose instances the network reads, or a network for them".into(),
        TrainError::File { action: "read", .. } => "check that the path exists and is readable".into(),
        TrainError::File { .. } => "make room, or name a folder that is writable".into(),
        TrainError::Damaged { .. } => "begin anew in another folder".into(),
        TrainError::Diverged { .. } => "begin anew with a lower `learning_rate`".into(),
        TrainError::OtherRun { .. } => "resume with the settings that the run began with, or name a new folder".into(),
        TrainError::NoCheckpoint { .. } => {
            "begin the run without `--resume`, or name the folder of one that has begun".into()
        }
        TrainError::Early => "start the run anew; it has no step to go on from".into(),
        TrainError::NoReference { .. } => "validate on instances that have solutions: change `distribution`".into(),
        // The type may grow.
        _ => "see CONTRIBUTING.md, \"Train a model\"".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_quotations_are_cut_and_what_is_said_about_them_is_not() {
        let text = format!(
            "first\n  |\n1 | key = \"{}\"\n  | {}^^^\nkey: {}\n",
            "x".repeat(200),
            " ".repeat(150),
            "y".repeat(100)
        );
        let lines: Vec<String> = cut(&text).lines().map(String::from).collect();
        assert_eq!((lines.len(), lines[2].len(), lines[4].len()), (5, 83, 105));
        assert_eq!((lines[1].as_str(), lines[3].as_str()), ("  |", "  |..."));
    }
}
