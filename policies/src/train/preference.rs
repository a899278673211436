//! Preference optimisation: of two solutions of an instance, the better one is to become the more probable one.
//!
//! - M. Pan, G. Lin, Y.-W. Luo, B. Zhu, Z. Dai, L. Sun, C. Yuan, "Preference optimization for combinatorial
//!   optimization problems", ICML 2025: a link of the difference of log-probabilities, over all pairs.
//! - BOPO (arXiv 2503.07580, ICML 2025): log-probabilities per choice, and the best against solutions spread over the
//!   ranking. Its factor from the ratio of the costs is left out (7.6 against 7.5 % there): it would depend on the
//!   origin of the costs.
//!
//! Only the order of the costs counts: any increasing function of them gives the same gradient. Equal costs are no
//! pair.

use heuron_problems::config::positive;
use heuron_problems::{ConfigError, Stream};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::train::loss::{Group, Weighed};

/// Settings of preference optimisation.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Preference {
    /// What becomes of a difference. Default: bradley-terry (best on the TSP in the paper's ablation).
    pub link: Link,
    /// Which pairs count. Default: all (Pan et al.).
    pub pairs: Pairs,
    /// Factor of the log-probabilities. Default: 0.05 (TSP; CVRP 0.03; 1 to 2 for long trajectories).
    pub alpha: f32,
    /// Whether log-probabilities are divided by the number of choices (BOPO). Default: no (Pan et al.).
    pub per_choice: bool,
}

/// What becomes of the difference x of scaled log-probabilities, better minus worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// Loss ln(1 + exp(-x)) (Bradley, Terry, 1952).
    #[default]
    BradleyTerry,
    /// Loss -x: the gradient does not saturate (the paper's choice for large instances).
    Exponential,
}

/// Which pairs of an instance's trajectories are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pairs {
    /// All.
    #[default]
    All,
    /// The best with 15 others, spread evenly over the ranking (BOPO: 16 solutions are kept).
    Best,
    /// The best with 6 others, neighbours in rank among the best 32, and 32 random pairs.
    Sparse,
}

/// Solutions that BOPO keeps, the best included.
const KEPT: usize = 16;

/// Partners of the best, depth of the neighbours in rank, and random pairs of [`Pairs::Sparse`].
const ANCHORED: usize = 6;
const ADJACENT: usize = 32;
const RANDOM: usize = 32;

impl Default for Preference {
    fn default() -> Self {
        Self { link: Link::default(), pairs: Pairs::default(), alpha: 0.05, per_choice: false }
    }
}

impl Preference {
    /// Refuses values that cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        positive("preference.alpha", self.alpha)
    }

    /// The loss: the mean over the pairs. `stream` decides the random pairs.
    pub fn weigh(&self, group: &Group, stream: &mut Stream) -> Weighed {
        let scores: Vec<f64> = (0..group.len()).map(|i| self.slope(group, i) * f64::from(group.log_probs[i])).collect();
        let mut gradient = vec![0.0; group.len()];
        let (mut loss, mut pairs) = (0.0, 0);
        self.visit(group, stream, |better, worse| {
            let (part, slope) = self.link.of(scores[better] - scores[worse]);
            loss += part;
            gradient[better] += slope;
            gradient[worse] -= slope;
            pairs += 1;
        });
        let mean = 1.0 / f64::from(pairs.max(1));
        let weight = |(i, slope): (usize, f64)| (slope * mean * self.slope(group, i)) as f32;
        Weighed { loss: loss * mean, weights: gradient.into_iter().enumerate().map(weight).collect() }
    }

    /// Derivative of a trajectory's score by its log-probability.
    fn slope(&self, group: &Group, i: usize) -> f64 {
        let choices = if self.per_choice { group.choices[i].max(1) as f64 } else { 1.0 };
        f64::from(self.alpha) / choices
    }

    /// Calls `pair` with the better and the worse of every pair that counts.
    fn visit(&self, group: &Group, stream: &mut Stream, mut pair: impl FnMut(usize, usize)) {
        let costs = &group.costs;
        let mut compare = |a: usize, b: usize| match costs[a].cmp(&costs[b]) {
            std::cmp::Ordering::Less => pair(a, b),
            std::cmp::Ordering::Greater => pair(b, a),
            std::cmp::Ordering::Equal => {}
        };
        if self.pairs == Pairs::All {
            for a in 0..costs.len() {
                (a + 1..costs.len()).for_each(|b| compare(a, b));
            }
            return;
        }
        let mut ranking: Vec<usize> = (0..costs.len()).collect();
        ranking.sort_by_key(|&i| costs[i]);
        let anchored = if self.pairs == Pairs::Best { KEPT - 1 } else { ANCHORED };
        spread(costs.len(), anchored).for_each(|rank| compare(ranking[0], ranking[rank]));
        if self.pairs == Pairs::Sparse && costs.len() > 1 {
            ranking.windows(2).take(ADJACENT - 1).for_each(|pair| compare(pair[0], pair[1]));
            for _ in 0..RANDOM {
                compare(stream.random_range(0..costs.len()), stream.random_range(0..costs.len()));
            }
        }
    }
}

/// Up to `most` ranks from 1 to `count - 1`, evenly spread, the last included.
fn spread(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let others = count.saturating_sub(1);
    let taken = most.min(others);
    (1..=taken).map(move |k| k * others / taken)
}

impl Link {
    /// Loss of a difference, and its derivative.
    fn of(self, x: f64) -> (f64, f64) {
        match self {
            // -ln(sigmoid(x)) without overflow.
            Self::BradleyTerry => ((-x).max(0.0) + (-x.abs()).exp().ln_1p(), -1.0 / (1.0 + x.exp())),
            Self::Exponential => (-x, -1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use heuron_problems::stream;

    use super::*;

    const LINKS: [Link; 2] = [Link::BradleyTerry, Link::Exponential];
    const PAIRS: [Pairs; 3] = [Pairs::All, Pairs::Best, Pairs::Sparse];

    /// Every combination of settings.
    fn settings() -> impl Iterator<Item = Preference> {
        let all = LINKS.into_iter().flat_map(|link| PAIRS.map(move |pairs| (link, pairs)));
        all.flat_map(|(link, pairs)| {
            [false, true].map(move |per_choice| Preference { link, pairs, alpha: 0.3, per_choice })
        })
    }

    fn group(costs: Vec<i64>) -> Group {
        let mut rng = stream(7, "group", costs.len() as u64);
        let log_probs = costs.iter().map(|_| -20.0 * rng.random::<f32>()).collect();
        let choices = costs.iter().map(|_| rng.random_range(5..9)).collect();
        Group { costs, log_probs, choices }
    }

    fn weigh(settings: &Preference, group: &Group) -> Weighed {
        settings.weigh(group, &mut stream(1, "pairs", 0))
    }

    #[test]
    fn better_trajectory_is_encouraged_and_worse_is_not() {
        for settings in settings() {
            let weights = weigh(&settings, &group(vec![10, 11])).weights;
            assert!(weights[0] < 0.0 && weights[1] > 0.0, "{settings:?} {weights:?}");
        }
    }

    #[test]
    fn only_the_order_of_the_costs_counts() {
        let costs = vec![31, 12, 47, 12, 29, 18, 55, 60, 8, 9, 71, 43, 44, 22, 21, 20, 19, 17];
        for settings in settings() {
            let first = weigh(&settings, &group(costs.clone()));
            assert!(first.weights.iter().any(|&weight| weight != 0.0));
            let scaled = costs.iter().map(|cost| 1000 * cost - 77_777).collect();
            let cubed = costs.iter().map(|cost| cost * cost * cost).collect();
            assert_eq!(first, weigh(&settings, &group(scaled)), "{settings:?}");
            assert_eq!(first, weigh(&settings, &group(cubed)), "{settings:?}");
        }
    }

    #[test]
    fn equal_costs_teach_nothing() {
        for settings in settings() {
            let weighed = weigh(&settings, &group(vec![5; 20]));
            assert_eq!(weighed, Weighed { loss: 0.0, weights: vec![0.0; 20] });
        }
    }

    #[test]
    fn weights_are_the_derivatives_of_the_loss() {
        for settings in settings() {
            let group = group((0..20).map(|i| (i * 7) % 13).collect());
            let weights = weigh(&settings, &group).weights;
            for (i, weight) in weights.into_iter().enumerate() {
                let loss = |shift: f32| {
                    let mut moved = group.clone();
                    moved.log_probs[i] += shift;
                    weigh(&settings, &moved).loss
                };
                let (step, weight) = (0.125, f64::from(weight));
                let slope = (loss(step) - loss(-step)) / (2.0 * f64::from(step));
                assert!((slope - weight).abs() < 1e-5, "{settings:?} {i}: {slope} {weight}");
            }
        }
    }

    #[test]
    fn extreme_differences_stay_finite() {
        for x in [-1e6, -800.0, 800.0, 1e6] {
            let (loss, slope) = Link::BradleyTerry.of(x);
            assert!(loss.is_finite() && (-1.0..=0.0).contains(&slope), "{x}");
        }
    }

    #[test]
    fn partners_of_the_best_are_spread_over_the_ranking() {
        assert_eq!(spread(16, 15).collect::<Vec<_>>(), (1..16).collect::<Vec<_>>());
        assert_eq!(spread(101, 4).collect::<Vec<_>>(), [25, 50, 75, 100]);
        assert_eq!(spread(1, 4).count() + spread(0, 4).count(), 0);
    }
}
