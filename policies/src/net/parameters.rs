//! Between weights by name and burn's parameters.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};

use crate::weights::Weights;

/// A parameter of either rank.
pub enum Parameter<'a> {
    /// \[in, out\].
    Matrix(&'a Param<Tensor<2>>),
    /// Of a bias, a norm or a distance bias.
    Vector(&'a Param<Tensor<1>>),
}

/// Gradients by autodiff, one vector per parameter, in the order of the parameters.
pub type Gradients = Vec<Vec<f32>>;

impl Parameter<'_> {
    /// Row-major values.
    pub fn values(&self) -> Vec<f32> {
        match self {
            Self::Matrix(parameter) => values(parameter.val()),
            Self::Vector(parameter) => values(parameter.val()),
        }
    }

    /// Row-major derivatives; zeros where the loss does not depend on the parameter.
    pub fn gradient(&self, gradients: &burn::tensor::Gradients) -> Vec<f32> {
        let found = match self {
            Self::Matrix(parameter) => parameter.val().grad(gradients).map(values),
            Self::Vector(parameter) => parameter.val().grad(gradients).map(values),
        };
        found.unwrap_or_else(|| vec![0.0; self.values().len()])
    }
}

/// The numbers of a tensor, which are 32-bit floats as everything in this network.
pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap_or_default()
}

/// A tensor of numbers that fill `shape`.
pub(super) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Makes parameters of weights that were checked against their architecture.
pub(super) struct Reader<'a> {
    weights: &'a Weights,
    shapes: Vec<(String, Vec<usize>)>,
    device: &'a Device,
}

impl<'a> Reader<'a> {
    pub fn new(weights: &'a Weights, device: &'a Device) -> Self {
        Self { weights, shapes: weights.architecture.tensors(), device }
    }

    fn find(&self, name: &str) -> Option<(&[usize], &[f32])> {
        let slot = self.shapes.iter().position(|(other, _)| other == name)?;
        Some((&self.shapes[slot].1, &self.weights.tensors[slot]))
    }

    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    pub fn matrix(&self, name: &str) -> Param<Tensor<2>> {
        let (shape, values) = self.find(name).expect("only names of the architecture's list are asked for");
        Param::from_tensor(tensor(values.to_vec(), [shape[0], shape[1]], self.device))
    }

    pub fn vector(&self, name: &str) -> Param<Tensor<1>> {
        let (shape, values) = self.find(name).expect("only names of the architecture's list are asked for");
        Param::from_tensor(tensor(values.to_vec(), [shape[0]], self.device))
    }

    pub fn vector_if_there(&self, name: &str) -> Option<Param<Tensor<1>>> {
        self.find(name).map(|_| self.vector(name))
    }

    pub fn matrix_if_there(&self, name: &str) -> Option<Param<Tensor<2>>> {
        self.find(name).map(|_| self.matrix(name))
    }
}
