//! What the solver asks of every problem of the list.

use heuron_problems::{Cvrp, Ffsp, Format, Jssp, Knapsack, Plan as Tasks, Routes, Schedule, Selection, Tour, Tsp};
use heuron_search::cvrp::exact::is_impossible;

use crate::error::Error;
use crate::instance::{Instance, Kind, Solution};
use crate::learned::{self, Learned, Plan};
use crate::options::Options;
use crate::plot::{self, Caption};
use crate::recipe::{self, Method};

/// What the solver asks of a problem beyond its formats: how it joins the list, its methods and its picture.
pub(crate) trait Solvable: Format {
    /// Its place in the list.
    const KIND: Kind;

    /// Its methods; the first is `auto`.
    const METHODS: &'static [Method<Self>];

    /// Its methods that begin with a policy.
    const LEARNED: &'static [Learned<Self>] = &[];

    /// Name as in the file.
    fn name(&self) -> &str;

    /// Nodes, customers, items, jobs: what the literature calls n.
    fn size(&self) -> usize;

    /// Costs divided by this are in the units of the file.
    fn scale(&self) -> f64 {
        1.0
    }

    /// Why no solution exists, where that can be told without a search.
    fn infeasibility(&self) -> Option<String> {
        None
    }

    /// The line of the instance's file `text` that this is about, where it is about one.
    fn infeasible_line(&self, _text: &str) -> Option<usize> {
        None
    }

    /// The solution as one of any problem.
    fn wrap(solution: Self::Solution) -> Solution;

    /// The inverse of `wrap`; none for a solution of another problem.
    fn unwrap(solution: &Solution) -> Option<&Self::Solution>;

    /// The plan that the options ask for, where the problem has models of its own kind and one is named.
    fn own_plan(&self, _: &Options) -> Option<Result<Plan<Self>, Error>> {
        None
    }

    /// Points of a picture; none without coordinates.
    fn points(&self) -> Option<&[[f64; 2]]> {
        None
    }

    /// Whether a solution can be drawn.
    fn has_picture(&self) -> bool {
        self.points().is_some()
    }

    /// SVG text; none without coordinates.
    fn picture(&self, _: &Self::Solution, _: &Caption) -> Option<String> {
        None
    }
}

/// The place of a problem in the lists of instances and solutions, and what of [`Solvable`] follows from it.
macro_rules! listed {
    ($problem:ident, $solution:ty, $methods:ident, { $($own:item)* }) => {
        impl Solvable for $problem {
            const KIND: Kind = Kind::$problem;
            const METHODS: &'static [Method<Self>] = recipe::$methods;
            const LEARNED: &'static [Learned<Self>] = learned::$methods;

            fn name(&self) -> &str {
                &self.name
            }

            fn wrap(solution: $solution) -> Solution {
                Solution::$problem(solution)
            }

            fn unwrap(solution: &Solution) -> Option<&$solution> {
                match solution {
                    Solution::$problem(own) => Some(own),
                    _ => None,
                }
            }

            $($own)*
        }

        impl From<$problem> for Instance {
            fn from(problem: $problem) -> Self {
                Self::$problem(problem)
            }
        }
    };
}

listed!(Tsp, Tour, TSP, {
    fn size(&self) -> usize {
        self.len()
    }

    fn scale(&self) -> f64 {
        self.scale
    }

    fn infeasibility(&self) -> Option<String> {
        self.infeasibility().map(|reason| reason.to_string())
    }

    fn infeasible_line(&self, text: &str) -> Option<usize> {
        self.infeasibility()?.line(text)
    }

    fn points(&self) -> Option<&[[f64; 2]]> {
        self.drawing()
    }

    fn picture(&self, tour: &Tour, caption: &Caption) -> Option<String> {
        plot::tour(self, tour, caption)
    }
});

listed!(Cvrp, Routes, CVRP, {
    fn size(&self) -> usize {
        self.customers()
    }

    fn scale(&self) -> f64 {
        self.scale
    }

    fn infeasibility(&self) -> Option<String> {
        let known = self.infeasibility().map(|reason| reason.to_string());
        let proof =
            || format!("no plan serves all {} customers within the limits, as trying all has shown", self.customers());
        known.or_else(|| is_impossible(self).then(proof))
    }

    fn infeasible_line(&self, text: &str) -> Option<usize> {
        self.infeasibility()?.line(text)
    }

    fn points(&self) -> Option<&[[f64; 2]]> {
        self.drawing()
    }

    fn picture(&self, routes: &Routes, caption: &Caption) -> Option<String> {
        plot::routes(self, routes, caption)
    }
});

listed!(Knapsack, Selection, KNAPSACK, {
    fn size(&self) -> usize {
        self.len()
    }

    fn scale(&self) -> f64 {
        self.scale
    }

    fn infeasibility(&self) -> Option<String> {
        self.infeasibility().map(|reason| reason.to_string())
    }
});

listed!(Jssp, Schedule, JSSP, {
    fn size(&self) -> usize {
        self.operations()
    }

    fn has_picture(&self) -> bool {
        true
    }

    fn picture(&self, schedule: &Schedule, caption: &Caption) -> Option<String> {
        plot::gantt(self, schedule, caption)
    }
});

listed!(Ffsp, Tasks, FFSP, {
    fn size(&self) -> usize {
        self.jobs * self.stages()
    }

    fn has_picture(&self) -> bool {
        true
    }

    fn picture(&self, plan: &Tasks, caption: &Caption) -> Option<String> {
        plot::flow_gantt(self, plan, caption)
    }
});
