//! The engine: how it is found, what runs in it, and who we are to a registry.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic)]

mod common;

#[path = "docker/address.rs"]
mod address;
#[path = "docker/commands.rs"]
mod commands;
#[path = "docker/credentials.rs"]
mod credentials;
#[path = "docker/containers.rs"]
mod containers;
#[path = "docker/workshop.rs"]
mod workshop;
