//! The context: the files that a Dockerfile may copy.
