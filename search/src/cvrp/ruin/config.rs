//! The knobs of the engine.

/// Settings of [`RuinRecreate`](super::RuinRecreate).
#[derive(Clone, Debug)]
pub struct Config {
    /// Neighbours per customer in the lists. Default 100 (FILO2: savings from 100 neighbours).
    pub lists: usize,
    /// Neighbours beside which a removed customer may be put back. Default 40.
    pub neighbours: usize,
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
    /// Start temperature in mean arc costs. Default 0.1 (FILO2).
    pub hot: f64,
    /// End temperature as a share of the start temperature. Default 0.01 (FILO2).
    pub cold: f64,
    /// Iterations of a cooling from hot to cold where the budget sets no end, per customer. Default 2 000.
    pub horizon: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            lists: 100,
            neighbours: 40,
            string_length: 10,
            removals: 10.0,
            split: 0.5,
            split_depth: 0.01,
            blink: 0.01,
            hot: 0.1,
            cold: 0.01,
            horizon: 2_000,
        }
    }
}
