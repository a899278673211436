//! Parameters of the search.

use heuron_problems::ConfigError;
use heuron_problems::config::at_least;

/// Parameters of tabu search with path relinking (B. Peng, Z. Lü and T. C. E. Cheng, 2015). A default without a source
/// is chosen, not tuned.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Moves without a better schedule that end a walk. Default 12 500 (the paper).
    pub patience: u64,
    /// Moves without a better schedule that end a trial walk from a point of a path. Default 500 (the paper).
    pub trial: u64,
    /// Points of a path, away from both ends, from which a trial walk begins. Default 5.
    pub points: u32,
    /// Members that a population begins with. Default 10, which has its first children sooner than the 30 of the paper:
    /// mean gap on ft10, la29, abz7, ta01, ta11, ta21, ta41, dmu42 and swv03 in 5 s, one seed, 0.67 % against 0.80 %;
    /// with 4, dmu61 gets worse (three seeds, 6 s: 6.3 % against 5.3 %).
    pub first: usize,
    /// Members that it grows to. Default 40 (the paper: 30 from the start).
    pub members: usize,
    /// Children in a row, none better than the worst member, after which a population grows or begins anew. Default 30.
    pub stagnation: usize,
    /// Moves of an island between two exchanges with its neighbour. Default 1 000 000.
    pub exchange: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { patience: 12_500, trial: 500, points: 5, first: 10, members: 40, stagnation: 30, exchange: 1_000_000 }
    }
}

impl Config {
    /// Refuses values that cannot be.
    ///
    /// # Errors
    /// The first parameter that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        at_least(1, "patience", self.patience)?;
        at_least(1, "trial", self.trial)?;
        at_least(1, "points", self.points)?;
        at_least(2, "first", self.first)?;
        at_least(self.first, "members", self.members)?;
        at_least(1, "stagnation", self.stagnation)?;
        at_least(1, "exchange", self.exchange)
    }
}
