//! Drift by each method, and of what.
