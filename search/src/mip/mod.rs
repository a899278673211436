//! Mixed-integer programs with small ReLU networks in them: the best set of inputs of a network under linear rows.
//!
//! A [`Program`] needs nothing of bandits but the type of a [`Row`](heuron_problems::bandit::Row). What rows cannot say
//! is asked of a rule once a set is found, and cut off. Answers are rounded, checked and computed anew.
//!
//! ```
//! use heuron_policies::native::{Layer, Mlp};
//! use heuron_problems::bandit::Row;
//! use heuron_search::mip::{Program, Settings};
//!
//! // 3 max(0, x0 + x1 - 1) - max(0, x2 - x0) + 2 x2, and at most two inputs.
//! let hidden = Layer { weight: vec![1.0, -1.0, 1.0, 0.0, 0.0, 1.0], bias: vec![-1.0, 0.0] };
//! let output = Layer { weight: vec![3.0, -1.0], bias: vec![0.0] };
//! let program = Program {
//!     values: vec![0.0, 0.0, 2.0],
//!     network: Some(Mlp { layers: vec![hidden, output] }),
//!     rows: vec![Row::cardinality(0..3, 2)],
//! };
//! // A rule that rows do not know: the second input needs the third.
//! let needs = |list: &[u32]| {
//!     let refused = list.contains(&1) && !list.contains(&2);
//!     refused.then(|| Row { terms: vec![(1, 1.0), (2, -1.0)], least: f64::NEG_INFINITY, limit: 0.0 })
//! };
//! let free = program.maximise(&[], &Settings::default(), |_| None).unwrap();
//! assert_eq!((free.list, free.value), (vec![0, 1], 3.0));
//! let ruled = program.maximise(&[], &Settings::default(), needs).unwrap();
//! assert_eq!((ruled.list, ruled.value, ruled.cuts), (vec![0, 2], 2.0, 1));
//! ```
//!
//! The solver is `microlp` through `good_lp`, in pure Rust; with the cargo feature `highs` it is HiGHS. How long they
//! take depends on the number of unstable units: `benches/versus/bandit.md` has a table. Of bandits the caller is
//! [`crate::bandit::certify`]; [`crate::bandit::branch`] needs no solver.
//!
//! | file | what it holds |
//! | --- | --- |
//! | [`bounds`] | ranges of units: rows, intervals, linear functions above and below |
//! | `relu` | the network as constraints |
//! | [`program`] | the program: bounds by linear programs, start, rows that are found late, checks |
//! | `solver` | the choice of the solver |

pub mod bounds;
pub mod program;
mod relu;
pub(crate) mod solver;

pub use program::{Best, MipError, Program, Settings};
pub use solver::SOLVER;
