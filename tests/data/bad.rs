//! Data that is no good.
