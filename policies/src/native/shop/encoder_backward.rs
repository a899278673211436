//! The gradient from the tables through the embeddings and the encoder to its weights.

use super::backward::{Buffers as Pulls, learn, learn_row};
use super::encoder::{Activations, Encoded, Gather, Scatter, shrink};
use super::model::{DispatchModel, Layer};
use crate::features::shop::Relation;
use crate::native::Gradient;
use crate::native::encoder_backward::Gate;
use crate::native::kernels::{flat, flat_mut};
use crate::native::matrix::Matrix;
use crate::native::norm::NormBackward;

/// Buffers. n: nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers {
    /// Pull on the embeddings, and on what precedes them, layer by layer \[n, width\].
    embeddings: Matrix,
    /// \[n, width\].
    hidden: Matrix,
    /// On what the groups of a relation say, and on their means \[groups, width\].
    heard: Matrix,
    means: Matrix,
}

impl DispatchModel {
    /// From the pulls on the tables to the weights of the encoder.
    pub(super) fn pull_encoder(&self, encoded: &Encoded, pulls: &mut Pulls, gradient: &mut Gradient) {
        let (n, level) = (encoded.nodes(), self.level);
        let buffers = &mut pulls.encoder;
        buffers.embeddings.clear(n, self.width);
        for (linear, pull) in [(&self.decoder.node, &pulls.node), (&self.decoder.field, &pulls.field)] {
            learn(self, gradient, linear, n, &encoded.embeddings, pull);
            linear.backward.apply(level, n, pull, &mut buffers.embeddings, true);
        }
        for (layer, kept) in self.layers.iter().zip(&encoded.layers).rev() {
            self.pull_layer(layer, kept, &encoded.floor.relations, buffers, gradient);
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
        Buffers { embeddings, hidden, heard, means }: &mut Buffers,
        gradient: &mut Gradient,
    ) {
        let (n, level) = (embeddings.rows(), self.level);
        let norm = &layer.norm;
        // The shift comes right after the scale in the list of tensors.
        let (before, after) = gradient.tensors.split_at_mut(norm.shift.slot);
        let (scale_pull, shift_pull) = (before[norm.scale.slot].row_mut(0), after[0].row_mut(0));
        let scale = &norm.scale.data;
        level.run(NormBackward { pull: embeddings, kept: &kept.norm, scale, scale_pull, shift_pull });
        learn(self, gradient, &layer.mix, n, &kept.hidden, embeddings);
        hidden.reshape(n, self.width);
        layer.mix.backward.apply(level, n, embeddings, hidden, false);
        level.run(Gate { pull: hidden, active: &kept.hidden });
        learn_row(self, gradient, layer.bias.slot, n, hidden);
        learn(self, gradient, &layer.own, n, &kept.input, hidden);
        layer.own.backward.apply(level, n, hidden, embeddings, true);
        for ((relation, linear), input) in relations.iter().zip(&layer.relations).zip(&kept.means) {
            let groups = relation.groups;
            heard.clear(groups, self.width);
            level.run(Gather { from: hidden, of: &relation.hears, to: heard });
            learn(self, gradient, linear, groups, input, heard);
            means.reshape(groups, self.width);
            linear.backward.apply(level, groups, heard, means, false);
            shrink(relation, means);
            level.run(Scatter { from: means, hears: &relation.of, to: embeddings });
        }
    }
}
