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

#[cfg(test)]
mod tests {
    use heuron_problems::{Cost, Distances, Metric, Problem, stream};
    use rand::Rng;
    use rand::seq::SliceRandom;

    use super::*;
    use crate::cvrp::pool::{Pool, elite};

    /// Ample for programs of this size, which take a millisecond.
    const SPAN: Duration = Duration::from_secs(60);

    fn random(n: usize, seed: u64) -> Cvrp {
        let mut rng = stream(seed, "partition", 0);
        let points = (0..=n).map(|_| [rng.random_range(0.0..999.0), rng.random_range(0.0..999.0)]).collect();
        let demands = (0..=n).map(|node| i64::from(node > 0)).collect();
        Cvrp::new("random", Distances::new(Metric::Euclid { scale: 1.0 }, points), demands, 3)
    }

    /// A random order of the customers, cut into routes of three.
    fn shuffled(n: usize, seed: u64, index: u64) -> Routes {
        let mut order: Vec<u32> = (1..=n as u32).collect();
        order.shuffle(&mut stream(seed, "shuffled", index));
        Routes { routes: order.chunks(3).map(<[u32]>::to_vec).collect() }
    }

    fn add(pool: &mut Pool, problem: &Cvrp, solution: &Routes) {
        let whole = problem.evaluate(solution).expect("feasible");
        solution.routes.iter().for_each(|route| pool.add(whole, problem.length(route), route));
    }

    /// Cost of the cheapest choice of columns that covers all customers not in `covered`.
    fn brute_force(columns: &[Column], covered: u32, all: u32) -> Option<Cost> {
        if covered == all {
            return Some(0);
        }
        let next = (1..).find(|v| covered >> v & 1 == 0)?;
        let set = |column: &Column| column.route.iter().fold(0, |set, v| set | 1 << v);
        let fits = columns.iter().filter(|column| column.route.contains(&next) && set(column) & covered == 0);
        fits.filter_map(|column| Some(column.cost + brute_force(columns, covered | set(column), all)?)).min()
    }

    #[test]
    fn choice_of_routes_equals_brute_force() {
        let n = 9;
        for seed in 0..20 {
            let problem = random(n, seed);
            let mut pool = Pool::new(n, 1_000, &mut stream(seed, "pool", 0));
            (0..30).for_each(|index| add(&mut pool, &problem, &shuffled(n, seed, index)));
            let incumbent = shuffled(n, seed, 0);
            let columns = elite(&problem, &incumbent, std::iter::once(&pool), 1_000);
            let used = incumbent.routes.len();
            let found = partition(&problem, &columns, used, SPAN).expect("the incumbent is a solution");
            let least = brute_force(&columns, 1, (1 << (n + 1)) - 1);
            assert_eq!(problem.evaluate(&found).ok(), least, "seed {seed}");
            assert_eq!(partition(&problem, &columns, used, SPAN), Some(found), "the same again");
        }
    }

    /// Two clusters on either side of the depot; each parent serves one of them well.
    #[test]
    fn good_halves_of_two_solutions_are_joined() {
        let points = [0.0, 100.0, 101.0, 200.0, 201.0, -100.0, -101.0, -200.0, -201.0].map(|x| [x, 0.0]);
        let distances = Distances::new(Metric::Euclid { scale: 1.0 }, points.to_vec());
        let mut problem = Cvrp::new("line", distances, vec![0, 1, 1, 1, 1, 1, 1, 1, 1], 2);
        let parents = [[[1, 2], [3, 4], [5, 7], [6, 8]], [[1, 3], [2, 4], [5, 6], [7, 8]]]
            .map(|routes| Routes { routes: routes.map(|route| route.to_vec()).to_vec() });
        let mut pool = Pool::new(8, 100, &mut stream(1, "pool", 0));
        parents.iter().for_each(|parent| add(&mut pool, &problem, parent));
        let columns = elite(&problem, &parents[0], std::iter::once(&pool), 100);
        let joined =
            |problem: &Cvrp| partition(problem, &columns, 4, SPAN).and_then(|child| problem.evaluate(&child).ok());
        assert_eq!(joined(&problem), Some(2 * (101 + 201 + 101 + 201)));
        problem.vehicles = Some(3);
        assert_eq!(joined(&problem), None, "four routes are needed");
    }

    #[test]
    fn nothing_is_found_in_no_time() {
        let problem = random(9, 1);
        let incumbent = shuffled(9, 1, 0);
        let pool = Pool::new(9, 1, &mut stream(1, "pool", 0));
        let columns = elite(&problem, &incumbent, std::iter::once(&pool), 9);
        let found = partition(&problem, &columns, 3, Duration::ZERO);
        assert!(found.is_none_or(|routes| routes.routes.len() == 3));
    }
}
