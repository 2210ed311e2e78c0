//! The image, against a real engine and a real registry.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

#[path = "image/build.rs"]
mod build;
#[path = "image/ignore.rs"]
mod ignore;
#[path = "image/push.rs"]
mod push;
#[path = "image/whole.rs"]
mod whole;
#[path = "image/smoke.rs"]
mod smoke;
#[path = "docker/workshop.rs"]
mod workshop;
