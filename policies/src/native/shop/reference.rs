//! The network as its definition reads, in double precision, without tables or kernels. Slow; for tests.

use std::collections::BTreeMap;

use crate::architecture::{Architecture, MIXER_WIDTH, Task};
use crate::features::shop::{Choices, Floor, NONE, Relation, Shop};
use crate::weights::Weights;

type Rows = Vec<Vec<f64>>;

/// Weights, and the embeddings of an instance.
pub(super) struct Reference {
    architecture: Architecture,
    tensors: BTreeMap<String, Vec<f64>>,
    floor: Floor,
    embeddings: Rows,
}

/// Of a step of a recorded schedule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judgement {
    pub log_prob: f64,
    pub entropy: f64,
}

fn add(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn relu(a: &[f64]) -> Vec<f64> {
    a.iter().map(|x| x.max(0.0)).collect()
}

fn mean(rows: &[&Vec<f64>]) -> Vec<f64> {
    let sum = rows.iter().fold(vec![0.0; rows[0].len()], |sum, row| add(&sum, row));
    sum.iter().map(|x| x / rows.len() as f64).collect()
}

fn softmax(logits: &[f64]) -> Vec<f64> {
    let high = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().map(|logit| (logit - high).exp()).sum();
    logits.iter().map(|logit| (logit - high).exp() / sum).collect()
}

impl Reference {
    pub fn new<P: Shop>(weights: &Weights, problem: &P) -> Self {
        let tensors = weights.tensors.iter().map(|values| values.iter().map(|&x| f64::from(x)).collect()).collect();
        Self::with(weights, tensors, problem)
    }

    fn with<P: Shop>(weights: &Weights, tensors: Rows, problem: &P) -> Self {
        let names = weights.architecture.tensors().into_iter().map(|(name, _)| name);
        let mut reference = Self {
            architecture: weights.architecture.clone(),
            tensors: names.zip(tensors).collect(),
            floor: problem.floor(),
            embeddings: Vec::new(),
        };
        reference.embeddings = reference.encode();
        reference
    }

    /// The derivative of `loss` with respect to a weight, by central differences.
    pub fn slope<P: Shop>(
        weights: &Weights,
        (slot, at): (usize, usize),
        problem: &P,
        loss: &dyn Fn(&Self) -> f64,
    ) -> f64 {
        const STEP: f64 = 1e-6;
        let side = |step: f64| {
            let mut tensors: Rows =
                weights.tensors.iter().map(|values| values.iter().map(|&x| f64::from(x)).collect()).collect();
            tensors[slot][at] += step;
            loss(&Self::with(weights, tensors, problem))
        };
        (side(STEP) - side(-STEP)) / (2.0 * STEP)
    }

    fn times(&self, x: &[f64], name: &str) -> Vec<f64> {
        let weight = &self.tensors[&format!("{name}.weight")];
        let columns = weight.len() / x.len();
        (0..columns).map(|j| x.iter().enumerate().map(|(i, x)| x * weight[i * columns + j]).sum()).collect()
    }

    fn bias(&self, name: &str) -> &[f64] {
        &self.tensors[&format!("{name}.bias")]
    }

    fn encode(&self) -> Rows {
        let features = self.floor.nodes.chunks(self.architecture.task.features());
        let embed = |features: &[f32]| {
            let features: Vec<f64> = features.iter().map(|&x| f64::from(x)).collect();
            add(&self.times(&features, "embed"), self.bias("embed"))
        };
        let mut rows: Rows = features.map(embed).collect();
        if self.architecture.mixed_score.is_some() {
            return self.attend(rows);
        }
        for layer in 0..self.architecture.layers {
            let name = |part: &str| format!("layers.{layer}.{part}");
            let hidden = |node: usize| {
                let mut sum = add(&self.times(&rows[node], &name("own")), self.bias(&name("own")));
                for (relation, part) in self.floor.relations.iter().zip(["job", "machine", "before", "after"]) {
                    if let Some(heard) = hear(relation, &rows, node) {
                        sum = add(&sum, &self.times(&heard, &name(part)));
                    }
                }
                add(&rows[node], &self.times(&relu(&sum), &name("mix")))
            };
            let sums: Rows = (0..rows.len()).map(hidden).collect();
            rows = self.norm(&sums, &name("norm"));
        }
        rows
    }

    /// Mixed-score attention: pairs become the sums of themselves, their jobs and their machines.
    fn attend(&self, pairs: Rows) -> Rows {
        let (stages, jobs) = (self.floor.first.len(), self.floor.relations[0].groups);
        let mut sums = pairs.clone();
        for stage in 0..stages {
            let first = self.floor.first[stage] as usize;
            let end = self.floor.first.get(stage + 1).map_or(pairs.len(), |&next| next as usize);
            let machines = (end - first) / jobs;
            let node = |job: usize, machine: usize| first + job * machines + machine;
            let time = |job, machine| f64::from(self.floor.nodes[node(job, machine) * Task::Ffsp.features()]);
            let of_job = |job| mean(&(0..machines).map(|machine| &pairs[node(job, machine)]).collect::<Vec<_>>());
            let of_machine = |machine| mean(&(0..jobs).map(|job| &pairs[node(job, machine)]).collect::<Vec<_>>());
            let (mut job_rows, mut machine_rows): (Rows, Rows) =
                ((0..jobs).map(of_job).collect(), (0..machines).map(of_machine).collect());
            let encoder = stage * self.architecture.mixed_score.unwrap() / stages;
            for layer in 0..self.architecture.layers {
                let name = |side: &str| format!("stages.{encoder}.layers.{layer}.{side}");
                let next = self.half(&job_rows, &machine_rows, &time, &name("jobs"));
                let turned = |machine, job| time(job, machine);
                machine_rows = self.half(&machine_rows, &job_rows, &turned, &name("machines"));
                job_rows = next;
            }
            for (job, machine) in (0..jobs).flat_map(|job| (0..machines).map(move |machine| (job, machine))) {
                let sum = &mut sums[node(job, machine)];
                *sum = add(&add(sum, &job_rows[job]), &machine_rows[machine]);
            }
        }
        sums
    }

    /// The rows after half a layer, in which they attend to `sources`.
    fn half(&self, rows: &Rows, sources: &Rows, time: &dyn Fn(usize, usize) -> f64, name: &str) -> Rows {
        let part = |part: &str| format!("{name}.{part}");
        let (heads, units) = (self.architecture.heads, self.architecture.heads * MIXER_WIDTH);
        let size = self.architecture.width / heads;
        let (weight, bias) = (&self.tensors[&part("mixer.hidden.weight")], self.bias(&part("mixer.hidden")));
        let logit = &self.tensors[&part("mixer.logit.weight")];
        let project = |rows: &Rows, name: &str| rows.iter().map(|row| self.times(row, &part(name))).collect::<Rows>();
        let (queries, keys, values) = (project(rows, "query"), project(sources, "key"), project(sources, "value"));
        let mixed = |head: usize, score: f64, time: f64| {
            let unit =
                |unit: usize| (score * weight[unit] + time * weight[units + unit] + bias[unit]).max(0.0) * logit[unit];
            (head * MIXER_WIDTH..(head + 1) * MIXER_WIDTH).map(unit).sum::<f64>()
        };
        let attended = |i: usize| {
            let of_head = |head: usize| {
                let floats = head * size..(head + 1) * size;
                let score = |j: usize| {
                    let product: f64 = floats.clone().map(|at| queries[i][at] * keys[j][at]).sum();
                    mixed(head, product / (size as f64).sqrt(), time(i, j))
                };
                let weights = softmax(&(0..keys.len()).map(score).collect::<Vec<_>>());
                floats.map(move |at| (weights.clone(), at))
            };
            let value =
                |(weights, at): (Vec<f64>, usize)| weights.iter().zip(&values).map(|(w, value)| w * value[at]).sum();
            let heads: Vec<f64> = (0..heads).flat_map(of_head).map(value).collect();
            add(&rows[i], &self.times(&heads, &part("out")))
        };
        let middle = self.norm(&(0..rows.len()).map(attended).collect(), &part("norm1"));
        let forward = |row: &Vec<f64>| {
            let hidden = relu(&add(&self.times(row, &part("ff1")), self.bias(&part("ff1"))));
            add(row, &self.times(&hidden, &part("ff2")))
        };
        self.norm(&middle.iter().map(forward).collect(), &part("norm2"))
    }

    fn norm(&self, rows: &Rows, name: &str) -> Rows {
        let (scale, shift) = (&self.tensors[&format!("{name}.scale")], &self.tensors[&format!("{name}.shift")]);
        let mean = mean(&rows.iter().collect::<Vec<_>>());
        let variance = |j: usize| rows.iter().map(|row| (row[j] - mean[j]).powi(2)).sum::<f64>() / rows.len() as f64;
        let deviations: Vec<f64> = (0..mean.len()).map(|j| (variance(j) + 1e-5).sqrt()).collect();
        let one =
            |row: &Vec<f64>| (0..row.len()).map(|j| (row[j] - mean[j]) / deviations[j] * scale[j] + shift[j]).collect();
        rows.iter().map(one).collect()
    }

    /// The probabilities of some choices under a latent vector.
    fn probabilities(&self, choices: &Choices, latent: &[f64]) -> Vec<f64> {
        let field: Vec<&Vec<f64>> = choices.field.iter().map(|&node| &self.embeddings[node as usize]).collect();
        let mut field = self.times(&mean(&field), "decoder.field");
        if !latent.is_empty() {
            field = add(&field, &self.times(latent, "decoder.latent"));
        }
        let first = |(features, &node): (&[f32], &u32)| {
            let features: Vec<f64> = features.iter().map(|&x| f64::from(x)).collect();
            let own = add(&self.times(&features, "decoder.choice"), self.bias("decoder.choice"));
            let node = self.times(&self.embeddings[node as usize], "decoder.node");
            relu(&add(&add(&own, &node), &field))
        };
        let features = choices.features.chunks(self.architecture.task.scalars());
        let first: Rows = features.zip(&choices.nodes).map(first).collect();
        let rivals = self.times(&mean(&first.iter().collect::<Vec<_>>()), "decoder.rivals");
        let logit = |first: &Vec<f64>| {
            let own = add(&self.times(first, "decoder.hidden"), self.bias("decoder.hidden"));
            self.times(&add(first, &relu(&add(&own, &rivals))), "decoder.logit")[0]
        };
        let logits: Vec<f64> = first.iter().map(logit).collect();
        softmax(&logits)
    }

    /// Every step of a recorded schedule that follows a latent vector, if it is not empty.
    pub fn steps<P: Shop>(&self, problem: &P, trace: &[u32], latent: &[f64]) -> Vec<Judgement> {
        let (mut board, mut choices) = (problem.board(), Choices::default());
        let step = |&action: &u32| {
            problem.choices(&self.floor, &board, &mut choices);
            let at = choices.actions.iter().position(|&other| other == action).unwrap();
            problem.advance(&mut board, action);
            if choices.actions.len() == 1 {
                return Judgement { log_prob: 0.0, entropy: 0.0 };
            }
            let probabilities = self.probabilities(&choices, latent);
            let entropy = -probabilities.iter().map(|p| p * p.ln()).sum::<f64>();
            Judgement { log_prob: probabilities[at].ln(), entropy }
        };
        trace.iter().map(step).collect()
    }
}

/// The mean of what a node hears.
fn hear(relation: &Relation, rows: &Rows, node: usize) -> Option<Vec<f64>> {
    let group = relation.hears[node];
    let members: Vec<&Vec<f64>> =
        rows.iter().zip(&relation.of).filter(|(_, of)| **of == group).map(|(r, _)| r).collect();
    (group != NONE && !members.is_empty()).then(|| mean(&members))
}
