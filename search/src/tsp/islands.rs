//! The search over islands: iterated local search alone, side by side, or on the parts of one large tour.
//!
//! One island is one iterated local search. Several islands search a small instance independently, and at fixed marks the
//! worst continues from the best tour. On a large instance independent copies would waste the threads, since each kick
//! improves one place only: there every island works on its own part of the incumbent's tour (`parts`).

use heuron_problems::{Stream, Tsp};

use super::construct::greedy;
use super::graph::Graph;
use super::ils::{Ils, SMALLEST};
use super::parts::Part;
use crate::run::{Run, Watch};
use crate::search::{Search, islands};

/// From this size on several islands share one tour.
const SHARED_FROM: usize = 5_000;

/// Kicks of an island between two marks: about 50 ms.
const ROUND: u64 = 1_000;

/// Kicks of an island on its part of a shared tour before the parts are cut anew: cutting costs O(n).
const SHARED_ROUND: u64 = 2_000;

/// Queued nodes that the first descent processes between two marks: about 20 ms.
const DESCENT: u64 = 2_000;

/// Rounds on a shared tour that begin with a descent over all nodes; in the second one the borders are elsewhere.
const DESCENTS: usize = 2;

/// Rounds after which the worst of several islands continues from the best tour.
const EXCHANGE: u64 = 20;

/// Name of the random streams.
const STREAM: &str = "tsp local search";

/// Iterated local search with Lin-Kernighan steps. An iteration is a kick.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalSearch;

impl Search<Tsp> for LocalSearch {
    fn search(&mut self, tsp: &Tsp, run: &mut Run<'_, Tsp>) {
        run.set_method("lin-kernighan");
        let graph = Graph::new(tsp);
        let start = first_tour(&graph, run);
        if graph.len() < SMALLEST {
            let mut ils = Ils::new(&graph, start, run.stream(STREAM, 0));
            ils.optimise(&run.watch());
            run.offer(&graph.expand(ils.tour()));
            return;
        }
        let count = run.setup().islands.max(1);
        if count > 1 && graph.len() >= SHARED_FROM && Part::possible(&graph) {
            shared(&graph, start, run);
        } else {
            separate(&graph, start, run);
        }
    }
}

/// The incumbent, or else a greedy tour, which is offered. Without time for that the order of the nodes is the answer.
fn first_tour(graph: &Graph, run: &mut Run<'_, Tsp>) -> Vec<u32> {
    if let Some((_, tour)) = run.best() {
        return graph.contract(tour);
    }
    run.offer(&graph.expand(&(0..graph.len() as u32).collect::<Vec<_>>()));
    let tour = greedy(graph, &run.watch());
    run.offer(&graph.expand(&tour));
    tour
}

/// The kicks that each of `count` islands may do in a round of `wanted` kicks per island.
fn shares(run: &Run<'_, Tsp>, count: usize, wanted: u64) -> impl Fn(usize) -> u64 + use<> {
    let count = count as u64;
    let total = run.allowance(wanted * count);
    move |index| total / count + u64::from((index as u64) < total % count)
}

/// One island per local search.
fn separate(graph: &Graph, start: Vec<u32>, run: &mut Run<'_, Tsp>) {
    let watch = run.watch();
    let (threads, count) = (run.setup().threads, run.setup().islands.max(1));
    let mut first = Ils::new(graph, start, run.stream(STREAM, 0));
    while !first.descend(DESCENT) {
        if !run.proceed(0) {
            break;
        }
    }
    run.offer(&graph.expand(first.tour()));
    let streams = (1..count as u64).map(|index| run.stream(STREAM, index));
    let mut all: Vec<(Ils<'_>, u64)> = streams.map(|rng| (first.with_stream(rng), 0)).collect();
    all.insert(0, (first, 0));
    for round in 1.. {
        let share = shares(run, count, ROUND);
        islands(threads, &mut all, |index, (ils, done)| *done = ils.kick(share(index), &watch));
        let order = |at: &usize| (all[*at].0.cost(), *at);
        let best = (0..count).min_by_key(order).unwrap_or(0);
        let worst = (0..count).max_by_key(order).unwrap_or(0);
        if run.cost().is_none_or(|cost| all[best].0.cost() < cost) {
            run.offer(&graph.expand(all[best].0.tour()));
        }
        if round % EXCHANGE == 0 && all[worst].0.cost() > all[best].0.cost() {
            let tour = all[best].0.tour().to_vec();
            all[worst].0.restart(tour);
        }
        if !run.proceed(all.iter().map(|(_, done)| done).sum()) {
            return;
        }
    }
}

/// An island of a shared tour.
struct Worker {
    rng: Stream,
    part: Part,
    done: u64,
}

/// One part of one tour per island, cut anew every round.
fn shared(graph: &Graph, mut tour: Vec<u32>, run: &mut Run<'_, Tsp>) {
    let watch = run.watch();
    let (threads, count) = (run.setup().threads, run.setup().islands);
    let mut streams: Vec<Stream> = (0..count as u64).map(|index| run.stream(STREAM, index)).collect();
    for round in 0_usize.. {
        let share = shares(run, count, SHARED_ROUND);
        // Turning by an irrational share of a part moves the borders to new places every round.
        turn(&mut tour, round, count);
        let parts = Part::cut(&tour, count);
        let mut workers: Vec<Worker> =
            parts.into_iter().zip(streams).map(|(part, rng)| Worker { rng, part, done: 0 }).collect();
        islands(threads, &mut workers, |index, worker| worker.work(graph, round < DESCENTS, share(index), &watch));
        tour = workers.iter().flat_map(|worker| worker.part.nodes().iter().copied()).collect();
        let done = workers.iter().map(|worker| worker.done).sum();
        streams = workers.into_iter().map(|worker| worker.rng).collect();
        run.offer(&graph.expand(&tour));
        if !run.proceed(done) {
            return;
        }
    }
}

/// Rotates the tour by (golden ratio - 1) of a part; not at all in the first round.
fn turn(tour: &mut [u32], round: usize, count: usize) {
    if round > 0 {
        tour.rotate_left(((tour.len() / count) as f64 * 0.618) as usize);
    }
}

impl Worker {
    fn work(&mut self, graph: &Graph, fresh: bool, kicks: u64, watch: &Watch) {
        let (inner, tour) = self.part.graph(graph);
        let mut ils = Ils::new(&inner, tour, self.rng.clone());
        if !fresh {
            ils.settle();
        }
        self.done = ils.kick(kicks, watch);
        self.part.put_back(ils.tour());
        self.rng = ils.into_stream();
    }
}
