//! The attention model in burn: the reference that the native kernels and their gradients are checked against, and the
//! way to run the same network on any device that burn knows.
//!
//! All choices of recorded constructions are judged in one pass (teacher forcing), a bounded number at a time.

mod batch;
mod decoder;
mod encoder;
mod parameters;
#[cfg(test)]
mod tests;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::architecture::Architecture;
use crate::features::Learnable;
use crate::native::Misfit;
use crate::weights::{Weights, WeightsError};
use batch::{Instance, Queries};
use decoder::Decoder;
use encoder::{Embedding, Layer};
use parameters::Reader;
pub use parameters::{Gradients, Parameter};

/// Choices times nodes that are judged together: 16 MB per head and tensor.
const CHUNK: usize = 1 << 22;

/// An attention model as a burn module. See [`Architecture`] for names and shapes.
#[derive(Module, Debug)]
pub struct AttentionNet {
    embed: Embedding,
    depot: Option<Embedding>,
    layers: Vec<Layer>,
    decoder: Decoder,
    value: Option<Value>,
    heads: usize,
    clip: f32,
}

/// The value head: two layers on the glimpse.
#[derive(Module, Debug)]
struct Value {
    hidden: Param<Tensor<2>>,
    hidden_bias: Param<Tensor<1>>,
    out: Param<Tensor<2>>,
    out_bias: Param<Tensor<1>>,
}

/// What the model says of some choices \[choices\].
pub struct Judgement {
    /// Log-probabilities of what was chosen.
    pub log_probs: Tensor<1>,
    /// Entropies in nats.
    pub entropies: Tensor<1>,
    /// Values; none without a value head.
    pub values: Option<Tensor<1>>,
    /// Trajectory and choice that the entries belong to \[choices\].
    pub places: Vec<[usize; 2]>,
}

impl AttentionNet {
    /// The module with these weights, on `device`.
    pub fn import(weights: &Weights, device: &Device) -> Result<Self, WeightsError> {
        weights.check()?;
        let Architecture { task, heads, layers, clip, value, .. } = weights.architecture;
        let read = Reader::new(weights, device);
        Ok(Self {
            embed: Embedding::read(&read, "embed"),
            depot: task.has_depot().then(|| Embedding::read(&read, "depot")),
            layers: (0..layers).map(|layer| Layer::read(&read, &format!("layers.{layer}"))).collect(),
            decoder: Decoder::read(&read),
            value: value.then(|| Value {
                hidden: read.matrix("value.hidden.weight"),
                hidden_bias: read.vector("value.hidden.bias"),
                out: read.matrix("value.out.weight"),
                out_bias: read.vector("value.out.bias"),
            }),
            heads,
            clip,
        })
    }

    /// All parameters in the order of [`Architecture::tensors`].
    pub fn parameters(&self) -> Vec<Parameter<'_>> {
        let mut list = Vec::new();
        self.embed.list(&mut list);
        self.depot.iter().for_each(|depot| depot.list(&mut list));
        self.layers.iter().for_each(|layer| layer.list(&mut list));
        self.decoder.list(&mut list);
        if let Some(Value { hidden, hidden_bias, out, out_bias }) = &self.value {
            list.extend([Parameter::Matrix(hidden), Parameter::Vector(hidden_bias)]);
            list.extend([Parameter::Matrix(out), Parameter::Vector(out_bias)]);
        }
        list
    }

    /// The weights, for files and for the native kernels.
    pub fn export(&self, architecture: Architecture) -> Weights {
        let tensors = self.parameters().iter().map(Parameter::values).collect();
        Weights { architecture, notes: Default::default(), tensors }
    }

    /// Judges recorded constructions of an instance; the first `forced` actions of each were not chosen. `latents` has a
    /// vector per trace, or none at all. Calls `take` with the choices in order, a bounded number at a time; between the
    /// calls only the encoding is kept.
    pub fn log_probs<P: Learnable>(
        &self,
        problem: &P,
        traces: &[Vec<u32>],
        latents: &[Vec<f32>],
        forced: usize,
        device: &Device,
        mut take: impl FnMut(Judgement),
    ) -> Result<(), Misfit> {
        let instance = Instance::new(problem, device)?;
        let embedded = self.encode(&instance);
        let tables = self.decoder.tables(embedded, self.heads);
        for mut queries in Queries::all(problem, traces, forced, (CHUNK / problem.width().max(1)).max(1)) {
            queries.follow(latents);
            let (log_probs, glimpse) = self.decoder.score(&tables, &instance, &queries, self.heads, self.clip, device);
            let values = self.value.as_ref().map(|value| value.of(glimpse));
            take(Judgement {
                entropies: decoder::entropies(log_probs.clone()),
                log_probs: queries.chosen(log_probs, device),
                values,
                places: queries.places,
            });
        }
        Ok(())
    }

    /// Embeddings \[n, width\].
    fn encode(&self, instance: &Instance) -> Tensor<2> {
        let nodes = instance.nodes.clone();
        let mut x = match &self.depot {
            None => self.embed.of(nodes),
            Some(depot) => {
                let [n, features] = nodes.dims();
                let first = depot.of(nodes.clone().slice([0..1, 0..2]));
                Tensor::cat(vec![first, self.embed.of(nodes.slice([1..n, 0..features]))], 0)
            }
        };
        for layer in &self.layers {
            x = layer.of(x, instance.distances.as_ref(), self.heads);
        }
        x
    }
}

impl Value {
    /// Values of glimpses \[choices, width\].
    fn of(&self, glimpse: Tensor<2>) -> Tensor<1> {
        use burn::tensor::{activation::relu, module::linear};
        let hidden = relu(linear(glimpse, self.hidden.val(), Some(self.hidden_bias.val())));
        let [choices, _] = hidden.dims();
        linear(hidden, self.out.val(), Some(self.out_bias.val())).reshape([choices])
    }
}
