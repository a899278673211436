//! The solver of linear and mixed-integer programs: the only place that names it.

use std::time::Instant;

use good_lp::solvers::{ResolutionError, SolutionStatus, WithMipGap, WithTimeLimit};
use good_lp::variable::UnsolvedProblem;
use good_lp::{Constraint, Expression, ProblemVariables, Solution, SolverModel};

/// Relative gap at which an optimum counts as proven. HiGHS has the same default for the absolute one.
const GAP: f32 = 1e-6;

/// The solver's name.
pub const SOLVER: &str = if cfg!(feature = "highs") { "HiGHS" } else { "microlp" };

/// One thread, so that answers repeat. Programs are small and start from a set that is hard to beat: what HiGHS does
/// against large programs and for first solutions takes most of its time in vain, see `benches/versus/bandit.md`.
#[cfg(feature = "highs")]
fn model(problem: UnsolvedProblem) -> impl SolverModel<Error = ResolutionError> + WithMipGap + WithTimeLimit {
    use good_lp::solvers::highs::{HighsParallelType, HighsPresolveType, highs};
    let heuristics = ["feasibility_jump", "rens", "rins", "root_reduced_cost"];
    let model = highs(problem).set_threads(1).set_parallel(HighsParallelType::Off).set_presolve(HighsPresolveType::Off);
    heuristics.iter().fold(model, |model, name| model.set_option(format!("mip_heuristic_run_{name}"), false))
}

#[cfg(not(feature = "highs"))]
fn model(problem: UnsolvedProblem) -> impl SolverModel<Error = ResolutionError> + WithMipGap + WithTimeLimit {
    good_lp::microlp(problem)
}

/// Maximises; none: the optimum was not proven, because the time ran out or another limit was reached.
pub(crate) fn maximise(
    variables: ProblemVariables,
    constraints: impl IntoIterator<Item = Constraint>,
    objective: Expression,
    seconds: Option<f64>,
) -> Result<Option<impl Solution>, ResolutionError> {
    let mut model = model(variables.maximise(objective));
    for constraint in constraints {
        model.add_constraint(constraint);
    }
    let model = model.with_mip_gap(GAP).expect("a positive gap");
    let began = Instant::now();
    let solved = match seconds {
        Some(seconds) => model.with_time_limit(seconds).solve(),
        None => model.solve(),
    };
    match solved {
        // The status of every limit of the solver.
        Ok(solution) if matches!(solution.status(), SolutionStatus::TimeLimit) => Ok(None),
        Ok(solution) => Ok(Some(solution)),
        // Without a solution in time the solvers report errors of their own.
        Err(_) if seconds.is_some_and(|seconds| began.elapsed().as_secs_f64() >= seconds) => Ok(None),
        Err(error) => Err(error),
    }
}
