//! Instances per CPU second of training steps and of greedy multi-start inference, on one thread.
//! `benches/versus/policy.py` compares them with PyTorch.
//!
//!     cargo run --release --package heuron-policies --example throughput -- WHAT N WIDTH HEADS LAYERS FF BATCH REPEAT
//!
//! WHAT: `train` (sampled rollouts from every start, shared-baseline REINFORCE, gradients of all weights), `train-8`
//! (the same with the 8 trajectories of an instance in the gradient that are farthest from the baseline), `infer`, or a
//! part of a training step: `encode`, `rollout`; `peak`: GFLOP/s of multiply-adds in registers.

use std::time::{Duration, Instant};

use heuron_policies::native::{AttentionModel, Encoded, Gradient, Pull, Scratch, StepWeights, Trajectory, spin};
use heuron_policies::{Architecture, Decode, Model, Task, Weights};
use heuron_problems::{Construct, Generate, Stream, Tsp, stream};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(default);
    let what = words.first().map_or("train", String::as_str);
    if what == "peak" {
        return peak();
    }
    let (n, batch, repeat) = (number(1, 50), number(6, 64), number(7, 3));
    let architecture = Architecture::new(Task::Tsp, number(2, 64), number(3, 4), number(4, 3), number(5, 256));
    let mut bench = match Bench::new(&architecture, n, batch) {
        Ok(bench) => bench,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    };
    let mut best = f64::INFINITY;
    for round in 0..=repeat {
        let begin = cpu();
        bench.round(what, round as u64);
        best = best.min((cpu() - begin).as_secs_f64());
    }
    println!("{:.1} instances per CPU second", batch as f64 / best);
}

fn peak() {
    let mut best: f64 = 0.0;
    for _ in 0..10 {
        let begin = cpu();
        let operations = spin(10_000_000);
        best = best.max(operations as f64 / (cpu() - begin).as_secs_f64());
    }
    println!("{:.1} GFLOP/s", best * 1e-9);
}

/// CPU time of this process, which has one thread; wall time where the system does not say.
fn cpu() -> Duration {
    thread_local!(static BEGIN: Instant = Instant::now());
    let stat = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanoseconds = stat.and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| BEGIN.with(Instant::elapsed), Duration::from_nanos)
}

struct Bench {
    model: AttentionModel,
    weights: Weights,
    problems: Vec<Tsp>,
    gradient: Gradient,
    encoded: Encoded,
    scratch: Scratch,
}

impl Bench {
    fn new(architecture: &Architecture, n: usize, batch: usize) -> Result<Self, Box<dyn std::error::Error>> {
        let spec = Tsp::spec(n, "uniform")?;
        let weights = Weights::random(architecture.clone(), 1)?;
        Ok(Self {
            model: AttentionModel::new(&weights)?,
            weights,
            problems: (0..batch as u64).map(|i| Tsp::generate(&spec, &mut stream(101, "bench", i))).collect(),
            gradient: Gradient::new(architecture),
            encoded: Encoded::default(),
            scratch: Scratch::default(),
        })
    }

    fn round(&mut self, what: &str, round: u64) {
        self.gradient.zero();
        for (index, problem) in self.problems.iter().enumerate() {
            let fits = match what {
                "infer" => self.model.encode_for_decoding(problem, &mut self.encoded, &|| false).map(drop),
                _ => self.model.encode(problem, &mut self.encoded),
            };
            assert!(fits.is_ok(), "points have coordinates");
            let starts: Vec<Option<u32>> = problem.openings().into_iter().map(Some).collect();
            let mut streams: Vec<Stream> =
                (0..starts.len()).map(|lane| stream(round, "bench", (index * 1000 + lane) as u64)).collect();
            let decode = if what == "infer" { Decode::Greedy } else { Decode::Sample { temperature: 1.0 } };
            if what == "encode" {
                continue;
            }
            let (model, encoded) = (&self.model, &self.encoded);
            let trajectories = model.decode(problem, encoded, &starts, &mut streams, decode, &mut self.scratch);
            match what {
                "train" => learn(model, problem, encoded, trajectories, usize::MAX, &mut self.gradient),
                "train-8" => learn(model, problem, encoded, trajectories, 8, &mut self.gradient),
                _ => {}
            }
        }
        if what.starts_with("train") {
            self.step();
        }
    }

    /// The cheapest optimiser: plain gradient descent. The weights must be prepared again, as after any other.
    fn step(&mut self) {
        for (weights, slopes) in self.weights.tensors.iter_mut().zip(self.gradient.tensors()) {
            weights.iter_mut().zip(slopes).for_each(|(weight, slope)| *weight -= 1e-6 * slope);
        }
        let set = self.model.set(&self.weights);
        assert!(set.is_ok(), "the step is too small for numbers beyond all bounds");
    }
}

/// Shared-baseline REINFORCE (Kwon et al., POMO, 2020), on the `most` tours of the largest weights.
fn learn(
    model: &AttentionModel,
    problem: &Tsp,
    encoded: &Encoded,
    tours: Vec<Trajectory>,
    most: usize,
    gradient: &mut Gradient,
) {
    let cost = |tour: &Trajectory| tour.cost.as_ref().map_or(0.0, |&cost| cost as f32 * 1e-6);
    let mean = tours.iter().map(cost).sum::<f32>() / tours.len() as f32;
    let mut lessons: Vec<(f32, Vec<u32>)> = tours.into_iter().map(|tour| (cost(&tour) - mean, tour.actions)).collect();
    lessons.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    lessons.truncate(most);
    let (weights, traces): (Vec<f32>, Vec<Vec<u32>>) = lessons.into_iter().unzip();
    let pull = Pull { log_prob: StepWeights::Trajectory(&weights), value: None, entropy: 0.0 };
    model.backward(problem, encoded, &traces, 1, &pull, gradient);
}
