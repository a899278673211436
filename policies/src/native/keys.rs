//! Keys of the pointer that are learned on a single instance, as efficient active search learns embeddings (EAS-Emb):
//! A. Hottung, Y.-D. Kwon, K. Tierney, "Efficient active search for combinatorial optimization problems", ICLR 2022,
//! section 3.1.
//!
//! The embeddings are changed in their last use only, where the decoder points at the next node. So a gradient passes
//! the last layer alone, and all other tables of the instance stay as they are.

use super::backward::TablePull;
use super::decoder::Decisions;
use super::encoder::Encoded;
use super::kernels::{Kernel, Simd, blocks};
use super::layer::copy;
use super::matrix::Matrix;
use super::model::AttentionModel;
use super::replay::walk;
use crate::features::Learnable;

/// Decay of Adam's running means, and what keeps its root from 0 (Kingma and Ba, 2015).
const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;

/// Keys of the pointer of one instance, with the gradient and Adam's running means \[n, width\].
#[derive(Clone, Debug, Default)]
pub struct Keys {
    keys: Matrix,
    pull: Matrix,
    mean: Matrix,
    square: Matrix,
    /// Steps so far.
    time: i32,
    decisions: Decisions,
    weights: Vec<f32>,
    tanh: Matrix,
    pulls: TablePull,
}

/// Recorded constructions, and what the loss says about them.
#[derive(Clone, Copy, Debug)]
pub struct Lessons<'a> {
    /// Their actions.
    pub traces: &'a [Vec<u32>],
    /// So many actions at their beginning were not chosen by the model.
    pub forced: usize,
    /// Derivatives of the loss by their log-probabilities \[traces\].
    pub weights: &'a [f32],
}

impl AttentionModel {
    /// The keys to begin with: the embeddings themselves.
    pub fn keys(&self, encoded: &Encoded) -> Keys {
        let mut keys = Keys::default();
        copy(&encoded.embeddings, &mut keys.keys);
        let (n, width) = (encoded.nodes(), self.size.width);
        [&mut keys.pull, &mut keys.mean, &mut keys.square].into_iter().for_each(|matrix| matrix.clear(n, width));
        keys
    }

    /// Adds to the gradient of the keys. If `is_over`, which is asked at every step, says so, the rest is left out:
    /// then the gradient is good for nothing.
    pub fn learn_keys<P: Learnable>(
        &self,
        problem: &P,
        encoded: &Encoded,
        lessons: Lessons<'_>,
        keys: &mut Keys,
        is_over: &dyn Fn() -> bool,
    ) {
        let Lessons { traces, forced, weights } = lessons;
        let (n, wanted) = (encoded.nodes(), |trace: usize, _| weights[trace] != 0.0 && !is_over());
        let Keys { pull, decisions, weights: at_hand, tanh, pulls, .. } = keys;
        pulls.pointer.clear(n, encoded.tables.pointer.blocks());
        pulls.bias.clear(1, blocks(n));
        walk(problem, encoded, traces, forced, decisions, wanted, false, |decisions, steps| {
            at_hand.clear();
            at_hand.extend(steps.iter().map(|step| weights[step.trace]));
            self.pull_scores(encoded, decisions, (steps, at_hand, 0.0), tanh, pulls);
        });
        self.pull_keys(pulls, pull);
    }

    /// Moves the keys against the gradient by Adam's step of rate `rate`, forgets the gradient, and makes `encoded` use
    /// them, until the next encoding.
    pub fn move_keys(&self, encoded: &mut Encoded, keys: &mut Keys, rate: f32) {
        keys.time += 1;
        let [first, second] = BETAS.map(|beta| 1.0 - beta.powi(keys.time));
        self.level.run(Step { keys, rate: rate / first, correction: second.recip() });
        self.point(&keys.keys, &mut encoded.tables);
    }
}

/// Adam's step.
struct Step<'a> {
    keys: &'a mut Keys,
    /// With the correction of the mean.
    rate: f32,
    /// Of the mean square.
    correction: f32,
}

impl Kernel for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Keys { keys, pull, mean, square, .. } = self.keys;
        let moments = mean.data_mut().iter_mut().zip(square.data_mut());
        for ((key, pull), (mean, square)) in keys.data_mut().iter_mut().zip(pull.data_mut()).zip(moments) {
            for (lane, slope) in std::mem::take(pull).0.into_iter().enumerate() {
                let (key, mean, square) = (&mut key.0[lane], &mut mean.0[lane], &mut square.0[lane]);
                *mean += (1.0 - BETAS[0]) * (slope - *mean);
                *square += (1.0 - BETAS[1]) * (slope * slope - *square);
                *key -= self.rate * *mean / ((*square * self.correction).sqrt() + EPSILON);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Generate, Knapsack, Tsp, stream};

    use super::super::reference::Reference;
    use super::super::{Scratch, tests};
    use super::*;
    use crate::model::Model;
    use crate::rollout::Decode;
    use crate::weights::Weights;

    fn instance<P: Generate>(n: usize) -> P {
        P::generate(&P::spec(n, "uniform").unwrap(), &mut stream(101, "keys", n as u64))
    }

    /// The reference with the keys as they are.
    fn reference<P: Learnable>(weights: &Weights, problem: &P, keys: &Keys) -> Reference {
        let mut reference = Reference::new(weights, problem);
        for (node, row) in reference.keys.iter_mut().enumerate() {
            row.iter_mut().enumerate().for_each(|(at, x)| *x = f64::from(keys.keys.get(node, at)));
        }
        reference
    }

    fn gradient_is_right<P: Learnable + Generate>(n: usize) {
        for architecture in tests::architectures(P::TASK) {
            let (problem, weights) = (instance::<P>(n), tests::weights(&architecture, 3));
            let model = AttentionModel::new(&weights).unwrap();
            let mut encoded = Encoded::default();
            model.encode_for_decoding(&problem, &mut encoded, &|| false).unwrap();
            let mut traces: Vec<Vec<u32>> =
                tests::sampled(&model, &problem, &encoded).into_iter().map(|found| found.actions).collect();
            traces.truncate(3);
            let pulls = [0.5, -1.0, 0.75];
            let mut keys = model.keys(&encoded);
            // The second time with keys that are no embeddings any more, after a step so large that it matters.
            for round in 0..2 {
                let lessons = Lessons { traces: &traces, forced: 1, weights: &pulls };
                model.learn_keys(&problem, &encoded, lessons, &mut keys, &|| false);
                let mut reference = reference(&weights, &problem, &keys);
                let mut loss = |node: usize, at: usize, by: f64| {
                    reference.keys[node][at] += by;
                    let sum = |trace: &Vec<u32>| {
                        reference.steps(&problem, trace, 1).iter().map(|step| step.log_prob).sum::<f64>()
                    };
                    let loss: f64 = traces.iter().zip(pulls).map(|(trace, pull)| f64::from(pull) * sum(trace)).sum();
                    reference.keys[node][at] -= by;
                    loss
                };
                for (node, at) in (0..n).flat_map(|node| [0, 1, 5, 11].map(|at| (node, at))) {
                    let expected = (loss(node, at, 1e-5) - loss(node, at, -1e-5)) / 2e-5;
                    let found = keys.pull.get(node, at);
                    assert!(
                        tests::close(found, expected, 1e-3),
                        "{architecture:?} {round} {node} {at} {found} {expected}"
                    );
                }
                model.move_keys(&mut encoded, &mut keys, 0.3);
            }
            let (replay, reference) =
                (model.replay(&problem, &encoded, &traces, 1), reference(&weights, &problem, &keys));
            for (trace, found) in traces.iter().zip(&replay.log_probs) {
                for (step, &found) in reference.steps(&problem, trace, 1).iter().zip(found) {
                    assert!(tests::close(found, step.log_prob, 1e-3), "{found} {}", step.log_prob);
                }
            }
        }
    }

    #[test]
    fn gradients_of_keys_are_those_of_the_definition_also_after_a_step() {
        gradient_is_right::<Tsp>(9);
        gradient_is_right::<Cvrp>(8);
        gradient_is_right::<Knapsack>(11);
    }

    #[test]
    fn learning_makes_a_construction_the_most_probable_and_encoding_forgets_it() {
        let problem = instance::<Tsp>(20);
        let model = AttentionModel::new(&tests::weights(&tests::architectures(crate::Task::Tsp)[0], 3)).unwrap();
        let mut encoded = Encoded::default();
        let greedy = |encoded: &Encoded| {
            let found = model.decode(&problem, encoded, &[Some(0)], &mut [], Decode::Greedy, &mut Scratch::default());
            found[0].actions.clone()
        };
        model.encode_for_decoding(&problem, &mut encoded, &|| false).unwrap();
        let before = greedy(&encoded);
        let wanted = tests::sampled(&model, &problem, &encoded).swap_remove(0).actions;
        assert!(wanted[0] == 0 && wanted != before);
        let mut keys = model.keys(&encoded);
        for _ in 0..300 {
            let lessons = Lessons { traces: std::slice::from_ref(&wanted), forced: 1, weights: &[-1.0] };
            model.learn_keys(&problem, &encoded, lessons, &mut keys, &|| false);
            model.move_keys(&mut encoded, &mut keys, 0.05);
        }
        assert_eq!(greedy(&encoded), wanted);
        model.encode_for_decoding(&problem, &mut encoded, &|| false).unwrap();
        assert_eq!(greedy(&encoded), before);
    }
}
