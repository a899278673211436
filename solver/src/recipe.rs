//! Recipes: which searches, in which order, for a problem, its size and the budget.

use std::time::Duration;

use heuron_problems::{Cvrp, Ffsp, Jssp, Knapsack, Problem, Tsp};
use heuron_search::cvrp::exact;
use heuron_search::cvrp::hgs::Hgs;
use heuron_search::cvrp::least_vehicles;
use heuron_search::cvrp::ruin::RuinRecreate;
use heuron_search::ffsp::{self, IteratedGreedy};
use heuron_search::jssp::{self, TabuSearch};
use heuron_search::knapsack;
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
        known: P::KIND.methods().into_iter().map(|(name, _)| name).collect(),
    })
}

/// Most nodes for which edge assembly crossover was measured to beat the local search.
const POPULATION: usize = 20_000;

/// Part of the time that the lower bound of a tour may take.
pub(crate) const BOUND: f64 = 0.05;

/// Part of the time for local search before genetic search, whose tours are longer for most of its time: who stops it
/// early has these.
const EARLY: f64 = 0.02;

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
        stages: |_, _| vec![Box::new(Curve), Box::new(HeldKarp { share: BOUND }), Box::new(LocalSearch::default())],
    },
    Method {
        name: "eax",
        about: "genetic search by edge assembly crossover (Nagata and Kobayashi, 2013)",
        // The local search has an answer where there is no time for a population.
        stages: |_, _| {
            vec![
                Box::new(Curve),
                Box::new(HeldKarp { share: BOUND }),
                Box::new(Eax::default()),
                Box::new(LocalSearch::default()),
            ]
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
        // Iterations can end with the population: a bound must be there before. Where time is limited it would cost too
        // much of that (200 uniform instances of 100 nodes, 5 ms: 0.09 %).
        if setup.budget.time.is_none() {
            stages.push(Box::new(HeldKarp { share: BOUND }));
        }
        // One population mostly finds the optimum, which the better bound and the proof then start from.
        stages.push(Box::new(Eax { populations: Some(1), ..Eax::default() }));
    }
    let time = setup.budget.time.map(|time| time.mul_f64(setup.threads as f64));
    let genetic = n <= POPULATION && time.is_none_or(|time| Eax::fits(problem, time));
    if genetic && n > exact.most_nodes {
        stages.push(Box::new(LocalSearch { share: Some(EARLY) }));
    }
    stages.push(Box::new(HeldKarp { share: BOUND }));
    stages.push(Box::new(exact));
    // Where there is no time for a population, or no instance for it, the local search has the answer.
    if genetic {
        stages.push(Box::new(Eax::default()));
    }
    stages.push(Box::new(LocalSearch::default()));
    stages
}

/// Up to so many customers genetic search is better, beyond it ruin and recreate. X files, 10 s, one seed, gap in % of
/// the one and the other: n284 0.28 and 0.83, n308 0.03 and 0.41, n327 0.73 and 0.37, n344 0.42 and 0.90, n384 0.35 and
/// 0.51, n401 0.43 and 0.31, n439 0.14 and 0.57, n449 1.19 and 0.95 (in 30 s 0.43 and 0.74). Genetic search after a
/// quarter of ruin and recreate lies in between (n308 0.61, n344 0.53, n401 0.41, n439 0.23), and after half of it on
/// larger ones too (n524 0.34, n573 0.60, n641 0.62; ruin and recreate alone 0.42, 0.55, 0.47).
const GENETIC: usize = 450;

/// Time per customer and thread below which genetic search has not overtaken ruin and recreate. Mean gap of the one and
/// the other on 13 X files of up to 450 customers in %: 1.46 and 1.11 in 1 s, 0.73 and 0.93 in 3 s.
const BRIEF: Duration = Duration::from_millis(4);

/// Up to so many customers it is this time for every customer and each customer. 11 X files of 124 to 232 customers,
/// three seeds: 1.26 and 1.21 in 0.2 s, 0.95 and 1.12 in 0.3 s, 0.63 and 0.85 in 0.6 s. 20 uniform instances of 100
/// customers, two seeds: ruin and recreate is 0.40 % ahead in 50 ms, 0.24 % behind in 100 ms.
const SMALL: usize = 250;
const BRIEF_SMALL: Duration = Duration::from_micros(8);

/// With fewer customers per vehicle genetic search starts better from ruin and recreate: X-n289-k60 at 10 s 0.39 %
/// instead of 0.59 % (seed 102).
const SHORT: usize = 6;

/// Part of the time for that start, which also has routes for a limited fleet.
const START: f64 = 0.25;

/// Methods of the CVRP.
pub(crate) const CVRP: &[Method<Cvrp>] = &[
    Method {
        name: "auto",
        about: "exact up to 12 customers, hgs up to 450, ruin-and-recreate beyond or without the time",
        stages: cvrp,
    },
    Method {
        name: "hgs",
        about: "hybrid genetic search (Vidal, 2022), set partitioning, up to 2000 customers",
        // Ruin and recreate has an answer where there is no time, or the instance is too large, for a population.
        stages: |_, _| vec![Box::new(Hgs::default()), Box::new(RuinRecreate::default())],
    },
    Method {
        name: "ruin-and-recreate",
        about: "slack induction by string removals (Christiaens and Vanden Berghe, 2020), set partitioning",
        stages: |_, _| vec![Box::new(RuinRecreate::default())],
    },
];

/// The stages of `auto`.
pub(crate) fn cvrp(problem: &Cvrp, setup: &Setup) -> Stages<Cvrp> {
    if problem.customers() <= exact::DYNAMIC {
        return vec![Box::new(exact::Exact)];
    }
    if !is_genetic(problem, setup) {
        return vec![Box::new(RuinRecreate::default())];
    }
    // Ruin and recreate has an answer where there is no time for a population.
    let mut stages: Stages<Cvrp> = vec![Box::new(Hgs::default()), Box::new(RuinRecreate::default())];
    if problem.vehicles.is_some() || problem.customers() < SHORT * least_vehicles(problem) {
        stages.insert(0, Box::new(RuinRecreate::default().sharing(START)));
    }
    stages
}

/// Whether genetic search is ahead of ruin and recreate, by size and time.
pub(crate) fn is_genetic(problem: &Cvrp, setup: &Setup) -> bool {
    let customers = problem.customers() as u32;
    let each = if problem.customers() > SMALL { BRIEF } else { BRIEF_SMALL * customers };
    let brief = each * customers / setup.threads.max(1) as u32;
    problem.customers() <= GENETIC && setup.budget.time.is_none_or(|time| time >= brief)
}

/// Methods of the knapsack problem.
pub(crate) const KNAPSACK: &[Method<Knapsack>] = &[
    Method { name: "auto", about: "exact", stages: |_, _| vec![Box::new(knapsack::Exact::default())] },
    Method {
        name: "exact",
        about: "dynamic programming over an expanding core (Pisinger, 1997; Martello, Pisinger and Toth, 1999)",
        stages: |_, _| vec![Box::new(knapsack::Exact::default())],
    },
];

/// Methods of the job shop.
pub(crate) const JSSP: &[Method<Jssp>] = &[
    Method { name: "auto", about: "tabu, and branch-and-bound up to 225 operations", stages: job_shop },
    Method {
        name: "tabu",
        about: "tabu search with path relinking (Peng, Lü and Cheng, 2015)",
        stages: |_, _| vec![Box::new(TabuSearch::default())],
    },
];

/// Moves of an island's tabu search before branch and bound, per cube of the operations: 300 000 with 100, after which
/// ft10 and the files of Lawrence with 10 machines mostly have their optimum. Smaller shops have it sooner: of 6 x 6
/// (ft06 and ten others, three seeds) all within 1 000 moves, of 10 x 5 all within 30 000, of 8 x 8 all within 10 000;
/// the cube allows 14 000, 37 500 and 79 000 there.
const MOVES_PER_CUBE: f64 = 0.3;

/// Most operations of a shop whose first tree is one without tests of single values.
const PLAIN: usize = 100;

/// Nodes with tests of single values, some seconds, after which the incumbent is doubted, and moves of an island's tabu
/// search before branch and bound begins anew: above the optimum a tree is many times as large.
const NODES: u64 = 1_000;
const MORE_MOVES: u64 = 3_000_000;

/// Operations from which on few shops are closed, and the part of the time left that is risked there.
const LARGE: usize = 150;
const RISK: f64 = 0.2;

fn job_shop(problem: &Jssp, setup: &Setup) -> Stages<Jssp> {
    let exact = jssp::exact::Exact::default();
    let islands = setup.islands.max(1) as u64;
    let tabu = |moves: Option<u64>| {
        let moves = moves.map(|moves| moves.saturating_mul(islands));
        Box::new(TabuSearch { moves, ..TabuSearch::default() })
    };
    let operations = problem.operations();
    if operations > exact.most_operations {
        return vec![tabu(None)];
    }
    let moves = tabu(Some((MOVES_PER_CUBE * (operations as f64).powi(3)) as u64));
    let shaving = jssp::exact::Exact { plain: 0, ..exact };
    if operations > LARGE {
        return vec![moves, Box::new(jssp::exact::Exact { share: RISK, ..shaving }), tabu(None)];
    }
    let first = if operations > PLAIN { shaving } else { exact };
    let first = jssp::exact::Exact { nodes: NODES, ..first };
    vec![moves, Box::new(first), tabu(Some(MORE_MOVES)), Box::new(shaving), tabu(None)]
}

/// Walks of iterated greedy search before branch and bound: small flow shops mostly have their optimum then.
const WALKS: u64 = 200;

fn flow_shop(problem: &Ffsp, _: &Setup) -> Stages<Ffsp> {
    let exact = ffsp::exact::Exact::default();
    let greedy = |walks| Box::new(IteratedGreedy { walks });
    if problem.jobs * problem.stages() > exact.most_tasks {
        return vec![greedy(None)];
    }
    vec![greedy(Some(WALKS)), Box::new(exact), greedy(None)]
}

/// Methods of the flexible flow shop.
pub(crate) const FFSP: &[Method<Ffsp>] = &[
    Method { name: "auto", about: "iterated-greedy, and branch-and-bound up to 50 tasks", stages: flow_shop },
    Method {
        name: "iterated-greedy",
        about: "iterated greedy search (Ruiz and Stützle, 2007) over permutations and over the machines' sequences",
        stages: |_, _| vec![Box::new(IteratedGreedy::default())],
    },
];
