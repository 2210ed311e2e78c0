//! Takes a machine-learning model from a commit to production, and lets nothing unproven through.
//!
//! The modules stand in the order in which they may import each other: each only those above it.
//! tests/layering.rs holds it so. docs/architecture.md is the tour.

pub mod context;
pub mod document;
pub mod fault;
pub mod finding;
pub mod name;
pub mod record;
pub mod report;
pub mod step;
