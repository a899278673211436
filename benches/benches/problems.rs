//! Evaluation, reading of a large file, and neighbour lists.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use heuron_benches::{cvrp, tsp};
use heuron_problems::{Cvrp, Format, Near, Problem, Rounding, Routes, Tour, Tsp};

fn evaluate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluate");
    group.throughput(Throughput::Elements(1_000));

    let problem = tsp(1_000);
    let tour = Tour { nodes: (0..1_000).collect() };
    group.bench_function("tsp/1000", |bencher| bencher.iter(|| problem.evaluate(black_box(&tour))));

    let problem = cvrp(1_000);
    let routes = in_order(&problem);
    group.bench_function("cvrp/1000", |bencher| bencher.iter(|| problem.evaluate(black_box(&routes))));
    group.finish();
}

/// Customers in the order of their numbers, a new route whenever the vehicle is full.
fn in_order(problem: &Cvrp) -> Routes {
    let (mut routes, mut load) = (vec![Vec::new()], 0);
    for customer in 1..=problem.customers() as u32 {
        let demand = problem.demands[customer as usize];
        if load + demand > problem.capacity {
            routes.push(Vec::new());
            load = 0;
        }
        load += demand;
        routes.last_mut().expect("one route at least").push(customer);
    }
    Routes { routes }
}

fn parse(criterion: &mut Criterion) {
    let mut text = Vec::new();
    tsp(100_000).write(&mut text).expect("memory takes every byte");
    let text = String::from_utf8(text).expect("files are text");
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(20);
    group.bench_function("tsp/100000", |bencher| bencher.iter(|| Tsp::read(black_box(&text), Rounding::Nearest)));
    group.finish();
}

fn neighbours(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("neighbours");
    group.sample_size(20);
    for n in [1_000, 100_000] {
        let problem = tsp(n);
        group.throughput(Throughput::Elements(n as u64));
        group
            .bench_function(format!("nearest10/{n}"), |bencher| bencher.iter(|| Near::nearest(&problem.distances, 10)));
    }
    group.finish();
}

criterion_group!(benches, evaluate, parse, neighbours);
criterion_main!(benches);
