//! Who we are to a registry.
