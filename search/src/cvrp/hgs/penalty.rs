//! Keeps the share of feasible individuals near its target by raising and lowering the penalties.
//!
//! Source: Vidal (2022), section 3.4 "penalty management": every 100 iterations, factors 1.2 and 0.85.

use super::HgsConfig;
use crate::cvrp::local::model::Model;
use crate::cvrp::local::penalty::Penalty;
use crate::cvrp::local::plan::Score;
use crate::cvrp::terrain::Terrain;

/// The current penalties and the outcomes since their last change.
#[derive(Clone, Debug)]
pub(super) struct PenaltyControl {
    penalty: Penalty,
    config: HgsConfig,
    seen: u32,
    without_overload: u32,
    without_overtime: u32,
}

impl PenaltyControl {
    /// Starts with the largest distance over the largest demand (at least 0.1), and one cost unit per unit of overtime.
    pub fn new(model: &Model, config: &HgsConfig) -> Self {
        let heaviest = (1..=model.customers() as u32).map(|customer| model.demand(customer)).max().unwrap_or(0).max(1);
        let weight = (256 * model.longest() / heaviest).max(26);
        let penalty = Penalty::new(weight, 256, [model.total_demand(), model.longest_plan()]);
        Self { penalty, config: config.clone(), seen: 0, without_overload: 0, without_overtime: 0 }
    }

    pub fn penalty(&self) -> Penalty {
        self.penalty
    }

    /// Penalties for the repair of an infeasible individual.
    pub fn repair(&self) -> Penalty {
        self.penalty.scaled((10, 1), (10, 1))
    }

    /// Counts an individual; true if the penalties have changed.
    pub fn record(&mut self, score: &Score) -> bool {
        self.seen += 1;
        self.without_overload += u32::from(score.overload == 0);
        self.without_overtime += u32::from(score.overtime == 0);
        if self.seen < self.config.penalty_window {
            return false;
        }
        let factor = |feasible: u32| {
            let share = f64::from(feasible) / f64::from(self.seen);
            if share <= self.config.feasible_share - 0.05 {
                (120, 100)
            } else if share >= self.config.feasible_share + 0.05 {
                (85, 100)
            } else {
                (1, 1)
            }
        };
        self.penalty = self.penalty.scaled(factor(self.without_overload), factor(self.without_overtime));
        (self.seen, self.without_overload, self.without_overtime) = (0, 0, 0);
        true
    }
}
