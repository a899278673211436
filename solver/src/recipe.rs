//! Recipes: which searches, in which order, for a problem, its size and the budget.

use heuron_problems::{Cvrp, Ffsp, Jssp, Problem, Tsp};
use heuron_search::cvrp::hgs::Hgs;
use heuron_search::cvrp::ruin::{Config, RuinRecreate};
use heuron_search::ffsp::IteratedGreedy;
use heuron_search::jssp::TabuSearch;
use heuron_search::tsp::eax::Eax;
use heuron_search::tsp::exact::{DYNAMIC, Exact};
use heuron_search::tsp::held_karp::HeldKarp;
use heuron_search::tsp::{Curve, LocalSearch};
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

/// Most nodes for which edge assembly crossover was measured to beat the local search.
const POPULATION: usize = 20_000;

/// Part of the time that the lower bound of a tour may take.
const BOUND: f64 = 0.05;

/// Methods of the TSP.
pub(crate) const TSP: &[Method<Tsp>] = &[
    Method {
        name: "auto",
        about: "exact where that is quick, eax where it has the time, else lin-kernighan",
        stages: tsp,
    },
    Method {
        name: "lin-kernighan",
        about: "iterated local search with Lin-Kernighan steps (Applegate, Cook and Rohe, 2003)",
        stages: |_, _| vec![Box::new(Curve), Box::new(HeldKarp { share: BOUND }), Box::new(LocalSearch)],
    },
    Method {
        name: "eax",
        about: "genetic search by edge assembly crossover (Nagata and Kobayashi, 2013)",
        // The local search has an answer where there is no time for a population.
        stages: |_, _| {
            vec![Box::new(Curve), Box::new(HeldKarp { share: BOUND }), Box::new(Eax::default()), Box::new(LocalSearch)]
        },
    },
];

fn tsp(problem: &Tsp, setup: &Setup) -> Stages<Tsp> {
    let (n, exact) = (problem.len(), Exact::default());
    if n <= DYNAMIC {
        return vec![Box::new(exact)];
    }
    let mut stages: Stages<Tsp> = vec![Box::new(Curve)];
    if n <= exact.most_nodes {
        // One population mostly finds the optimum, which the bound and the proof then start from.
        stages.push(Box::new(Eax { populations: Some(1), ..Eax::default() }));
    }
    stages.push(Box::new(HeldKarp { share: BOUND }));
    stages.push(Box::new(exact));
    // Where there is no time for a population, or no instance for it, the local search has the answer.
    let time = setup.budget.time.map(|time| time.mul_f64(setup.threads as f64));
    if n <= POPULATION && time.is_none_or(|time| Eax::fits(n, time)) {
        stages.push(Box::new(Eax::default()));
    }
    stages.push(Box::new(LocalSearch));
    stages
}

/// Methods of the job shop.
pub(crate) const JSSP: &[Method<Jssp>] = &[
    Method { name: "auto", about: "tabu", stages: |_, _| vec![Box::new(TabuSearch::default())] },
    Method {
        name: "tabu",
        about: "tabu search with path relinking (Peng, Lü and Cheng, 2015)",
        stages: |_, _| vec![Box::new(TabuSearch::default())],
    },
];

/// Methods of the flexible flow shop.
pub(crate) const FFSP: &[Method<Ffsp>] = &[
    Method { name: "auto", about: "iterated-greedy", stages: |_, _| vec![Box::new(IteratedGreedy)] },
    Method {
        name: "iterated-greedy",
        about: "iterated greedy search (Ruiz and Stützle, 2007) with tabu search on the machines",
        stages: |_, _| vec![Box::new(IteratedGreedy)],
    },
];

/// Up to so many customers genetic search finishes what ruin and recreate began; beyond, the latter works alone.
/// X files, 10 s, one seed, mixture (60 % ruin and recreate) against ruin and recreate alone: n524 1.09 and 1.47 %, n548
/// 0.33 and 0.29, n641 0.50 and 0.88, n783 1.25 and 1.07.
const GENETIC: usize = 700;

/// Up to so many customers ruin and recreate gets the smaller share. Mean gap on nine X files of 195 to 469 customers in
/// 10 s, one seed: 0.37 % for genetic search alone, 0.33 % and 0.36 % after a quarter and a half, 0.47 % for ruin and recreate.
const SMALL: usize = 450;

/// Methods of the CVRP.
pub(crate) const CVRP: &[Method<Cvrp>] = &[
    Method { name: "auto", about: "ruin-and-recreate, up to 700 customers finished by hgs", stages: cvrp },
    Method {
        name: "hgs",
        about: "hybrid genetic search (Vidal, 2022), up to 2000 customers",
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
    let whole = || Box::new(RuinRecreate::default());
    if !problem.distances.is_symmetric() {
        // Ruin and recreate takes no direction into account.
        return vec![Box::new(Hgs::default())];
    }
    match problem.customers() {
        customers if customers > GENETIC => vec![whole()],
        customers => {
            let share = if customers <= SMALL { 0.25 } else { 0.5 };
            let first = RuinRecreate { config: Config { share, ..Config::default() } };
            vec![Box::new(first), Box::new(Hgs::default()), whole()]
        }
    }
}
