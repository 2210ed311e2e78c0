//! The names and the labels of an image.
