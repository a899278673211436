//! The learning rate over the budget.

use heuron_problems::ConfigError;
use heuron_problems::config::{fraction, require};
use serde::{Deserialize, Serialize};

/// How the learning rate changes: a warm-up, then a shape.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedule {
    /// Default: cosine, which needs no second setting for a run of any length.
    pub shape: Shape,
    /// Part of the budget during which the rate rises from 0. Default: 0.01, chosen, not tuned.
    pub warm_up: f64,
    /// Part of the budget after which `step` lowers the rate. Default: 0.9 (POMO lowers it once, late).
    pub step_at: f64,
    /// Factor of `step`, and the last rate of `cosine` in parts of the largest. Default: 0.1 (POMO); cosine ends at a
    /// tenth of that.
    pub factor: f64,
}

/// Shape after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// The largest rate throughout.
    Constant,
    /// Half a cosine down (Loshchilov, Hutter, 2017).
    #[default]
    Cosine,
    /// The largest rate, lowered once.
    Step,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { shape: Shape::default(), warm_up: 0.01, step_at: 0.9, factor: 0.1 }
    }
}

impl Schedule {
    /// Refuses values that cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        let part = |field, x: f64| require((0.0..1.0).contains(&x), field, "a part of the budget from 0 to below 1", x);
        part("schedule.warm_up", self.warm_up)?;
        part("schedule.step_at", self.step_at)?;
        fraction("schedule.factor", self.factor)
    }

    /// Factor of the largest rate once part `progress` (0 to 1) of the budget is used.
    pub fn factor(&self, progress: f64) -> f64 {
        if progress < self.warm_up {
            return (progress / self.warm_up).max(1e-3);
        }
        match self.shape {
            Shape::Constant => 1.0,
            Shape::Step => {
                if progress < self.step_at {
                    1.0
                } else {
                    self.factor
                }
            }
            Shape::Cosine => {
                let (rest, last) = ((progress - self.warm_up) / (1.0 - self.warm_up), 0.1 * self.factor);
                last + (1.0 - last) * 0.5 * (1.0 + (std::f64::consts::PI * rest.min(1.0)).cos())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_rises_to_the_largest_and_falls_to_the_last() {
        let cosine = Schedule { warm_up: 0.1, factor: 0.2, ..Schedule::default() };
        assert!(cosine.factor(0.0) > 0.0 && cosine.factor(0.05) == 0.5);
        assert_eq!(cosine.factor(0.1), 1.0);
        assert!((cosine.factor(1.0) - 0.02).abs() < 1e-12);
        let step = Schedule { shape: Shape::Step, warm_up: 0.0, step_at: 0.5, factor: 0.2 };
        assert_eq!([0.0, 0.49, 0.5, 1.0].map(|progress| step.factor(progress)), [1.0, 1.0, 0.2, 0.2]);
    }

    #[test]
    fn cosine_never_rises_after_the_warm_up() {
        let schedule = Schedule::default();
        let factors: Vec<f64> = (10..=1000).map(|i| schedule.factor(f64::from(i) / 1000.0)).collect();
        assert!(factors.windows(2).all(|pair| pair[1] <= pair[0]));
    }
}
