//! data: look at what the model learns from: its schema, what leaks between the sets, and how far it has moved.

pub mod drift;
pub mod schema;
