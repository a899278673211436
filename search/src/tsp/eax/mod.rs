//! Edge assembly crossover (Y. Nagata and S. Kobayashi, "A powerful genetic algorithm using edge assembly crossover for
//! the traveling salesman problem", INFORMS Journal on Computing 25(2), 2013).

mod cycles;
mod entropy;
mod individual;
mod offspring;
mod patch;
mod population;
mod segments;

use heuron_problems::{Cost, Stream, Tsp};
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
    /// Tours in the population. Default 100; 300 in the paper, from worse tours.
    pub population: usize,
    /// Offspring per pair of parents. Default 30, as in the paper.
    pub children: usize,
    /// Kicks of the local search per node for every tour of the first population. Default 1.
    pub kicks_per_node: f64,
    /// Generations without a better tour after which a population is given up. Default 50: 1 500 / children, as in the
    /// paper.
    pub patience: usize,
    /// Print.
    pub verbose: bool,
}

impl Default for Eax {
    fn default() -> Self {
        Self { population: 100, children: 30, kicks_per_node: 1.0, patience: 50, verbose: false }
    }
}

/// Fewest nodes for which two tours can differ by two AB-cycles that matter.
const SMALLEST: usize = 8;

impl Search<Tsp> for Eax {
    fn search(&mut self, tsp: &Tsp, run: &mut Run<'_, Tsp>) {
        let graph = Graph::new(tsp);
        if graph.len() < SMALLEST {
            return;
        }
        run.set_method("eax");
        let mut epoch = 0;
        while run.proceed(0) {
            if self.verbose { eprintln!("{:?} start {epoch}", run.elapsed()); }
            let Some(population) = self.populate(&graph, epoch, run) else { return };
            if self.verbose {
                let best = population.iter().map(Individual::cost).min().unwrap();
                let mean = population.iter().map(|i| i.cost() as f64).sum::<f64>() / population.len() as f64;
                eprintln!("{:?} population best {best} mean {mean}", run.elapsed());
            }
            if !self.evolve(&graph, population, epoch, run) {
                return;
            }
            epoch += 1;
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

impl Eax {
    /// Grows the first population; none if the run is over before.
    fn populate(&self, graph: &Graph, epoch: u64, run: &mut Run<'_, Tsp>) -> Option<Vec<Individual>> {
        let kicks = (self.kicks_per_node * graph.len() as f64) as u64;
        let watch = run.watch();
        let mut population = Vec::new();
        let mut best = Cost::MAX;
        let threads = run.setup().threads;
        while population.len() < self.population {
            let count = run.setup().islands.min(self.population - population.len());
            let first = epoch * self.population as u64 + population.len() as u64;
            let mut batch: Vec<_> = (0..count as u64).map(|i| (run.stream("eax population", first + i), None)).collect();
            islands(threads, &mut batch, |_, (rng, grown)| {
                *grown = Some(population::grow(graph, kicks, &watch, rng.clone()));
            });
            let mut done = 0;
            for (individual, kicks) in batch.into_iter().filter_map(|(_, grown)| grown) {
                done += kicks.max(1);
                if individual.cost() < best {
                    best = individual.cost();
                    offer(graph, &individual, run);
                }
                population.push(individual);
            }
            if !run.proceed(done) {
                return None;
            }
        }
        Some(population)
    }

    /// Generations until no better tour was found for a while. False: the run is over.
    fn evolve(&self, graph: &Graph, mut population: Vec<Individual>, epoch: u64, run: &mut Run<'_, Tsp>) -> bool {
        let watch = run.watch();
        let (threads, count) = (run.setup().threads, run.setup().islands);
        let mut rng = run.stream("eax order", epoch);
        let mut workers: Vec<Worker> = (0..count as u64)
            .map(|island| Worker {
                mating: Mating::new(graph),
                rng: run.stream("eax mating", epoch * count as u64 + island),
                patches: Vec::new(),
            })
            .collect();
        let mut entropy = Entropy::new(&population);
        let mut order: Vec<u32> = (0..population.len() as u32).collect();
        let mut best = population.iter().map(Individual::cost).min().unwrap_or(0);
        let mut idle = 0;
        let mut generation = 0;
        while idle < self.patience {
            order.shuffle(&mut rng);
            islands(threads, &mut workers, |island, worker| {
                self.mate(island, count, worker, &population, &order, &entropy, &watch);
            });
            let mut changed = false;
            for (island, worker) in workers.iter().enumerate() {
                for (at, patch) in worker.patches.iter().enumerate() {
                    if patch.delta() < 0 {
                        population[order[at * count + island] as usize].apply(patch);
                        entropy.apply(patch);
                        changed = true;
                    }
                }
            }
            idle += 1;
            generation += 1;
            if let Some(champion) = population.iter().min_by_key(|individual| individual.cost())
                && champion.cost() < best
            {
                best = champion.cost();
                idle = 0;
                offer(graph, champion, run);
            }
            if self.verbose && generation % 10 == 0 {
                let mean = population.iter().map(|i| i.cost() as f64).sum::<f64>() / population.len() as f64;
                eprintln!("{:?} generation {generation} best {best} mean {mean}", run.elapsed());
            }
            if !run.proceed(order.len() as u64) {
                return false;
            }
            if !changed {
                break;
            }
        }
        if self.verbose { eprintln!("{:?} end after {generation} best {best} idle {idle}", run.elapsed()); }
        true
    }

    /// Mates the pairs of one island: every `count`-th of the generation.
    #[allow(clippy::too_many_arguments)]
    fn mate(
        &self,
        island: usize,
        count: usize,
        worker: &mut Worker<'_>,
        population: &[Individual],
        order: &[u32],
        entropy: &Entropy,
        watch: &Watch,
    ) {
        let pairs = (island..order.len()).step_by(count);
        worker.patches.resize_with(pairs.len(), Patch::default);
        for (pair, patch) in pairs.zip(&mut worker.patches) {
            patch.clear();
            if watch.is_late() {
                continue;
            }
            let a = &population[order[pair] as usize];
            let b = &population[order[(pair + 1) % order.len()] as usize];
            worker.mating.mate([a, b], self.children, |patch| entropy.worth(patch), patch, &mut worker.rng);
        }
    }
}

/// Offers an individual as a tour of the instance.
fn offer(graph: &Graph, individual: &Individual, run: &mut Run<'_, Tsp>) {
    let n = graph.len();
    let (mut order, mut position) = (vec![0; n], vec![0; n]);
    individual.unroll(&mut order, &mut position);
    run.offer(&graph.expand(&order));
}
