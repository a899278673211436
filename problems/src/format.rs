//! Reading and writing of instance and solution files.

use std::io::{self, Write};

use thiserror::Error;

use crate::problem::Problem;

/// Where a file stops making sense, what would have been right, and what stands there instead.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{}expected {expected}, found {found}", line.map(|l| format!("line {l}: ")).unwrap_or_default())]
pub struct ParseError {
    /// Line number from 1; none if the fault is not at one place.
    pub line: Option<usize>,
    /// What the format asks for.
    pub expected: String,
    /// What the file has.
    pub found: String,
}

impl ParseError {
    /// A fault in line `line` (counted from 1).
    pub fn at(line: usize, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { line: Some(line), expected: expected.into(), found: found.into() }
    }

    /// A fault of the file as a whole.
    pub fn whole(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { line: None, expected: expected.into(), found: found.into() }
    }
}

/// How real-valued Euclidean distances become integer costs.
///
/// CVRPLIB does not say in the file: A, B, E, F, M, P, X and AGS round to the nearest integer; Golden, Li, Tai and CMT
/// do not round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// `EUC_2D` as TSPLIB defines it.
    #[default]
    Nearest,
    /// Distances kept to six decimals: costs are counted in millionths ([`UNROUNDED_SCALE`]).
    None,
}

/// Cost units per distance unit of instances that are read with [`Rounding::None`].
pub const UNROUNDED_SCALE: f64 = 1e6;

/// Text formats of a problem's instances and solutions.
///
/// Readers never panic and never take memory beyond a small multiple of the text's length.
pub trait Format: Problem + Sized {
    /// Reads an instance.
    fn read(text: &str, rounding: Rounding) -> Result<Self, ParseError>;

    /// Writes the instance so that `read` gives it back.
    fn write(&self, out: &mut dyn Write) -> io::Result<()>;

    /// Reads a solution of this instance. The result may still be infeasible: `evaluate` judges it.
    fn read_solution(&self, text: &str) -> Result<Self::Solution, ParseError>;

    /// Writes a solution so that `read_solution` gives it back.
    fn write_solution(&self, solution: &Self::Solution, out: &mut dyn Write) -> io::Result<()>;
}
