//! Attention models: encoding, greedy multi-start construction, and training steps, a batch of 64 instances on one
//! thread.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use heuron_policies::native::{AttentionModel, Encoded, Gradient, Pull, Scratch, StepWeights};
use heuron_policies::{Architecture, Decode, Model, Task, Weights};
use heuron_problems::{Generate, Stream, Tsp, stream};

const BATCH: u64 = 64;
const NODES: usize = 50;

struct Bench {
    name: &'static str,
    model: AttentionModel,
    problems: Vec<Tsp>,
    starts: Vec<Option<u32>>,
}

impl Bench {
    /// The small and the published size.
    fn all() -> [Self; 2] {
        Self::with(|architecture| architecture)
    }

    /// Both sizes, changed.
    fn with(change: impl Fn(Architecture) -> Architecture) -> [Self; 2] {
        [("64x3", 64, 4, 3, 256), ("128x6", 128, 8, 6, 512)].map(|(name, width, heads, layers, feed_forward)| {
            let architecture = change(Architecture::new(Task::Tsp, width, heads, layers, feed_forward));
            let weights = Weights::random(architecture, 1).expect("sizes that a model can have");
            let spec = Tsp::spec(NODES, "uniform").expect("a known distribution");
            let problem = |index| Tsp::generate(&spec, &mut stream(1, "bench policies", index));
            Self {
                name,
                model: AttentionModel::new(&weights).expect("weights of their architecture"),
                problems: (0..BATCH).map(problem).collect(),
                starts: (0..NODES as u32).map(Some).collect(),
            }
        })
    }

    fn encode(&self, problem: &Tsp, encoded: &mut Encoded) {
        self.model.encode(problem, encoded).expect("points have coordinates");
    }

    fn backward(&self, problem: &Tsp, encoded: &Encoded, traces: &[Vec<u32>], gradient: &mut Gradient) {
        let weights: Vec<f32> = (0..traces.len()).map(|at| if at % 2 == 0 { 0.01 } else { -0.01 }).collect();
        let pull = Pull { log_prob: StepWeights::Trajectory(&weights), value: None, entropy: 0.0 };
        self.model.backward(problem, encoded, traces, 1, &pull, gradient);
    }

    /// For so many lanes per start.
    fn streams(&self, count: usize) -> Vec<Stream> {
        (0..(count * self.starts.len()) as u64).map(|lane| stream(1, "bench lanes", lane)).collect()
    }
}

fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policies/encode");
    group.throughput(Throughput::Elements(BATCH)).sample_size(10);
    for bench in Bench::all() {
        let (mut encoded, mut gradient) = (Encoded::default(), Gradient::of(&bench.model));
        group.bench_function(BenchmarkId::new("forward", bench.name), |bencher| {
            bencher.iter(|| bench.problems.iter().for_each(|problem| bench.encode(problem, &mut encoded)));
        });
        // Without traces only the way from the tables to the encoder's weights is left of the backward pass.
        group.bench_function(BenchmarkId::new("backward", bench.name), |bencher| {
            bencher.iter(|| {
                for problem in &bench.problems {
                    bench.encode(problem, &mut encoded);
                    bench.backward(problem, &encoded, &[], &mut gradient);
                }
            });
        });
    }
    group.finish();
}

fn infer(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policies/infer");
    group.throughput(Throughput::Elements(BATCH)).sample_size(10);
    for bench in Bench::all() {
        let (mut encoded, mut scratch) = (Encoded::default(), Scratch::default());
        group.bench_function(bench.name, |bencher| {
            bencher.iter(|| {
                for problem in &bench.problems {
                    bench.encode(problem, &mut encoded);
                    bench.model.decode(problem, &encoded, &bench.starts, &mut [], Decode::Greedy, &mut scratch);
                }
            });
        });
    }
    group.finish();
}

fn train(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policies/train");
    group.throughput(Throughput::Elements(BATCH)).sample_size(10);
    for bench in Bench::all() {
        let (mut encoded, mut scratch) = (Encoded::default(), Scratch::default());
        let mut gradient = Gradient::of(&bench.model);
        let sample = Decode::Sample { temperature: 1.0 };
        group.bench_function(bench.name, |bencher| {
            bencher.iter(|| {
                for problem in &bench.problems {
                    bench.encode(problem, &mut encoded);
                    let (model, mut streams) = (&bench.model, bench.streams(1));
                    let tours = model.decode(problem, &encoded, &bench.starts, &mut streams, sample, &mut scratch);
                    let traces: Vec<Vec<u32>> = tours.into_iter().map(|tour| tour.actions).collect();
                    bench.backward(problem, &encoded, &traces, &mut gradient);
                }
            });
        });
    }
    group.finish();
}

const AGENTS: usize = 8;
const LATENTS: usize = 16;

/// Trajectories that share an encoded instance: of many agents, of many latent vectors, and as many of the base policy.
fn share(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("policies/share");
    group.sample_size(10);
    let populations = Bench::with(|plain| Architecture { agents: Some(AGENTS), ..plain });
    let conditioned = Bench::with(|plain| Architecture { latent: Some(16), ..plain });
    let latents: Vec<Vec<f32>> = (0..LATENTS).map(|index| vec![index as f32; 16]).collect();
    let sample = Decode::Sample { temperature: 1.0 };
    for (base, (population, conditioned)) in Bench::all().iter().zip(populations.iter().zip(&conditioned)) {
        let (mut encoded, mut scratch) = (Encoded::default(), Scratch::default());
        for count in [AGENTS, LATENTS] {
            let lanes = base.starts.repeat(count);
            group.throughput(Throughput::Elements(lanes.len() as u64));
            group.bench_function(BenchmarkId::new(format!("base {count}"), base.name), |bencher| {
                bencher.iter(|| {
                    let (problem, mut streams) = (&base.problems[0], base.streams(count));
                    base.encode(problem, &mut encoded);
                    base.model.decode(problem, &encoded, &lanes, &mut streams, sample, &mut scratch)
                });
            });
        }
        group.throughput(Throughput::Elements((AGENTS * base.starts.len()) as u64));
        group.bench_function(BenchmarkId::new("agents", base.name), |bencher| {
            bencher.iter(|| {
                let problem = &population.problems[0];
                population.encode(problem, &mut encoded);
                for index in 0..AGENTS {
                    let (agent, mut streams) = (population.model.agent(index), population.streams(1));
                    agent.take_over(&mut encoded);
                    agent.decode(problem, &encoded, &population.starts, &mut streams, sample, &mut scratch);
                }
            });
        });
        let lanes = base.starts.repeat(LATENTS);
        group.throughput(Throughput::Elements(lanes.len() as u64));
        group.bench_function(BenchmarkId::new("latents", base.name), |bencher| {
            bencher.iter(|| {
                let (problem, mut streams) = (&conditioned.problems[0], conditioned.streams(LATENTS));
                conditioned.encode(problem, &mut encoded);
                conditioned.model.condition(&mut encoded, &latents);
                conditioned.model.decode(problem, &encoded, &lanes, &mut streams, sample, &mut scratch)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, encode, infer, train, share);
criterion_main!(benches);
