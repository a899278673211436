//! The network as its definition reads, in double precision, without tables or kernels. Slow; for tests.

use std::collections::BTreeMap;

use crate::architecture::Architecture;
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

    fn norm(&self, rows: &Rows, name: &str) -> Rows {
        let (scale, shift) = (&self.tensors[&format!("{name}.scale")], &self.tensors[&format!("{name}.shift")]);
        let mean = mean(&rows.iter().collect::<Vec<_>>());
        let variance = |j: usize| rows.iter().map(|row| (row[j] - mean[j]).powi(2)).sum::<f64>() / rows.len() as f64;
        let deviations: Vec<f64> = (0..mean.len()).map(|j| (variance(j) + 1e-5).sqrt()).collect();
        let one =
            |row: &Vec<f64>| (0..row.len()).map(|j| (row[j] - mean[j]) / deviations[j] * scale[j] + shift[j]).collect();
        rows.iter().map(one).collect()
    }

    /// The probabilities of some choices.
    fn probabilities(&self, choices: &Choices) -> Vec<f64> {
        let field: Vec<&Vec<f64>> = choices.field.iter().map(|&node| &self.embeddings[node as usize]).collect();
        let field = self.times(&mean(&field), "decoder.field");
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
        let high = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|logit| (logit - high).exp()).sum();
        logits.iter().map(|logit| (logit - high).exp() / sum).collect()
    }

    /// Every step of a recorded schedule.
    pub fn steps<P: Shop>(&self, problem: &P, trace: &[u32]) -> Vec<Judgement> {
        let (mut board, mut choices) = (problem.board(), Choices::default());
        let step = |&action: &u32| {
            problem.choices(&self.floor, &board, &mut choices);
            let at = choices.actions.iter().position(|&other| other == action).unwrap();
            problem.advance(&mut board, action);
            if choices.actions.len() == 1 {
                return Judgement { log_prob: 0.0, entropy: 0.0 };
            }
            let probabilities = self.probabilities(&choices);
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
