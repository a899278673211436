//! Mixed scores: a small perceptron per head makes an attention score of the scaled product of query and key and of the
//! processing time of the pair (Kwon et al., MatNet, 2021, section 3.2).

use crate::native::Gradient;
use crate::native::kernels::{Block, Kernel, LANES, Simd};
use crate::native::matrix::Matrix;
use crate::native::model::{Embedding, Reader, Row};

/// The weights of all heads: a block of hidden units each.
#[derive(Clone, Debug)]
pub(super) struct Mixer {
    /// Of score and time \[2, heads\], with the bias.
    hidden: Embedding,
    logit: Row,
}

/// Of one head: what the score counts, the time, the bias, and the hidden unit itself.
type Units = [[f32; LANES]; 4];

impl Mixer {
    pub fn read(read: &Reader<'_>, prefix: &str) -> Self {
        let name = |part: &str| format!("{prefix}.mixer.{part}");
        Self { hidden: read.embedding(&name("hidden")), logit: read.row(&name("logit.weight")) }
    }

    fn units(&self, head: usize) -> Units {
        let Self { hidden: Embedding { weight, bias, .. }, logit } = self;
        [weight.row(0), weight.row(1), &bias.data, &logit.data].map(|blocks| blocks[head].0)
    }

    /// What [`PullMix`] found.
    pub fn learn(&self, head: usize, slopes: &[Block; 4], gradient: &mut Gradient) {
        let Self { hidden: Embedding { slot, bias, .. }, logit } = self;
        let places = [(*slot, 0), (*slot, 1), (bias.slot, 0), (logit.slot, 0)];
        for ((slot, row), slopes) in places.into_iter().zip(slopes) {
            let to = &mut gradient.tensors[slot].row_mut(row)[head];
            to.0.iter_mut().zip(slopes.0).for_each(|(to, slope)| *to += slope);
        }
    }
}

/// Replaces the scores of one head, rows `from` on, by mixed ones and keeps what they were in the same rows of `kept`.
pub(super) struct Mix<'a> {
    pub mixer: &'a Mixer,
    pub head: usize,
    pub from: usize,
    /// \[nodes, sources\].
    pub times: &'a Matrix,
    /// \[heads nodes, sources\].
    pub scores: &'a mut Matrix,
    pub kept: &'a mut Matrix,
}

impl Kernel for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let [of_score, of_time, bias, weight] = self.mixer.units(self.head);
        for i in 0..self.times.rows() {
            let (to, kept) = (self.scores.row_mut(self.from + i), self.kept.row_mut(self.from + i));
            kept.copy_from_slice(to);
            for (to, time) in to.iter_mut().zip(self.times.row(i)) {
                let (score, time) = (simd.load(to), simd.load(time));
                let mut sum = simd.splat(0.0);
                for unit in 0..LANES {
                    let rest = simd.mul_add(time, simd.splat(of_time[unit]), simd.splat(bias[unit]));
                    let hidden = simd.mul_add(score, simd.splat(of_score[unit]), rest);
                    sum = simd.mul_add(simd.max(hidden, simd.splat(0.0)), simd.splat(weight[unit]), sum);
                }
                simd.store(to, sum);
            }
        }
    }
}

/// From the pull on the mixed scores of one head to the one on what was mixed, times `scale`, in place. Gives the
/// slopes of the head's weights. Where the pull is 0, as beyond the last source, nothing comes of what else is there.
pub(super) struct PullMix<'a> {
    pub mixer: &'a Mixer,
    pub head: usize,
    pub from: usize,
    /// \[nodes, sources\].
    pub times: &'a Matrix,
    /// \[heads nodes, sources\].
    pub kept: &'a Matrix,
    /// \[nodes, sources\].
    pub pull: &'a mut Matrix,
    pub scale: f32,
}

impl Kernel for PullMix<'_> {
    type Output = [Block; 4];

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> Self::Output {
        let [of_score, of_time, bias, weight] = self.mixer.units(self.head);
        let (zero, mut slopes) = (simd.splat(0.0), [[Block::default(); LANES]; 4]);
        for i in 0..self.times.rows() {
            let (scores, times) = (self.kept.row(self.from + i), self.times.row(i));
            for ((place, score), time) in self.pull.row_mut(i).iter_mut().zip(scores).zip(times) {
                let (pull, score, time) = (simd.load(place), simd.load(score), simd.load(time));
                let mut sum = zero;
                for unit in 0..LANES {
                    let rest = simd.mul_add(time, simd.splat(of_time[unit]), simd.splat(bias[unit]));
                    let hidden = simd.mul_add(score, simd.splat(of_score[unit]), rest);
                    let through = simd.if_above(hidden, zero, simd.mul(pull, simd.splat(weight[unit])), zero);
                    sum = simd.mul_add(through, simd.splat(of_score[unit]), sum);
                    let parts = [
                        simd.mul(through, score),
                        simd.mul(through, time),
                        through,
                        simd.mul(pull, simd.max(hidden, zero)),
                    ];
                    for (slopes, part) in slopes.iter_mut().zip(parts) {
                        let total = simd.add(simd.load(&slopes[unit]), part);
                        simd.store(&mut slopes[unit], total);
                    }
                }
                simd.store(place, simd.mul(sum, simd.splat(self.scale)));
            }
        }
        slopes.map(|units| Block(units.map(|lanes| simd.sum(simd.load(&lanes)))))
    }
}
