//! The cheapest solution made of routes met before: set partitioning over a pool of routes.
//!
//! Sources: Y. Rochat and E. Taillard, "Probabilistic diversification and intensification in local search for vehicle
//! routing", Journal of Heuristics 1, 1995, section 4; A. Subramanian, E. Uchoa and L. S. Ochi, "A hybrid algorithm
//! for a class of vehicle routing problems", Computers & Operations Research 40, 2013 (ILS-SP).
//!
//! Column j is a route of cost c_j, row i a customer: minimise the cost of the chosen columns such that every row is
//! covered once, and no more columns are chosen than there are vehicles.

use std::time::Duration;

use good_lp::solvers::WithInitialSolution;
use good_lp::solvers::microlp::microlp;
use good_lp::{Expression, Solution, SolverModel, Variable, WithTimeLimit, constraint, variable, variables};
use heuron_problems::{Cvrp, Routes};

use super::pool::Column;

/// The cheapest choice of `columns` that branch and bound finds in `span`, starting from the first `used` of them, which
/// must be a solution. None where it finds nothing.
pub(super) fn partition(problem: &Cvrp, columns: &[Column], used: usize, span: Duration) -> Option<Routes> {
    let mut unknowns = variables!();
    let chosen: Vec<Variable> = columns.iter().map(|_| unknowns.add(variable().binary())).collect();
    let mut rows = vec![Expression::default(); problem.customers()];
    let (mut cost, mut count) = (Expression::with_capacity(columns.len()), Expression::with_capacity(columns.len()));
    for (column, &variable) in columns.iter().zip(&chosen) {
        cost.add_mul(column.cost as f64, variable);
        count += variable;
        for &customer in &column.route {
            rows[customer as usize - 1] += variable;
        }
    }
    let start = chosen.iter().enumerate().map(|(place, &variable)| (variable, f64::from(u8::from(place < used))));
    let mut program = unknowns.minimise(cost).using(microlp).with_time_limit(span.as_secs_f64());
    for row in rows {
        program = program.with(constraint!(row == 1));
    }
    if let Some(vehicles) = problem.vehicles {
        program = program.with(constraint!(count <= vehicles as f64));
    }
    let solution = program.with_initial_solution(start).solve().ok()?;
    let taken = columns.iter().zip(&chosen).filter(|&(_, &variable)| solution.value(variable) > 0.5);
    Some(Routes { routes: taken.map(|(column, _)| column.route.clone()).collect() })
}
