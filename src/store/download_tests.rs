//! Downloads from sources that fail in all ways.

#![allow(clippy::unwrap_used, clippy::panic)]
