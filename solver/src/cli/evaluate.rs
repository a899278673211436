//! `heuron evaluate`: how good a model or a dispatching rule alone is on a set, in figures that tables can be made of.

mod check;

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use cpu_time::ProcessTime;
use heuron::plot::mean_in_units;
use heuron::{
    Campaign, Error, Evaluation, Instance, Judged, Kind, ModelError, Options, Rule, Spent, best_known, gap,
    instance_files, interval, load, mean, model, play_model, reference,
};
use heuron_policies::Weights;
use heuron_policies::device::Kind as Device;
use heuron_policies::inference::{Effort, Search};
use heuron_policies::native::spread::spread;
use heuron_problems::{Cost, Set};
use heuron_search::latent::Strategy;
use heuron_search::{Tactic, active};
use serde::Serialize;

use super::generate::Generate;
use super::place::Place;
use super::trace::Lines;
use super::{say, signal};

/// A model, a set, and how hard the model tries.
#[derive(Args)]
pub struct Evaluate {
    /// Problem
    #[arg(value_enum)]
    problem: Kind,

    /// Model: a file that `heuron train` wrote, or a name of `heuron models`, dispatching rules among them
    #[arg(long, value_name = "FILE|NAME")]
    model: String,

    /// A published set (`heuron sets`), a folder of instance files, or one file; else instances are generated
    #[arg(long, value_name = "NAME|DIR|FILE", required_unless_present = "n")]
    #[arg(conflicts_with_all = ["n", "distribution"])]
    set: Option<String>,

    /// Size of generated instances
    #[arg(long, value_name = "N")]
    n: Option<usize>,

    /// Number of instances: of a set the first ones [default: all; 1000 generated ones]
    #[arg(long, value_name = "K")]
    count: Option<usize>,

    /// Distribution of generated instances, as in `heuron generate`
    #[arg(long, value_name = "NAME", default_value = "uniform")]
    distribution: String,

    /// Seed of generated instances and of samples
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,

    /// How constructions choose
    #[arg(long, value_enum, default_value = "greedy")]
    decode: Decode,

    /// Openings that are tried [default: all]
    #[arg(long, value_name = "N")]
    starts: Option<usize>,

    /// Try the eight images of every instance
    #[arg(long)]
    augment: bool,

    /// Constructions per image of `sample`, lanes of `beam` (an equal share for every opening), lanes of `sgbs`
    /// [default: 128; 4 of sgbs]
    #[arg(long, value_name = "N")]
    samples: Option<usize>,

    /// Continuations of every lane that `sgbs` tries [default: 4]
    #[arg(long, value_name = "N")]
    children: Option<usize>,

    /// Attempts of `active`, `latent`, `uniform` and `population`: constructions from all openings [default: 100]
    #[arg(long, value_name = "N")]
    attempts: Option<u64>,

    /// Costs to compare with: a CSV table with the columns `instance` and `best_known`, or `none` [default: the costs
    /// that `heuron solve` reaches without a model until it finds no better one in 50 000 iterations (2 000 on the TSP
    /// and of flow shops, 5 000 on the CVRP, 200 000 of job shops); of bandits, the planner's in the same episodes]
    #[arg(long, value_name = "FILE|none")]
    references: Option<String>,

    /// Report: a line of JSON for the set, then one per instance
    #[arg(long, value_name = "FILE|-")]
    report: Option<PathBuf>,

    /// Threads [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,

    /// Where the network runs: cpu, gpu (Vulkan, Metal, DirectX 12) or cuda, of which a build has those it was made
    /// with
    #[arg(long, value_name = "KIND", default_value_t = Device::Cpu)]
    device: Device,
}

/// How constructions choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Decode {
    /// The most probable action, from every opening
    Greedy,
    /// At random by probability, from the openings in turn
    Sample,
    /// Beam search from the openings
    Beam,
    /// Simulation-guided beam search from the best of the openings (Choo et al., 2022)
    Sgbs,
    /// At random, by a model that learns from every attempt (efficient active search), `--attempts` of them
    Active,
    /// Evolved latent vectors (COMPASS), `--attempts` of them
    Latent,
    /// Latent vectors at random
    Uniform,
    /// All agents of a population (Poppy), then samples from the best, of shops from all in turn, in all `--attempts`
    Population,
}

/// The line of the set. Costs are in the instances' integer units.
#[derive(Serialize)]
struct Summary<'a> {
    problem: Kind,
    model: &'a str,
    set: String,
    instances: usize,
    /// Whether a signal came before all instances were done; those that were not are in none of the figures.
    interrupted: bool,
    /// Size of the instances; none if they differ.
    n: Option<usize>,
    decode: Decode,
    starts: Option<usize>,
    augment: bool,
    samples: Option<usize>,
    attempts: Option<u64>,
    /// Continuations of every lane of `sgbs`.
    children: Option<usize>,
    device: String,
    seed: u64,
    /// Instances without a feasible construction; they are in none of the means.
    unsolved: usize,
    mean_cost: Option<f64>,
    /// Of bandits: mean of the dual bounds.
    mean_bound: Option<f64>,
    /// Costs divided by this are in the units of the files; none if they differ.
    scale: Option<f64>,
    reference: Option<&'a str>,
    mean_reference: Option<f64>,
    /// Mean of (cost - reference) / |reference|.
    mean_gap: Option<f64>,
    /// Bootstrap interval of the mean gap, 95 %.
    gap_interval: Option<[f64; 2]>,
    trajectories: u64,
    trajectories_per_s: f64,
    wall_s: f64,
    cpu_s: f64,
    version: &'static str,
}

/// The line of an instance.
#[derive(Serialize)]
struct Row<'a> {
    instance: &'a str,
    size: usize,
    cost: Option<Cost>,
    bound: Option<Cost>,
    reference: Option<Cost>,
    gap: Option<f64>,
    trajectories: u64,
}

impl Evaluate {
    /// Measures, prints a line, and writes the report. Exit code 1 where an instance has no feasible construction.
    pub fn run(self) -> Result<u8, Error> {
        let options = Options { threads: self.threads, problem: Some(self.problem), ..Options::default() };
        options.check()?;
        self.check()?;
        let mut report = match &self.report {
            Some(path) => Some(Lines::new(Place::single(path)?, path.display().to_string())),
            None => None,
        };
        let rule = self.rule();
        let weights = if self.problem == Kind::Bandit || rule.is_some() { None } else { Some(self.weights()?) };
        let instances = self.instances(&options)?;
        let known = self.known(&instances)?;
        signal::listen(&options.stop);
        let (begin, cpu) = (Instant::now(), ProcessTime::now());
        let judged = match (rule, &weights) {
            (Some(rule), _) => rule.run_until(&instances, options.threads(), &options.stop),
            (None, Some(weights)) => self.judge(weights, &instances, &options)?,
            (None, None) => bandits(&instances, Some(&self.model), self.seed, &options)?,
        };
        let (wall_s, cpu_s) = (begin.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
        let references = match known {
            Some(known) => known,
            None => self.references(&instances, &options)?,
        };
        let rows: Vec<Row<'_>> = instances.iter().zip(judged).zip(references).filter_map(row).collect();
        let summary = self.summary(&instances, &rows, (wall_s, cpu_s), options.stop.is_cancelled());
        if let Some(report) = &mut report {
            report.write(&summary)?;
            rows.iter().try_for_each(|row| report.write(row))?;
        }
        say(&line(&summary, instances.len()));
        Ok(u8::from(summary.unsolved > 0 || rows.is_empty()))
    }

    /// The dispatching rule that the model's name is one of.
    fn rule(&self) -> Option<Rule> {
        Rule::find(self.problem, &self.model)
    }

    fn weights(&self) -> Result<Weights, Error> {
        model(&self.model).map_err(|error| match error {
            Error::Model { name, source: ModelError::Unknown { mut known } } => {
                known.extend(Rule::of(self.problem).into_iter().map(|(rule, ..)| rule));
                Error::model(name, ModelError::Unknown { known })
            }
            error => error,
        })
    }

    /// The decoder as on the command line.
    fn decoder(&self) -> String {
        let word = self.decode.to_possible_value();
        format!("`--decode {}`", word.as_ref().map_or("", |value| value.get_name()))
    }

    fn takes_samples(&self) -> bool {
        matches!(self.decode, Decode::Sample | Decode::Beam | Decode::Sgbs)
    }

    fn children(&self) -> usize {
        self.children.unwrap_or(4)
    }

    fn attempts(&self) -> u64 {
        self.attempts.unwrap_or(100)
    }

    fn samples(&self) -> usize {
        self.samples.unwrap_or(if self.decode == Decode::Sgbs { 4 } else { 128 })
    }

    fn judge(
        &self,
        weights: &Weights,
        instances: &[Instance],
        options: &Options,
    ) -> Result<Vec<Option<Judged>>, Error> {
        let search = match self.decode {
            Decode::Greedy => Search::Greedy,
            Decode::Sample => Search::Sample(self.samples()),
            Decode::Beam => Search::Beam(self.samples()),
            Decode::Sgbs => Search::Guided { lanes: self.samples(), children: self.children() },
            Decode::Active => {
                return self.spend(weights, instances, options, Tactic::Active(active::Config::default()));
            }
            Decode::Latent => return self.spend(weights, instances, options, Tactic::Latent(Strategy::default())),
            Decode::Uniform => return self.spend(weights, instances, options, Tactic::Latent(Strategy::Uniform)),
            Decode::Population => return self.spend(weights, instances, options, Tactic::Population),
        };
        let effort = Effort { search, starts: self.starts, augment: self.augment, seed: self.seed };
        let evaluation = Evaluation { name: &self.model, weights, effort, threads: options.threads() };
        evaluation.run_on(self.device, instances, &options.stop)
    }

    fn spend(
        &self,
        weights: &Weights,
        instances: &[Instance],
        options: &Options,
        tactic: Tactic,
    ) -> Result<Vec<Option<Judged>>, Error> {
        let (name, seed, marks, threads) = (self.model.as_str(), self.seed, &[self.attempts()], options.threads());
        let campaign = Campaign { name, weights, tactic, marks, seed, threads };
        let spent = campaign.run_until(instances, &options.stop)?;
        let judged = |spent: Spent| Judged { cost: spent.costs[0], bound: None, trajectories: spent.trajectories };
        Ok(spent.into_iter().map(|spent| spent.map(judged)).collect())
    }

    /// Whether attempts are counted, not constructions.
    fn counts_attempts(&self) -> bool {
        matches!(self.decode, Decode::Active | Decode::Latent | Decode::Uniform | Decode::Population)
    }

    fn instances(&self, options: &Options) -> Result<Vec<Instance>, Error> {
        let path = match &self.set {
            Some(name) if Set::find(name).is_none() => Path::new(name),
            set => {
                let count = self.count.or_else(|| self.n.map(|_| 1_000));
                let Self { problem, n, seed, .. } = *self;
                let (distribution, set) = (self.distribution.clone(), set.clone());
                return Generate { problem, n, count, distribution, set, seed, output: None }.instances();
            }
        };
        let mut instances = Vec::new();
        for file in instance_files(path, self.problem)? {
            instances.extend(load(&file, options)?);
        }
        instances.truncate(self.count.unwrap_or(usize::MAX));
        if instances.is_empty() {
            let expected = "a published set, or a file or folder with instances".into();
            return Err(Error::Option { key: "set", expected, found: path.display().to_string() });
        }
        Ok(instances)
    }

    /// The references that need no search; none: they do.
    fn known(&self, instances: &[Instance]) -> Result<Option<Vec<Option<Cost>>>, Error> {
        let Some(table) = self.references.as_deref() else { return Ok(None) };
        let of =
            |instance: &Instance| if table == "none" { Ok(None) } else { best_known(Path::new(table), instance, None) };
        instances.iter().map(of).collect::<Result<_, _>>().map(Some)
    }

    /// The references by search; none of the instances that an interruption left out.
    fn references(&self, instances: &[Instance], options: &Options) -> Result<Vec<Option<Cost>>, Error> {
        if self.problem == Kind::Bandit {
            let plays = bandits(instances, None, self.seed, options)?;
            return Ok(plays.into_iter().map(|judged| judged?.cost).collect());
        }
        let mut costs = vec![None; instances.len()];
        let search =
            |instance: &Instance| if options.stop.is_cancelled() { None } else { reference(instance, &options.stop) };
        spread(options.threads(), &mut costs, |index, cost| *cost = search(&instances[index]));
        Ok(costs)
    }

    fn summary<'a>(
        &'a self,
        instances: &[Instance],
        rows: &[Row<'_>],
        (wall_s, cpu_s): (f64, f64),
        interrupted: bool,
    ) -> Summary<'a> {
        let costs: Vec<f64> = rows.iter().filter_map(|row| Some(row.cost? as f64)).collect();
        let bounds: Vec<f64> = rows.iter().filter_map(|row| Some(row.bound? as f64)).collect();
        let references: Vec<f64> = rows.iter().filter_map(|row| Some(row.reference? as f64)).collect();
        let gaps: Vec<f64> = rows.iter().filter_map(|row| row.gap).collect();
        let trajectories = rows.iter().map(|row| row.trajectories).sum();
        let source = match self.references.as_deref() {
            Some("none") => None,
            None if self.problem == Kind::Bandit => Some("planner"),
            named => Some(named.unwrap_or("heuron solve")),
        };
        Summary {
            problem: self.problem,
            model: &self.model,
            set: self.set.clone().unwrap_or_else(|| format!("{}, seed {}", self.distribution, self.seed)),
            instances: rows.len(),
            interrupted,
            n: common(rows.iter().map(|row| row.size)),
            decode: self.decode,
            starts: self.starts,
            augment: self.augment,
            samples: self.takes_samples().then(|| self.samples()),
            attempts: self.counts_attempts().then(|| self.attempts()),
            children: (self.decode == Decode::Sgbs).then(|| self.children()),
            device: self.device.to_string(),
            seed: self.seed,
            unsolved: rows.iter().filter(|row| row.cost.is_none()).count(),
            mean_cost: mean(&costs),
            mean_bound: mean(&bounds),
            scale: common(instances.iter().map(Instance::scale)),
            reference: source,
            mean_reference: mean(&references),
            mean_gap: mean(&gaps),
            gap_interval: interval(&gaps),
            trajectories,
            trajectories_per_s: trajectories as f64 / wall_s.max(1e-9),
            wall_s,
            cpu_s,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// What a model of bandits earns in the episodes of a seed, or the planner; an episode counts as a trajectory.
fn bandits(
    instances: &[Instance],
    model: Option<&str>,
    seed: u64,
    options: &Options,
) -> Result<Vec<Option<Judged>>, Error> {
    let mut judged: Vec<Option<Result<Judged, Error>>> = instances.iter().map(|_| None).collect();
    let judge = |instance: &Instance| {
        let Instance::Bandit(bandit) = instance else {
            let expected = "bandit instances".into();
            return Err(Error::Option { key: "set", expected, found: instance.name().into() });
        };
        let play = play_model(bandit, model, seed)?;
        let (judgement, trajectories) = (bandit.judge(&play)?, play.episodes.len() as u64);
        Ok(Judged { cost: Some(judgement.cost()), bound: Some(judgement.bound()), trajectories })
    };
    spread(options.threads(), &mut judged, |index, place| {
        *place = (!options.stop.is_cancelled()).then(|| judge(&instances[index]));
    });
    judged.into_iter().map(Option::transpose).collect()
}

/// None for an instance that was not done.
fn row<'a>(((instance, judged), reference): ((&'a Instance, Option<Judged>), Option<Cost>)) -> Option<Row<'a>> {
    let Judged { cost, bound, trajectories } = judged?;
    let (name, size) = (instance.name(), instance.size());
    Some(Row { instance: name, size, cost, bound, reference, gap: gap(cost, reference), trajectories })
}

/// The value that all have.
fn common<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

fn line(summary: &Summary<'_>, all: usize) -> String {
    let mut line = match summary.interrupted {
        true => format!("interrupted: {} of {all} instances", summary.instances),
        false => format!("{all} instances"),
    };
    if let Some(cost) = summary.mean_cost {
        line += &format!(", mean cost {}", mean_in_units(cost, summary.scale.unwrap_or(1.0)));
    }
    if let Some(bound) = summary.mean_bound {
        line += &format!(", bound {}", mean_in_units(bound, summary.scale.unwrap_or(1.0)));
    }
    if let (Some(gap), Some([low, high])) = (summary.mean_gap, summary.gap_interval) {
        line += &format!(", gap {:.3} % ({:.3} to {:.3})", 100.0 * gap, 100.0 * low, 100.0 * high);
    }
    if summary.unsolved > 0 {
        line += &format!(", {} without a feasible construction", summary.unsolved);
    }
    line + &format!(
        ", {:.0} trajectories/s, wall {:.2} s, cpu {:.2} s",
        summary.trajectories_per_s, summary.wall_s, summary.cpu_s
    )
}
