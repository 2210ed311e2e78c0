//! What comes to a registry, and what a registry can do to us.
