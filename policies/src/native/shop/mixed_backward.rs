//! The gradient of mixed-score attention.

use super::encoder::{Gather, Scatter, shrink};
use super::mixed::{GROUPS, Kept, Mixed, Stage, parts, put, take};
use super::mixer::PullMix;
use super::model::{DispatchModel, Half};
use crate::features::shop::Floor;
use crate::native::Gradient;
use crate::native::layer_backward::Pulls;
use crate::native::matrix::Matrix;

/// Buffers; jobs first, then machines.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers {
    /// Pulls on the jobs at each stage, and on the machines \[groups, width\].
    sides: [Matrix; 2],
    /// Those of one stage \[jobs or machines, width\].
    rows: [Matrix; 2],
    layers: [Pulls; 2],
}

impl DispatchModel {
    /// Adds to the pull on the embeddings of the pairs \[n, width\] what comes through jobs and machines.
    pub(super) fn pull_stages(
        &self,
        floor: &Floor,
        mixed: &Mixed,
        buffers: &mut Buffers,
        embeddings: &mut Matrix,
        gradient: &mut Gradient,
    ) {
        let (parts, Buffers { sides, rows, layers }) = (parts(floor), buffers);
        let relations = GROUPS.map(|group| &floor.relations[group]);
        for (relation, side) in relations.iter().zip(&mut *sides) {
            side.clear(relation.groups, self.width);
            self.level.run(Gather { from: embeddings, of: &relation.of, to: side });
        }
        for (index, (part, stage)) in parts.iter().zip(&mixed.stages).enumerate() {
            (0..2).for_each(|side| take(&sides[side], part.begins[side], part.counts[side], &mut rows[side]));
            stage.pull(self.encoder(index, parts.len()), rows, layers, gradient);
            (0..2).for_each(|side| put(&rows[side], part.begins[side], &mut sides[side]));
        }
        for (relation, side) in relations.into_iter().zip(sides) {
            shrink(relation, side);
            self.level.run(Scatter { from: side, hears: &relation.of, to: embeddings });
        }
    }
}

impl Stage {
    /// From the pulls on the embeddings of both sides to those on the ones to begin with, in place.
    fn pull(&self, layers: &[[Half; 2]], rows: &mut [Matrix; 2], pulls: &mut [Pulls; 2], gradient: &mut Gradient) {
        for (halves, kept) in layers.iter().zip(&self.layers).rev() {
            // Both sides before either hears of what the other pulls on its input.
            for (side, half) in halves.iter().enumerate() {
                half.pull(&kept[side], &self.times[side], &mut rows[side], &mut pulls[side], gradient);
            }
            let [jobs, machines] = [0, 1].map(|side: usize| &kept[side].activations.input);
            let [job_rows, machine_rows] = &mut *rows;
            let sources = Some((machines, &mut *machine_rows));
            halves[0].layer.pull_projections(jobs, sources, job_rows, &pulls[0], gradient);
            let sources = Some((jobs, job_rows));
            halves[1].layer.pull_projections(machines, sources, machine_rows, &pulls[1], gradient);
        }
    }
}

impl Half {
    /// From the output to queries, keys and values, and past them to the input.
    fn pull(&self, kept: &Kept, times: &Matrix, rows: &mut Matrix, pulls: &mut Pulls, gradient: &mut Gradient) {
        let (layer, mixer, n) = (&self.layer, &self.mixer, rows.rows());
        let Kept { activations, scores } = kept;
        layer.pull_feed_forward(activations, rows, pulls, gradient);
        layer.pull_heads(activations, rows, pulls, gradient);
        for head in 0..layer.size.heads {
            layer.pull_attention(activations, head, 1.0, pulls, gradient, None);
            let (from, scale, pull) = (head * n, layer.size.head_scale, &mut pulls.scores);
            let slopes = layer.level.run(PullMix { mixer, head, from, times, kept: scores, pull, scale });
            mixer.learn(head, &slopes, gradient);
            layer.pull_scores(activations, head, pulls);
        }
    }
}
