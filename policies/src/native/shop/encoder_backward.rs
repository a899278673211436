//! The gradient from the tables through the embeddings and the encoder to its weights.

use super::backward::Buffers as Pulls;
use super::encoder::{Activations, Encoded, Gather, Scatter, shrink};
use super::model::{DispatchModel, Layer};
use crate::features::shop::Relation;
use crate::native::Gradient;
use crate::native::kernels::{flat, flat_mut};
use crate::native::layer_backward::Gate;
use crate::native::matrix::Matrix;

/// Buffers. n: nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers {
    /// Pull on the embeddings, and on what precedes them, layer by layer \[n, width\].
    embeddings: Matrix,
    /// Whether a decoder has pulled on the embeddings, which the encoder has not been told.
    pub is_pulled: bool,
    /// \[n, width\].
    hidden: Matrix,
    /// On what the groups of a relation say, and on their means \[groups, width\].
    heard: Matrix,
    means: Matrix,
}

impl DispatchModel {
    /// From the pulls on the tables to one on the embeddings, added to that of other decoders.
    pub(super) fn pull_tables(&self, encoded: &Encoded, pulls: &mut Pulls, gradient: &mut Gradient) {
        let (n, level) = (encoded.nodes(), self.level);
        let buffers = &mut pulls.encoder;
        if !std::mem::replace(&mut buffers.is_pulled, true) {
            buffers.embeddings.clear(n, self.width);
        }
        for (linear, pull) in [(&self.decoder.node, &pulls.node), (&self.decoder.field, &pulls.field)] {
            gradient.learn(level, linear.slot, n, &encoded.embeddings, pull);
            linear.backward.apply(level, n, pull, &mut buffers.embeddings, true);
        }
    }

    /// From the pull on the embeddings to the weights of the encoder.
    pub(super) fn pull_encoder(&self, encoded: &Encoded, pulls: &mut Pulls, gradient: &mut Gradient) {
        let buffers = &mut pulls.encoder;
        for (layer, kept) in self.layers.iter().zip(&encoded.layers).rev() {
            self.pull_layer(layer, kept, &encoded.floor.relations, buffers, gradient);
        }
        if !self.encoders.is_empty() {
            self.pull_stages(&encoded.floor, &encoded.mixed, &mut pulls.mixed, &mut buffers.embeddings, gradient);
        }
        let features = self.architecture.task.features();
        for (node, features) in encoded.floor.nodes.chunks_exact(features).enumerate() {
            let pull = buffers.embeddings.row(node);
            let mut add = |slot: usize, row: usize, factor: f32| {
                let to = flat_mut(gradient.tensors[slot].row_mut(row));
                to.iter_mut().zip(flat(pull)).for_each(|(to, pull)| *to += factor * pull);
            };
            add(self.embed.bias.slot, 0, 1.0);
            features.iter().enumerate().for_each(|(row, &feature)| add(self.embed.slot, row, feature));
        }
    }

    fn pull_layer(
        &self,
        layer: &Layer,
        kept: &Activations,
        relations: &[Relation; 4],
        Buffers { embeddings, hidden, heard, means, .. }: &mut Buffers,
        gradient: &mut Gradient,
    ) {
        let (n, level) = (embeddings.rows(), self.level);
        layer.norm.pull(level, &kept.norm, embeddings, gradient);
        gradient.learn(level, layer.mix.slot, n, &kept.hidden, embeddings);
        hidden.reshape(n, self.width);
        layer.mix.backward.apply(level, n, embeddings, hidden, false);
        level.run(Gate { pull: hidden, active: &kept.hidden });
        gradient.learn_row(level, layer.bias.slot, n, hidden);
        gradient.learn(level, layer.own.slot, n, &kept.input, hidden);
        layer.own.backward.apply(level, n, hidden, embeddings, true);
        for ((relation, linear), input) in relations.iter().zip(&layer.relations).zip(&kept.means) {
            let groups = relation.groups;
            heard.clear(groups, self.width);
            level.run(Gather { from: hidden, of: &relation.hears, to: heard });
            gradient.learn(level, linear.slot, groups, input, heard);
            means.reshape(groups, self.width);
            linear.backward.apply(level, groups, heard, means, false);
            shrink(relation, means);
            level.run(Scatter { from: means, hears: &relation.of, to: embeddings });
        }
    }
}
