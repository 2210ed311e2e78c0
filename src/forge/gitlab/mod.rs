//! A job of GitLab CI: what GitLab's API keeps and shows.

pub mod api;
