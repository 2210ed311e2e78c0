//! Whether there is room for a build, and how the builder's cache is kept small.
