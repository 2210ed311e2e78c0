//! forge: where people look. In this version: this machine.

pub mod local;
