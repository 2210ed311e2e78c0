//! The image's server, tried.
