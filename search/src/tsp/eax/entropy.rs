//! How often each edge occurs in the population, and the entropy of that: the measure of diversity by which offspring
//! are chosen (Nagata & Kobayashi 2013, section 3.4).

use super::individual::Individual;
use super::patch::Patch;

/// Occurrences of every edge of the population, and the population's edge entropy by differences.
pub struct Entropy {
    /// For every node the other ends of its edges with their number of occurrences; few, hence unsorted \[n\].
    edges: Vec<Vec<(u32, u32)>>,
    /// -f ln f at f = c / population, for c occurrences \[population + 1\].
    term: Vec<f64>,
}

impl Entropy {
    /// Counts the edges of `population`.
    pub fn new(population: &[Individual]) -> Self {
        let size = population.len();
        let term = |count: usize| {
            let frequency = count as f64 / size as f64;
            if count == 0 { 0.0 } else { -frequency * frequency.ln() }
        };
        let n = population.first().map_or(0, |individual| individual.links().len());
        // One more than the population: an offspring is judged before its parent leaves.
        let mut entropy = Self { edges: vec![Vec::new(); n], term: (0..=size + 1).map(term).collect() };
        for individual in population {
            for (node, ends) in individual.links().iter().enumerate() {
                ends.iter().for_each(|&end| entropy.count(node as u32, end, 1));
            }
        }
        entropy
    }

    /// Follows an individual that was changed by `patch`.
    pub fn apply(&mut self, patch: &Patch) {
        for (edges, by) in [(patch.removed(), -1), (patch.added(), 1)] {
            for &[a, b] in edges {
                self.count(a, b, by);
                self.count(b, a, by);
            }
        }
    }

    fn count(&mut self, node: u32, end: u32, by: i32) {
        let ends = &mut self.edges[node as usize];
        match ends.iter().position(|&(other, _)| other == end) {
            Some(at) => {
                ends[at].1 = ends[at].1.saturating_add_signed(by);
                if ends[at].1 == 0 {
                    ends.swap_remove(at);
                }
            }
            None => ends.push((end, by.unsigned_abs())),
        }
    }

    fn of(&self, [a, b]: [u32; 2]) -> usize {
        self.edges[a as usize].iter().find(|&&(end, _)| end == b).map_or(0, |&(_, count)| count as usize)
    }

    /// By how much the entropy grows when an individual is changed by `patch`.
    pub fn growth(&self, patch: &Patch) -> f64 {
        let lost: f64 =
            patch.removed().iter().map(|&edge| self.of(edge)).map(|c| self.term[c.max(1) - 1] - self.term[c]).sum();
        let won: f64 = patch.added().iter().map(|&edge| self.of(edge)).map(|c| self.term[c + 1] - self.term[c]).sum();
        lost + won
    }

    /// The worth of an offspring: its gain in length per loss of entropy. Not positive: it should not replace the
    /// parent.
    pub fn worth(&self, patch: &Patch) -> f64 {
        let gain = -patch.delta();
        if gain <= 0 {
            return gain as f64;
        }
        gain as f64 / (-self.growth(patch)).max(SMALL_LOSS)
    }
}

/// Losses of entropy below this, and gains, count as this.
const SMALL_LOSS: f64 = 1e-9;
