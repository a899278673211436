//! Tables of policies that adapt to an instance: Poppy and COMPASS.
//!
//! - N. Grinsztajn et al., "Winner takes it all: training performant RL populations for combinatorial optimization"
//!   (Poppy), NeurIPS 2023, tables 1 to 5.
//! - F. Chalumeau et al., "Combinatorial optimization with policy adaptation using latent space search" (COMPASS),
//!   NeurIPS 2023, table 1: 1 600 attempts, no augmentation.

use heuron_policies::Weights;
use heuron_problems::{Cvrp, Generate, Problem, Tsp, stream};
use heuron_search::latent::Strategy;
use heuron_search::{Tactic, active};

use super::adaptive::{COMPASS_SETS, Listed, POPPY_SETS};
use super::chosen::Chosen;
use super::measure::{Bench, Measured, knapsacks, published};
use super::{Section, Settings, Table};
use crate::error::Error;
use crate::instance::{Instance, Kind};
use crate::models::model;

/// What the tables compare with.
pub(super) const POPPY: &str = "Grinsztajn et al., Poppy, 2023: TSP, CVRP, knapsack, job shop";
pub(super) const COMPASS: &str = "Chalumeau et al., COMPASS, 2023: TSP, CVRP, job shop";

/// Iterations without improvement of the solver's quick row.
const SHORT: u64 = 1_000;

/// The table of COMPASS.
pub(super) fn compass(settings: &Settings<'_>, chosen: &Chosen) -> Result<Table, Error> {
    let notes = vec![
        "An attempt is a construction from every opening, of a shop a schedule. Latent vectors are followed greedily, \
         of a shop by samples; sampling is that of the problem's plain model, which may have been trained further \
         since theirs began with it (their cards say so), and so is active search, which learns from its samples \
         (Hottung et al., 2022). Each of our learned rows is paired with sampling at the same attempts."
            .into(),
        FEW.into(),
    ];
    measured(settings, chosen, COMPASS_SETS, latent_section, Table::new("compass", COMPASS, notes))
}

/// The table of Poppy.
pub(super) fn poppy(settings: &Settings<'_>, chosen: &Chosen) -> Result<Table, Error> {
    let notes = vec![
        "Populations are greedy, one attempt per agent; beyond that, samples from the best pairs of agent and opening, \
         of shops from the agents in turn. The base is the problem's plain model, with which the shipped populations \
         began, sampled as often; active search is of the base too, and learns from its samples (Hottung et al., \
         2022)."
            .into(),
        FEW.into(),
    ];
    measured(settings, chosen, POPPY_SETS, population_section, Table::new("poppy", POPPY, notes))
}

/// What holds for both.
const FEW: &str = "Means over the first instances of a set differ from the published means over all of it: compare \
gaps. Our models are 64 wide with 3 to 6 layers, trained for minutes on a shared core (`heuron models`); the published \
ones are 128 wide with 6 layers, trained for days on a TPU. Without a model of a problem its learned sections are left \
out.";

/// A section of a model on a set.
type Learned = fn(&Settings<'_>, Named, (&str, &Weights)) -> Result<Section, Error>;

/// The table with the published sets, of which it has the papers' rows and our searches', then those of every model.
fn measured(
    settings: &Settings<'_>,
    chosen: &Chosen,
    sets: &[Listed],
    learned: Learned,
    mut table: Table,
) -> Result<Table, Error> {
    for listed in sets {
        table.add(solver_section(settings, listed)?, settings)?;
    }
    for (kind, model) in KINDS.iter().filter_map(|&kind| Some((kind, chosen.of(kind)?))) {
        for set in learned_sets(settings, kind)? {
            table.add(learned(settings, set, model)?, settings)?;
        }
    }
    Ok(table)
}

/// Problems of the models: of Poppy, and of COMPASS.
pub(super) const KINDS: &[Kind] = &[Kind::Tsp, Kind::Cvrp, Kind::Knapsack, Kind::Jssp];
pub(super) const LATENT_KINDS: &[Kind] = &[Kind::Tsp, Kind::Cvrp, Kind::Jssp];

fn solver_section(settings: &Settings<'_>, listed: &Listed) -> Result<Section, Error> {
    let count = settings.size.pick(listed.quick, 1_000);
    let instances = match listed.set {
        "knapsack100" => knapsacks(100, count)?,
        set => published(set, count),
    };
    let bench = Bench::new(settings, listed.set, instances);
    let mut section = bench.section();
    section.rows.extend(listed.rows.iter().map(|row| row.row(listed.count)));
    let short = bench.searched(SHORT);
    section.rows.extend([&short, &bench.reference].map(|measured| bench.row(measured, None)));
    Ok(section)
}

/// The published job shops of the size that models of populations are trained for.
const SHOPS: &str = "l2d-10x10";

/// A set by name, with its instances.
type Named = (String, Vec<Instance>);

/// Sets of the training size, of a larger one, and mutated ones, which the training has not seen.
fn learned_sets(settings: &Settings<'_>, kind: Kind) -> Result<Vec<Named>, Error> {
    let count = settings.size.pick(40, 1_000);
    match kind {
        Kind::Knapsack => return Ok(vec![("knapsack50".into(), knapsacks(50, count)?)]),
        Kind::Jssp => return Ok(vec![(SHOPS.into(), published(SHOPS, count.min(100)))]),
        _ => {}
    }
    let [small, large] = [50, 100].map(|n| format!("{kind}{n}"));
    let mut sets = vec![
        (small.clone(), published(&small, count)),
        (large.clone(), published(&large, settings.size.pick(10, 1_000))),
    ];
    for power in [30, 60, 90] {
        let instances = if kind == Kind::Tsp { mutated::<Tsp>(power, count)? } else { mutated::<Cvrp>(power, count)? };
        sets.push((format!("{small}, mutated, power {power} %"), instances));
    }
    Ok(sets)
}

/// Mutated instances of 50 nodes, the operators as they are drawn.
fn mutated<P: Problem + Generate>(power: u32, count: usize) -> Result<Vec<Instance>, Error>
where
    Instance: From<P>,
{
    let spec = P::spec(50, &format!("mutated,power={power}")).map_err(|source| Error::Spec { key: "n", source })?;
    let one = |index| Instance::from(P::generate(&spec, &mut stream(1, "generate", index)));
    Ok((0..count as u64).map(one).collect())
}

/// Adds what the model comes to that training of adapted ones begins with: by samples, which it gives back, and by
/// active search, if that fits it.
fn base(bench: &Bench<'_>, kind: Kind, marks: &[u64], section: &mut Section) -> Result<Vec<Measured>, Error> {
    let (name, weights) = (kind.name(), model(kind.name())?);
    let mut spent = |what: &str, tactic: Tactic| {
        let spent = bench.spent(&format!("model {name}, {what}"), (name, &weights), tactic, marks)?;
        section.curves.push(bench.curve(what, marks, &spent));
        Ok::<_, Error>(spent)
    };
    let sampled = spent("samples", Tactic::Sample)?;
    let learning = Tactic::Active(active::Config::default());
    let active = match learning.fits(&weights.architecture) {
        Ok(()) => spent("active search", learning)?,
        Err(_) => Vec::new(),
    };
    section.rows.extend(sampled.iter().map(|sampled| bench.row(sampled, None)));
    section.rows.extend(active.iter().zip(&sampled).map(|(active, sampled)| bench.row(active, Some(sampled))));
    Ok(sampled)
}

/// Latent vectors by evolution and at random, and the base, at the same attempts.
fn latent_section(settings: &Settings<'_>, set: Named, (name, weights): (&str, &Weights)) -> Result<Section, Error> {
    let marks: &[u64] = settings.size.pick(&[16, 64, 160], &[16, 64, 160, 400, 1_600]);
    let kind = set.1.first().map_or(Kind::Tsp, Instance::kind);
    let bench = Bench::new(settings, &set.0, set.1);
    let mut section = bench.section();
    let sampled = base(&bench, kind, marks, &mut section)?;
    let narrow =
        AMPLITUDES.map(|step| (format!("model {name}, evolved, first step {step}"), Strategy::Evolve { step }));
    let uniform = (format!("model {name}, random vectors"), Strategy::Uniform);
    for (what, strategy) in [uniform].into_iter().chain(narrow) {
        let spent = bench.spent(&what, (name, weights), Tactic::Latent(strategy), marks)?;
        section.rows.extend(spent.iter().zip(&sampled).map(|(spent, sampled)| bench.row(spent, Some(sampled))));
        section.curves.push(bench.curve(&what, marks, &spent));
    }
    section.rows.push(bench.row(&bench.reference, None));
    Ok(section)
}

/// First steps of the evolution: as published, and within the prior.
const AMPLITUDES: [f64; 2] = [100.0, 30.0];

/// The population against the base.
fn population_section(
    settings: &Settings<'_>,
    set: Named,
    (name, weights): (&str, &Weights),
) -> Result<Section, Error> {
    let kind = set.1.first().map_or(Kind::Tsp, Instance::kind);
    let agents = weights.architecture.agents.unwrap_or(1) as u64;
    let marks = [agents, 16, 100];
    let bench = Bench::new(settings, &set.0, set.1);
    let mut section = bench.section();
    let sampled = base(&bench, kind, &marks, &mut section)?;
    let what = format!("model {name}, {agents} agents");
    let spent: Vec<Measured> = bench.spent(&what, (name, weights), Tactic::Population, &marks)?;
    section.curves.push(bench.curve(&what, &marks, &spent));
    section.rows.extend(spent.iter().zip(&sampled).map(|(spent, sampled)| bench.row(spent, Some(sampled))));
    section.rows.push(bench.row(&bench.reference, None));
    Ok(section)
}

#[cfg(test)]
mod tests {
    use super::super::Size;
    use super::*;

    #[test]
    fn base_has_rows_of_samples_and_of_active_search_which_begins_with_the_same_samples() {
        let settings =
            Settings { size: Size::Quick, threads: 2, seed: 1, models: &[], say: &|_| {}, keep: &|_| Ok(()) };
        let bench = Bench::new(&settings, "tsp20", published("tsp20", 2));
        let mut section = bench.section();
        let sampled = base(&bench, Kind::Tsp, &[1, 5], &mut section).unwrap();
        assert_eq!(sampled.len(), 2);
        let methods: Vec<&str> = section.rows.iter().map(|row| row.method.as_str()).collect();
        let [_, _, first, last] = &methods[..] else { panic!("{methods:?}") };
        assert!(first.ends_with("active search, 1 attempts") && last.ends_with("active search, 5 attempts"));
        assert_eq!(section.rows[2].paired.as_ref().map(|paired| paired.interval), Some([0.0, 0.0]));
        assert_eq!(section.rows[3].trajectories, Some(100.0));
        assert_eq!(section.curves.len(), 2);
    }
}
