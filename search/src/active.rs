//! Efficient active search: a model learns from its own constructions of one instance. A. Hottung, Y.-D. Kwon, K.
//! Tierney, "Efficient active search for combinatorial optimization problems", ICLR 2022, section 3.1 (EAS-Emb).
//!
//! An attempt is a sampled construction from every opening. The loss is their expected cost (REINFORCE; the baseline is
//! the mean of the attempt) and, with a weight, minus the log-probability of the incumbent. What learns are the
//! embeddings as keys of the pointer ([`heuron_policies::native::Keys`]), by Adam. Costs are relative to the mean of
//! the attempt, so that the unit of an instance does not matter; the weight of the incumbent is relative to such costs.

use heuron_policies::Learnable;
use heuron_problems::Cost;

use crate::population::{Attempts, Found};

/// Settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// Adam's rate. Default: 0.0032, as published.
    pub rate: f32,
    /// Weight of the incumbent (lambda). Default: 0.003.
    pub imitation: f32,
    /// Attempts between two steps. Default: 1.
    pub attempts: u64,
}

/// Mean lengths of 20 tours of 50 nodes (seed 101) after 100 attempts, by rate, weight and attempts per step: 5.711 of
/// the defaults; 0.0015, 0.003, 1: 5.713; 0.005, 0.003, 1: 5.713; 0.0032, 0, 1: 5.714; 0.0032, 0.01, 1: 5.708; 0.0032,
/// 0.003, 4: 5.712; without learning 5.748. So they hardly matter; a rate of 0.03 learns too fast for so few attempts
/// (5.758 of 10 tours, without learning 5.738).
impl Default for Config {
    fn default() -> Self {
        Self { rate: 0.0032, imitation: 0.003, attempts: 1 }
    }
}

/// Makes `attempts` attempts and calls `take` with the best construction of each, which says whether to go on.
pub fn search<P: Learnable>(
    tries: &mut Attempts<'_, P>,
    config: Config,
    attempts: u64,
    mut take: impl FnMut(Found) -> bool,
) {
    let mut keys = tries.keys();
    let mut incumbent: Found = None;
    for attempt in 0..attempts {
        let found = tries.sample(attempt);
        let best = found.iter().min().cloned();
        incumbent = incumbent.into_iter().chain(best.clone()).min();
        if !take(best) || attempt + 1 == attempts {
            return;
        }
        let (costs, traces): (Vec<Cost>, Vec<Vec<u32>>) = found.into_iter().unzip();
        tries.learn(&traces, &advantages(&costs), &mut keys);
        if (attempt + 1) % config.attempts == 0 {
            let traces: Vec<Vec<u32>> = incumbent.iter().map(|(_, actions)| actions.clone()).collect();
            // The gradient is a sum over the attempts.
            let weight = -config.imitation * config.attempts as f32;
            tries.learn(&traces, &vec![weight; traces.len()], &mut keys);
            tries.follow_keys(&mut keys, config.rate);
        }
    }
}

/// Derivatives of the expected relative cost by the log-probabilities.
fn advantages(costs: &[Cost]) -> Vec<f32> {
    let count = costs.len() as f64;
    let mean = costs.iter().map(|&cost| cost as f64).sum::<f64>() / count;
    let unit = mean.abs().max(f64::MIN_POSITIVE);
    costs.iter().map(|&cost| ((cost as f64 - mean) / unit / count) as f32).collect()
}

#[cfg(test)]
mod tests {
    use heuron_policies::{AttentionModel, zoo};
    use heuron_problems::{Generate, Tsp, stream};

    use super::*;
    use crate::tactics::{Tactic, Tries};

    /// The best costs of instances of 50 nodes after 30 attempts of the shipped model.
    fn costs(tactic: Tactic) -> Vec<Cost> {
        let weights = zoo::find("tsp").unwrap().weights().unwrap();
        let model = AttentionModel::new(&weights).unwrap();
        let spec = Tsp::spec(50, "uniform").unwrap();
        let best = |index: u64| {
            let problem = Tsp::generate(&spec, &mut stream(101, "active", index));
            let mut tries = Attempts::new(&model, &problem, index, &|| false).unwrap();
            let mut best = Cost::MAX;
            tries.spend(tactic, 30, (index, 0), |found| {
                best = best.min(found.unwrap().0);
                true
            });
            best
        };
        (0..8).map(best).collect()
    }

    #[test]
    fn learning_beats_sampling_with_a_trained_model_and_repeats() {
        let (active, sampled) = (costs(Tactic::Active(Config::default())), costs(Tactic::Sample));
        assert!(active.iter().sum::<Cost>() < sampled.iter().sum::<Cost>(), "{active:?} {sampled:?}");
        assert_eq!(active, costs(Tactic::Active(Config::default())));
    }

    #[test]
    fn advantages_are_relative_and_sum_to_nothing() {
        assert_eq!(advantages(&[8, 12]), [-0.1, 0.1]);
        assert_eq!(advantages(&[-12, -8]), [-0.1, 0.1]);
        assert!(advantages(&[]).is_empty() && advantages(&[0, 0]) == [0.0, 0.0]);
    }
}
