//! The CVRP's local search, and iterations of its engines, started and ended as a run does it.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use heuron_benches::{cvrp, search};
use heuron_problems::{Routes, stream};
use heuron_search::Watch;
use heuron_search::cvrp::hgs::Hgs;
use heuron_search::cvrp::local::LocalSearch;
use heuron_search::cvrp::local::model::Model;
use heuron_search::cvrp::local::penalty::Penalty;
use heuron_search::cvrp::local::plan::Plan;
use heuron_search::cvrp::ruin::RuinRecreate;

/// From one customer per route to a local optimum: the moves of every customer with its 20 neighbours are evaluated at
/// least once.
fn descent(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("cvrp/descent");
    group.sample_size(20);
    for n in [200, 1_000] {
        let problem = cvrp(n);
        let (model, watch) = (Model::new(&problem, 20, n), Watch::never());
        let start = Plan::new(&Routes { routes: (1..=n as u32).map(|customer| vec![customer]).collect() });
        let penalty = Penalty::new(256 * model.longest(), 1, [model.total_demand(), 1]);
        let mut local = LocalSearch::new(&model, false);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(n.to_string(), |bencher| {
            let mut rng = stream(1, "bench descent", 0);
            bencher.iter_batched_ref(
                || start.clone(),
                |plan| local.improve(plan, penalty, &mut rng, &watch),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn genetic(criterion: &mut Criterion) {
    const ITERATIONS: u64 = 1_000;
    let mut group = criterion.benchmark_group("cvrp/hgs");
    group.throughput(Throughput::Elements(ITERATIONS)).sample_size(10);
    for n in [100, 200] {
        let problem = cvrp(n);
        group.bench_function(n.to_string(), |bencher| {
            bencher.iter(|| search(&problem, &mut Hgs::default(), ITERATIONS))
        });
    }
    group.finish();
}

fn ruin(criterion: &mut Criterion) {
    const ITERATIONS: u64 = 50_000;
    let mut group = criterion.benchmark_group("cvrp/ruin");
    group.throughput(Throughput::Elements(ITERATIONS)).sample_size(10);
    for n in [500, 5_000] {
        let problem = cvrp(n);
        group.bench_function(n.to_string(), |bencher| {
            bencher.iter(|| search(&problem, &mut RuinRecreate::default(), ITERATIONS));
        });
    }
    group.finish();
}

criterion_group!(benches, descent, genetic, ruin);
criterion_main!(benches);
