//! Moves of tabu search, nodes of branch and bound, schedules of a model, start schedules and lower bounds for the job
//! shop.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use heuron_policies::native::shop::{Encoded, Scratch};
use heuron_policies::{Architecture, Decode, DispatchModel, Model as _, Task, Weights};
use heuron_problems::jssp::taillard;
use heuron_problems::stream;
use heuron_search::Watch;
use heuron_search::jssp::bound::lower_bound;
use heuron_search::jssp::exact::branch::Branching;
use heuron_search::jssp::exact::windows::Shop;
use heuron_search::jssp::model::Model;
use heuron_search::jssp::start;
use heuron_search::jssp::tabu::Tabu;

const MOVES: u64 = 10_000;
const NODES: u64 = 1_000;
const SCHEDULES: usize = 32;

/// Moves from a schedule on that is no longer bad: neighbourhood, choice and update. Instances of 225 to 2 000
/// operations.
fn moves(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("jssp/moves");
    group.throughput(Throughput::Elements(MOVES)).sample_size(20);
    for number in [1, 21, 41, 61, 71] {
        let Some(problem) = taillard::instance(number) else { continue };
        let (model, watch) = (Model::new(&problem), Watch::never());
        let order = start::start(&model, 0.0, &mut stream(1, "bench jssp", 0), &watch);
        let mut search = Tabu::new(&model, &order, 0, stream(1, "bench jssp", 1));
        search.begin(&order, u64::MAX);
        search.walk(MOVES, &watch);
        group.bench_function(&problem.name, |bencher| bencher.iter(|| search.walk(MOVES, &watch)));
    }
    group.finish();
}

/// Nodes of branch and bound on an instance that it does not close soon.
fn nodes(criterion: &mut Criterion) {
    let Some(problem) = taillard::instance(1) else { return };
    let (model, watch) = (Model::new(&problem), Watch::never());
    let shop = Shop::new(&model);
    let Some(mut branching) = Branching::new(&shop, 1_230, false, &watch) else { return };
    let mut group = criterion.benchmark_group("jssp/nodes");
    group.throughput(Throughput::Elements(NODES)).sample_size(10);
    group.bench_function(&problem.name, |bencher| bencher.iter(|| branching.explore(NODES, &watch)));
    group.finish();
}

/// Schedules of a dispatch model of the shipped size, with random weights.
fn dispatch(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("jssp/dispatch");
    group.throughput(Throughput::Elements(SCHEDULES as u64)).sample_size(20);
    let weights = Weights::random(Architecture::new(Task::Jssp, 32, 1, 2, 48), 1).expect("an architecture that can be");
    let model = DispatchModel::new(&weights).expect("weights of their architecture");
    for number in [1, 41] {
        let Some(problem) = taillard::instance(number) else { continue };
        let (mut encoded, mut scratch) = (Encoded::default(), Scratch::default());
        model.encode(&problem, &mut encoded).expect("a job shop");
        let starts = [None; SCHEDULES];
        group.bench_function(&problem.name, |bencher| {
            bencher.iter(|| {
                let mut streams: Vec<_> = (0..SCHEDULES as u64).map(|i| stream(1, "bench dispatch", i)).collect();
                let sampling = Decode::Sample { temperature: 1.0 };
                model.decode(&problem, &encoded, &starts, &mut streams, sampling, &mut scratch)
            });
        });
    }
    group.finish();
}

fn bound(criterion: &mut Criterion) {
    let Some(problem) = taillard::instance(71) else { return };
    criterion.bench_function("jssp/bound/ta71", |bencher| bencher.iter(|| lower_bound(&problem)));
}

fn schedules(criterion: &mut Criterion) {
    let Some(problem) = taillard::instance(71) else { return };
    let (model, watch, mut rng) = (Model::new(&problem), Watch::never(), stream(1, "bench jssp", 2));
    criterion.bench_function("jssp/start/ta71", |bencher| bencher.iter(|| start::start(&model, 0.5, &mut rng, &watch)));
}

criterion_group!(benches, moves, nodes, dispatch, bound, schedules);
criterion_main!(benches);
