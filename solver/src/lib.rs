//! `heuron`: a combinatorial-optimisation solver with learned and classical heuristics.
