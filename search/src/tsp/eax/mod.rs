//! Edge assembly crossover (Y. Nagata and S. Kobayashi, "A powerful genetic algorithm using edge assembly crossover for
//! the traveling salesman problem", INFORMS Journal on Computing 25(2), 2013): the localised single strategy with
//! entropy-preserving selection.
//!
//! It differs from the paper in three ways, for runs of seconds: the first population has been through some kicks of a
//! local search instead of plain 2-opt, its size follows from the time that is left, and all pairs of a generation mate
//! at once, from the population as it was before, so that islands can share the work. A population that no longer
//! improves is replaced by a fresh one.

mod cycles;
mod entropy;
mod individual;
mod offspring;
pub(crate) mod or_opt;
mod patch;
mod population;
mod segments;

use std::time::Duration;

use heuron_problems::{Stream, Tsp};
use rand::seq::SliceRandom;

use self::entropy::Entropy;
use self::individual::Individual;
use self::offspring::Mating;
use self::patch::Patch;
use super::Graph;
use crate::run::{Run, Watch};
use crate::search::{Search, islands};

/// The genetic algorithm; its parameters.
#[derive(Clone, Debug)]
pub struct Eax {
    /// Most tours in the population. Default 300, as in the paper. With a time limit there are fewer if generations
    /// would not fit otherwise.
    pub population: usize,
    /// Offspring per pair of parents. Default 30, as in the paper.
    pub children: usize,
    /// Kicks of the local search per node, for every tour of the first population. Default 0.2.
    pub kicks_per_node: f64,
    /// Generations without a better tour after which a population is replaced. Default 50: 1 500 / children, as in the
    /// paper.
    pub patience: usize,
    /// Populations after which the search ends. Default none: it goes on until the run is over.
    pub populations: Option<u64>,
}

impl Default for Eax {
    fn default() -> Self {
        Self { population: 300, children: 30, kicks_per_node: 0.2, patience: 50, populations: None }
    }
}

/// Fewest nodes for which two tours can differ by more than one AB-cycle.
const SMALLEST: usize = 8;

/// Population without a time limit.
const USUAL: usize = 100;

/// Tours for which there should be time. Populations of so many against iterated local search at equal CPU time: 0.20 %
/// and 0.37 % (four files of 1 000 nodes, 0.14 s), 0.21 and 0.35 (2 000, 0.35 s), 0.23 and 0.37 (6 500, 2 s), 0.52 and
/// 0.58 (9 800, 4.5 s). Those that end unfinished lose (fnl4461 at 1 s: 1.9 % against 0.4 %).
const WANTED: f64 = 22.0;

/// Fewest tours of a population, where the machine turns out to be slower than [`GROWTH`] says. 3 000 nodes with time
/// for about 15: 0.40 % with 15, 0.56 % with 12, 0.67 % with 9, 0.47 % by local search.
const FEWEST: usize = 15;

/// A population for which there is less time than for so many tours is left to the local search.
const TOO_FEW: f64 = 12.0;

/// Tours after which the time of one is known well enough to say so.
const PROBE: usize = 4;

/// Time of a population, in units of its growth alone: so much, and the root of the nodes over so many, since more
/// nodes need more generations. Populations that are too large end unfinished: three uniform instances of 1 400 nodes,
/// 1 s, 0.03 %, with 0.8 units less 0.15 %. Too small ones lose less. Where the time grew with the nodes themselves
/// (2.3, and one unit for 2 500 nodes), 100 nodes were 0.03 % worse in 5 ms, four files of 9 700 nodes had 0.50 % in
/// place of 0.31 % in 6 s.
const EVOLUTION: f64 = 1.3;
const NODES_PER_EVOLUTION: f64 = 600.0;

/// When less than this part of the time for generations is left, offspring are chosen by their length alone, which
/// makes a population converge fast.
const HURRY: f64 = 0.25;

/// CPU time per node to grow one tour of the population, in seconds, on a core of 2023. Measured on u1817 .. fnl4461.
const GROWTH: f64 = 3.5e-6;

/// As much for the entries and exits of asymmetric instances, by which populations of 316 cities lose against local
/// search alone in 1 s and win in 3 s. (Growing takes 1.5e-5 there, and 3e-5 on 1 000 cities.)
const GROWTH_DIRECTED: f64 = 6e-5;

/// Tours for which there is `time`, where growing one takes `grown` seconds.
fn affordable(n: usize, grown: f64, time: Duration) -> f64 {
    time.as_secs_f64() / (grown.max(1e-6) * (EVOLUTION + (n as f64 / NODES_PER_EVOLUTION).sqrt()))
}

impl Eax {
    /// Whether a population that is worth mating converges within `time` of one thread: otherwise iterated local search
    /// is the better choice.
    pub fn fits(tsp: &Tsp, time: Duration) -> bool {
        let (n, growth) =
            if tsp.distances.is_symmetric() { (tsp.len(), GROWTH) } else { (2 * tsp.len(), GROWTH_DIRECTED) };
        n >= SMALLEST && affordable(n, growth * n as f64, time) >= WANTED
    }
}

impl Search<Tsp> for Eax {
    fn search(&mut self, tsp: &Tsp, run: &mut Run<'_, Tsp>) {
        let Some(graph) = Graph::within(tsp, &run.watch()) else { return };
        if graph.len() < SMALLEST {
            return;
        }
        run.set_method("eax");
        for epoch in 0..self.populations.unwrap_or(u64::MAX) {
            let Some(population) = self.populate(&graph, epoch, run) else { return };
            if !self.evolve(&graph, population, epoch, run) {
                return;
            }
        }
    }
}

/// What one logical island mates with.
struct Worker<'a> {
    mating: Mating<'a>,
    rng: Stream,
    /// The patches of this island's pairs.
    patches: Vec<Patch>,
}

/// Pairs of parents: each of `order` with the one after it.
struct Generation<'a> {
    population: &'a [Individual],
    order: &'a [u32],
    /// Pairs that the budget allows.
    pairs: usize,
    /// None: offspring are chosen by their length alone.
    entropy: Option<&'a Entropy>,
}

impl Eax {
    /// Grows the first population; none if there is no time for it. An iteration is a kick.
    fn populate(&self, graph: &Graph, epoch: u64, run: &mut Run<'_, Tsp>) -> Option<Vec<Individual>> {
        let kicks = (self.kicks_per_node * graph.len() as f64) as u64;
        let watch = run.watch();
        let (threads, count) = (run.setup().threads, run.setup().islands.max(1));
        let mut population: Vec<Individual> = Vec::new();
        let mut size = self.population.min(USUAL);
        let before = watch.remaining();
        while population.len() < size {
            let first = (epoch << 32) + population.len() as u64;
            let kicks = run.allowance(kicks * count as u64) / count as u64;
            let mut batch: Vec<_> = (first..).take(count).map(|at| (run.stream("eax population", at), None)).collect();
            islands(threads, &mut batch, |_, (rng, grown)| {
                *grown = Some(population::grow(graph, kicks, &watch, rng));
            });
            let grown: Vec<(Individual, u64)> = batch.into_iter().filter_map(|(_, grown)| grown).collect();
            let done = grown.iter().map(|&(_, kicks)| kicks.max(1)).sum();
            if population.is_empty() && epoch == 0 {
                population.extend(better_incumbent(graph, &grown, run));
            }
            if let Some((best, _)) = grown.iter().min_by_key(|(individual, _)| individual.cost()) {
                offer(graph, best, run);
            }
            population.extend(grown.into_iter().map(|(individual, _)| individual));
            if !run.proceed(done) {
                return None;
            }
            if let Some((before, now)) = before.zip(watch.remaining()) {
                let grown = (before - now).as_secs_f64() / population.len() as f64;
                let affordable = affordable(graph.len(), grown, before);
                if population.len() >= PROBE && affordable < TOO_FEW {
                    return None;
                }
                size = (affordable as usize).clamp(FEWEST, self.population.max(FEWEST));
            }
        }
        Some(population)
    }

    /// Generations until no better tour was found for a while. False: the run is over. An iteration is a pair.
    fn evolve(&self, graph: &Graph, mut population: Vec<Individual>, epoch: u64, run: &mut Run<'_, Tsp>) -> bool {
        let watch = run.watch();
        let (threads, count) = (run.setup().threads, run.setup().islands.max(1));
        let mut rng = run.stream("eax order", epoch);
        let mut workers: Vec<Worker> = (0..count as u64)
            .map(|island| Worker {
                mating: Mating::new(graph),
                rng: run.stream("eax mating", (epoch << 32) + island),
                patches: Vec::new(),
            })
            .collect();
        let mut entropy = Entropy::new(&population);
        let mut order: Vec<u32> = (0..population.len() as u32).collect();
        let mut best = population.iter().map(Individual::cost).min().unwrap_or(0);
        let mut idle = 0;
        let time = watch.remaining();
        while idle < self.patience {
            order.shuffle(&mut rng);
            let pairs = run.allowance(order.len() as u64) as usize;
            let is_hurried = watch.remaining().zip(time).is_some_and(|(left, time)| left < time.mul_f64(HURRY));
            let entropy_now = (!is_hurried).then_some(&entropy);
            let generation = Generation { population: &population, order: &order, pairs, entropy: entropy_now };
            islands(threads, &mut workers, |island, worker| {
                worker.patches.resize_with(order.len().div_ceil(count), Patch::default);
                self.mate(&generation, (island..order.len()).step_by(count), worker, &watch);
            });
            let mut changed = false;
            for (island, worker) in workers.iter().enumerate() {
                let offspring = (island..order.len()).step_by(count).zip(&worker.patches);
                for (pair, patch) in offspring.filter(|(_, patch)| patch.delta() < 0) {
                    population[order[pair] as usize].apply(patch);
                    entropy.apply(patch);
                    changed = true;
                }
            }
            idle += 1;
            if let Some(champion) = population.iter().min_by_key(|individual| individual.cost())
                && champion.cost() < best
            {
                best = champion.cost();
                idle = 0;
                offer(graph, champion, run);
            }
            if !run.proceed(pairs as u64) {
                return false;
            }
            if !changed {
                break;
            }
        }
        true
    }

    /// Mates these pairs; their patches are empty where the parent stays.
    fn mate(&self, of: &Generation<'_>, pairs: impl Iterator<Item = usize>, worker: &mut Worker<'_>, watch: &Watch) {
        for (pair, patch) in pairs.zip(&mut worker.patches) {
            patch.clear();
            if pair < of.pairs && !watch.is_late() {
                let parent = |at: usize| &of.population[of.order[at % of.order.len()] as usize];
                let parents = [parent(pair), parent(pair + 1)];
                let worth = |patch: &Patch| of.entropy.map_or(-patch.delta() as f64, |entropy| entropy.worth(patch));
                worker.mating.mate(parents, self.children, worth, patch, &mut worker.rng);
            }
        }
    }
}

/// The incumbent, where it is better than the tours that were grown: a warm start, or the result of a stage before.
fn better_incumbent(graph: &Graph, grown: &[(Individual, u64)], run: &Run<'_, Tsp>) -> Option<Individual> {
    let tour = graph.contract(&run.best()?.1);
    let cost = graph.length(&tour);
    grown.iter().all(|(individual, _)| cost < individual.cost()).then(|| Individual::new(&tour, cost))
}

/// Offers an individual as a tour of the instance.
fn offer(graph: &Graph, individual: &Individual, run: &mut Run<'_, Tsp>) {
    let n = graph.len();
    let (mut order, mut position) = (vec![0; n], vec![0; n]);
    individual.unroll(&mut order, &mut position);
    run.offer(&graph.expand(&order));
}

#[cfg(test)]
mod tests;
