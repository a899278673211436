//! The attention model in burn: the reference that the native kernels and their gradients are checked against, and the
//! way to run the same network on any device that burn knows.
//!
//! All choices of recorded constructions are judged in one pass (teacher forcing), a bounded number at a time.
//! Instances of equally many nodes go together, so that a device that is good at many things at once has many things to
//! do.

mod batch;
mod decoder;
mod encoder;
mod learner;
mod local;
mod model;
mod parameters;
#[cfg(test)]
mod tests;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, activation, module::linear};

use crate::architecture::Architecture;
use crate::features::Learnable;
use crate::native::Misfit;
use crate::weights::{Weights, WeightsError};
use batch::{Choices, Instances, Walk};
use decoder::{Decoder, Tables};
use encoder::{Embedding, Layer};
pub use learner::{Learner, Nowhere};
pub use model::{DeviceModel, Encoding};
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
    /// Neighbours of the local policy.
    local: Option<usize>,
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
    /// Instance, trajectory and choice that the entries belong to \[choices\].
    pub places: Vec<[usize; 3]>,
}

impl AttentionNet {
    /// The module with these weights, on `device`.
    pub fn import(weights: &Weights, device: &Device) -> Result<Self, WeightsError> {
        weights.check()?;
        if weights.architecture.task.is_shop() {
            return Err(WeightsError::Family(weights.architecture.task));
        }
        let Architecture { task, heads, layers, clip, value, local, .. } = weights.architecture;
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
            local,
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

    /// Encodes instances of equally many nodes.
    fn tables(&self, instances: &Instances) -> Tables {
        let embedded = self.encode(instances);
        self.decoder.tables(embedded, instances.distances.clone(), self.heads)
    }

    /// Judges choices.
    fn judge(&self, tables: &Tables, choices: Choices, device: &Device) -> Judgement {
        let mask = choices.queries.mask(device);
        let (scores, glimpse) = self.decoder.score(tables, &choices.queries, mask.clone(), self.heads);
        let rows = choices.rows(device);
        let flat = |x: Tensor<3>| {
            let [b, rows, columns] = x.dims();
            x.reshape([b * rows, columns])
        };
        let logits = flat(scores.tanh() * self.clip + mask).select(0, rows.clone());
        let log_probs = activation::log_softmax(logits, 1);
        Judgement {
            entropies: decoder::entropies(log_probs.clone()),
            log_probs: choices.chosen(log_probs, device),
            values: self.value.as_ref().map(|value| value.of(flat(glimpse).select(0, rows))),
            places: choices.places,
        }
    }

    /// Judges recorded constructions \[instance\]\[trajectory\] of instances of equally many nodes; the first `forced`
    /// actions of each were not chosen. `latents` has a vector per trajectory, or nothing at all. Calls `take` with a
    /// bounded number of choices at a time; between the calls only the encoding is kept.
    pub fn log_probs<P: Learnable>(
        &self,
        problems: &[&P],
        traces: &[Vec<Vec<u32>>],
        latents: &[Vec<Vec<f32>>],
        forced: usize,
        device: &Device,
        mut take: impl FnMut(Judgement),
    ) -> Result<(), Misfit> {
        let instances = Instances::new(problems, self.local, device)?;
        let tables = self.tables(&instances);
        let walk = Walk::new(problems, traces, forced, (&instances, self.local), CHUNK);
        walk.for_each(|mut choices| {
            choices.follow(latents);
            take(self.judge(&tables, choices, device));
        });
        Ok(())
    }

    /// Embeddings \[b, n, width\].
    fn encode(&self, instances: &Instances) -> Tensor<3> {
        let nodes = instances.nodes.clone();
        let mut x = match &self.depot {
            None => self.embed.of(nodes),
            Some(depot) => {
                let [b, n, features] = nodes.dims();
                let first = depot.of(nodes.clone().slice([0..b, 0..1, 0..2]));
                Tensor::cat(vec![first, self.embed.of(nodes.slice([0..b, 1..n, 0..features]))], 1)
            }
        };
        for layer in &self.layers {
            x = layer.of(x, instances.distances.as_ref(), self.heads);
        }
        x
    }
}

impl Value {
    /// Values of glimpses \[choices, width\].
    fn of(&self, glimpse: Tensor<2>) -> Tensor<1> {
        let hidden = activation::relu(linear(glimpse, self.hidden.val(), Some(self.hidden_bias.val())));
        let [choices, _] = hidden.dims();
        linear(hidden, self.out.val(), Some(self.out_bias.val())).reshape([choices])
    }
}
