//! The best inputs of a network under linear rows and a rule that is asked as late as possible.

use good_lp::{Expression, Solution, solvers::ResolutionError};
use heuron_policies::native::{Mlp, Passed};
use heuron_problems::bandit::Row;
use thiserror::Error;

use super::bounds::{Ranges, ranges};
use super::relu::{Formulation, forward, is_unstable};
use super::solver;

/// The most cuts, each with a program solved.
const MOST_CUTS: usize = 500;

/// Relative error of the program's optimum against the value of its set.
const TOLERANCE: f64 = 1e-4;

/// What linear programs miss the largest input of a unit by, relative to it: their tolerances are 1e-7.
const SAFETY: f64 = 1e-6;

/// A maximum over sets of inputs: those in the set are 1, the others 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// What an input adds by itself \[inputs\].
    pub values: Vec<f64>,
    /// A network of the inputs with one output, added to the values; none: 0.
    pub network: Option<Mlp>,
    /// Rows that hold for all allowed sets.
    pub rows: Vec<Row>,
}

/// How a program is solved. No setting changes the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Wall time for each program in seconds, after which there is an error; none: no limit. Default: none.
    pub seconds: Option<f64>,
    /// Bounds are tightened by linear programs where more units than this are unstable. Default: 24, because
    /// they save few binaries (`benches/versus/bandit.md`, "The best set under a Q-network").
    pub tighten: usize,
    /// Whether the solver starts from the known set. Default: yes: it is hard to beat (as above).
    pub start: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { seconds: None, tighten: 24, start: true }
    }
}

/// A set that a program proves best.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// The inputs that are 1, ascending.
    pub list: Vec<u32>,
    /// Their value, computed anew.
    pub value: f64,
    /// Sets that the rows let pass and the rule did not.
    pub cuts: usize,
    /// Binary variables of the network.
    pub binaries: usize,
}

/// Why there is no proven best set.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MipError {
    /// What is asked cannot be.
    #[error("no such program: {0}")]
    Invalid(String),
    /// The solver failed on a program that has a solution: the known set.
    #[error("the solver failed on a program that has a solution: {0}")]
    Solver(#[from] ResolutionError),
    /// The time of a program ran out.
    #[error("no proof in {0} s")]
    Time(f64),
    /// The solver's optimum is not the value of its set, lies below the known one, or breaks a row.
    #[error("the solver's optimum is {claimed}, its set has {found}, the known set {known}")]
    Inaccurate {
        /// The program's optimum.
        claimed: f64,
        /// Value of the rounded solution; not a number: it breaks a row.
        found: f64,
        /// Value of the known set.
        known: f64,
    },
    /// Too many sets had to be cut off.
    #[error("too many sets passed the rows but not the rule")]
    Cuts,
}

impl Program {
    /// The value of a set.
    pub fn value(&self, list: &[u32]) -> f64 {
        let mut inputs = vec![0.0; self.values.len()];
        list.iter().for_each(|&input| inputs[input as usize] = 1.0);
        let values: f64 = list.iter().map(|&input| self.values[input as usize]).sum();
        values + self.network.as_ref().map_or(0.0, |network| network.forward(&inputs, &mut Passed::default()))
    }

    /// The best allowed set. `known` is one that is allowed: a solver that finds no solution is then at fault, and that
    /// is an error, never another set. `rule` is asked about every optimum under the rows; of one that is not allowed
    /// it says a row that the set breaks and all allowed sets keep.
    ///
    /// # Errors
    /// [`MipError`].
    pub fn maximise(
        &self,
        known: &[u32],
        settings: &Settings,
        mut rule: impl FnMut(&[u32]) -> Option<Row>,
    ) -> Result<Best, MipError> {
        self.check(known).map_err(MipError::Invalid)?;
        let mut ranges = self.network.as_ref().map_or(Vec::new(), |network| ranges(network, &self.rows));
        if unstable(&ranges) > settings.tighten {
            self.tighten(&mut ranges, settings)?;
        }
        let least = self.value(known);
        let mut rows = self.rows.clone();
        for cuts in 0..=MOST_CUTS {
            let (list, claimed) = self.solve(&rows, &ranges, known, settings)?;
            let keeps = rows.iter().all(|row| row.holds(&list));
            let found = if keeps { self.value(&list) } else { f64::NAN };
            let margin = TOLERANCE * (1.0 + found.abs());
            if !((claimed - found).abs() <= margin && claimed >= least - margin) {
                return Err(MipError::Inaccurate { claimed, found, known: least });
            }
            match rule(&list) {
                // Within the tolerance the known set may be the better one.
                None if found < least => return Ok(self.best(known.to_vec(), cuts, &ranges)),
                None => return Ok(self.best(list, cuts, &ranges)),
                Some(row) if row.holds(&list) || !row.holds(known) => {
                    return Err(MipError::Invalid("the rule's row must part the optimum from the known set".into()));
                }
                Some(row) => rows.push(row),
            }
        }
        Err(MipError::Cuts)
    }

    fn best(&self, list: Vec<u32>, cuts: usize, ranges: &Ranges) -> Best {
        Best { value: self.value(&list), list, cuts, binaries: unstable(ranges) }
    }

    fn check(&self, known: &[u32]) -> Result<(), String> {
        let inputs = self.values.len();
        if let Some(network) = &self.network {
            network.check().map_err(|error| error.to_string())?;
            if network.inputs() != inputs {
                return Err(format!("the network has {} inputs, not {inputs}", network.inputs()));
            }
        }
        let beyond = |input: u32| input as usize >= inputs;
        if self.rows.iter().any(|row| row.terms.iter().any(|&(input, _)| beyond(input))) {
            return Err(format!("rows may name {inputs} inputs"));
        }
        if known.iter().any(|&input| beyond(input)) || !known.is_sorted_by(|a, b| a < b) {
            return Err(format!("the known set must be some of {inputs} inputs, ascending"));
        }
        match self.rows.iter().position(|row| !row.holds(known)) {
            Some(row) => Err(format!("the known set breaks row {row}")),
            None => Ok(()),
        }
    }

    /// Tightens ranges that leave a unit unstable, layer by layer, by linear programs over the relaxation of the layers
    /// before.
    fn tighten(&self, ranges: &mut Ranges, settings: &Settings) -> Result<(), MipError> {
        let Some(network) = &self.network else { return Ok(()) };
        let mut relaxed = Formulation::new(self.values.len(), &self.rows, None, true);
        let mut values = Formulation::first(&network.layers[0]);
        for (ranges, layer) in ranges.iter_mut().zip(&network.layers[1..]) {
            for (range, value) in ranges.iter_mut().zip(&values).filter(|(range, _)| is_unstable(**range)) {
                for (side, sign) in [(1, 1.0), (0, -1.0)] {
                    if is_unstable(*range) {
                        let bound = sign * relaxed.expression(value);
                        let (variables, constraints) = (relaxed.variables.clone(), relaxed.constraints.clone());
                        let solution = solver::maximise(variables, constraints, bound.clone(), settings.seconds)?;
                        let most = sign * in_time(solution, settings)?.eval(bound);
                        let slack = SAFETY * (1.0 + most.abs());
                        range[side] = if side == 1 { range[1].min(most + slack) } else { range[0].max(most - slack) };
                    }
                }
            }
            values = relaxed.next(values, ranges, None, layer);
        }
        Ok(())
    }

    /// The best set under the rows, and the program's optimum.
    fn solve(
        &self,
        rows: &[Row],
        ranges: &Ranges,
        known: &[u32],
        settings: &Settings,
    ) -> Result<(Vec<u32>, f64), MipError> {
        let mut program = Formulation::new(self.values.len(), rows, settings.start.then_some(known), false);
        let mut objective: Expression =
            self.values.iter().zip(&program.columns).map(|(&value, &input)| value * input).sum();
        if let Some(network) = &self.network {
            let known = settings.start.then(|| forward(network, known));
            let mut values = Formulation::first(&network.layers[0]);
            for (depth, (ranges, layer)) in ranges.iter().zip(&network.layers[1..]).enumerate() {
                let known = known.as_ref().map(|known| known[depth].as_slice());
                values = program.next(values, ranges, known, layer);
            }
            objective += program.expression(&values[0]);
        }
        let solution = solver::maximise(program.variables, program.constraints, objective.clone(), settings.seconds)?;
        let solution = in_time(solution, settings)?;
        let taken = |input: &u32| solution.value(program.columns[*input as usize]) > 0.5;
        Ok(((0..self.values.len() as u32).filter(taken).collect(), solution.eval(objective)))
    }
}

fn in_time<S>(solution: Option<S>, settings: &Settings) -> Result<S, MipError> {
    solution.ok_or(MipError::Time(settings.seconds.unwrap_or(f64::INFINITY)))
}

fn unstable(ranges: &Ranges) -> usize {
    ranges.iter().flatten().filter(|range| is_unstable(**range)).count()
}
