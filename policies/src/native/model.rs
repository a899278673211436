//! The weights of an attention model, prepared for the kernels.

use thiserror::Error;

use super::kernels::{Block, Level, blocks, flat_mut};
use super::matrix::Matrix;
use super::packed::{Axis, Packed, flush};
use crate::architecture::{Architecture, Task, Tensor};
use crate::weights::{Weights, WeightsError};

/// An attention model that runs and learns on plain slices.
#[derive(Clone, Debug)]
pub struct AttentionModel {
    pub(super) architecture: Architecture,
    pub(super) level: Level,
    pub(super) size: Size,
    pub(super) embed: Embedding,
    pub(super) depot: Option<Embedding>,
    pub(super) layers: Vec<Layer>,
    pub(super) decoder: Decoder,
    pub(super) value: Option<Value>,
    /// The model with the decoders of the other agents.
    others: Vec<AttentionModel>,
}

/// Why a model cannot work on an instance.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Misfit {
    /// It was trained for something else.
    #[error("the model is for {expected:?} instances, this is one of {found:?}")]
    Task {
        /// Of the model.
        expected: Task,
        /// Of the instance.
        found: Task,
    },
    /// Dispatch models have neither lanes to compare nor keys to learn.
    #[error("there is no {0} search with this kind of model")]
    NoSearch(&'static str),
    /// The instance is a matrix of distances.
    #[error("the model needs coordinates, which the instance does not have")]
    NoCoordinates,
    /// The search is for latent vectors.
    #[error("the model takes no latent vectors: `heuron train --algorithm compass` makes one that does")]
    NoLatents,
    /// The search is with a population.
    #[error("the model has a single agent: `heuron train --algorithm poppy` makes a population")]
    OneAgent,
}

/// Sizes in blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Of an embedding.
    pub width: usize,
    pub heads: usize,
    /// Of the part of a query, key or value that belongs to a head.
    pub head: usize,
    /// Of a query, key or value: heads times `head`.
    pub all_heads: usize,
    pub feed_forward: usize,
    /// 1 / sqrt(floats per head).
    pub head_scale: f32,
    /// 1 / sqrt(floats per embedding).
    pub width_scale: f32,
}

impl Size {
    pub fn of(architecture: &Architecture) -> Self {
        let Architecture { width, heads, feed_forward, .. } = *architecture;
        let head = width / heads;
        Self {
            width: blocks(width),
            heads,
            head: blocks(head),
            all_heads: heads * blocks(head),
            feed_forward: blocks(feed_forward),
            head_scale: 1.0 / (head as f32).sqrt(),
            width_scale: 1.0 / (width as f32).sqrt(),
        }
    }
}

/// A matrix of weights, and its number in the list of tensors.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    pub slot: usize,
    pub forward: Packed,
    /// Transposed: pulls gradients back.
    pub backward: Packed,
}

/// A row of weights, and its number in the list of tensors.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub slot: usize,
    pub data: Vec<Block>,
}

/// From features to embeddings.
#[derive(Clone, Debug)]
pub(super) struct Embedding {
    pub slot: usize,
    /// \[features, width\].
    pub weight: Matrix,
    pub bias: Row,
}

#[derive(Clone, Debug)]
pub(super) struct Norm {
    pub scale: Row,
    pub shift: Row,
}

/// See [`super::layer`].
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub level: Level,
    pub size: Size,
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub out: Linear,
    /// Alpha per head.
    pub distance: Option<Row>,
    pub norm1: Norm,
    pub ff1: Linear,
    pub ff1_bias: Row,
    pub ff2: Linear,
    pub norm2: Norm,
}

#[derive(Clone, Debug)]
pub(super) struct Decoder {
    pub first: Option<Linear>,
    pub last: Linear,
    /// \[all heads\].
    pub scalar: Option<Row>,
    pub key: Linear,
    pub value: Linear,
    pub out: Linear,
    pub out_bias: Row,
    /// Alpha in the first lane.
    pub distance: Option<Row>,
    pub latent: Option<Latent>,
    pub feature: Option<FeatureLayer>,
    pub local: Option<LocalPolicy>,
}

/// What latent vectors add to queries and values.
#[derive(Clone, Debug)]
pub(super) struct Latent {
    pub query: Linear,
    pub value: Linear,
}

/// Between attention and pointer.
#[derive(Clone, Debug)]
pub(super) struct FeatureLayer {
    pub norm1: Norm,
    pub ff1: Linear,
    pub ff1_bias: Row,
    pub ff2: Linear,
    pub norm2: Norm,
    pub pointer: Linear,
}

/// A network on the neighbours of the last node.
#[derive(Clone, Debug)]
pub(super) struct LocalPolicy {
    /// Neighbours.
    pub k: usize,
    pub input: Linear,
    pub input_bias: Row,
    pub hidden: Linear,
    pub hidden_bias: Row,
    pub pool: Linear,
    pub out: Row,
}

#[derive(Clone, Debug)]
pub(super) struct Value {
    pub hidden: Linear,
    pub hidden_bias: Row,
    /// \[width\].
    pub out: Row,
    pub bias: Row,
}

/// The padded form of a tensor: rows and columns. Whatever is split among heads begins every head at a whole block.
pub(super) fn axes(architecture: &Architecture, (name, shape): &Tensor) -> (Axis, Axis) {
    let heads = Axis { groups: architecture.heads, size: architecture.width / architecture.heads };
    let part = name.rsplit('.').nth(1).unwrap_or_default();
    match (shape.as_slice(), part) {
        // A single column is kept as a row.
        ([length] | [length, 1], _) => (Axis::plain(1), Axis::plain(*length)),
        ([rows, _], "query" | "key" | "value" | "first" | "last" | "scalar") => (Axis::plain(*rows), heads),
        ([_, columns], "out") => (heads, Axis::plain(*columns)),
        _ => (Axis::plain(shape[0]), Axis::plain(shape[1])),
    }
}

impl AttentionModel {
    /// Prepares weights for the fastest instructions of this CPU.
    pub fn new(weights: &Weights) -> Result<Self, WeightsError> {
        Self::at_level(weights, Level::best())
    }

    /// Takes other weights, perhaps of another architecture.
    pub fn set(&mut self, weights: &Weights) -> Result<(), WeightsError> {
        *self = Self::at_level(weights, self.level)?;
        Ok(())
    }

    /// What the model is.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Number of decoders that share the encoder.
    pub fn agents(&self) -> usize {
        1 + self.others.len()
    }

    /// The model with the decoder of agent `index`; the first is the model itself. Gradients of all agents have the
    /// tensors of the whole. What one agent encodes, another can use once it has taken it over ([`Self::take_over`]).
    pub fn agent(&self, index: usize) -> &Self {
        index.checked_sub(1).map_or(self, |index| &self.others[index])
    }

    pub(super) fn at_level(weights: &Weights, level: Level) -> Result<Self, WeightsError> {
        weights.check()?;
        let architecture = &weights.architecture;
        if architecture.task.is_shop() {
            return Err(WeightsError::Family(architecture.task));
        }
        let read = Reader::new(weights);
        let layer = |layer| read.layer(&format!("layers.{layer}"), level);
        let mut model = Self {
            level,
            size: Size::of(architecture),
            embed: read.embedding("embed"),
            depot: architecture.task.has_depot().then(|| read.embedding("depot")),
            layers: (0..architecture.layers).map(layer).collect(),
            decoder: read.decoder("decoder"),
            value: architecture.value.then(|| Value {
                hidden: read.linear("value.hidden.weight"),
                hidden_bias: read.row("value.hidden.bias"),
                out: read.row("value.out.weight"),
                bias: read.row("value.out.bias"),
            }),
            architecture: architecture.clone(),
            others: Vec::new(),
        };
        let other = |agent| Self { decoder: read.decoder(&format!("agents.{agent}")), ..model.clone() };
        model.others = (1..architecture.agents.unwrap_or(1)).map(other).collect();
        Ok(model)
    }
}

/// Finds tensors by name.
pub(super) struct Reader<'a> {
    weights: &'a Weights,
    list: Vec<Tensor>,
}

impl<'a> Reader<'a> {
    /// Of weights that were checked.
    pub fn new(weights: &'a Weights) -> Self {
        Self { list: weights.architecture.tensors(), weights }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|(other, _)| other == name)
    }

    /// Number and padded axes of a tensor that the architecture has.
    fn slot(&self, name: &str) -> (usize, Axis, Axis) {
        let slot = self.find(name).expect("only names of the architecture's list are asked for");
        let (rows, columns) = axes(&self.weights.architecture, &self.list[slot]);
        (slot, rows, columns)
    }

    pub fn linear(&self, name: &str) -> Linear {
        let (slot, rows, columns) = self.slot(name);
        let values = &self.weights.tensors[slot];
        let (forward, backward) = (Packed::new(values, rows, columns), Packed::transposed(values, rows, columns));
        Linear { slot, forward, backward }
    }

    pub fn row(&self, name: &str) -> Row {
        let (slot, _, columns) = self.slot(name);
        let mut data = vec![Block::default(); columns.blocks()];
        scatter(&self.weights.tensors[slot], columns, flat_mut(&mut data));
        Row { slot, data }
    }

    pub fn norm(&self, name: &str) -> Norm {
        Norm { scale: self.row(&format!("{name}.scale")), shift: self.row(&format!("{name}.shift")) }
    }

    pub fn embedding(&self, name: &str) -> Embedding {
        let (slot, rows, columns) = self.slot(&format!("{name}.weight"));
        let mut weight = Matrix::zeros(rows.floats(), columns.blocks());
        for (row, values) in self.weights.tensors[slot].chunks_exact(columns.floats()).enumerate() {
            scatter(values, columns, flat_mut(weight.row_mut(row)));
        }
        Embedding { slot, weight, bias: self.row(&format!("{name}.bias")) }
    }

    pub fn layer(&self, prefix: &str, level: Level) -> Layer {
        let linear = |name: &str| self.linear(&format!("{prefix}.{name}.weight"));
        let row = |name: &str| self.row(&format!("{prefix}.{name}"));
        let norm = |name: &str| self.norm(&format!("{prefix}.{name}"));
        Layer {
            level,
            size: Size::of(&self.weights.architecture),
            query: linear("query"),
            key: linear("key"),
            value: linear("value"),
            out: linear("out"),
            distance: self.weights.architecture.distance_bias.then(|| row("distance")),
            norm1: norm("norm1"),
            ff1: linear("ff1"),
            ff1_bias: row("ff1.bias"),
            ff2: linear("ff2"),
            norm2: norm("norm2"),
        }
    }

    fn decoder(&self, prefix: &str) -> Decoder {
        let architecture = &self.weights.architecture;
        let linear = |name: &str| self.linear(&format!("{prefix}.{name}.weight"));
        let row = |name: &str| self.row(&format!("{prefix}.{name}"));
        Decoder {
            first: architecture.task.has_first().then(|| linear("first")),
            last: linear("last"),
            scalar: (architecture.task.scalars() > 0).then(|| row("scalar.weight")),
            key: linear("key"),
            value: linear("value"),
            out: linear("out"),
            out_bias: row("out.bias"),
            distance: architecture.distance_bias.then(|| row("distance")),
            latent: architecture
                .latent
                .map(|_| Latent { query: linear("latent.query"), value: linear("latent.value") }),
            feature: architecture.feature_layer.then(|| FeatureLayer {
                norm1: self.norm(&format!("{prefix}.norm1")),
                ff1: linear("ff1"),
                ff1_bias: row("ff1.bias"),
                ff2: linear("ff2"),
                norm2: self.norm(&format!("{prefix}.norm2")),
                pointer: linear("pointer"),
            }),
            // All agents have the same neighbours' network.
            local: architecture.local.map(|k| LocalPolicy {
                k,
                input: self.linear("local.input.weight"),
                input_bias: self.row("local.input.bias"),
                hidden: self.linear("local.hidden.weight"),
                hidden_bias: self.row("local.hidden.bias"),
                pool: self.linear("local.pool.weight"),
                out: self.row("local.out.weight"),
            }),
        }
    }
}

fn scatter(values: &[f32], columns: Axis, to: &mut [f32]) {
    values.iter().enumerate().for_each(|(index, &value)| to[columns.place(index)] = flush(value));
}
