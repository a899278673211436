//! The difference between a parent and an offspring.

use heuron_problems::Cost;

/// Edges to remove from a tour, edges to add to it, and what that adds to its cost. No edge is in both lists.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    removed: Vec<[u32; 2]>,
    added: Vec<[u32; 2]>,
    delta: Cost,
}

impl Patch {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.removed.clear();
        self.added.clear();
        self.delta = 0;
    }

    /// Removes edge `a`-`b` of length `weight`.
    pub fn remove(&mut self, a: u32, b: u32, weight: Cost) {
        self.delta -= weight;
        toggle(&mut self.added, &mut self.removed, a, b);
    }

    /// Adds edge `a`-`b` of length `weight`.
    pub fn add(&mut self, a: u32, b: u32, weight: Cost) {
        self.delta += weight;
        toggle(&mut self.removed, &mut self.added, a, b);
    }

    /// As `remove`, of an edge that was not added.
    pub fn remove_old(&mut self, a: u32, b: u32, weight: Cost) {
        self.delta -= weight;
        self.removed.push([a, b]);
    }

    /// As `add`, of an edge that was not removed.
    pub fn add_new(&mut self, a: u32, b: u32, weight: Cost) {
        self.delta += weight;
        self.added.push([a, b]);
    }

    /// Edges that the parent has and the offspring has not.
    pub fn removed(&self) -> &[[u32; 2]] {
        &self.removed
    }

    /// Edges that the offspring has and the parent has not.
    pub fn added(&self) -> &[[u32; 2]] {
        &self.added
    }

    /// Cost of the offspring minus cost of the parent.
    pub fn delta(&self) -> Cost {
        self.delta
    }
}

/// Takes edge `a`-`b` out of `from` if it is there, else enters it in `to`.
fn toggle(from: &mut Vec<[u32; 2]>, to: &mut Vec<[u32; 2]>, a: u32, b: u32) {
    match from.iter().position(|&edge| edge == [a, b] || edge == [b, a]) {
        Some(at) => {
            from.swap_remove(at);
        }
        None => to.push([a, b]),
    }
}
