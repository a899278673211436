//! The gradient with respect to all weights.

use super::backward::Scratch;
use super::kernels::math::ColumnSums;
use super::kernels::{LANES, Level, flat};
use super::matrix::{Matrix, Shape, multiply};
use super::model::{AttentionModel, axes};
use super::packed::Axis;
use super::shop;
use crate::architecture::Architecture;

/// Sums of derivatives, padded as the kernels want them, with the buffers that computing them takes.
#[derive(Clone, Debug)]
pub struct Gradient {
    places: Vec<(Axis, Axis)>,
    pub(super) tensors: Vec<Matrix>,
    pub(super) scratch: Scratch,
    pub(super) shop: shop::Buffers,
}

impl Gradient {
    /// Zeros.
    pub fn new(architecture: &Architecture) -> Self {
        let list = architecture.tensors();
        let places: Vec<_> = list.iter().map(|tensor| axes(architecture, tensor)).collect();
        let zeros = |(rows, columns): &(Axis, Axis)| Matrix::zeros(padded_rows(*rows), columns.blocks());
        Self {
            tensors: places.iter().map(zeros).collect(),
            places,
            scratch: Scratch::default(),
            shop: shop::Buffers::default(),
        }
    }

    /// Zeros for a model.
    pub fn of(model: &AttentionModel) -> Self {
        Self::new(&model.architecture)
    }

    /// Back to zero.
    pub fn zero(&mut self) {
        self.tensors.iter_mut().for_each(|tensor| tensor.data_mut().fill(Default::default()));
    }

    /// Adds a gradient of the same architecture.
    pub fn add(&mut self, other: &Gradient) {
        for (to, from) in self.tensors.iter_mut().zip(&other.tensors) {
            for (to, from) in to.data_mut().iter_mut().zip(from.data()) {
                to.0.iter_mut().zip(from.0).for_each(|(to, from)| *to += from);
            }
        }
    }

    /// Adds the gradient of a matrix of weights, from its input and the pull on its output, `rows` rows of each.
    pub(super) fn learn(&mut self, level: Level, slot: usize, rows: usize, input: &Matrix, pull: &Matrix) {
        let to = &mut self.tensors[slot];
        let shape = Shape { m: to.rows(), k: rows, n: pull.blocks(), add: true };
        multiply(level, shape, input.left_transposed(0), (pull, 0), (to, 0));
    }

    /// Adds the gradient of a bias: the sum of the first `rows` rows.
    pub(super) fn learn_row(&mut self, level: Level, slot: usize, rows: usize, pull: &Matrix) {
        let (stride, sum) = (pull.stride(), self.tensors[slot].row_mut(0));
        level.run(ColumnSums { rows: &pull.data()[..rows * stride], stride, sum });
    }

    /// Row-major values without padding, in the order of [`Architecture::tensors`].
    pub fn tensors(&self) -> Vec<Vec<f32>> {
        let values = |((rows, columns), tensor): (&(Axis, Axis), &Matrix)| {
            let row = |index: usize| flat(tensor.row(rows.place(index)));
            (0..rows.floats()).flat_map(|i| (0..columns.floats()).map(move |j| row(i)[columns.place(j)])).collect()
        };
        self.places.iter().zip(&self.tensors).map(values).collect()
    }
}

/// Rows with padding; a single row, as of a bias, needs none.
fn padded_rows(rows: Axis) -> usize {
    if rows.floats() == 1 { 1 } else { rows.blocks() * LANES }
}
