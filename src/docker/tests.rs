//! An engine for the tests of other rooms.

use std::time::{Instant, SystemTime};

use super::*;
use crate::console::Verbosity;
use crate::context::Forge;

impl Docker {
    /// No engine anywhere.
    #[must_use]
    pub fn of_test() -> Self {
        Self::of_variables(Variables::new())
    }

    /// The engine that these variables name.
    #[must_use]
    pub fn of_variables(variables: Variables) -> Self {
        let clock = Clock { wall: SystemTime::now, steady: Instant::now };
        let console = Console::new(Box::new(std::io::sink()), Forge::Local, Verbosity::Quiet, false, clock);
        Self::new(variables, console, Interrupt::channel().1, clock)
    }
}
