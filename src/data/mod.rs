//! data: what data sets hold, and whether they may be judged by, trained on and served.

pub mod profile;
pub mod spool;
