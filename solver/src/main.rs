//! `heuron`: a combinatorial-optimisation solver with learned and classical heuristics.
//! The command line.
#![forbid(unsafe_code)]

mod cli;

use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    // Time limits count from here: parsing of arguments and files is part of them.
    let started = Instant::now();
    cli::main(started)
}
