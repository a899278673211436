//! `heuron check`: the judge. It shares evaluation and readers with the solver, and nothing with any search.

use std::path::PathBuf;

use clap::Args;
use heuron::{Error, Instance, Kind, Options, Round, load, load_text, parse_solution};
use heuron_problems::Cost;
use heuron_problems::cvrp::read_sol;
use heuron_problems::knapsack::read_selection;

use super::{print, say};

/// An instance, and a solution of it.
#[derive(Args)]
pub struct Check {
    /// Instance file; `-` is standard input
    file: PathBuf,

    /// Solution file; `-` is standard input
    solution: PathBuf,

    /// Problem; detected from the file when absent
    #[arg(long, value_enum)]
    problem: Option<Kind>,

    /// How Euclidean distances become costs [default: nearest]
    #[arg(long, value_enum)]
    round: Option<Round>,

    /// Number of the instance in a set of several, from 0
    #[arg(long, value_name = "I")]
    index: Option<usize>,
}

impl Check {
    /// Prints the cost, in the units of the file; that of a knapsack is minus its profit. A broken rule is an error of
    /// exit code 1.
    pub fn run(self) -> Result<u8, Error> {
        let instance = self.instance()?;
        let text = load_text(&self.solution)?;
        let solution = parse_solution(&self.solution, &text, &instance)?;
        let cost = instance.evaluate(&solution)?;
        let exact = exact(cost, instance.scale());
        if let Some(value) = contradiction(&instance, &text, cost) {
            say(&format!("heuron: the file declares {value}, which is wrong"));
        }
        print(format!("feasible, cost {exact}\n").as_bytes()).map(|()| 0)
    }

    fn instance(&self) -> Result<Instance, Error> {
        let options = Options { problem: self.problem, round: self.round, ..Options::default() };
        let mut instances = load(&self.file, &options)?;
        let count = instances.len();
        let refusal = |found: String| {
            let expected = format!("the number of one of the {count} instances, from 0");
            Error::Option { key: "index", expected, found }
        };
        match self.index {
            Some(index) if index < count => Ok(instances.swap_remove(index)),
            Some(index) => Err(refusal(index.to_string())),
            None if count == 1 => Ok(instances.swap_remove(0)),
            None => Err(refusal("none".into())),
        }
    }
}

/// A cost in units of the file with all the digits that the integer has.
fn exact(cost: Cost, scale: f64) -> String {
    let digits = scale.log10().ceil().max(0.0) as usize;
    if digits == 0 { cost.to_string() } else { format!("{:.digits$}", cost as f64 / scale) }
}

/// What the solution file states, `cost 12` or `value 12`, if it is wrong. `.tour` files have no place for it.
fn contradiction(instance: &Instance, text: &str, cost: Cost) -> Option<String> {
    match instance {
        Instance::Tsp(_) | Instance::Jssp(_) | Instance::Ffsp(_) | Instance::Bandit(_) => None,
        Instance::Cvrp(cvrp) => {
            let declared = read_sol(text).ok()?.1?;
            (!declared.agrees(cvrp, cost)).then(|| format!("cost {}", declared.value))
        }
        Instance::Knapsack(knapsack) => {
            let value = read_selection(text).ok()?.1?;
            let profit = -cost as f64 / knapsack.scale;
            // Beyond 2^53 a declared value is not kept to the last digit.
            ((value - profit).abs() > 1e-12 * profit).then(|| format!("value {value}"))
        }
    }
}
