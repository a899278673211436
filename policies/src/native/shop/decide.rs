//! The decoder: decisions of several schedules of one instance at once, a row per choice.

use super::encoder::{Encoded, add_rows};
use super::model::DispatchModel;
use crate::features::shop::Choices;
use crate::native::kernels::{Kernel, Simd, flat_mut, math};
use crate::native::layer::Activate;
use crate::native::matrix::Matrix;

/// Rows that are worked on at a time; a decision more may begin below it.
pub(super) const ROWS: usize = 96;

/// Decisions at hand. r: rows, one per choice; k: decisions.
#[derive(Clone, Debug, Default)]
pub(super) struct Decisions {
    /// Where the rows of a decision begin, and where those of the last one end \[k + 1\].
    pub begins: Vec<usize>,
    /// Action and node of a row \[r\].
    pub actions: Vec<u32>,
    pub nodes: Vec<u32>,
    /// Next nodes of the jobs that are not finished, and where those of a decision begin \[k + 1\].
    pub field: Vec<u32>,
    pub field_begins: Vec<usize>,
    /// The latent vectors that decisions follow \[k\].
    pub latents: Vec<u32>,
    /// Numbers of the choices \[r, choice\].
    pub features: Matrix,
    /// Hidden units: of the first layer, their means over a decision, those of the second layer, their sum over both
    /// \[r or k, hidden\].
    pub first: Matrix,
    pub means: Matrix,
    pub rivals: Matrix,
    pub second: Matrix,
    /// Of the rows \[r\].
    pub logits: Vec<f32>,
}

impl Decisions {
    /// No decisions; memory for those that may come.
    pub fn clear(&mut self, choice: usize) {
        self.begins.clear();
        self.begins.push(0);
        self.field_begins.clear();
        self.field_begins.push(0);
        self.actions.clear();
        self.nodes.clear();
        self.field.clear();
        self.latents.clear();
        self.features.clear(ROWS, choice);
    }

    /// Number of decisions.
    pub fn len(&self) -> usize {
        self.begins.len() - 1
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.actions.len()
    }

    /// Whether another decision of up to so many choices finds no room.
    pub fn is_full(&self, choices: usize) -> bool {
        self.rows() > 0 && self.rows() + choices > ROWS
    }

    /// Adds a decision that follows a latent vector.
    pub fn push(&mut self, choices: &Choices, latent: u32) {
        let (from, count) = (self.rows(), choices.actions.len());
        self.actions.extend_from_slice(&choices.actions);
        self.nodes.extend_from_slice(&choices.nodes);
        self.field.extend_from_slice(&choices.field);
        self.begins.push(from + count);
        self.field_begins.push(self.field.len());
        self.latents.push(latent);
        self.features.grow(from + count);
        let numbers = choices.features.len() / count;
        for (row, features) in choices.features.chunks_exact(numbers).enumerate() {
            flat_mut(self.features.row_mut(from + row))[..numbers].copy_from_slice(features);
        }
    }

    /// The rows of a decision.
    pub fn range(&self, decision: usize) -> std::ops::Range<usize> {
        self.begins[decision]..self.begins[decision + 1]
    }

    /// The next nodes of the jobs.
    pub fn field_of(&self, decision: usize) -> &[u32] {
        &self.field[self.field_begins[decision]..self.field_begins[decision + 1]]
    }
}

impl DispatchModel {
    /// Computes the logits of the decisions.
    pub(super) fn decide(&self, encoded: &Encoded, decisions: &mut Decisions) {
        let (level, r, k) = (self.level, decisions.rows(), decisions.len());
        let mut first = std::mem::take(&mut decisions.first);
        first.clear(r, self.hidden);
        level.run(Lookup { encoded, decisions, to: &mut first });
        self.decoder.choice.forward.apply(level, r, &decisions.features, &mut first, true);
        level.run(Activate { rows: &mut first, bias: &self.decoder.choice_bias.data });
        decisions.first = first;
        let Decisions { begins, first, means, rivals, second, logits, .. } = decisions;
        means.clear(k, self.hidden);
        level.run(Collect { begins, from: first, to: means, mean: true });
        rivals.reshape(k, self.hidden);
        self.decoder.rivals.forward.apply(level, k, means, rivals, false);
        second.reshape(r, self.hidden);
        self.decoder.hidden.forward.apply(level, r, first, second, false);
        level.run(Spread { begins, from: rivals, to: second, mean: false });
        level.run(Activate { rows: second, bias: &self.decoder.hidden_bias.data });
        logits.clear();
        level.run(Logits { first, second, weights: &self.decoder.logit.data, logits });
    }
}

/// What the tables know of the choices and of the state of the shop.
struct Lookup<'a> {
    encoded: &'a Encoded,
    decisions: &'a Decisions,
    to: &'a mut Matrix,
}

impl Kernel for Lookup<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for decision in 0..self.decisions.len() {
            let (range, field) = (self.decisions.range(decision), self.decisions.field_of(decision));
            let (begin, latents) = (range.start, &self.encoded.latents);
            add_rows(simd, &self.encoded.field, field, 1.0 / field.len() as f32, self.to.row_mut(begin));
            if latents.len() > 0 {
                add_rows(
                    simd,
                    &latents.shifts,
                    &self.decisions.latents[decision..=decision],
                    1.0,
                    self.to.row_mut(begin),
                );
            }
            for row in range.clone().skip(1) {
                self.to.copy_row(begin, row);
            }
            for row in range {
                add_rows(simd, &self.encoded.node, &self.decisions.nodes[row..=row], 1.0, self.to.row_mut(row));
            }
        }
    }
}

/// Adds the rows of every decision to the row that stands for it: their sum or their mean.
pub(super) struct Collect<'a> {
    pub begins: &'a [usize],
    pub from: &'a Matrix,
    pub to: &'a mut Matrix,
    pub mean: bool,
}

impl Kernel for Collect<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (decision, ends) in self.begins.windows(2).enumerate() {
            let share = share(ends, self.mean);
            (ends[0]..ends[1])
                .for_each(|row| math::add_scaled(simd, self.to.row_mut(decision), self.from.row(row), share));
        }
    }
}

/// The other way: adds the row of a decision to each of its rows, or its share of it.
pub(super) struct Spread<'a> {
    pub begins: &'a [usize],
    pub from: &'a Matrix,
    pub to: &'a mut Matrix,
    pub mean: bool,
}

impl Kernel for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for (decision, ends) in self.begins.windows(2).enumerate() {
            let share = share(ends, self.mean);
            (ends[0]..ends[1])
                .for_each(|row| math::add_scaled(simd, self.to.row_mut(row), self.from.row(decision), share));
        }
    }
}

/// Weight of a row of a decision.
#[inline(always)]
fn share(ends: &[usize], mean: bool) -> f32 {
    if mean { 1.0 / (ends[1] - ends[0]) as f32 } else { 1.0 }
}

/// Weighs the hidden units of both layers.
struct Logits<'a> {
    first: &'a Matrix,
    second: &'a Matrix,
    weights: &'a [crate::native::kernels::Block],
    logits: &'a mut Vec<f32>,
}

impl Kernel for Logits<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        self.logits.extend((0..self.second.rows()).map(|row| {
            math::dot(simd, self.first.row(row), self.weights) + math::dot(simd, self.second.row(row), self.weights)
        }));
    }
}
