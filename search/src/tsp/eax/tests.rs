use heuron_problems::{Cost, Distances, Metric, Problem, Tour, stream};
use rand::Rng;

use super::*;
use crate::run::{Budget, Setup};

fn uniform(n: usize, side: u32, seed: u64) -> Tsp {
    let mut rng = stream(seed, "points", 0);
    let points = (0..n).map(|_| [(); 2].map(|()| f64::from(rng.random_range(0..side)))).collect();
    Tsp::new("uniform", Distances::new(Metric::Euclid { scale: 1.0 }, points))
}

fn setup(threads: usize, islands: usize, iterations: u64) -> Setup {
    Setup { seed: 7, threads, islands, ..Setup::new(Budget::iterations(iterations)) }
}

fn solve(tsp: &Tsp, threads: usize, islands: usize, iterations: u64) -> (Cost, Tour) {
    let mut listener = |_: &crate::Progress<'_, Tsp>| {};
    let mut run = Run::new(tsp, setup(threads, islands, iterations), &mut listener);
    Eax::default().search(tsp, &mut run);
    run.into_best().unwrap()
}

fn parents(graph: &Graph, count: u64) -> Vec<Individual> {
    let watch = Watch::never();
    (0..count).map(|at| population::grow(graph, 20, &watch, &mut stream(at, "parent", 0)).0).collect()
}

fn unrolled(individual: &Individual) -> Vec<u32> {
    let n = individual.links().len();
    let (mut order, mut position) = (vec![0; n], vec![0; n]);
    individual.unroll(&mut order, &mut position);
    order
}

/// Every offspring, whatever its length, must be a tour whose cost was computed right.
#[test]
fn offspring_are_tours_and_their_deltas_equal_recomputation() {
    // Few distinct coordinates make many edges of equal length.
    for (n, side, seed) in [(9, 100, 1), (60, 9, 2), (250, 1_000, 3)] {
        let tsp = uniform(n, side, seed);
        let graph = Graph::new(&tsp);
        let parents = parents(&graph, 6);
        let mut mating = Mating::new(&graph);
        let mut rng = stream(seed, "mating", 0);
        let mut patch = Patch::default();
        for (a, b) in parents.iter().zip(parents.iter().skip(1)) {
            for _ in 0..20 {
                mating.mate([a, b], 30, |patch| -patch.delta() as f64, &mut patch, &mut rng);
                let mut child = a.clone();
                child.apply(&patch);
                let order = unrolled(&child);
                assert_eq!(graph.length(&order), child.cost());
                assert!(child.cost() <= a.cost());
                assert_eq!(tsp.evaluate(&graph.expand(&order)).unwrap(), child.cost());
            }
        }
    }
}

#[test]
fn cycles_turn_one_parent_into_the_other() {
    let tsp = uniform(200, 1_000, 5);
    let graph = Graph::new(&tsp);
    let parents = parents(&graph, 2);
    let mut cycles = cycles::Cycles::new(graph.len());
    cycles.find(&parents[0], &parents[1], &mut stream(1, "cycles", 0));
    assert!(cycles.len() > 1);
    let mut patch = Patch::default();
    for cycle in (0..cycles.len()).map(|index| cycles.of(index)) {
        assert!(cycle.len() >= 4 && cycle.len() % 2 == 0);
        for at in (0..cycle.len()).step_by(2) {
            let [u, v, w] = [cycle[at], cycle[at + 1], cycle[(at + 2) % cycle.len()]];
            patch.remove(u, v, graph.distance(u, v));
            patch.add(v, w, graph.distance(v, w));
        }
    }
    let mut child = parents[0].clone();
    child.apply(&patch);
    assert_eq!(child.cost(), parents[1].cost());
    let sorted = |individual: &Individual| -> Vec<[u32; 2]> {
        individual.links().iter().map(|&[a, b]| [a.min(b), a.max(b)]).collect()
    };
    assert_eq!(sorted(&child), sorted(&parents[1]));
}

#[test]
fn entropy_growth_equals_recomputation() {
    let tsp = uniform(100, 1_000, 6);
    let graph = Graph::new(&tsp);
    let mut parents = parents(&graph, 8);
    let total = |population: &[Individual]| -> f64 {
        let mut edges: Vec<[u32; 2]> = Vec::new();
        for individual in population {
            let ends = individual.links().iter().enumerate();
            edges.extend(ends.flat_map(|(a, ends)| ends.map(|b| [a as u32, b])).filter(|[a, b]| a < b));
        }
        edges.sort_unstable();
        let share = |same: &[[u32; 2]]| same.len() as f64 / population.len() as f64;
        edges.chunk_by(|a, b| a == b).map(|same| -share(same) * share(same).ln()).sum()
    };
    let mut entropy = Entropy::new(&parents);
    let mut mating = Mating::new(&graph);
    let mut patch = Patch::default();
    for at in 0..4 {
        let before = total(&parents);
        let pair = [&parents[at], &parents[at + 1]];
        mating.mate(pair, 30, |patch| -patch.delta() as f64, &mut patch, &mut stream(1, "mating", at as u64));
        let growth = entropy.growth(&patch);
        parents[at].apply(&patch);
        entropy.apply(&patch);
        assert!((total(&parents) - before - growth).abs() < 1e-9);
    }
}

#[test]
fn light_local_search_keeps_tours_valid_and_shortens_them() {
    for (n, side) in [(8, 20), (50, 7), (400, 1_000)] {
        let tsp = uniform(n, side, 8);
        let graph = Graph::new(&tsp);
        let order: Vec<u32> = (0..graph.len() as u32).collect();
        let start = graph.length(&order);
        let mut search = or_opt::OrOpt::new(&graph, order);
        search.run(500, &Watch::never(), &mut stream(1, "kicks", 0));
        assert!(search.cost() < start);
        assert_eq!(tsp.evaluate(&graph.expand(search.order())).unwrap(), search.cost());
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let tsp = uniform(120, 1_000, 9);
    for islands in [1, 4] {
        assert_eq!(solve(&tsp, 1, islands, 8_000), solve(&tsp, 2, islands, 8_000));
    }
}

#[test]
fn asymmetric_and_fixed_instances_stay_feasible() {
    let n = 40;
    let mut rng = stream(3, "matrix", 0);
    let weights = (0..n * n).map(|_| rng.random_range(1..1_000)).collect();
    let directed = Tsp::new("directed", Distances::from_matrix(n, weights));
    let (cost, tour) = solve(&directed, 1, 1, 5_000);
    assert_eq!(directed.evaluate(&tour), Ok(cost));
    let mut fixed = uniform(60, 1_000, 4);
    fixed.fixed = vec![[0, 30], [30, 17], [5, 6]];
    let (cost, tour) = solve(&fixed, 1, 1, 5_000);
    assert_eq!(fixed.evaluate(&tour), Ok(cost));
}

#[test]
fn incumbent_joins_the_population_where_it_is_better_than_what_was_grown() {
    let tsp = uniform(60, 1_000, 3);
    let graph = Graph::new(&tsp);
    let grown: Vec<(Individual, u64)> = parents(&graph, 2).into_iter().map(|parent| (parent, 0)).collect();
    let (cost, best) = solve(&tsp, 1, 1, 20_000);
    assert!(
        grown.iter().all(|(individual, _)| cost < individual.cost()),
        "the seed gives parents that can be improved"
    );
    let mut listener = |_: &crate::Progress<'_, Tsp>| {};
    let mut run = Run::new(&tsp, setup(1, 1, 1), &mut listener);
    run.offer(&Tour { nodes: (0..60).collect() });
    assert_eq!(better_incumbent(&graph, &grown, &run), None, "nodes in their order make a long tour");
    run.offer(&best);
    assert_eq!(better_incumbent(&graph, &grown, &run).map(|individual| individual.cost()), Some(cost));
}

#[test]
fn more_nodes_need_more_than_as_much_more_time() {
    let least = |n: usize| {
        let tsp = uniform(n, 1_000, 5);
        (1..).map(Duration::from_millis).find(|&time| Eax::fits(&tsp, time)).unwrap()
    };
    let times = [200, 2_000, 20_000].map(least);
    assert!(times[1] > 10 * times[0] && times[2] > 10 * times[1], "{times:?}");
    assert!(
        !Eax::fits(&uniform(SMALLEST - 1, 1_000, 5), Duration::from_secs(1)),
        "such tours differ by one cycle at most"
    );
    assert!(affordable(2_000, 0.01, times[1]) < affordable(2_000, 0.005, times[1]), "a slow machine affords fewer");
}
