//! The one list of problems: instances and solutions of any of them, and what the solver asks of each.

use std::fmt;
use std::io::{self, Write};

use heuron_problems::{
    Bandit, Cost, Cvrp, Ffsp, Format, Jssp, Knapsack, ParseError, Plan as Tasks, Play, Problem, Rounding, Routes,
    Schedule, Selection, Tour, Tsp,
};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::plot::Caption;
pub(crate) use crate::solvable::Solvable;

/// The problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Travelling salesman, symmetric and asymmetric
    Tsp,
    /// Capacitated vehicle routing
    Cvrp,
    /// 0-1 knapsack: the cost is minus the profit
    Knapsack,
    /// Job shop scheduling
    Jssp,
    /// Flexible flow shop scheduling
    Ffsp,
    /// Coupled restless bandits: the cost is minus a policy's mean reward in millionths
    Bandit,
}

/// An instance of any problem.
#[derive(Clone, Debug, PartialEq)]
pub enum Instance {
    /// Travelling salesman.
    Tsp(Tsp),
    /// Capacitated vehicle routing.
    Cvrp(Cvrp),
    /// 0-1 knapsack.
    Knapsack(Knapsack),
    /// Job shop scheduling.
    Jssp(Jssp),
    /// Flexible flow shop scheduling.
    Ffsp(Ffsp),
    /// Coupled restless bandits.
    Bandit(Bandit),
}

/// A solution of any problem.
#[derive(Clone, Debug, PartialEq)]
pub enum Solution {
    /// A cyclic order of the nodes.
    Tsp(Tour),
    /// One list of customers per vehicle.
    Cvrp(Routes),
    /// The items packed.
    Knapsack(Selection),
    /// Machine sequences or start times.
    Jssp(Schedule),
    /// A task per job and stage.
    Ffsp(Tasks),
    /// What a policy did in simulated episodes.
    Bandit(Play),
}

/// Evaluates an expression with the problem inside an [`Instance`], whichever it is.
macro_rules! each {
    ($instance:expr, $problem:ident => $body:expr) => {
        match $instance {
            $crate::Instance::Tsp($problem) => $body,
            $crate::Instance::Cvrp($problem) => $body,
            $crate::Instance::Knapsack($problem) => $body,
            $crate::Instance::Jssp($problem) => $body,
            $crate::Instance::Ffsp($problem) => $body,
            $crate::Instance::Bandit($problem) => $body,
        }
    };
}
pub(crate) use each;

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Tsp, Self::Cvrp, Self::Knapsack, Self::Jssp, Self::Ffsp, Self::Bandit];

    /// Name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tsp => Tsp::NAME,
            Self::Cvrp => Cvrp::NAME,
            Self::Knapsack => Knapsack::NAME,
            Self::Jssp => Jssp::NAME,
            Self::Ffsp => Ffsp::NAME,
            Self::Bandit => Bandit::NAME,
        }
    }

    /// Name and description of every method; the first is `auto`.
    pub fn methods(self) -> Vec<(&'static str, &'static str)> {
        fn list<P: Solvable>() -> Vec<(&'static str, &'static str)> {
            let classical = P::METHODS.iter().map(|method| (method.name, method.about));
            classical.chain(P::LEARNED.iter().map(|method| (method.name, method.about))).collect()
        }
        match self {
            Self::Tsp => list::<Tsp>(),
            Self::Cvrp => list::<Cvrp>(),
            Self::Knapsack => list::<Knapsack>(),
            Self::Jssp => list::<Jssp>(),
            Self::Ffsp => list::<Ffsp>(),
            Self::Bandit => list::<Bandit>(),
        }
    }

    /// Extensions of instance files, in lower case without the dot. Files are written with the first one, asymmetric
    /// instances of the TSP with the second.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Tsp => &["tsp", "atsp"],
            Self::Cvrp => &["vrp", "cvrp"],
            Self::Knapsack => &["kp", "in"],
            Self::Jssp => &["jssp", "jsp"],
            Self::Ffsp => &["ffsp"],
            Self::Bandit => &["bandit"],
        }
    }

    /// The problem whose instance files have this extension, in whatever case.
    pub(crate) fn of_extension(extension: &str) -> Option<Self> {
        let has = |kind: &&Self| kind.extensions().iter().any(|own| own.eq_ignore_ascii_case(extension));
        Self::ALL.iter().find(has).copied()
    }

    /// Extension of solution files, without the dot.
    pub fn solution_extension(self) -> &'static str {
        match self {
            Self::Tsp => "tour",
            Self::Cvrp | Self::Knapsack | Self::Jssp => "sol",
            Self::Ffsp | Self::Bandit => "json",
        }
    }

    /// What one unit of the literature's objective adds to the cost: -1 where it is maximised, as the profit of a
    /// knapsack is. Tables of best known values hold the literature's objective; reports, traces and targets hold
    /// costs.
    pub fn sign(self) -> i64 {
        match self {
            Self::Tsp | Self::Cvrp | Self::Jssp | Self::Ffsp => 1,
            Self::Knapsack | Self::Bandit => -1,
        }
    }

    /// Reads an instance of this problem.
    pub fn read(self, text: &str, rounding: Rounding) -> Result<Instance, ParseError> {
        match self {
            Self::Tsp => Tsp::read(text, rounding).map(Instance::Tsp),
            Self::Cvrp => Cvrp::read(text, rounding).map(Instance::Cvrp),
            Self::Knapsack => Knapsack::read(text, rounding).map(Instance::Knapsack),
            Self::Jssp => Jssp::read(text, rounding).map(Instance::Jssp),
            Self::Ffsp => Ffsp::read(text, rounding).map(Instance::Ffsp),
            Self::Bandit => Bandit::read(text, rounding).map(Instance::Bandit),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Instance {
    /// Which problem it is.
    pub fn kind(&self) -> Kind {
        fn kind<P: Solvable>(_: &P) -> Kind {
            P::KIND
        }
        each!(self, p => kind(p))
    }

    /// Name as in the file; may be empty.
    pub fn name(&self) -> &str {
        each!(self, p => Solvable::name(p))
    }

    /// Renames the instance.
    pub fn set_name(&mut self, name: impl Into<String>) {
        each!(self, p => p.name = name.into());
    }

    /// Nodes of a TSP, customers of a CVRP, items of a knapsack, operations of a job shop or flow shop, arms of a
    /// bandit.
    pub fn size(&self) -> usize {
        each!(self, p => p.size())
    }

    /// Costs divided by this are in the units of the file.
    pub fn scale(&self) -> f64 {
        each!(self, p => p.scale())
    }

    /// Extension of the instance's file, without the dot.
    pub fn extension(&self) -> &'static str {
        let is_asymmetric = matches!(self, Self::Tsp(tsp) if !tsp.distances.is_symmetric());
        self.kind().extensions()[usize::from(is_asymmetric)]
    }

    /// Coordinates to draw, if there are any.
    pub fn points(&self) -> Option<&[[f64; 2]]> {
        each!(self, p => p.points())
    }

    /// Whether solutions can be drawn.
    pub fn has_picture(&self) -> bool {
        each!(self, p => p.has_picture())
    }

    /// Why no solution exists, where that can be told without a search: names the customer that cannot be served.
    pub fn infeasibility(&self) -> Option<String> {
        each!(self, p => Solvable::infeasibility(p))
    }

    /// The line of the instance's file `text` that its infeasibility is about, where it is about one: a demand that no
    /// vehicle holds, a fleet that holds too little.
    pub fn infeasible_line(&self, text: &str) -> Option<usize> {
        each!(self, p => p.infeasible_line(text))
    }

    /// The exact cost of `solution`, from scratch.
    ///
    /// # Errors
    /// [`Error::Broken`] with the first broken rule, [`Error::Mismatch`] for a solution of another problem.
    pub fn evaluate(&self, solution: &Solution) -> Result<Cost, Error> {
        each!(self, p => Ok(p.evaluate(matching(p, solution)?)?))
    }

    /// Writes the instance file.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        each!(self, p => p.write(out))
    }

    /// Reads a solution file of this instance. The result may be infeasible: [`Instance::evaluate`] judges it.
    pub fn read_solution(&self, text: &str) -> Result<Solution, ParseError> {
        fn read<P: Solvable>(problem: &P, text: &str) -> Result<Solution, ParseError> {
            problem.read_solution(text).map(P::wrap)
        }
        each!(self, p => read(p, text))
    }

    /// The solution in the form of a `.json` file: a schedule by its start times, not by the order on its machines.
    /// Other solutions have one form only.
    pub fn timed(&self, solution: &Solution) -> Solution {
        match (self, solution) {
            (Self::Jssp(jssp), Solution::Jssp(schedule)) => match jssp.start_times(schedule) {
                Ok(starts) => Solution::Jssp(Schedule::Starts(starts)),
                Err(_) => solution.clone(),
            },
            _ => solution.clone(),
        }
    }

    /// The solution file as text.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for a solution of another problem.
    pub fn solution_text(&self, solution: &Solution) -> Result<Vec<u8>, Error> {
        let mut text = Vec::new();
        each!(self, p => p.write_solution(matching(p, solution)?, &mut text))
            .map_err(|source| Error::file("solution", "write", source))?;
        Ok(text)
    }

    /// A picture of the solution as SVG text.
    ///
    /// # Errors
    /// [`Error::NoCoordinates`] where the instance has explicit weights only, [`Error::Mismatch`] for a solution of
    /// another problem.
    pub fn picture(&self, solution: &Solution, caption: &Caption) -> Result<String, Error> {
        each!(self, p => p.picture(matching(p, solution)?, caption))
            .ok_or_else(|| Error::NoCoordinates { place: self.name().into() })
    }
}

impl Solution {
    /// Which problem it belongs to.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Tsp(_) => Kind::Tsp,
            Self::Cvrp(_) => Kind::Cvrp,
            Self::Knapsack(_) => Kind::Knapsack,
            Self::Jssp(_) => Kind::Jssp,
            Self::Ffsp(_) => Kind::Ffsp,
            Self::Bandit(_) => Kind::Bandit,
        }
    }
}

/// The solution as one of `problem`.
pub(crate) fn matching<'a, P: Solvable>(_: &P, solution: &'a Solution) -> Result<&'a P::Solution, Error> {
    P::unwrap(solution).ok_or(Error::Mismatch { expected: P::NAME, found: solution.kind().name() })
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn list_of_problems_is_that_of_the_command_line() {
        assert_eq!(Kind::ALL, Kind::value_variants());
        let words = Kind::ALL.map(|kind| kind.to_possible_value().unwrap().get_name().to_string());
        assert_eq!(words, Kind::ALL.map(Kind::name));
    }
}
