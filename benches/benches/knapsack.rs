//! Knapsacks solved to proven optimality.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use heuron_benches::{knapsack, search};
use heuron_search::knapsack::Exact;

fn exact(criterion: &mut Criterion) {
    const ITEMS: usize = 10_000;
    let mut group = criterion.benchmark_group("knapsack/exact");
    group.throughput(Throughput::Elements(ITEMS as u64)).sample_size(20);
    for class in ["uncorrelated", "strong", "almost-strong", "circle"] {
        let problem = knapsack(ITEMS, class);
        group.bench_function(format!("{class}/{ITEMS}"), |bencher| {
            bencher.iter(|| search(&problem, &mut Exact::default(), u64::MAX));
        });
    }
    group.finish();
}

criterion_group!(benches, exact);
criterion_main!(benches);
