//! The optimiser: burn's AdamW (Kingma, Ba, "Adam", 2015; Loshchilov, Hutter, "Decoupled weight decay
//! regularization", 2019) on all weights as one vector, fed with gradients from outside. Weight decay stays apart from
//! the gradient: in Adam's moments it would take steps of full length, however small it is, wherever there is hardly
//! any gradient, and attention that has not found its use yet would die.

use burn::optim::{AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer};
use burn::tensor::{Device, Tensor, TensorData};

use crate::device;

/// Adam's state beside the weights, which a checkpoint keeps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Updates so far.
    pub time: usize,
    /// Running mean of the gradients \[weights\]; empty before the first update.
    pub first: Vec<f32>,
    /// Running mean of their squares \[weights\].
    pub second: Vec<f32>,
}

/// Changes weights along gradients.
pub struct Optimiser {
    adam: AdamW,
    state: Option<AdamWState<1>>,
    device: Device,
}

/// Far below any gradient of interest (PyTorch's default).
const EPSILON: f32 = 1e-8;

impl Optimiser {
    /// An optimiser that goes on from `moments`.
    pub fn new(weight_decay: f32, moments: &Moments) -> Self {
        let adam = AdamWConfig::new().with_epsilon(EPSILON).with_weight_decay(weight_decay).build();
        let device = device::cpu();
        let state = (moments.time > 0).then(|| {
            let (first, second) = (vector(&moments.first, &device), vector(&moments.second, &device));
            AdamWState::new(AdaptiveMomentumState::new(moments.time, first, second))
        });
        Self { adam, state, device }
    }

    /// The weights after a step of rate `rate` against `gradient`; both hold one vector per tensor of the model.
    pub fn step(&mut self, rate: f64, weights: &mut [Vec<f32>], gradient: &[Vec<f32>]) {
        let (all, slope) = (vector(&weights.concat(), &self.device), vector(&gradient.concat(), &self.device));
        let (all, state) = self.adam.step(rate, all, slope, self.state.take());
        self.state = state;
        let mut rest = values(all).into_iter();
        weights.iter_mut().flatten().zip(&mut rest).for_each(|(weight, value)| *weight = value);
    }

    /// The state to go on from.
    pub fn moments(&self) -> Moments {
        self.state.as_ref().map_or_else(Moments::default, |AdamWState { momentum }| Moments {
            time: momentum.time,
            first: values(momentum.moment_1.clone()),
            second: values(momentum.moment_2.clone()),
        })
    }
}

/// Scales a gradient down to norm `most`; returns the norm it had. The sum has a fixed order.
pub fn clip(gradient: &mut [Vec<f32>], most: f64) -> f64 {
    let norm = gradient.iter().flatten().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
    if norm > most {
        let factor = (most / norm) as f32;
        gradient.iter_mut().flatten().for_each(|g| *g *= factor);
    }
    norm
}

fn vector(values: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

/// The numbers of a tensor, which are 32-bit floats as everything on our devices.
fn values(tensor: Tensor<1>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_step_moves_every_weight_by_the_rate() {
        let mut weights = vec![vec![1.0, -2.0], vec![0.5]];
        let mut optimiser = Optimiser::new(0.0, &Moments::default());
        optimiser.step(0.1, &mut weights, &[vec![3.0, -4.0], vec![0.0]]);
        assert!((weights[0][0] - 0.9).abs() < 1e-6 && (weights[0][1] + 1.9).abs() < 1e-6);
        assert_eq!(weights[1][0], 0.5);
    }

    #[test]
    fn weights_without_a_gradient_shrink_by_their_decay_alone() {
        let mut weights = vec![vec![1e-3, 1.0]];
        let mut optimiser = Optimiser::new(1e-2, &Moments::default());
        (0..100).for_each(|_| optimiser.step(1e-2, &mut weights, &[vec![0.0, 0.0]]));
        // 100 steps of 1e-4, where Adam with the decay in its gradient would be past 0.
        assert!((weights[0][0] / 1e-3 - 0.99).abs() < 1e-3 && (weights[0][1] - 0.99).abs() < 1e-3, "{weights:?}");
    }

    #[test]
    fn optimiser_goes_on_from_its_moments_as_if_nothing_had_happened() {
        let gradient = |t: usize| vec![(0..40).map(|i| ((i * 7 + t * 3) % 11) as f32 - 5.0).collect::<Vec<f32>>()];
        let (mut through, mut resumed) = (vec![vec![0.25; 40]], vec![vec![0.25; 40]]);
        let mut one = Optimiser::new(1e-3, &Moments::default());
        let mut moments = Moments::default();
        for t in 0..6 {
            one.step(0.01, &mut through, &gradient(t));
            let mut fresh = Optimiser::new(1e-3, &moments);
            fresh.step(0.01, &mut resumed, &gradient(t));
            moments = fresh.moments();
        }
        assert_eq!(through, resumed);
        assert_eq!(one.moments(), moments);
        assert_eq!(moments.time, 6);
    }

    #[test]
    fn long_gradients_are_cut_to_the_norm() {
        let mut gradient = vec![vec![3.0], vec![4.0]];
        assert_eq!(clip(&mut gradient, 10.0), 5.0);
        assert_eq!(gradient, [[3.0], [4.0]]);
        assert_eq!(clip(&mut gradient, 1.0), 5.0);
        assert!((gradient[0][0] - 0.6).abs() < 1e-6 && (gradient[1][0] - 0.8).abs() < 1e-6);
    }
}
