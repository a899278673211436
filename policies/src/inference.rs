//! How hard a model is to try: what inference is asked for. Searches, which lie to the right of this crate, carry it
//! out.

/// How hard a model tries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// How a construction chooses.
    pub search: Search,
    /// Openings that are tried, the first ones; none: all.
    pub starts: Option<usize>,
    /// Whether the eight images of the instance are tried, not only itself.
    pub augment: bool,
    /// Seed of the samples.
    pub seed: u64,
}

/// How constructions choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The most probable action; one construction per opening.
    Greedy,
    /// At random by probability: so many constructions, which go through the openings in turn.
    Sample(usize),
    /// Beam search of so many lanes from all openings.
    Beam(usize),
    /// Simulation-guided beam search (Choo et al., 2022).
    Guided {
        /// Partial constructions that go on (beta).
        lanes: usize,
        /// Continuations of each that are tried to the end (gamma).
        children: usize,
    },
}
