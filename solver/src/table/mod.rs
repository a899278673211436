//! Published tables beside ours: the papers' numbers, our models' and our searches', on instances that anyone can make
//! again. Every table is made by one command and written as CSV, Markdown and SVG.

mod adaptive;
mod chosen;
mod constructive;
mod measure;
mod populations;
mod published;
mod sequoia;
mod write;

use heuron_search::Tactic;
use heuron_search::latent::Strategy;

use crate::error::Error;
use crate::instance::Kind;
use crate::plot::Line;
use chosen::{Chosen, Wanted};

pub use write::{csv, curves, markdown, picture};

/// A published table and ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name on the command line.
    pub name: &'static str,
    /// Authors and year.
    pub title: &'static str,
    /// One per set of instances.
    pub sections: Vec<Section>,
    /// What a reader must know to compare fairly.
    pub notes: Vec<String>,
}

impl Table {
    fn new(name: &'static str, title: &'static str, notes: Vec<String>) -> Self {
        Self { name, title, sections: Vec::new(), notes }
    }

    /// Adds a section, and lets the table as it then is be kept.
    fn add(&mut self, section: Section, settings: &Settings<'_>) -> Result<(), Error> {
        self.sections.push(section);
        (settings.keep)(self)
    }
}

/// Methods on one set of instances.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// The instances.
    pub name: String,
    /// What the objective is, with its unit: `length`, `profit`, `reward`.
    pub objective: &'static str,
    /// What our gaps are relative to.
    pub reference: String,
    /// The methods, published ones first.
    pub rows: Vec<Row>,
    /// Gaps over attempts, for a picture of their own.
    pub curves: Vec<Line>,
}

/// A method on a set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Where the numbers are from: a paper, or `heuron`.
    pub source: &'static str,
    /// The method.
    pub method: String,
    /// Instances.
    pub instances: Option<usize>,
    /// Mean objective.
    pub objective: Option<f64>,
    /// Mean gap to the section's reference, of published rows to theirs: 0.01 is one percent.
    pub gap: Option<f64>,
    /// Bootstrap interval of the gap, 95 %, paired with the reference.
    pub interval: Option<[f64; 2]>,
    /// The gap minus that of another row on the same instances.
    pub paired: Option<Paired>,
    /// Seconds for all instances: of published rows as published, of ours CPU time over all threads.
    pub time_s: Option<f64>,
    /// Constructions per instance.
    pub trajectories: Option<f64>,
}

/// A paired difference of gaps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paired {
    /// The other row's method.
    pub with: String,
    /// Mean difference; below 0 the row is better.
    pub mean: f64,
    /// Its bootstrap interval, 95 %.
    pub interval: [f64; 2],
}

/// The source of our rows.
pub const OURS: &str = "heuron";

impl Row {
    /// Whether we measured it.
    pub fn is_ours(&self) -> bool {
        self.source == OURS
    }
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Some instances of every set: minutes on two cores.
    Quick,
    /// A thousand of every set: hours.
    Full,
}

impl Size {
    /// `quick` or `full` of something.
    pub fn pick<T>(self, quick: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// How a table is made.
pub struct Settings<'a> {
    /// How much is measured.
    pub size: Size,
    /// Threads; they change nothing but the time.
    pub threads: usize,
    /// Seed of samples.
    pub seed: u64,
    /// Models in the place of the shipped ones, one per problem at most.
    pub models: &'a [String],
    /// Hears of every row as it is measured.
    pub say: &'a (dyn Fn(&str) + Sync),
    /// Keeps the table after every section: the next one may take hours.
    pub keep: &'a (dyn Fn(&Table) -> Result<(), Error> + Sync),
}

/// A table that can be made.
#[derive(Clone, Copy)]
pub struct Recipe {
    /// Name on the command line.
    pub name: &'static str,
    /// What it compares with.
    pub about: &'static str,
    wanted: Wanted,
    make: fn(&Settings<'_>, &Chosen) -> Result<Table, Error>,
}

/// Models that construct without more, of these problems.
const fn plain(kinds: &'static [Kind]) -> Wanted {
    Wanted { kinds, tactic: Tactic::Sample, ending: "" }
}

const ROUTES: Wanted = plain(&[Kind::Tsp, Kind::Cvrp]);
const POPULATIONS: Wanted = Wanted { kinds: populations::KINDS, tactic: Tactic::Population, ending: "-poppy" };
const LATENTS: Wanted =
    Wanted { kinds: populations::LATENT_KINDS, tactic: Tactic::Latent(Strategy::Uniform), ending: "-compass" };

/// Every table.
pub const TABLES: &[Recipe] = &[
    Recipe {
        name: "pomo",
        about: constructive::POMO,
        wanted: plain(&[Kind::Tsp, Kind::Cvrp, Kind::Knapsack]),
        make: constructive::pomo,
    },
    Recipe { name: "rlor", about: constructive::RLOR, wanted: ROUTES, make: constructive::rlor },
    Recipe { name: "preference", about: constructive::PREFERENCE, wanted: ROUTES, make: constructive::preference },
    Recipe { name: "poppy", about: populations::POPPY, wanted: POPULATIONS, make: populations::poppy },
    Recipe { name: "compass", about: populations::COMPASS, wanted: LATENTS, make: populations::compass },
    Recipe { name: "sequoia", about: sequoia::SEQUOIA, wanted: plain(&[]), make: sequoia::table },
];

/// Makes the table called `name`.
///
/// # Errors [`Error::Option`] for another name and [`Error::Model`] for models that do not fit, before anything is
/// measured; what [`Settings::keep`] says.
pub fn regenerate(name: &str, settings: &Settings<'_>) -> Result<Table, Error> {
    let recipe = TABLES.iter().find(|recipe| recipe.name == name).ok_or_else(|| {
        let known: Vec<&str> = TABLES.iter().map(|recipe| recipe.name).collect();
        Error::Option { key: "table", expected: format!("one of {}", known.join(", ")), found: name.into() }
    })?;
    (recipe.make)(settings, &Chosen::new(recipe.wanted, settings.models)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn table_is_kept_after_every_section() {
        let kept = Mutex::new(Vec::new());
        let keep = |table: &Table| {
            kept.lock().unwrap().push(table.sections.len());
            Ok(())
        };
        let settings = Settings { size: Size::Quick, threads: 1, seed: 1, models: &[], say: &|_| {}, keep: &keep };
        let mut table = Table::new("any", "title", Vec::new());
        for _ in 0..3 {
            table.add(Section::default(), &settings).unwrap();
        }
        assert_eq!(*kept.lock().unwrap(), [1, 2, 3]);
    }
}
