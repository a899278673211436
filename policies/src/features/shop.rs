//! What a dispatch model sees of a shop: every operation with its neighbours, and what can be decided next.

use heuron_problems::{Construct, Cost};

use crate::architecture::Task;

/// No node, no group.
pub const NONE: u32 = u32::MAX;

/// A shop before anything is scheduled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Floor {
    /// Numbers per node, scaled so that shops of different units look alike \[nodes x [`Task::features`]\].
    pub nodes: Vec<f32>,
    /// Which nodes a node hears of: those of its job, of its machine, the ones before it, the ones after it.
    pub relations: [Relation; 4],
    /// The first node of every job \[jobs\].
    pub first: Vec<u32>,
    /// Work of the job that follows a node \[nodes\].
    pub tails: Vec<Cost>,
    /// Mean processing time, at least 1: the unit of delays.
    pub unit: f32,
    /// The longest job or machine, at least 1: the unit of work that is left.
    pub span: f32,
}

/// A node hears the mean of a group of nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relation {
    /// The group that a node belongs to \[nodes\].
    pub of: Vec<u32>,
    /// The group that a node hears, or [`NONE`] \[nodes\].
    pub hears: Vec<u32>,
    /// Number of groups.
    pub groups: usize,
}

/// What can be decided next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// Actions; none: the schedule is finished. One: there is nothing to decide.
    pub actions: Vec<u32>,
    /// What they schedule \[choices\].
    pub nodes: Vec<u32>,
    /// Numbers per choice \[choices x [`Task::scalars`]\]; empty where there is nothing to decide.
    pub features: Vec<f32>,
    /// The next nodes of all jobs that are not finished.
    pub field: Vec<u32>,
}

impl Choices {
    /// Takes everything out; the memory is kept.
    pub fn clear(&mut self) {
        self.actions.clear();
        self.nodes.clear();
        self.features.clear();
        self.field.clear();
    }
}

/// A scheduling problem that dispatch models can construct solutions of.
pub trait Shop: Construct {
    /// What models of this problem are called.
    const TASK: Task;

    /// A schedule under way, with what the features of choices need.
    type Board: Send;

    /// The shop before anything is scheduled.
    fn floor(&self) -> Floor;

    /// Nothing is scheduled.
    fn board(&self) -> Self::Board;

    /// Writes what can be decided next.
    fn choices(&self, floor: &Floor, board: &Self::Board, into: &mut Choices);

    /// Takes an action that the problem allows, perhaps none of the choices.
    fn advance(&self, board: &mut Self::Board, action: u32);

    /// The partial solution.
    fn state(board: &Self::Board) -> &Self::State;
}

/// A difference as a number between -1 and 1, finest around 0.
pub(super) fn squash(x: f32) -> f32 {
    x / (1.0 + x.abs())
}
