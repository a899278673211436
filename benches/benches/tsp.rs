//! Construction, Lin-Kernighan steps, kicks and edge assembly crossover for the TSP.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use heuron_benches::{search, tsp};
use heuron_problems::stream;
use heuron_search::Watch;
use heuron_search::tsp::construct::greedy;
use heuron_search::tsp::eax::Eax;
use heuron_search::tsp::{Graph, Ils};

const KICKS: u64 = 1_000;

fn construct(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tsp/construct");
    let problem = tsp(10_000);
    let (graph, watch) = (Graph::new(&problem), Watch::never());
    group.throughput(Throughput::Elements(10_000)).sample_size(20);
    group.bench_function("greedy/10000", |bencher| bencher.iter(|| greedy(&graph, &watch)));
    group.finish();
}

/// From the greedy tour to a local optimum: every node's moves are evaluated at least once.
fn descent(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tsp/descent");
    group.sample_size(20);
    for n in [1_000, 10_000] {
        let problem = tsp(n);
        let (graph, watch) = (Graph::new(&problem), Watch::never());
        let start = greedy(&graph, &watch);
        let fresh = || Ils::new(&graph, start.clone(), stream(1, "bench descent", 0));
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(format!("greedy/{n}"), |bencher| {
            bencher.iter_batched_ref(fresh, |search| search.optimise(&watch), BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// Kicks with their repairs, from a local optimum on: the cost of one must hardly depend on n.
fn kicks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tsp/kicks");
    group.throughput(Throughput::Elements(KICKS));
    for n in [1_000, 10_000, 100_000] {
        let problem = tsp(n);
        let (graph, watch) = (Graph::new(&problem), Watch::never());
        let mut search = Ils::new(&graph, greedy(&graph, &watch), stream(1, "bench kicks", 0));
        search.optimise(&watch);
        group.bench_function(n.to_string(), |bencher| bencher.iter(|| search.kick(KICKS, &watch)));
    }
    group.finish();
}

/// One population from its first tours until it no longer improves.
fn crossover(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tsp/eax");
    group.sample_size(10);
    for n in [200, 500] {
        let problem = tsp(n);
        let eax = Eax { population: 30, populations: Some(1), ..Eax::default() };
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(n.to_string(), |bencher| bencher.iter(|| search(&problem, &mut eax.clone(), u64::MAX)));
    }
    group.finish();
}

criterion_group!(benches, construct, descent, kicks, crossover);
criterion_main!(benches);
