//! Latent vectors that a decoder follows: F. Chalumeau et al., "Combinatorial optimization with policy adaptation using
//! latent space search" (COMPASS), NeurIPS 2023.
//!
//! The paper appends the vector z to the inputs of queries, keys and values. What it adds to the keys is the same for
//! all nodes and leaves attention as it is, so those weights are left out. What it adds to the values is the same for
//! all nodes too, and attention weights sum to 1: it is added to attention's result. So a vector costs a row of scores
//! and a shift, and all vectors share the tables of the instance.

use super::encoder::Encoded;
use super::gradient::Gradient;
use super::kernels::{Block, Kernel, Simd, flat_mut, math};
use super::matrix::Matrix;
use super::model::AttentionModel;
use super::tables::Part;

/// Latent vectors of an instance, and what they add.
#[derive(Clone, Debug, Default)]
pub(super) struct Latents {
    /// \[latents, length\].
    pub vectors: Matrix,
    /// To the scores.
    pub part: Part,
    /// To attention's result \[latents, all heads\].
    pub values: Matrix,
}

impl Latents {
    /// No vectors: as if they were zero.
    pub fn clear(&mut self) {
        self.vectors.reshape(0, 0);
        self.values.reshape(0, 0);
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.vectors.rows()
    }

    /// The vector of lane `lane` of `lanes`: consecutive lanes share one, as equally as can be.
    pub fn of_lane(&self, lane: usize, lanes: usize) -> usize {
        part_of(lane, lanes, self.len())
    }

    /// Exponentials of what vector `index` adds to the scores \[heads n\]; none without vectors.
    pub fn weights_of(&self, index: usize) -> Option<&[Block]> {
        (self.len() > 0).then(|| self.part.weights.row(index))
    }

    /// What vector `index` adds to the scores \[heads n\], and the highest of every head; none without vectors.
    pub fn scores_of(&self, index: usize) -> Option<(&[Block], &[f32])> {
        let heads = self.part.high.len() / (self.len() + 1);
        (self.len() > 0).then(|| (self.part.scores.row(index), &self.part.high[index * heads..]))
    }
}

/// The part of lane `lane` of `lanes` where consecutive lanes share one of `parts`, as equally as can be.
pub(super) fn part_of(lane: usize, lanes: usize, parts: usize) -> usize {
    lane * parts / lanes.max(1)
}

/// Vectors of `length` numbers as rows \[vectors, length\]; shorter ones are filled up with zeros.
pub(super) fn rows(vectors: &[Vec<f32>], length: usize, to: &mut Matrix) {
    to.clear(vectors.len(), super::kernels::blocks(length));
    for (row, vector) in vectors.iter().enumerate() {
        flat_mut(to.row_mut(row)).iter_mut().zip(vector.iter().take(length)).for_each(|(to, &x)| *to = x);
    }
}

impl AttentionModel {
    /// Makes the lanes of later calls follow latent vectors: equal consecutive parts of the lanes (or traces) follow
    /// one each, in order. Encoding an instance forgets them, and a model that takes none ignores them.
    pub fn condition(&self, encoded: &mut Encoded, latents: &[Vec<f32>]) {
        let (Some(latent), Some(length), false) =
            (&self.decoder.latent, self.architecture.latent, latents.is_empty() || encoded.nodes() == 0)
        else {
            return encoded.tables.latent.clear();
        };
        let (count, n, size, level) = (latents.len(), encoded.nodes(), self.size, self.level);
        let tables = &mut encoded.tables;
        let Latents { vectors, part, values } = &mut tables.latent;
        rows(latents, length, vectors);
        part.query.reshape(count, size.all_heads);
        latent.query.forward.apply(level, count, vectors, &mut part.query, false);
        values.reshape(count, size.all_heads);
        latent.value.forward.apply(level, count, vectors, values, false);
        part.score(level, size, &tables.keys, n, self.has_products());
        if self.few(n) > 0 {
            part.turn(n, size.heads, self.has_products());
        }
    }

    /// Learns what the latent vectors add: from the pulls on scores \[latents, heads n\] and attention's result
    /// \[latents, all heads\]. Adds to the pull on the keys, without their scale.
    pub(super) fn pull_latents(
        &self,
        encoded: &Encoded,
        scores: &Matrix,
        values: &Matrix,
        key: &mut Matrix,
        gradient: &mut Gradient,
    ) {
        let latents = &encoded.tables.latent;
        let (count, Some(latent)) = (latents.len(), &self.decoder.latent) else { return };
        if count == 0 {
            return;
        }
        let mut query = Matrix::zeros(count, self.size.all_heads);
        self.pull_products(scores, &latents.part.query, &encoded.tables.key, &mut query, key);
        flat_mut(query.data_mut()).iter_mut().for_each(|x| *x *= self.size.head_scale);
        gradient.learn(self.level, latent.query.slot, count, &latents.vectors, &query);
        gradient.learn(self.level, latent.value.slot, count, &latents.vectors, values);
    }
}

/// Adds the latent vectors' values to attention's results, or takes them away.
pub(super) struct Shift<'a> {
    pub heads: &'a mut Matrix,
    pub latents: &'a [usize],
    pub values: &'a Matrix,
    pub sign: f32,
}

impl Kernel for Shift<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if self.values.rows() == 0 {
            return;
        }
        for (r, &latent) in self.latents.iter().enumerate() {
            math::add_scaled(simd, self.heads.row_mut(r), self.values.row(latent), self.sign);
        }
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Cvrp, Generate, Knapsack, Stream, Tsp, stream};
    use rand::Rng;

    use super::super::reference::Reference;
    use super::super::{Pull, Scratch, StepWeights, Trajectory};
    use super::*;
    use crate::architecture::Architecture;
    use crate::features::Learnable;
    use crate::model::Model;
    use crate::rollout::Decode;
    use crate::weights::Weights;

    const LENGTH: usize = 3;

    /// Vectors of very different size.
    fn latents() -> Vec<Vec<f32>> {
        vec![vec![1.0, -0.5, 0.25], vec![0.0; LENGTH], vec![-3.0, 2.0, 5.0]]
    }

    /// Random weights, those of the latent vectors too.
    fn weights<P: Learnable>(width: usize, heads: usize) -> Weights {
        let options =
            Architecture { latent: Some(LENGTH), value: true, ..Architecture::new(P::TASK, width, heads, 1, 9) };
        let mut weights = Weights::random(options, 3).unwrap();
        for (slot, ((name, _), values)) in weights.architecture.tensors().iter().zip(&mut weights.tensors).enumerate() {
            let mut stream = stream(4, "latent weights", slot as u64);
            if name.contains("latent") {
                values.iter_mut().for_each(|value| *value = stream.random::<f32>() - 0.5);
            }
        }
        weights
    }

    fn instance<P: Generate>(n: usize) -> P {
        P::generate(&P::spec(n, "uniform").unwrap(), &mut stream(101, "latent", n as u64))
    }

    /// Two samples per vector and opening, in the order of the vectors.
    fn sampled<P: Learnable>(model: &AttentionModel, problem: &P, encoded: &Encoded, parts: usize) -> Vec<Trajectory> {
        let openings: Vec<Option<u32>> = problem.openings().into_iter().map(Some).collect();
        let starts: Vec<Option<u32>> = openings.iter().copied().cycle().take(parts * openings.len()).collect();
        let mut streams: Vec<Stream> = (0..starts.len() as u64).map(|i| stream(5, "latent rollout", i)).collect();
        let sampling = Decode::Sample { temperature: 1.0 };
        model.decode(problem, encoded, &starts, &mut streams, sampling, &mut Scratch::default())
    }

    fn conditioned<P: Learnable>(model: &AttentionModel, problem: &P, latents: &[Vec<f32>]) -> Encoded {
        let mut encoded = Encoded::default();
        model.encode(problem, &mut encoded).unwrap();
        model.condition(&mut encoded, latents);
        encoded
    }

    fn wide(latent: &[f32]) -> Vec<f64> {
        latent.iter().map(|&x| f64::from(x)).collect()
    }

    fn lanes_follow_their_vectors<P: Learnable + Generate>(n: usize, width: usize, heads: usize) {
        let (problem, weights, latents) = (instance::<P>(n), weights::<P>(width, heads), latents());
        let model = AttentionModel::new(&weights).unwrap();
        let encoded = conditioned(&model, &problem, &latents);
        let found = sampled(&model, &problem, &encoded, latents.len());
        let traces: Vec<Vec<u32>> = found.iter().map(|found| found.actions.clone()).collect();
        let replay = model.replay(&problem, &encoded, &traces, 1);
        let reference = Reference::new(&weights, &problem);
        let openings = problem.openings().len();
        for (lane, trace) in traces.iter().enumerate() {
            let steps = reference.steps_with(&problem, trace, 1, &wide(&latents[lane / openings]));
            let sum: f64 = steps.iter().map(|step| step.log_prob).sum();
            assert!((f64::from(found[lane].log_prob) - sum).abs() < 1e-3 * (1.0 + sum.abs()), "{lane} {sum}");
            for (at, step) in steps.iter().enumerate() {
                assert!(
                    (f64::from(replay.log_probs[lane][at]) - step.log_prob).abs() < 3e-4 * (1.0 + step.log_prob.abs())
                );
                assert!((f64::from(replay.values[lane][at]) - step.value).abs() < 1e-3 * (1.0 + step.value.abs()));
            }
        }
    }

    #[test]
    fn lanes_are_judged_as_the_definition_of_their_vectors_says() {
        lanes_follow_their_vectors::<Tsp>(17, 32, 2);
        lanes_follow_their_vectors::<Tsp>(9, 10, 2);
        lanes_follow_their_vectors::<Cvrp>(16, 32, 2);
        lanes_follow_their_vectors::<Knapsack>(20, 36, 3);
    }

    fn gradient_is_right<P: Learnable + Generate>(n: usize) {
        let (problem, weights, latents) = (instance::<P>(n), weights::<P>(12, 2), latents());
        let model = AttentionModel::new(&weights).unwrap();
        let encoded = conditioned(&model, &problem, &latents);
        // A trace per vector.
        let openings = problem.openings().len();
        let found = sampled(&model, &problem, &encoded, latents.len());
        let traces: Vec<Vec<u32>> = found.into_iter().step_by(openings).map(|found| found.actions).collect();
        let pulls = [0.5, -1.0, 0.75];
        let values: Vec<Vec<f32>> = traces.iter().map(|trace| vec![0.25; trace.len() - 1]).collect();
        let pull = Pull { log_prob: StepWeights::Trajectory(&pulls), value: Some(&values), entropy: 0.3 };
        let mut gradient = Gradient::of(&model);
        model.backward(&problem, &encoded, &traces, 1, &pull, &mut gradient);
        let loss = |reference: &Reference| {
            let part = |(index, trace): (usize, &Vec<u32>)| {
                let steps = reference.steps_with(&problem, trace, 1, &wide(&latents[index]));
                let of = |weight: f32| {
                    move |s: &super::super::reference::Judgement| {
                        f64::from(weight) * s.log_prob + 0.3_f32 as f64 * s.entropy + 0.25 * s.value
                    }
                };
                steps.iter().map(of(pulls[index])).sum::<f64>()
            };
            traces.iter().enumerate().map(part).sum::<f64>()
        };
        let found = gradient.tensors();
        let norm = found.iter().flatten().map(|x| x.abs()).fold(0.0, f32::max);
        for (slot, (name, _)) in weights.architecture.tensors().iter().enumerate() {
            for at in (0..found[slot].len()).step_by(1 + found[slot].len() / 17) {
                let expected = Reference::slope(&weights, slot, at, &problem, loss);
                let error = (f64::from(found[slot][at]) - expected).abs();
                assert!(error < 2e-4 * f64::from(norm).max(1.0), "{name} {at}: {} {expected}", found[slot][at]);
            }
            assert!(!name.contains("latent") || found[slot].iter().any(|x| x.abs() > 1e-3), "{name}");
        }
    }

    #[test]
    fn gradients_of_what_vectors_add_are_those_of_the_definition() {
        gradient_is_right::<Tsp>(9);
        gradient_is_right::<Cvrp>(8);
        gradient_is_right::<Knapsack>(11);
    }

    #[test]
    fn vectors_change_nothing_before_training_and_encoding_forgets_them() {
        let (problem, options) = (instance::<Tsp>(20), Architecture { latent: Some(LENGTH), ..tsp() });
        let [plain, latent] = [tsp(), options].map(|a| AttentionModel::new(&Weights::random(a, 3).unwrap()).unwrap());
        let actions = |model: &AttentionModel, encoded: &Encoded| {
            let greedy =
                model.decode(&problem, encoded, &[Some(3), Some(5)], &mut [], Decode::Greedy, &mut Scratch::default());
            greedy.into_iter().map(|found| found.actions).collect::<Vec<_>>()
        };
        let expected = actions(&plain, &conditioned(&plain, &problem, &[]));
        assert_eq!(actions(&latent, &conditioned(&latent, &problem, &latents()[..2])), expected);
        assert_eq!(actions(&plain, &conditioned(&plain, &problem, &latents())), expected, "a model without vectors");
        let trained = AttentionModel::new(&weights::<Tsp>(32, 2)).unwrap();
        let mut encoded = conditioned(&trained, &problem, &[]);
        let without = actions(&trained, &encoded);
        trained.condition(&mut encoded, &[vec![9.0; LENGTH]]);
        assert_ne!(actions(&trained, &encoded), without);
        trained.encode(&problem, &mut encoded).unwrap();
        assert_eq!(actions(&trained, &encoded), without);
    }

    fn tsp() -> Architecture {
        Architecture::new(crate::architecture::Task::Tsp, 32, 2, 1, 16)
    }
}
