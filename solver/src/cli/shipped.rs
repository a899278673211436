//! `heuron methods`, `heuron sets`, `heuron models`: what is there.

use std::fmt::Write;

use clap::Args;
use clap::ValueEnum;
use heuron::{Error, Kind, Rule};
use heuron_policies::zoo;
use heuron_problems::SETS;

use super::print;

/// Names and descriptions of a problem's methods.
#[derive(Args)]
pub struct Methods {
    /// Problem
    #[arg(value_enum)]
    problem: Kind,
}

impl Methods {
    /// Prints one method per line.
    pub fn run(self) -> Result<u8, Error> {
        let methods = self.problem.methods();
        let width = methods.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let lines: String = methods.iter().map(|(name, about)| format!("{name:<width$}  {about}\n")).collect();
        print(lines.as_bytes()).map(|()| 0)
    }
}

/// Prints one set per line.
pub fn sets() -> Result<u8, Error> {
    let mut lines = String::new();
    for set in SETS {
        let _ = writeln!(
            lines,
            "{:<10}  {:<5}  {:>6} x {:<6}  {}",
            set.name,
            set.problem(),
            set.count,
            format!("n={}", set.n),
            set.origin
        );
    }
    lines.push_str("\nheuron generate --set NAME --output DIR writes a set's instances.\n");
    print(lines.as_bytes()).map(|()| 0)
}

/// Prints one model per line, with the first line of its card, then the rules that are measured as models are.
pub fn models() -> Result<u8, Error> {
    let models = zoo::MODELS;
    let width = models.iter().map(|model| model.name.len()).max().unwrap_or(0);
    let mut lines: String = models.iter().map(|model| format!("{:<width$}  {}\n", model.name, model.about())).collect();
    lines.push_str("\nDispatching rules, which `heuron evaluate PROBLEM --model NAME` takes too:\n");
    for problem in Kind::value_variants() {
        for (name, about, _) in Rule::of(*problem) {
            let _ = writeln!(lines, "{name:<width$}  {problem}: {about}");
        }
    }
    print(lines.as_bytes()).map(|()| 0)
}
