//! Moves of tabu search, start schedules and lower bounds for the job shop.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use heuron_benches::watch;
use heuron_problems::jssp::taillard;
use heuron_problems::stream;
use heuron_search::jssp::bound::lower_bound;
use heuron_search::jssp::model::Model;
use heuron_search::jssp::start::active;
use heuron_search::jssp::tabu::Tabu;

const MOVES: u64 = 10_000;

/// Moves from a schedule on that is no longer bad: neighbourhood, choice and update. Instances of 225 to 2 000
/// operations.
fn moves(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("jssp/moves");
    group.throughput(Throughput::Elements(MOVES)).sample_size(20);
    for number in [1, 21, 41, 61, 71] {
        let Some(problem) = taillard::instance(number) else { continue };
        let (model, watch) = (Model::new(&problem), watch(&problem));
        let order = active(&model, 0.0, &mut stream(1, "bench jssp", 0), &watch);
        let mut search = Tabu::new(&model, &order, 0, stream(1, "bench jssp", 1));
        search.begin(&order, u64::MAX);
        search.walk(MOVES, &watch);
        group.bench_function(&problem.name, |bencher| bencher.iter(|| search.walk(MOVES, &watch)));
    }
    group.finish();
}

fn bound(criterion: &mut Criterion) {
    let Some(problem) = taillard::instance(71) else { return };
    criterion.bench_function("jssp/bound/ta71", |bencher| bencher.iter(|| lower_bound(&problem)));
}

fn start(criterion: &mut Criterion) {
    let Some(problem) = taillard::instance(71) else { return };
    let (model, watch, mut rng) = (Model::new(&problem), watch(&problem), stream(1, "bench jssp", 2));
    criterion.bench_function("jssp/start/ta71", |bencher| bencher.iter(|| active(&model, 0.5, &mut rng, &watch)));
}

criterion_group!(benches, moves, bound, start);
criterion_main!(benches);
