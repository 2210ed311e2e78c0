//! An engine for the tests of other rooms.

#![allow(clippy::unwrap_used)]

use std::time::{Instant, SystemTime};

use super::*;
use crate::console::Verbosity;
use crate::context::Forge;
use crate::interrupt::Signal;

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

#[tokio::test]
async fn who_waits_for_an_engine_can_be_stopped() {
    let (hand, interrupt) = Interrupt::channel();
    let docker = Docker { interrupt, ..Docker::of_test() };
    hand.raise(Signal::Interrupt);
    let never = std::future::pending::<std::result::Result<(), bollard::errors::Error>>();
    let fault = docker.answer("look at the image", never).await.unwrap_err();
    assert_eq!(fault.to_string(), "failed to look at the image: interrupted");
}
