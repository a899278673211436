//! The encoder of dispatch models: embeddings of the nodes of one shop, and the tables that decisions read.

use super::latent::Latents;
use super::mixed::Mixed;
use super::model::{DispatchModel, Layer};
use crate::features::shop::{Floor, NONE, Relation, Shop};
use crate::native::Misfit;
use crate::native::encoder::embed;
use crate::native::kernels::{Block, Kernel, Simd, math};
use crate::native::layer::{Activate, copy};
use crate::native::matrix::Matrix;
use crate::native::norm::{NormForward, Normed};

/// A shop as a model sees it. Buffers are reused from instance to instance.
#[derive(Clone, Debug, Default)]
pub struct Encoded {
    pub(super) floor: Floor,
    pub(super) layers: Vec<Activations>,
    pub(super) mixed: Mixed,
    /// The embeddings \[n, width\].
    pub(super) embeddings: Matrix,
    /// What a node adds to the hidden units of its choice, and what it adds to those of all choices while it is the
    /// next of its job \[n, hidden\].
    pub(super) node: Matrix,
    pub(super) field: Matrix,
    pub(super) latents: Latents,
    sum: Matrix,
    heard: Matrix,
}

/// What a layer leaves for its backward pass. n: nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Activations {
    /// \[n, width\].
    pub input: Matrix,
    /// Means over the groups of every relation \[groups, width\].
    pub means: [Matrix; 4],
    /// After ReLU \[n, width\].
    pub hidden: Matrix,
    pub norm: Normed,
}

impl Encoded {
    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.embeddings.rows()
    }
}

impl DispatchModel {
    /// Whether the model can work on an instance.
    pub fn fits<P: Shop>(&self, _: &P) -> Result<(), Misfit> {
        let expected = self.architecture.task;
        if P::TASK == expected { Ok(()) } else { Err(Misfit::Task { expected, found: P::TASK }) }
    }

    /// Encodes one instance.
    pub fn encode<P: Shop>(&self, problem: &P, into: &mut Encoded) -> Result<(), Misfit> {
        self.fits(problem)?;
        into.latents.clear();
        into.floor = problem.floor();
        let features = self.architecture.task.features();
        let n = into.floor.nodes.len() / features;
        into.embeddings.reshape(n, self.width);
        if n == 0 {
            return Ok(());
        }
        for (node, features) in into.floor.nodes.chunks_exact(features).enumerate() {
            embed(&self.embed, features, into.embeddings.row_mut(node));
        }
        if !self.encoders.is_empty() {
            self.attend_stages(&into.floor, &mut into.mixed, &mut into.embeddings);
        }
        into.layers.resize_with(self.layers.len(), Activations::default);
        for (layer, kept) in self.layers.iter().zip(&mut into.layers) {
            std::mem::swap(&mut kept.input, &mut into.embeddings);
            self.hear(layer, kept, &into.floor.relations, &mut into.heard);
            copy(&kept.input, &mut into.sum);
            layer.mix.forward.apply(self.level, n, &kept.hidden, &mut into.sum, true);
            let (scale, shift) = (&layer.norm.scale.data, &layer.norm.shift.data);
            let (kept, out) = (&mut kept.norm, &mut into.embeddings);
            self.level.run(NormForward { x: &into.sum, scale, shift, kept, out });
        }
        self.take_over(into);
        Ok(())
    }

    /// Makes the tables of this agent from what another agent of the same model encoded.
    pub fn take_over(&self, encoded: &mut Encoded) {
        let n = encoded.nodes();
        for (linear, table) in [(&self.decoder.node, &mut encoded.node), (&self.decoder.field, &mut encoded.field)] {
            table.reshape(n, self.hidden);
            linear.forward.apply(self.level, n, &encoded.embeddings, table, false);
        }
    }

    /// From the input of a layer to its hidden units.
    fn hear(&self, layer: &Layer, kept: &mut Activations, relations: &[Relation; 4], heard: &mut Matrix) {
        let (n, level, Activations { input, means, hidden, .. }) = (kept.input.rows(), self.level, kept);
        hidden.reshape(n, self.width);
        layer.own.forward.apply(level, n, input, hidden, false);
        for ((relation, linear), means) in relations.iter().zip(&layer.relations).zip(means) {
            means.clear(relation.groups, self.width);
            level.run(Gather { from: input, of: &relation.of, to: means });
            shrink(relation, means);
            heard.reshape(relation.groups, self.width);
            linear.forward.apply(level, relation.groups, means, heard, false);
            level.run(Scatter { from: heard, hears: &relation.hears, to: hidden });
        }
        level.run(Activate { rows: hidden, bias: &layer.bias.data });
    }
}

/// From sums over groups to means.
pub(super) fn shrink(relation: &Relation, sums: &mut Matrix) {
    let mut counts = vec![0_u32; relation.groups];
    relation.of.iter().for_each(|&group| counts[group as usize] += 1);
    for (group, &count) in counts.iter().enumerate().filter(|&(_, &count)| count > 1) {
        let factor = 1.0 / count as f32;
        sums.row_mut(group).iter_mut().flat_map(|block| &mut block.0).for_each(|x| *x *= factor);
    }
}

/// Adds row i of `from` to row `of[i]` of `to`; rows without a group are left out.
pub(super) struct Gather<'a> {
    pub from: &'a Matrix,
    pub of: &'a [u32],
    pub to: &'a mut Matrix,
}

impl Kernel for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (i, &group) in self.of.iter().enumerate().filter(|&(_, &group)| group != NONE) {
            math::add_scaled(simd, self.to.row_mut(group as usize), self.from.row(i), 1.0);
        }
    }
}

/// Adds row `hears[i]` of `from` to row i of `to`; rows without a group stay.
pub(super) struct Scatter<'a> {
    pub from: &'a Matrix,
    pub hears: &'a [u32],
    pub to: &'a mut Matrix,
}

impl Kernel for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (i, &group) in self.hears.iter().enumerate().filter(|&(_, &group)| group != NONE) {
            math::add_scaled(simd, self.to.row_mut(i), self.from.row(group as usize), 1.0);
        }
    }
}

/// The sum of some rows, times a factor, to `to`.
pub(super) fn add_rows<S: Simd>(simd: S, from: &Matrix, rows: &[u32], factor: f32, to: &mut [Block]) {
    rows.iter().for_each(|&row| math::add_scaled(simd, to, from.row(row as usize), factor));
}
