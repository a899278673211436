//! The network of a run, and weights to begin with in its shape.
//!
//! Layers are added as the identity: T. Chen, I. Goodfellow, J. Shlens, "Net2Net: accelerating learning via knowledge
//! transfer", ICLR 2016, section 2.4. A network can so be trained for long while it is small and fast, and grow when it
//! no longer gains.

use crate::architecture::Architecture;
use crate::native::norm::EPSILON;
use crate::train::config::{Algorithm, Config};
use crate::train::error::TrainError;
use crate::train::problem::Train;
use crate::weights::Weights;

/// The network of a configuration, for problem P.
pub fn architecture<P: Train>(config: &Config) -> Architecture {
    let network = &config.network;
    Architecture {
        task: P::TASK,
        width: network.width,
        heads: network.heads,
        layers: network.layers,
        feed_forward: network.feed_forward,
        clip: network.clip,
        distance_bias: network.distance_bias.unwrap_or(P::TASK.has_points()),
        feature_layer: network.feature_layer,
        local: network.local,
        mixed_score: network.mixed_score,
        value: config.algorithm == Algorithm::Ppo,
        latent: (config.algorithm == Algorithm::Compass).then_some(config.compass.length),
        agents: (config.algorithm == Algorithm::Poppy).then_some(config.poppy.agents),
    }
}

/// Weights to begin with in the shape of `architecture`: what differs must be what is added or left out here. The model
/// constructs what `weights` construct.
///
/// - A value head and latent vectors, which begin without effect, and agents, which begin as copies of the decoder, as
///   the algorithm needs.
/// - Layers of an attention model, after its own, which begin as the identity.
pub fn fitting(weights: &Weights, architecture: Architecture, seed: u64) -> Result<Weights, TrainError> {
    let Architecture { task, value, latent, agents, layers, .. } = weights.architecture;
    let kept = Architecture { value, latent, agents, layers, ..architecture.clone() };
    let grows = architecture.layers == layers || (architecture.layers > layers && !task.is_shop());
    if kept != weights.architecture || !grows {
        return Err(TrainError::Mismatch);
    }
    let mut fitted = Weights::random(architecture, seed)?;
    let names = fitted.architecture.tensors();
    for ((name, _), tensor) in names.iter().zip(&mut fitted.tensors) {
        let of_decoder = || {
            let part = name.strip_prefix("agents.")?.split_once('.')?.1;
            weights.tensor(&format!("decoder.{part}"))
        };
        if let Some(values) = weights.tensor(name).or_else(of_decoder) {
            tensor.copy_from_slice(values);
        } else if let Some(part) = added_layer(name, layers) {
            identity(part, weights, tensor);
        }
    }
    Ok(fitted)
}

/// Which tensor of a layer `name` is, if the layer is not among the first `layers`.
fn added_layer(name: &str, layers: usize) -> Option<&str> {
    let (index, part) = name.strip_prefix("layers.")?.split_once('.')?;
    (index.parse::<usize>().ok()? >= layers).then_some(part)
}

/// Makes a tensor that of a layer that changes nothing: its two blocks add 0, and its norms repeat that of the layer
/// before. A norm takes the shift away, and divides by the deviation, which is the scale there. It attends as the layer
/// before (stacked: L. Gong et al., "Efficient training of BERT by progressively stacking", ICML 2019): random queries
/// and keys give every node the same mean, which the norm takes away, and nothing to learn from.
fn identity(part: &str, weights: &Weights, tensor: &mut [f32]) {
    let last = |name| weights.tensor(&format!("layers.{}.{name}", weights.architecture.layers - 1)).unwrap_or_default();
    match part {
        "out.weight" | "ff2.weight" => tensor.fill(0.0),
        "norm1.scale" | "norm2.scale" => {
            tensor
                .iter_mut()
                .zip(last("norm2.scale"))
                .for_each(|(scale, last)| *scale = (last * last + EPSILON).sqrt());
        }
        "norm1.shift" | "norm2.shift" => tensor.copy_from_slice(last("norm2.shift")),
        "query.weight" | "key.weight" | "value.weight" | "distance" => tensor.copy_from_slice(last(part)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::{Generate, Tsp, stream};
    use rand::Rng;

    use super::*;
    use crate::architecture::Task;
    use crate::model::Model;
    use crate::native::AttentionModel;

    /// Log-probabilities of the choices of one tour.
    fn judged(weights: &Weights) -> Vec<f32> {
        let problem = Tsp::generate(&Tsp::spec(30, "uniform").unwrap(), &mut stream(1, "fit", 0));
        let model = AttentionModel::new(weights).unwrap();
        let mut encoded = Default::default();
        Model::<Tsp>::encode(&model, &problem, &mut encoded).unwrap();
        model.replay(&problem, &encoded, &[(0..30).collect()], 1).log_probs.remove(0)
    }

    #[test]
    fn added_layers_begin_as_the_identity() {
        let two = Architecture { distance_bias: true, ..Architecture::new(Task::Tsp, 16, 2, 2, 24) };
        let mut shallow = Weights::random(two.clone(), 1).unwrap();
        let names = two.tensors();
        let norms = names.iter().zip(&mut shallow.tensors).filter(|((name, _), _)| name.contains("norm"));
        let mut draws = stream(2, "fit", 0);
        norms.for_each(|(_, tensor)| tensor.iter_mut().for_each(|x| *x = draws.random_range(-1.5..1.5)));
        let deep = fitting(&shallow, Architecture { layers: 4, ..two.clone() }, 3).unwrap();
        assert_eq!(deep.architecture.layers, 4);
        let (before, after) = (judged(&shallow), judged(&deep));
        for (a, b) in before.iter().zip(&after) {
            // But for what norms add to variances.
            assert!((a - b).abs() < 5e-3, "{a} {b}");
        }
        // They can learn: only what multiplies the rest of a block is 0.
        assert_eq!(deep.tensor("layers.3.query.weight"), shallow.tensor("layers.1.query.weight"));
        assert!(matches!(fitting(&deep, two, 3), Err(TrainError::Mismatch)));
    }

    #[test]
    fn dispatch_models_do_not_grow() {
        let shop = Architecture::new(Task::Jssp, 16, 1, 1, 24);
        let weights = Weights::random(shop.clone(), 1).unwrap();
        let deeper = Architecture { layers: 2, ..shop };
        assert!(matches!(fitting(&weights, deeper, 1), Err(TrainError::Mismatch)));
    }
}
