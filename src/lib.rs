//! Takes a machine-learning model from a commit to production, and lets nothing unproven through.
//!
//! The modules stand in the order in which they may import each other: each only those above it.
//! tests/layering.rs holds it so. docs/architecture.md is the tour.

pub mod name;
pub mod number;
pub mod fault;
pub mod finding;
pub mod step;
pub mod clock;
pub mod random;
pub mod progress;
pub mod interrupt;
pub mod context;
pub mod document;
pub mod files;
pub mod store;
pub mod table;
pub mod statistics;
pub mod record;
pub mod config;
pub mod plan;
pub mod git;
pub mod console;
pub mod docker;
pub mod engine;
pub mod cache;
pub mod produce;
pub mod lint;
pub mod test;
pub mod data;
pub mod train;
pub mod evaluate;
pub mod image;
pub mod compare;
pub mod gate;
pub mod report;
pub mod bundle;
pub mod forge;
pub mod deploy;
pub mod pipeline;
pub mod environment;
pub mod demo;
pub mod init;
pub mod doctor;
pub mod wire;
pub mod exit;
pub mod cli;
