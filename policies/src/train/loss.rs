//! What reinforcement and preference learning have in common: a weight per trajectory of one instance.
//!
//! The gradient of either loss is the sum over trajectories of weight times gradient of the log-probability, so both
//! share one replay; they differ in a closed formula.

use heuron_problems::Cost;

/// Trajectories of one instance.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Exact costs \[trajectories\].
    pub costs: Vec<Cost>,
    /// Log-probabilities of the whole trajectories \[trajectories\].
    pub log_probs: Vec<f32>,
    /// Choices that carry log-probability \[trajectories\].
    pub choices: Vec<usize>,
}

impl Group {
    /// Number of trajectories.
    pub fn len(&self) -> usize {
        self.costs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.costs.is_empty()
    }
}

/// A loss and its gradient.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weighed {
    /// The loss of the instance.
    pub loss: f64,
    /// Derivatives of the loss by the log-probabilities \[trajectories\].
    pub weights: Vec<f32>,
}

impl Weighed {
    /// Numbers of the trajectories to replay, ascending: the `most` with the largest weights by absolute value, without
    /// those of weight 0. The lower number wins among equals.
    pub fn informative(&self, most: Option<usize>) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.weights.len()).filter(|&i| self.weights[i] != 0.0).collect();
        let size = |i: usize| self.weights[i].abs();
        order.sort_by(|&a, &b| size(b).total_cmp(&size(a)));
        order.truncate(most.unwrap_or(usize::MAX));
        order.sort_unstable();
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn informative_trajectories_have_the_largest_weights() {
        let weighed = Weighed { loss: 0.0, weights: vec![0.1, 0.0, -0.4, 0.2, 0.4] };
        assert_eq!(weighed.informative(None), [0, 2, 3, 4]);
        assert_eq!(weighed.informative(Some(2)), [2, 4]);
        assert_eq!(weighed.informative(Some(1)), [2]);
    }
}
