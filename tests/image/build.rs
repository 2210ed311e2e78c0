//! What a build makes, and how it fails.
