//! .dockerignore, against the engine's own reading of it.
