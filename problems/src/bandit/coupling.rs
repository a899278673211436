//! Which actions may be taken together: exact tests, and the linear rows that hold for every allowed set.

use super::capacity::Capacity;
use super::path::Path;
use super::schedule::Schedule;

/// The rule of an instance. All but [`Coupling::Exactly`] are closed downwards: what is left of an allowed set when an
/// action is taken out is allowed too.
#[derive(Clone, Debug, PartialEq)]
pub enum Coupling {
    /// At most so many actions.
    Budget(usize),
    /// Exactly so many actions: the multiple interventions of the paper.
    Exactly(usize),
    /// Workers with capacities; an action takes one of them for its cost.
    Capacity(Capacity),
    /// Slots; an action needs two workers at the times when its arm is there.
    Schedule(Schedule),
    /// The arms are stations of a network; a closed walk from the depot visits those that are acted on.
    Path(Path),
}

/// A linear row: the coefficients of the actions taken sum up to a number in a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Different actions, and coefficients.
    pub terms: Vec<(u32, f64)>,
    /// The least sum; minus infinity: any.
    pub least: f64,
    /// The largest sum; infinity: any.
    pub limit: f64,
}

impl Row {
    /// At most `limit` of the actions, all different.
    pub fn cardinality(actions: impl IntoIterator<Item = u32>, limit: usize) -> Self {
        let terms = actions.into_iter().map(|action| (action, 1.0)).collect();
        Self { terms, least: f64::NEG_INFINITY, limit: limit as f64 }
    }

    /// Whether the row holds for the actions in `list`, ascending, up to rounding.
    pub fn holds(&self, list: &[u32]) -> bool {
        let taken = self.terms.iter().filter(|(action, _)| list.binary_search(action).is_ok());
        let sum: f64 = taken.map(|(_, coefficient)| coefficient).sum();
        let slack = 1e-9 * (1.0 + sum.abs());
        sum >= self.least - slack && sum <= self.limit + slack
    }
}

impl Coupling {
    /// Name in files and on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Budget(_) => "budget",
            Self::Exactly(_) => "interventions",
            Self::Capacity(_) => "capacity",
            Self::Schedule(_) => "schedule",
            Self::Path(_) => "path",
        }
    }

    /// Whether every set of the same size as an allowed one is required, so that nothing may be left out.
    pub fn is_exact(&self) -> bool {
        matches!(self, Self::Exactly(_))
    }

    /// No allowed set has more actions than this.
    pub fn most(&self, actions: usize) -> usize {
        let most = match self {
            Self::Budget(budget) | Self::Exactly(budget) => *budget,
            Self::Capacity(capacity) => capacity.most(),
            Self::Schedule(schedule) => schedule.budget(),
            Self::Path(path) => path.budget(),
        };
        most.min(actions)
    }

    /// Whether the actions in `list`, all different, can be part of an allowed set: for all rules but
    /// [`Coupling::Exactly`] the set itself is then allowed.
    pub fn fits(&self, list: &[u32]) -> bool {
        match self {
            Self::Budget(budget) | Self::Exactly(budget) => list.len() <= *budget,
            Self::Capacity(capacity) => capacity.fits(list),
            Self::Schedule(schedule) => schedule.fits(list),
            Self::Path(path) => path.fits(list),
        }
    }

    /// Whether the actions in `list`, all different, may be taken together.
    ///
    /// # Errors
    /// The rule that they break.
    pub fn check(&self, list: &[u32]) -> Result<(), String> {
        match self {
            Self::Exactly(count) if list.len() != *count => {
                Err(format!("exactly {count} actions must be taken, not {}", list.len()))
            }
            _ if self.fits(list) => Ok(()),
            Self::Budget(budget) | Self::Exactly(budget) => {
                Err(format!("at most {budget} actions may be taken, not {}", list.len()))
            }
            Self::Capacity(_) => Err("the costs of the actions cannot be packed into the workers' capacities".into()),
            Self::Schedule(_) => Err("the workers in the slots of these arms do not suffice, or the budget".into()),
            Self::Path(path) => {
                Err(format!("no closed walk of {} edges from the depot visits these stations", path.length()))
            }
        }
    }

    /// Rows that hold for every allowed set of `actions` actions; with integer values they are exact for all rules but
    /// capacity (packing) and path.
    pub fn rows(&self, actions: usize) -> Vec<Row> {
        let all = || 0..actions as u32;
        match self {
            Self::Budget(budget) => vec![Row::cardinality(all(), *budget)],
            Self::Exactly(budget) => vec![Row { least: *budget as f64, ..Row::cardinality(all(), *budget) }],
            Self::Capacity(capacity) => capacity.rows(),
            Self::Schedule(schedule) => schedule.rows(),
            Self::Path(path) => path.rows(),
        }
    }
}
