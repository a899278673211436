//! Policies: what chooses the next action of a construction.
