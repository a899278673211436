//! Iterations of the CVRP engines, started and ended as a run does it.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use heuron_benches::{cvrp, search};
use heuron_search::cvrp::ruin::RuinRecreate;

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

criterion_group!(benches, ruin);
criterion_main!(benches);
