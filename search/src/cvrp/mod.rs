//! Searches for the capacitated vehicle routing problem.
