//! The knobs of the engine.

use heuron_problems::ConfigError;
use heuron_problems::config::{at_least, fraction, positive};

/// Settings of [`RuinRecreate`](super::RuinRecreate). SISR and FILO are named in the documentation of the module. A
/// default without a source is chosen, not tuned.
#[derive(Clone, Debug)]
pub struct Config {
    /// Neighbours per customer in the lists. Default 100 (FILO2: savings from 100 neighbours).
    pub lists: usize,
    /// Neighbours beside which a removed customer may be put back, of those in the lists. Default 40.
    pub neighbours: usize,
    /// Customers per vehicle below which demands are bulky: most near vehicles have no room for one. Default 12;
    /// measured together with `roomy`.
    pub bulky: usize,
    /// Where demands are bulky, the lists are this long. Default 250; measured together with `roomy`.
    pub long_lists: usize,
    /// Where demands are bulky, more neighbours are looked at until so many with room are met. Default 12: at 10 s it
    /// took X-n524-k153 from 1.5 to 0.4 % above the best known cost and X-n670-k130 from 1.5 to 0.9 %.
    pub roomy: usize,
    /// Neighbours that the local search looks at, of those in the lists. Default 10.
    pub granular: usize,
    /// Longest string of customers to remove. Default 10 (SISR's L max).
    pub string_length: usize,
    /// Mean number of customers to remove. Default 10 (SISR's c bar).
    pub removals: f64,
    /// Probability of the split string instead of the plain one. Default 0.5 (SISR).
    pub split: f64,
    /// Probability that a split string keeps one more customer. Default 0.01 (SISR's beta: stops with 0.99).
    pub split_depth: f64,
    /// Probability that recreate overlooks a position. Default 0.01 (SISR).
    pub blink: f64,
    /// Start temperature in mean arc costs; where routes have more than 20 customers, that much more. Default 1: of
    /// 0.1, 0.3, 1 and 2 the best on the X set in 10 s.
    pub hot: f64,
    /// The same where an earlier stage left a solution. Default 0.1 (FILO2).
    pub warm: f64,
    /// End temperature as a share of the start temperature. Default 0.01 (FILO2).
    pub cold: f64,
    /// Part of what is left of the budget that the stage uses, from 0 to 1. Default 1: all of it.
    pub share: f64,
    /// Iterations of an island between two marks. Default 5 000: some 50 ms.
    pub round: u64,
    /// Iterations of a cooling from hot to cold where the budget sets no end, per customer. Default 2 000.
    pub horizon: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lists: 100,
            neighbours: 40,
            bulky: 12,
            long_lists: 250,
            roomy: 12,
            granular: 10,
            string_length: 10,
            removals: 10.0,
            split: 0.5,
            split_depth: 0.01,
            blink: 0.01,
            hot: 1.0,
            warm: 0.1,
            cold: 0.01,
            share: 1.0,
            round: 5_000,
            horizon: 2_000,
        }
    }
}

impl Config {
    /// Refuses values that cannot be.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        at_least(1, "lists", self.lists)?;
        at_least(1, "long_lists", self.long_lists)?;
        at_least(1, "neighbours", self.neighbours)?;
        at_least(1, "string_length", self.string_length)?;
        at_least(1, "round", self.round)?;
        at_least(1, "horizon", self.horizon)?;
        fraction("split", self.split)?;
        fraction("split_depth", self.split_depth)?;
        fraction("blink", self.blink)?;
        fraction("share", self.share)?;
        positive("removals", self.removals)?;
        positive("hot", self.hot)?;
        positive("warm", self.warm)?;
        positive("cold", self.cold)
    }
}
