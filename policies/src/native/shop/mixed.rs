//! The encoder of MatNet: in every layer the jobs of a stage attend to its machines and the machines to the jobs, by
//! mixed scores (Y.-D. Kwon, J. Choo, I. Yoon, M. Park, D. Park, Y. Gwon, "Matrix encoding networks for neural
//! combinatorial optimization", NeurIPS 2021). As there, layers are attention and feed-forward blocks with instance
//! norms, and the halves of a layer have weights of their own.
//!
//! Other than there, a job or machine begins as the mean of the features of its pairs, not as zeros or a random one-hot
//! vector: then the first layer has something to attend to, the number of machines has no bound, their order does not
//! matter, and a stage hears of the work before and after it. There are no biases that a norm or a softmax takes away.
//! Nodes are pairs: their embedding is the sum of those of features, job and machine.

use super::encoder::{Gather, Scatter, shrink};
use super::mixer::Mix;
use super::model::{DispatchModel, Half};
use crate::architecture::Task;
use crate::features::ffsp::TIME;
use crate::features::shop::Floor;
use crate::native::kernels::blocks;
use crate::native::layer::{Activations, Softmax};
use crate::native::matrix::Matrix;

/// Relations of a floor whose groups are the jobs at each stage, and its machines.
pub(super) const GROUPS: [usize; 2] = [2, 1];

/// What the encoder leaves for its backward pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Mixed {
    pub stages: Vec<Stage>,
    /// Embeddings of the jobs at each stage, and of the machines \[groups, width\].
    sides: [Matrix; 2],
    /// Keys of one layer, transposed and scaled \[all heads, sources\].
    keys: Matrix,
}

/// Of one stage; jobs first, then machines.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    /// Processing times \[jobs, machines\], and transposed.
    pub times: [Matrix; 2],
    pub layers: Vec<[Kept; 2]>,
    /// Embeddings \[jobs or machines, width\].
    rows: [Matrix; 2],
}

/// Of half a layer.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub activations: Activations,
    /// Before they were mixed \[heads nodes, sources\].
    pub scores: Matrix,
}

/// Where the nodes, the jobs and the machines of a stage begin, and how many of the last two there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    node: usize,
    pub begins: [usize; 2],
    pub counts: [usize; 2],
}

/// The stages of a floor that has nodes.
pub(super) fn parts(floor: &Floor) -> Vec<Part> {
    let (jobs, nodes) = (floor.relations[0].groups, floor.relations[0].of.len());
    let mut machine = 0;
    let part = |(stage, &first): (usize, &u32)| {
        let (node, next) = (first as usize, floor.first.get(stage + 1).map_or(nodes, |&next| next as usize));
        let machines = (next - node) / jobs;
        machine += machines;
        Part { node, begins: [stage * jobs, machine - machines], counts: [jobs, machines] }
    };
    floor.first.iter().enumerate().map(part).collect()
}

/// `to` becomes so many rows of `from`.
pub(super) fn take(from: &Matrix, begin: usize, count: usize, to: &mut Matrix) {
    to.reshape(count, from.blocks());
    (0..count).for_each(|row| to.row_mut(row).copy_from_slice(from.row(begin + row)));
}

/// The other way.
pub(super) fn put(from: &Matrix, begin: usize, to: &mut Matrix) {
    (0..from.rows()).for_each(|row| to.row_mut(begin + row).copy_from_slice(from.row(row)));
}

impl DispatchModel {
    /// The layers of the encoder that serves a stage.
    pub(super) fn encoder(&self, stage: usize, stages: usize) -> &[[Half; 2]] {
        &self.encoders[stage * self.encoders.len() / stages]
    }

    /// Adds to the embeddings of the pairs \[n, width\] those of their jobs and machines.
    pub(super) fn attend_stages(&self, floor: &Floor, mixed: &mut Mixed, embeddings: &mut Matrix) {
        let (parts, Mixed { stages, sides, keys }) = (parts(floor), mixed);
        for (relation, side) in GROUPS.map(|group| &floor.relations[group]).into_iter().zip(&mut *sides) {
            side.clear(relation.groups, self.width);
            self.level.run(Gather { from: embeddings, of: &relation.of, to: side });
            shrink(relation, side);
        }
        stages.resize_with(parts.len(), Stage::default);
        for (index, (part, stage)) in parts.iter().zip(&mut *stages).enumerate() {
            stage.begin(floor, part, sides);
            stage.run(self.encoder(index, parts.len()), keys);
            (0..2).for_each(|side| put(&stage.rows[side], part.begins[side], &mut sides[side]));
        }
        for (relation, side) in GROUPS.map(|group| &floor.relations[group]).into_iter().zip(&*sides) {
            self.level.run(Scatter { from: side, hears: &relation.of, to: embeddings });
        }
    }
}

impl Stage {
    /// Times, and embeddings to begin with.
    fn begin(&mut self, floor: &Floor, part: &Part, sides: &[Matrix; 2]) {
        let ([jobs, machines], features) = (part.counts, Task::Ffsp.features());
        let Self { times: [times, turned], rows, .. } = self;
        times.clear(jobs, blocks(machines));
        turned.clear(machines, blocks(jobs));
        for (job, machine) in (0..jobs).flat_map(|job| (0..machines).map(move |machine| (job, machine))) {
            let time = floor.nodes[(part.node + job * machines + machine) * features + TIME];
            *times.get_mut(job, machine) = time;
            *turned.get_mut(machine, job) = time;
        }
        (0..2).for_each(|side| take(&sides[side], part.begins[side], part.counts[side], &mut rows[side]));
    }

    fn run(&mut self, layers: &[[Half; 2]], keys: &mut Matrix) {
        self.layers.resize_with(layers.len(), Default::default);
        for (halves, kept) in layers.iter().zip(&mut self.layers) {
            let rows = kept.iter_mut().zip(&mut self.rows);
            rows.for_each(|(kept, rows)| std::mem::swap(&mut kept.activations.input, rows));
            let [jobs, machines] = kept;
            let [job_times, machine_times] = &self.times;
            let [job_rows, machine_rows] = &mut self.rows;
            halves[0].attend(jobs, &machines.activations.input, job_times, keys, job_rows);
            halves[1].attend(machines, &jobs.activations.input, machine_times, keys, machine_rows);
        }
    }
}

impl Half {
    /// From the inputs of both sides to the output of one.
    fn attend(&self, kept: &mut Kept, sources: &Matrix, times: &Matrix, keys: &mut Matrix, out: &mut Matrix) {
        let (layer, mixer) = (&self.layer, &self.mixer);
        let Kept { activations, scores } = kept;
        let (n, heads, wide) = (times.rows(), layer.size.heads, blocks(sources.rows()));
        layer.project(activations, Some(sources), keys);
        [&mut activations.attention, &mut *scores].into_iter().for_each(|matrix| matrix.reshape(heads * n, wide));
        for head in 0..heads {
            let (part, from) = ((head, head * n, 0..n), head * n);
            layer.score(activations, &part, keys);
            layer.level.run(Mix { mixer, head, from, times, scores: &mut activations.attention, kept: scores });
            let rows = &mut activations.attention;
            layer.level.run(Softmax { n: sources.rows(), rows, from, nodes: 0..n, bias: None });
            layer.collect(activations, &part);
        }
        layer.mix(activations, out);
        layer.feed_forward(activations, out);
    }
}
