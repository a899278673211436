//! What the engines ask of an instance that they have prepared for themselves.

use heuron_problems::Cost;

/// An instance that is read node by node. Node 0 is the depot.
pub(super) trait Terrain {
    /// Number of nodes: customers and the depot.
    fn nodes(&self) -> usize;
    /// The distance from `a` to `b`.
    fn distance(&self, a: u32, b: u32) -> Cost;
    /// Whether both directions of every edge cost the same.
    fn is_symmetric(&self) -> bool;
    /// Customers near `v`, nearest first.
    fn near(&self, v: u32) -> &[u32];
    /// Demand of `v`.
    fn demand(&self, v: u32) -> i64;
    /// What one vehicle holds.
    fn capacity(&self) -> i64;
    /// The longest duration of a route, `Cost::MAX` without a limit.
    fn longest_duration(&self) -> Cost;
    /// Service time of a customer; 0 without a duration limit.
    fn service(&self) -> Cost;
}
