//! Step-wise construction of solutions, shared by policies, beams, ruin-and-recreate and validation.

use crate::problem::Problem;

/// A problem whose solutions are built by a sequence of actions.
pub trait Construct: Problem {
    /// A partial solution.
    type State: Clone + Send;

    /// Number of actions: the length of masks and logits.
    fn width(&self) -> usize;

    /// The empty solution.
    fn start(&self) -> Self::State;

    /// First actions that lead to equivalent or diverse solutions (POMO's start actions; Kwon et al., 2020).
    fn openings(&self) -> Vec<u32>;

    /// Sets `mask` `[width]` to true where an action is allowed. All false: the solution is finished.
    fn allowed(&self, state: &Self::State, mask: &mut [bool]);

    /// Takes an allowed action.
    fn step(&self, state: &mut Self::State, action: u32);

    /// The solution of a finished state.
    fn finish(&self, state: &Self::State) -> Self::Solution;

    /// The solution that `actions` build, each allowed when its turn comes.
    fn build(&self, actions: &[u32]) -> Self::Solution {
        let mut state = self.start();
        actions.iter().for_each(|&action| self.step(&mut state, action));
        self.finish(&state)
    }

    /// Actions that build `solution`: the inverse of `build`.
    fn trace(&self, solution: &Self::Solution) -> Vec<u32>;
}
