//! Searches for the travelling salesman problem.
