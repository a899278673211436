//! The best allowed set of actions by mixed-integer programming.
//!
//! Rows that hold for all allowed sets are in the program from the start; what they leave open (packing, walks) is
//! asked of the rule itself, and a set that it refuses is cut off. The answer is rounded, checked and scored anew.

use good_lp::{
    Constraint, Expression, ProblemVariables, ResolutionError, Solution, SolverModel, Variable, constraint, microlp,
    variable,
};
use thiserror::Error;

use super::relu::embed;
use crate::bandit::branch::ranges;
use crate::bandit::oracle::Oracle;
use crate::bandit::score::Score;

/// The most cuts, each with a program solved.
const MOST_CUTS: usize = 500;

/// Relative error of the program's optimum against the score of its set.
const TOLERANCE: f64 = 1e-4;

/// A set that the program proves best.
#[derive(Clone, Debug, PartialEq)]
pub struct Certified {
    /// The actions, ascending.
    pub list: Vec<u32>,
    /// Their score.
    pub value: f64,
    /// Sets that the rows let pass and the rule did not.
    pub cuts: usize,
}

/// Why there is no certificate.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MipError {
    /// Values of arms that several actions reach are not linear.
    #[error("the score is no network plus linear values: actions share arms")]
    Shape,
    /// The solver failed on a program that has a solution: the known set.
    #[error("the solver failed on a program that has a solution: {0}")]
    Solver(#[from] ResolutionError),
    /// The solver's optimum is not the score of its set, or lies below the known one.
    #[error("the solver's optimum is {claimed}, its set scores {scored}, the known set {known}")]
    Inaccurate {
        /// The program's optimum.
        claimed: f64,
        /// Score of the rounded solution.
        scored: f64,
        /// Score of the known set.
        known: f64,
    },
    /// Too many sets had to be cut off.
    #[error("too many sets passed the rows but not the rule")]
    Cuts,
}

/// Certifies the best allowed set; `known` is one that is allowed. A failure of the solver is an error, never another
/// set.
///
/// # Errors
/// [`MipError`].
pub fn certify(score: &Score<'_>, oracle: &mut Oracle<'_>, known: &[u32]) -> Result<Certified, MipError> {
    let bandit = score.bandit;
    let shares_arms = !bandit.is_separable() && score.arms.iter().flatten().any(|&value| value != 0.0);
    if shares_arms {
        return Err(MipError::Shape);
    }
    let known = score.value(known);
    let mut cuts: Vec<Vec<u32>> = Vec::new();
    loop {
        let (list, claimed) = solve(score, &cuts)?;
        if oracle.fits(&list) && bandit.coupling.check(&list).is_ok() {
            let scored = score.value(&list);
            let margin = TOLERANCE * (1.0 + scored.abs());
            if (claimed - scored).abs() > margin || scored < known - margin {
                return Err(MipError::Inaccurate { claimed, scored, known });
            }
            return Ok(Certified { list, value: scored, cuts: cuts.len() });
        }
        if cuts.len() == MOST_CUTS {
            return Err(MipError::Cuts);
        }
        cuts.push(minimal(oracle, list));
    }
}

/// A part of a refused set that is refused too, and of which every part is allowed.
fn minimal(oracle: &mut Oracle<'_>, mut list: Vec<u32>) -> Vec<u32> {
    let mut place = 0;
    while place < list.len() {
        let action = list.remove(place);
        if oracle.fits(&list) {
            list.insert(place, action);
            place += 1;
        }
    }
    list
}

/// The best set under the rows and cuts, and the program's optimum.
fn solve(score: &Score<'_>, cuts: &[Vec<u32>]) -> Result<(Vec<u32>, f64), MipError> {
    let (bandit, coupling) = (score.bandit, &score.bandit.coupling);
    let mut variables = ProblemVariables::new();
    let taken: Vec<Variable> = (0..bandit.actions).map(|_| variables.add(variable().binary())).collect();
    let sum = |list: &[u32]| list.iter().map(|&action| Expression::from(taken[action as usize])).sum::<Expression>();
    let mut constraints: Vec<Constraint> = Vec::new();
    for row in coupling.rows(bandit.actions) {
        let terms = row.terms.iter().map(|&(action, term)| term * taken[action as usize]);
        constraints.push(constraint!(terms.sum::<Expression>() <= row.limit));
    }
    let (all, most) = ((0..bandit.actions as u32).collect::<Vec<_>>(), coupling.most(bandit.actions));
    if coupling.is_exact() {
        constraints.push(constraint!(sum(&all) >= most as f64));
    }
    constraints.extend(cuts.iter().map(|cut| constraint!(sum(cut) <= cut.len() as f64 - 1.0)));
    let mut objective: Expression = if bandit.is_separable() {
        score.arms.iter().zip(&taken).map(|(values, &taken)| values[0] + (values[1] - values[0]) * taken).sum()
    } else {
        Expression::from(0.0)
    };
    if let Some(gate) = &score.gate {
        let (_, ranges) = ranges(gate, &[], &all, most, coupling.is_exact());
        objective += embed(gate, &taken, &ranges, &mut variables, &mut constraints);
    }
    let mut model = variables.maximise(objective.clone()).using(microlp);
    for constraint in constraints {
        model = model.with(constraint);
    }
    let solution = model.solve()?;
    let list = (0..).zip(&taken).filter(|(_, taken)| solution.value(**taken) > 0.5).map(|(action, _)| action).collect();
    Ok((list, solution.eval(objective)))
}
