//! The shape of an attention model: what the network is made of, and the one list of its tensors.
//!
//! W. Kool, H. van Hoof, M. Welling, "Attention, learn to solve routing problems!", ICLR 2019, section 3, as changed by
//! Y.-D. Kwon et al., "POMO: policy optimization with multiple optima", NeurIPS 2020: instance norm in the encoder, the
//! pointer compares with raw embeddings. The distance bias is that of C. Zhou et al., "Instance-conditioned adaptation
//! for large-scale generalization of neural combinatorial optimization", 2024. The feature layer is that of M. Pan et
//! al., "Preference optimization for combinatorial optimization problems", ICML 2025; the local policy is after C. Gao
//! et al., "Towards generalizable neural solvers for vehicle routing problems via ensemble with transferrable local
//! policy", IJCAI
//! 2024. Mixed scores are those of Y.-D. Kwon et al., "Matrix encoding networks for neural combinatorial optimization",
//! NeurIPS 2021.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::features::{ffsp, jssp, local};

/// What a model constructs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Task {
    /// Tours; nodes are x, y.
    Tsp,
    /// Routes; nodes are x, y, demand / capacity.
    Cvrp,
    /// Packings; items are weight and profit, scaled.
    Knapsack,
    /// Job shop schedules; nodes are operations.
    Jssp,
    /// Flexible flow shop plans; nodes are jobs on machines.
    Ffsp,
}

impl Task {
    /// Name of the problem, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Task::Tsp => "tsp",
            Task::Cvrp => "cvrp",
            Task::Knapsack => "knapsack",
            Task::Jssp => "jssp",
            Task::Ffsp => "ffsp",
        }
    }

    /// Numbers that describe a node.
    pub fn features(self) -> usize {
        match self {
            Task::Tsp | Task::Knapsack => 2,
            Task::Cvrp => 3,
            Task::Jssp => jssp::OPERATION,
            Task::Ffsp => ffsp::NODE,
        }
    }

    /// Numbers that describe a partial solution beside its first and last node; of a shop, a choice.
    pub fn scalars(self) -> usize {
        match self {
            Task::Tsp => 0,
            Task::Cvrp | Task::Knapsack => 1,
            Task::Jssp => jssp::CHOICE,
            Task::Ffsp => ffsp::CHOICE,
        }
    }

    /// Whether it is scheduling: models are those of [`crate::native::DispatchModel`].
    pub fn is_shop(self) -> bool {
        matches!(self, Task::Jssp | Task::Ffsp)
    }

    /// Whether nodes have coordinates.
    pub fn has_points(self) -> bool {
        matches!(self, Task::Tsp | Task::Cvrp)
    }

    /// Whether the first node is part of the context of every later choice.
    pub fn has_first(self) -> bool {
        self == Task::Tsp
    }

    /// Whether node 0 is a depot, embedded by weights of its own from x and y.
    pub fn has_depot(self) -> bool {
        self == Task::Cvrp
    }
}

/// Sizes and options of an attention model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// What is constructed.
    pub task: Task,
    /// Numbers per embedded node (d), a multiple of `heads`. POMO: 128.
    pub width: usize,
    /// Attention heads of encoder and decoder. POMO: 8. Dispatch models have none: 1.
    pub heads: usize,
    /// Encoder layers. POMO: 6.
    pub layers: usize,
    /// Hidden units of the feed-forward blocks; of a dispatch model, of its decoder. POMO: 512.
    pub feed_forward: usize,
    /// Logits lie within plus and minus this; those of dispatch models are free. POMO: 10; preference optimisation and
    /// ICAM: 50.
    pub clip: f32,
    /// Adds -alpha log2(n) distance to every attention score, alpha learned per head and layer, and once to the logits
    /// inside the tanh (ICAM). Nodes need coordinates.
    pub distance_bias: bool,
    /// A residual, a norm, a feed-forward block and another norm between attention and pointer, as in the code of
    /// preference optimisation, but with layer norms: a norm over the choices would make probabilities depend on
    /// company.
    #[serde(default, skip_serializing_if = "is_default")]
    pub feature_layer: bool,
    /// A small network on the geometry of so many nearest allowed nodes adds to their logits inside the tanh (ELG).
    /// Nodes need coordinates.
    #[serde(default, skip_serializing_if = "is_default")]
    pub local: Option<usize>,
    /// Mixed-score attention between the jobs and the machines of a stage in the place of means (MatNet), with so many
    /// encoders: stages share them evenly, in order. Flow shops only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mixed_score: Option<usize>,
    /// An estimate of the final cost from the glimpse, for actor-critic training.
    pub value: bool,
    /// Numbers of a latent vector that the decoder follows (COMPASS: 16); none: it takes no such vector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latent: Option<usize>,
    /// Decoders that share the encoder (Poppy: 4 to 32); none: one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agents: Option<usize>,
}

/// Files of models without an option do not mention it.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Hidden units of the local policy: one vector register.
pub(crate) const LOCAL_WIDTH: usize = 16;

/// Most neighbours of the local policy.
const MAX_LOCAL: usize = 1_000;

/// Limits keep a damaged or hostile header from asking for absurd sizes.
const MAX_WIDTH: usize = 4_096;
const MAX_LAYERS: usize = 64;
const MAX_FEED_FORWARD: usize = 16_384;
const MAX_LATENT: usize = 1_024;
const MAX_AGENTS: usize = 256;
const MAX_STAGES: usize = 64;

/// Hidden units that mix a score with a processing time, per head (MatNet): one vector register.
pub(crate) const MIXER_WIDTH: usize = 16;

/// A field of an [`Architecture`] that cannot be.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum ArchitectureError {
    /// A size out of bounds.
    #[error("{field} must be from 1 to {limit}, found {found}")]
    Size {
        /// Name of the field.
        field: &'static str,
        /// The largest size.
        limit: usize,
        /// The size asked for.
        found: usize,
    },
    /// Heads of unequal width.
    #[error("width must be a multiple of heads, found {width} and {heads}")]
    Heads {
        /// As given.
        width: usize,
        /// As given.
        heads: usize,
    },
    /// The logits' bound is no positive number.
    #[error("clip must be above 0 and at most 1000, found {0}")]
    Clip(f32),
    /// The nodes have no distances.
    #[error("{field} needs nodes with coordinates, which those of {} have not", task.name())]
    NoDistances {
        /// Name of the field.
        field: &'static str,
        /// What is constructed.
        task: Task,
    },
    /// The network of the problem is of another kind.
    #[error("models of {} have no {option}", task.name())]
    NoOption {
        /// What was asked for, and which algorithm asks for it.
        option: &'static str,
        /// What is constructed.
        task: Task,
    },
}

/// Name and shape of a tensor.
pub type Tensor = (String, Vec<usize>);

impl Architecture {
    /// A model without options, its logits clipped at 10.
    pub fn new(task: Task, width: usize, heads: usize, layers: usize, feed_forward: usize) -> Self {
        Self {
            task,
            width,
            heads,
            layers,
            feed_forward,
            clip: 10.0,
            distance_bias: false,
            feature_layer: false,
            local: None,
            mixed_score: None,
            value: false,
            latent: None,
            agents: None,
        }
    }

    /// Checks all fields and names the first bad one.
    pub fn check(&self) -> Result<(), ArchitectureError> {
        let sizes = [
            ("width", MAX_WIDTH, self.width),
            ("heads", MAX_WIDTH, self.heads),
            ("layers", MAX_LAYERS, self.layers),
            ("feed_forward", MAX_FEED_FORWARD, self.feed_forward),
            ("latent", MAX_LATENT, self.latent.unwrap_or(1)),
            ("agents", MAX_AGENTS, self.agents.unwrap_or(1)),
            ("mixed_score", MAX_STAGES, self.mixed_score.unwrap_or(1)),
        ];
        for (field, limit, found) in sizes {
            if !(1..=limit).contains(&found) {
                return Err(ArchitectureError::Size { field, limit, found });
            }
        }
        if !self.width.is_multiple_of(self.heads) {
            return Err(ArchitectureError::Heads { width: self.width, heads: self.heads });
        }
        // Not `clip <= 0`: that would let NaN pass.
        if !(self.clip > 0.0 && self.clip <= 1000.0) {
            return Err(ArchitectureError::Clip(self.clip));
        }
        if let Some(found) = self.local.filter(|k| !(1..=MAX_LOCAL).contains(k)) {
            return Err(ArchitectureError::Size { field: "local", limit: MAX_LOCAL, found });
        }
        let (task, no_points) = (self.task, !self.task.has_points());
        let unfit = [("distance_bias", self.distance_bias), ("local", self.local.is_some())];
        if let Some((field, _)) = unfit.into_iter().find(|(_, asked)| *asked && no_points) {
            return Err(ArchitectureError::NoDistances { field, task });
        }
        if self.mixed_score.is_some() && task != Task::Ffsp {
            return Err(ArchitectureError::NoOption { option: "mixed-score attention", task });
        }
        let options = [("feature_layer", self.feature_layer), ("value estimate (ppo)", self.value)];
        match options.into_iter().find(|(_, asked)| *asked && task.is_shop()) {
            Some((option, _)) => Err(ArchitectureError::NoOption { option, task }),
            None => Ok(()),
        }
    }

    /// Numbers in each tensor, in the same order.
    pub fn sizes(&self) -> impl Iterator<Item = usize> {
        self.tensors().into_iter().map(|(_, shape)| shape.iter().product())
    }

    /// Names and shapes of all tensors, in the order in which weights and gradients hold them. Matrices are
    /// \[in, out\], row-major: y = x W + b.
    pub fn tensors(&self) -> Vec<Tensor> {
        if self.task.is_shop() {
            return self.dispatch_tensors();
        }
        let d = self.width;
        let mut list = Vec::new();
        let mut add = |name: &str, shape: &[usize]| list.push((name.to_string(), shape.to_vec()));
        add("embed.weight", &[self.task.features(), d]);
        add("embed.bias", &[d]);
        if self.task.has_depot() {
            add("depot.weight", &[2, d]);
            add("depot.bias", &[d]);
        }
        for layer in 0..self.layers {
            self.layer(|name, shape| add(&format!("layers.{layer}.{name}"), shape));
        }
        self.decoder(|name, shape| add(&format!("decoder.{name}"), shape));
        if self.local.is_some() {
            let h = LOCAL_WIDTH;
            add("local.input.weight", &[local::NUMBERS, h]);
            add("local.input.bias", &[h]);
            add("local.hidden.weight", &[h, h]);
            add("local.hidden.bias", &[h]);
            add("local.pool.weight", &[h, h]);
            add("local.out.weight", &[h, 1]);
        }
        if self.value {
            add("value.hidden.weight", &[d, d]);
            add("value.hidden.bias", &[d]);
            add("value.out.weight", &[d, 1]);
            add("value.out.bias", &[1]);
        }
        // The first agent is the decoder itself.
        for agent in 1..self.agents.unwrap_or(1) {
            self.decoder(|name, shape| add(&format!("agents.{agent}.{name}"), shape));
        }
        list
    }

    /// Names and shapes of the tensors of an attention layer.
    fn layer(&self, mut add: impl FnMut(&str, &[usize])) {
        let d = self.width;
        // No biases before a norm over the nodes: it takes constants away.
        for name in ["query", "key", "value", "out"] {
            add(&format!("{name}.weight"), &[d, d]);
        }
        if self.distance_bias {
            add("distance", &[self.heads]);
        }
        self.feed_forward(add);
    }

    /// Names and shapes of the tensors of a feed-forward block and the norms around it.
    fn feed_forward(&self, mut add: impl FnMut(&str, &[usize])) {
        let (d, ff) = (self.width, self.feed_forward);
        add("norm1.scale", &[d]);
        add("norm1.shift", &[d]);
        add("ff1.weight", &[d, ff]);
        add("ff1.bias", &[ff]);
        add("ff2.weight", &[ff, d]);
        add("norm2.scale", &[d]);
        add("norm2.shift", &[d]);
    }

    /// Names and shapes of a decoder's tensors.
    fn decoder(&self, mut add: impl FnMut(&str, &[usize])) {
        let d = self.width;
        if self.task.has_first() {
            add("first.weight", &[d, d]);
        }
        add("last.weight", &[d, d]);
        if self.task.scalars() > 0 {
            add("scalar.weight", &[self.task.scalars(), d]);
        }
        for name in ["key", "value", "out"] {
            add(&format!("{name}.weight"), &[d, d]);
        }
        add("out.bias", &[d]);
        if self.distance_bias {
            add("distance", &[1]);
        }
        if self.feature_layer {
            self.feed_forward(&mut add);
            add("pointer.weight", &[d, d]);
        }
        // To queries and values. To keys it would add the same to all scores, which changes nothing.
        for name in self.latent.iter().flat_map(|_| ["query", "value"]) {
            add(&format!("latent.{name}.weight"), &[self.latent.unwrap_or_default(), d]);
        }
    }

    /// Those of a dispatch model.
    fn dispatch_tensors(&self) -> Vec<Tensor> {
        let (d, hidden) = (self.width, self.feed_forward);
        let mut list = Vec::new();
        let mut add = |name: &str, shape: &[usize]| list.push((name.to_string(), shape.to_vec()));
        add("embed.weight", &[self.task.features(), d]);
        add("embed.bias", &[d]);
        let encoders = self.mixed_score.unwrap_or(0);
        for (stage, layer) in (0..encoders).flat_map(|stage| (0..self.layers).map(move |layer| (stage, layer))) {
            for side in SIDES {
                let mut add =
                    |name: &str, shape: &[usize]| add(&format!("{}.{name}", mixed_layer(stage, layer, side)), shape);
                self.layer(&mut add);
                // Of the score and of the processing time; no bias at the end: the softmax takes constants away.
                let all = self.heads * MIXER_WIDTH;
                add("mixer.hidden.weight", &[2, all]);
                add("mixer.hidden.bias", &[all]);
                add("mixer.logit.weight", &[all]);
            }
        }
        for layer in 0..if encoders > 0 { 0 } else { self.layers } {
            let mut add = |name: &str, shape: &[usize]| add(&format!("layers.{layer}.{name}"), shape);
            for name in ["own", "job", "machine", "before", "after"] {
                add(&format!("{name}.weight"), &[d, d]);
            }
            add("own.bias", &[d]);
            // No bias before a norm over the nodes: it takes constants away.
            add("mix.weight", &[d, d]);
            add("norm.scale", &[d]);
            add("norm.shift", &[d]);
        }
        // The first agent is the decoder itself.
        let others = (1..self.agents.unwrap_or(1)).map(|agent| format!("agents.{agent}"));
        for decoder in ["decoder".to_string()].into_iter().chain(others) {
            let mut add = |name: &str, shape: &[usize]| add(&format!("{decoder}.{name}"), shape);
            add("choice.weight", &[self.task.scalars(), hidden]);
            add("choice.bias", &[hidden]);
            add("node.weight", &[d, hidden]);
            add("field.weight", &[d, hidden]);
            add("hidden.weight", &[hidden, hidden]);
            add("hidden.bias", &[hidden]);
            add("rivals.weight", &[hidden, hidden]);
            add("logit.weight", &[hidden, 1]);
            self.latent.iter().for_each(|&length| add("latent.weight", &[length, hidden]));
        }
        list
    }
}

/// Halves of a layer of mixed-score attention, by who attends to the others.
pub(crate) const SIDES: [&str; 2] = ["jobs", "machines"];

/// What the names of the tensors of half a layer of mixed-score attention begin with.
pub(crate) fn mixed_layer(stage: usize, layer: usize, side: &str) -> String {
    format!("stages.{stage}.layers.{layer}.{side}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(architecture: &Architecture) -> usize {
        architecture.tensors().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }

    #[test]
    fn the_published_model_has_its_published_size() {
        // Embedding 384, per layer 4 d^2 + 2 d ff + ff + 4 d, decoder 5 d^2 + d: 1.27 million parameters.
        let pomo = Architecture::new(Task::Tsp, 128, 8, 6, 512);
        assert_eq!(parameters(&pomo), 384 + 6 * (4 * 16_384 + 2 * 65_536 + 512 + 4 * 128) + 5 * 16_384 + 128);
    }

    #[test]
    fn options_add_their_tensors_and_nothing_else() {
        for task in [Task::Tsp, Task::Cvrp] {
            let plain = Architecture::new(task, 32, 2, 3, 64);
            let bare = Architecture { distance_bias: true, value: true, ..plain.clone() };
            assert_eq!(parameters(&bare) - parameters(&plain), (3 * 2 + 1) + (32 * 32 + 32 + 32 + 1));
            let full = Architecture { feature_layer: true, local: Some(20), ..bare.clone() };
            let (layer, local) = (4 * 32 + 2 * 32 * 64 + 64 + 32 * 32, 6 * 16 + 16 + 2 * 256 + 16 + 16);
            assert_eq!(parameters(&full) - parameters(&bare), layer + local);
            let names: std::collections::BTreeSet<_> = full.tensors().into_iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), full.tensors().len());
        }
    }

    #[test]
    fn encoders_of_mixed_scores_take_the_place_of_means() {
        let means = Architecture::new(Task::Ffsp, 32, 2, 2, 48);
        let mixed = Architecture { mixed_score: Some(3), ..means.clone() };
        let layer = 6 * 32 * 32 + 3 * 32;
        let half = 4 * 32 * 32 + 4 * 32 + 2 * 32 * 48 + 48 + 4 * 2 * MIXER_WIDTH;
        assert_eq!(parameters(&mixed) - 3 * 2 * 2 * half, parameters(&means) - 2 * layer);
        let json = serde_json::to_string(&means).unwrap();
        assert!(!json.contains("mixed_score"), "files of models without it stay as they were");
        assert_eq!(serde_json::from_str::<Architecture>(&json).unwrap(), means);
    }

    #[test]
    fn the_first_bad_field_is_named() {
        let good = Architecture::new(Task::Knapsack, 32, 4, 2, 64);
        assert_eq!(good.check(), Ok(()));
        let bad = |change: fn(&mut Architecture)| {
            let mut architecture = good.clone();
            change(&mut architecture);
            architecture.check().unwrap_err().to_string()
        };
        assert_eq!(bad(|a| a.width = 0), "width must be from 1 to 4096, found 0");
        assert_eq!(bad(|a| a.heads = 5), "width must be a multiple of heads, found 32 and 5");
        assert_eq!(bad(|a| a.layers = usize::MAX), format!("layers must be from 1 to 64, found {}", usize::MAX));
        assert!(bad(|a| a.clip = f32::NAN).starts_with("clip must be"));
        assert!(bad(|a| a.distance_bias = true).starts_with("distance_bias"));
        assert!(bad(|a| a.local = Some(20)).starts_with("local needs"));
        assert_eq!(bad(|a| a.mixed_score = Some(3)), "models of knapsack have no mixed-score attention");
        assert_eq!(bad(|a| a.local = Some(0)), "local must be from 1 to 1000, found 0");
    }

    #[test]
    fn headers_survive_json() {
        let architecture = Architecture { value: true, ..Architecture::new(Task::Cvrp, 64, 4, 3, 256) };
        let json = serde_json::to_string(&architecture).unwrap();
        assert_eq!(serde_json::from_str::<Architecture>(&json).unwrap(), architecture);
    }
}
