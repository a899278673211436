//! Rows that we measure: a set of instances with its references, and what models and searches make of it.

use cpu_time::ProcessTime;
use heuron_policies::Weights;
use heuron_policies::inference::Effort;
use heuron_policies::native::spread::spread;
use heuron_problems::{Cost, Generate, Instances, Knapsack, Set, stream};
use heuron_search::Tactic;

use super::{OURS, Paired, Row, Section, Settings};
use crate::error::Error;
use crate::evaluation::{Campaign, Evaluation};
use crate::instance::{Instance, Kind};
use crate::options::Options;
use crate::plot::Line;
use crate::reference::patience;
use crate::report::gap;
use crate::run::solve;
use crate::statistics::{interval, mean};

/// Most iterations without a better solution of the reference search for a quick look; else they are those of
/// [`patience`].
const QUICK: u64 = 10_000;

/// Instances, and the costs that gaps are relative to.
pub(super) struct Bench<'a> {
    settings: &'a Settings<'a>,
    /// Name for readers.
    pub name: String,
    pub instances: Vec<Instance>,
    references: Vec<Option<Cost>>,
    /// The search that made the references.
    pub reference: Measured,
}

/// What a method made of every instance.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub method: String,
    pub costs: Vec<Option<Cost>>,
    /// Over all instances; none of searches, which do not construct.
    pub trajectories: Option<u64>,
    /// CPU time over all threads.
    pub time_s: f64,
}

/// The instances of a published set, the first `count`.
pub(super) fn published(name: &str, count: usize) -> Vec<Instance> {
    match Set::find(name).map(|set| set.instances(0..count)) {
        Some(Instances::Tsp(list)) => list.into_iter().map(Instance::from).collect(),
        Some(Instances::Cvrp(list)) => list.into_iter().map(Instance::from).collect(),
        Some(Instances::Jssp(list)) => list.into_iter().map(Instance::from).collect(),
        None => Vec::new(),
    }
}

/// Knapsacks as the papers draw theirs; those were not published.
pub(super) fn knapsacks(n: usize, count: usize) -> Result<Vec<Instance>, Error> {
    let spec = Knapsack::spec(n, "uniform").map_err(|source| Error::Spec { key: "n", source })?;
    let one = |index| Instance::from(Knapsack::generate(&spec, &mut stream(1, "generate", index)));
    Ok((0..count as u64).map(one).collect())
}

impl<'a> Bench<'a> {
    /// Solves the references.
    pub fn new(settings: &'a Settings<'a>, name: &str, instances: Vec<Instance>) -> Self {
        let name = format!("{name}, {} instances", instances.len());
        let mut bench = Self { settings, name, instances, references: Vec::new(), reference: Measured::default() };
        let patience = bench.instances.first().map_or(QUICK, |instance| patience(instance.kind()));
        bench.reference = bench.searched(settings.size.pick(patience.min(QUICK), patience));
        bench.references.clone_from(&bench.reference.costs);
        bench
    }

    /// A section without rows yet.
    pub fn section(&self) -> Section {
        let objective = match self.instances.first().map(Instance::kind) {
            Some(Kind::Knapsack) => "profit",
            Some(Kind::Jssp | Kind::Ffsp) => "makespan",
            _ => "length",
        };
        Section { name: self.name.clone(), objective, reference: self.reference.method.clone(), ..Section::default() }
    }

    /// Our search without a model, until so many iterations bring nothing better.
    pub fn searched(&self, patience: u64) -> Measured {
        let options = Options {
            no_improvement: Some(patience),
            threads: Some(1),
            islands: Some(1),
            no_model: true,
            seed: Some(self.settings.seed),
            ..Options::default()
        };
        let mut costs = vec![None; self.instances.len()];
        let cpu = ProcessTime::now();
        spread(self.settings.threads, &mut costs, |index, cost| {
            *cost = solve(&self.instances[index], &options, |_| {}).ok().and_then(|outcome| outcome.report.cost);
        });
        let time_s = cpu.elapsed().as_secs_f64();
        let method = format!("heuron solve --no-improvement {patience}");
        self.told(Measured { method, costs, trajectories: None, time_s })
    }

    /// A model's constructions.
    pub fn constructed(&self, method: &str, name: &str, weights: &Weights, effort: Effort) -> Result<Measured, Error> {
        let evaluation = Evaluation { name, weights, effort, threads: self.settings.threads };
        let cpu = ProcessTime::now();
        let judged = evaluation.run(&self.instances)?;
        let time_s = cpu.elapsed().as_secs_f64();
        let trajectories = Some(judged.iter().map(|judged| judged.trajectories).sum());
        let costs = judged.iter().map(|judged| judged.cost).collect();
        Ok(self.told(Measured { method: method.into(), costs, trajectories, time_s }))
    }

    /// What attempts of a model come to at every mark.
    pub fn spent(
        &self,
        method: &str,
        (name, weights): (&str, &Weights),
        tactic: Tactic,
        marks: &[u64],
    ) -> Result<Vec<Measured>, Error> {
        let (seed, threads) = (self.settings.seed, self.settings.threads);
        let cpu = ProcessTime::now();
        let spent = Campaign { name, weights, tactic, marks, seed, threads }.run(&self.instances)?;
        let all_s = cpu.elapsed().as_secs_f64();
        let last = marks.last().copied().unwrap_or(1).max(1);
        let trajectories: u64 = spent.iter().map(|spent| spent.trajectories).sum();
        let at = |(index, &mark): (usize, &u64)| {
            // Attempts take equal time.
            let part = mark as f64 / last as f64;
            self.told(Measured {
                method: format!("{method}, {mark} attempts"),
                costs: spent.iter().map(|spent| spent.costs[index]).collect(),
                trajectories: Some((trajectories as f64 * part) as u64),
                time_s: all_s * part,
            })
        };
        Ok(marks.iter().enumerate().map(at).collect())
    }

    /// The gaps of measurements at these marks.
    pub fn curve(&self, label: &str, marks: &[u64], measured: &[Measured]) -> Line {
        let gap = |measured: &Measured| {
            let known: Vec<f64> = self.gaps(measured).into_iter().flatten().collect();
            mean(&known)
        };
        let point = |(&mark, measured)| Some([mark as f64, 100.0 * gap(measured)?]);
        Line { label: label.into(), points: marks.iter().zip(measured).filter_map(point).collect() }
    }

    fn told(&self, measured: Measured) -> Measured {
        (self.settings.say)(&format!("{}: {}, cpu {:.1} s", self.name, measured.method, measured.time_s));
        measured
    }

    /// Gaps to the references, where both are known.
    pub fn gaps(&self, measured: &Measured) -> Vec<Option<f64>> {
        measured.costs.iter().zip(&self.references).map(|(&cost, &reference)| gap(cost, reference)).collect()
    }

    /// The row of a method; `other` is the one that it is paired with.
    pub fn row(&self, measured: &Measured, other: Option<&Measured>) -> Row {
        let (count, gaps) = (self.instances.len(), self.gaps(measured));
        let known: Vec<f64> = gaps.iter().flatten().copied().collect();
        let in_units = |(instance, cost): (&Instance, &Option<Cost>)| {
            Some((*cost)? as f64 / instance.scale() * instance.kind().sign() as f64)
        };
        let objectives: Vec<f64> = self.instances.iter().zip(&measured.costs).filter_map(in_units).collect();
        Row {
            source: OURS,
            method: measured.method.clone(),
            instances: Some(count),
            objective: mean(&objectives),
            gap: mean(&known),
            interval: interval(&known),
            paired: other.and_then(|other| paired(&other.method, &gaps, &self.gaps(other))),
            time_s: Some(measured.time_s),
            trajectories: measured.trajectories.map(|all| all as f64 / count as f64),
        }
    }
}

/// The difference of two lists of gaps on the same instances.
fn paired(with: &str, gaps: &[Option<f64>], others: &[Option<f64>]) -> Option<Paired> {
    let differences: Vec<f64> = gaps.iter().zip(others).filter_map(|(a, b)| Some((*a)? - (*b)?)).collect();
    Some(Paired { with: with.into(), mean: mean(&differences)?, interval: interval(&differences)? })
}

#[cfg(test)]
mod tests {
    use super::super::Size;
    use super::*;

    #[test]
    fn reference_has_no_gap_to_itself_and_pairs_are_instances() {
        let settings =
            Settings { size: Size::Quick, threads: 2, seed: 1, models: &[], say: &|_| {}, keep: &|_| Ok(()) };
        let bench = Bench::new(&settings, "tsp20", published("tsp20", 5));
        let row = bench.row(&bench.reference, Some(&bench.reference));
        assert_eq!((row.gap, row.interval), (Some(0.0), Some([0.0, 0.0])));
        assert_eq!(row.paired.map(|paired| paired.interval), Some([0.0, 0.0]));
        assert!(row.objective.is_some_and(|length| (2.5..5.0).contains(&length)), "{:?}", row.objective);
        let worse = Measured { costs: vec![Some(i64::MAX / 4); 5], ..bench.reference.clone() };
        assert!(bench.row(&worse, Some(&bench.reference)).paired.unwrap().interval[0] > 0.0);
    }

    #[test]
    fn unsolved_instances_are_in_no_mean() {
        let pair = paired("x", &[Some(0.5), None, Some(0.1)], &[Some(0.25), Some(9.0), None]).unwrap();
        assert_eq!((pair.mean, pair.interval), (0.25, [0.25, 0.25]));
        assert_eq!(paired("x", &[None], &[Some(1.0)]), None);
    }
}
