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
pub(crate) const TSP: &[Method<Tsp>] =
    &[Method { name: "auto", about: "the recipe for this size and budget", stages: |_, _| vec![Box::new(Interim)] }];

/// Methods of the CVRP.
pub(crate) const CVRP: &[Method<Cvrp>] = &[Method {
    name: "auto",
    about: "the recipe for this size and budget",
    stages: |_, _| vec![Box::new(heuron_search::cvrp::ruin::RuinRecreate::default())],
}];

struct Interim;

impl Search<Tsp> for Interim {
    fn search(&mut self, problem: &Tsp, run: &mut heuron_search::Run<'_, Tsp>) {
        use heuron_search::tsp::{Graph, Ils, construct};
        run.set_method("or-opt");
        let watch = run.watch();
        let graph = Graph::new(problem);
        let mut islands: Vec<Ils> = (0..run.setup().islands)
            .map(|i| {
                let tour = match run.best() {
                    Some((_, tour)) => graph.contract(tour),
                    None => construct::greedy(&graph, &watch),
                };
                Ils::new(&graph, tour, run.stream("ils", i as u64))
            })
            .collect();
        loop {
            let share = run.allowance(10_000) / islands.len() as u64;
            heuron_search::islands(run.setup().threads, &mut islands, |_, island| {
                island.kick(share.max(1), &watch);
            });
            for island in &islands {
                run.offer(&graph.expand(island.tour()));
            }
            if !run.proceed(share.max(1) * islands.len() as u64) {
                return;
            }
        }
    }
}
