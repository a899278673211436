//! The decoder: one masked attention over the allowed nodes, then a pointer to raw embeddings (Kwon et al., POMO,
//! 2020).

use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation, module::linear};

use super::batch::{Queries, with_none};
use super::encoder::{Norm, join, split};
use super::local::LocalPolicy;
use super::parameters::{Parameter, Reader};

/// Added to scores of actions that are not allowed: no probability is left in 32 bits.
pub(super) const NEVER: f32 = -1e9;

#[derive(Module, Debug)]
pub(super) struct Decoder {
    first: Option<Param<Tensor<2>>>,
    last: Param<Tensor<2>>,
    scalar: Option<Param<Tensor<2>>>,
    key: Param<Tensor<2>>,
    value: Param<Tensor<2>>,
    out: Param<Tensor<2>>,
    out_bias: Param<Tensor<1>>,
    distance: Option<Param<Tensor<1>>>,
    /// What latent vectors add to queries and values \[length, width\].
    latent_query: Option<Param<Tensor<2>>>,
    latent_value: Option<Param<Tensor<2>>>,
    feature: Option<FeatureLayer>,
    local: Option<LocalPolicy>,
}

/// Between attention and pointer (Pan et al., preference optimization, 2025).
#[derive(Module, Debug)]
struct FeatureLayer {
    norm1: Norm,
    ff1: Param<Tensor<2>>,
    ff1_bias: Param<Tensor<1>>,
    ff2: Param<Tensor<2>>,
    norm2: Norm,
    pointer: Param<Tensor<2>>,
}

/// What the decoder computes once per instance. b: instances, n: nodes.
#[derive(Clone)]
pub(super) struct Tables {
    /// \[b, n, width\].
    embedded: Tensor<3>,
    /// Projections of first and last node, with a last row of zeros for "no node" \[b, n + 1, width\].
    first: Option<Tensor<3>>,
    last: Tensor<3>,
    /// \[b, heads, width / heads, n\].
    keys: Tensor<4>,
    /// \[b, heads, n, width / heads\].
    values: Tensor<4>,
    /// log2(n) times the distance \[b, n + 1, n\]; only with a distance bias.
    distances: Option<Tensor<3>>,
    /// Embeddings with a last row of zeros \[b, n + 1, width\], and what the pointer compares with \[b, n, width\];
    /// only with a feature layer.
    refined: Option<[Tensor<3>; 2]>,
}

impl Decoder {
    pub fn read(read: &Reader<'_>) -> Self {
        Self {
            first: read.matrix_if_there("decoder.first.weight"),
            last: read.matrix("decoder.last.weight"),
            scalar: read.matrix_if_there("decoder.scalar.weight"),
            key: read.matrix("decoder.key.weight"),
            value: read.matrix("decoder.value.weight"),
            out: read.matrix("decoder.out.weight"),
            out_bias: read.vector("decoder.out.bias"),
            distance: read.vector_if_there("decoder.distance"),
            latent_query: read.matrix_if_there("decoder.latent.query.weight"),
            latent_value: read.matrix_if_there("decoder.latent.value.weight"),
            feature: read.has("decoder.pointer.weight").then(|| FeatureLayer {
                norm1: Norm::read(read, "decoder.norm1"),
                ff1: read.matrix("decoder.ff1.weight"),
                ff1_bias: read.vector("decoder.ff1.bias"),
                ff2: read.matrix("decoder.ff2.weight"),
                norm2: Norm::read(read, "decoder.norm2"),
                pointer: read.matrix("decoder.pointer.weight"),
            }),
            local: read.has("local.out.weight").then(|| LocalPolicy::read(read)),
        }
    }

    pub fn list<'a>(&'a self, list: &mut Vec<Parameter<'a>>) {
        list.extend(self.first.iter().map(Parameter::Matrix));
        list.push(Parameter::Matrix(&self.last));
        list.extend(self.scalar.iter().map(Parameter::Matrix));
        list.extend([&self.key, &self.value, &self.out].map(Parameter::Matrix));
        list.push(Parameter::Vector(&self.out_bias));
        list.extend(self.distance.iter().map(Parameter::Vector));
        if let Some(FeatureLayer { norm1, ff1, ff1_bias, ff2, norm2, pointer }) = &self.feature {
            norm1.list(list);
            list.extend([Parameter::Matrix(ff1), Parameter::Vector(ff1_bias), Parameter::Matrix(ff2)]);
            norm2.list(list);
            list.push(Parameter::Matrix(pointer));
        }
        list.extend([&self.latent_query, &self.latent_value].into_iter().flatten().map(Parameter::Matrix));
        self.local.iter().for_each(|local| local.list(list));
    }

    pub fn tables(&self, embedded: Tensor<3>, distances: Option<Tensor<3>>, heads: usize) -> Tables {
        let project = |weight: &Param<Tensor<2>>| linear(embedded.clone(), weight.val(), None);
        Tables {
            first: self.first.as_ref().map(|weight| with_none(project(weight))),
            last: with_none(project(&self.last)),
            keys: split(project(&self.key), heads).swap_dims(2, 3),
            values: split(project(&self.value), heads),
            distances: distances.filter(|_| self.distance.is_some()).map(with_none),
            refined: self.feature.as_ref().map(|layer| [with_none(embedded.clone()), project(&layer.pointer)]),
            embedded,
        }
    }

    /// Pointer scores \[b, rows, n\], and glimpses \[b, rows, width\]; the logits are clip tanh(score).
    pub fn score(&self, tables: &Tables, queries: &Queries, mask: Tensor<3>, heads: usize) -> (Tensor<3>, Tensor<3>) {
        let [_, _, width] = tables.embedded.dims();
        let mut query = queries.pick(&tables.last, &queries.last);
        if let Some(first) = &tables.first {
            query = query + queries.pick(first, &queries.first);
        }
        if let Some(scalar) = &self.scalar {
            query = query + linear(queries.left(&mask.device()), scalar.val(), None);
        }
        let latents = queries.latents(&mask.device());
        if let (Some(weight), Some(latents)) = (&self.latent_query, &latents) {
            query = query + linear(latents.clone(), weight.val(), None);
        }
        let scores = split(query, heads).matmul(tables.keys.clone()) / ((width / heads) as f32).sqrt();
        let attention = activation::softmax(scores + mask.unsqueeze_dim::<4>(1), 3);
        let mut result = join(attention.matmul(tables.values.clone()));
        if let (Some(weight), Some(latents)) = (&self.latent_value, latents) {
            // The same for all values, whose weights sum to 1.
            result = result + linear(latents, weight.val(), None);
        }
        let glimpse = linear(result, self.out.val(), Some(self.out_bias.val()));
        let (point, keys) = match (&self.feature, &tables.refined) {
            (Some(layer), Some([embedded, keys])) => {
                (layer.of(queries.pick(embedded, &queries.last) + glimpse.clone()), keys.clone())
            }
            _ => (glimpse.clone(), tables.embedded.clone()),
        };
        let mut pointer = point.matmul(keys.swap_dims(1, 2)) / (width as f32).sqrt();
        if let (Some(alpha), Some(distances)) = (&self.distance, &tables.distances) {
            pointer = pointer - alpha.val().reshape([1, 1, 1]) * queries.pick(distances, &queries.last);
        }
        if let (Some(policy), Some(surroundings)) = (&self.local, &queries.local) {
            pointer = pointer.clone() + policy.of(surroundings, pointer.dims(), &pointer.device());
        }
        (pointer, glimpse)
    }
}

impl FeatureLayer {
    /// \[b, rows, width\].
    fn of(&self, x: Tensor<3>) -> Tensor<3> {
        let x = self.norm1.of(x, 2);
        let hidden = activation::relu(linear(x.clone(), self.ff1.val(), Some(self.ff1_bias.val())));
        self.norm2.of(x + linear(hidden, self.ff2.val(), None), 2)
    }
}

/// Entropies of rows of log-probabilities \[choices, n\].
pub(super) fn entropies(log_probs: Tensor<2>) -> Tensor<1> {
    let [choices, _] = log_probs.dims();
    // Where nothing is left of a probability, exp is 0 and the logarithm finite.
    (log_probs.clone().exp() * log_probs).sum_dim(1).reshape([choices]).neg()
}
