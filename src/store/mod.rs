//! store: files out of object stores and from the web, onto this machine.

mod address;

pub use address::{Address, Kind, NoAddress, Objects, is_address, without_secrets};
