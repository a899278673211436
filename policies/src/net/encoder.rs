//! The encoder: attention and feed-forward blocks, each with a residual and an instance norm (Kwon et al., POMO, 2020).

use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation, module::linear};

use super::parameters::{Parameter, Reader};

/// Keeps norms of equal nodes finite, as in PyTorch.
const EPSILON: f32 = 1e-5;

/// From features to embeddings.
#[derive(Module, Debug)]
pub(super) struct Embedding {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

/// Over the nodes of an instance, or over the coordinates of a row.
#[derive(Module, Debug)]
pub(super) struct Norm {
    scale: Param<Tensor<1>>,
    shift: Param<Tensor<1>>,
}

#[derive(Module, Debug)]
pub(super) struct Layer {
    query: Param<Tensor<2>>,
    key: Param<Tensor<2>>,
    value: Param<Tensor<2>>,
    out: Param<Tensor<2>>,
    distance: Option<Param<Tensor<1>>>,
    norm1: Norm,
    ff1: Param<Tensor<2>>,
    ff1_bias: Param<Tensor<1>>,
    ff2: Param<Tensor<2>>,
    norm2: Norm,
}

impl Embedding {
    pub fn read(read: &Reader<'_>, name: &str) -> Self {
        Self { weight: read.matrix(&format!("{name}.weight")), bias: read.vector(&format!("{name}.bias")) }
    }

    pub fn list<'a>(&'a self, list: &mut Vec<Parameter<'a>>) {
        list.extend([Parameter::Matrix(&self.weight), Parameter::Vector(&self.bias)]);
    }

    /// Embeddings of features \[b, nodes, features\].
    pub fn of(&self, features: Tensor<3>) -> Tensor<3> {
        linear(features, self.weight.val(), Some(self.bias.val()))
    }
}

impl Norm {
    pub fn read(read: &Reader<'_>, name: &str) -> Self {
        Self { scale: read.vector(&format!("{name}.scale")), shift: read.vector(&format!("{name}.shift")) }
    }

    pub fn list<'a>(&'a self, list: &mut Vec<Parameter<'a>>) {
        list.extend([Parameter::Vector(&self.scale), Parameter::Vector(&self.shift)]);
    }

    /// `axis`: 1 for the nodes of an instance, 2 for the coordinates of a row.
    pub fn of(&self, x: Tensor<3>, axis: usize) -> Tensor<3> {
        let centred = x.clone() - x.mean_dim(axis);
        let variance = (centred.clone() * centred.clone()).mean_dim(axis);
        centred / (variance + EPSILON).sqrt() * self.scale.val().unsqueeze::<3>() + self.shift.val().unsqueeze::<3>()
    }
}

/// \[b, rows, width\] to \[b, heads, rows, width / heads\].
pub(super) fn split(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [b, rows, width] = x.dims();
    x.reshape([b, rows, heads, width / heads]).swap_dims(1, 2)
}

/// The inverse of `split`.
pub(super) fn join(x: Tensor<4>) -> Tensor<3> {
    let [b, heads, rows, part] = x.dims();
    x.swap_dims(1, 2).reshape([b, rows, heads * part])
}

impl Layer {
    pub fn read(read: &Reader<'_>, prefix: &str) -> Self {
        let matrix = |name: &str| read.matrix(&format!("{prefix}.{name}.weight"));
        Self {
            query: matrix("query"),
            key: matrix("key"),
            value: matrix("value"),
            out: matrix("out"),
            distance: read.vector_if_there(&format!("{prefix}.distance")),
            norm1: Norm::read(read, &format!("{prefix}.norm1")),
            ff1: matrix("ff1"),
            ff1_bias: read.vector(&format!("{prefix}.ff1.bias")),
            ff2: matrix("ff2"),
            norm2: Norm::read(read, &format!("{prefix}.norm2")),
        }
    }

    pub fn list<'a>(&'a self, list: &mut Vec<Parameter<'a>>) {
        list.extend([&self.query, &self.key, &self.value, &self.out].map(Parameter::Matrix));
        list.extend(self.distance.iter().map(Parameter::Vector));
        self.norm1.list(list);
        list.extend([Parameter::Matrix(&self.ff1), Parameter::Vector(&self.ff1_bias), Parameter::Matrix(&self.ff2)]);
        self.norm2.list(list);
    }

    /// The next embeddings \[b, n, width\]; `distances` \[b, n, n\] are scaled by log2(n).
    pub fn of(&self, x: Tensor<3>, distances: Option<&Tensor<3>>, heads: usize) -> Tensor<3> {
        let [b, n, width] = x.dims();
        let [query, key, value] =
            [&self.query, &self.key, &self.value].map(|weight| split(linear(x.clone(), weight.val(), None), heads));
        let mut scores = query.matmul(key.swap_dims(2, 3)) / ((width / heads) as f32).sqrt();
        if let (Some(alpha), Some(distances)) = (&self.distance, distances) {
            scores = scores - alpha.val().reshape([1, heads, 1, 1]) * distances.clone().reshape([b, 1, n, n]);
        }
        let attended = join(activation::softmax(scores, 3).matmul(value));
        let x = self.norm1.of(x + linear(attended, self.out.val(), None), 1);
        let hidden = activation::relu(linear(x.clone(), self.ff1.val(), Some(self.ff1_bias.val())));
        self.norm2.of(x + linear(hidden, self.ff2.val(), None), 1)
    }
}
