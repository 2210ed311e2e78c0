//! Where an engine is found.
