//! Instances and recorded choices as tensors.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::decoder::NEVER;
use super::parameters::tensor;
use crate::features::{Features, Learnable};
use crate::native::Misfit;

/// An instance on a device. n: nodes.
pub(super) struct Instance {
    /// \[n, features\].
    pub nodes: Tensor<2>,
    /// Distances in the unit square times log2(n) \[n, n\]; none without coordinates.
    pub distances: Option<Tensor<2>>,
}

impl Instance {
    pub fn new<P: Learnable>(problem: &P, device: &Device) -> Result<Self, Misfit> {
        let Features { nodes, points } = problem.features().ok_or(Misfit::NoCoordinates)?;
        let n = problem.width();
        let scale = (n as f32).log2();
        let apart = |a: &[f32; 2], b: &[f32; 2]| scale * (a[0] - b[0]).hypot(a[1] - b[1]);
        let distances: Vec<f32> = points.iter().flat_map(|a| points.iter().map(move |b| apart(a, b))).collect();
        Ok(Self {
            nodes: tensor(nodes, [n, P::TASK.features()], device),
            distances: (!points.is_empty()).then(|| tensor(distances, [n, n], device)),
        })
    }
}

/// Choices of recorded constructions.
#[derive(Default)]
pub(super) struct Queries {
    /// Number of the first and of the last node; n for none \[choices\].
    pub first: Vec<i32>,
    pub last: Vec<i32>,
    /// Share of the capacity that is left \[choices\].
    pub left: Vec<f32>,
    /// 0 where an action is allowed, else [`NEVER`] \[choices x n\].
    pub mask: Vec<f32>,
    /// What was chosen \[choices\].
    actions: Vec<i32>,
    /// Trajectory and choice \[choices\].
    pub places: Vec<[usize; 2]>,
    /// Latent vectors \[choices x length\]; empty without.
    latents: Vec<f32>,
}

impl Queries {
    /// The choices of `traces`, at most `most` at a time. The first `forced` actions of each were not chosen.
    pub fn all<P: Learnable>(problem: &P, traces: &[Vec<u32>], forced: usize, most: usize) -> Vec<Self> {
        let n = problem.width();
        let (mut parts, mut mask) = (vec![Self::default()], vec![false; n]);
        for (number, trace) in traces.iter().enumerate() {
            let mut state = problem.start();
            for (at, &action) in trace.iter().enumerate() {
                if at >= forced {
                    problem.allowed(&state, &mut mask);
                    if parts.last().is_none_or(|part| part.len() == most) {
                        parts.push(Self::default());
                    }
                    if let Some(part) = parts.last_mut() {
                        let context = problem.context(&state);
                        part.first.push(context.first.map_or(n as i32, |node| node as i32));
                        part.last.push(context.last.map_or(n as i32, |node| node as i32));
                        part.left.push(context.left);
                        part.mask.extend(mask.iter().map(|&allowed| if allowed { 0.0 } else { NEVER }));
                        part.actions.push(action as i32);
                        part.places.push([number, at - forced]);
                    }
                }
                problem.step(&mut state, action);
            }
        }
        parts.retain(|part| part.len() > 0);
        parts
    }

    /// Makes choices follow their trajectory's latent vector \[trajectories\]; none at all without vectors.
    pub fn follow(&mut self, latents: &[Vec<f32>]) {
        if !latents.is_empty() {
            self.latents = self.places.iter().flat_map(|[trace, _]| latents[*trace].iter().copied()).collect();
        }
    }

    /// The latent vectors \[choices, length\].
    pub fn latents(&self, device: &Device) -> Option<Tensor<2>> {
        let choices = self.len();
        let length = self.latents.len() / choices.max(1);
        (length > 0).then(|| tensor(self.latents.clone(), [choices, length], device))
    }

    /// Number of choices.
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// The entries of what was chosen, of rows of all actions \[choices, n\].
    pub fn chosen(&self, rows: Tensor<2>, device: &Device) -> Tensor<1> {
        let choices = self.len();
        let actions = TensorData::new(self.actions.clone(), [choices, 1]);
        rows.gather(1, Tensor::<2, Int>::from_data(actions, device)).reshape([choices])
    }
}
