//! The network as its definition reads, in double precision, without tables, masks or kernels. Slow; for tests.

use std::collections::BTreeMap;

use crate::architecture::Architecture;
use crate::features::local::{Neighbourhood, Neighbours};
use crate::features::{Context, Learnable};
use crate::weights::Weights;

type Rows = Vec<Vec<f64>>;

/// Weights, and the embeddings of an instance.
pub(super) struct Reference {
    architecture: Architecture,
    tensors: BTreeMap<String, Vec<f64>>,
    distances: Rows,
    embeddings: Rows,
    /// Keys of the pointer: the embeddings, unless they are changed.
    pub keys: Rows,
    neighbourhood: Option<Neighbourhood>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Judgement {
    pub log_prob: f64,
    pub entropy: f64,
    pub value: f64,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn sum(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

fn softmax(scores: &[f64]) -> Vec<f64> {
    let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - high).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

impl Reference {
    pub fn new<P: Learnable>(weights: &Weights, problem: &P) -> Self {
        let tensors = weights.tensors.iter().map(|values| values.iter().map(|&x| f64::from(x)).collect()).collect();
        Self::with(weights.architecture.clone(), tensors, problem)
    }

    /// The derivative of `loss` with respect to a weight, by central differences.
    pub fn slope<P: Learnable>(
        weights: &Weights,
        slot: usize,
        at: usize,
        problem: &P,
        loss: impl Fn(&Self) -> f64,
    ) -> f64 {
        const STEP: f64 = 1e-6;
        let side = |step: f64| {
            let mut tensors: Rows = weights.tensors.iter().map(|v| v.iter().map(|&x| f64::from(x)).collect()).collect();
            tensors[slot][at] += step;
            loss(&Self::with(weights.architecture.clone(), tensors, problem))
        };
        (side(STEP) - side(-STEP)) / (2.0 * STEP)
    }

    fn with<P: Learnable>(architecture: Architecture, tensors: Vec<Vec<f64>>, problem: &P) -> Self {
        let features = problem.features().unwrap();
        let n = problem.width();
        let away =
            |a: &[f32; 2], b: &[f32; 2]| f64::from(a[0] - b[0]).hypot(f64::from(a[1] - b[1])) * (n as f64).log2();
        let points = &features.points;
        let distances = points.iter().map(|a| points.iter().map(|b| away(a, b)).collect()).collect();
        let names = architecture.tensors().into_iter().map(|(name, _)| name);
        let tensors = names.zip(tensors).collect();
        let neighbourhood = architecture.local.map(|k| Neighbourhood::new(P::TASK, &features, k));
        let (embeddings, keys) = (Rows::new(), Rows::new());
        let mut reference = Self { architecture, tensors, distances, embeddings, keys, neighbourhood };
        let embed = |node: usize| {
            let name = if node == 0 && reference.has("depot.weight") { "depot" } else { "embed" };
            let count = reference.get(&format!("{name}.weight")).len() / reference.architecture.width;
            let numbers: Vec<f64> = features.of(node, n)[..count].iter().map(|&x| f64::from(x)).collect();
            sum(&reference.linear(&numbers, &format!("{name}.weight")), reference.get(&format!("{name}.bias")))
        };
        let mut x: Rows = (0..n).map(embed).collect();
        for layer in 0..reference.architecture.layers {
            x = reference.layer(layer, &x);
        }
        reference.keys.clone_from(&x);
        reference.embeddings = x;
        reference
    }

    fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn get(&self, name: &str) -> &[f64] {
        &self.tensors[name]
    }

    fn linear(&self, x: &[f64], name: &str) -> Vec<f64> {
        let weight = self.get(name);
        let columns = weight.len() / x.len();
        (0..columns).map(|j| x.iter().enumerate().map(|(i, x)| x * weight[i * columns + j]).sum()).collect()
    }

    fn all(&self, x: &Rows, name: &str) -> Rows {
        x.iter().map(|x| self.linear(x, name)).collect()
    }

    /// Multi-head attention of one query to some nodes; `bias` per head and node is added to the scores.
    fn attend(
        &self,
        query: &[f64],
        keys: &[&Vec<f64>],
        values: &[&Vec<f64>],
        bias: impl Fn(usize, usize) -> f64,
    ) -> Vec<f64> {
        let size = self.architecture.width / self.architecture.heads;
        let head = |head: usize| {
            let part = head * size..(head + 1) * size;
            let score = |(at, key): (usize, &&Vec<f64>)| {
                dot(&query[part.clone()], &key[part.clone()]) / (size as f64).sqrt() + bias(head, at)
            };
            let weights = softmax(&keys.iter().enumerate().map(score).collect::<Vec<_>>());
            let coordinate = move |c: usize| weights.iter().zip(values).map(|(w, v)| w * v[c]).sum::<f64>();
            part.map(coordinate).collect::<Vec<_>>()
        };
        (0..self.architecture.heads).flat_map(head).collect()
    }

    fn norm(&self, x: &Rows, name: &str) -> Rows {
        let (scale, shift, n) =
            (self.get(&format!("{name}.scale")), self.get(&format!("{name}.shift")), x.len() as f64);
        let mut out = x.clone();
        for c in 0..scale.len() {
            let mean = x.iter().map(|x| x[c]).sum::<f64>() / n;
            let variance = x.iter().map(|x| (x[c] - mean).powi(2)).sum::<f64>() / n;
            let unit = |x: f64| (x - mean) / (variance + 1e-5).sqrt();
            out.iter_mut().zip(x).for_each(|(out, x)| out[c] = unit(x[c]) * scale[c] + shift[c]);
        }
        out
    }

    fn layer(&self, layer: usize, x: &Rows) -> Rows {
        let name = |part: &str| format!("layers.{layer}.{part}");
        let [query, key, value] = ["query", "key", "value"].map(|part| self.all(x, &name(&format!("{part}.weight"))));
        let (keys, values): (Vec<_>, Vec<_>) = (key.iter().collect(), value.iter().collect());
        let mixed = |i: usize| {
            let bias = |head: usize, j: usize| {
                if self.architecture.distance_bias {
                    -self.get(&name("distance"))[head] * self.distances[i][j]
                } else {
                    0.0
                }
            };
            let heads = self.attend(&query[i], &keys, &values, bias);
            sum(&x[i], &self.linear(&heads, &name("out.weight")))
        };
        let x = self.norm(&(0..x.len()).map(mixed).collect(), &name("norm1"));
        let forward = |x: &Vec<f64>| {
            let hidden = sum(&self.linear(x, &name("ff1.weight")), self.get(&name("ff1.bias")));
            let active: Vec<f64> = hidden.iter().map(|x| x.max(0.0)).collect();
            sum(x, &self.linear(&active, &name("ff2.weight")))
        };
        self.norm(&x.iter().map(forward).collect(), &name("norm2"))
    }

    /// All steps of a recorded construction from `forced` on.
    pub fn steps<P: Learnable>(&self, problem: &P, trace: &[u32], forced: usize) -> Vec<Judgement> {
        self.steps_with(problem, trace, forced, &[])
    }

    /// The same with a latent vector; an empty one is none.
    pub fn steps_with<P: Learnable>(
        &self,
        problem: &P,
        trace: &[u32],
        forced: usize,
        latent: &[f64],
    ) -> Vec<Judgement> {
        let (keys, mut values) =
            (self.all(&self.embeddings, "decoder.key.weight"), self.all(&self.embeddings, "decoder.value.weight"));
        if !latent.is_empty() {
            let shift = self.linear(latent, "decoder.latent.value.weight");
            values.iter_mut().for_each(|value| *value = sum(value, &shift));
        }
        let mut state = problem.start();
        let mut steps = Vec::new();
        for (at, &action) in trace.iter().enumerate() {
            if at >= forced {
                let mut mask = vec![false; problem.width()];
                problem.allowed(&state, &mut mask);
                let allowed: Vec<usize> = (0..mask.len()).filter(|&j| mask[j]).collect();
                steps.push(self.step((problem.context(&state), latent), &allowed, action as usize, &keys, &values));
            }
            problem.step(&mut state, action);
        }
        steps
    }

    fn step(
        &self,
        (context, latent): (Context, &[f64]),
        allowed: &[usize],
        action: usize,
        keys: &Rows,
        values: &Rows,
    ) -> Judgement {
        let mut query = vec![0.0; self.architecture.width];
        for (node, name) in [(context.first, "decoder.first.weight"), (context.last, "decoder.last.weight")] {
            if let Some(node) = node {
                query = sum(&query, &self.linear(&self.embeddings[node as usize], name));
            }
        }
        if self.has("decoder.scalar.weight") {
            query = sum(&query, &self.linear(&[f64::from(context.left)], "decoder.scalar.weight"));
        }
        if !latent.is_empty() {
            query = sum(&query, &self.linear(latent, "decoder.latent.query.weight"));
        }
        let (keys, values): (Vec<_>, Vec<_>) = allowed.iter().map(|&j| (&keys[j], &values[j])).unzip();
        let heads = self.attend(&query, &keys, &values, |_, _| 0.0);
        let glimpse = sum(&self.linear(&heads, "decoder.out.weight"), self.get("decoder.out.bias"));
        let refined = self.has("decoder.pointer.weight").then(|| self.refine(&glimpse, context));
        let local = self.local(context, allowed);
        let logit = |&j: &usize| {
            let key = &self.keys[j];
            let point = match &refined {
                Some(refined) => dot(refined, &self.linear(key, "decoder.pointer.weight")),
                None => dot(&glimpse, key),
            };
            let near = local.iter().find(|(node, _)| *node == j).map_or(0.0, |(_, score)| *score);
            let score = point / (self.architecture.width as f64).sqrt() + near;
            let bias = match context.last {
                Some(last) if self.architecture.distance_bias => {
                    -self.get("decoder.distance")[0] * self.distances[last as usize][j]
                }
                _ => 0.0,
            };
            f64::from(self.architecture.clip) * (score + bias).tanh()
        };
        let shares = softmax(&allowed.iter().map(logit).collect::<Vec<_>>());
        let chosen = allowed.iter().position(|&j| j == action).unwrap();
        let value = if self.architecture.value {
            let hidden = sum(&self.linear(&glimpse, "value.hidden.weight"), self.get("value.hidden.bias"));
            let active: Vec<f64> = hidden.iter().map(|x| x.max(0.0)).collect();
            self.linear(&active, "value.out.weight")[0] + self.get("value.out.bias")[0]
        } else {
            0.0
        };
        let entropy = shares.iter().map(|share| -share * share.max(1e-300).ln()).sum();
        Judgement { log_prob: shares[chosen].ln(), entropy, value }
    }

    /// The feature layer.
    fn refine(&self, glimpse: &[f64], context: Context) -> Vec<f64> {
        let residual = context.last.map_or(vec![0.0; glimpse.len()], |last| self.embeddings[last as usize].clone());
        let x = self.layer_norm(&sum(&residual, glimpse), "decoder.norm1");
        let hidden = sum(&self.linear(&x, "decoder.ff1.weight"), self.get("decoder.ff1.bias"));
        let active: Vec<f64> = hidden.iter().map(|x| x.max(0.0)).collect();
        self.layer_norm(&sum(&x, &self.linear(&active, "decoder.ff2.weight")), "decoder.norm2")
    }

    fn layer_norm(&self, x: &[f64], name: &str) -> Vec<f64> {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
        let weights = self.get(&format!("{name}.scale")).iter().zip(self.get(&format!("{name}.shift")));
        x.iter().zip(weights).map(|(x, (scale, shift))| (x - mean) / (variance + 1e-5).sqrt() * scale + shift).collect()
    }

    /// Scores of the neighbours of the last node.
    fn local(&self, context: Context, allowed: &[usize]) -> Vec<(usize, f64)> {
        let Some(neighbourhood) = &self.neighbourhood else { return Vec::new() };
        let mut found = Neighbours::default();
        neighbourhood.look(&context, |node| allowed.contains(&node), &mut found);
        let relu = |x: Vec<f64>| x.into_iter().map(|x| x.max(0.0)).collect::<Vec<f64>>();
        let first = |numbers: &[f32; 6]| {
            let numbers: Vec<f64> = numbers.iter().map(|&x| f64::from(x)).collect();
            relu(sum(&self.linear(&numbers, "local.input.weight"), self.get("local.input.bias")))
        };
        let hidden: Rows = found.numbers.iter().map(first).collect();
        let count = hidden.len().max(1) as f64;
        let mean: Vec<f64> = (0..16).map(|i| hidden.iter().map(|h| h[i]).sum::<f64>() / count).collect();
        let base = sum(&self.linear(&mean, "local.pool.weight"), self.get("local.hidden.bias"));
        let score = |h: &Vec<f64>| {
            self.linear(&relu(sum(&base, &self.linear(h, "local.hidden.weight"))), "local.out.weight")[0]
        };
        found.nodes.iter().map(|&node| node as usize).zip(hidden.iter().map(score)).collect()
    }
}
