//! Distances as flat rows, for loops that read many distances of one node.

use heuron_problems::Cost;

/// All distances of an instance. Memory: 4 n^2 bytes for n nodes, twice that if they are asymmetric.
#[derive(Debug)]
pub(super) struct Table {
    width: usize,
    /// Distance from i to j at `i * width + j` \[width x width\].
    from: Vec<i32>,
    /// Distance from j to i at `i * width + j`; empty if distances are symmetric.
    to: Vec<i32>,
}

impl Table {
    /// The distances of `width` nodes.
    pub fn new(width: usize, symmetric: bool, distance: impl Fn(usize, usize) -> i32) -> Self {
        let fill = |entry: &dyn Fn(usize, usize) -> i32| {
            let mut table = Vec::with_capacity(width * width);
            for i in 0..width {
                table.extend((0..width).map(|j| entry(i, j)));
            }
            table
        };
        let to = if symmetric { Vec::new() } else { fill(&|i, j| distance(j, i)) };
        Self { width, from: fill(&distance), to }
    }

    /// Number of nodes.
    #[inline(always)]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Distances from `node` to every node \[width\].
    #[inline(always)]
    pub fn from(&self, node: u32) -> &[i32] {
        &self.from[node as usize * self.width..][..self.width]
    }

    /// Distances to `node` from every node \[width\].
    #[inline(always)]
    pub fn to(&self, node: u32) -> &[i32] {
        let table = if self.to.is_empty() { &self.from } else { &self.to };
        &table[node as usize * self.width..][..self.width]
    }

    /// The distance from `a` to `b`.
    #[inline(always)]
    pub fn get(&self, a: u32, b: u32) -> Cost {
        Cost::from(self.from[a as usize * self.width + b as usize])
    }

    /// Whether both directions of every edge cost the same.
    #[inline(always)]
    pub fn is_symmetric(&self) -> bool {
        self.to.is_empty()
    }

    /// The largest distance.
    pub fn longest(&self) -> Cost {
        self.from.iter().copied().max().unwrap_or(0).into()
    }
}
