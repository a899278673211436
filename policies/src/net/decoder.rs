//! The decoder: one masked attention over the allowed nodes, then a pointer to raw embeddings (Kwon et al., POMO, 2020).

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData, activation, module::linear};

use super::batch::{Instance, Queries};
use super::encoder::{join, split};
use super::parameters::{Parameter, Reader, tensor};

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
}

/// What the decoder computes once per instance. n: nodes.
pub(super) struct Tables {
    embedded: Tensor<2>,
    /// Projections of first and last node, with a last row of zeros for "no node" \[n + 1, width\].
    first: Option<Tensor<2>>,
    last: Tensor<2>,
    /// \[heads, width / heads, n\].
    keys: Tensor<3>,
    /// \[heads, n, width / heads\].
    values: Tensor<3>,
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
        }
    }

    pub fn list<'a>(&'a self, list: &mut Vec<Parameter<'a>>) {
        list.extend(self.first.iter().map(Parameter::Matrix));
        list.push(Parameter::Matrix(&self.last));
        list.extend(self.scalar.iter().map(Parameter::Matrix));
        list.extend([&self.key, &self.value, &self.out].map(Parameter::Matrix));
        list.push(Parameter::Vector(&self.out_bias));
        list.extend(self.distance.iter().map(Parameter::Vector));
        list.extend([&self.latent_query, &self.latent_value].into_iter().flatten().map(Parameter::Matrix));
    }

    pub fn tables(&self, embedded: Tensor<2>, heads: usize) -> Tables {
        let project = |weight: &Param<Tensor<2>>| linear(embedded.clone(), weight.val(), None);
        let with_none = |table: Tensor<2>| {
            let none = Tensor::zeros([1, table.dims()[1]], &table.device());
            Tensor::cat(vec![table, none], 0)
        };
        Tables {
            first: self.first.as_ref().map(|weight| with_none(project(weight))),
            last: with_none(project(&self.last)),
            keys: split(project(&self.key), heads).swap_dims(1, 2),
            values: split(project(&self.value), heads),
            embedded,
        }
    }

    /// Log-probabilities of all actions \[choices, n\], and glimpses \[choices, width\].
    pub fn score(
        &self,
        tables: &Tables,
        instance: &Instance,
        queries: &Queries,
        heads: usize,
        clip: f32,
        device: &Device,
    ) -> (Tensor<2>, Tensor<2>) {
        let (choices, [n, width]) = (queries.len(), tables.embedded.dims());
        let rows = |nodes: &[i32]| Tensor::<1, Int>::from_data(TensorData::new(nodes.to_vec(), [choices]), device);
        let mut query = tables.last.clone().select(0, rows(&queries.last));
        if let Some(first) = &tables.first {
            query = query + first.clone().select(0, rows(&queries.first));
        }
        if let Some(scalar) = &self.scalar {
            query = query + tensor(queries.left.clone(), [choices, 1], device).matmul(scalar.val());
        }
        let latents = queries.latents(device);
        if let (Some(weight), Some(latents)) = (&self.latent_query, &latents) {
            query = query + latents.clone().matmul(weight.val());
        }
        let mask = tensor(queries.mask.clone(), [choices, n], device);
        let scores = split(query, heads).matmul(tables.keys.clone()) / ((width / heads) as f32).sqrt();
        let attention = activation::softmax(scores + mask.clone().unsqueeze::<3>(), 2);
        let mut result = join(attention.matmul(tables.values.clone()));
        if let (Some(weight), Some(latents)) = (&self.latent_value, latents) {
            // The same for all values, whose weights sum to 1.
            result = result + latents.matmul(weight.val());
        }
        let glimpse = linear(result, self.out.val(), Some(self.out_bias.val()));
        let mut pointer = glimpse.clone().matmul(tables.embedded.clone().transpose()) / (width as f32).sqrt();
        if let (Some(alpha), Some(distances)) = (&self.distance, &instance.distances) {
            let none = Tensor::zeros([1, n], device);
            let from_last = Tensor::cat(vec![distances.clone(), none], 0).select(0, rows(&queries.last));
            pointer = pointer - alpha.val().reshape([1, 1]) * from_last;
        }
        (activation::log_softmax(pointer.tanh() * clip + mask, 1), glimpse)
    }
}

/// Entropies of rows of log-probabilities \[choices, n\].
pub(super) fn entropies(log_probs: Tensor<2>) -> Tensor<1> {
    let [choices, _] = log_probs.dims();
    // Where nothing is left of a probability, exp is 0 and the logarithm finite.
    (log_probs.clone().exp() * log_probs).sum_dim(1).reshape([choices]).neg()
}
