//! The weights of a dispatch model, prepared for the kernels.

use super::mixer::Mixer;
use crate::architecture::{Architecture, SIDES, mixed_layer};
use crate::native::kernels::{Level, blocks};
use crate::native::model::{self, Embedding, Linear, Norm, Reader, Row};
use crate::weights::{Weights, WeightsError};

/// A dispatch model that runs and learns on plain slices.
#[derive(Clone, Debug)]
pub struct DispatchModel {
    pub(super) architecture: Architecture,
    pub(super) level: Level,
    /// Blocks of an embedding, of the decoder's hidden units, of the numbers of a choice.
    pub(super) width: usize,
    pub(super) hidden: usize,
    pub(super) choice: usize,
    pub(super) embed: Embedding,
    /// None with mixed scores.
    pub(super) layers: Vec<Layer>,
    /// Layers of every encoder of mixed-score attention.
    pub(super) encoders: Vec<Vec<[Half; 2]>>,
    pub(super) decoder: Decoder,
    /// The model with the decoders of the other agents.
    others: Vec<Self>,
}

#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub own: Linear,
    /// In the order of the relations of a floor.
    pub relations: [Linear; 4],
    pub bias: Row,
    pub mix: Linear,
    pub norm: Norm,
}

/// Attention of the jobs of a stage to its machines, or of the machines to the jobs.
#[derive(Clone, Debug)]
pub(super) struct Half {
    pub layer: model::Layer,
    pub mixer: Mixer,
}

#[derive(Clone, Debug)]
pub(super) struct Decoder {
    pub choice: Linear,
    pub choice_bias: Row,
    pub node: Linear,
    pub field: Linear,
    pub hidden: Linear,
    pub hidden_bias: Row,
    pub rivals: Linear,
    pub logit: Row,
    pub latent: Option<Linear>,
}

impl DispatchModel {
    /// Prepares weights for the fastest instructions of this CPU.
    pub fn new(weights: &Weights) -> Result<Self, WeightsError> {
        Self::at_level(weights, Level::best())
    }

    pub(super) fn at_level(weights: &Weights, level: Level) -> Result<Self, WeightsError> {
        weights.check()?;
        let architecture = &weights.architecture;
        if !architecture.task.is_shop() {
            return Err(WeightsError::Family(architecture.task));
        }
        let read = Reader::new(weights);
        let layer = |layer: usize| {
            let linear = |name: &str| read.linear(&format!("layers.{layer}.{name}.weight"));
            Layer {
                own: linear("own"),
                relations: ["job", "machine", "before", "after"].map(linear),
                bias: read.row(&format!("layers.{layer}.own.bias")),
                mix: linear("mix"),
                norm: read.norm(&format!("layers.{layer}.norm")),
            }
        };
        let half = |stage: usize, layer: usize, side: &str| Half {
            layer: read.layer(&mixed_layer(stage, layer, side), level),
            mixer: Mixer::read(&read, &mixed_layer(stage, layer, side)),
        };
        let encoder =
            |stage| (0..architecture.layers).map(|layer| SIDES.map(|side| half(stage, layer, side))).collect();
        let layers = if architecture.mixed_score.is_some() { 0 } else { architecture.layers };
        let decoder = |name: &str| Decoder {
            choice: read.linear(&format!("{name}.choice.weight")),
            choice_bias: read.row(&format!("{name}.choice.bias")),
            node: read.linear(&format!("{name}.node.weight")),
            field: read.linear(&format!("{name}.field.weight")),
            hidden: read.linear(&format!("{name}.hidden.weight")),
            hidden_bias: read.row(&format!("{name}.hidden.bias")),
            rivals: read.linear(&format!("{name}.rivals.weight")),
            logit: read.row(&format!("{name}.logit.weight")),
            latent: architecture.latent.map(|_| read.linear(&format!("{name}.latent.weight"))),
        };
        let mut model = Self {
            level,
            width: blocks(architecture.width),
            hidden: blocks(architecture.feed_forward),
            choice: blocks(architecture.task.scalars()),
            embed: read.embedding("embed"),
            layers: (0..layers).map(layer).collect(),
            encoders: (0..architecture.mixed_score.unwrap_or(0)).map(encoder).collect(),
            decoder: decoder("decoder"),
            architecture: architecture.clone(),
            others: Vec::new(),
        };
        let other = |agent| Self { decoder: decoder(&format!("agents.{agent}")), ..model.clone() };
        model.others = (1..architecture.agents.unwrap_or(1)).map(other).collect();
        Ok(model)
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

    /// What the model is.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }
}
