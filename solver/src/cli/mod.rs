//! Verbs, one per file, and the way errors leave the program.

mod batch;
mod check;
mod crew;
mod evaluate;
mod generate;
mod place;
mod progress;
mod saver;
mod session;
mod shipped;
mod signal;
mod solve;
mod summary;
mod table;
mod trace;
mod train;
mod train_bandit;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};
use heuron::Error;

/// Solves combinatorial-optimisation instance files: travelling salesman, vehicle routing, knapsack, job shop, flow
/// shop, restless bandits.
#[derive(Parser)]
#[command(name = "heuron", version, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Solve instance files
    Solve(Box<solve::Solve>),
    /// Check a solution file and compute its cost, independently of any search
    Check(check::Check),
    /// Write random instances
    Generate(generate::Generate),
    /// Train a model
    Train(Box<train::Train>),
    /// Measure a model or a dispatching rule alone on a set of instances
    Evaluate(Box<evaluate::Evaluate>),
    /// Make a published table again, with our numbers beside it
    Table(table::Table),
    /// List the methods of a problem
    Methods(shipped::Methods),
    /// List the published instance sets that can be generated bit for bit
    Sets,
    /// List the learned models that are shipped, and the dispatching rules
    Models,
}

/// Runs the command line. Usage errors leave through clap with exit code 2.
pub fn main(started: Instant) -> ExitCode {
    let code = match Cli::parse().verb {
        Verb::Solve(solve) => solve.run(started),
        Verb::Check(check) => check.run(),
        Verb::Generate(generate) => generate.run(),
        Verb::Train(train) => train.run(),
        Verb::Evaluate(evaluate) => evaluate.run(),
        Verb::Table(table) => table.run(),
        Verb::Methods(methods) => methods.run(),
        Verb::Sets => shipped::sets(),
        Verb::Models => shipped::models(),
    };
    ExitCode::from(code.unwrap_or_else(|error| complain(&error)))
}

/// Prints an error and its remedy; returns its exit code. A reader of standard output that has gone away is no error.
fn complain(error: &Error) -> u8 {
    if is_broken_pipe(error) {
        return 0;
    }
    say(&format!("heuron: {error}\n  remedy: {}", error.remedy()));
    error.code()
}

fn is_broken_pipe(error: &Error) -> bool {
    matches!(error, Error::File { source, .. } if source.kind() == ErrorKind::BrokenPipe)
}

/// Writes to standard output at once.
fn print(text: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text).and_then(|()| out.flush());
    written.map_err(|source| Error::File { path: "standard output".into(), action: "write", source })
}

/// Writes a line to standard error. What is said there is no part of the answer: it does not matter if it is closed.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
