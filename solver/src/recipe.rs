//! Recipes: which searches, in which order, for a problem, its size and the budget.

use heuron_problems::{Cvrp, Problem, Tsp};
use heuron_search::{Search, Setup};

use crate::error::Error;
use crate::instance::Solvable;

/// A named way to solve a problem.
pub(crate) struct Method<P: Problem> {
    /// Name on the command line.
    pub name: &'static str,
    /// One line for `heuron methods`.
    pub about: &'static str,
    /// The stages for an instance and the way it is run.
    pub stages: fn(&P, &Setup) -> Vec<Box<dyn Search<P>>>,
}

/// The method called `name`; the first one, `auto`, for none.
pub(crate) fn find<P: Solvable>(name: Option<&str>) -> Result<&'static Method<P>, Error> {
    let name = name.unwrap_or("auto");
    P::METHODS.iter().find(|method| method.name == name).ok_or_else(|| Error::Method {
        problem: P::NAME,
        found: name.into(),
        known: P::METHODS.iter().map(|method| method.name).collect(),
    })
}

/// Methods of the TSP.
pub(crate) const TSP: &[Method<Tsp>] = &[];

/// Methods of the CVRP.
pub(crate) const CVRP: &[Method<Cvrp>] = &[];
