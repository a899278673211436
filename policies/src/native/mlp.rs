//! Small ReLU networks in double precision: forward, gradient and AdamW by hand.
//!
//! They are embedded in exact searches, where values of sets are compared and bounded: hence doubles. PyTorch's
//! defaults hold: weights and biases begin uniform within 1 / sqrt(inputs).

use heuron_problems::stream;
use rand::Rng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An affine map.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// \[inputs, outputs\]
    pub weight: Vec<f64>,
    /// \[outputs\]
    pub bias: Vec<f64>,
}

impl Layer {
    /// Number of outputs.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.weight.len() / self.bias.len().max(1)
    }

    /// What the inputs' units send to the outputs: weights of an input \[outputs\].
    pub fn row(&self, input: usize) -> &[f64] {
        &self.weight[input * self.outputs()..][..self.outputs()]
    }

    /// Writes the map's value to `out`. Inputs of 0, as most are behind a ReLU, cost nothing.
    pub fn apply(&self, values: &[f64], out: &mut Vec<f64>) {
        out.clone_from(&self.bias);
        for (&value, row) in values.iter().zip(self.weight.chunks_exact(self.outputs())) {
            if value != 0.0 {
                out.iter_mut().zip(row).for_each(|(out, weight)| *out += value * weight);
            }
        }
    }
}

/// Affine maps with ReLUs between them and a single output.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mlp {
    /// From the first to the last.
    pub layers: Vec<Layer>,
}

/// Why a network cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MlpError {
    /// There is nothing in it.
    #[error("a network needs a layer")]
    NoLayer,
    /// It has not one output but so many.
    #[error("the last layer must have 1 output, not {0}")]
    Outputs(usize),
    /// Weights of this layer do not make up a matrix.
    #[error("layer {0}: weights must be a matrix of inputs and outputs")]
    NoMatrix(usize),
    /// This layer holds infinities or what is no number.
    #[error("layer {0} holds a number that is not finite")]
    NotFinite(usize),
    /// A layer does not take what the layer before it gives.
    #[error("layer {layer} must have {expected} inputs, not {found}")]
    Layer {
        /// Its number, from 0.
        layer: usize,
        /// Outputs of the layer before it.
        expected: usize,
        /// Inputs of the layer.
        found: usize,
    },
    /// It is made for something else.
    #[error("{of} needs {expected} inputs, the network has {found}")]
    Inputs {
        /// What the network is wanted for.
        of: &'static str,
        /// Inputs that it must have.
        expected: usize,
        /// Inputs that it has.
        found: usize,
    },
}

/// Values of a forward pass, for the gradient.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// Inputs of every layer, then the output.
    values: Vec<Vec<f64>>,
    /// Derivatives by them, from the last pass backward.
    slopes: [Vec<f64>; 2],
}

impl Mlp {
    /// Random weights for layers of these sizes, from the inputs to the last hidden one.
    pub fn random(sizes: &[usize], seed: u64) -> Self {
        let mut rng = stream(seed, "mlp", 0);
        let layer = |(&inputs, &outputs): (&usize, &usize)| {
            let bound = 1.0 / (inputs.max(1) as f64).sqrt();
            let mut draw = |count: usize| (0..count).map(|_| bound * (2.0 * rng.random::<f64>() - 1.0)).collect();
            Layer { weight: draw(inputs * outputs), bias: draw(outputs) }
        };
        Self { layers: sizes.iter().zip(sizes[1..].iter().chain(&[1])).map(layer).collect() }
    }

    /// Number of inputs.
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, Layer::inputs)
    }

    /// Checks that layers fit each other, that there is one output, and that all numbers are finite.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), MlpError> {
        let last = self.layers.last().ok_or(MlpError::NoLayer)?;
        if last.outputs() != 1 {
            return Err(MlpError::Outputs(last.outputs()));
        }
        for (index, layer) in self.layers.iter().enumerate() {
            if layer.bias.is_empty()
                || layer.weight.len() != layer.inputs() * layer.outputs()
                || layer.weight.is_empty()
            {
                return Err(MlpError::NoMatrix(index));
            }
            if layer.weight.iter().chain(&layer.bias).any(|value| !value.is_finite()) {
                return Err(MlpError::NotFinite(index));
            }
        }
        let pairs = (1..).zip(self.layers.windows(2));
        let mut inputs = pairs.map(|(layer, pair)| (layer, pair[0].outputs(), pair[1].inputs()));
        match inputs.find(|(_, expected, found)| expected != found) {
            Some((layer, expected, found)) => Err(MlpError::Layer { layer, expected, found }),
            None => Ok(()),
        }
    }

    /// Checks that the network works and has as many inputs as `of`, the thing it is wanted for, needs.
    ///
    /// # Errors
    /// As [`Mlp::check`], and [`MlpError::Inputs`].
    pub fn check_inputs(&self, of: &'static str, expected: usize) -> Result<(), MlpError> {
        self.check()?;
        match self.inputs() {
            found if found == expected => Ok(()),
            found => Err(MlpError::Inputs { of, expected, found }),
        }
    }

    /// The output; `passed` keeps what [`Mlp::backward`] needs.
    pub fn forward(&self, inputs: &[f64], passed: &mut Passed) -> f64 {
        passed.values.resize_with(self.layers.len() + 1, Vec::new);
        passed.values[0].clear();
        passed.values[0].extend_from_slice(inputs);
        for (index, layer) in self.layers.iter().enumerate() {
            let (before, after) = passed.values.split_at_mut(index + 1);
            layer.apply(&before[index], &mut after[0]);
            if index + 1 < self.layers.len() {
                after[0].iter_mut().for_each(|value| *value = value.max(0.0));
            }
        }
        passed.values[self.layers.len()].first().copied().unwrap_or(0.0)
    }

    /// The output.
    pub fn value(&self, inputs: &[f64]) -> f64 {
        self.forward(inputs, &mut Passed::default())
    }

    /// Adds the gradient of the output of the pass, times `slope`, to `gradient`, a network of the same sizes.
    pub fn backward(&self, passed: &mut Passed, slope: f64, gradient: &mut Self) {
        let Passed { values, slopes: [slopes, next] } = passed;
        slopes.clear();
        slopes.push(slope);
        for (index, (layer, gradient)) in self.layers.iter().zip(&mut gradient.layers).enumerate().rev() {
            gradient.bias.iter_mut().zip(slopes.iter()).for_each(|(bias, slope)| *bias += slope);
            next.clear();
            let outputs = layer.outputs();
            for (input, &value) in values[index].iter().enumerate() {
                // Behind a ReLU a value of 0 passes nothing back, and has no part in the weights' gradient.
                if value == 0.0 {
                    next.push(0.0);
                    continue;
                }
                let row = &mut gradient.weight[input * outputs..][..outputs];
                row.iter_mut().zip(slopes.iter()).for_each(|(weight, slope)| *weight += value * slope);
                // Nobody asks for the gradient of the inputs themselves.
                if index > 0 {
                    next.push(layer.row(input).iter().zip(slopes.iter()).map(|(weight, slope)| weight * slope).sum());
                }
            }
            std::mem::swap(slopes, next);
        }
    }

    /// A network of the same sizes, all 0.
    pub fn zeros(&self) -> Self {
        let mut zeros = self.clone();
        zeros.numbers_mut().for_each(|number| *number = 0.0);
        zeros
    }

    /// All weights and biases.
    pub fn numbers(&self) -> impl Iterator<Item = &f64> {
        self.layers.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias))
    }

    /// All weights and biases.
    pub fn numbers_mut(&mut self) -> impl Iterator<Item = &mut f64> {
        self.layers.iter_mut().flat_map(|layer| layer.weight.iter_mut().chain(&mut layer.bias))
    }

    /// Moves a part `rate` of the way to another network of the same sizes.
    pub fn approach(&mut self, other: &Self, rate: f64) {
        self.numbers_mut().zip(other.numbers()).for_each(|(own, other)| *own += rate * (other - *own));
    }
}

/// AdamW (I. Loshchilov and F. Hutter, ICLR 2019), with the AMSGrad variant of Reddi, Kale and Kumar (ICLR 2018).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Adam {
    /// Step length.
    pub rate: f64,
    /// Decay of the weights per step, times the rate.
    pub decay: f64,
    /// Keeps the root from 0.
    pub epsilon: f64,
    mean: Vec<f64>,
    square: Vec<f64>,
    largest: Vec<f64>,
    steps: i32,
}

impl Adam {
    /// PyTorch's defaults of AdamW but for the rate and epsilon.
    pub fn new(network: &Mlp, rate: f64, epsilon: f64) -> Self {
        let zeros = vec![0.0; network.numbers().count()];
        Self { rate, decay: 0.01, epsilon, mean: zeros.clone(), square: zeros.clone(), largest: zeros, steps: 0 }
    }

    /// A step against the gradient, whose entries are clipped to `clip` either way.
    pub fn step(&mut self, network: &mut Mlp, gradient: &Mlp, clip: f64) {
        const BETAS: [f64; 2] = [0.9, 0.999];
        self.steps += 1;
        let corrections = BETAS.map(|beta| 1.0 - beta.powi(self.steps));
        let moments = self.mean.iter_mut().zip(&mut self.square).zip(&mut self.largest);
        for ((number, slope), ((mean, square), largest)) in network.numbers_mut().zip(gradient.numbers()).zip(moments) {
            let slope = slope.clamp(-clip, clip);
            *number -= self.rate * self.decay * *number;
            *mean += (1.0 - BETAS[0]) * (slope - *mean);
            *square += (1.0 - BETAS[1]) * (slope * slope - *square);
            *largest = largest.max(*square);
            *number -= self.rate * (*mean / corrections[0]) / ((*largest / corrections[1]).sqrt() + self.epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient_agrees_with_finite_differences() {
        let mut network = Mlp::random(&[5, 7, 6], 1);
        let inputs = [0.3, -1.0, 0.0, 2.0, 0.7];
        let mut passed = Passed::default();
        let mut gradient = network.zeros();
        network.forward(&inputs, &mut passed);
        network.backward(&mut passed, 1.5, &mut gradient);
        let count = network.numbers().count();
        let mut seen = 0;
        for at in 0..count {
            let mut shifted = |by: f64| {
                *network.numbers_mut().nth(at).unwrap() += by;
                let value = network.value(&inputs);
                *network.numbers_mut().nth(at).unwrap() -= by;
                value
            };
            let slope = 1.5 * (shifted(1e-6) - shifted(-1e-6)) / 2e-6;
            let found = *gradient.numbers().nth(at).unwrap();
            assert!((found - slope).abs() < 1e-6, "number {at}: {found} {slope}");
            seen += usize::from(slope != 0.0);
        }
        assert!(seen > count / 4);
    }

    #[test]
    fn training_fits_a_function_that_is_not_linear() {
        let target = |x: f64| (x - 0.5).abs();
        let mut network = Mlp::random(&[1, 8], 1);
        let (mut adam, mut passed) = (Adam::new(&network, 0.01, 1e-8), Passed::default());
        for _ in 0..2_000 {
            let mut gradient = network.zeros();
            for i in 0..16 {
                let x = f64::from(i) / 8.0 - 0.5;
                let error = network.forward(&[x], &mut passed) - target(x);
                network.backward(&mut passed, 2.0 * error / 16.0, &mut gradient);
            }
            adam.step(&mut network, &gradient, f64::INFINITY);
        }
        let error = (0..16).map(|i| f64::from(i) / 8.0 - 0.5).map(|x| (network.value(&[x]) - target(x)).abs());
        assert!(error.fold(0.0, f64::max) < 0.1);
    }

    #[test]
    fn networks_that_do_not_fit_together_are_refused() {
        let mut network = Mlp::random(&[3, 4], 1);
        assert_eq!(network.check(), Ok(()));
        network.layers[0].bias[1] = f64::NAN;
        assert_eq!(network.check(), Err(MlpError::NotFinite(0)));
        network.layers.remove(1);
        assert_eq!(network.check(), Err(MlpError::Outputs(4)));
        let torn =
            Mlp { layers: vec![Mlp::random(&[3, 4], 1).layers[0].clone(), Mlp::random(&[5], 1).layers[0].clone()] };
        assert_eq!(torn.check(), Err(MlpError::Layer { layer: 1, expected: 4, found: 5 }));
        assert_eq!(Mlp { layers: vec![] }.check(), Err(MlpError::NoLayer));
        assert!(Mlp::random(&[3, 4], 1).check_inputs("an instance", 3).is_ok());
        let message = Mlp::random(&[3, 4], 1).check_inputs("an instance", 2).unwrap_err().to_string();
        assert_eq!(message, "an instance needs 2 inputs, the network has 3");
    }
}
