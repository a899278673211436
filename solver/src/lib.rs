//! `heuron`: a combinatorial-optimisation solver with learned and classical heuristics.
//!
//! The library is what the command line calls: read an [`Instance`] from a file or build one in code, set [`Options`],
//! call [`solve`], and take the [`Solution`] and its [`Report`] from the [`Outcome`]. The crates below it are here too:
//! [`problems`] has the instances, [`policies`] the models, [`search`] the engines.
//!
//! Without the cargo feature `cli`, which is on by default, this is all there is: no program, and none of the crates
//! for flags, progress and signals.
#![forbid(unsafe_code)]

mod bandit;
mod best_known;
mod detect;
mod error;
mod evaluation;
mod instance;
#[cfg(feature = "train")]
mod learn;
mod learned;
mod load;
mod models;
mod options;
pub mod plot;
mod recipe;
mod reference;
mod report;
mod rules;
mod run;
mod solvable;
pub mod span;
mod statistics;
pub mod table;

pub use bandit::{BanditBudget, BanditRun, BanditTraining, Mark, Preset, play_model};
pub use best_known::{best_known, in_integer_units, table_beside};
pub use error::Error;
pub use evaluation::{Campaign, Evaluation, Judged, Spent};
pub use heuron_policies as policies;
pub use heuron_problems as problems;
pub use heuron_search as search;
pub use heuron_search::Stop;
pub use instance::{Instance, Kind, Solution};
#[cfg(feature = "train")]
pub use learn::{Listen, Training};
pub use load::{instance_files, is_set, load, load_solution, load_text, parse_solution, stem};
pub use models::{ModelError, Models, model};
pub use options::{DEFAULT_TIME, FIXED_ISLANDS, Options, Round, Timer};
pub use reference::reference;
pub use report::{Report, gap};
pub use rules::Rule;
pub use run::{Event, Outcome, solve, solve_since};
pub use statistics::{interval, mean};

/// The program of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
