//! What every optimisation problem has: a solution type and an exact judge.

use std::fmt::Debug;

use thiserror::Error;

/// An objective value in the instance's own integer units. Always minimised (knapsack stores minus the profit).
pub type Cost = i64;

/// An upper limit for any sum of costs in an instance. Readers refuse instances that could exceed it, so that
/// searches can add penalties and differences without overflow checks.
pub const COST_LIMIT: Cost = 1 << 60;

/// An instance of a combinatorial-optimisation problem together with the exact evaluation of its solutions.
pub trait Problem: Send + Sync + 'static {
    /// A complete solution, feasible or not.
    type Solution: Clone + Debug + PartialEq + Send + Sync;

    /// The name on the command line and in reports.
    const NAME: &'static str;

    /// The cost of `solution`, computed from scratch, or the first rule that it breaks.
    ///
    /// This is the only judge: no search reports a cost that did not come from here.
    fn evaluate(&self, solution: &Self::Solution) -> Result<Cost, Violation>;
}

/// The first rule that a solution breaks. Nodes, customers and routes are named as in the instance and solution files.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The number of visited nodes is not the number of nodes.
    #[error("{expected} nodes must be visited, the solution has {found}")]
    WrongLength {
        /// Nodes of the instance.
        expected: usize,
        /// Entries of the solution.
        found: usize,
    },
    /// A node that the instance does not have.
    #[error("node {node} does not exist")]
    UnknownNode {
        /// The number as in the solution file.
        node: usize,
    },
    /// A node that is visited more than once.
    #[error("node {node} is visited more than once")]
    Repeated {
        /// The number as in the solution file.
        node: usize,
    },
    /// A node that is never visited.
    #[error("node {node} is not visited")]
    Missing {
        /// The number as in the solution file.
        node: usize,
    },
    /// An edge that the instance fixes and the tour does not use.
    #[error("the fixed edge {a}-{b} is not in the tour")]
    FixedEdge {
        /// One end, as in the instance file.
        a: usize,
        /// The other end.
        b: usize,
    },
    /// A route carries more than the vehicle holds.
    #[error("route {route} carries {load}, the capacity is {capacity}")]
    Overload {
        /// Counted from 1.
        route: usize,
        /// Sum of the demands on the route.
        load: i64,
        /// Capacity of a vehicle.
        capacity: i64,
    },
    /// A route is longer than the limit.
    #[error("route {route} lasts {duration}, the limit is {limit}")]
    TooLong {
        /// Counted from 1.
        route: usize,
        /// Distance plus service times of the route.
        duration: Cost,
        /// The longest duration allowed.
        limit: Cost,
    },
    /// More routes than vehicles.
    #[error("{routes} routes are used, the fleet has {vehicles} vehicles")]
    TooManyRoutes {
        /// Routes that serve a customer.
        routes: usize,
        /// Size of the fleet.
        vehicles: usize,
    },
    /// An item that the instance does not have.
    #[error("item {item} does not exist")]
    UnknownItem {
        /// From 0, as in the solution file.
        item: usize,
    },
    /// An item that is packed more than once.
    #[error("item {item} is packed more than once")]
    RepeatedItem {
        /// From 0, as in the solution file.
        item: usize,
    },
    /// The packed items weigh more than the knapsack holds.
    #[error("the items weigh {weight}, the capacity is {capacity}")]
    Overweight {
        /// Sum of the weights.
        weight: i64,
        /// Capacity of the knapsack.
        capacity: i64,
    },
    /// A job shop's machine sequences are not one per machine.
    #[error("{expected} machines need a sequence, the solution has {found}")]
    WrongMachines {
        /// Machines of the instance.
        expected: usize,
        /// Sequences of the solution.
        found: usize,
    },
    /// A job that the instance does not have.
    #[error("job {job} does not exist")]
    UnknownJob {
        /// Counted from 0.
        job: usize,
    },
    /// A machine processes a job more often than the job asks for.
    #[error("machine {machine} processes job {job} too often")]
    ExtraOperation {
        /// Counted from 0.
        job: usize,
        /// Counted from 0.
        machine: usize,
    },
    /// A machine leaves out a job.
    #[error("machine {machine} does not process job {job} as often as it must")]
    MissingOperation {
        /// Counted from 0.
        job: usize,
        /// Counted from 0.
        machine: usize,
    },
    /// The machines' sequences contradict each other.
    #[error("the sequences contain a cycle: operation {operation} of job {job} waits for itself")]
    Cycle {
        /// Counted from 0.
        job: usize,
        /// Counted from 0 within the job.
        operation: usize,
    },
    /// Start times are not one list per job.
    #[error("{expected} jobs need start times, the solution has {found}")]
    WrongJobs {
        /// Jobs of the instance.
        expected: usize,
        /// Lists of the solution.
        found: usize,
    },
    /// A job's start times are not one per operation.
    #[error("job {job} has {expected} operations, the solution {found}")]
    WrongOperations {
        /// Counted from 0.
        job: usize,
        /// Operations of the job.
        expected: usize,
        /// Operations in the solution.
        found: usize,
    },
    /// An operation starts before the one before it ends, or before time 0.
    #[error("operation {operation} of job {job} starts at {start}, before {earliest}")]
    EarlyStart {
        /// Counted from 0.
        job: usize,
        /// Counted from 0 within the job.
        operation: usize,
        /// As stated.
        start: Cost,
        /// When the job is ready.
        earliest: Cost,
    },
    /// A machine works on two operations at once.
    #[error("machine {machine} works on jobs {first} and {second} at once, at time {at}")]
    Overlap {
        /// Counted from 0.
        machine: usize,
        /// The job that started first.
        first: usize,
        /// The job that starts before the first one's operation ends.
        second: usize,
        /// When the second one starts.
        at: Cost,
    },
    /// A flexible flow shop's stage does not have the machine.
    #[error("stage {stage} has no machine {machine}")]
    UnknownMachine {
        /// Counted from 0 within the stage.
        machine: usize,
        /// Counted from 0.
        stage: usize,
    },
    /// A machine of a flexible flow shop works on two jobs at once.
    #[error("machine {machine} of stage {stage} works on jobs {first} and {second} at once, at time {at}")]
    Together {
        /// Counted from 0.
        stage: usize,
        /// Counted from 0 within the stage.
        machine: usize,
        /// The job that started first.
        first: usize,
        /// The job that starts before the first one is done.
        second: usize,
        /// When the second one starts.
        at: Cost,
    },
    /// A play of a bandit without an episode.
    #[error("a play needs an episode")]
    NoEpisode,
    /// An episode that does not have as many steps as the horizon.
    #[error("episode {episode} must have {expected} steps, the play has {found}")]
    WrongSteps {
        /// Counted from 0.
        episode: usize,
        /// The horizon.
        expected: usize,
        /// Steps of the play.
        found: usize,
    },
    /// An action that the bandit does not have.
    #[error("action {action} in step {step} of episode {episode} does not exist")]
    UnknownAction {
        /// Counted from 0.
        action: usize,
        /// Counted from 0.
        episode: usize,
        /// Counted from 0.
        step: usize,
    },
    /// An action that is taken twice in a step.
    #[error("action {action} is taken more than once in step {step} of episode {episode}")]
    RepeatedAction {
        /// Counted from 0.
        action: usize,
        /// Counted from 0.
        episode: usize,
        /// Counted from 0.
        step: usize,
    },
    /// Actions that may not be taken together.
    #[error("step {step} of episode {episode}: {reason}")]
    Forbidden {
        /// Counted from 0.
        episode: usize,
        /// Counted from 0.
        step: usize,
        /// The rule that they break.
        reason: String,
    },
}
