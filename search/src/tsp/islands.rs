//! The search over islands: iterated local search alone, side by side, or on the parts of one large tour.
//!
//! One island is one iterated local search. Several islands search a small instance independently, and at fixed marks
//! the worst continues from the best tour. On a large instance independent copies would waste the threads, since each
//! kick improves one place only: there the incumbent's tour is cut into parts, one per island, that are searched at the
//! same time (`parts`). More parts than islands make faster kicks but no better tours (100 000 nodes, 10 s).

use heuron_problems::{Stream, Tsp};

use super::Curve;
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

/// Kicks per island on a shared tour before the parts are cut anew, which costs O(n).
const SHARED_ROUND: u64 = 2_000;

/// Queued nodes that the first descent processes between two marks: about 20 ms.
const DESCENT: u64 = 2_000;

/// Rounds after which the worst of several islands continues from the best tour.
const EXCHANGE: u64 = 20;

/// Name of the random streams.
const STREAM: &str = "tsp local search";

/// Iterated local search with Lin-Kernighan steps. An iteration is a kick.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalSearch {
    /// Part of the time left after which the next stage has its turn; none: all of it. Where time is not limited a part
    /// of it is nothing.
    pub share: Option<f64>,
}

impl Search<Tsp> for LocalSearch {
    fn search(&mut self, tsp: &Tsp, run: &mut Run<'_, Tsp>) {
        run.set_method("lin-kernighan");
        let mut watch = run.watch();
        if let Some(share) = self.share {
            let Some(left) = watch.remaining() else { return };
            watch = watch.within(left.mul_f64(share.clamp(0.0, 1.0)));
        }
        let Some(graph) = Graph::within(tsp, &watch) else {
            if run.best().is_none() {
                Curve.search(tsp, run);
            }
            return;
        };
        let start = first_tour(&graph, run);
        if graph.len() < SMALLEST {
            let mut ils = Ils::new(&graph, start, run.stream(STREAM, 0));
            ils.optimise(&watch);
            run.offer(&graph.expand(ils.tour()));
            return;
        }
        if run.setup().islands > 1 && graph.len() >= SHARED_FROM && Part::possible(&graph) {
            shared(&graph, start, &watch, run);
        } else {
            separate(&graph, start, &watch, run);
        }
    }
}

/// The better of the incumbent and a constructed tour, which is offered. Without time for that the order of the nodes
/// is the answer.
fn first_tour(graph: &Graph, run: &mut Run<'_, Tsp>) -> Vec<u32> {
    if run.best().is_none() {
        run.offer(&graph.expand(&(0..graph.len() as u32).collect::<Vec<_>>()));
    }
    let tour = graph.patched().unwrap_or_else(|| greedy(graph, &run.watch()));
    run.offer(&graph.expand(&tour));
    run.best().map_or(tour, |(_, best)| graph.contract(best))
}

/// The kicks that each of `count` searches may do in a round of `wanted` kicks in all.
fn shares(run: &Run<'_, Tsp>, count: usize, wanted: u64) -> impl Fn(usize) -> u64 + use<> {
    let count = count as u64;
    let total = run.allowance(wanted);
    move |index| total / count + u64::from((index as u64) < total % count)
}

/// The local search of the first island after its first descent, whose result is offered.
fn descended<'g>(graph: &'g Graph, start: Vec<u32>, watch: &Watch, run: &mut Run<'_, Tsp>) -> Ils<'g> {
    let mut ils = Ils::new(graph, start, run.stream(STREAM, 0));
    while !ils.descend(DESCENT) && run.proceed(0) && !watch.is_late() {}
    run.offer(&graph.expand(ils.tour()));
    ils
}

/// One island per local search.
fn separate(graph: &Graph, start: Vec<u32>, watch: &Watch, run: &mut Run<'_, Tsp>) {
    let (threads, count) = (run.setup().threads, run.setup().islands.max(1));
    let first = descended(graph, start, watch, run);
    let streams = (1..count as u64).map(|index| run.stream(STREAM, index));
    let mut all: Vec<(Ils<'_>, u64)> = streams.map(|rng| (first.with_stream(rng), 0)).collect();
    all.insert(0, (first, 0));
    for round in 1.. {
        let share = shares(run, count, ROUND * count as u64);
        islands(threads, &mut all, |index, (ils, done)| *done = ils.kick(share(index), watch));
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
        if !run.proceed(all.iter().map(|(_, done)| done).sum()) || watch.is_late() {
            return;
        }
    }
}

/// The search of a part of a shared tour.
struct Worker {
    rng: Stream,
    part: Part,
    done: u64,
}

/// One part of one tour per island, cut anew every round.
fn shared(graph: &Graph, start: Vec<u32>, watch: &Watch, run: &mut Run<'_, Tsp>) {
    let (threads, count) = (run.setup().threads, run.setup().islands);
    // The parts of a tour before its first descent lie so scattered that most exchanges would cross their borders.
    let mut tour = descended(graph, start, watch, run).tour().to_vec();
    let mut streams: Vec<Stream> = (0..count as u64).map(|index| run.stream(STREAM, index)).collect();
    loop {
        let share = shares(run, count, SHARED_ROUND * count as u64);
        // Turning by (golden ratio - 1) of a part moves the borders to new places every round.
        tour.rotate_left(((graph.len() / count) as f64 * 0.618) as usize);
        let parts = Part::cut(&tour, count);
        let mut workers: Vec<Worker> =
            parts.into_iter().zip(streams).map(|(part, rng)| Worker { rng, part, done: 0 }).collect();
        islands(threads, &mut workers, |index, worker| worker.work(graph, share(index), watch));
        tour = workers.iter().flat_map(|worker| worker.part.nodes().iter().copied()).collect();
        let done = workers.iter().map(|worker| worker.done).sum();
        streams = workers.into_iter().map(|worker| worker.rng).collect();
        run.offer(&graph.expand(&tour));
        if !run.proceed(done) || watch.is_late() {
            return;
        }
    }
}

impl Worker {
    fn work(&mut self, graph: &Graph, kicks: u64, watch: &Watch) {
        self.done = 0;
        if watch.is_late() {
            return;
        }
        let (inner, tour) = self.part.graph(graph);
        let mut ils = Ils::new(&inner, tour, self.rng.clone());
        ils.settle();
        self.done = ils.kick(kicks, watch);
        self.part.put_back(ils.tour());
        self.rng = ils.into_stream();
    }
}
