//! Searches for the flexible flow shop: rounds of iterated greedy search, and walks of reinsertions.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use heuron_benches::search;
use heuron_problems::{Ffsp, Generate, stream};
use heuron_search::Watch;
use heuron_search::ffsp::IteratedGreedy;
use heuron_search::ffsp::decode::Decoder;
use heuron_search::ffsp::greedy::Greedy;

const ROUNDS: u64 = 50;

/// Three stages of four unrelated machines.
fn flow(n: usize) -> Ffsp {
    Ffsp::generate(&Ffsp::spec(n, "uniform").expect("a known distribution"), &mut stream(1, "bench ffsp", n as u64))
}

fn rounds(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ffsp/iterated-greedy");
    group.throughput(Throughput::Elements(ROUNDS)).sample_size(10);
    for n in [20, 50, 100] {
        let problem = flow(n);
        group.bench_function(n.to_string(), |bencher| {
            bencher.iter(|| search(&problem, &mut IteratedGreedy::default(), ROUNDS));
        });
    }
    group.finish();
}

/// A whole walk from the plan of the jobs in their order.
fn walks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ffsp/walk");
    for n in [20, 100] {
        let problem = flow(n);
        let order: Vec<u32> = (0..n as u32).collect();
        let (sequences, watch) = (Decoder::new(&problem).sequences(&order), Watch::never());
        let mut island = Greedy::new(&problem, sequences.clone(), 0, stream(1, "bench ffsp", 0));
        group.bench_function(n.to_string(), |bencher| {
            bencher.iter(|| {
                island.adopt(&sequences);
                island.walk(&watch)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, rounds, walks);
criterion_main!(benches);
