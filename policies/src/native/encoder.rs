//! The encoder: embeddings of the nodes of one instance (Kwon et al., POMO, 2020, section 4; Kool et al., 2019, section
//! 3.1): a stack of layers ([`super::layer`]).

use super::distances::Distances;
use super::kernels::{Block, blocks};
use super::layer::Activations;
use super::matrix::Matrix;
use super::model::{AttentionModel, Embedding, Misfit};
use super::tables::Tables;
use crate::architecture::Architecture;
use crate::features::local::Neighbourhood;
use crate::features::{Features, Learnable};

/// Most nodes of instances whose decoder gets tables of all pairs of nodes: with 8 heads six tables of 13 MB. Above,
/// rows are computed when they are needed, which takes 1.5 times the operations and no more memory traffic than the
/// tables.
const TABLED: usize = 640;

/// Rows of attention that are computed together where none are kept.
const ROWS: usize = 64;

/// An instance as a model sees it: embeddings, the decoder's tables, and what the backward pass needs. Buffers are
/// reused from instance to instance.
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    pub(super) features: Features,
    /// Only with a distance bias.
    pub(super) distances: Distances,
    /// Only with a local policy.
    pub(super) neighbourhood: Neighbourhood,
    /// Of every layer.
    pub(super) layers: Vec<Activations>,
    /// The embeddings \[n, width\].
    pub(super) embeddings: Matrix,
    pub(super) tables: Tables,
    /// Whether it serves decoding alone.
    pub(super) is_light: bool,
    /// Keys of one layer, transposed and scaled \[all heads, n\].
    keys: Matrix,
}

impl Encoded {
    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.embeddings.rows()
    }
}

impl Architecture {
    /// What a model of this architecture sees of an instance, if it can work on it.
    pub(crate) fn fits<P: Learnable>(&self, problem: &P) -> Result<Features, Misfit> {
        let expected = self.task;
        if P::TASK != expected {
            return Err(Misfit::Task { expected, found: P::TASK });
        }
        let features = problem.features().ok_or(Misfit::NoCoordinates)?;
        if (self.distance_bias || self.local.is_some()) && features.points.len() != problem.width() {
            return Err(Misfit::NoCoordinates);
        }
        Ok(features)
    }
}

impl AttentionModel {
    /// Whether the model can work on an instance.
    pub fn fits<P: Learnable>(&self, problem: &P) -> Result<(), Misfit> {
        self.architecture.fits(problem).map(drop)
    }

    /// Encodes one instance, with all that the backward pass needs.
    pub fn encode<P: Learnable>(&self, problem: &P, into: &mut Encoded) -> Result<(), Misfit> {
        if !self.embed_nodes(problem, true, into)? {
            return Ok(());
        }
        into.is_light = false;
        into.layers.resize_with(self.layers.len(), Activations::default);
        for (layer, kept) in self.layers.iter().zip(&mut into.layers) {
            std::mem::swap(&mut kept.input, &mut into.embeddings);
            layer.project(kept, None, &mut into.keys);
            let n = kept.input.rows();
            kept.attention.reshape(self.size.heads * n, blocks(n));
            for head in 0..self.size.heads {
                layer.attend(kept, (head, head * n, 0..n), &into.keys, Some(&into.distances));
            }
            layer.mix(kept, &mut into.embeddings);
            layer.feed_forward(kept, &mut into.embeddings);
        }
        self.tabulate(into, true);
        Ok(())
    }

    /// Encodes one instance for decoding alone, not for [`Self::backward_decoder`]: one layer's activations are kept at
    /// a time, attention a few rows at a time, and large instances get no tables of pairs of nodes, so that memory
    /// grows as n. False if `is_over`, which is asked from time to time, says so.
    pub fn encode_for_decoding<P: Learnable>(
        &self,
        problem: &P,
        into: &mut Encoded,
        is_over: &dyn Fn() -> bool,
    ) -> Result<bool, Misfit> {
        self.encode_lightly(problem, into, problem.width() <= TABLED, is_over)
    }

    /// The same, with or without tables of pairs of nodes.
    pub(super) fn encode_lightly<P: Learnable>(
        &self,
        problem: &P,
        into: &mut Encoded,
        tabulate: bool,
        is_over: &dyn Fn() -> bool,
    ) -> Result<bool, Misfit> {
        let n = problem.width();
        if !self.embed_nodes(problem, tabulate, into)? {
            return Ok(true);
        }
        into.is_light = true;
        into.layers.resize_with(self.layers.len().min(1), Activations::default);
        for layer in &self.layers {
            let kept = &mut into.layers[0];
            std::mem::swap(&mut kept.input, &mut into.embeddings);
            layer.project(kept, None, &mut into.keys);
            kept.attention.reshape(ROWS.min(n), blocks(n));
            for from in (0..n).step_by(ROWS) {
                if is_over() {
                    into.embeddings.reshape(0, self.size.width);
                    return Ok(false);
                }
                for head in 0..self.size.heads {
                    layer.attend(kept, (head, 0, from..n.min(from + ROWS)), &into.keys, Some(&into.distances));
                }
            }
            layer.mix(kept, &mut into.embeddings);
            layer.feed_forward(kept, &mut into.embeddings);
        }
        self.tabulate(into, tabulate);
        Ok(true)
    }

    /// Fills embeddings with those of the features alone; false without nodes.
    fn embed_nodes<P: Learnable>(&self, problem: &P, tabulate: bool, into: &mut Encoded) -> Result<bool, Misfit> {
        into.features = self.architecture.fits(problem)?;
        let n = problem.width();
        into.embeddings.reshape(n, self.size.width);
        if n == 0 {
            return Ok(false);
        }
        if self.architecture.distance_bias {
            into.distances.set(&into.features.points, tabulate);
        }
        if let Some(k) = self.architecture.local {
            into.neighbourhood = Neighbourhood::new(P::TASK, &into.features, k);
        }
        for node in 0..n {
            let embedding = self.depot.as_ref().filter(|_| node == 0).unwrap_or(&self.embed);
            embed(embedding, into.features.of(node, n), into.embeddings.row_mut(node));
        }
        Ok(true)
    }
}

/// features times weight + bias.
pub(super) fn embed(embedding: &Embedding, features: &[f32], to: &mut [Block]) {
    to.copy_from_slice(&embedding.bias.data);
    // A depot has fewer features than a customer: x and y only.
    for (row, feature) in features[..embedding.weight.rows()].iter().enumerate() {
        for (to, weight) in to.iter_mut().zip(embedding.weight.row(row)) {
            to.0.iter_mut().zip(weight.0).for_each(|(to, weight)| *to += feature * weight);
        }
    }
}
