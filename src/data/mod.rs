//! data: look at what the model learns from: its schema, what leaks between the sets, and how far it has moved.

mod compared;
pub mod drift;
pub mod profile;
pub mod schema;
mod sets;
pub mod spool;
mod survey;
