//! data: what the data must be like.

pub mod schema;
