//! Disjoint sets that grow together: union-find with path halving (R. E. Tarjan, J. van Leeuwen, "Worst-case analysis
//! of set union algorithms", Journal of the ACM 31, 1984).

/// A partition of 0..n. No ranks are kept: callers decide which root stays, and some of them give it a meaning.
#[derive(Clone, Debug)]
pub struct DisjointSets {
    /// \[n\]; a root is its own parent.
    parent: Vec<u32>,
}

impl DisjointSets {
    /// Every element alone.
    pub fn new(n: usize) -> Self {
        Self { parent: (0..n as u32).collect() }
    }

    /// The root of the set that holds `element`.
    #[inline]
    pub fn root(&mut self, mut element: u32) -> u32 {
        while self.parent[element as usize] != element {
            let grandparent = self.parent[self.parent[element as usize] as usize];
            self.parent[element as usize] = grandparent;
            element = grandparent;
        }
        element
    }

    /// Joins the set of `root` to the set that holds `element`, whose root stays.
    #[inline]
    pub fn hang(&mut self, root: u32, element: u32) {
        debug_assert_eq!(self.parent[root as usize], root, "only a root can be hung below another element");
        self.parent[root as usize] = element;
    }

    /// Joins the sets of two elements under the smaller root; false if they were one set before.
    #[inline]
    pub fn unite(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        self.hang(a.max(b), a.min(b));
        a != b
    }

    /// The root of every element \[n\].
    pub fn roots(&mut self) -> Vec<u32> {
        (0..self.parent.len() as u32).map(|element| self.root(element)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_joined_once_and_keep_the_root_that_was_asked_for() {
        let mut sets = DisjointSets::new(6);
        assert!(sets.unite(4, 2) && sets.unite(5, 4) && !sets.unite(2, 5));
        assert_eq!(sets.roots(), [0, 1, 2, 3, 2, 2]);
        sets.hang(2, 3);
        sets.hang(0, 5);
        assert_eq!(sets.roots(), [3, 1, 3, 3, 3, 3]);
    }
}
