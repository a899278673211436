//! Recipes: which searches, in which order, for a problem, its size and the budget.

use heuron_problems::{Cvrp, Problem, Tsp};
use heuron_search::cvrp::hgs::Hgs;
use heuron_search::cvrp::ruin::RuinRecreate;
use heuron_search::tsp::LocalSearch;
use heuron_search::tsp::eax::Eax;
use heuron_search::tsp::exact::{DYNAMIC, Exact};
use heuron_search::tsp::held_karp::HeldKarp;
use heuron_search::{Setup, Stages};

use crate::error::Error;
use crate::instance::Solvable;

/// A named way to solve a problem.
pub(crate) struct Method<P: Problem> {
    /// Name on the command line.
    pub name: &'static str,
    /// One line for `heuron methods`.
    pub about: &'static str,
    /// The stages for an instance and the way it is run.
    pub stages: fn(&P, &Setup) -> Stages<P>,
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

/// Part of the time that the lower bound of a tour may take.
const BOUND: f64 = 0.05;

/// Methods of the TSP.
pub(crate) const TSP: &[Method<Tsp>] = &[
    Method { name: "auto", about: "exact up to 12 nodes, lin-kernighan beyond", stages: tsp },
    Method {
        name: "lin-kernighan",
        about: "iterated local search with Lin-Kernighan steps (Applegate, Cook and Rohe, 2003)",
        stages: |_, _| vec![Box::new(HeldKarp { share: BOUND }), Box::new(LocalSearch)],
    },
    Method {
        name: "eax",
        about: "genetic search by edge assembly crossover (Nagata and Kobayashi, 2013)",
        // The local search has an answer where there is no time for a population.
        stages: |_, _| vec![Box::new(HeldKarp { share: BOUND }), Box::new(Eax::default()), Box::new(LocalSearch)],
    },
];

fn tsp(problem: &Tsp, _: &Setup) -> Stages<Tsp> {
    if problem.len() <= DYNAMIC {
        vec![Box::new(Exact::default())]
    } else {
        vec![Box::new(HeldKarp { share: BOUND }), Box::new(LocalSearch)]
    }
}

/// Up to this many customers genetic search finds more than ruin and recreate.
const POPULATION: usize = 300;

/// Methods of the CVRP.
pub(crate) const CVRP: &[Method<Cvrp>] = &[
    Method { name: "auto", about: "hgs up to 300 customers, ruin-and-recreate beyond", stages: cvrp },
    Method {
        name: "hgs",
        about: "hybrid genetic search (Vidal, 2022), up to 5000 customers",
        // Ruin and recreate has an answer where there is no time, or the instance is too large, for a population.
        stages: |_, _| vec![Box::new(Hgs::default()), Box::new(RuinRecreate::default())],
    },
    Method {
        name: "ruin-and-recreate",
        about: "slack induction by string removals (Christiaens and Vanden Berghe, 2020)",
        stages: |_, _| vec![Box::new(RuinRecreate::default())],
    },
];

fn cvrp(problem: &Cvrp, _: &Setup) -> Stages<Cvrp> {
    if problem.customers() <= POPULATION {
        vec![Box::new(Hgs::default()), Box::new(RuinRecreate::default())]
    } else {
        vec![Box::new(RuinRecreate::default())]
    }
}
