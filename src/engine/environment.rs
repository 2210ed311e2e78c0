//! What a command sees of our environment.
